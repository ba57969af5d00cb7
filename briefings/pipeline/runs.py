"""Find the weeks whose issue was never made, judge each by how late it is, and make it once (P5).

That a run was made is the existence of its regular issue; what was decided against making it stands
in the run ledger. Nothing here keeps anything in memory, so it does not matter who ticks.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from briefings.config import Approval, LatePolicy, Settings
from briefings.errors import Conflict
from briefings.model.delivery import Issue, IssueKind, IssueState
from briefings.model.edition import EditionState
from briefings.pipeline.alerts import alert
from briefings.pipeline.approve import approve
from briefings.pipeline.chain import Chain
from briefings.pipeline.open_issue import open_regular
from briefings.pipeline.prepare import load_catalogue, prepare
from briefings.pipeline.reminders import hours, some
from briefings.pipeline.restored import restored_at
from briefings.pipeline.timetable import Timetable, timetable
from briefings.store import audiences, catalogue, editions, instance, issues, runs
from briefings.store.database import Transaction
from briefings.store.runs import Decision, Run
from briefings.weeks import CUT_OFF_LEAD, Week

SINCE = "schedule.since"
"""Since when the schedule looks after this installation: runs of before are nobody's duty."""
WEEKS_BACK = 8
"""Nothing older is sent (R5)."""


class Verdict(StrEnum):
    """What becomes of a run that was never made."""

    MAKE = "make"
    HOLD = "hold"
    SKIP = "skip"


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """A verdict in words. `late` is how long after its first reader's hour the run was found."""

    week: Week
    verdict: Verdict
    late: timedelta
    reason: str


def since(chain: Chain) -> datetime:
    """When the schedule began to look after this installation; the first tick writes it down."""
    with chain.db.read() as tx:
        stored = instance.get(tx, SINCE)
    if stored is None:
        stored = chain.clock().isoformat()
        with chain.db.write() as tx:
            instance.put(tx, SINCE, instance.get(tx, SINCE) or stored)
            stored = instance.get(tx, SINCE) or stored
    return datetime.fromisoformat(stored)


def unmade(tx: Transaction, chain: Chain, now: datetime, began: datetime) -> list[Week]:
    """Weeks whose cut-off has passed and whose issue is not open yet, oldest first.

    Only weeks after the last frozen one, and of those the ones whose cut-off came while the
    schedule was responsible, or for which something is approved. Who decided against a week has
    been heard: such weeks are left out.
    """
    if catalogue.is_empty(tx):
        return []
    frozen = [i for i in issues.find(tx, kind=IssueKind.REGULAR) if i.week]
    freezing = [i.week for i in frozen if i.state is IssueState.FREEZING]
    last = max((i.week for i in frozen), default="")
    table = timetable(tx, chain)
    first = Week.of(now).shift(-WEEKS_BACK)
    decided = runs.since(tx, str(first))
    found: list[Week] = []
    for week in (first.shift(n) for n in range(WEEKS_BACK + 2)):
        name = str(week)
        ruled_out = name in decided and decided[name].decision is not None
        if ruled_out or (name <= last and name not in freezing):
            continue
        limit = table.cut_off(week)
        if limit <= now and (name in freezing or limit > began or _has_approved(tx, name)):
            found.append(week)
    return found


def judge(tx: Transaction, chain: Chain, settings: Settings, week: Week, now: datetime) -> Judged:
    """Say whether a run that was never made is made now; on time means before any reader's hour."""
    table = timetable(tx, chain)
    first = first_due(tx, table, week)
    late = max(now - first, timedelta())
    restored = restored_at(tx)

    def say(verdict: Verdict, reason: str) -> Judged:
        return Judged(week=week, verdict=verdict, late=late, reason=reason)

    if restored is not None and table.cut_off(week) <= restored:
        return say(Verdict.HOLD, runs.AFTER_RESTORE)
    if not late or _begun(tx, week):
        return say(Verdict.MAKE, "on time")
    words = f"found {hours(late)} after its first mail was due"
    if settings.late_policy is LatePolicy.SKIP:
        return say(Verdict.SKIP, words)
    if settings.late_policy is LatePolicy.HOLD:
        return say(Verdict.HOLD, words)
    if late > timedelta(hours=settings.late_hours):
        return say(Verdict.HOLD, f"{words}, more than LATE_HOURS allows ({settings.late_hours})")
    return say(Verdict.MAKE, words)


def first_due(tx: Transaction, table: Timetable, week: Week) -> datetime:
    """The first hour of any reader; without readers that of the whole world."""
    zones = audiences.count_by_zone(tx)
    if not zones:
        return table.cut_off(week) + CUT_OFF_LEAD
    return min(table.due(week, name) for name, _ in zones)


def make_due(chain: Chain, settings: Settings) -> list[str]:
    """Make, hold or skip every run that is due; gives what an operator should hear, once each."""
    began, now = since(chain), chain.clock()
    with chain.db.read() as tx:
        judged = [judge(tx, chain, settings, w, now) for w in unmade(tx, chain, now, began)]
    told: list[str] = []
    for run in judged:
        if run.verdict is Verdict.MAKE:
            told += _make(chain, settings, run)
        else:
            told += _put_off(chain, run)
    return told


def _make(chain: Chain, settings: Settings, run: Judged) -> list[str]:
    week = run.week
    ready(chain, settings, week)
    try:
        issue = open_regular(chain, week, by_tick=True, late=bool(run.late)).issue
    except Conflict:
        with chain.db.read() as tx:
            if not issues.find(tx, week=str(week), kind=IssueKind.REGULAR):
                raise
        return []  # another process made this run
    told = (
        []
        if not run.late
        else alert(
            chain, f"late:{week}", f"The run of {week} was made late: {run.reason}.", week=str(week)
        )
    )
    return told + _tell_held(chain, issue)


def ready(chain: Chain, settings: Settings, week: Week) -> None:
    """Assemble what nobody assembled; where no person approves, approve the drafts.

    What a person held stays held.
    """
    with chain.db.read() as tx:
        known = editions.of_week(tx, str(week))
        begun = _begun(tx, week)
        slugs = [s.slug for s in load_catalogue(tx).specializations]
    if begun:
        return
    automatic = settings.approval is Approval.AUTO
    fresh = [
        slug
        for slug in slugs
        if slug not in known
        or (automatic and known[slug].state in (EditionState.DRAFT, EditionState.SKIPPED))
    ]
    if fresh:
        prepare(chain, week, fresh)
    if not automatic:
        return
    with chain.db.read() as tx:
        drafts = [
            slug
            for slug, edition in editions.of_week(tx, str(week)).items()
            if edition.state is EditionState.DRAFT
        ]
    if drafts:
        approve(chain, week, drafts, by="the schedule", hold_blocked=True)


def _put_off(chain: Chain, run: Judged) -> list[str]:
    week = run.week
    decision = Decision.HOLD if run.verdict is Verdict.HOLD else Decision.SKIP
    by = runs.RESTORE if run.reason == runs.AFTER_RESTORE else runs.POLICY
    with chain.db.write() as tx:
        if runs.of_week(tx, str(week)) is None or not _begun(tx, week):
            runs.decide(tx, str(week), decision, reason=run.reason, by=by, now=chain.clock())
    held = "is held" if decision is Decision.HOLD else "was skipped"
    remedy = f"`briefings send --week {week}` makes it; `briefings skip --week {week}` lets it go."
    text = f"The run of {week} {held}: {run.reason}. {remedy}"
    return alert(chain, f"{decision.value}:{week}", text, week=str(week))


def _tell_held(chain: Chain, issue: Issue) -> list[str]:
    with chain.db.read() as tx:
        stored = editions.of_week(tx, issue.week)
    held = sorted(slug for slug, e in stored.items() if e.state is EditionState.HELD)
    if not held:
        return []
    text = (
        f"{issue.week}: {len(held)} editions are held ({some(held)}). Approve them before the next"
        " cut-off and they go with a late issue."
    )
    return alert(chain, f"held:{issue.week}", text, week=issue.week)


def _has_approved(tx: Transaction, week: str) -> bool:
    stored = editions.of_week(tx, week)
    return any(edition.state is EditionState.APPROVED for edition in stored.values())


def _begun(tx: Transaction, week: Week) -> bool:
    return bool(issues.find(tx, week=str(week), kind=IssueKind.REGULAR))


@dataclass(frozen=True, slots=True, kw_only=True)
class RunStatus:
    """A week's run as `status` shows it. `state`: made, freezing, held, skipped, due or planned."""

    week: str
    state: str
    reason: str | None
    cut_off: datetime
    moved_to: str | None


def run_status(tx: Transaction, chain: Chain, week: Week, now: datetime) -> RunStatus:
    """Say where the run of a week stands."""
    decided = runs.of_week(tx, str(week))
    limit = timetable(tx, chain).cut_off(week)
    regular = issues.find(tx, week=str(week), kind=IssueKind.REGULAR)
    reason = decided.reason if decided is not None and decided.reason else None
    if regular:
        state = "freezing" if regular[0].state is IssueState.FREEZING else "made"
        reason = None
    elif decided is not None and decided.decision is not None:
        state = {Decision.HOLD: "held", Decision.SKIP: "skipped"}[decided.decision]
    else:
        state, reason = ("due" if limit <= now else "planned"), None
    return RunStatus(
        week=str(week),
        state=state,
        reason=reason,
        cut_off=limit,
        moved_to=_day(decided),
    )


def waiting_runs(tx: Transaction) -> tuple[Run, ...]:
    """The runs that were held and wait for a person's word, oldest first."""
    made = {issue.week for issue in issues.find(tx, kind=IssueKind.REGULAR)}
    return tuple(
        run
        for week, run in runs.since(tx, "").items()
        if run.decision is Decision.HOLD and week not in made
    )


def _day(decided: Run | None) -> str | None:
    if decided is None or decided.moved_to is None:
        return None
    return decided.moved_to.isoformat()
