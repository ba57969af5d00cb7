"""Installations for tests about time: copied from one that was set up once, with clocks to turn."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import structlog

from briefings.config import Settings
from briefings.model.delivery import Issue
from briefings.model.frequency import Frequency
from briefings.model.reader import Preferences, Reader
from briefings.pipeline.prepare import prepare
from briefings.pipeline.simulate import Planned, simulate
from briefings.schedule.runs import tick
from briefings.store import deliveries, editions, issues, readers
from briefings.store.deliveries import DeliveryRow
from briefings.weeks import Week
from briefings.wiring import build
from tests.e2e.town import SECRET, Clock, Town, found, tool_csv

TOOLS = ("Terraform", "MLflow", "KServe", "Grafana")


@dataclass
class Almanac(Town):
    """A town whose weeks pass: ticks, news of any week, readers of any habit."""

    written: list[str] = field(default_factory=list[str])

    def write_news(
        self, week: Week, *headlines: str, tool: str = "Terraform", day: date | None = None
    ) -> None:
        """Queue one item for each headline, dated on the Tuesday of the week."""
        told = day or week.monday + timedelta(days=1)
        number = len(self.written)
        rows = [
            (tool, f"{number + n}.0", told.isoformat(), "release", headline, "iac")
            for n, headline in enumerate(headlines)
        ]
        self.written += headlines
        path = self.folder / f"news-{number}.csv"
        path.write_text(tool_csv(rows), encoding="utf-8")
        report = self.imported("tool-changes", path, week=week)
        assert report.added == len(headlines), report

    def reader(
        self,
        email: str,
        slugs: str = "mlops-engineer",
        *,
        timezone: str = "UTC",
        frequency: Frequency = Frequency.WEEKLY,
        **more: object,
    ) -> None:
        self.readers((email, slugs), timezone=timezone, **more)
        if frequency is not Frequency.WEEKLY:
            own = self.known(email)
            self.prefer(
                email,
                Preferences(specializations=own.preferences.specializations, frequency=frequency),
            )

    def known(self, email: str) -> Reader:
        with self.app.db.read() as tx:
            found_one = readers.by_email(tx, email)
        assert found_one is not None
        return found_one

    def prefer(self, email: str, chosen: Preferences, paused_until: date | None = None) -> None:
        own = self.known(email)
        with self.app.db.write() as tx:
            readers.set_preferences(tx, own.id, chosen, own.timezone, paused_until, self.clock())

    def again(self, **changes: object) -> Almanac:
        """The same place under other settings, as after a restart."""
        settings = Settings.load({}, **{**self.settings.model_dump(), **changes})
        app = build(settings, clock=self.clock, sleep=lambda _seconds: None)
        return Almanac(
            app=app,
            folder=self.folder,
            clock=self.clock,
            settings=settings,
            written=self.written,
        )

    def tick(self, *, times: int = 1) -> None:
        for _ in range(times):
            tick(self.app.chain, self.settings, "testhost")

    def at(self, moment: str) -> None:
        """Turn the clock to an instant, UTC unless it says so."""
        told = datetime.fromisoformat(moment)
        self.clock.now = told if told.tzinfo else told.replace(tzinfo=UTC)

    def drafts(self, week: Week) -> None:
        prepare(self.app.chain, week)

    def issues(self) -> list[Issue]:
        with self.app.db.read() as tx:
            return issues.find(tx)

    def rows(self, name: str) -> dict[str, DeliveryRow]:
        with self.app.db.read() as tx:
            issue = issues.by_name(tx, name)
            return {row.email: row for row in deliveries.rows(tx, issue.id, None)}

    def outcome(self, name: str) -> dict[str, str]:
        """What each reader got from an issue: the state, or the reason of a skip."""
        return {email: row.reason or row.state.value for email, row in self.rows(name).items()}

    def edition_states(self, week: Week) -> dict[str, str]:
        with self.app.db.read() as tx:
            return {slug: e.state.value for slug, e in editions.of_week(tx, str(week)).items()}

    def planned(self, week: Week) -> list[Planned]:
        return list(simulate(self.app.chain, week))

    def subjects(self) -> list[str]:
        return [str(mail["Subject"]) for mail in self.outbox()]

    def recipients(self) -> list[str]:
        return sorted(mail["To"].addresses[0].addr_spec for mail in self.outbox())

    def empty_outbox(self) -> None:
        shutil.rmtree(self.folder / "outbox", ignore_errors=True)


def settle(folder: Path) -> Path:
    """Set an installation up once, to be copied."""
    folder.mkdir(parents=True, exist_ok=True)
    made = found(folder)
    copy = folder / "copy.db"
    made.app.db.copy_to(copy)
    made.app.db.dispose()
    return folder


def almanac(base: Path, folder: Path, clock: Clock | None = None, **changes: object) -> Almanac:
    """Open a copy of a settled installation in a folder."""
    folder.mkdir(parents=True, exist_ok=True)
    if not (folder / "subscribers.db").exists():
        shutil.copy(base / "copy.db", folder / "subscribers.db")
        shutil.copy(base / "instance", folder / "instance")
    own = clock or Clock()
    settings = Settings.load({}, **{**values(folder), **changes})
    app = build(settings, clock=own, sleep=lambda _seconds: None)
    return Almanac(app=app, folder=folder, clock=own, settings=settings)


def values(folder: Path) -> dict[str, object]:
    return {
        "database_url": f"sqlite:///{folder}/subscribers.db",
        "mail_url": f"maildir://{folder}/outbox",
        "base_url": "https://briefings.example",
        "sender": "Briefings <news@briefings.example>",
        "reply_to": "desk@briefings.example",
        "postal_address": "1 Test Street",
        "secret_key": SECRET,
    }


def logged(entries: Sequence[structlog.typing.EventDict]) -> list[str]:
    """What was logged as warnings, as one text each."""
    return [" ".join(map(str, e.values())) for e in entries if e["log_level"] == "warning"]
