"""What an editor does to an edition stays, can be taken back, and never goes out unapproved."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from briefings.errors import Conflict, NotFound, Refused
from briefings.model.edition import Edition, EditionState
from briefings.model.links import LinkAnswer
from briefings.model.news import Change, Confidence, Kind, News
from briefings.pipeline import editing
from briefings.pipeline.approve import approve
from briefings.pipeline.examine import examine
from briefings.pipeline.prepare import prepare
from briefings.pipeline.taking_in import take_into
from briefings.store import choices, editions, items, link_checks
from briefings.weeks import stored_week
from tests.e2e.town import WEEK, Town, body

SLUG = "mlops-engineer"
BY = "ed@example.org"
BEFORE_CUT_OFF = datetime(2026, 8, 20, 9, tzinfo=UTC)


@pytest.fixture
def desk(town: Town) -> Town:
    """The four news of the town as a draft of the week, on the Thursday before."""
    town.clock.now = BEFORE_CUT_OFF
    town.news()
    prepare(town.app.chain, WEEK, [SLUG])
    return town


def stored(town: Town, slug: str = SLUG) -> Edition:
    with town.app.db.read() as tx:
        found = editions.get(tx, str(WEEK), slug)
    assert found is not None
    return found


def order(town: Town) -> list[int]:
    return [place.item_id for place in stored(town).placements]


def acts(town: Town) -> list[str]:
    with town.app.db.read() as tx:
        return [one.act for one in choices.history(tx, str(WEEK), SLUG)]


def test_moves_pins_and_words_survive_a_new_assembling(desk: Town) -> None:
    chain = desk.app.chain
    first, second, third, fourth = order(desk)
    editing.move(chain, WEEK, SLUG, second, -1, by=BY)
    editing.pin(chain, WEEK, SLUG, fourth, on=True, by=BY)
    editing.word(
        chain, WEEK, SLUG, subject="Ours", preheader="Ours, too", intro="  And\nthis ", by=BY
    )
    assert order(desk) == [fourth, second, first, third]
    desk.news([("Argo Workflows", "4.1", "2026-08-19", "security", "Argo closes a hole", "iac")],
              name="more.csv")  # fmt: skip
    prepare(chain, WEEK, [SLUG])
    now = order(desk)
    new = next(iter(set(now) - {first, second, third, fourth}))
    assert [each for each in now if each != new] == [fourth, second, first, third]
    edition = stored(desk)
    assert (edition.subject, edition.preheader, edition.intro) == ("Ours", "Ours, too", "And this")
    editing.as_assembled(chain, WEEK, SLUG, by=BY)
    assert [each for each in order(desk) if each != new] == [first, second, third, fourth]


def test_items_move_among_their_kind_only(desk: Town) -> None:
    first, second, *_ = order(desk)
    with pytest.raises(Refused, match="end of its kind"):
        editing.move(desk.app.chain, WEEK, SLUG, first, -1, by=BY)
    editing.pin(desk.app.chain, WEEK, SLUG, first, on=True, by=BY)
    with pytest.raises(Refused, match="pinned first"):
        editing.move(desk.app.chain, WEEK, SLUG, second, -1, by=BY)
    with pytest.raises(NotFound, match="item 999"):
        editing.pin(desk.app.chain, WEEK, SLUG, 999, on=True, by=BY)


def test_an_item_is_left_out_with_a_reason_of_this_edition_alone(desk: Town) -> None:
    chain = desk.app.chain
    prepare(chain, WEEK, ["devops-engineer"])
    first, *others = order(desk)
    with pytest.raises(Refused, match="why"):
        editing.leave_out(chain, WEEK, SLUG, first, " ", by=BY)
    editing.leave_out(chain, WEEK, SLUG, first, "readers had it", by=BY)
    assert order(desk) == others
    assert first in [p.item_id for p in stored(desk, "devops-engineer").placements]
    editing.take_in(chain, WEEK, SLUG, first, by=BY)
    assert order(desk) == [first, *others]
    assert acts(desk) == [f"took item {first} back in", f"left out item {first}: readers had it"]


def test_every_change_can_be_taken_back_to_where_it_stood(desk: Town) -> None:
    chain = desk.app.chain
    first = order(desk)
    editing.move(chain, WEEK, SLUG, first[0], 1, by=BY)
    moved = order(desk)
    editing.arrange(chain, WEEK, SLUG, [*reversed(first), 999], by=BY, seen=1)
    assert order(desk) == first[::-1]
    editing.restore(chain, WEEK, SLUG, 1, by=BY)
    assert order(desk) == moved
    editing.restore(chain, WEEK, SLUG, 0, by=BY)
    assert order(desk) == first
    with pytest.raises(NotFound, match="no change 9"):
        editing.restore(chain, WEEK, SLUG, 9, by=BY)


def test_two_editors_at_once_lose_nothing(desk: Town) -> None:
    chain = desk.app.chain
    one = {"subject": "One", "preheader": "", "intro": ""}
    editing.word(chain, WEEK, SLUG, **one, by="a@example.org", seen=0)
    with pytest.raises(Conflict, match="Somebody else changed"):
        editing.word(chain, WEEK, SLUG, **{**one, "subject": "Two"}, by="b@example.org", seen=0)
    assert stored(desk).subject == "One"


def test_words_that_nobody_would_see_are_refused(desk: Town) -> None:
    with pytest.raises(Refused, match="61 characters: at most 60"):
        editing.word(desk.app.chain, WEEK, SLUG, subject="x" * 61, preheader="", intro="", by=BY)


def test_an_edit_after_the_approval_voids_it(desk: Town) -> None:
    chain = desk.app.chain
    approve(chain, WEEK, [SLUG], by=BY)
    edited = editing.move(chain, WEEK, SLUG, order(desk)[0], 1, by=BY)
    assert edited.voided
    assert stored(desk).state is EditionState.DRAFT
    approve(chain, WEEK, [SLUG], by=BY)
    assert editing.undo_approval(chain, WEEK, [SLUG, "devops-engineer"], by=BY) == [SLUG]
    assert stored(desk).state is EditionState.DRAFT


def test_an_approval_is_not_taken_back_after_the_cut_off(desk: Town) -> None:
    approve(desk.app.chain, WEEK, [SLUG], by=BY)
    desk.clock.forward(days=5)
    with pytest.raises(Refused, match="nothing is taken back"):
        editing.undo_approval(desk.app.chain, WEEK, [SLUG], by=BY)
    assert stored(desk).state is EditionState.APPROVED


def test_a_held_or_skipped_edition_says_why_until_it_is_let_go(desk: Town) -> None:
    chain = desk.app.chain
    editing.hold(chain, WEEK, SLUG, "a figure needs a second source", by=BY)
    assert (stored(desk).state, stored(desk).reason) == (
        EditionState.HELD, "a figure needs a second source",
    )  # fmt: skip
    editing.skip(chain, WEEK, SLUG, "holidays", by=BY)
    prepare(chain, WEEK, [SLUG])
    assert (stored(desk).state, stored(desk).reason) == (EditionState.SKIPPED, "holidays")
    editing.skip(chain, WEEK, SLUG, "", by=BY)
    assert stored(desk).state is EditionState.DRAFT
    assert len(stored(desk).placements) == 4


def test_the_words_of_the_editor_reach_the_reader_and_what_went_is_not_edited(desk: Town) -> None:
    desk.readers(("a@example.org", SLUG))
    chain = desk.app.chain
    editing.word(
        chain, WEEK, SLUG, subject="Our subject", preheader="Our preview", intro="Our intro", by=BY
    )
    last = order(desk)[-1]
    editing.pin(chain, WEEK, SLUG, last, on=True, by=BY)
    approve(chain, WEEK, [SLUG], by=BY)
    desk.send()
    (mail,) = desk.outbox()
    assert mail["subject"] == "Our subject"
    assert "Our preview" in body(mail, "html")
    text = body(mail)
    with desk.app.db.read() as tx:
        told = items.get(tx, order(desk))
    headlines = [told[each].news.headline for each in order(desk)]
    assert order(desk)[0] == last
    assert [text.index(each) for each in headlines] == sorted(map(text.index, headlines))
    assert "Our intro" in text
    with pytest.raises(Refused, match="has gone out"):
        editing.pin(chain, WEEK, SLUG, last, on=False, by=BY)


PAY = News(
    kind=Kind.SALARY_NEWS,
    headline="Pay is up",
    summary="It rose.",
    date=BEFORE_CUT_OFF.date(),
    source_name="somebody",
    source_url="https://example.org/pay",
    confidence=Confidence.LOW,
    targets=(SLUG,),
)


def queued(town: Town, news: News) -> int:
    from briefings.model.news import ItemState

    with town.app.db.write() as tx:
        return items.add(
            tx,
            news,
            week=str(stored_week(news.date, None)),
            state=ItemState.QUEUED,
            now=town.clock(),
        )


def test_nothing_that_preflight_blocks_is_approved_unless_a_person_says_why(desk: Town) -> None:
    chain = desk.app.chain
    desk.readers(("a@example.org", SLUG))
    queued(desk, PAY)
    prepare(chain, WEEK, [SLUG])
    with pytest.raises(Refused, match="Pay is up: it is salary news without a figure"):
        approve(chain, WEEK, [SLUG], by=BY)
    done = approve(chain, WEEK, by=BY)
    assert (done.blocked, SLUG in done.editions) == ((SLUG,), False)
    assert stored(desk).state is EditionState.DRAFT
    approve(chain, WEEK, [SLUG], by=BY, despite="the survey comes tomorrow")
    assert stored(desk).state is EditionState.APPROVED
    assert acts(desk) == ["approved it despite preflight: the survey comes tomorrow"]


def test_what_is_final_is_never_approved(desk: Town) -> None:
    queued(desk, replace(PAY, kind=Kind.ROLE_UPDATE, summary="[[TK]]"))
    prepare(desk.app.chain, WEEK, [SLUG])
    with pytest.raises(Refused, match="not finished"):
        approve(desk.app.chain, WEEK, [SLUG], by=BY, despite="no time")


def test_the_schedule_holds_what_preflight_blocks(desk: Town) -> None:
    queued(desk, PAY)
    prepare(desk.app.chain, WEEK, [SLUG])
    done = approve(desk.app.chain, WEEK, [SLUG], by="the schedule", hold_blocked=True)
    assert done.blocked == (SLUG,)
    assert stored(desk).state is EditionState.HELD
    assert "without a figure" in (stored(desk).reason or "")


def test_preflight_knows_links_and_versions_of_before(desk: Town) -> None:
    desk.readers(("a@example.org", SLUG))
    approve(desk.app.chain, WEEK, [SLUG], by=BY)
    desk.send()
    later = WEEK.next()
    desk.clock.forward(days=7)
    old = ("Terraform", "1.15.8", "2026-08-26", "release", "Terraform 1.15.8 for old lines", "iac")
    desk.news([old], name="old.csv")
    prepare(desk.app.chain, later, [SLUG])
    url = "https://example.org/Terraform/1.15.8"
    with desk.app.db.write() as tx:
        link_checks.put(tx, [LinkAnswer(url=url, code=410, trouble="", at=desk.clock())])
    looked = examine(desk.app.chain, later, [SLUG])[SLUG]
    assert [one.words for one in looked.findings] == [
        "its source answers 410: the page is gone",
        "it tells of 1.15.8, and readers heard of 1.15.9 before",
        "11 were never tried",
    ]
    assert 10_000 < looked.size < 80_000
    with pytest.raises(Refused, match="page is gone"):
        approve(desk.app.chain, later, [SLUG], by=BY)


def test_a_changed_item_is_taken_into_all_its_editions_and_approved_again_at_once(
    desk: Town,
) -> None:
    chain = desk.app.chain
    prepare(chain, WEEK, ["devops-engineer"])
    shared = stored(desk, "devops-engineer").placements[0].item_id
    editing.pin(chain, WEEK, SLUG, shared, on=True, by=BY)
    approve(chain, WEEK, [SLUG, "devops-engineer"], by=BY)
    with desk.app.db.write() as tx:
        news = items.get(tx, [shared])[shared].news
        items.revise(tx, shared, replace(news, headline="Put right"), now=desk.clock())
    with desk.app.db.read() as tx:
        older = editing.carrying_older(tx, shared)
    assert older == [(str(WEEK), "devops-engineer"), (str(WEEK), SLUG)]
    done = take_into(chain, shared, older, by=BY, again=True)
    assert done.approved == tuple(older)
    for slug in (SLUG, "devops-engineer"):
        edition = stored(desk, slug)
        assert edition.state is EditionState.APPROVED
        assert (shared, 2) in [(p.item_id, p.revision) for p in edition.placements]
    assert order(desk)[0] == shared
    with desk.app.db.read() as tx:
        assert editing.carrying_older(tx, shared) == []


def test_an_item_that_blocks_is_taken_in_but_not_approved(desk: Town) -> None:
    chain = desk.app.chain
    item_id = order(desk)[0]
    approve(chain, WEEK, [SLUG], by=BY)
    with desk.app.db.write() as tx:
        news = items.get(tx, [item_id])[item_id].news
        assert news.change is Change.SECURITY
        items.revise(tx, item_id, replace(news, summary="[[TK]]"), now=desk.clock())
    done = take_into(chain, item_id, [(str(WEEK), SLUG)], by=BY, again=True)
    assert done.approved == ()
    assert "not finished" in done.left[0][2]
    assert stored(desk).state is EditionState.DRAFT
