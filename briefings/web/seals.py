"""Seals short texts that a form carries back to us; it keeps nothing and names no reader.

A seal binds a text to what it is for and to when it was made, under a key that is derived from the
installation's secret and used for nothing else. It needs no cookie and no row.
"""

from __future__ import annotations

from base64 import urlsafe_b64decode, urlsafe_b64encode
from binascii import Error as NotBase64
from hmac import compare_digest, digest

from briefings.errors import Refused

_KEY = b"briefings web form"
_SIGNED = 16
_LONGEST = 4096


class BadSeal(Refused):
    """The form was altered, made for something else, or is too old; its message suits a page."""


class Seals:
    """Seals with the first of the secrets and opens what any of them sealed."""

    def __init__(self, secrets: str) -> None:
        self._keys = [digest(each.strip().encode(), _KEY, "sha256") for each in secrets.split(",")]

    def seal(self, purpose: str, text: str, now: int) -> str:
        """Seal a text; `now` in seconds since 1970 UTC. Letters, digits, `-`, `_` and dots."""
        body = urlsafe_b64encode(text.encode()).decode().rstrip("=")
        made = f"{now:x}.{body}"
        return f"{made}.{_sign(self._keys[0], purpose, made)}"

    def open(self, purpose: str, sealed: str, *, now: int, seconds: int) -> str:
        """Give the text back, if it was sealed for this purpose in the last `seconds`.

        Raises:
            BadSeal: it was not.
        """
        made, _, signature = sealed[:_LONGEST].rpartition(".")
        if not sealed.isascii() or not any(
            compare_digest(_sign(key, purpose, made), signature) for key in self._keys
        ):
            raise BadSeal("This form was not made by us for this page. Open the page again.")
        stamp, _, body = made.partition(".")
        if not 0 <= now - int(stamp, 16) <= seconds:
            raise BadSeal("This form is too old. Open the page again.")
        try:
            return urlsafe_b64decode(body + "=" * (-len(body) % 4)).decode()
        except (NotBase64, UnicodeDecodeError) as wrong:  # pragma: no cover - we signed it
            raise BadSeal("This form was changed on its way.") from wrong


def foreign() -> BadSeal:
    """The error for a form that was sealed for somebody else."""
    return BadSeal("This form was made for another link. Open the page again.")


def _sign(key: bytes, purpose: str, made: str) -> str:
    raw = digest(key, f"{purpose}\0{made}".encode(), "sha256")[:_SIGNED]
    return urlsafe_b64encode(raw).decode().rstrip("=")
