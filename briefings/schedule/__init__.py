"""Ticks: ask the database what is due; no timer in memory decides anything (R15)."""
