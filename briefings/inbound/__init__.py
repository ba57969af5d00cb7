"""Reads what mail programs and servers send back to us; it acts on nothing and stores nothing."""
