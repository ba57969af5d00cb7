"""The demo: from nothing to mails one can look at, in one command."""

from __future__ import annotations

import os
import secrets
import threading
from collections.abc import Generator, Iterable
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from briefings.cli.shared import plural, progress, week_of
from briefings.errors import Temporary, WrongSetting

if TYPE_CHECKING:
    from briefings.config import Settings
    from briefings.pipeline.simulate import Planned
    from briefings.weeks import Week
    from briefings.wiring import App

DEMO_WEEK = "2026-W34"
DEMO_SITE = "https://briefings.example"
KEY_FILE = "demo-secret.key"
GREET_SECONDS = 1.0
EDITOR = "editor@briefings.example"
CONSENT = "made-up readers of the demo, examples/subscribers.csv"


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(demo)


def demo(
    week: Annotated[str, typer.Option("--week", help="The ISO week to show.")] = DEMO_WEEK,
    no_serve: Annotated[bool, typer.Option("--no-serve", help="End after the mails.")] = False,
) -> None:
    """Load catalogue and examples, make the week's editions, put the mails into ./outbox.

    Then serve the site and a viewer of the outbox, until Ctrl-C. Running it again changes nothing
    and sends nothing twice.
    """
    from briefings.wiring import build

    chosen = week_of(week)
    settings = demo_settings()
    opened = build(settings)
    print(f"Briefings demo: week {chosen} ({chosen.label()}).")
    load(opened, chosen)
    deliver(opened, chosen)
    if no_serve:
        return
    from briefings.web.server import serve

    host, _, port = settings.bind.rpartition(":")
    print(f"Look at the mails on http://{host}:{port}/outbox - stop with Ctrl-C.")
    print(f"The desk, as {EDITOR}, a made-up editor (works once, for 10 minutes):")
    print(f"  {desk_link(opened, f'http://{host}:{port}')}", flush=True)
    with answering(opened):
        serve(opened, demo=True)


def desk_link(opened: App, site: str) -> str:
    """Let the demo's made-up editor sign in at the desk, with every role; gives the link."""
    from briefings.model.user import DeskRole
    from briefings.pipeline import people
    from briefings.pipeline.recorded import recorded
    from briefings.pipeline.signing_in import PRINT, printed_link

    chain = opened.chain
    with recorded(chain, by="demo", route="briefings demo", act="add a person") as record:
        user = people.add(
            record,
            EDITOR,
            name="Edda Editor (made up)",
            roles=[role.value for role in DeskRole],
            may_approve_own=True,
        )
    with recorded(chain, by="demo", route="briefings demo", act=PRINT) as record:
        return printed_link(record, site, user)


@contextmanager
def answering(opened: App) -> Generator[None]:
    """Send what visitors of the demo ask for: letters, and the first mail of who confirms."""
    from briefings.pipeline.welcome import welcome
    from briefings.schedule.service import Service

    stopping = threading.Event()

    def greet() -> None:
        while not stopping.wait(GREET_SECONDS):
            with suppress(Temporary):
                welcome(opened.chain)

    service = Service(opened.chain, opened.settings)
    service.start(ticks=False, sender=True)
    greeting = threading.Thread(target=greet, name="greeting")
    greeting.start()
    try:
        yield
    finally:
        stopping.set()
        greeting.join()
        service.stop()


def demo_settings() -> Settings:
    """The environment's settings with the demo's own where it has none.

    Raises:
        WrongSetting: MAIL_URL names a mail server; made-up readers must never be mailed.
    """
    from briefings.wiring import settings_of

    settings = settings_of()
    if not settings.mail_url.startswith("maildir://"):
        raise WrongSetting(
            "BRIEFINGS_MAIL_URL names a mail server, and the demo's readers are made up: "
            "unset it, or set it to maildir://FOLDER for the demo."
        )
    own: dict[str, object] = {
        "base_url": DEMO_SITE,
        "sender": "Briefings demo <briefings@briefings.example>",
        "reply_to": "Briefings demo <editors@briefings.example>",
        "postal_address": "Demo installation with made-up readers: no postal address.",
    }
    given = {name: value for name, value in own.items() if getattr(settings, name) is None}
    if settings.secret_key is None and settings.secret_key_file is None:
        given["secret_key_file"] = secret_file(settings.folder)
    return settings_of(None, **given)


def secret_file(folder: Path) -> Path:
    """Make the demo's own secret key once, readable by this user only."""
    path = folder / KEY_FILE
    folder.mkdir(parents=True, exist_ok=True)
    try:
        descriptor = os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
    except FileExistsError:
        return path
    with os.fdopen(descriptor, "w", encoding="ascii") as file:
        file.write(secrets.token_hex(32) + "\n")
    return path


def load(opened: App, week: Week) -> None:
    """Load catalogue, news and readers; everything known already is passed over."""
    from briefings.cli.catalogue import summary as catalogue_summary
    from briefings.cli.imports import summary
    from briefings.errors import Refused
    from briefings.pipeline.catalogue import load_folder
    from briefings.pipeline.importing import ImportKind, import_file
    from briefings.pipeline.instance import init
    from briefings.pipeline.items import queue_items
    from briefings.pipeline.prepare import load_catalogue
    from briefings.wiring import shipped

    chain = opened.chain
    init(chain)
    print(catalogue_summary(load_folder(chain, shipped("catalogue")).report))
    with opened.db.read() as tx:
        catalogue = load_catalogue(tx)
    examples = shipped("examples")
    files = (
        (ImportKind.TOOL_CHANGES, "tool_changes.csv", None),
        (ImportKind.SALARY, "salary_stats.csv", None),
        (ImportKind.ROLE_UPDATES, "role_exposure.csv", None),
        (ImportKind.SUBSCRIBERS, "subscribers.csv", CONSENT),
    )
    drafts = 0
    for kind, name, consent in files:
        with progress(f"Reading {name}") as bar:
            done = import_file(
                opened.db,
                catalogue,
                kind,
                examples / name,
                now=chain.clock(),
                week=week,
                encoding="utf-8",
                as_draft=False,
                dry_run=False,
                consent_source=consent,
                progress=bar,
                sleep=chain.sleep,
            )
        if done.bad:
            raise Refused(summary(examples / name, done, dry_run=False))
        drafts += done.items_made
        print("  " + summary(examples / name, done, dry_run=False))
    if drafts:
        queued = queue_items(chain, [], week=str(week), every=True)
        print(f"  The demo queues its own drafts: {plural(len(queued), 'item')} for {week}.")


def deliver(opened: App, week: Week) -> None:
    """Assemble, approve and deliver the week, and say who got what and who did not."""
    from briefings.model.delivery import IssueKind
    from briefings.pipeline.approve import approve
    from briefings.pipeline.prepare import prepare
    from briefings.pipeline.send import send_due
    from briefings.pipeline.simulate import simulate
    from briefings.store import issues

    chain = opened.chain
    with opened.db.read() as tx:
        known = issues.find(tx, week=str(week), kind=IssueKind.REGULAR)
    if not known:
        with progress("Assembling") as bar:
            made = prepare(chain, week, progress=bar)
        for edition in made.made:
            print(f"  {edition.specialization}: {plural(len(edition.placements), 'item')}")
        for skip in made.skipped:
            print(f"  {skip.specialization}: skipped, {skip.reason}")
        approve(chain, week, by="demo")
    with progress("Delivering") as bar:
        done = send_due(chain, opened.settings, week, ignore_hours=True, progress=bar)
    for note in done.notes:
        print(note)
    _tell(simulate(chain, week))
    outbox = opened.settings.mail_url.partition("://")[2]
    _count(opened, week, outbox, sent_before=bool(known))


def _tell(rows: Iterable[Planned]) -> None:
    for row in rows:
        if row.skipped:
            print(f"  {row.email}: nothing ({row.skipped})")
        else:
            names = ", ".join(row.specializations)
            print(
                f"  {row.email}: {plural(len(row.items), 'item')} for {names}; "
                f"would leave {row.due_at:%a %d %b %H:%M} UTC"
            )


def _count(opened: App, week: Week, outbox: str, *, sent_before: bool) -> None:
    from briefings.model.delivery import State
    from briefings.pipeline.status import week_status

    with opened.db.read() as tx:
        status = week_status(tx, str(week))
    for one in status.issues:
        accepted = one.states.get(State.ACCEPTED, 0)
        skipped = one.states.get(State.SKIPPED, 0)
        print(
            f"Issue {one.issue.name}: {plural(accepted, 'mail')} in {outbox}/new, {skipped} skipped"
            + (", all of them from before: nothing was sent twice." if sent_before else ".")
        )
