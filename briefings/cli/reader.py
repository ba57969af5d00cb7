"""Commands about one reader."""

from __future__ import annotations

from typing import Annotated

import typer

from briefings.cli.shared import open_app

app = typer.Typer(help="One reader: what they got, when, and why.", no_args_is_help=True)


@app.command()
def show(email: Annotated[str, typer.Argument(help="The reader's address.")]) -> None:
    """Show a reader's settings, consent and last mails with their states."""
    from briefings.pipeline.reader import dossier

    opened = open_app()
    with opened.db.read() as tx:
        found = dossier(tx, email)
    reader = found.reader
    print(f"{reader.email} (reader {reader.id})")
    print(f"  name: {reader.name or '-'}")
    print(f"  specializations: {', '.join(reader.preferences.specializations) or '-'}")
    print(f"  time zone: {reader.timezone or opened.settings.timezone + ' (the default)'}")
    print(f"  frequency: {reader.preferences.frequency}")
    print(f"  confirmed: {reader.confirmed_at or '-'}, consent: {found.consent or '-'}")
    if reader.left_at:
        print(f"  left: {reader.left_at}")
    if reader.suppressed:
        print("  suppressed: gets nothing")
    for row in found.deliveries:
        reason = f" ({row.reason})" if row.reason else ""
        print(f"  {row.issue}: {row.state}{reason}, due {row.due_at:%Y-%m-%d %H:%M} UTC")
    if not found.deliveries:
        print("  no mail yet")
