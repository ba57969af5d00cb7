"""Import keys: what makes two imported rows one, made of slugs, ISO dates and whole texts only."""

from __future__ import annotations

import hashlib


def import_key(kind: str, *parts: object) -> str:
    """Give `kind:` and the SHA-256 of the parts; None, "" and "None" are three different parts.

    The parts go in with their lengths, so that no two lists of parts run together.
    """
    digest = hashlib.sha256()
    for part in parts:
        word = b"-" if part is None else str(part).encode("utf-8")
        digest.update(b"%d:" % (-1 if part is None else len(word)))
        digest.update(word)
    return f"{kind}:{digest.hexdigest()}"
