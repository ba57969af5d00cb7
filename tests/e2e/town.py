"""A small installation with a clock that stands still until told, and a real mail server beside it."""

from __future__ import annotations

import asyncio
import csv
import io
import ssl
import tempfile
import threading
from collections.abc import Generator, Iterable
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email import message_from_bytes, policy
from email.message import EmailMessage
from functools import cache
from pathlib import Path

from briefings.config import Settings
from briefings.model.reader import NewReader
from briefings.pipeline.approve import approve
from briefings.pipeline.catalogue import load_folder
from briefings.pipeline.importing import ImportKind, ImportReport, import_file
from briefings.pipeline.instance import init
from briefings.pipeline.prepare import load_catalogue, prepare
from briefings.pipeline.send import Done, send_due
from briefings.store import deliveries, issues, readers
from briefings.testing.script import Script
from briefings.testing.smtp_server import ScriptedServer
from briefings.weeks import Week
from briefings.wiring import App, build

ROOT = Path(__file__).resolve().parents[2]
WEEK = Week.parse("2026-W34")
AFTER_CUT_OFF = datetime(2026, 8, 24, 20, 0, tzinfo=UTC)
SECRET = "s" * 40

HEADER = "tool,version,released_on,kind,headline,summary,source_url,tags"
NEWS = (
    ("Terraform", "1.15.9", "2026-08-19", "security", "Terraform 1.15.9 closes a hole", "iac"),
    ("MLflow", "3.11", "2026-08-18", "release", "MLflow 3.11 is out", "tracking"),
    ("KServe", "0.20", "2026-08-20", "breaking", "KServe 0.20 drops an old API", "serving"),
    ("Grafana", "13.2", "2026-08-18", "release", "Grafana 13.2 is here", "observability"),
)


@dataclass
class Clock:
    """Says what it was told; monotonic seconds move with it."""

    now: datetime = AFTER_CUT_OFF

    def __call__(self) -> datetime:
        return self.now

    def forward(self, **by: float) -> None:
        self.now += timedelta(**by)


@dataclass
class Town:
    """An installation in a folder, with shortcuts for what tests do over and over."""

    app: App
    folder: Path
    clock: Clock
    settings: Settings
    notes: list[str] = field(default_factory=list)

    def news(
        self, rows: Iterable[tuple[str, ...]] = NEWS, *, name: str = "news.csv"
    ) -> ImportReport:
        path = self.folder / name
        path.write_text(tool_csv(rows), encoding="utf-8")
        return self.imported("tool-changes", path)

    def imported(self, kind: str, path: Path, **more: object) -> ImportReport:
        with self.app.db.read() as tx:
            catalogue = load_catalogue(tx)
        given: dict[str, object] = {
            "now": self.clock(),
            "week": WEEK,
            "encoding": "utf-8",
            "as_draft": False,
            "dry_run": False,
            "consent_source": None,
            "progress": lambda _done, _all: None,
            "sleep": lambda _seconds: None,
            **more,
        }
        return import_file(self.app.db, catalogue, ImportKind(kind), path, **given)  # pyright: ignore[reportArgumentType]

    def readers(self, *people: tuple[str, str], **more: object) -> None:
        """Add confirmed readers as (address, "spec;spec")."""
        rows = [
            NewReader(
                email=email,
                name=email.partition("@")[0].title(),
                specializations=tuple(slugs.split(";")),
                timezone=str(more.get("timezone", "UTC")),
                plan_started_on=more.get("plan_started_on"),  # pyright: ignore[reportArgumentType]
                line=number,
            )
            for number, (email, slugs) in enumerate(people, 1)
        ]
        before = self.clock() - timedelta(days=30)
        with self.app.db.write() as tx:
            readers.add(
                tx, rows, confirmed_at=before, consent_source="test", import_id=None, now=before
            )

    def approved(self, week: Week = WEEK) -> None:
        prepare(self.app.chain, week)
        approve(self.app.chain, week, by="tester")

    def send(self, week: Week | None = WEEK, *, now: bool = True) -> Done:
        return send_due(self.app.chain, self.settings, week, ignore_hours=now)

    def states(self, name: str = "2026-W34-regular") -> dict[str, int]:
        with self.app.db.read() as tx:
            counted = deliveries.states(tx, issues.by_name(tx, name).id)
        return {state.value: number for state, number in counted.items() if number}

    def state_of(self, email: str) -> tuple[str, str | None]:
        with self.app.db.read() as tx:
            reader = readers.by_email(tx, email)
            assert reader is not None
            row = deliveries.of_reader(tx, reader.id, 1)[0]
        return row.state.value, row.reason

    def outbox(self) -> list[EmailMessage]:
        folder = self.folder / "outbox" / "new"
        files = sorted(folder.iterdir()) if folder.is_dir() else []
        return [parsed(file.read_bytes()) for file in files]

    def with_settings(self, **changes: object) -> Town:
        """The same installation under other settings, as after a restart."""
        settings = Settings.load({}, **{**self.settings.model_dump(), **changes})
        return Town(
            app=build(settings, clock=self.clock, sleep=lambda _s: None),
            folder=self.folder,
            clock=self.clock,
            settings=settings,
        )


def parsed(raw: bytes) -> EmailMessage:
    message = message_from_bytes(raw, policy=policy.default)
    assert isinstance(message, EmailMessage)
    assert not [d for part in message.walk() for d in part.defects]
    return message


def body(message: EmailMessage, kind: str = "plain") -> str:
    part = message.get_body((kind,))
    assert part is not None
    return part.get_content()


def tool_csv(rows: Iterable[tuple[str, ...]]) -> str:
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(HEADER.split(","))
    for tool, version, day, kind, headline, tags in rows:
        url = f"https://example.org/{tool.replace(' ', '-')}/{version}"
        writer.writerow((tool, version, day, kind, headline, f"About {headline}.", url, tags))
    return out.getvalue()


def found(folder: Path, *, mail_url: str | None = None, **changes: object) -> Town:
    """Set an installation up in a folder: migrated, tied to it, with the shipped catalogue."""
    clock = Clock()
    settings = Settings.load(
        {},
        database_url=f"sqlite:///{folder}/subscribers.db",
        mail_url=mail_url or f"maildir://{folder}/outbox",
        base_url="https://briefings.example",
        sender="Briefings <news@briefings.example>",
        reply_to="desk@briefings.example",
        postal_address="1 Test Street",
        secret_key=SECRET,
        **changes,
    )
    (folder / "subscribers.db").write_bytes(stocked())
    app = build(settings, clock=clock, sleep=lambda _seconds: None)
    init(app.chain)
    return Town(app=app, folder=folder, clock=clock, settings=settings)


@cache
def stocked() -> bytes:
    """A migrated SQLite file with the shipped catalogue, made once per process, tied to no place."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "subscribers.db"
        app = build(Settings.load({}, database_url=f"sqlite:///{file}"), clock=Clock())
        load_folder(app.chain, ROOT / "catalogue")
        app.db.dispose()
        return file.read_bytes()


@contextmanager
def mail_server(
    script: Script | None = None,
    *,
    ledger: Path | None = None,
    tls: ssl.SSLContext | None = None,
) -> Generator[ScriptedServer]:
    """Run the scripted server in a thread of its own, for code that runs its own event loop."""
    server = ScriptedServer(script, ledger=ledger, tls=tls)
    up, down = threading.Event(), []

    def run() -> None:
        async def serve() -> None:
            ended = asyncio.Event()
            down.append((asyncio.get_running_loop(), ended))
            async with server:
                up.set()
                await ended.wait()

        asyncio.run(serve())

    thread = threading.Thread(target=run)
    thread.start()
    assert up.wait(10)
    try:
        yield server
    finally:
        loop, ended = down[0]
        loop.call_soon_threadsafe(ended.set)
        thread.join(10)
