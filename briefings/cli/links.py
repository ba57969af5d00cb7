"""Commands over the links that editions mail: try them, and say what they answered."""

from __future__ import annotations

import typer

from briefings.cli import LEFT_OR_FAILED, OK
from briefings.cli.shared import Specializations, WeekOption, on_record, open_app, progress, week_of

app = typer.Typer(help="The links that editions mail.", no_args_is_help=True)


@app.command()
def check(week: WeekOption, specialization: Specializations = None) -> int:
    """Try every link that a week's editions would mail; preflight reads what they answer.

    The exit code is 1 when a page is gone: that blocks an approval.
    """
    from briefings.pipeline import on_record_links as acts

    opened = open_app()
    with (
        on_record(opened.chain, "links check", acts.CHECK_LINKS, whole=False) as record,
        progress("Links") as bar,
    ):
        tried = acts.check_links(
            record,
            opened.link_fetcher(),
            week_of(week),
            specialization or [],
            progress=bar,
        )
    for one in tried.gone:
        print(f"gone ({one.code}): {one.url}")
    for one in tried.moved:
        print(f"moved for good: {one.url} -> {one.moved_to}")
    for one in () if tried.without_network else tried.unreached:
        print(f"not reached ({one.trouble or f'it answers {one.code}'}): {one.url}")
    print(tried.words())
    return LEFT_OR_FAILED if tried.gone else OK
