"""The page of numbers shows what was counted, hides small groups, and draws without scripts."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest

from briefings.model.feedback import Answer
from briefings.model.user import DeskRole
from briefings.store import answers, presses
from tests.web.conftest import copied
from tests.web.desk_of import ISSUE, Desk
from tests.web.test_desk_issues import words_of


@pytest.fixture
def desk(made: Path, tmp_path: Path) -> Iterator[Desk]:
    for site in copied(made, tmp_path / "desk", demo=False):
        yield Desk(site)


async def test_groups_of_fewer_than_ten_readers_show_no_figure(desk: Desk) -> None:
    number = desk.mailed_item()
    with desk.site.app.db.write() as tx:
        presses.fold(tx, "a", {(number, date(2026, 8, 24)): 777}, desk.site.clock())
    async with desk.client(DeskRole.VIEWER) as client:
        page = await client.get("/desk/numbers")
        assert "fewer than ten readers: not shown" in page.text
        assert "777" not in page.text
        assert (await client.get("/desk/numbers?issue=2026-W01-late")).status_code == 404


async def test_presses_answers_and_departures_stand_beside_their_mails(desk: Desk) -> None:
    number = desk.mailed_item()
    (issue,) = desk.site.row("SELECT id FROM issue")
    with desk.site.app.db.write() as tx:
        (briefing,) = tx.rows(
            "SELECT delivery.briefing_id FROM delivery JOIN briefing_item "
            "ON briefing_item.briefing_id = delivery.briefing_id WHERE item_id = :item LIMIT 1",
            item=number,
        )[0]
        for reader in range(100, 137):
            tx.execute(
                "INSERT INTO delivery (issue_id, reader_id, state, preferences_version, fence, "
                "attempts, briefing_id) VALUES (:issue, :reader, 'accepted', 1, 0, 0, :briefing)",
                issue=issue,
                reader=reader,
                briefing=briefing,
            )
        presses.fold(tx, "a", {(number, date(2026, 8, 24)): 8}, desk.site.clock())
        answers.count(tx, "x", issue, number, Answer.MORE)
        answers.count(tx, "y", issue, number, Answer.LESS)
        answers.count_departure(tx, issue, 2)
    async with desk.client(DeskRole.VIEWER) as client:
        page = await client.get("/desk/numbers")
        words = words_of(page.text)
        assert " 40 8 1 / 1 20.0" in words
        assert f"{ISSUE} 40 2 50.0" in words
        assert "earns its place" in words
        assert 'x="0" y="2" width="1000.0"' in page.text, "50 of a ruler that ends at 50"
        assert "style=" not in page.text
