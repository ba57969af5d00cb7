"""The inbox finds items by every sieve alike on both databases, and keeps what was not saved."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest

from briefings.model.news import Change, ItemState, Kind, News
from briefings.store import feeds, imports, inbox, items
from briefings.store.database import Database, Transaction
from briefings.store.inbox import Look, Origin
from briefings.store.terms import MOST, terms

NOW = datetime(2026, 8, 24, 6, tzinfo=UTC)
LATER = NOW + timedelta(hours=1)
NEWS = News(
    kind=Kind.TOOL_CHANGE,
    headline="Zürich 3.0 drops the old API",
    summary="It costs 100% of _nothing_!",
    date=date(2026, 8, 20),
    source_name="notes",
    source_url="https://example.org/3",
    do="Pin it",
    tags=("Größe",),
    tool="zurich",
    version="3.0",
    change=Change.BREAKING,
)
ROLE = replace(
    NEWS,
    kind=Kind.ROLE_UPDATE,
    headline="Bakers bake more",
    summary="",
    do="",
    tags=(),
    tool=None,
    version=None,
    change=None,
    role="baker",
)


def put(
    tx: Transaction, news: News = NEWS, state: ItemState = ItemState.DRAFT, import_id: int = 0
) -> int:
    return items.add(tx, news, week="2026-W34", state=state, now=NOW, import_id=import_id)


def of_feed(tx: Transaction, number: int) -> None:
    feeds.add_entries(tx, "zurich", [(f"entry {number}", number, "it said so")], now=NOW)


@pytest.fixture
def known(database: Database) -> dict[str, int]:
    """An item of each origin, kind and state; days go down with the numbers."""
    with database.write() as tx:
        shown = imports.begin(tx, "tool-changes", "a.csv", now=NOW)
        found = {
            "person": put(tx),
            "role": put(tx, replace(ROLE, date=date(2026, 8, 21)), ItemState.QUEUED),
            "import": put(tx, replace(NEWS, date=date(2026, 8, 22)), import_id=shown),
            "feed": put(tx, replace(NEWS, date=date(2026, 8, 23), version="3.1")),
            "gone": put(tx, replace(NEWS, date=date(2026, 8, 24)), ItemState.WITHDRAWN),
        }
        imports.show(tx, shown, {}, now=NOW)
        unseen = imports.begin(tx, "tool-changes", "b.csv", now=NOW)
        put(tx, import_id=unseen)
        of_feed(tx, found["feed"])
    return found


def looked(database: Database, look: Look) -> list[int]:
    """What is found, all pages of two together; the count has to agree."""
    found: list[int] = []
    with database.read() as tx:
        while part := inbox.page(tx, look, limit=2, offset=len(found)):
            found += part
        assert inbox.count(tx, look) == len(found)
    return found


SIEVES: list[tuple[Look, list[str]]] = [
    (Look(), ["gone", "feed", "import", "role", "person"]),
    (Look(state=ItemState.DRAFT), ["feed", "import", "person"]),
    (Look(state=ItemState.QUEUED), ["role"]),
    (Look(state=ItemState.WITHDRAWN), ["gone"]),
    (Look(kind=Kind.ROLE_UPDATE), ["role"]),
    (Look(kind=Kind.SALARY_NEWS), []),
    (Look(about="baker"), ["role"]),
    (Look(origin=Origin.PERSON), ["gone", "role", "person"]),
    (Look(origin=Origin.IMPORT), ["import"]),
    (Look(origin=Origin.FEED), ["feed"]),
    (Look(origin=Origin.FEED, state=ItemState.QUEUED), []),
    (Look(terms=terms("3.1 zurich")), ["feed"]),
]


def test_every_sieve_lets_through_what_fits_newest_first(
    database: Database, known: dict[str, int]
) -> None:
    for look, names in SIEVES:
        assert looked(database, look) == [known[name] for name in names], look


def test_words_are_found_in_any_case_and_form_and_signs_mean_themselves(database: Database) -> None:
    with database.write() as tx:
        number = put(tx)
        put(tx, ROLE)
        other = replace(NEWS, headline="Other", summary="1000 nothings", tags=(), version="9")
        put(tx, replace(other, tool="rome"))
    for query in (
        "ZÜRICH",
        "Zu\u0308rich",
        "GRÖSSE",
        "größe",
        "100%",
        "_nothing_!",
        "3.0 drops",
        "api OLD",
    ):
        assert looked(database, Look(terms=terms(query))) == [number], query
    for query in ("z_rich", "1%0", "zürich nowhere", "!!", "'; DROP TABLE item"):
        assert looked(database, Look(terms=terms(query))) == [], query


def test_a_query_is_a_few_words_each_once_and_a_nul_parts_them() -> None:
    assert terms("  A a\tÄ\n") == ("a", "ä")
    assert terms("one\0two") == ("one", "two")
    assert terms("") == terms("\0 \0") == ()
    assert terms(" ".join(map(str, range(20)))) == tuple(map(str, range(MOST)))


def test_origins_are_counted_under_the_other_sieves(
    database: Database, known: dict[str, int]
) -> None:
    with database.read() as tx:
        every = inbox.counts_by_origin(tx, Look(origin=Origin.FEED))
        drafts = inbox.counts_by_origin(tx, Look(state=ItemState.DRAFT, terms=terms("zürich")))
        assert every == {Origin.PERSON: 3, Origin.IMPORT: 1, Origin.FEED: 1}
        assert drafts == {Origin.PERSON: 1, Origin.IMPORT: 1, Origin.FEED: 1}
        found = inbox.origins(tx, [*known.values(), 999])
    assert found == {
        known[name]: origin
        for name, origin in (
            ("person", Origin.PERSON),
            ("role", Origin.PERSON),
            ("import", Origin.IMPORT),
            ("feed", Origin.FEED),
            ("gone", Origin.PERSON),
        )
    }
    with database.read() as tx:
        assert inbox.origins(tx, []) == {}


def test_neighbours_are_of_the_same_tool_near_in_time_and_not_withdrawn(
    database: Database, known: dict[str, int]
) -> None:
    start, end = date(2026, 8, 20), date(2026, 8, 24)
    with database.read() as tx:

        def near(about: list[str], since: date, until: date, limit: int = 9) -> list[int]:
            return [each.id for each in inbox.near(tx, about, since, until, limit=limit)]

        assert near(["zurich"], start, end) == [known["feed"], known["import"], known["person"]]
        assert near(["zurich"], start, end, limit=1) == [known["feed"]]
        assert near(["zurich"], date(2026, 8, 21), date(2026, 8, 22)) == [known["import"]]
        assert near(["baker", "baker"], start, end) == [known["role"]]
        assert near([], start, end) == near(["rome"], start, end) == []
        (brief,) = inbox.near(tx, ["baker"], start, end, limit=9)
    assert brief == inbox.Brief(
        id=known["role"],
        state=ItemState.QUEUED,
        kind=Kind.ROLE_UPDATE,
        about="baker",
        version="",
        headline="Bakers bake more",
        day=date(2026, 8, 21),
    )


def test_a_joined_item_names_the_last_one_that_it_was_joined_into(
    database: Database, known: dict[str, int]
) -> None:
    one, two, three = known["person"], known["import"], known["feed"]
    with database.write() as tx:
        inbox.join(tx, one, two, by="ada", now=NOW)
        inbox.join(tx, three, two, by="ada", now=NOW)
        assert inbox.joined_into(tx, two) == sorted([one, three])
        inbox.join(tx, one, three, by="bo", now=LATER)
        assert (inbox.joined_into(tx, two), inbox.joined_into(tx, three)) == ([three], [one])
        inbox.part_again(tx, [one, three, 999])
        assert inbox.joined_into(tx, two) == inbox.joined_into(tx, three) == []


def test_unsaved_words_are_one_per_person_and_item_and_the_last_ones(database: Database) -> None:
    with database.write() as tx:
        for by, words, at in (("ada", "a", NOW), ("bo", "b", NOW), ("ada", "c", LATER)):
            inbox.put_unsaved(tx, 7, by, revision=2, fields=words, now=at)
    with database.write() as tx:
        found = inbox.unsaved(tx, 7, "ada")
        assert found == inbox.Unsaved(revision=2, fields="c", at=LATER)
        assert inbox.unsaved(tx, 0, "ada") is None
        assert inbox.drop_unsaved(tx, 7, "ada") == 1
        assert inbox.drop_unsaved(tx, 7, "ada") == 0
        assert inbox.unsaved(tx, 7, "ada") is None
        assert inbox.unsaved(tx, 7, "bo") is not None
