"""Acts that people do at the desk and on the command line alike, each with its entry in the log.

Each is an act of another module, and says what stood before and after it. What changed nothing
leaves no entry.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from briefings.model.delivery import SeedsFirst
from briefings.model.edition import EditionState
from briefings.pipeline import approve as approving
from briefings.pipeline import control, halt, holidays, items, seeding
from briefings.pipeline import correct as correcting
from briefings.pipeline import prepare as preparing
from briefings.pipeline.approve import Approved
from briefings.pipeline.chain import Chain
from briefings.pipeline.correct import Corrected
from briefings.pipeline.looking_ahead import look_ahead
from briefings.pipeline.prepare import Prepared
from briefings.pipeline.recorded import Record
from briefings.pipeline.runs import run_status
from briefings.pipeline.status import issue_status
from briefings.store import editions, issues
from briefings.store import items as item_store
from briefings.weeks import Week

ASSEMBLE = "assemble a week"
APPROVE, CORRECT = "approve editions", "correct an item"
STOP, GO = "stop everything", "let everything go on"
SKIP, MOVE = "skip a week", "move a week"
PAUSE, RESUME, CANCEL = "pause an issue", "resume an issue", "cancel an issue"
RELEASE = "send an issue to all"
UNSURE = "settle unsure mails"
TRIAGE = "triage items"
_ALL_MAIL = "all mail"
_NAMED = 8
"""So many things are named in the subject of an entry; all of them stand in what became of them."""


def assemble(
    record: Record,
    week: Week,
    only: Sequence[str] = (),
    *,
    progress: Callable[[int, int], None] = lambda _done, _all: None,
) -> Prepared:
    """Make the drafts of a week anew; raises what `prepare.prepare` does."""
    with record.chain.db.read() as tx:
        before = sum(
            edition.state is EditionState.DRAFT
            for edition in editions.of_week(tx, str(week)).values()
        )
    done = preparing.prepare(record.chain, week, only, progress=progress)
    look_ahead(record.chain, week, only)
    record.changed(str(week), before=f"{before} drafts", after=assembled(done))
    return done


def assembled(done: Prepared) -> str:
    """What assembling came to, in a clause."""
    return f"{len(done.made)} drafts, {len(done.skipped)} skipped, {len(done.kept)} as approved"


def approve(
    record: Record,
    week: Week,
    only: Sequence[str] = (),
    *,
    despite: str = "",
    seen: Mapping[str, str] | None = None,
    seeds: SeedsFirst | None = None,
) -> Approved:
    """Approve editions; raises what `approve.approve` does."""
    done = approving.approve(
        record.chain, week, only, by=record.by, despite=despite, seen=seen, seeds=seeds
    )
    if done.editions:
        told = approved_for(done)
        told += f", despite preflight: {despite}" if despite else ""
        more = f": {', '.join(done.editions)}" if len(done.editions) > _NAMED else ""
        record.changed(f"{week} {named(done.editions)}", before="draft", after=f"{told}{more}")
    return done


def approved_for(done: Approved) -> str:
    """How many editions were approved, and for how many readers."""
    told = f"{len(done.editions)} approved for {_people(done.readers, 'reader')}"
    return f"{told}, first {_people(done.seeds, 'seed reader')}" if done.seeds else told


def _people(number: int, one: str) -> str:
    return f"{number:,} {one}{'' if number == 1 else 's'}"


def correct(
    record: Record,
    item_id: int,
    *,
    note: str,
    changes: Mapping[str, str],
    withdraw: bool,
    renew: bool = True,
) -> Corrected:
    """Correct an item and tell who got it; raises what `correct.correct` does."""
    with record.chain.db.read() as tx:
        known = item_store.get(tx, [item_id])
    done = correcting.correct(
        record.chain,
        item_id,
        note=note,
        changes=changes,
        withdraw=withdraw,
        by=record.by,
        renew=renew,
    )
    news = known[item_id].news
    before = "; ".join(f"{name}: {getattr(news, name)}" for name in changes)
    after = "withdrawn" if withdraw else "; ".join(f"{n}: {v}" for n, v in changes.items())
    told = _people(done.readers, "reader")
    record.changed(
        f"item {item_id}", before=before or news.headline, after=f"{after}. Told {told}: {note}"
    )
    return done


def stop(record: Record) -> int:
    """Stop all mail in every process; gives how many issues that paused."""
    with record.chain.db.read() as tx:
        since = halt.stopped(tx)
    paused = halt.stop(record.chain, by=record.by)
    record.changed(
        _ALL_MAIL,
        before=f"stopped {since}" if since else "going",
        after=f"stopped; issues paused by it: {paused}",
    )
    return paused


def go(record: Record) -> int:
    """Let all mail go on; gives how many issues are open again."""
    with record.chain.db.read() as tx:
        since = halt.stopped(tx)
    opened = halt.go(record.chain)
    if since:
        record.changed(
            _ALL_MAIL, before=f"stopped {since}", after=f"going; issues open again: {opened}"
        )
    return opened


def skip(record: Record, week: Week, reason: str) -> str:
    """Let a week make no mail; raises what `holidays.skip` does."""
    before = week_stands(record.chain, week)
    words = holidays.skip(record.chain, week, reason=reason, by=record.by)
    return _week_changed(record, week, before, words)


def unskip(record: Record, week: Week) -> str:
    """Let a skipped week be made; raises what `holidays.unskip` does."""
    before = week_stands(record.chain, week)
    words = holidays.unskip(record.chain, week, by=record.by)
    return _week_changed(record, week, before, words)


def move(record: Record, week: Week, to: str | None) -> str:
    """Let the mail of a week leave on another day; raises what `holidays.move` does."""
    before = week_stands(record.chain, week)
    words = holidays.move(record.chain, week, to, by=record.by)
    return _week_changed(record, week, before, words)


def week_stands(chain: Chain, week: Week) -> str:
    """Where the run of a week stands, in a clause."""
    with chain.db.read() as tx:
        run = run_status(tx, chain, week, chain.clock())
    moved = f", moved to {run.moved_to}" if run.moved_to else ""
    return f"{run.state}{f' ({run.reason})' if run.reason else ''}{moved}"


def _week_changed(record: Record, week: Week, before: str, words: str) -> str:
    after = week_stands(record.chain, week)
    if after != before:
        record.changed(str(week), before=before, after=after)
    return words


def pause(record: Record, name: str) -> str:
    """Pause an issue; raises what `control.pause` does."""
    before = issue_stands(record.chain, name)
    words = control.pause(record.chain, name, f"paused by {record.by}")
    return _issue_changed(record, name, before, words)


def resume(record: Record, name: str) -> str:
    """Let a paused issue go on; raises what `control.resume` does."""
    before = issue_stands(record.chain, name)
    words = control.resume(record.chain, name)
    return _issue_changed(record, name, before, words)


def cancel(record: Record, name: str) -> str:
    """End an issue for good; raises what `control.cancel` does."""
    before = issue_stands(record.chain, name)
    words = control.cancel(record.chain, name)
    return _issue_changed(record, name, before, words)


def release(record: Record, name: str) -> bool:
    """Send an issue to all now; raises what `seeding.release` does."""
    with record.chain.db.read() as tx:
        waiting = issue_status(tx, issues.by_name(tx, name)).waiting
    done = seeding.release(record.chain, name, by=record.by)
    if done:
        before = f"seed readers first, {waiting:,} waiting"
        record.changed(name, before=before, after="released to all")
    return done


def settle_unsure(record: Record, name: str, *, again: bool) -> int:
    """Send unsure mails again or take them as accepted; gives how many."""
    number = (control.resend if again else control.accept)(record.chain, name)
    if number:
        after = "to be sent again" if again else "accepted"
        record.changed(name, before=f"{number} unsure", after=after)
    return number


def issue_stands(chain: Chain, name: str) -> str:
    """The state of an issue, with its reason.

    Raises:
        NotFound: there is none of that name.
    """
    with chain.db.read() as tx:
        issue = issues.by_name(tx, name)
    return f"{issue.state}: {issue.reason}" if issue.reason else issue.state.value


def _issue_changed(record: Record, name: str, before: str, words: str) -> str:
    after = issue_stands(record.chain, name)
    if after != before:
        record.changed(name, before=before, after=after)
    return words


def queue(
    record: Record, ids: Sequence[int], *, week: str | None, every: bool
) -> list[tuple[int, str]]:
    """Queue drafts; raises what `items.queue_items` does."""
    done = items.queue_items(record.chain, ids, week=week, every=every, by=record.by)
    if done:
        after = "; ".join(f"{item_id} queued for {stored}" for item_id, stored in done)
        record.changed(f"item {named([i for i, _ in done])}", before="draft", after=after)
    return done


def withdraw(record: Record, ids: Sequence[int]) -> items.Withdrawn:
    """Withdraw items; raises what `items.withdraw_items` does."""
    with record.chain.db.read() as tx:
        known = item_store.get(tx, ids)
    before = "; ".join(f"{item_id} {item.state}" for item_id, item in known.items())
    done = items.withdraw_items(record.chain, ids)
    record.changed(f"item {named(sorted(known))}", before=before, after="withdrawn")
    return done


def named(things: Sequence[object]) -> str:
    """Name the first of many: the subject of an entry is looked up, so it stays short."""
    more = len(things) - _NAMED
    return ", ".join(map(str, things[:_NAMED])) + (f" and {more} more" if more > 0 else "")
