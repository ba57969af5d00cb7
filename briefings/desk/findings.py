"""What preflight says about an edition: findings with a place and a remedy; it checks nothing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum


class Severity(StrEnum):
    """Whether an edition can be approved with a finding."""

    BLOCKS = "blocks"
    ADVISES = "advises"


class Check(StrEnum):
    """What preflight looks at, in the order in which an editor hears of it."""

    UNFINISHED = "unfinished text"
    PAY = "pay figure"
    FOOT = "unsubscribe and address"
    LINK_GONE = "link gone"
    RENDERING = "rendering"
    OLD_VERSION = "old version"
    OLD_ITEM = "old item"
    LINK = "link not reached"
    LINK_MOVED = "link moved"
    ONE_EVENT = "two items on one event"
    PICTURE = "picture without words"
    SUBJECT = "subject repeated"
    SIZE = "size"
    SPAM = "words of spam"


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One thing to look at. `place` says where, `words` what is wrong, `remedy` what to do.

    `final` findings stop an approval whatever a person says: a mail like that may not go.
    """

    check: Check
    severity: Severity
    place: str
    words: str
    remedy: str
    item_id: int | None = None
    final: bool = False

    @property
    def blocks(self) -> bool:
        """Whether the edition cannot be approved like this."""
        return self.severity is Severity.BLOCKS

    def line(self) -> str:
        """All of it in one line, for the command line and for refusals."""
        return f"{self.place}: {self.words}. {self.remedy}"


PASSED = {
    Check.UNFINISHED: "No text is marked as unfinished",
    Check.PAY: "Every pay figure has source, year, currency, region, level and n",
    Check.FOOT: "Unsubscribe and postal address are there",
    Check.LINK_GONE: "No link leads to a page that is gone",
    Check.OLD_VERSION: "No version is older than one already reported",
    Check.OLD_ITEM: "No item is old",
    Check.ONE_EVENT: "No two items tell of one event",
    Check.SUBJECT: "The subject is not last week's",
}
"""What is said of a check that found nothing, where that is worth a line."""


def passed(findings: Sequence[Finding]) -> list[str]:
    """What can be said of the checks that found nothing; nothing of links that nobody knows."""
    found = {each.check for each in findings}
    if Check.LINK in found:
        found.add(Check.LINK_GONE)
    return [words for check, words in PASSED.items() if check not in found]
