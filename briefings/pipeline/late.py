"""Look after what was approved after its week's freeze: a late issue while there is time (R4)."""

from __future__ import annotations

from briefings.model.edition import EditionState
from briefings.pipeline.alerts import alert
from briefings.pipeline.chain import Chain
from briefings.pipeline.open_issue import open_late
from briefings.pipeline.timetable import timetable
from briefings.store import editions, publishing
from briefings.weeks import Week

TOO_LATE = "approved after the next cut-off, when late issues of its week had ended"


def open_due_late(chain: Chain) -> list[str]:
    """Open a late issue for each week that has something approved since its freeze.

    After the next cut-off it is held again instead; gives what an operator should hear, once each.
    """
    now = chain.clock()
    with chain.db.read() as tx:
        waiting = publishing.approved_after_freeze(tx)
        closes = {name: timetable(tx, chain).closes(Week.parse(name)) for name in waiting}
    told: list[str] = []
    for name, end in closes.items():
        open_late(chain, Week.parse(name), by_tick=True)
        if now >= end:
            told += _hold_again(chain, name)
    return told


def _hold_again(chain: Chain, week: str) -> list[str]:
    with chain.db.write() as tx:
        slugs = [
            slug
            for slug, edition in editions.of_week(tx, week).items()
            if edition.state is EditionState.APPROVED
            and editions.set_state(
                tx, week, slug, (EditionState.APPROVED,), EditionState.HELD, TOO_LATE
            )
        ]
    if not slugs:
        return []
    text = f"{week}: {', '.join(slugs)} came too late for a late issue and stays held."
    return alert(chain, f"too-late:{week}:{','.join(slugs)}", text, week=week)
