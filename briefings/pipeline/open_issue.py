"""Open the issues of a week: the regular one at its cut-off, late ones for what comes later.

An issue is begun in one transaction that decides what goes with it; the freeze can be carried on
from any point by whoever comes next. It delivers nothing.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from briefings.errors import Conflict, Misconfigured, Refused, Remedy
from briefings.model.delivery import Issue, IssueKind, IssueState
from briefings.model.edition import Edition, EditionState, Part
from briefings.pipeline import seeding
from briefings.pipeline.archive import keep
from briefings.pipeline.audience import Audience, gather
from briefings.pipeline.chain import Chain
from briefings.pipeline.freeze import Progress, freeze
from briefings.pipeline.halt import refuse_if_stopped
from briefings.pipeline.plan_moves import move_ahead
from briefings.pipeline.prepare import load_catalogue, placed_items
from briefings.pipeline.proof import faults, plain_subject
from briefings.pipeline.timetable import timetable
from briefings.store import editions, issues, publishing, runs
from briefings.store.database import Transaction
from briefings.store.runs import Decision
from briefings.weeks import Week

NOT_APPROVED = "not approved at the cut-off"
APPROVED = (EditionState.APPROVED,)


@dataclass(frozen=True, slots=True, kw_only=True)
class Opened:
    """An opened issue; `already` when it was open before this call."""

    issue: Issue
    already: bool


def open_regular(
    chain: Chain,
    week: Week,
    *,
    by_tick: bool = False,
    late: bool = False,
    before_cut_off: bool = False,
    progress: Progress = lambda _done, _all: None,
) -> Opened:
    """Open the regular issue of a week, or carry a half-made freeze to its end.

    Where it is open already, editions approved since then go with a late issue (R4). A run that the
    tick makes `late` does not age before its first attempt, or it would expire as it opens (P7).

    Raises:
        Refused: nothing is approved, the week is skipped, everything is stopped, or the cut-off has
            not come and `before_cut_off` is false.
    """
    with chain.db.read() as tx:
        existing = issues.find(tx, week=str(week), kind=IssueKind.REGULAR)
    if existing and existing[0].state is not IssueState.FREEZING:
        open_late(chain, week, by_tick=by_tick, progress=progress)
        return Opened(issue=existing[0], already=True)
    if existing:
        return Opened(issue=_carry_on(chain, existing[0], progress), already=False)
    now = chain.clock()
    with chain.db.read() as tx:
        limit = timetable(tx, chain).cut_off(week)
        _refuse_skipped(tx, week)
        refuse_if_stopped(tx)
    if now < limit and not before_cut_off:
        raise Refused(
            f"The cut-off of {week} is {limit:%Y-%m-%d %H:%M} UTC: nothing is opened before it.",
            Remedy.WAIT_FOR_CUT_OFF,
        )
    hold_what_cannot_be_rendered(chain, week)
    move_ahead(chain, week)
    issue = _begin_regular(chain, week, now, by_tick=by_tick, ages=by_tick and not late)
    return Opened(issue=_carry_on(chain, issue, progress), already=False)


def open_late(
    chain: Chain,
    week: Week,
    *,
    by_tick: bool = False,
    progress: Progress = lambda _done, _all: None,
) -> Issue | None:
    """Open a late issue for editions approved after the freeze; None when there are none (R4).

    It goes to readers who have no unskipped regular or late row of the week. After the next cut-off
    nothing is opened any more.
    """
    with chain.db.read() as tx:
        late = issues.find(tx, week=str(week), kind=IssueKind.LATE)
        waiting = _approved(editions.of_week(tx, str(week)))
        closes = timetable(tx, chain).closes(week)
        refuse_if_stopped(tx)
    half_made = [issue for issue in late if issue.state is IssueState.FREEZING]
    if half_made:
        return _carry_on(chain, half_made[0], progress)
    now = chain.clock()
    if not waiting or now >= closes:
        return None
    hold_what_cannot_be_rendered(chain, week)
    issue = _begin_late(chain, week, len(late) + 1, now, by_tick=by_tick)
    return None if issue is None else _carry_on(chain, issue, progress)


def carry_on_freezes(chain: Chain) -> None:
    """Carry half-made freezes to their end, but for weeks that wait for a person's word."""
    with chain.db.read() as tx:
        half_made = [
            issue
            for issue in issues.find(tx)
            if issue.state is IssueState.FREEZING
            and issue.kind in (IssueKind.REGULAR, IssueKind.LATE)
            and not _waits(tx, issue)
        ]
    for issue in half_made:
        _carry_on(chain, issue, lambda _done, _all: None)


def _waits(tx: Transaction, issue: Issue) -> bool:
    run = runs.of_week(tx, issue.week)
    return issue.kind is IssueKind.REGULAR and run is not None and run.decision is not None


def hold_what_cannot_be_rendered(chain: Chain, week: Week) -> None:
    """Render everything that approved editions could bring; one that fails is held, with why."""
    with chain.db.read() as tx:
        audience = _approved_audience(tx, chain, week)
    broken = faults(chain, audience)
    if broken:
        with chain.db.write() as tx:
            for slug, reason in broken.items():
                editions.set_state(tx, str(week), slug, APPROVED, EditionState.HELD, reason)


def issue_audience(tx: Transaction, chain: Chain, issue: Issue) -> Audience:
    """The audience of an issue that exists: the editions that went with it, and no others."""
    week = Week.parse(issue.week)
    if issue.kind is IssueKind.WELCOME:
        return welcome_audience(tx, chain, week, issue.began)
    if issue.kind is IssueKind.CORRECTION:
        raise Misconfigured(f"{issue.name} carries a correction, no editions.")
    stored = editions.of_week(tx, issue.week)
    with_issue = publishing.gone_with(tx, issue.week)
    seen = {
        slug: edition if with_issue.get(slug) == issue.id else _left_behind(edition)
        for slug, edition in stored.items()
    }
    audience = gather(tx, chain, week, load_catalogue(tx), seen, going=(EditionState.PUBLISHED,))
    if issue.kind is IssueKind.LATE:
        return replace(audience, for_its_editions=True, not_before=issue.began)
    return audience


def published_audience(tx: Transaction, chain: Chain, week: Week) -> Audience:
    """The audience of a week's regular issue."""
    (issue,) = issues.find(tx, week=str(week), kind=IssueKind.REGULAR)
    return issue_audience(tx, chain, issue)


def welcome_audience(tx: Transaction, chain: Chain, week: Week, began: datetime) -> Audience:
    """What new readers get: each specialization's newest published edition, whatever its week."""
    oldest = Week.of(week.mail_monday - timedelta(days=chain.thin.never_older_days))
    newest = publishing.newest_published(tx, str(week), str(oldest))
    shown = {slug: _as_of(edition, week) for slug, edition in newest.items()}
    audience = gather(tx, chain, week, load_catalogue(tx), shown, going=(EditionState.PUBLISHED,))
    items = placed_items(tx, shown)
    return replace(
        audience, items=items, past={}, every_slot=True, last_subjects={}, not_before=began
    )


def _as_of(edition: Edition, week: Week) -> Edition:
    """An edition of an earlier week brings its items under "Earlier"."""
    if edition.week == str(week):
        return edition
    earlier = tuple(replace(place, part=Part.EARLIER) for place in edition.placements)
    return replace(edition, placements=earlier)


def _left_behind(edition: Edition) -> Edition:
    """What went with another issue was held as this one saw it."""
    if edition.state in (EditionState.PUBLISHED, EditionState.APPROVED):
        return replace(edition, state=EditionState.HELD, reason=NOT_APPROVED)
    return edition


def _approved(stored: Mapping[str, Edition]) -> tuple[str, ...]:
    return tuple(s for s, e in stored.items() if e.state is EditionState.APPROVED)


def _approved_audience(tx: Transaction, chain: Chain, week: Week) -> Audience:
    stored = editions.of_week(tx, str(week))
    return gather(tx, chain, week, load_catalogue(tx), stored, going=APPROVED)


def _carry_on(chain: Chain, issue: Issue, progress: Progress) -> Issue:
    with chain.db.read() as tx:
        audience = issue_audience(tx, chain, issue)
    keep(chain, issue, audience)
    return freeze(chain, issue, audience, progress)


def _begin_regular(chain: Chain, week: Week, now: datetime, *, by_tick: bool, ages: bool) -> Issue:
    with chain.db.write() as tx:
        _refuse_skipped(tx, week)
        stored = editions.of_week(tx, str(week))
        if not _approved(stored) and not by_tick:
            raise Refused(_nothing_approved(week, stored), Remedy.APPROVE_WEEK, about=str(week))
        issue = issues.create(
            tx,
            week=str(week),
            kind=IssueKind.REGULAR,
            n=1,
            began=now,
            opened_by_tick=ages,
            now=now,
        )
        _publish(tx, chain, issue, now)
        publishing.leave_behind(tx, str(week), reason=NOT_APPROVED, now=now)
        return seeding.begin(tx, issue)


def _begin_late(chain: Chain, week: Week, n: int, now: datetime, *, by_tick: bool) -> Issue | None:
    with chain.db.write() as tx:
        if not _approved(editions.of_week(tx, str(week))):
            return None  # what was approved cannot be rendered and is held again
        issue = issues.create(
            tx,
            week=str(week),
            kind=IssueKind.LATE,
            n=n,
            began=now,
            opened_by_tick=by_tick,
            now=now,
        )
        _publish(tx, chain, issue, now)
        return seeding.begin(tx, issue)


def _publish(tx: Transaction, chain: Chain, issue: Issue, now: datetime) -> None:
    """Let the approved editions go with an issue, each under the subject that it will have."""
    audience = _approved_audience(tx, chain, Week.parse(issue.week))
    for slug in audience.editions:
        subject = plain_subject(audience, slug)
        if not publishing.publish(
            tx, issue.week, slug, issue_id=issue.id, subject=subject, now=now
        ):
            raise Conflict(f"{slug} of {issue.week} changed while its issue was being opened.")


def _refuse_skipped(tx: Transaction, week: Week) -> None:
    """A week that a person skipped stays skipped; one that the late policy skipped does not."""
    run = runs.of_week(tx, str(week))
    if run is not None and run.decision is Decision.SKIP and run.decided_by not in runs.MACHINES:
        raise Refused(f"{week} is skipped ({run.reason}).", Remedy.LET_WEEK_GO, about=str(week))


def _nothing_approved(week: Week, stored: Mapping[str, Edition]) -> str:
    held = "; ".join(f"{s}: {e.reason}" for s, e in stored.items() if e.reason)
    drafts = any(e.state is EditionState.DRAFT for e in stored.values())
    why = f" ({held})" if held and not drafts else ""
    return f"Nothing of {week} is approved{why}."
