"""Folds words that are looked up, and says in SQL that a column holds them; it knows no table."""

from __future__ import annotations

from briefings.store.codec import nfc

MOST = 6
"""Words of a query that count."""
HOLDS = "{column} LIKE ? ESCAPE '!'"
"""Condition that a column of folded words holds a term; its value is the term's `pattern`."""


def folded(text: str) -> str:
    """Give text in one normal form and case, as columns keep it for looking up."""
    return nfc(text).casefold()


def terms(query: str) -> tuple[str, ...]:
    """Give the words of a query, folded, each once; the first few count."""
    # PostgreSQL takes no NUL in a value, and no stored word has one.
    words = folded(query.replace("\0", " ")).split()
    return tuple(dict.fromkeys(words))[:MOST]


def pattern(term: str) -> str:
    """Give the value of `HOLDS` for a folded term, every sign of it taken literally."""
    for sign in "!%_":
        term = term.replace(sign, f"!{sign}")
    return f"%{term}%"
