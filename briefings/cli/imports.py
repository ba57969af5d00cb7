"""Commands that read files into the store."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from briefings.cli import LEFT_OR_FAILED
from briefings.cli.shared import (
    MaybeWeek,
    known_mailboxes,
    on_record,
    open_app,
    plural,
    progress,
    week_of,
)
from briefings.errors import Misconfigured

if TYPE_CHECKING:
    from briefings.pipeline.importing import ImportReport

NAMED = 3

app = typer.Typer(help="Read a file into the store, all of it or nothing.", no_args_is_help=True)

File = Annotated[Path, typer.Argument(help="A CSV file (role-updates: also JSON lines).")]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Check the file, change nothing.")]
AsDraft = Annotated[bool, typer.Option("--as-draft", help="Leave the items for triage.")]
Encoding = Annotated[str, typer.Option("--encoding", help="How the file is encoded.")]


def _run(
    kind: str,
    file: Path,
    *,
    dry_run: bool,
    week: str | None,
    encoding: str,
    as_draft: bool = False,
    consent_source: str | None = None,
) -> int:
    from briefings.pipeline import on_record_setup as acts
    from briefings.pipeline.importing import ImportKind, import_file
    from briefings.pipeline.prepare import load_catalogue

    opened = open_app()
    with opened.db.read() as tx:
        catalogue = load_catalogue(tx)
    with (
        on_record(opened.chain, f"import {kind}", acts.IMPORT, whole=False) as record,
        progress(f"Reading {file.name}") as report,
    ):
        done = import_file(
            opened.db,
            catalogue,
            ImportKind(kind),
            file,
            now=opened.chain.clock(),
            week=week_of(week) if week else opened.this_week(),
            encoding=encoding,
            as_draft=as_draft,
            dry_run=dry_run,
            consent_source=consent_source,
            progress=report,
            sleep=opened.chain.sleep,
            email_hashes=known_mailboxes(opened).names,
        )
        if not dry_run:
            acts.imported(record, file, done)
    print(summary(file, done, dry_run=dry_run), file=sys.stderr if done.bad else sys.stdout)
    return LEFT_OR_FAILED if done.bad else 0


def summary(file: Path, done: ImportReport, *, dry_run: bool) -> str:
    """Say in one or two lines what an import came to."""
    words = [f"{plural(done.read, 'row')} read"]
    if done.bad:
        first = "; ".join(f"row {b.number}, {b.column}: {b.reason}" for b in done.first_bad[:1])
        where = f"every one is in {done.errors_file}" if done.errors_file else "mend it"
        words.append(f"{done.bad:,} bad, so nothing was imported ({first}; {where})")
        return f"{file.name}: {', '.join(words)}."
    words.append(f"{done.added:,} {'would be ' if dry_run else ''}new")
    if done.duplicates:
        words.append(f"{done.duplicates:,} known already")
    if done.set_aside:
        words.append(f"{done.set_aside:,} set aside ({_not_carried(done.set_aside_roles)})")
    if done.suppressed:
        words.append(f"{done.suppressed:,} suppressed, who asked never to be mailed")
    if done.items_made:
        words.append(f"{plural(done.items_made, 'draft item')} made by comparison")
    return f"{file.name}: {', '.join(words)}."


def _not_carried(roles: Sequence[tuple[str, int]]) -> str:
    """Name the roles that the catalogue does not carry: the first three, and how many more."""
    names = ", ".join(name for name, _ in roles[:NAMED])
    more = f" and {len(roles) - NAMED} more" if len(roles) > NAMED else ""
    return f"the catalogue does not carry {names}{more}"


@app.command("tool-changes")
def tool_changes(
    file: File,
    dry_run: DryRun = False,
    as_draft: AsDraft = False,
    week: MaybeWeek = None,
    encoding: Encoding = "utf-8",
) -> int:
    """Releases, breaking changes, deprecations and security fixes of tools; queued at once."""
    return _run(
        "tool-changes", file, dry_run=dry_run, as_draft=as_draft, week=week, encoding=encoding
    )


@app.command()
def salary(
    file: File,
    dry_run: DryRun = False,
    as_draft: AsDraft = False,
    week: MaybeWeek = None,
    encoding: Encoding = "utf-8",
) -> int:
    """Pay figures; a new period makes draft salary news out of the comparison."""
    return _run("salary", file, dry_run=dry_run, as_draft=as_draft, week=week, encoding=encoding)


@app.command("role-updates")
def role_updates(
    file: File,
    dry_run: DryRun = False,
    as_draft: AsDraft = False,
    week: MaybeWeek = None,
    encoding: Encoding = "utf-8",
) -> int:
    """Exposure figures (a changed one makes a draft role update), or role updates as JSON lines."""
    return _run(
        "role-updates", file, dry_run=dry_run, as_draft=as_draft, week=week, encoding=encoding
    )


@app.command()
def subscribers(
    file: File,
    consent_source: Annotated[
        str | None,
        typer.Option("--consent-source", help="Where and how these people agreed (kept as proof)."),
    ] = None,
    dry_run: DryRun = False,
    encoding: Encoding = "utf-8",
) -> int:
    """Readers who agreed elsewhere; they count as confirmed."""
    if not (consent_source or "").strip():
        raise Misconfigured(
            "--consent-source is missing: say where these people agreed, "
            "for instance --consent-source 'sign-up form on example.org, 2026'."
        )
    return _run(
        "subscribers",
        file,
        dry_run=dry_run,
        week=None,
        encoding=encoding,
        consent_source=consent_source,
    )
