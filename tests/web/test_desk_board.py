"""The week board: what it calls ready, thin and empty is what assembling makes, and items move."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from briefings.assemble.edition import MERGED
from briefings.desk.board import Fill, stored_cell
from briefings.model.edition import Edition, EditionState, Part, Placement
from briefings.model.news import ItemState
from briefings.model.user import DeskRole
from briefings.pipeline.approve import approve
from briefings.pipeline.board import board
from briefings.pipeline.prepare import load_catalogue, prepare
from briefings.pipeline.simulate import candidates_of
from briefings.store import editions, items, runs
from briefings.weeks import Week
from tests.web.conftest import copied
from tests.web.desk_of import Desk, press
from tests.web.test_desk_issues import words_of

W36, W37 = Week.parse("2026-W36"), Week.parse("2026-W37")


@pytest.fixture
def desk(made: Path, tmp_path: Path) -> Iterator[Desk]:
    for site in copied(made, tmp_path / "desk", demo=False):
        yield Desk(site)


def edition(own: int, earlier: int, state: EditionState = EditionState.DRAFT) -> Edition:
    def placed(number: int, part: Part) -> Placement:
        return Placement(item_id=number, revision=1, part=part, why_you="", ranked="")

    places = [placed(n, Part.WEEK) for n in range(own)]
    places += [placed(100 + n, Part.EARLIER) for n in range(earlier)]
    reason = "nothing to say" if state is EditionState.SKIPPED else None
    return Edition(
        specialization="x", week="2026-W36", placements=tuple(places), state=state, reason=reason
    )


@pytest.mark.parametrize(
    ("one", "has_plan", "fill", "then"),
    [
        (edition(3, 0), False, Fill.READY, ""),
        (edition(2, 1), False, Fill.THIN, "goes with 1 earlier"),
        (edition(1, 0), False, Fill.THIN, "goes short"),
        (edition(0, 2), False, Fill.EMPTY, "2 earlier alone"),
        (edition(0, 0), True, Fill.EMPTY, "the plan alone"),
        (edition(0, 0, EditionState.SKIPPED), False, Fill.EMPTY, "no mail"),
    ],
)
def test_a_cell_says_how_full_it_is_and_what_the_rule_does(
    one: Edition, has_plan: bool, fill: Fill, then: str
) -> None:
    found = stored_cell(one.fill, minimum=3, has_plan=has_plan, nothing="nothing to say")
    assert (found.fill, found.then) == (fill, then)


def cells_of(desk: Desk, **rules: object) -> list[dict[str, tuple[object, ...]]]:
    """The board's cells of each week by specialization, without the state."""
    chain = desk.site.app.chain
    chain = replace(chain, thin=replace(chain.thin, **rules))
    return [
        {
            row.specialization.slug: (cell.fill, cell.own, cell.earlier, cell.then)
            for row in found.rows
            for cell in (row.cells[number],)
        }
        for found in (board(chain),)
        for number in range(len(found.weeks))
    ]


def owe(desk: Desk) -> None:
    """Let an edition have been held at its freeze, one be merged with the next, and a week skip."""
    with desk.site.app.db.write() as tx:
        for change, slug in (
            ("held_at = 1", "mlops-engineer"),
            ("held_at = 1, state = 'held'", "mlops-ai-infrastructure"),
            (f"state = 'skipped', reason = '{MERGED}'", "data-scientist"),
            ("state = 'skipped', reason = 'by a person'", "devops-engineer"),
        ):
            assert tx.execute(
                f"UPDATE edition SET {change} WHERE week = '2026-W34' AND specialization = :slug",
                slug=slug,
            )
        for week, by in (("2026-W35", runs.RESTORE), ("2026-W36", "ed")):
            runs.decide(tx, week, runs.Decision.SKIP, reason="why", by=by, now=desk.site.clock())


@pytest.mark.parametrize("owing", [False, True])
@pytest.mark.parametrize("rules", [{}, {"merge": True}, {"minimum": 1}, {"fill_days": 0}])
def test_the_count_of_the_board_is_that_of_assembling(
    desk: Desk, rules: dict[str, object], owing: bool
) -> None:
    if owing:
        owe(desk)
    numbers = [
        desk.site.row("SELECT id FROM item WHERE state = 'queued' ORDER BY id LIMIT 1 OFFSET ?", n)[
            0
        ]
        for n in range(9)
    ]
    with desk.site.app.db.write() as tx:
        for number, week in zip(
            numbers, ("35", "35", "36", "36", "36", "37", "39", "41", "42"), strict=True
        ):
            items.set_week(tx, number, f"2026-W{week}")
        # Some went already, so that they fill nothing.
        tx.execute("DELETE FROM placement WHERE item_id % 2 = 0")
    counted = cells_of(desk, **rules)
    chain = desk.site.app.chain
    chain = replace(chain, thin=replace(chain.thin, **rules))
    kinds = set()
    for number, cells in enumerate(counted[1:], 1):
        week = W36.shift(number - 2)
        with desk.site.app.db.read() as tx:
            real = candidates_of(tx, chain, week)
            plans = {s.slug: bool(s.plan) for s in load_catalogue(tx).specializations}
        for slug, (fill, own, earlier, then) in cells.items():
            one = stored_cell(
                real[slug].fill,
                minimum=chain.thin.minimum,
                has_plan=plans[slug],
                nothing="nothing to say",
            )
            if one.then == MERGED:
                assert (fill, then) == (Fill.THIN, MERGED), (week, slug)
            else:
                assert (fill, own, earlier, then) == (one.fill, one.own, one.earlier, one.then), (
                    week,
                    slug,
                )
            kinds.add(fill)
    assert len(kinds) >= 2


async def test_the_board_counts_what_assembling_would_place(desk: Desk) -> None:
    number = desk.item_ahead("2026-W36")
    with desk.site.app.db.read() as tx:
        headline = items.get(tx, [number])[number].news.headline
    async with desk.client(DeskRole.VIEWER) as client:
        page = await client.get("/desk/board")
        assert page.status_code == 200
        heads = re.findall(r">Week (\d+)</a>", page.text)
        assert len(heads) == 8
        assert heads[0] == "34", "its mail has not left everywhere"
        cells = re.findall(
            r'href="/desk/board/2026-W36\?specialization=([\w-]+)"><b class="num">(\d+)<', page.text
        )
        full = {slug for slug, own in cells if own != "0"}
        listed = await client.get("/desk/board/2026-W36")
        assert headline.split(" ")[0] in words_of(listed.text)
        assert "Later: week" not in listed.text, "a viewer moves nothing"
        prepare(desk.site.app.chain, W36)
        with desk.site.app.db.read() as tx:
            real = {
                slug
                for slug, one in editions.of_week(tx, "2026-W36").items()
                if any(place.part is Part.WEEK for place in one.placements)
            }
        assert full == real != set()


async def test_an_item_moves_by_its_button_and_comes_back_by_undo(desk: Desk) -> None:
    number = desk.item_ahead("2026-W36")
    chain = desk.site.app.chain
    prepare(chain, W36)
    prepare(chain, W37)

    def stands_in() -> tuple[str, set[str], set[str]]:
        with desk.site.app.db.read() as tx:
            week = items.get(tx, [number])[number].week
            return (
                week,
                *(
                    {
                        slug
                        for slug, one in editions.of_week(tx, str(each)).items()
                        if any(p.item_id == number and p.part is Part.WEEK for p in one.placements)
                    }
                    for each in (W36, W37)
                ),
            )

    week, before, after = stands_in()
    assert (week, after) == ("2026-W36", set())
    assert before
    async with desk.client(DeskRole.AUTHOR) as client:
        page = await client.get("/desk/board/2026-W36")
        assert 'data-key="]"' in page.text
        answer = await press(
            client, "/desk/board/2026-W36/move", {"item": str(number), "to": "2026-W37"}
        )
        assert stands_in() == ("2026-W37", set(), before)
        said = await client.get(answer.headers["location"])
        assert "comes in week 37" in said.text
        form = re.search(r'<div class="msg done.*?</form>', said.text, re.DOTALL)[0]
        fields = dict(re.findall(r'name="(\w+)" value="([^"]*)"', form))
        await press(client, re.search(r'action="([^"]+)"', form)[1], fields)
        assert stands_in() == ("2026-W36", before, set())


async def test_moving_an_approved_item_voids_the_approval_and_says_so(desk: Desk) -> None:
    number = desk.item_ahead("2026-W36")
    chain = desk.site.app.chain
    prepare(chain, W36)
    approve(chain, W36, by="test")
    async with desk.client(DeskRole.AUTHOR) as client:
        answer = await press(
            client, "/desk/board/2026-W36/move", {"item": str(number), "to": "2026-W38"}
        )
        said = await client.get(answer.headers["location"])
        assert "have to be approved again" in said.text
    with desk.site.app.db.read() as tx:
        carrying = [
            one
            for one in editions.of_week(tx, "2026-W36").values()
            if one.state is EditionState.APPROVED
            and any(p.item_id == number for p in one.placements)
        ]
    assert carrying == []


async def test_frozen_weeks_drafts_and_nonsense_move_nothing(desk: Desk) -> None:
    number = desk.item_ahead("2026-W36")
    (frozen,) = desk.site.row("SELECT MIN(id) FROM item WHERE week = '2026-W34'")
    async with desk.client(DeskRole.AUTHOR) as client:
        before = desk.site.dump()
        for item, to, status in (
            (number, "2026-W34", 409),
            (number, "2026-W36", 409),
            (frozen, "2026-W37", 409),
            (99999, "2026-W37", 404),
            ("x", "2026-W37", 404),
            (number, "next week", 404),
        ):
            answer = await press(client, "/desk/board/2026-W36/move", {"item": str(item), "to": to})
            assert answer.status_code == status, (item, to)
        assert desk.site.dump() == before
        with desk.site.app.db.write() as tx:
            items.set_state(tx, [number], ItemState.DRAFT)
        answer = await press(
            client, "/desk/board/2026-W36/move", {"item": str(number), "to": "2026-W37"}
        )
        assert answer.status_code == 409
        assert (await client.get("/desk/board/2026-W99")).status_code == 404
        answer = await client.get("/desk/board/2026-W36?specialization=nothing")
        assert answer.status_code == 404


async def test_items_that_reach_nobody_are_named_with_the_reason(desk: Desk) -> None:
    number = desk.item_ahead("2026-W36")
    with desk.site.app.db.write() as tx:
        news = items.get(tx, [number])[number].news
        lost = replace(news, targets=(), tool=None, headline="Nobody hears of this")
        items.revise(tx, number, lost, now=desk.site.clock())
    async with desk.client(DeskRole.VIEWER) as client:
        words = words_of((await client.get("/desk/board")).text)
        assert "Nobody hears of this" in words
        assert "no specialization: no target" in words
    assert date(2026, 8, 24) == desk.site.clock().date()
