"""Trying a week's links, with its entry in the audit log; it says nothing of a command."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import timedelta

from briefings.feeds.fetch import Fetcher
from briefings.pipeline import link_checks
from briefings.pipeline.link_checks import Tried
from briefings.pipeline.on_record import named
from briefings.pipeline.recorded import Record
from briefings.weeks import Week

CHECK_LINKS = "try links"


def check_links(
    record: Record,
    fetcher: Fetcher,
    week: Week,
    only: Sequence[str] = (),
    *,
    within: float | None = None,
    most: int | None = None,
    unless: timedelta | None = None,
    progress: Callable[[int, int | None], None] = lambda _done, _all: None,
) -> Tried:
    """Try the links of a week's editions; raises what `link_checks.check_links` does."""
    done = link_checks.check_links(
        record.chain,
        fetcher,
        week,
        only,
        within=within,
        most=most,
        unless=unless,
        progress=progress,
    )
    if done.answers or done.left:
        subject = f"{week} {named(only)}" if only else str(week)
        record.changed(subject, before="", after=done.words())
    return done
