"""The making of one week's issue when a tick finds it due; unique keys make it happen once (P5)."""

from __future__ import annotations

import structlog

from briefings.config import Approval, Settings
from briefings.errors import BriefingsError
from briefings.model.delivery import IssueKind, IssueState
from briefings.pipeline.approve import approve
from briefings.pipeline.chain import Chain
from briefings.pipeline.instance import confirmed
from briefings.pipeline.open_issue import open_regular
from briefings.pipeline.prepare import prepare
from briefings.pipeline.recovery import recover_all
from briefings.store import editions, issues
from briefings.weeks import Week, cut_off

log = structlog.get_logger("briefings.schedule")


def due_week(chain: Chain) -> Week | None:
    """The newest week whose cut-off has passed and whose regular issue is not open yet."""
    now = chain.clock()
    week = Week.of(now)
    while cut_off(week, chain.schedule.send_at) > now:
        week = week.previous()
    with chain.db.read() as tx:
        known = issues.find(tx, week=str(week), kind=IssueKind.REGULAR)
        newest = issues.last_regular_week(tx)
        touched = editions.of_week(tx, str(week))
    if known and known[0].state is not IssueState.FREEZING:
        return None
    if newest is not None and Week.parse(newest) > week:
        return None
    return week if touched or known else None


def tick(chain: Chain, settings: Settings, host: str) -> None:
    """One look at the clock and the rows; every failure is logged and the next tick tries again."""
    try:
        confirmed(chain)
        for note in recover_all(chain, host=host):
            log.warning("recovered", note=note)
        week = due_week(chain)
        if week is None:
            return
        if settings.approval is Approval.AUTO:
            prepare(chain, week)
            approve(chain, week, by="the schedule")
        opened = open_regular(chain, week, by_tick=True)
        log.info("opened", issue=opened.issue.name, audience=opened.issue.audience)
    except BriefingsError as failure:
        log.warning("tick failed", error=str(failure))
