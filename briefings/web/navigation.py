"""What the masthead links to: one line per entry; it knows no page and no template.

A page marks its entry by rendering with `section=` set to the entry's section.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Entry:
    """A link of the masthead; `demo` ones stand there in the demo only."""

    section: str
    path: str
    words: str
    demo: bool = False


NAVIGATION = (
    Entry("roles", "/roles", "Roles"),
    Entry("assessment", "/assessment", "Assessment"),
    Entry("archive", "/archive", "Archive"),
    Entry("pricing", "/pricing", "Pricing"),
    Entry("subscribe", "/subscribe", "Sign up"),
    Entry("outbox", "/outbox", "Outbox", demo=True),
)
"""In the order of the masthead. Room for six on a phone of 360 px, in two lines."""


def entries(*, demo: bool) -> tuple[Entry, ...]:
    """Give the entries of an installation, or of the demo."""
    return tuple(entry for entry in NAVIGATION if demo or not entry.demo)
