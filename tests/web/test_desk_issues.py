"""An issue while it goes: what the pages say is what the rows say, and acts do what they name."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from briefings.deliver.retry import REFUSALS_THAT_PAUSE, RefusalWindow, judge
from briefings.desk.progress import eta, rate, remedy
from briefings.model.delivery import IssueState
from briefings.model.reply import Rejected, Stage, read_reply
from briefings.model.user import DeskRole
from briefings.pipeline import control, halt
from briefings.pipeline.halt import REASON
from tests.web.conftest import START, copied
from tests.web.desk_of import ISSUE, Desk, press

PAGE = f"/desk/issues/{ISSUE}"


@pytest.fixture
def desk(made: Path, tmp_path: Path) -> Iterator[Desk]:
    for site in copied(made, tmp_path / "desk", demo=False):
        yield Desk(site)


def words_of(html: str) -> str:
    return " ".join(re.sub(r"<[^>]+>", " ", html).split())


async def test_the_page_counts_what_the_rows_say_and_they_add_up(desk: Desk) -> None:
    desk.turn("rejected", 1, "550 5.1.1 no such user (at RCPT TO)")
    desk.turn("pending", 1)
    async with desk.client(DeskRole.SENDER) as client:
        page = await client.get(PAGE)
        words = words_of(page.text)
        assert "1 mail of 3 has not left yet" in words
        assert "3 frozen, 3 accounted for. The states add up." in words
        assert "rejected 1 refused for good" in words
        assert "rejected 1 550 5.1.1 no such user (at RCPT TO)" in words
        assert 'hx-trigger="every 5s"' in page.text
        waves = re.findall(r"(\d+ August 2026, \d\d:\d\d UTC)</b></td>", page.text)
        due = desk.site.row("SELECT COUNT(DISTINCT due_at) FROM delivery")[0]
        assert len(waves) == due > 1
        listed = words_of((await client.get("/desk/issues")).text)
        assert f"{ISSUE} 24 August 2026, 12:00 UTC open 3 1 1" in listed


async def test_the_rate_counts_the_last_minute_and_says_when_it_is_through(desk: Desk) -> None:
    desk.turn("pending", 1)
    async with desk.client(DeskRole.VIEWER) as client:
        desk.site.clock.go(seconds=30)
        words = words_of((await client.get(PAGE)).text)
        assert "0.1 a second" in words, "three ended half a minute ago"
        assert "Those are out by 24 August 2026, 12:00 UTC" in words
        desk.site.clock.go(seconds=61)
        words = words_of((await client.get(PAGE)).text)
        assert "0.0 a second May leave now 1 Next mail" in words
        assert "Pause" not in words, "a viewer cannot do anything about it"
    assert eta(left=300, per_second=10, now=START).timestamp() == START.timestamp() + 30
    assert eta(left=300, per_second=0, now=START) is None
    assert eta(left=0, per_second=10, now=START) is None


def test_a_rate_counts_from_the_first_mail_of_the_minute():
    assert rate(40, START - timedelta(seconds=20), START) == 2
    assert rate(40, START, START) == 40
    assert rate(0, None, START) == 0


async def test_pausing_resuming_and_cancelling_do_what_they_say(desk: Desk) -> None:
    desk.turn("pending", 2)
    state = f"SELECT state FROM issue WHERE name = '{ISSUE}'"
    async with desk.client(DeskRole.SENDER) as client:
        answer = await press(client, f"{PAGE}/pause")
        assert desk.site.row(state) == ("paused",)
        page = await client.get(answer.headers["location"])
        assert "paused by sender@desk.example" in page.text
        assert "A person paused it" in page.text
        assert f'action="{PAGE}/resume"' in page.text
        assert (await press(client, f"{PAGE}/pause")).status_code == 409
        await press(client, f"{PAGE}/resume")
        assert desk.site.row(state) == ("open",)
        asked = words_of((await client.get(f"{PAGE}/cancel")).text)
        assert f"2 mails of {ISSUE} will never leave" in asked
        assert desk.site.row(state) == ("open",)
        await press(client, f"{PAGE}/cancel")
        assert desk.site.row(state) == ("cancelled",)
        counted = "SELECT COUNT(*) FROM delivery WHERE reason = 'cancelled'"
        assert desk.site.row(counted) == (2,)
        assert (await press(client, f"{PAGE}/resume")).status_code == 409


async def test_an_issue_that_stopping_paused_says_so_and_is_not_resumed(desk: Desk) -> None:
    desk.turn("pending", 1)
    halt.stop(desk.site.app.chain, by="test")
    async with desk.client(DeskRole.SENDER) as client:
        assert "An operator lets it go on" in (await client.get(PAGE)).text
        answer = await press(client, f"{PAGE}/resume")
        assert answer.status_code == 409
        said = words_of(answer.text)
        assert "by test. An operator can let it go on, by the link at the top of the page." in said
        assert "briefings go" not in said


async def test_unsure_mails_are_settled_by_a_persons_word(desk: Desk) -> None:
    desk.turn("unsure", 2)
    unsure = "SELECT COUNT(*) FROM delivery WHERE state = ?"
    async with desk.client(DeskRole.OPERATOR) as client:
        assert f"{PAGE}/unsure" in (await client.get(PAGE)).text
        assert "2 mails left whole" in words_of((await client.get(f"{PAGE}/unsure")).text)
        await press(client, f"{PAGE}/unsure", {"do": "resend"})
        assert desk.site.row(unsure, "pending") == (2,)
        assert (await press(client, f"{PAGE}/unsure", {"do": "accept"})).status_code == 409


HOSTILE = ("=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", '=cmd|"/c calc"!A0')


async def test_states_as_csv_hold_every_row_and_run_no_formula(desk: Desk) -> None:
    with desk.site.app.db.write() as tx:
        tx.execute("UPDATE reader SET email = :email WHERE id = 1", email="=cmd@example.org")
    async with desk.client(DeskRole.SENDER) as client:
        for number, reason in enumerate(HOSTILE):
            desk.turn("rejected", 1 if not number else 0, None)
            with desk.site.app.db.write() as tx:
                tx.execute("UPDATE delivery SET reason = :r WHERE state = 'rejected'", r=reason)
            answer = await client.get(f"{PAGE}/states.csv?state=rejected")
            assert answer.headers["content-type"] == "text/csv; charset=utf-8"
            assert f'filename="{ISSUE}-rejected.csv"' in answer.headers["content-disposition"]
            (row,) = csv.DictReader(io.StringIO(answer.text, newline=""))
            assert row["state"] == "rejected"
            assert row["reason"] == f"'{reason}"
        rows = list(csv.DictReader(io.StringIO((await client.get(f"{PAGE}/states.csv")).text)))
        assert sorted(row["state"] for row in rows) == ["accepted", "accepted", "rejected"]
        assert {row["email"] for row in rows} == {
            "'=cmd@example.org",
            "bo@example.org",
            "cem@example.org",
        }
        assert rows[0]["due_at"].endswith("+00:00")
        assert (await client.get(f"{PAGE}/states.csv?state=sent")).status_code == 404
        assert (await client.get("/desk/issues/2026-W01-late/states.csv")).status_code == 404
    async with desk.client(DeskRole.EDITOR) as editor:
        answer = await editor.get(f"{PAGE}/states.csv")
        assert answer.status_code == 403
        assert "example.org" not in answer.text


def paused_by(code: int, text: str, stage: Stage) -> str:
    return judge(read_reply(code, text, stage)).reason


def test_each_automatic_pause_says_what_to_do() -> None:
    window = RefusalWindow()
    same = None
    for row in range(REFUSALS_THAT_PAUSE):
        same = window.note(row, Rejected(read_reply(550, "5.1.1 no such user", Stage.RCPT)))
    assert same is not None
    cases = {
        same.reason: "again and again",
        paused_by(550, "5.7.26 unauthenticated sender", Stage.DATA): "SPF, DKIM",
        paused_by(554, "go away", Stage.CONNECT): "An operator has to mend",
        paused_by(550, "no such sender", Stage.MAIL): "An operator has to mend",
        "paused by ada@desk.example": "A person paused it",
    }
    for reason, words in cases.items():
        assert words in remedy(IssueState.PAUSED, reason, by_stop=False), reason
    assert "Everything is stopped" in remedy(IssueState.PAUSED, REASON, by_stop=True)
    assert remedy(IssueState.OPEN, None, by_stop=False) == ""
    assert "tell an operator" in remedy(IssueState.FREEZING, None, by_stop=False)


def test_the_pause_of_an_issue_that_is_not_there_is_told(desk: Desk) -> None:
    with pytest.raises(Exception, match="no issue"):
        control.pause(desk.site.app.chain, "2026-W01-late", "x")
