"""The command line as a person uses it: what is printed, where, and with which exit code."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable
from dataclasses import dataclass
from email import message_from_bytes, policy
from pathlib import Path

import pytest

from briefings.cli.app import run
from tests.e2e.town import NEWS, ROOT, SECRET, tool_csv

WEEK = "2026-W34"
PEOPLE = """email,name,specializations,timezone,plan_started_on
ana@example.org,Ana,mlops-engineer,Europe/Berlin,2026-07-27
bo@example.org,Bo,devops-engineer;data-scientist,,
"""


@dataclass
class Result:
    code: int
    out: str
    err: str


Shell = Callable[..., Result]


@pytest.fixture
def shell(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Shell:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "catalogue").symlink_to(ROOT / "catalogue")
    (tmp_path / "examples").symlink_to(ROOT / "examples")
    for name, value in {
        "BASE_URL": "https://briefings.example",
        "SENDER": "Briefings <news@briefings.example>",
        "POSTAL_ADDRESS": "1 Test Street",
        "SECRET_KEY": SECRET,
    }.items():
        monkeypatch.setenv(f"BRIEFINGS_{name}", value)

    def call(*arguments: str) -> Result:
        capsys.readouterr()
        code = run(list(arguments))
        printed = capsys.readouterr()
        return Result(code, printed.out, printed.err)

    return call


@pytest.fixture
def loaded(shell: Shell, tmp_path: Path) -> Shell:
    (tmp_path / "news.csv").write_text(tool_csv(NEWS))
    (tmp_path / "people.csv").write_text(PEOPLE)
    assert shell("init").code == 0
    assert shell("catalogue", "load", "catalogue").code == 0
    assert shell("import", "tool-changes", "news.csv").code == 0
    assert shell("import", "subscribers", "people.csv", "--consent-source", "test").code == 0
    return shell


def one_line(result: Result, code: int, *words: str) -> None:
    assert result.code == code, result
    assert result.err.count("\n") == 1, result.err
    assert "Traceback" not in result.err
    for word in words:
        assert word in result.err


def test_a_week_from_files_to_mails(loaded: Shell, tmp_path: Path) -> None:
    made = loaded("assemble", "--week", WEEK, "--why")
    assert made.code == 0
    assert "mlops-engineer: draft with 4 items" in made.out
    assert "security" in made.out
    approved = loaded("approve", "--week", WEEK)
    assert "approved for 2 readers" in approved.out
    planned = json.loads(loaded("simulate", "--week", WEEK, "--json").out)["deliveries"]
    sent = loaded("send", "--week", WEEK, "--now")
    assert sent.code == 0, sent
    mails = [
        message_from_bytes(path.read_bytes(), policy=policy.default)
        for path in (tmp_path / "outbox" / "new").iterdir()
    ]
    assert sorted(m["To"].addresses[0].addr_spec for m in mails) == [
        "ana@example.org",
        "bo@example.org",
    ]
    for row in planned:
        (mail,) = [m for m in mails if m["To"].addresses[0].addr_spec == row["email"]]
        part = mail.get_body(("plain",))  # pyright: ignore[reportAttributeAccessIssue]
        text = " ".join(part.get_content().split())
        assert row["items"]
        assert all(headline in text for headline in row["items"])
    status = json.loads(loaded("status", "--week", WEEK, "--json").out)
    assert status["week"] == WEEK
    (issue,) = status["issues"]
    assert issue["issue"] == "2026-W34-regular"
    assert issue["kind"] == "regular"
    assert issue["audience"] == 2
    assert issue["states"]["accepted"] == 2
    editions = {e["specialization"]: e for e in status["editions"]}
    assert editions["mlops-engineer"] == {
        "specialization": "mlops-engineer",
        "state": "published",
        "reason": None,
        "items": 4,
    }
    assert editions["web-developer"]["state"] == "skipped"
    assert editions["web-developer"]["reason"]


def test_simulate_before_anything_was_assembled_equals_what_send_makes(loaded: Shell) -> None:
    before = json.loads(loaded("simulate", "--week", WEEK, "--json").out)
    assert [row["skipped"] for row in before["deliveries"]] == [None, None]
    loaded("approve", "--week", WEEK)
    loaded("send", "--week", WEEK, "--now")
    after = json.loads(loaded("simulate", "--week", WEEK, "--json").out)
    assert after == before
    assert before["deliveries"][0]["due_at"] == "2026-08-24T06:00:00Z"
    shown = loaded("simulate", "--week", WEEK)
    assert "ana@example.org: 2026-08-24 06:00 UTC, 4 items" in shown.out


def test_preview_writes_three_files(loaded: Shell, tmp_path: Path) -> None:
    made = loaded("preview", "--week", WEEK, "--specialization", "mlops-engineer", "--out", "out")
    assert made.code == 0, made
    names = sorted(path.name for path in (tmp_path / "out").iterdir())
    assert names == [f"2026-W34-mlops-engineer.{end}" for end in ("eml", "html", "txt")]
    assert "Terraform 1.15.9 closes a hole" in (tmp_path / "out" / names[2]).read_text()
    assert "\x02" not in (tmp_path / "out" / names[1]).read_text()
    one_line(
        loaded("preview", "--week", WEEK, "--specialization", "web-developer", "--out", "out"),
        1,
        "web-developer",
    )


def test_importing_twice_adds_nothing(loaded: Shell) -> None:
    again = loaded("import", "tool-changes", "news.csv")
    assert again.code == 0
    assert "0 new" in again.out
    assert "4 known already" in again.out


def test_a_bad_file_changes_nothing_and_says_where(loaded: Shell, tmp_path: Path) -> None:
    rows = [*NEWS, ("Nonesuch", "1", "2026-13-40", "boom", "Bad", "x")]
    (tmp_path / "bad.csv").write_text(tool_csv(rows).replace("MLflow 3.11 is out", "MLflow X"))
    before = loaded("items", "list").out
    result = loaded("import", "tool-changes", "bad.csv")
    assert result.code == 1
    one_line(result, 1, "nothing was imported", "row 6", "bad.csv.errors.csv")
    assert (tmp_path / "bad.csv.errors.csv").exists()
    assert loaded("items", "list").out == before


def test_queue_and_withdraw(loaded: Shell, tmp_path: Path) -> None:
    (tmp_path / "more.csv").write_text(
        tool_csv([("DVC", "4.0", "2026-08-19", "release", "DVC 4 is out", "data")])
    )
    assert loaded("import", "tool-changes", "more.csv", "--as-draft").code == 0
    drafts = loaded("items", "list", "--state", "draft").out
    number = drafts.split()[0]
    assert "DVC 4 is out" in drafts
    assert f"{number}: queued for 2026-W34" in loaded("items", "queue", number).out
    loaded("approve", "--week", WEEK)
    gone = loaded("items", "withdraw", number)
    assert "approval of mlops-engineer for 2026-W34 is void" in gone.out
    status = json.loads(loaded("status", "--week", WEEK, "--json").out)
    states = {e["specialization"]: (e["state"], e["items"]) for e in status["editions"]}
    assert states["mlops-engineer"] == ("draft", 4)
    one_line(loaded("items", "queue", "4711"), 1, "4711")
    one_line(loaded("items", "withdraw", "4711"), 1, "4711")
    one_line(loaded("items", "queue"), 2, "--all")
    one_line(loaded("items", "withdraw"), 2, "items list")
    one_line(loaded("items", "list", "--state", "posted"), 2, "draft, queued, withdrawn")


def test_pause_resume_cancel_and_unsure(loaded: Shell) -> None:
    loaded("approve", "--week", WEEK)
    dry = loaded("send", "--week", WEEK, "--now", "--dry-run")
    assert "ana@example.org: now, 4 items" in dry.out
    loaded("send", "--week", WEEK, "--now")
    name = "2026-W34-regular"
    assert "paused" in loaded("pause", "--issue", name).out
    assert "open again" in loaded("resume", "--issue", name).out
    assert loaded("unsure", "list", "--issue", name).out == ""
    assert "0 mails" in loaded("unsure", "resend", "--issue", name).out
    assert "0 mails" in loaded("unsure", "accept", "--issue", name).out
    assert "0 mails have not left" in loaded("send", "--week", WEEK, "--dry-run").out
    assert "cancelled" in loaded("cancel", "--issue", name).out
    one_line(loaded("pause", "--issue", "2026-W01-regular"), 1, "2026-W01-regular")


def test_reader_show_answers_who_got_what(loaded: Shell) -> None:
    loaded("approve", "--week", WEEK)
    loaded("send", "--week", WEEK, "--now")
    shown = loaded("reader", "show", "ana@example.org").out
    assert "2026-W34-regular: accepted" in shown
    assert "consent: test" in shown
    one_line(loaded("reader", "show", "nobody@example.org"), 1, "nobody@example.org")


def test_backup_and_restore(loaded: Shell, tmp_path: Path) -> None:
    assert loaded("backup", "copy.db").code == 0
    with sqlite3.connect(tmp_path / "copy.db") as copy:
        assert copy.execute("SELECT count(*) FROM reader").fetchone() == (2,)
    one_line(loaded("backup", "copy.db"), 1, "copy.db")
    assert "restore confirm" in loaded("restore", "copy.db").out
    one_line(loaded("restore", "missing.db"), 1, "missing.db")
    loaded("approve", "--week", WEEK)
    one_line(loaded("send", "--week", WEEK, "--now"), 1, "restore confirm")
    assert loaded("restore", "confirm").code == 0
    assert loaded("send", "--week", WEEK, "--now").code == 0


def test_init_twice_is_once(shell: Shell) -> None:
    assert shell("init").code == 0
    assert "already" in shell("init").out


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (("assemble", "--week", "34"), 2, ("2026-W34",)),
        (("assemble",), 2, ("--week", "--help")),
        (("send", "--bogus"), 2, ("--bogus", "--help")),
        (("publish",), 2, ("publish", "--help")),
        (("items", "list", "--limit", "0"), 2, ("--limit", "--help")),
        (("assemble", "--week", WEEK, "--specialization", "nope"), 1, ("nope",)),
        (("send", "--dry-run"), 2, ("--week",)),
        (("import", "subscribers", "people.csv"), 2, ("--consent-source",)),
        (("import", "tool-changes", "missing.csv"), 2, ("missing.csv",)),
        (("catalogue", "check", "nowhere"), 2, ("nowhere",)),
        (("simulate", "--week", WEEK, "--now", "soon"), 2, ("soon",)),
        (("send", "--week", WEEK), 1, ("2026-W34",)),
    ],
)
def test_wrong_use_is_one_line(
    loaded: Shell, arguments: tuple[str, ...], code: int, words: tuple[str, ...]
) -> None:
    one_line(loaded(*arguments), code, *words)


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("SECRET_KEY", "short", ("SECRET_KEY", "32")),
        ("SENDNER", "x", ("SENDNER", "BRIEFINGS_SENDER")),
        ("LANES", "many", ("LANES",)),
        ("LANES", "900", ("LANES", "less than or equal to 256")),
        ("MAIL_URL", "ftp://x", ("MAIL_URL", "smtp://")),
        ("SEND_AT", "someday", ("SEND_AT", "MON 08:00")),
        ("TIMEZONE", "Europe/Berln", ("TIMEZONE", "Europe/Berlin")),
        ("BIND", "8025", ("BIND", "host:port")),
        ("BASE_URL", "briefings.example", ("BASE_URL", "https://")),
        ("DATABASE_URL", "mysql://x", ("DATABASE_URL", "sqlite:///")),
        ("SENDER", "nobody", ("SENDER", "briefings@example.org")),
        ("POSTAL_ADDRESS", "a\nb", ("POSTAL_ADDRESS", "line breaks")),
    ],
)
def test_a_wrong_setting_is_named_with_what_is_allowed(
    loaded: Shell,
    monkeypatch: pytest.MonkeyPatch,
    name: str,
    value: str,
    words: tuple[str, ...],
) -> None:
    loaded("approve", "--week", WEEK)
    monkeypatch.setenv(f"BRIEFINGS_{name}", value)
    one_line(loaded("send", "--week", WEEK, "--now"), 2, *words)


@pytest.mark.parametrize("name", ["BASE_URL", "SENDER", "POSTAL_ADDRESS", "SECRET_KEY"])
def test_a_missing_setting_is_asked_for_before_anything_happens(
    loaded: Shell, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, name: str
) -> None:
    loaded("approve", "--week", WEEK)
    monkeypatch.delenv(f"BRIEFINGS_{name}")
    one_line(loaded("send", "--week", WEEK, "--now"), 2, f"BRIEFINGS_{name}")
    assert json.loads(loaded("status", "--week", WEEK, "--json").out)["issues"] == []
    assert not list(tmp_path.glob("outbox/new/*"))


def test_a_secret_can_stand_in_a_file(
    loaded: Shell, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    loaded("approve", "--week", WEEK)
    monkeypatch.delenv("BRIEFINGS_SECRET_KEY")
    monkeypatch.setenv("BRIEFINGS_SECRET_KEY_FILE", str(tmp_path / "key"))
    one_line(loaded("send", "--week", WEEK, "--now"), 2, "SECRET_KEY_FILE")
    (tmp_path / "key").write_text("k" * 40)
    assert loaded("send", "--week", WEEK, "--now").code == 0


def test_an_empty_catalogue_says_what_to_do(shell: Shell) -> None:
    one_line(shell("assemble", "--week", WEEK), 1, "catalogue load")


def test_a_locked_database_is_one_line(
    loaded: Shell, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("briefings.wiring.BUSY_TIMEOUT", 0.05)
    holder = sqlite3.connect(tmp_path / "subscribers.db", isolation_level=None)
    holder.execute("BEGIN IMMEDIATE")
    try:
        one_line(loaded("assemble", "--week", WEEK), 1, "locked")
    finally:
        holder.close()


def test_an_outbox_that_is_a_file_is_one_line(loaded: Shell, tmp_path: Path) -> None:
    loaded("approve", "--week", WEEK)
    (tmp_path / "outbox").write_text("in the way")
    one_line(loaded("send", "--week", WEEK, "--now"), 2, "outbox")
    (tmp_path / "outbox").unlink()
    assert loaded("send", "--week", WEEK, "--now").code == 0


def test_the_demo_twice(shell: Shell, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in ("BASE_URL", "SENDER", "POSTAL_ADDRESS", "SECRET_KEY"):
        monkeypatch.delenv(f"BRIEFINGS_{name}")
    first = shell("demo", "--no-serve")
    assert first.code == 0, first
    names = sorted(path.name for path in (tmp_path / "outbox" / "new").iterdir())
    assert len(names) >= 10
    assert (tmp_path / "demo-secret.key").stat().st_mode & 0o777 == 0o600
    second = shell("demo", "--no-serve")
    assert second.code == 0
    assert "nothing was sent twice" in second.out
    assert sorted(path.name for path in (tmp_path / "outbox" / "new").iterdir()) == names
    monkeypatch.setenv("BRIEFINGS_MAIL_URL", "smtp://127.0.0.1:25")
    one_line(shell("demo", "--no-serve"), 2, "MAIL_URL")
