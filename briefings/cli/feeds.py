"""Commands over release feeds: list them, check them now, set how often each is asked."""

from __future__ import annotations

from typing import Annotated

import typer

from briefings.cli import LEFT_OR_FAILED, OK
from briefings.cli.shared import on_record, open_app, plural, progress

app = typer.Typer(help="The release feeds of the catalogue's tools.", no_args_is_help=True)

LONGEST_HOURS = 168

Tool = Annotated[str, typer.Argument(help="A tool's slug from `feeds list`.")]
MaybeTool = Annotated[str | None, typer.Argument(help="A tool's slug; without it, all due.")]
Hours = Annotated[int, typer.Argument(help="Hours between two checks.", min=1, max=LONGEST_HOURS)]


@app.command("list")
def list_() -> None:
    """List the feeds: when each was asked, when it is due, and what the last check came to."""
    from briefings.pipeline.feed_checks import watched

    found = watched(open_app().chain)
    for feed in found:
        asked = f"{feed.checked_at:%Y-%m-%d %H:%M}" if feed.checked_at else "never"
        every = f"every {int(feed.every.total_seconds()) // 3600} h"
        failures = f" ({plural(feed.failures, 'failure')} in a row)" if feed.failures else ""
        due = f"due {feed.due_at:%Y-%m-%d %H:%M} UTC"
        print(f"{feed.tool:<20}  {every:<11}  asked {asked:<16}  {due}")
        print(f"{'':<20}  {feed.outcome or 'not asked yet'}{failures}: {feed.url}")
    print(plural(len(found), "feed") + ".")


@app.command()
def check(tool: MaybeTool = None) -> int:
    """Check one feed now, or all that are due; new entries become drafts."""
    from briefings.pipeline import on_record_setup as acts

    opened = open_app()
    with (
        on_record(opened.chain, "feeds check", acts.CHECK_FEEDS, whole=False) as record,
        progress("Feeds") as told,
    ):
        told(0, None)
        done = acts.check_feeds(record, opened.fetcher(), tool)
    for checked in done:
        print(f"{checked.tool}: {checked.words}")
    drafts = sum(len(checked.drafts) for checked in done)
    print(f"{plural(len(done), 'feed')} checked, {plural(drafts, 'draft')} made.")
    return LEFT_OR_FAILED if any(checked.failed for checked in done) else OK


@app.command()
def interval(tool: Tool, hours: Hours) -> None:
    """Set how often a feed is asked."""
    from briefings.pipeline import on_record_setup as acts

    with on_record(open_app().chain, "feeds interval", acts.FEED_INTERVAL) as record:
        acts.set_interval(record, tool, hours)
    print(f"{tool}: asked every {plural(hours, 'hour')}.")
