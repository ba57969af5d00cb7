"""Frozen types that pass between stages; nothing here reads, writes or knows a database."""
