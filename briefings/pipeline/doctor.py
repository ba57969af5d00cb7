"""Look at an installation and name what is wrong with its remedy; it repairs nothing."""

from __future__ import annotations

import os
import socket
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from briefings.config import Settings
from briefings.deliver.message import Postmark
from briefings.deliver.relay import Relay
from briefings.errors import BriefingsError, Misconfigured
from briefings.intake.catalogue import check_catalogue
from briefings.links import Signer
from briefings.pipeline.instance import unconfirmed
from briefings.pipeline.status import issue_status
from briefings.render import Renderer, Site
from briefings.store import catalogue, issues
from briefings.store.database import Database

RELAY_PATIENCE = 5.0
SMALLEST_SPACE = 100 * 1024 * 1024
"""Free bytes below which a database or a send log may not grow through a week."""


class Verdict(StrEnum):
    """What a check came to."""

    GOOD = "ok"
    NOTE = "note"
    BAD = "BAD"


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """One thing that was looked at. `misconfigured`: a person must change a setting or a file."""

    name: str
    verdict: Verdict
    finding: str
    remedy: str = ""
    misconfigured: bool = False


def examine(settings: Settings, *, templates: Path, catalogue_folder: Path | None) -> list[Check]:
    """Run every check; one that fails never stops the others."""
    return [
        *_settings(settings),
        _folder("state folder", settings.folder),
        *_database(settings),
        _templates(templates),
        *([] if catalogue_folder is None else [_catalogue(catalogue_folder)]),
        _way_out(settings),
    ]


def _check(name: str, look: Callable[[], str], remedy: str) -> Check:
    try:
        return Check(name=name, verdict=Verdict.GOOD, finding=look())
    except BriefingsError as wrong:
        return Check(
            name=name,
            verdict=Verdict.BAD,
            finding=str(wrong),
            remedy=remedy,
            misconfigured=isinstance(wrong, Misconfigured),
        )


def _settings(settings: Settings) -> list[Check]:
    site = "the address of your site, https://..."
    needed = (
        ("base_url", site),
        ("sender", "Name <address@your.domain>"),
        ("postal_address", "the sender's postal address"),
    )
    checks = [
        _check(
            f"setting {name.upper()}",
            lambda name=name, example=example: settings.need(name, example),
            "Set it in the environment of the service.",
        )
        for name, example in needed
    ]

    def secret() -> str:
        Signer.from_setting(settings.secrets)
        return "set"

    def sender() -> str:
        value = settings.need("sender", "Name <address@your.domain>")
        mark = Postmark(sender=value, reply_to=settings.reply_to or "", base_url="")
        return f"mails come from {mark.sender_address}"

    checks.append(
        _check(
            "setting SECRET_KEY",
            secret,
            "Make one: python3 -c 'import secrets; "
            "print(secrets.token_hex(32))', and keep it: links in mails depend on it.",
        )
    )
    checks.append(_check("sender's address", sender, "Write it as Name <address@your.domain>."))
    if settings.reply_to is None:
        checks.append(
            Check(
                name="setting REPLY_TO",
                verdict=Verdict.NOTE,
                finding="not set: answers go to the sender's address",
                remedy="Set it to a mailbox that a person reads.",
            )
        )
    return checks


def _folder(name: str, folder: Path) -> Check:
    probe = folder / f".doctor-{os.getpid()}"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        probe.write_bytes(b"")
        probe.unlink()
        space = os.statvfs(folder)
    except OSError as trouble:
        return Check(
            name=name,
            verdict=Verdict.BAD,
            finding=f"{folder} cannot be written: {trouble.strerror}",
            remedy="Give this user the folder, or name another one in the settings.",
            misconfigured=True,
        )
    free = space.f_bavail * space.f_frsize
    if free < SMALLEST_SPACE:
        return Check(
            name=name,
            verdict=Verdict.BAD,
            finding=f"{folder} has {free // 1024**2} MB left",
            remedy="Make room: a full disk stops sending.",
        )
    return Check(name=name, verdict=Verdict.GOOD, finding=f"{folder} can be written")


def _database(settings: Settings) -> list[Check]:
    try:
        db = Database.open(settings.database_url)
        current, head = db.version()
    except BriefingsError as wrong:
        return [
            Check(
                name="database",
                verdict=Verdict.BAD,
                finding=str(wrong),
                remedy="Check BRIEFINGS_DATABASE_URL and who may write there.",
                misconfigured=isinstance(wrong, Misconfigured),
            )
        ]
    try:
        if current is None:
            return [
                Check(
                    name="database",
                    verdict=Verdict.BAD,
                    finding="it is empty",
                    remedy="Run `briefings init`.",
                )
            ]
        if current != head:
            return [
                Check(
                    name="database",
                    verdict=Verdict.BAD,
                    finding=f"its schema is {current}, this program's is {head}",
                    remedy="Any other command brings it up to date: `briefings status`.",
                )
            ]
        return [
            Check(name="database", verdict=Verdict.GOOD, finding=f"schema {current}"),
            *_contents(settings, db),
        ]
    finally:
        db.dispose()


def _contents(settings: Settings, db: Database) -> list[Check]:
    checks: list[Check] = []
    why = unconfirmed(db, settings.folder)
    with db.read() as tx:
        empty = catalogue.is_empty(tx)
        sums = [issue_status(tx, issue) for issue in issues.find(tx)]
    if why is not None:
        checks.append(
            Check(
                name="confirmation",
                verdict=Verdict.BAD,
                finding=why,
                remedy="New installation: `briefings init`. After a restore, when this is the "
                "database that shall send: `briefings restore confirm` (P10).",
            )
        )
    else:
        checks.append(
            Check(name="confirmation", verdict=Verdict.GOOD, finding="this database may send")
        )
    if empty:
        checks.append(
            Check(
                name="stored catalogue",
                verdict=Verdict.BAD,
                finding="there is none",
                remedy="Run `briefings catalogue load catalogue`.",
            )
        )
    checks.extend(
        Check(
            name=f"issue {one.issue.name}",
            verdict=Verdict.BAD,
            finding=f"its states do not add up to {one.issue.audience}",
            remedy="Pause it and report this: rows were changed from outside.",
        )
        for one in sums
        if one.issue.audience and not one.adds_up
    )
    return checks


def _templates(folder: Path) -> Check:
    def look() -> str:
        Renderer(folder, Site(base_url="https://example.org", postal_address="-"))
        return f"{folder} are in order"

    return _check("mail templates", look, "Mend the template at the line that is named.")


def _catalogue(folder: Path) -> Check:
    problems = check_catalogue(folder)
    if problems:
        return Check(
            name="catalogue files",
            verdict=Verdict.BAD,
            finding=f"{len(problems)} to mend, first: {problems[0]}",
            remedy=f"Run `briefings catalogue check {folder}` for all of them.",
            misconfigured=True,
        )
    return Check(name="catalogue files", verdict=Verdict.GOOD, finding=f"{folder} is in order")


def _way_out(settings: Settings) -> Check:
    scheme, _, rest = settings.mail_url.partition("://")
    if scheme == "maildir":
        return _folder("outbox", Path(rest))
    try:
        relay = Relay.parse(settings.mail_url)
    except Misconfigured as wrong:
        return Check(
            name="mail server",
            verdict=Verdict.BAD,
            finding=str(wrong),
            remedy="Mend BRIEFINGS_MAIL_URL.",
            misconfigured=True,
        )
    try:
        with socket.create_connection((relay.host, relay.port), timeout=RELAY_PATIENCE):
            pass
    except OSError as trouble:
        return Check(
            name="mail server",
            verdict=Verdict.BAD,
            finding=f"{relay} does not answer: {trouble.strerror or trouble}",
            remedy="Check host and port in BRIEFINGS_MAIL_URL, and that the server runs.",
        )
    return Check(name="mail server", verdict=Verdict.GOOD, finding=f"{relay} answers")
