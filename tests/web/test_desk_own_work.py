"""Who must not approve own work cannot: words of an edition, items they wrote, items they queued."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from briefings.model.edition import EditionState
from briefings.model.news import ItemState
from briefings.model.user import DeskRole
from briefings.pipeline import inbox, item_editing
from briefings.pipeline.approve import approve
from briefings.pipeline.correct import correct
from briefings.pipeline.prepare import prepare
from briefings.store import editions, items
from briefings.weeks import Week
from tests.web.conftest import copied
from tests.web.desk_of import EDITION, LATER, Desk, edition, press
from tests.web.test_desk_issues import words_of

ANA = "ana@desk.example"
APPROVE = f"/desk/weeks/{LATER}/approve"
SLUG = "mlops-engineer"


@pytest.fixture
def desk(made: Path, tmp_path: Path) -> Iterator[Desk]:
    for site in copied(made, tmp_path / "desk", demo=False):
        yield Desk(site)


def content(desk: Desk) -> dict[str, str]:
    """The form that approves the edition as it stands."""
    with desk.site.app.db.read() as tx:
        return {"edition": SLUG, "hash": editions.content_hash_of(tx, LATER, SLUG) or ""}


def state(desk: Desk, slug: str = SLUG) -> EditionState:
    with desk.site.app.db.read() as tx:
        stored = editions.get(tx, LATER, slug)
    assert stored is not None
    return stored.state


def rewrite(desk: Desk, number: int, headline: str, *, by: str) -> None:
    with desk.site.app.db.read() as tx:
        item = items.get(tx, [number])[number]
    news = replace(item.news, headline=headline)
    item_editing.save(desk.site.app.chain, number, item.revision, news, by=by)


def queue_again(desk: Desk, number: int, *, by: str) -> None:
    with desk.site.app.db.write() as tx:
        items.set_state(tx, [number], ItemState.DRAFT)
    inbox.queue(desk.site.app.chain, [number], by=by)


def assemble(desk: Desk) -> None:
    prepare(desk.site.app.chain, Week.parse(LATER), [SLUG])


async def test_an_item_that_somebody_wrote_or_queued_makes_an_edition_their_own(desk: Desk) -> None:
    first, second, _third = edition(desk)
    async with (
        desk.client(DeskRole.EDITOR, email=ANA, own=False) as ana,
        desk.client(DeskRole.EDITOR, email="bo@desk.example", own=False) as bo,
        desk.client(DeskRole.EDITOR, email="cem@desk.example") as cem,
    ):
        rewrite(desk, first, "Ana wrote this", by=ANA)
        queue_again(desk, second, by="bo@desk.example")
        assemble(desk)
        for client, said in (
            (ana, "you wrote \N{LEFT DOUBLE QUOTATION MARK}Ana wrote this"),
            (bo, "you queued \N{LEFT DOUBLE QUOTATION MARK}MLflow 9.1 is out"),
        ):
            page = await client.get(EDITION)
            assert "Somebody else approves it" in page.text
            assert said in page.text
            assert f"{APPROVE}?edition" not in page.text
            ask = await client.get(f"{APPROVE}?edition={SLUG}")
            assert said in ask.text
            assert '<button class="btn" autofocus>' not in ask.text
            answer = await press(client, APPROVE, content(desk))
            assert answer.status_code == 409
            assert f"{SLUG} of {LATER} is your own work: {said}" in words_of(answer.text)
            assert state(desk) is EditionState.DRAFT
        assert "Somebody else approves it" not in (await cem.get(EDITION)).text
        rewrite(desk, first, "Cem wrote this", by="cem@desk.example")
        assemble(desk)
        assert (await press(cem, APPROVE, content(desk))).status_code == 303
        assert state(desk) is EditionState.APPROVED


async def test_what_others_made_may_be_approved_and_what_one_ordered_may_not(desk: Desk) -> None:
    first, *_ = edition(desk)
    rewrite(desk, first, "Bo wrote this", by="bo@desk.example")
    assemble(desk)
    async with desk.client(DeskRole.EDITOR, email=ANA, own=False) as ana:
        # A newer revision of hers is not what the edition carries.
        with desk.site.app.db.write() as tx:
            news = items.get(tx, [first])[first].news
            items.revise(tx, first, replace(news, headline="Hers"), now=desk.site.clock(), by=ANA)
        assert (await press(ana, APPROVE, content(desk))).status_code == 303
        taken = await press(ana, f"{EDITION}/take-newest", {"item": str(first), "again": "yes"})
        assert taken.status_code == 409
        assert "you wrote" in words_of(taken.text)
        await press(ana, f"/desk/weeks/{LATER}/unapprove", {"edition": SLUG})
        await press(ana, f"{EDITION}/pin", {"item": str(first), "on": "yes"})
        answer = await press(ana, APPROVE, content(desk))
        assert "you changed the edition" in words_of(answer.text)
        assert state(desk) is EditionState.DRAFT


async def test_of_several_editions_only_those_of_others_are_offered(desk: Desk) -> None:
    edition(desk)
    async with desk.client(DeskRole.EDITOR, email=ANA, own=False) as ana:
        prepare(desk.site.app.chain, Week.parse(LATER), ["data-scientist"])
        await press(ana, f"{EDITION}/words", {"subject": "Hers", "seen": "0"})
        ask = await ana.get(APPROVE)
        assert 'name="edition" value="data-scientist"' in ask.text
        assert f'name="edition" value="{SLUG}"' not in ask.text
        assert "you changed the edition" in ask.text


@pytest.mark.parametrize(("own", "after"), [(True, "approved"), (False, "draft")])
async def test_a_correction_renews_approvals_only_for_who_may_approve_own(
    desk: Desk, own: bool, after: str
) -> None:
    first, *_ = edition(desk)
    approve(desk.site.app.chain, Week.parse(LATER), [SLUG], by="bo@desk.example")
    async with desk.client(DeskRole.SENDER, email=ANA, own=own) as ana:
        fields = {"note": "It was wrong.", "headline": "Put right", "revision": "1"}
        answer = await press(ana, f"/desk/corrections/{first}", fields)
        assert answer.status_code == 303
        assert state(desk).value == after
        page = words_of((await ana.get(answer.headers["location"])).text)
        assert ("somebody else approves it again" in page) is not own


def test_withdrawing_by_correction_renews_whoever_does_it(desk: Desk) -> None:
    first, *_ = edition(desk)
    chain = desk.site.app.chain
    approve(chain, Week.parse(LATER), [SLUG], by="bo@desk.example")
    done = correct(chain, first, note="Wrong.", changes={}, withdraw=True, by=ANA, renew=False)
    assert (done.renewed, done.voided) == (((LATER, SLUG),), ())
    assert state(desk) is EditionState.APPROVED
