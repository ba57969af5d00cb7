"""What every mail of one installation says about its sender; it never reads settings itself."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Site:
    """The sender: `base_url` without a slash at its end; `reply_to` empty where nobody reads."""

    base_url: str
    postal_address: str
    name: str = "Briefings"
    reply_to: str = ""

    def __post_init__(self) -> None:
        """Take a base address with or without its last slash."""
        object.__setattr__(self, "base_url", self.base_url.rstrip("/"))
