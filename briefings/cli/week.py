"""Commands that make and judge a week: assemble, preview, approve, simulate, status."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from briefings.cli.shared import (
    AsJson,
    MaybeWeek,
    Specializations,
    WeekOption,
    open_app,
    plural,
    progress,
    week_of,
)
from briefings.errors import Misconfigured

if TYPE_CHECKING:
    from briefings.pipeline.status import IssueStatus, WeekStatus


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.command()(assemble)
    app.command()(preview)
    app.command()(approve)
    app.command()(simulate)
    app.command()(status)


def assemble(
    week: WeekOption,
    specialization: Specializations = None,
    why: Annotated[
        bool, typer.Option("--why", help="Show why each item stands where it does.")
    ] = False,
) -> None:
    """Make the week's draft editions out of the queued items."""
    from briefings.pipeline.prepare import prepare

    opened = open_app()
    with progress("Assembling") as bar:
        done = prepare(opened.chain, week_of(week), specialization or [], progress=bar)
    for edition in done.made:
        print(f"{edition.specialization}: draft with {plural(len(edition.placements), 'item')}")
        if why:
            for number, place in enumerate(edition.placements, 1):
                print(f"  {number:>2}. item {place.item_id} ({place.part}): {place.ranked}")
    for edition in done.kept:
        print(f"{edition.specialization}: {edition.state}, left as it is")
    for skip in done.skipped:
        print(f"{skip.specialization}: skipped, {skip.reason}")


def preview(
    week: WeekOption,
    specialization: Annotated[str, typer.Option("--specialization", help="A slug.")],
    out: Annotated[Path, typer.Option("--out", help="Folder for the three files.")],
) -> None:
    """Write one specialization's mail as .html, .txt and .eml, as a sample reader would get it."""
    from briefings.pipeline.preview import preview as make

    for path in make(open_app().chain, week_of(week), specialization, out):
        print(path)


def approve(week: WeekOption, specialization: Specializations = None) -> None:
    """Approve the week's drafts (or those named): their content is fixed from now on."""
    import getpass

    from briefings.pipeline.approve import approve as let_go

    opened = open_app()
    done = let_go(opened.chain, week_of(week), specialization or [], by=getpass.getuser())
    for slug in done.editions:
        print(f"{slug}: approved")
    for slug, reason in done.passed_over:
        print(f"{slug}: not approved, it is {reason}")
    print(f"{plural(len(done.editions), 'edition')} approved for {plural(done.readers, 'reader')}.")


def simulate(
    week: WeekOption,
    now: Annotated[
        str | None, typer.Option("--now", help="ISO instant; default: just before the freeze.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Show who would get what, when and why. Nothing is written and nothing is sent."""
    from datetime import datetime

    from briefings.pipeline.simulate import simulate as plan

    if now is not None:
        try:
            datetime.fromisoformat(now)
        except ValueError:
            raise Misconfigured(
                f"--now {now!r} is no instant; write 2026-08-24T06:00:00Z"
            ) from None
    rows = plan(open_app().chain, week_of(week))
    if as_json:
        sys.stdout.write('{"deliveries": [')
        for number, row in enumerate(rows):
            document = {
                "email": row.email,
                "due_at": row.due_at.isoformat().replace("+00:00", "Z"),
                "specializations": list(row.specializations),
                "items": list(row.items),
                "skipped": row.skipped,
            }
            sys.stdout.write(
                (",\n " if number else "\n ") + json.dumps(document, ensure_ascii=False)
            )
        sys.stdout.write("\n]}\n")
        return
    mails = skipped = 0
    for row in rows:
        if row.skipped:
            skipped += 1
            print(f"{row.email}: nothing ({row.skipped})")
        else:
            mails += 1
            print(f"{row.email}: {row.due_at:%Y-%m-%d %H:%M} UTC, {plural(len(row.items), 'item')}")
            for headline in row.items:
                print(f"    {headline}")
    print(f"{plural(mails, 'mail')}, {skipped} skipped.")


def status(week: MaybeWeek = None, as_json: AsJson = False) -> None:
    """Show a week's issues and editions as the rows say (default: the newest week)."""
    from briefings.pipeline.status import as_document, newest_week, week_status

    opened = open_app()
    with opened.db.read() as tx:
        chosen = str(week_of(week)) if week else newest_week(tx) or str(opened.this_week())
        found = week_status(tx, chosen)
    if as_json:
        print(json.dumps(as_document(found), ensure_ascii=False, indent=1))
    else:
        _print(found)


def _print(found: WeekStatus) -> None:
    print(f"Week {found.week}")
    for edition in found.editions:
        reason = f" ({edition.reason})" if edition.reason else ""
        items = plural(len(edition.placements), "item")
        print(f"  {edition.specialization}: {edition.state}{reason}, {items}")
    if not found.editions:
        print("  no editions yet: run `briefings assemble`")
    for one in found.issues:
        print_issue(one)


def print_issue(one: IssueStatus) -> None:
    """Print one issue's counts in the words of the product."""
    reason = f": {one.issue.reason}" if one.issue.reason else ""
    state = "finished" if one.finished and not one.issue.reason else one.issue.state.value
    print(f"Issue {one.issue.name}: {state}{reason}, audience {one.issue.audience:,}")
    for name, number in one.states.items():
        if number:
            note = (
                " (the next mail server took them; nobody knows more)" if name == "accepted" else ""
            )
            print(f"  {number:>9,} {name.value}{note}")
    for why, number in one.reasons.items():
        print(f"            of the skipped {number:,}: {why}")
    if one.left and one.next_due:
        print(f"  next due {one.next_due:%Y-%m-%d %H:%M} UTC")
    if not one.adds_up:
        print(
            f"  The states do not add up to the audience of {one.issue.audience:,}: "
            "run `briefings doctor`."
        )
