"""Freeze: one row of an issue for every confirmed reader, counted, then open (R7, P1)."""

from __future__ import annotations

import hashlib
from collections import OrderedDict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from briefings.assemble import compose
from briefings.errors import Conflict, Refused, WrongTemplate
from briefings.model.delivery import Issue, IssueKind, IssueState, SkipReason
from briefings.model.edition import Block, Composition, Edition, EditionState
from briefings.model.reader import Preferences
from briefings.pipeline.audience import REMEMBERED, Audience, Decision, Key, gather
from briefings.pipeline.chain import Chain
from briefings.pipeline.prepare import load_catalogue
from briefings.store import blocks, deliveries, editions, issues, readers
from briefings.store.database import Transaction
from briefings.store.deliveries import FreezeRow
from briefings.weeks import Week, cut_off

BATCH = 5_000
FILL_RANGE = 20_000
BREATH = 0.005
"""Seconds between batches, so that other writers get the lock (DESIGN 5)."""

NOT_APPROVED = "not approved at the cut-off"


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
    before_cut_off: bool = False,
    progress: Callable[[int, int], None] = lambda _done, _all: None,
) -> Opened:
    """Open the regular issue of a week, or carry a half-made freeze to its end.

    Raises:
        Refused: nothing is approved, or the cut-off has not come and `before_cut_off` is false.
    """
    with chain.db.read() as tx:
        existing = issues.find(tx, week=str(week), kind=IssueKind.REGULAR)
    if existing and existing[0].state is not IssueState.FREEZING:
        return Opened(issue=existing[0], already=True)
    if existing:
        return Opened(issue=_freeze(chain, week, existing[0], progress), already=False)
    limit = cut_off(week, chain.schedule.send_at)
    now = chain.clock()
    if now < limit and not before_cut_off:
        raise Refused(
            f"The cut-off of {week} is {limit:%Y-%m-%d %H:%M} UTC: nothing is opened before it. "
            f"Use --now to freeze at once."
        )
    hold_what_cannot_be_rendered(chain, week)
    issue = _create(chain, week, now, by_tick=by_tick)
    return Opened(issue=_freeze(chain, week, issue, progress), already=False)


def hold_what_cannot_be_rendered(chain: Chain, week: Week) -> None:
    """Render every block of the approved editions; one that fails is held with file and line."""
    with chain.db.read() as tx:
        catalogue = load_catalogue(tx)
        stored = editions.of_week(tx, str(week))
        audience = gather(
            tx, week, chain.schedule, catalogue, stored, going=(EditionState.APPROVED,)
        )
    broken: dict[str, str] = {}
    for slug in audience.editions:
        whole = compose(
            Preferences(specializations=(slug,)),
            week,
            audience.editions,
            audience.states,
            audience.items,
            catalogue,
            received=frozenset(),
            plan_week=None,
            last_subjects=audience.last_subjects,
        )
        if isinstance(whole, SkipReason):
            continue
        try:
            for spec in (whole.head, *whole.blocks):
                chain.renderer().render(spec)
        except WrongTemplate as wrong:
            broken[slug] = str(wrong)
    if broken:
        with chain.db.write() as tx:
            for slug, reason in broken.items():
                approved = (EditionState.APPROVED,)
                editions.set_state(tx, str(week), slug, approved, EditionState.HELD, reason)


def _create(chain: Chain, week: Week, now: datetime, *, by_tick: bool) -> Issue:
    with chain.db.write() as tx:
        stored = editions.of_week(tx, str(week))
        approved = [s for s, e in stored.items() if e.state is EditionState.APPROVED]
        if not approved and not by_tick:
            held = "; ".join(f"{s}: {e.reason}" for s, e in stored.items() if e.reason)
            raise Refused(
                f"Nothing of {week} is approved: run `briefings approve --week {week}` first."
                + (
                    f" ({held})"
                    if held and not any(e.state is EditionState.DRAFT for e in stored.values())
                    else ""
                )
            )
        issue = issues.create(
            tx,
            week=str(week),
            kind=IssueKind.REGULAR,
            n=1,
            began=now,
            opened_by_tick=by_tick,
            now=now,
        )
        for slug, edition in stored.items():
            if edition.state is EditionState.APPROVED:
                _move(tx, edition, slug, EditionState.PUBLISHED, None)
            elif edition.state is EditionState.DRAFT:
                _move(tx, edition, slug, EditionState.HELD, NOT_APPROVED)
    return issue


def _move(
    tx: Transaction, edition: Edition, slug: str, to: EditionState, reason: str | None
) -> None:
    if not editions.set_state(tx, edition.week, slug, (edition.state,), to, reason):
        raise Conflict(f"{slug} of {edition.week} changed while its issue was being opened.")


def published_audience(tx: Transaction, chain: Chain, week: Week) -> Audience:
    """The audience of a week whose regular issue exists: its published editions."""
    return gather(
        tx,
        week,
        chain.schedule,
        load_catalogue(tx),
        editions.of_week(tx, str(week)),
        going=(EditionState.PUBLISHED,),
    )


def _freeze(chain: Chain, week: Week, issue: Issue, progress: Callable[[int, int], None]) -> Issue:
    """Write the rows in batches by reader id; resumable, because a batch is all or nothing."""
    with chain.db.read() as tx:
        audience = published_audience(tx, chain, week)
        expected = readers.confirmed_count(tx, issue.began)
        after = deliveries.last_frozen_reader(tx, issue.id)
    press = Press(chain, issue.id)
    done = 0
    while True:
        with chain.db.read() as tx:
            batch = readers.batch(tx, after_id=after, limit=BATCH, confirmed_before=issue.began)
            if not batch:
                break
            got = deliveries.received(tx, audience.item_ids, batch[0].id, batch[-1].id)
        decisions = [audience.decide(r, got.get(r.id, frozenset())) for r in batch]
        press.run(decisions)
        rows = [
            _row(issue.id, reader.id, reader.preferences_version, d, press)
            for reader, d in zip(batch, decisions, strict=True)
        ]
        with chain.db.write() as tx:
            deliveries.freeze_batch(tx, rows)
        after = batch[-1].id
        done += len(batch)
        progress(done, expected)
        chain.sleep(BREATH)
    _fill_received(chain, issue.id)
    with chain.db.write() as tx:
        if not issues.open(tx, issue.id, expected):
            raise Conflict(
                f"{issue.name}: its rows do not add up to the audience of {expected}. "
                "Run the same command again; if it fails again, run `briefings doctor`."
            )
        return issues.by_name(tx, issue.name)


def _row(issue_id: int, reader_id: int, version: int, made: Decision, press: Press) -> FreezeRow:
    return FreezeRow(
        issue_id=issue_id,
        reader_id=reader_id,
        state=made.state,
        reason=made.reason.value if made.reason else None,
        due_at=made.due_at,
        briefing_id=press.id_of(made.key) if made.key else None,
        preferences_version=version,
    )


def _fill_received(chain: Chain, issue_id: int) -> None:
    """Record who gets which item, item by item: sequential keys are fastest (R5)."""
    with chain.db.read() as tx:
        carried = blocks.carried_in(tx, issue_id)
        last = deliveries.last_frozen_reader(tx, issue_id)
    for item_id in carried:
        for after in range(0, last, FILL_RANGE):
            with chain.db.write() as tx:
                deliveries.fill_received(
                    tx, issue_id, item_id, after_reader=after, to_reader=after + FILL_RANGE
                )
            chain.sleep(BREATH)


class Press:
    """Renders compositions and stores them as briefings of one issue, each distinct list once.

    A briefing also names the specializations its readers had at the freeze: one-click
    unsubscribing leaves all of them, carried or not (R13). It forgets the oldest of many lists;
    storing one again finds the row that is there.
    """

    def __init__(self, chain: Chain, issue_id: int) -> None:
        self._chain = chain
        self._issue_id = issue_id
        self._ids: OrderedDict[Key, int] = OrderedDict()

    def run(self, decisions: Sequence[Decision]) -> None:
        """Store what is not stored yet; rendering happens outside any transaction."""
        fresh: dict[Key, Composition] = {}
        for made in decisions:
            if made.key is not None and made.composition is not None and made.key not in self._ids:
                fresh[made.key] = made.composition
        if not fresh:
            return
        renderer = self._chain.renderer()
        rendered = {
            key: [renderer.render(spec) for spec in (c.head, *c.blocks)] for key, c in fresh.items()
        }
        with self._chain.db.write() as tx:
            blocks.put(tx, [block for made in rendered.values() for block in made])
            for key, composition in fresh.items():
                self._ids[key] = put_briefing(
                    tx, self._issue_id, key[0], composition, rendered[key]
                )
        while len(self._ids) > REMEMBERED:
            self._ids.popitem(last=False)

    def id_of(self, key: Key) -> int:
        """The stored briefing of a list that was run."""
        return self._ids[key]


def put_briefing(
    tx: Transaction,
    issue_id: int,
    preferences: Preferences,
    composition: Composition,
    rendered: Sequence[Block],
) -> int:
    """Store one list of blocks of an issue, or find it; returns its id."""
    keys = [block.key for block in rendered]
    words = "\n".join((*keys, composition.head.subject, *preferences.specializations))
    return blocks.put_briefing(
        tx,
        issue_id,
        signature=hashlib.sha256(words.encode()).hexdigest(),
        headers={
            "subject": composition.head.subject,
            "specialization": next(iter((*composition.editions, *preferences.specializations))),
        },
        block_keys=keys,
        carried=composition.carried,
        left_over=composition.left_over,
        editions=composition.editions,
        specializations=preferences.specializations,
    )
