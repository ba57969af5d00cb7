"""Look editions over before anybody waits for it, and keep what is found; it approves nothing."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from briefings.errors import BriefingsError
from briefings.pipeline.calendar import first_ahead
from briefings.pipeline.chain import Chain
from briefings.pipeline.examine import examine
from briefings.pipeline.kept_findings import keep
from briefings.pipeline.prepare import prepare
from briefings.store import editions
from briefings.weeks import Week


def look_ahead(chain: Chain, week: Week, only: Sequence[str] = ()) -> int:
    """Look a week's editions over, or those named, and keep what is new; how many that were.

    Nothing is kept where no mail can be made: whoever looks then is told why.
    """
    try:
        chain.renderer()
    except BriefingsError:
        return 0
    looked = examine(chain, week, only)
    fresh = {slug: one.to_keep for slug, one in looked.items() if one.to_keep is not None}
    if fresh:
        with chain.db.write() as tx:
            keep(tx, week, fresh)
    return len(fresh)


def look_ahead_at_open(chain: Chain) -> tuple[str, ...]:
    """Do that with every edition that a person may still approve; there is nothing to tell.

    Whatever changed since (an item, the catalogue, a template, a setting, the program, or that the
    week before went out), the page of the approval finds it done.
    """
    with chain.db.read() as tx:
        since = first_ahead(tx, chain, chain.clock()).previous()
        waiting = editions.open_since(tx, str(since))
    for week, slugs in waiting.items():
        look_ahead(chain, Week.parse(week), slugs)
    return ()


def assemble_again(chain: Chain, chosen: Collection[tuple[str, str]]) -> None:
    """Make editions anew out of what is stored, and look them over; (week, specialization) each."""
    for week in sorted({week for week, _ in chosen}):
        slugs = sorted(slug for each, slug in chosen if each == week)
        prepare(chain, Week.parse(week), slugs)
        look_ahead(chain, Week.parse(week), slugs)
