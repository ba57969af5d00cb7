"""Shipped helpers for trying out a set-up: a scripted SMTP server, its ledger, a fast sink."""
