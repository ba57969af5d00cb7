"""A small installation with real mails in its outbox, made once and copied for every test."""

from __future__ import annotations

import re
import shutil
import sqlite3
from contextlib import closing, contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from email import policy
from email.parser import BytesParser
from pathlib import Path
from typing import TYPE_CHECKING

import httpx
import pytest

from briefings.config import Settings
from briefings.pipeline.approve import approve
from briefings.pipeline.catalogue import load_folder
from briefings.pipeline.importing import ImportKind, import_file
from briefings.pipeline.instance import init
from briefings.pipeline.items import queue_items
from briefings.pipeline.mailboxes import Mailboxes
from briefings.pipeline.prepare import load_catalogue, prepare
from briefings.pipeline.send import send_due
from briefings.store.database import Database
from briefings.web.app import create_app
from briefings.weeks import Week
from briefings.wiring import App, build

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from starlette.types import ASGIApp

WEEK = Week.parse("2026-W34")
BASE = "https://briefings.example"
START = datetime(2026, 8, 24, 12, 0, tzinfo=UTC)
PROJECT = Path(__file__).parents[2]
SUBSCRIBERS = """\
email,name,specializations,timezone,plan_started_on
ada@example.org,Ada Lind,mlops-engineer,Europe/Berlin,2026-07-27
bo@example.org,Bo <b>Bold</b>,mlops-engineer;data-scientist,America/New_York,
cem@example.org,Cem,mlops-engineer;mlops-ai-infrastructure;devops-engineer;cloud-architect,,
"""


@dataclass
class Clock:
    """A clock that stands still until it is told to go on."""

    now: datetime = START

    def __call__(self) -> datetime:
        return self.now

    def go(self, **by: int) -> None:
        self.now += timedelta(**by)


def settings_in(folder: Path, **more: object) -> Settings:
    values: dict[str, object] = {
        "database_url": f"sqlite:///{folder / 'subscribers.db'}",
        "mail_url": f"maildir:///{folder / 'outbox'}".replace("////", "///"),
        "base_url": BASE,
        "sender": "Briefings <briefings@briefings.example>",
        "postal_address": "Test installation <&>",
        "secret_key": "0123456789abcdef0123456789abcdef",
        **more,
    }
    return Settings.load({}, **values)


@pytest.fixture(scope="session")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("made")
    (folder / "readers.csv").write_text(SUBSCRIBERS, encoding="utf-8")
    opened = build(settings_in(folder), clock=Clock())
    chain = opened.chain
    init(chain)
    Mailboxes.of(opened.db, opened.settings.secrets)  # as every start of a site does
    load_folder(chain, PROJECT / "catalogue")
    with opened.db.read() as tx:
        catalogue = load_catalogue(tx)
    for kind, file, consent in (
        (ImportKind.TOOL_CHANGES, PROJECT / "examples" / "tool_changes.csv", None),
        (ImportKind.SALARY, PROJECT / "examples" / "salary_stats.csv", None),
        (ImportKind.SUBSCRIBERS, folder / "readers.csv", "made up for a test"),
    ):
        import_file(
            opened.db,
            catalogue,
            kind,
            file,
            now=chain.clock() - timedelta(days=1),
            week=WEEK,
            encoding="utf-8",
            as_draft=False,
            dry_run=False,
            consent_source=consent,
            progress=lambda _done, _all: None,
            sleep=lambda _seconds: None,
        )
    queue_items(chain, [], week=str(WEEK), every=True)
    prepare(chain, WEEK)
    approve(chain, WEEK, by="test")
    send_due(chain, opened.settings, WEEK, ignore_hours=True)
    opened.db.dispose()
    return folder


@dataclass
class Installation:
    """A copy of it, with a client that talks to its pages."""

    folder: Path
    clock: Clock
    app: App
    web: ASGIApp
    mails: dict[str, str] = field(default_factory=dict)
    """The HTML of each reader's mail by address."""

    def client(self, **more: object) -> httpx.AsyncClient:
        transport = httpx.ASGITransport(app=self.web, raise_app_exceptions=False)
        return httpx.AsyncClient(transport=transport, base_url=BASE, **more)

    def links(self, email: str) -> dict[str, str]:
        """The path of each personal page of one mail, by the page's name."""
        found = re.findall(rf"{BASE}(/(\w+)/[\w-]{{44}})", self.mails[email])
        return {name: path for path, name in found}

    def dump(self) -> list[str]:
        """Everything in the database, as text."""
        with closing(sqlite3.connect(self.folder / "subscribers.db")) as connection:
            return list(connection.iterdump())

    def row(self, sql: str, *values: object) -> tuple[object, ...]:
        with closing(sqlite3.connect(self.folder / "subscribers.db")) as connection:
            return connection.execute(sql, values).fetchone()

    def standing(self, email: str) -> tuple[list[str], bool]:
        """What a reader is subscribed to, and whether they left."""
        slugs, left_at = self.row(
            "SELECT specializations, left_at FROM reader WHERE email = ?", email
        )
        return str(slugs).split(";"), left_at is not None

    @contextmanager
    def taken_back(self) -> Iterator[Callable[[], None]]:
        """What is handed over puts the database back to how it is now: cheaper than a fresh copy."""
        with (
            closing(sqlite3.connect(":memory:")) as kept,
            closing(sqlite3.connect(self.folder / "subscribers.db")) as live,
        ):
            live.backup(kept)
            yield lambda: kept.backup(live)

    @contextmanager
    def locked(self) -> Iterator[sqlite3.Connection]:
        """Hold the write lock, as a process does that is in the middle of something."""
        with closing(sqlite3.connect(self.folder / "subscribers.db")) as connection:
            connection.isolation_level = None
            connection.execute("BEGIN IMMEDIATE")
            yield connection

    def left_log(self) -> list[list[str]]:
        file = self.folder / "left.log"
        return [line.split() for line in file.read_text().splitlines()] if file.exists() else []


@pytest.fixture
def installed(made: Path, tmp_path: Path) -> Iterator[Installation]:
    yield from copied(made, tmp_path / "site")


@pytest.fixture
def patient(made: Path, tmp_path: Path) -> Iterator[Installation]:
    """The same, but it waits for a locked database as long as a real one does."""
    yield from copied(made, tmp_path / "patient", busy_timeout=5.0)


def copied(
    made: Path, folder: Path, *, busy_timeout: float = 0.2, demo: bool = True, **more: object
) -> Iterator[Installation]:
    shutil.copytree(made, folder)
    clock = Clock()
    opened = build(settings_in(folder, **more), clock=clock)
    opened.db.dispose()
    quick = Database.open(opened.settings.database_url, busy_timeout=busy_timeout)
    opened = replace(opened, chain=replace(opened.chain, db=quick), resolve=no_names)
    installation = Installation(
        folder=folder, clock=clock, app=opened, web=create_app(opened, demo=demo)
    )
    for file in sorted((folder / "outbox" / "new").iterdir()):
        message = BytesParser(policy=policy.default).parsebytes(file.read_bytes())
        body = message.get_body(("html",))
        assert body is not None
        address = message["to"].addresses[0].addr_spec
        installation.mails[address] = body.get_content()
    yield installation
    opened.db.dispose()


async def no_names(host: str, _port: int) -> list[str]:
    """Resolve addresses only: no test asks the network for a name."""
    if not host.replace(".", "").isdigit():
        raise OSError("no such name")
    return [host]


def with_exposure(installation: Installation) -> None:
    """Bring in the exposure figures, as an editor does; their news stays a draft."""
    with installation.app.db.read() as tx:
        catalogue = load_catalogue(tx)
    import_file(
        installation.app.db,
        catalogue,
        ImportKind.ROLE_UPDATES,
        PROJECT / "examples" / "role_exposure.csv",
        now=installation.clock(),
        week=WEEK,
        encoding="utf-8",
        as_draft=True,
        dry_run=False,
        consent_source=None,
        progress=lambda _done, _all: None,
        sleep=lambda _seconds: None,
    )
