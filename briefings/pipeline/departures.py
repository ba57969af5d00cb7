"""How many readers left by a link of each of the newest issues; small groups have no number."""

from __future__ import annotations

from dataclasses import dataclass

from briefings.model.delivery import IssueKind
from briefings.model.feedback import WHOLE_MAIL, Answer
from briefings.pipeline.chain import Chain
from briefings.readers.numbers import shown
from briefings.store import answers, deliveries, issues

ISSUES = 12


@dataclass(frozen=True, slots=True, kw_only=True)
class Departures:
    """One issue: the mails accepted or unsure, and who left by a link of one; None is too few."""

    issue: str
    mails: int
    left: int | None


def departures(chain: Chain) -> list[Departures]:
    """Count the newest issues, newest first; corrections are left out."""
    with chain.db.read() as tx:
        newest = [i for i in issues.find(tx) if i.kind is not IssueKind.CORRECTION][-ISSUES:]
        found: list[Departures] = []
        for issue in reversed(newest):
            mails = deliveries.mailed_count(tx, issue.id)
            left = answers.of_issue(tx, issue.id).get((WHOLE_MAIL, Answer.LEFT), 0)
            found.append(Departures(issue=issue.name, mails=mails, left=shown(left, mails)))
    return found
