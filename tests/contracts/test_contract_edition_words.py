"""Editions are found by what they say and carry, on both databases, and by nothing they said once."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime

from sqlalchemy import inspect

from briefings.model.edition import Edition, EditionState, Part, Placement
from briefings.model.news import Change, ItemState, Kind, News
from briefings.store import edition_words, editions, items, publishing
from briefings.store.database import Database, Transaction
from briefings.store.terms import terms

NOW = datetime(2026, 8, 24, 6, tzinfo=UTC)
WEEK, NEXT = "2026-W34", "2026-W35"
NEWS = News(
    kind=Kind.TOOL_CHANGE,
    headline="Zürich 3.0 drops the old API",
    summary="Pods restart.",
    date=date(2026, 8, 20),
    source_name="notes",
    source_url="https://example.org/3",
    tags=("Größe",),
    tool="zurich",
    version="3.0",
    change=Change.BREAKING,
)


def item(tx: Transaction, news: News = NEWS) -> int:
    return items.add(tx, news, week=WEEK, state=ItemState.QUEUED, now=NOW)


def put(
    tx: Transaction,
    slug: str,
    week: str,
    *carried: tuple[int, int],
    subject: str | None = None,
    preheader: str = "",
    intro: str = "",
) -> int:
    edition = Edition(
        specialization=slug,
        week=week,
        placements=tuple(
            Placement(item_id=one, revision=revision, part=Part.WEEK, why_you="", ranked="")
            for one, revision in carried
        ),
        subject=f"News of {slug}" if subject is None else subject,
        preheader=preheader,
        intro=intro,
    )
    return editions.put(tx, edition, now=NOW)


def found(database: Database, query: str, **slugs: list[str]) -> list[tuple[str, str]]:
    """(week, specialization) of what a query finds; `slugs` are those that a term names."""
    named = {term: slugs.get(term, []) for term in terms(query)}
    with database.read() as tx:
        page, total = edition_words.find(tx, named, limit=50)
    assert total == len(page)
    return [(each.week, each.specialization) for each in page]


def test_an_edition_is_found_by_all_it_says_and_comes_back_with_what_it_carries(
    database: Database,
) -> None:
    with database.write() as tx:
        one, two = item(tx), item(tx, replace(NEWS, headline="Rome 1.0", tool="rome"))
        put(
            tx,
            "mlops",
            WEEK,
            (two, 1),
            (one, 1),
            subject="Ärger im Süden",
            preheader="One security fix",
            intro="Read the first one, 100% of it",
        )
        put(tx, "other", WEEK)
    for query in (
        "ärger SÜDEN",
        "A\u0308RGER",
        "security",
        "first 100%",
        "zürich pods",
        "größe",
        "ROME",
        "2026-w34 rome",
        "week 34 rome",
    ):
        assert found(database, query) == [(WEEK, "mlops")], query
    for query in ("nowhere", "1%0", "ärger nowhere", "2026-W35", ""):
        assert found(database, query) == [], query
    with database.read() as tx:
        ((hit,), _) = edition_words.find(tx, {"rome": []}, limit=1)
        carried = items.get(tx, [one, two])
    assert hit == edition_words.FoundEdition(
        week=WEEK,
        specialization="mlops",
        state=EditionState.DRAFT,
        reason=None,
        subject="Ärger im Süden",
        preheader="One security fix",
        intro="Read the first one, 100% of it",
        items=(carried[two], carried[one]),
    )


def test_a_term_fits_also_by_the_specializations_that_it_names(database: Database) -> None:
    with database.write() as tx:
        for week in (WEEK, NEXT):
            for slug in ("baker", "mlops"):
                put(tx, slug, week, subject="Same")
    assert found(database, "same bread", bread=["baker", "cook"]) == [
        (NEXT, "baker"),
        (WEEK, "baker"),
    ]
    assert found(database, "w34 bread", bread=["baker"]) == [(WEEK, "baker")]
    assert found(database, "same bread") == []


def test_pages_go_from_the_newest_week_and_every_page_knows_how_many_there_are(
    database: Database,
) -> None:
    with database.write() as tx:
        for week in (WEEK, NEXT):
            for slug in ("a", "b", "c"):
                put(tx, slug, week)
    with database.read() as tx:

        def page(offset: int) -> tuple[list[tuple[str, str]], int]:
            hits, total = edition_words.find(tx, {"news": []}, limit=4, offset=offset)
            return [(each.week, each.specialization) for each in hits], total

        assert page(0) == ([(NEXT, "a"), (NEXT, "b"), (NEXT, "c"), (WEEK, "a")], 6)
        assert page(4) == ([(WEEK, "b"), (WEEK, "c")], 6)
        assert page(8) == ([], 6)
        assert edition_words.find(tx, {}, limit=4) == ([], 0)


def test_new_words_take_the_place_of_old_ones(database: Database) -> None:
    with database.write() as tx:
        one = item(tx)
        put(tx, "mlops", WEEK, (one, 1), subject="Before")
        put(tx, "mlops", WEEK, subject="After")
    assert found(database, "before") == found(database, "zürich") == []
    assert found(database, "after") == [(WEEK, "mlops")]


def test_an_edition_tells_the_revision_that_it_carries_until_it_takes_another(
    database: Database,
) -> None:
    with database.write() as tx:
        one = item(tx)
        put(tx, "mlops", WEEK, (one, 1))
        items.revise(tx, one, replace(NEWS, headline="Zürich 3.1 keeps it"), now=NOW)
    assert found(database, "drops") == [(WEEK, "mlops")]
    assert found(database, "keeps") == []
    with database.write() as tx:
        edition = editions.get(tx, WEEK, "mlops")
        assert edition is not None
        publishing.change_placement(tx, edition, one, 2, by="ed", now=NOW)
    assert found(database, "drops") == []
    assert found(database, "keeps") == [(WEEK, "mlops")]
    with database.write() as tx:
        edition = editions.get(tx, WEEK, "mlops")
        assert edition is not None
        publishing.change_placement(tx, edition, one, None, by="ed", now=NOW)
    assert found(database, "zürich") == []


def test_a_published_edition_is_found_by_the_subject_under_which_it_went(
    database: Database,
) -> None:
    with database.write() as tx:
        put(tx, "mlops", WEEK, subject="")
        edition = editions.get(tx, WEEK, "mlops")
        assert edition is not None
        fingerprint = editions.content_hash(edition)
        editions.approve(tx, WEEK, "mlops", content_hash=fingerprint, count=1, by="x", now=NOW)
        assert publishing.publish(tx, WEEK, "mlops", issue_id=1, subject="Made of it", now=NOW)
        assert not publishing.publish(tx, WEEK, "mlops", issue_id=2, subject="Again", now=NOW)
    assert found(database, "made") == [(WEEK, "mlops")]
    assert found(database, "again") == []
    with database.read() as tx:
        ((hit,), _) = edition_words.find(tx, {"made": []}, limit=1)
    assert (hit.subject, hit.state) == ("Made of it", EditionState.PUBLISHED)


def test_editions_of_an_older_version_are_found_after_the_update(database: Database) -> None:
    with database.write() as tx:
        put(tx, "mlops", WEEK, (item(tx), 1), intro="Ärger")
        before = tx.rows("SELECT edition_id, words FROM edition_words")

    def there() -> bool:
        with database.read() as tx:
            return inspect(tx.connection).has_table("edition_words")

    while there():
        database.downgrade_one()
    database.migrate()
    with database.read() as tx:
        after = tx.rows("SELECT edition_id, words FROM edition_words")
    assert [(row[0], set(row[1].split())) for row in after] == [
        (row[0], set(row[1].split())) for row in before
    ]
    assert found(database, "ärger zürich") == [(WEEK, "mlops")]
