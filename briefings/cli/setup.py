"""Commands that set an installation up and look after it: init, doctor, backup, restore."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from briefings.cli import LEFT_OR_FAILED, MISUSED
from briefings.cli.shared import on_record, open_app, plural


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.command()(init)
    app.command()(doctor)
    app.command()(backup)
    app.command()(restore)


def init() -> None:
    """Create the database and the id that ties it to this machine (P10)."""
    from briefings.pipeline.instance import init as make

    opened = open_app()
    made = make(opened.chain)
    where = opened.db.path or "the database"
    print(
        f"{where} is ready{'' if made else ' (it was already)'}; state in {opened.chain.state_dir}."
    )
    print("Next: `briefings catalogue load catalogue`, then `briefings import`.")


def doctor() -> int:
    """Check settings, database, catalogue, templates, folders and relay; name every remedy."""
    from briefings.pipeline.doctor import Verdict, examine
    from briefings.wiring import settings_of, shipped

    files = Path("catalogue")
    found = examine(
        settings_of(),
        templates=shipped("templates/email"),
        catalogue_folder=files if files.is_dir() else None,
    )
    for check in found:
        print(f"{check.verdict.value:<5} {check.name}: {check.finding}")
        if check.remedy:
            print(f"      -> {check.remedy}")
    bad = [check for check in found if check.verdict is Verdict.BAD]
    if not bad:
        print("Everything that was looked at is in order.")
        return 0
    print(f"{plural(len(bad), 'thing')} to mend.")
    return MISUSED if any(check.misconfigured for check in bad) else LEFT_OR_FAILED


def backup(file: Annotated[Path, typer.Argument(help="The file to write.")]) -> None:
    """Copy the database into a file while everything goes on."""
    from briefings.pipeline.instance import backup as copy

    copy(open_app().chain, file)
    print(f"{file} written.")


def restore(
    file: Annotated[str, typer.Argument(help="A backup file, or the word `confirm`.")],
) -> None:
    """Put a backup in the database's place; afterwards `restore confirm` lets it send (P10)."""
    from briefings.pipeline import on_record_setup as acts
    from briefings.pipeline.instance import restore as put_back
    from briefings.wiring import build

    if file == "confirm":
        here = open_app()
        with on_record(here.chain, "restore confirm", acts.CONFIRM, whole=False) as record:
            done = acts.confirm_restored(record, lambda: here.settings.secrets)
        _print_left(done.left)
        for name in done.paused:
            print(f"{name} waits: look at the mail server, then resume or cancel it.")
        print("Confirmed: this database may send from here.")
        return
    opened = build(migrate=False)
    left = put_back(opened.chain, Path(file), lambda: opened.settings.secrets)
    _print_left(left)
    print("Restored. Nothing is sent until you run `briefings restore confirm`.")


def _print_left(readers: int) -> None:
    if readers:
        print(f"{plural(readers, 'reader')} changed after the backup and did so again (left.log).")
