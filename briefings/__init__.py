"""Briefings: one mail a week about the reader's own job; this package sends nothing at import."""

__version__ = "0.1.0"
