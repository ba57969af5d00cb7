"""Every command that changes something leaves one entry in the audit log, or says here why not."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Callable, Mapping, Sequence
from contextlib import closing
from hashlib import sha256
from pathlib import Path

import pytest
import typer

from briefings.cli.app import app
from tests.e2e.test_commands import PEOPLE, WEEK, Shell, shell
from tests.e2e.test_commands_on_record import FAR, ISSUE, last_issue
from tests.e2e.town import NEWS, tool_csv

__all__ = ["shell"]
SLUG = "mlops-engineer"
ADDRESSES = ("ana@example.org", "bo@example.org", "cy@example.org", "stranger@example.org")
Sample = Callable[[Path], Sequence[str]]

UNRECORDED: Mapping[str, str] = {
    "init": "it makes the database that the log is kept in",
    "demo": "its readers are made up, and it refuses a mail server",
    "bench send": "it works in an installation of its own, which it deletes",
    "backup": "it copies the database and changes nothing in it",
    "send": "it does what the schedule does: the issue, its run and its mails are the record",
    "serve": "it stays; its pages and commands given meanwhile leave their entries",
    "web": "as `serve`",
    "scheduler": "it does what is due by the rules, which is in runs, issues and alerts",
    "worker": "it delivers; each mail's row is the record",
}
"""Commands that change something and leave no entry, each with its reason. Keep it short."""


def of(*words: str) -> Sample:
    return lambda _folder: words


def change(folder: Path, *statements: str) -> None:
    with closing(sqlite3.connect(folder / "subscribers.db")) as db, db:
        for sql in statements:
            db.execute(sql)


def value(folder: Path, sql: str) -> str:
    with closing(sqlite3.connect(folder / "subscribers.db")) as db:
        return str(db.execute(sql).fetchone()[0])


def unsure(*words: str) -> Sample:
    def prepared(folder: Path) -> Sequence[str]:
        change(
            folder, "UPDATE delivery SET state = 'unsure' WHERE state IN ('accepted', 'pending')"
        )
        return words

    return prepared


def restored(folder: Path) -> Sequence[str]:
    """As if the file came from another machine."""
    (folder / "instance").write_text("0" * 32 + "\n")
    return ("confirm",)


def correction(folder: Path) -> Sequence[str]:
    number = value(folder, "SELECT MAX(item_id) FROM received")
    return ("--item", number, "--note", "It was wrong.", "--headline", "Right")


ACTS: Mapping[str, Sample] = {
    "catalogue load": of("catalogue"),
    "import tool-changes": of("news.csv", "--as-draft"),
    "import salary": of("examples/salary_stats.csv"),
    "import role-updates": of("examples/role_exposure.csv"),
    "import subscribers": of("people.csv", "--consent-source", "test"),
    "users add": of("ada@desk.example", "--role", "viewer"),
    "users link": of("ada@desk.example"),
    "users remove": of("ada@desk.example"),
    "feeds check": of("terraform"),
    "feeds interval": of("terraform", "12"),
    "schedule": of("--set", "SEND_AT=MON 09:00", "--set", "THIN_MINIMUM=2"),
    "skip": of("--week", FAR),
    "move": of("--week", "2090-W20", "--to", "2090-05-23"),
    "items queue": of("--all", "--week", WEEK),
    "assemble": of("--week", WEEK),
    "links check": of("--week", WEEK, "--specialization", SLUG),
    "reader seed": of("ana@example.org"),
    "approve": of("--week", WEEK, "--seed-first", "1"),
    # here `send` opens the issue
    "release": of("--issue", ISSUE),
    "pause": of("--issue", ISSUE),
    "resume": of("--issue", ISSUE),
    "unsure resend": unsure("--issue", ISSUE),
    "unsure accept": unsure("--issue", ISSUE),
    "correct": correction,
    "cancel": lambda folder: ("--issue", last_issue(folder)),
    "items withdraw": of("1"),
    "archive on": of("--specialization", SLUG),
    "archive off": of("--specialization", SLUG, "--week", WEEK),
    "stop": of(),
    "go": of(),
    "restore": restored,
    "reader tier": of("ana@example.org", "free", "--key", "event-1"),
    "reader erase": of("ana@example.org", "--yes"),
    "reader suppress": of("bo@example.org"),
}
"""A sample of every command that leaves an entry, in the order of a week's work."""

LOOKS: Mapping[str, Sequence[str]] = {
    "doctor": (),
    "catalogue check": ("catalogue",),
    "items list": (),
    "feeds list": (),
    "users list": (),
    "preview": ("--week", WEEK, "--specialization", SLUG, "--out", "out"),
    "preflight": ("--week", WEEK),
    "simulate": ("--week", WEEK, "--json"),
    "calendar": (),
    "status": (),
    "archive list": (),
    "numbers": ("--issue", ISSUE),
    "unsure list": ("--issue", ISSUE),
    "reader show": ("bo@example.org",),
    "reader seeds": (),
    "reader export": ("bo@example.org",),
}
"""Commands that change no row, with arguments to try that."""


def commands() -> set[str]:
    """Every command of the program by its words."""
    found: set[str] = set()

    def walk(command: object, words: tuple[str, ...]) -> None:
        below = getattr(command, "commands", None)
        if below is None:
            found.add(" ".join(words))
        for name, each in (below or {}).items():
            walk(each, (*words, name))

    walk(typer.main.get_command(app), ())
    return found


def entries(folder: Path) -> list[tuple[str, ...]]:
    with closing(sqlite3.connect(folder / "subscribers.db")) as db:
        return db.execute("SELECT route, subject, before, after FROM audit ORDER BY id").fetchall()


def rows(folder: Path) -> str:
    with closing(sqlite3.connect(folder / "subscribers.db")) as db:
        return sha256("\n".join(db.iterdump()).encode()).hexdigest()


def test_every_command_leaves_an_entry_or_only_looks_or_says_why_not() -> None:
    known = [*ACTS, *LOOKS, *UNRECORDED]
    assert sorted(known) == sorted(commands()), "give the new command a line above"


@pytest.fixture
def deaf(shell: Shell, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Shell:
    """An installation whose machine resolves no name: feeds and links are asked in vain."""

    async def nothing(host: str, _port: int) -> Sequence[str]:
        raise OSError(f"{host}: no such name")

    monkeypatch.setattr("briefings.feeds.fetch.resolve", nothing)
    (tmp_path / "news.csv").write_text(tool_csv(NEWS))
    (tmp_path / "people.csv").write_text(PEOPLE)
    assert shell("init").code == 0
    return shell


def test_every_act_of_the_command_line_leaves_exactly_one_entry(
    deaf: Shell, tmp_path: Path
) -> None:
    for command, sample in ACTS.items():
        if command == "release":
            assert deaf("send", "--week", WEEK, "--now").code in (0, 1)
        arguments = sample(tmp_path)
        before = entries(tmp_path)
        done = deaf(*command.split(), *arguments)
        new = entries(tmp_path)[len(before) :]
        assert len(new) == 1, (command, done, new)
        route, subject, was, becomes = new[0]
        words = " ".join((*command.split(), *arguments))
        assert route.removeprefix("briefings ") == (
            "restore confirm" if command == "restore" else command
        )
        assert subject, words
        assert was != becomes, words
        if command == "reader seed":
            for look, given in LOOKS.items():
                if look not in ("numbers", "unsure list"):
                    looked(deaf, tmp_path, look, given)
        if command == "cancel":
            looked(deaf, tmp_path, "numbers", LOOKS["numbers"])
            looked(deaf, tmp_path, "unsure list", LOOKS["unsure list"])
    assert not re.search("|".join(ADDRESSES), str(entries(tmp_path)))


def looked(run: Shell, folder: Path, command: str, arguments: Sequence[str]) -> None:
    before = rows(folder)
    done = run(*command.split(), *arguments)
    assert "Traceback" not in done.err
    assert done.out or done.code == 0, (command, done)
    assert rows(folder) == before, f"{command} changed something: give it a line in ACTS"


def test_what_is_done_to_readers_and_rules_says_what_was_and_what_is(
    deaf: Shell, tmp_path: Path
) -> None:
    (tmp_path / "people.csv").write_text(f"{PEOPLE}cy@example.org,Cy,{SLUG},,\n")
    deaf("catalogue", "load", "catalogue")
    deaf("import", "subscribers", "people.csv", "--consent-source", "test")
    number = {
        email: value(tmp_path, f"SELECT id FROM reader WHERE email = '{email}'")
        for email in ADDRESSES[:3]
    }
    start = len(entries(tmp_path))
    deaf("catalogue", "load", "catalogue")
    deaf("import", "subscribers", "people.csv", "--consent-source", "test")
    deaf("schedule", "--set", "SEND_AT=MON 09:00")
    deaf("schedule", "--set", "SEND_AT=MON 09:00")
    assert deaf("schedule", "--set", "TIMEZONE=Europe/Rome", "--set", "SEND_AT=never").code == 2
    deaf("schedule", "--set", "SEND_AT=", "--set", "LATE_HOURS=24")
    deaf("feeds", "list")
    deaf("feeds", "interval", "terraform", "12")
    deaf("feeds", "interval", "terraform", "12")
    for shown in ("on", "on", "off"):
        deaf("archive", shown, "--specialization", SLUG)
    deaf("archive", "on", "--specialization", SLUG, "--week", WEEK)
    deaf("reader", "tier", "ana@example.org", "free")
    for _ in range(2):
        deaf("reader", "tier", "ana@example.org", "free", "--key", "event-7")
    deaf("reader", "suppress", "bo@example.org")
    deaf("reader", "suppress", "bo@example.org")
    deaf("reader", "suppress", "stranger@example.org")
    deaf("reader", "erase", "cy@example.org", "--yes")
    assert deaf("reader", "erase", "cy@example.org", "--yes").code == 1
    ana, bo, cy = number.values()
    assert entries(tmp_path)[start:] == [
        ("briefings schedule", "SEND_AT", "default", "MON 09:00"),
        ("briefings schedule", "SEND_AT, LATE_HOURS", "MON 09:00; default", "default; 24"),
        ("briefings feeds interval", "feed of terraform", "every 6 h", "every 12 h"),
        ("briefings archive on", f"archive of {SLUG}", "nothing said", "on"),
        ("briefings archive off", f"archive of {SLUG}", "on", "off"),
        ("briefings archive on", f"archive of {SLUG} {WEEK}", "nothing said", "on"),
        ("briefings reader tier", f"reader {ana}", "free", "free, under a new key"),
        ("briefings reader suppress", f"reader {bo}", "may be mailed", "suppressed"),
        (
            "briefings reader suppress",
            "an address without a reader",
            "may be mailed",
            "suppressed",
        ),
        ("briefings reader erase", f"reader {cy}", "kept", "everything deleted"),
    ]
    with closing(sqlite3.connect(tmp_path / "subscribers.db")) as db:
        kept = "\n".join(map(str, db.execute("SELECT * FROM audit").fetchall()))
    assert not re.search("|".join(ADDRESSES), kept)
