"""What is done on the command line stands in the audit log, beside what is done at the desk."""

from __future__ import annotations

import getpass
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from briefings.pipeline.on_record import named
from tests.e2e.test_commands import PEOPLE, WEEK, Shell, loaded, shell

__all__ = ["loaded", "shell"]
FAR = "2090-W10"
ISSUE = f"{WEEK}-regular"
BY = f"{getpass.getuser()} at the terminal"


def entries(folder: Path) -> list[tuple[str, str, str, str, str]]:
    """Route, act, subject, before and after of all entries, oldest first; all by us."""
    with closing(sqlite3.connect(folder / "subscribers.db")) as db:
        rows = db.execute(
            'SELECT "by", route, act, subject, before, after FROM audit ORDER BY id'
        ).fetchall()
    assert {row[0] for row in rows} <= {BY}
    return [tuple(row[1:]) for row in rows]


def test_weeks_stops_and_items_leave_an_entry_each(loaded: Shell, tmp_path: Path) -> None:
    before = len(entries(tmp_path))
    loaded("skip", "--week", FAR, "--reason", "holidays")
    loaded("skip", "--week", FAR, "--undo")
    assert "was not skipped" in loaded("skip", "--week", FAR, "--undo").out
    loaded("move", "--week", FAR, "--to", "2090-03-14")
    assert loaded("move", "--week", FAR, "--to", "2090-12-24").code == 1
    loaded("stop")
    loaded("go")
    loaded("go")
    assert entries(tmp_path)[before:] == [
        ("briefings skip", "skip a week", FAR, "planned", "skipped (holidays)"),
        ("briefings skip", "skip a week", FAR, "skipped (holidays)", "planned"),
        ("briefings move", "move a week", FAR, "planned", "planned, moved to 2090-03-14"),
        ("briefings stop", "stop everything", "all mail", "going", STOPPED),
        ("briefings go", "let everything go on", "all mail", *entries(tmp_path)[-1][3:]),
    ]
    assert entries(tmp_path)[-1][3].startswith("stopped since ")
    assert entries(tmp_path)[-1][3].endswith(f"by {BY}")


STOPPED = "stopped; issues paused by it: 0"


def test_approvals_and_corrections_leave_an_entry_each(loaded: Shell, tmp_path: Path) -> None:
    loaded("items", "queue", "--all", "--week", WEEK)
    loaded("assemble", "--week", WEEK)
    assert entries(tmp_path)[-1][:4] == (
        "briefings assemble",
        "assemble a week",
        WEEK,
        "0 drafts",
    )
    before = len(entries(tmp_path))
    loaded("approve", "--week", WEEK, "--specialization", "mlops-engineer")
    loaded("approve", "--week", WEEK, "--specialization", "mlops-engineer")
    told = entries(tmp_path)[before:]
    assert [each[:4] for each in told] == [
        ("briefings approve", "approve editions", f"{WEEK} mlops-engineer", "draft")
    ]
    assert told[0][4].startswith("1 approved for ")
    loaded("approve", "--week", WEEK)
    assert "devops-engineer" in entries(tmp_path)[-1][2]
    loaded("send", "--week", WEEK, "--now")
    with closing(sqlite3.connect(tmp_path / "subscribers.db")) as db:
        (item, headline) = db.execute(
            "SELECT item_id, headline FROM received JOIN item ON item.id = item_id LIMIT 1"
        ).fetchone()
    loaded("correct", "--item", str(item), "--note", "It was wrong.", "--headline", "Right")
    last = entries(tmp_path)[-1]
    assert last[:4] == (
        "briefings correct",
        "correct an item",
        f"item {item}",
        f"headline: {headline}",
    )
    assert last[4].startswith("headline: Right. Told ")
    assert last[4].endswith(": It was wrong.")
    before = len(entries(tmp_path))
    issue = last_issue(tmp_path)
    loaded("pause", "--issue", issue)
    loaded("pause", "--issue", issue)
    loaded("resume", "--issue", issue)
    loaded("cancel", "--issue", issue)
    assert [each[1:] for each in entries(tmp_path)[before:]] == [
        ("pause an issue", issue, "open", f"paused: paused by {BY}"),
        ("resume an issue", issue, f"paused: paused by {BY}", "open"),
        ("cancel an issue", issue, "open", "cancelled: cancelled by an operator"),
    ]
    with closing(sqlite3.connect(tmp_path / "subscribers.db")) as db, db:
        db.execute(
            "UPDATE delivery SET state = 'unsure' WHERE id IN (SELECT id FROM delivery "
            "WHERE state = 'accepted' LIMIT 2)"
        )
    loaded("unsure", "accept", "--issue", ISSUE)
    loaded("unsure", "accept", "--issue", ISSUE)
    assert entries(tmp_path)[-1][1:] == ("settle unsure mails", ISSUE, "2 unsure", "accepted")
    loaded("items", "withdraw", str(item))
    assert entries(tmp_path)[-1][1:] == (
        "triage items",
        f"item {item}",
        f"{item} queued",
        "withdrawn",
    )


def test_the_subject_of_an_entry_names_the_first_of_many() -> None:
    assert named([1, 2]) == "1, 2"
    assert named(range(1, 201)) == "1, 2, 3, 4, 5, 6, 7, 8 and 192 more"


def test_marking_a_seed_reader_names_the_number_only(loaded: Shell, tmp_path: Path) -> None:
    email = PEOPLE.splitlines()[1].partition(",")[0]
    before = len(entries(tmp_path))
    loaded("reader", "seed", email)
    loaded("reader", "seed", email)
    loaded("reader", "seed", email, "--off")
    told = entries(tmp_path)[before:]
    assert [each[1:] for each in told] == [
        ("mark a seed reader", "reader 1", "like all others", "seed reader"),
        ("unmark a seed reader", "reader 1", "seed reader", "like all others"),
    ]


def last_issue(folder: Path) -> str:
    with closing(sqlite3.connect(folder / "subscribers.db")) as db:
        return db.execute("SELECT name FROM issue ORDER BY id DESC LIMIT 1").fetchone()[0]


def test_a_user_without_a_name_is_somebody(
    loaded: Shell, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def nobody() -> str:
        raise KeyError("getpwuid(): uid not found: 12345")

    monkeypatch.setattr(getpass, "getuser", nobody)
    loaded("skip", "--week", FAR)
    with closing(sqlite3.connect(tmp_path / "subscribers.db")) as db:
        assert db.execute('SELECT "by" FROM audit ORDER BY id DESC').fetchone() == (
            "somebody at the terminal",
        )
