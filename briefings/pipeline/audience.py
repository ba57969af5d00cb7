"""Decide what one reader gets from an issue; the freeze and `simulate` ask the same object."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from briefings.assemble import ThinRules, compose
from briefings.model.catalogue import Catalogue, Extra
from briefings.model.delivery import SkipReason, State
from briefings.model.edition import Composition, Edition, EditionState
from briefings.model.frequency import Frequency
from briefings.model.news import Item
from briefings.model.reader import Preferences, Reader
from briefings.pipeline.chain import Chain
from briefings.pipeline.prepare import placed_items
from briefings.pipeline.timetable import Timetable, timetable
from briefings.readers.silence import silence
from briefings.readers.tiers import holds
from briefings.store import editions as edition_store
from briefings.store.database import Transaction
from briefings.weeks import Week, plan_week, slot_weeks, zone

GOES = (EditionState.DRAFT, EditionState.APPROVED, EditionState.PUBLISHED)
REMEMBERED = 20_000
"""Lists kept in memory; a million readers make more, but near ones tend to be equal."""

Key = tuple[Preferences, int | None, frozenset[int]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """One reader's outcome: pending with a composition, or skipped with a reason."""

    state: State
    reason: SkipReason | None
    due_at: datetime
    key: Key | None = None
    composition: Composition | None = None


@dataclass(kw_only=True)
class Audience:
    """A week's editions with everything needed to decide reader by reader.

    `editions` are those that go, `silent` tells of the others why not, `states` theirs. No mail is
    due before `not_before`: late ones do not lie in the past; all are due `at_once` when that is
    set. `every_slot` lets readers of all
    frequencies have it (welcome), `for_its_editions` only those who read one of its editions
    (late).
    """

    week: Week
    timetable: Timetable
    rules: ThinRules
    catalogue: Catalogue
    editions: Mapping[str, Edition]
    silent: Mapping[str, str]
    states: Mapping[str, EditionState]
    items: Mapping[tuple[int, int], Item]
    last_subjects: Mapping[str, str | None]
    past: Mapping[Week, Mapping[str, Edition]] = field(
        default_factory=dict[Week, Mapping[str, Edition]]
    )
    not_before: datetime | None = None
    at_once: datetime | None = None
    every_slot: bool = False
    for_its_editions: bool = False
    _lists: OrderedDict[Key, Composition | SkipReason] = field(
        default_factory=OrderedDict[Key, Composition | SkipReason]
    )
    _hours: dict[str, datetime] = field(default_factory=dict[str, datetime])
    _decisions: dict[object, Decision] = field(default_factory=dict[object, Decision])

    @property
    def item_ids(self) -> tuple[int, ...]:
        """Every item that anybody may get."""
        return tuple(sorted({item_id for item_id, _ in self.items}))

    def due(self, reader: Reader) -> datetime:
        """The instant at which this reader's mail leaves (R3)."""
        if self.at_once is not None:
            return self.at_once
        name = reader.timezone or self.timetable.schedule.timezone
        known = self._hours.get(name)
        if known is None:
            known = self.timetable.due(self.week, name)
            if self.not_before is not None:
                known = max(known, self.not_before)
            self._hours[name] = known
        return known

    def decide(self, reader: Reader, received: frozenset[int]) -> Decision:
        """Say what a confirmed reader gets; pure, and readers who are alike share the answer."""
        if received or reader.left_at or reader.suppressed or reader.paused_until:
            return self._decide(reader, received)
        alike = (
            reader.preferences,
            reader.timezone,
            reader.plan_started_on,
            reader.plan_snoozes,
            reader.tier,
        )
        known = self._decisions.get(alike)
        if known is None:
            if len(self._decisions) >= REMEMBERED:
                self._decisions.clear()
            known = self._decisions[alike] = self._decide(reader, received)
        return known

    def _decide(self, reader: Reader, received: frozenset[int]) -> Decision:
        due = self.due(reader)
        silent = self._silence(reader, due)
        if silent is not None:
            return Decision(state=State.SKIPPED, reason=silent, due_at=due)
        key = self.key(reader, received)
        outcome = self.composition(key)
        if isinstance(outcome, SkipReason):
            return Decision(state=State.SKIPPED, reason=outcome, due_at=due)
        return Decision(state=State.PENDING, reason=None, due_at=due, key=key, composition=outcome)

    def key(self, reader: Reader, received: frozenset[int]) -> Key:
        """What a reader's list depends on, and nothing else."""
        step = (
            plan_week(reader.plan_started_on, self.week, reader.plan_snoozes)
            if reader.plan_started_on and holds(self.catalogue, reader.tier, Extra.PLAN_STEP)
            else None
        )
        return (reader.preferences, step, received)

    def composition(self, key: Key) -> Composition | SkipReason:
        """Compose a list, or recall it."""
        known = self._lists.get(key)
        if known is None:
            preferences, step, received = key
            known = compose(
                preferences,
                self.week,
                self.editions,
                self.states,
                self.items,
                self.catalogue,
                received=received,
                plan_week=step,
                last_subjects=self.last_subjects,
                past_slots=self._past(preferences.frequency),
                rules=self.rules,
            )
            self._lists[key] = known
            if len(self._lists) > REMEMBERED:
                self._lists.popitem(last=False)
        return known

    def _silence(self, reader: Reader, due: datetime) -> SkipReason | None:
        where = zone(reader.timezone or self.timetable.schedule.timezone)
        silent = silence(reader, self.week, due, where, every_slot=self.every_slot)
        if silent is not None:
            return silent
        if self.for_its_editions and self.editions.keys().isdisjoint(
            reader.preferences.specializations
        ):
            return SkipReason.NOTHING_NEW
        return None

    def _past(self, frequency: Frequency) -> tuple[Mapping[str, Edition], ...]:
        if frequency is Frequency.WEEKLY or self.every_slot:
            return ()
        weeks = [week for week in slot_weeks(frequency, self.week) if week != self.week]
        return tuple(self.past.get(week, {}) for week in weeks)


def gather(
    tx: Transaction,
    chain: Chain,
    week: Week,
    catalogue: Catalogue,
    candidates: Mapping[str, Edition],
    *,
    going: Collection[EditionState],
    every_rhythm: bool = True,
) -> Audience:
    """Load what an audience needs; `candidates` are the week's editions in whatever state.

    Without `every_rhythm` only mails of weekly readers can be made: past editions are not loaded.
    """
    editions = {s: e for s, e in candidates.items() if e.state in going}
    silent = {s: e.reason or e.state.value for s, e in candidates.items() if s not in editions}
    past: dict[Week, Mapping[str, Edition]] = {}
    rhythms = Frequency if every_rhythm else ()
    for earlier in {w for f in rhythms for w in slot_weeks(f, week)} - {week}:
        stored = edition_store.of_week(tx, str(earlier))
        past[earlier] = {s: e for s, e in stored.items() if e.state is EditionState.PUBLISHED}
    loaded = placed_items(tx, editions)
    for published in past.values():
        loaded |= placed_items(tx, published)
    return Audience(
        week=week,
        timetable=timetable(tx, chain),
        rules=chain.thin,
        catalogue=catalogue,
        editions=editions,
        silent=silent,
        states={s: e.state for s, e in candidates.items() if s not in editions},
        items=loaded,
        last_subjects=edition_store.last_subjects(tx, list(editions), str(week)),
        past=past,
    )
