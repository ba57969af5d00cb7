"""Items keep their id through revisions, and imports stay unseen until they are shown."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime

import pytest

from briefings.errors import Conflict, NotFound
from briefings.model.figures import Mapping, Metric, PayEntry
from briefings.model.money import Money, PayFigure
from briefings.model.news import Change, Confidence, ItemState, Kind, News, PayRow
from briefings.model.reader import NewReader
from briefings.store import figures, imports, items, readers
from briefings.store.database import Database

NOW = datetime(2026, 8, 24, 6, tzinfo=UTC)
WEEK = "2026-W34"
FIGURE = PayFigure(
    region="United States",
    level="Senior",
    year=2026,
    n=41,
    p25=Money.of(150_000, "USD"),
    median=Money.of(170_000, "USD"),
    p75=Money.of(190_000, "USD"),
    low_sample=False,
    period_note="2026 to date",
    source="a survey",
    source_url="https://example.org/survey",
    licence="CC0",
)
NEWS = News(
    kind=Kind.TOOL_CHANGE,
    headline="Zürich 3.0 drops the old API",
    summary="s",
    date=date(2026, 8, 20),
    source_name="notes",
    source_url="https://example.org/3",
    do="Pin it",
    confidence=Confidence.MEDIUM,
    targets=("mlops-engineer",),
    tags=("api", "ml"),
    tool="zurich",
    version="3.0",
    change=Change.BREAKING,
    pay=(PayRow(now=FIGURE, before=replace(FIGURE, year=2025)), PayRow(now=FIGURE)),
)
METRIC = Metric(
    role="mlops-engineer",
    role_name="MLOps Engineer",
    code_system="ISCO-08",
    code="2512",
    occupation="Software developers",
    mapping=Mapping.PROXY,
    metric="exposure",
    value="0.5",
    scale="0 to 1",
    year=2025,
    source="a study",
    source_url="https://example.org/study",
    licence="CC BY",
)


def add(database: Database, news: News = NEWS, **more: object) -> int:
    given: dict[str, object] = {"week": WEEK, "state": ItemState.QUEUED, "now": NOW} | more
    with database.write() as tx:
        return items.add(tx, news, **given)  # type: ignore[arg-type]


def test_who_wrote_and_who_queued_an_item_is_known(database: Database) -> None:
    with database.write() as tx:
        first, second = (
            items.add(tx, NEWS, week=WEEK, state=ItemState.DRAFT, now=NOW, by=by)
            for by in ("ada", "bo")
        )
        items.revise(tx, first, replace(NEWS, headline="Other"), now=NOW, by="bo")
        items.revise(tx, first, replace(NEWS, headline="Third"), now=NOW, by="bo")
        items.set_queued_by(tx, [first], "cem")
        items.set_queued_by(tx, [second], "cem")
        items.set_queued_by(tx, [second], "ada")
    with database.read() as tx:
        assert items.hands_of(tx, [first, second], "ada") == ({first: 1}, {second})
        assert items.hands_of(tx, [first, second], "bo") == ({first: 2, second: 1}, set())
        assert items.hands_of(tx, [second], "cem") == ({}, set())


def test_an_item_comes_back_as_it_was_written(database: Database) -> None:
    item_id = add(database)
    with database.read() as tx:
        found = items.get(tx, [item_id, 999])
    assert found.keys() == {item_id}
    assert found[item_id].news == NEWS
    assert (found[item_id].revision, found[item_id].state, found[item_id].week) == (
        1,
        ItemState.QUEUED,
        WEEK,
    )


def test_text_is_stored_in_one_normal_form(database: Database) -> None:
    item_id = add(database, replace(NEWS, headline="Zu\u0308rich"))
    with database.read() as tx:
        assert items.get(tx, [item_id])[item_id].news.headline == "Z\u00fcrich"


def test_a_revision_keeps_the_id_and_the_old_words(database: Database) -> None:
    item_id = add(database)
    second = replace(NEWS, headline="other", date=date(2026, 8, 10))
    with database.write() as tx:
        assert items.revise(tx, item_id, second, now=NOW) == 2
        assert items.get(tx, [item_id])[item_id].news == second
        both = items.at(tx, [(item_id, 1), (item_id, 2), (item_id, 3), (77, 1)])
        assert items.between(tx, date(2026, 8, 10), date(2026, 8, 11))[0].news == second
        with pytest.raises(NotFound, match="no item 77"):
            items.revise(tx, 77, second, now=NOW)
    assert {key: item.news for key, item in both.items()} == {
        (item_id, 1): NEWS,
        (item_id, 2): second,
    }


def test_weeks_states_and_dates_choose_items(database: Database) -> None:
    first = add(database)
    earlier = add(database, replace(NEWS, date=date(2026, 8, 3)), week="2026-W32")
    draft = add(database, replace(NEWS, kind=Kind.ROLE_UPDATE), state=ItemState.DRAFT)
    with database.write() as tx:
        assert [item.id for item in items.in_week(tx, WEEK)] == [first]
        assert [i.id for i in items.in_week(tx, WEEK, tuple(ItemState))] == [first, draft]
        assert [i.id for i in items.between(tx, date(2026, 8, 3), date(2026, 8, 20))] == [earlier]
        items.set_week(tx, earlier, WEEK)
        assert items.set_state(tx, [draft, 99], ItemState.QUEUED) == 1
        assert {item.id for item in items.in_week(tx, WEEK)} == {first, earlier, draft}
        assert [item.id for item in items.listing(tx)] == [draft, first, earlier]
        assert [i.id for i in items.listing(tx, kind=Kind.TOOL_CHANGE, offset=1)] == [earlier]
        assert items.count(tx, week=WEEK, state=ItemState.QUEUED) == 3
        assert items.count(tx, week="2026-W01") == 0
        with pytest.raises(NotFound):
            items.set_week(tx, 99, WEEK)


def test_an_import_is_unseen_until_it_is_shown(database: Database) -> None:
    with database.write() as tx:
        import_id = imports.begin(tx, "tool-changes", "a.csv", now=NOW)
    item_id = add(database, import_id=import_id, import_key="k")
    with database.write() as tx:
        figures.put_metrics(tx, [METRIC], import_id)
        figures.put_pay(tx, [PayEntry(role_name="X", role=None, figure=FIGURE)], import_id)
        readers.add(
            tx,
            [new_reader("a@example.org")],
            confirmed_at=NOW,
            consent_source="c",
            import_id=import_id,
            now=NOW,
        )
    with database.read() as tx:
        assert items.get(tx, [item_id]) == {}
        assert items.at(tx, [(item_id, 1)]) == {}
        assert items.in_week(tx, WEEK) == items.listing(tx) == []
        assert items.between(tx, date(2026, 1, 1), date(2027, 1, 1)) == []
        assert items.known_keys(tx, ["k"]) == set()
        assert items.count(tx) == readers.count(tx) == 0
        assert figures.metrics(tx) == figures.pay(tx) == []
        assert readers.by_email(tx, "a@example.org") is None
        assert imports.unfinished(tx) == [import_id]
    with database.write() as tx:
        imports.show(tx, import_id, {"added": 1, "known": 0}, now=NOW)
    with database.read() as tx:
        assert items.get(tx, [item_id])[item_id].news == NEWS
        assert items.known_keys(tx, ["k", "l"]) == {"k"}
        assert items.count(tx) == readers.count(tx) == 1
        assert figures.metrics(tx, "mlops-engineer") == figures.metrics(tx) == [METRIC]
        assert figures.metrics(tx, "other") == []
        assert figures.pay(tx)[0].figure == FIGURE
        assert imports.unfinished(tx) == []


def new_reader(email: str) -> NewReader:
    return NewReader(
        email=email,
        name="A",
        specializations=("mlops-engineer",),
        timezone=None,
        plan_started_on=None,
        line=2,
    )


def test_a_killed_import_is_found_and_deleted_batch_by_batch(database: Database) -> None:
    with database.write() as tx:
        readers.add(
            tx,
            [new_reader("kept@example.org")],
            confirmed_at=NOW,
            consent_source="c",
            import_id=None,
            now=NOW,
        )
        import_id = imports.begin(tx, "subscribers", "a.csv", now=NOW)
        readers.add(
            tx,
            [new_reader(f"r{n}@example.org") for n in range(25)],
            confirmed_at=NOW,
            consent_source="c",
            import_id=import_id,
            now=NOW,
        )
        items.add(tx, NEWS, week=WEEK, state=ItemState.QUEUED, now=NOW, import_id=import_id)
        figures.put_metrics(tx, [METRIC], import_id)
    gone = []
    while True:
        with database.write() as tx:
            (left,) = imports.unfinished(tx) or (0,)
            gone.append(imports.abandon_batch(tx, left, 10))
        if not gone[-1]:
            break
    assert gone[:3] == [10, 10, 5]
    with database.write() as tx:
        assert imports.unfinished(tx) == []
        assert tx.rows("SELECT email FROM reader") == [("kept@example.org",)]
        for table in ("item", "item_revision", "metric", "pay", "import_batch"):
            assert tx.rows(f"SELECT COUNT(*) FROM {table}") == [(0,)]


def test_a_shown_import_cannot_be_abandoned(database: Database) -> None:
    with database.write() as tx:
        import_id = imports.begin(tx, "tool-changes", "a.csv", now=NOW)
        items.add(tx, NEWS, week=WEEK, state=ItemState.QUEUED, now=NOW, import_id=import_id)
        imports.show(tx, import_id, {}, now=NOW)
        imports.abandon(tx, import_id)
        assert items.count(tx) == 1


def test_an_import_key_is_stored_once(database: Database) -> None:
    add(database, import_key="k")
    with pytest.raises(Conflict):
        add(database, import_key="k")


def test_equal_figures_are_stored_once(database: Database) -> None:
    entry = PayEntry(role_name="MLOps Engineer", role="mlops-engineer", figure=FIGURE)
    with database.write() as tx:
        assert figures.put_metrics(tx, [METRIC, METRIC, replace(METRIC, year=2026)], 0) == 2
        assert figures.put_metrics(tx, [METRIC], 0) == 0
        assert figures.put_pay(tx, [entry, replace(entry, role=None)], 0) == 2
        assert figures.pay(tx, "mlops-engineer") == [entry]
        assert [metric.year for metric in figures.metrics(tx)] == [2025, 2026]
