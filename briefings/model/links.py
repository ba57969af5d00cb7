"""What an address on the web answered when it was tried; never how it was tried."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

GONE = (404, 410)
_REFUSED = 400


@dataclass(frozen=True, slots=True, kw_only=True)
class LinkAnswer:
    """One try. `code` is the HTTP status, None when none came; `trouble` then says why not.

    `moved_to` is the address to which the server redirects for good; empty where it does not.
    """

    url: str
    code: int | None
    trouble: str
    at: datetime
    moved_to: str = ""

    @property
    def gone(self) -> bool:
        """Whether the server says that there is nothing at this address."""
        return self.code in GONE

    @property
    def served(self) -> bool:
        """Whether the server gives a page for it."""
        return self.code is not None and self.code < _REFUSED

    @property
    def moved(self) -> bool:
        """Whether the page is there, under another address for good."""
        return self.served and bool(self.moved_to)
