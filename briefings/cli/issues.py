"""Commands that let mails go and keep watch over them: send, pause, resume, cancel, unsure."""

from __future__ import annotations

from typing import Annotated

import typer

from briefings.cli import LEFT_OR_FAILED
from briefings.cli.shared import (
    IssueOption,
    MaybeWeek,
    on_record,
    open_app,
    plural,
    progress,
    week_of,
)
from briefings.cli.week import print_issue
from briefings.errors import Misconfigured

unsure = typer.Typer(
    help="Mails whose answer never came: listed, and sent again only by your word.",
    no_args_is_help=True,
)


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.command()(send)
    app.command()(release)
    app.command()(pause)
    app.command()(resume)
    app.command()(cancel)


def send(
    week: MaybeWeek = None,
    now: Annotated[
        bool, typer.Option("--now", help="Ignore the readers' hours and the cut-off.")
    ] = False,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Say what would happen, send nothing.")
    ] = False,
) -> int:
    """Open the week's issue if it is due, deliver what is due, and return when nothing is."""
    from briefings.pipeline.send import dry_run as rehearse
    from briefings.pipeline.send import send_due
    from briefings.pipeline.status import issue_status

    opened = open_app()
    chosen = week_of(week) if week else None
    if dry_run:
        if chosen is None:
            raise Misconfigured("--dry-run needs --week, for instance --week 2026-W34.")
        for line in rehearse(opened.chain, chosen, ignore_hours=now):
            print(line)
        return 0
    with progress("Sending") as bar:
        done = send_due(opened.chain, opened.settings, chosen, ignore_hours=now, progress=bar)
    with opened.db.read() as tx:
        found = [issue_status(tx, issue) for issue in done.issues]
    for one in found:
        print_issue(one)
    for note in done.notes:
        print(note)
    if not found:
        print("Nothing to send: no issue is open.")
    return LEFT_OR_FAILED if any(one.left for one in found) else 0


def release(issue: IssueOption) -> None:
    """Send to all now: what waits behind an issue's seed readers goes at its readers' hours."""
    from briefings.pipeline import on_record as acts
    from briefings.pipeline.status import issue_status
    from briefings.store import issues

    opened = open_app()
    with on_record(opened.chain, "release", acts.RELEASE) as record:
        done = acts.release(record, issue)
    with opened.db.read() as tx:
        left = issue_status(tx, issues.by_name(tx, issue)).left
    told = f"{plural(left, 'mail')} may leave at their hours; `briefings send` goes on with it."
    print(f"{issue} is released: {told}" if done else f"{issue} was released before: {told}")


def pause(issue: IssueOption) -> None:
    """Stop an issue: no further mail of it starts."""
    from briefings.pipeline import on_record as acts

    with on_record(open_app().chain, "pause", acts.PAUSE) as record:
        words = acts.pause(record, issue)
    print(words)
    print(f"`briefings resume --issue {issue}` lets it go on.")


def resume(issue: IssueOption) -> None:
    """Let a paused issue go on."""
    from briefings.pipeline import on_record as acts

    with on_record(open_app().chain, "resume", acts.RESUME) as record:
        words = acts.resume(record, issue)
    print(words)
    print("`briefings send` goes on with it.")


def cancel(issue: IssueOption) -> None:
    """End an issue: what has not left is skipped for good."""
    from briefings.pipeline import on_record as acts

    with on_record(open_app().chain, "cancel", acts.CANCEL, whole=False) as record:
        words = acts.cancel(record, issue)
    print(words)


@unsure.command("list")
def list_unsure(issue: IssueOption) -> None:
    """List the unsure mails, one a line, the address first."""
    from briefings.pipeline.control import unsure_rows

    for row in unsure_rows(open_app().chain, issue):
        print(f"{row.email}\t{row.reason or ''}")


@unsure.command("resend")
def resend_unsure(issue: IssueOption) -> None:
    """Send the unsure mails again: who got the first one gets it twice."""
    from briefings.pipeline import on_record as acts

    with on_record(open_app().chain, "unsure resend", acts.UNSURE) as record:
        number = acts.settle_unsure(record, issue, again=True)
    print(f"{plural(number, 'mail')} will be sent again with the next `briefings send`.")


@unsure.command("accept")
def accept_unsure(issue: IssueOption) -> None:
    """Count the unsure mails as accepted."""
    from briefings.pipeline import on_record as acts

    with on_record(open_app().chain, "unsure accept", acts.UNSURE) as record:
        number = acts.settle_unsure(record, issue, again=False)
    print(f"{plural(number, 'mail')} counted as accepted.")
