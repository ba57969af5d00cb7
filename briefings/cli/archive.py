"""Commands over the public archive: what anybody may read."""

from __future__ import annotations

from typing import Annotated

import typer

from briefings.cli.shared import MaybeWeek, on_record, open_app, plural, week_of

app = typer.Typer(help="Published briefings that anybody may read.", no_args_is_help=True)

Specialization = Annotated[str, typer.Option("--specialization", help="A slug.")]


@app.command()
def on(specialization: Specialization, week: MaybeWeek = None) -> None:
    """Show the published editions of a specialization to anybody, or those of one week."""
    _switch(specialization, week, shown=True)


@app.command()
def off(specialization: Specialization, week: MaybeWeek = None) -> None:
    """Show them no longer; what one week says goes before what the specialization says."""
    _switch(specialization, week, shown=False)


@app.command(name="list")
def list_shown() -> None:
    """List what anybody may read."""
    from briefings.pipeline.archive import shelves

    found = shelves(open_app().chain)
    for shelf in found:
        for one in shelf.briefings:
            print(f"{shelf.specialization}  {one.week}  {one.subject}")
    if not found:
        print(
            "Nothing is shown: `briefings archive on --specialization S` shows what is published."
        )


def _switch(slug: str, week: str | None, *, shown: bool) -> None:
    from briefings.pipeline import on_record_setup as acts

    word = "on" if shown else "off"
    chosen = week_of(week) if week else None
    with on_record(open_app().chain, f"archive {word}", acts.ARCHIVE) as record:
        done = acts.switch_archive(record, slug, chosen, shown=shown)
    said = f"{slug}{f' {week}' if week else ''}: archive {word}"
    print(f"{said}{'' if done.changed else ' already'}, {plural(len(done.shown), 'week')} shown.")
