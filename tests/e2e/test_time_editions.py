"""What one week leaves to the next: subjects, held and merged items, late news, broken blocks."""

from __future__ import annotations

import shutil
from datetime import date
from pathlib import Path

import pytest

from briefings.model.edition import EditionState, Part
from briefings.model.frequency import Frequency
from briefings.model.news import ItemState
from briefings.pipeline.approve import approve
from briefings.pipeline.items import queue_items
from briefings.pipeline.open_issue import hold_what_cannot_be_rendered, open_regular
from briefings.pipeline.prepare import load_catalogue
from briefings.store import editions, items
from briefings.weeks import Week
from briefings.wiring import build
from tests.e2e.almanac import Almanac
from tests.e2e.town import ROOT, WEEK, body

NEXT = WEEK.next()
SLUG = "mlops-engineer"


def sent(place: Almanac, week: Week) -> None:
    place.approved(week)
    place.send(week)


def test_the_subject_of_one_week_is_never_that_of_the_week_before(place: Almanac) -> None:
    place.reader("a@example.org")
    for week in (WEEK, NEXT, NEXT.next()):
        place.write_news(week, "Terraform has a new release")
        sent(place, week)
    assert sorted(place.subjects()) == [
        "Terraform has a new release",
        "Terraform has a new release",
        "Week 35: Terraform has a new release",
    ]


def test_an_editors_own_subject_is_not_repeated_either(place: Almanac) -> None:
    place.reader("a@example.org")
    for week in (WEEK, NEXT):
        place.write_news(week, f"News of {week}")
        place.drafts(week)
        with place.app.db.write() as tx:
            tx.execute(
                "UPDATE edition SET subject = 'The same again' WHERE specialization = :slug "
                "AND week = :week",
                slug=SLUG,
                week=str(week),
            )
        sent(place, week)
    assert sorted(place.subjects()) == ["The same again", "Week 35: The same again"]


def held_at_the_freeze(place: Almanac, *slugs: str) -> None:
    """Assemble, approve the others, and open: these stay behind."""
    place.drafts(WEEK)
    with place.app.db.write() as tx:
        for slug in slugs:
            assert editions.set_state(
                tx, str(WEEK), slug, (EditionState.DRAFT,), EditionState.HELD, "a doubt"
            )
    with place.app.db.read() as tx:
        others = [s.slug for s in load_catalogue(tx).specializations if s.slug not in slugs]
    approve(place.app.chain, WEEK, others, by="tester")
    place.send()


def parts(place: Almanac, week: Week, slug: str = SLUG) -> dict[str, Part]:
    with place.app.db.read() as tx:
        edition = editions.get(tx, str(week), slug)
        assert edition is not None
        known = items.get(tx, [p.item_id for p in edition.placements])
    return {known[p.item_id].news.headline: p.part for p in edition.placements}


def test_items_held_at_the_freeze_come_next_week_under_earlier(place: Almanac) -> None:
    place.reader("a@example.org")
    place.write_news(WEEK, "Held back", "Held too", "Held as well", "Held again")
    held_at_the_freeze(place, SLUG)
    assert place.outcome(f"{WEEK}-regular") == {"a@example.org": "all editions held"}
    place.write_news(NEXT, "Fresh one", "Fresh two", "Fresh three")
    place.drafts(NEXT)
    assert parts(place, NEXT) == {
        "Fresh one": Part.WEEK,
        "Fresh two": Part.WEEK,
        "Fresh three": Part.WEEK,
        "Held back": Part.EARLIER,
        "Held too": Part.EARLIER,
        "Held as well": Part.EARLIER,
        "Held again": Part.EARLIER,
    }


def test_what_was_held_twice_is_still_owed_and_what_went_is_not(place: Almanac) -> None:
    place.reader("a@example.org")
    place.write_news(WEEK, "Held back")
    held_at_the_freeze(place, SLUG)
    place.drafts(NEXT)
    with place.app.db.write() as tx:
        editions.set_state(
            tx, str(NEXT), SLUG, (EditionState.DRAFT,), EditionState.HELD, "still a doubt"
        )
    open_regular(place.app.chain, NEXT, by_tick=True, before_cut_off=True)
    place.drafts(NEXT.next())
    assert parts(place, NEXT.next()) == {"Held back": Part.EARLIER}
    sent(place, NEXT.next())
    place.drafts(NEXT.shift(2))
    assert "Held back" not in parts(place, NEXT.shift(2))


def test_a_thin_week_merges_once_when_asked_to(place: Almanac) -> None:
    place = place.again(thin_merge=True)
    place.reader("a@example.org")
    place.write_news(WEEK, "Alone in its week")
    place.drafts(WEEK)
    assert place.edition_states(WEEK)[SLUG] == "skipped"
    place.write_news(NEXT, "Alone in the next")
    place.drafts(NEXT)
    assert parts(place, NEXT) == {
        "Alone in the next": Part.WEEK,
        "Alone in its week": Part.EARLIER,
    }


def test_news_for_a_frozen_week_goes_with_the_first_open_one(place: Almanac) -> None:
    place.reader("a@example.org")
    place.write_news(WEEK, "In time")
    sent(place, WEEK)
    place.write_news(WEEK, "Too late for its week")
    place.write_news(WEEK, "From long ago", day=date(2026, 6, 15))
    with place.app.db.read() as tx:
        stored = {item.news.headline: item.week for item in items.listing(tx)}
    assert stored == {
        "In time": "2026-W34",
        "Too late for its week": "2026-W35",
        "From long ago": "2026-W25",
    }
    sent(place, NEXT)
    texts = [body(mail) for mail in place.outbox()]
    assert sum("Too late for its week" in text for text in texts) == 1


def test_a_draft_queued_after_its_week_was_frozen_moves_on(place: Almanac) -> None:
    place.reader("a@example.org")
    place.write_news(WEEK, "In time")
    path = place.folder / "draft.csv"
    path.write_text((place.folder / "news-0.csv").read_text().replace("In time", "A draft"))
    place.imported("tool-changes", path, as_draft=True)
    sent(place, WEEK)
    with place.app.db.read() as tx:
        (item,) = items.listing(tx, state=ItemState.DRAFT)
    assert queue_items(place.app.chain, [item.id], week=None, every=False) == [
        (item.id, "2026-W35")
    ]


@pytest.mark.parametrize("kind", ["plan", "closing", "item", "heading"])
def test_an_edition_with_a_block_that_cannot_be_rendered_is_held(
    place: Almanac, tmp_path: Path, kind: str
) -> None:
    """Whoever would get the block: a plan step of week 7, the closing of week 13, an item."""
    templates = tmp_path / "templates"
    shutil.copytree(ROOT / "templates" / "email", templates)
    broken = templates / "blocks" / f"{kind}.txt.j2"
    where = {
        "plan": "{% if number == '7' %}{{ nonesuch }}{% endif %}",
        "closing": "{{ nonesuch }}",
        "item": "{{ nonesuch }}",
        "heading": "{{ nonesuch }}",
    }[kind]
    broken.write_text(broken.read_text() + where)
    place.reader("a@example.org")
    place.write_news(WEEK, "One", "Two", "Three")
    place.approved()
    place.app = build(
        place.settings, clock=place.clock, sleep=lambda _seconds: None, templates=templates
    )
    hold_what_cannot_be_rendered(place.app.chain, WEEK)
    with place.app.db.read() as tx:
        edition = editions.get(tx, str(WEEK), SLUG)
    assert edition is not None
    assert edition.state is EditionState.HELD
    assert f"{kind}.txt.j2" in (edition.reason or "")


def test_thin_rules_of_the_installation_decide_what_is_too_old(place: Almanac) -> None:
    """A monthly reader gets no item older than the rules allow, in simulate and in the mail."""
    place.reader("m@example.org", frequency=Frequency.MONTHLY)
    week = Week.parse("2026-W35")  # its Monday is 31 August, the next slot is 7 September
    place.write_news(week, "From the week before")
    sent(place, week)
    place.write_news(week.next(), "From the week itself")
    sent(place, week.next())
    (mail,) = place.outbox()
    assert "From the week before" in body(mail)
    assert "From the week itself" in body(mail)
