"""Count what assembling would place in the coming weeks, without ranking or wording it.

With hundreds of specializations that is fifty times faster; it writes nothing.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import timedelta
from itertools import islice

from briefings.assemble import ThinRules
from briefings.assemble.edition import MERGED, NOTHING_TO_SAY
from briefings.assemble.match import reached
from briefings.assemble.thin import fillers, sendable
from briefings.desk.board import Cell, coming_cell, stored_cell
from briefings.model.catalogue import Catalogue
from briefings.model.edition import EditionState
from briefings.model.news import Item, ItemState
from briefings.store import editions, items, runs
from briefings.store.database import Transaction
from briefings.weeks import Week

_BACK = 8
"""Weeks before the first whose items may still fill one: nothing older is sent (R5)."""


class Reaching:
    """Whom items reach; those of one tool with the same targets reach the same."""

    def __init__(self, catalogue: Catalogue) -> None:
        """Take the catalogue that says it."""
        self._catalogue = catalogue
        self._known: dict[tuple[str | None, tuple[str, ...]], frozenset[str]] = {}

    def slugs(self, item: Item) -> frozenset[str]:
        """The slugs of the specializations that an item reaches."""
        key = (item.news.tool, item.news.targets)
        found = self._known.get(key)
        if found is None:
            found = self._known[key] = reached(item.news, self._catalogue)
        return found

    def by_slug(self, found: Iterable[Item]) -> Mapping[str, list[Item]]:
        """The items by the specializations that they reach."""
        of: dict[str, list[Item]] = defaultdict(list)
        for item in found:
            for slug in self.slugs(item):
                of[slug].append(item)
        return of


def cells(
    tx: Transaction,
    rules: ThinRules,
    catalogue: Catalogue,
    waiting: Mapping[Week, Sequence[Item]],
) -> list[dict[str, Cell]]:
    """The cells of each of these weeks by specialization; `waiting` are its queued items."""
    weeks = sorted(waiting)
    since = weeks[0].mail_monday - timedelta(days=rules.never_older_days)
    older = items.between(tx, since, weeks[-1].mail_monday)
    reaching = Reaching(catalogue)
    owed = _Owed(tx, rules, weeks[0], reaching)
    told = iter(editions.carried_since(tx, str(weeks[0].shift(-_BACK))))
    carried: dict[str, set[int]] = defaultdict(set)
    ahead = next(told, None)
    known = editions.fills(tx, str(weeks[0]), str(weeks[-1]))
    made: list[dict[str, Cell]] = []
    for week in weeks:
        name = str(week)
        while ahead is not None and ahead[1] < name:
            carried[ahead[0]].add(ahead[2])
            ahead = next(told, None)
        stored = known.get(name, {})
        own = reaching.by_slug(sendable(waiting[week], week, rules))
        here = {item.id for item in waiting[week]}
        unmade = len(stored) < len(catalogue.specializations)
        before = [item for item in older if item.week < name] if unmade else []
        young = reaching.by_slug(fillers(before, week, frozenset(), rules))
        found: dict[str, Cell] = {}
        for each in catalogue.specializations:
            slug, plan = each.slug, bool(each.plan)
            if (edition := stored.get(slug)) is not None:
                found[slug] = stored_cell(
                    edition, minimum=rules.minimum, has_plan=plan, nothing=NOTHING_TO_SAY
                )
                continue
            number = len(own.get(slug, ()))
            late = owed.ids(slug, week) - here
            missing = rules.minimum - number - len(late)
            found[slug] = coming_cell(
                number,
                _spare(young.get(slug, ()), carried[slug] | late, missing),
                owed=len(late),
                minimum=rules.minimum,
                has_plan=plan,
                merged=MERGED if rules.merge else "",
            )
        made.append(found)
    return made


def _spare(young: Iterable[Item], taken: Collection[int], missing: int) -> int:
    """Count what may fill up an edition, no further than to what it lacks.

    `taken` are items that it had in a mail before, or has now.
    """
    if missing <= 0:
        return 0
    return sum(1 for _ in islice((item for item in young if item.id not in taken), missing))


class _Owed:
    """What weeks before owe an edition (R4): the same as assembling asks for each of them."""

    def __init__(self, tx: Transaction, rules: ThinRules, first: Week, reaching: Reaching) -> None:
        self._tx = tx
        self._rules = rules
        self._reaching = reaching
        self._weeks_back = rules.never_older_days // 7
        oldest = str(first.shift(-self._weeks_back))
        self._unsent = {
            week
            for week, run in runs.since(tx, oldest).items()
            if run.decision is not None and run.decided_by != runs.RESTORE
        }
        self._any = bool(self._unsent) or editions.owing_since(tx, oldest, MERGED)
        self._ends = editions.ends_since(tx, oldest) if self._any else {}
        self._in_week: dict[str, Mapping[str, list[Item]]] = {}
        self._left: dict[tuple[str, str], list[Item]] = {}

    def ids(self, slug: str, week: Week) -> set[int]:
        """The queued items that come under "Earlier" in this edition whatever it has."""
        owed: dict[int, Item] = {}
        for back in range(1, self._weeks_back + 1) if self._any else ():
            before = str(week.shift(-back))
            end = self._ends.get((before, slug))
            if end is not None and end.left_behind:
                owed.update((item.id, item) for item in self._left_in(before, slug))
                break
            if end is not None and end.state is EditionState.PUBLISHED:
                break
            if (end is not None and end.reason == MERGED) or before in self._unsent:
                owed.update((item.id, item) for item in self._of(before).get(slug, ()))
        return {item.id for item in sendable(owed.values(), week, self._rules)}

    def _of(self, week: str) -> Mapping[str, list[Item]]:
        if week not in self._in_week:
            self._in_week[week] = self._reaching.by_slug(items.in_week(self._tx, week))
        return self._in_week[week]

    def _left_in(self, week: str, slug: str) -> list[Item]:
        key = (week, slug)
        if key not in self._left:
            edition = editions.get(self._tx, week, slug)
            ids = [place.item_id for place in edition.placements] if edition else []
            self._left[key] = [
                item
                for item in items.get(self._tx, ids).values()
                if item.state is ItemState.QUEUED and slug in self._reaching.slugs(item)
            ]
        return self._left[key]
