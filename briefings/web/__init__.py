"""The web edge: reads requests, calls the chain, answers with pages; it decides nothing itself."""
