"""Reads what the first pages of a new process would wait for; it answers and changes nothing.

Templates, blocks of mails and the clocks of the world take most of a second, once.
"""

from __future__ import annotations

from contextlib import suppress

from briefings.errors import BriefingsError
from briefings.pipeline.calendar import WEEKS_AHEAD, first_ahead
from briefings.pipeline.chain import Chain
from briefings.pipeline.kept_findings import program
from briefings.pipeline.prepare import load_catalogue
from briefings.pipeline.timetable import timetable
from briefings.render.marked import pieces
from briefings.web.pages import Pages


def warm(chain: Chain, pages: Pages) -> None:
    """Load it all; what is missing or wrong is told by the page that needs it."""
    pages.load_all()
    pieces("`once`")
    program()
    with suppress(BriefingsError):
        chain.renderer()
    with suppress(BriefingsError), chain.db.read() as tx:
        load_catalogue(tx)
        first, table = first_ahead(tx, chain, chain.clock()), timetable(tx, chain)
        for ahead in range(-1, WEEKS_AHEAD + 1):
            table.cut_off(first.shift(ahead))
