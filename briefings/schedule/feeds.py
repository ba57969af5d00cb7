"""One tick of the feed watcher, apart from that of the runs: a slow feed delays no mail."""

from __future__ import annotations

from collections.abc import Callable

from briefings.errors import BriefingsError
from briefings.feeds.fetch import Fetcher
from briefings.logs import Log
from briefings.pipeline.chain import Chain
from briefings.pipeline.feed_checks import check_due
from briefings.pipeline.instance import confirmed

log = Log("briefings.feeds")


def look_at_feeds(chain: Chain, fetcher: Fetcher, stopped: Callable[[], bool]) -> None:
    """Check what is due and log what came; a failure waits for the next tick."""
    try:
        confirmed(chain)
        for checked in check_due(chain, fetcher, stopped=stopped):
            tell = log.warning if checked.failed else log.info
            tell("feed checked", tool=checked.tool, outcome=checked.words)
    except BriefingsError as failure:
        log.warning("tick failed", step="feeds", error=str(failure))
