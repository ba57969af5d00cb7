"""Remind people of what waits for approval before a cut-off, once each; it approves nothing."""

from __future__ import annotations

from datetime import timedelta

from briefings.config import Approval, Settings
from briefings.model.delivery import IssueKind
from briefings.model.edition import EditionState
from briefings.pipeline.alerts import alert
from briefings.pipeline.chain import Chain
from briefings.pipeline.timetable import timetable
from briefings.store import catalogue, editions, issues, runs
from briefings.store.database import Transaction
from briefings.weeks import Week

WARN_BEFORE = (timedelta(hours=24), timedelta(hours=2))


def warn(chain: Chain, settings: Settings) -> list[str]:
    """Warn 24 h and 2 h before a cut-off, once each, of editions that nobody approved yet."""
    if settings.approval is Approval.AUTO:
        return []
    now = chain.clock()
    told: list[str] = []
    with chain.db.read() as tx:
        if catalogue.is_empty(tx):
            return []
        table = timetable(tx, chain)
        near = [
            (week, table.cut_off(week))
            for week in (Week.of(now).shift(n) for n in (-1, 0, 1))
            if now < table.cut_off(week) <= now + WARN_BEFORE[0]
        ]
        waiting = {week: _unapproved(tx, week) for week, _ in near}
    for week, limit in near:
        span = min(lead for lead in WARN_BEFORE if limit - now <= lead)
        if waiting[week] is None:
            continue
        text = (
            f"{week}: {waiting[week]} The cut-off is {limit:%Y-%m-%d %H:%M} UTC; what is not "
            "approved by then is held."
        )
        key = f"unapproved-{hours(span).replace(' ', '')}:{week}"
        told += alert(chain, key, text, week=str(week))
    return told


def _unapproved(tx: Transaction, week: Week) -> str | None:
    """Say what of a week still waits for approval; None when nothing does or it makes no mail."""
    run = runs.of_week(tx, str(week))
    if run is not None and run.decision is not None:
        return None
    if issues.find(tx, week=str(week), kind=IssueKind.REGULAR):
        return None
    stored = editions.of_week(tx, str(week))
    if not stored:
        return "nothing is assembled."
    drafts = sorted(s for s, e in stored.items() if e.state is EditionState.DRAFT)
    if not drafts:
        return None
    verb = "is" if len(drafts) == 1 else "are"
    return f"{len(drafts)} of {len(stored)} editions {verb} not approved ({some(drafts)})."


def hours(span: timedelta) -> str:
    """Write a span as "3 h" or "25 min"."""
    minutes = int(span.total_seconds() // 60)
    return f"{minutes // 60} h" if minutes >= 60 else f"{minutes} min"  # noqa: PLR2004 - an hour


def some(slugs: list[str]) -> str:
    """Name up to three."""
    more = len(slugs) - 3
    return ", ".join(slugs[:3]) + (f" and {more} more" if more > 0 else "")
