"""Reads what the first pages of a new process would wait for; it answers and changes nothing.

Templates, blocks of mails, the names of days and the clocks of the world take most of a second.
"""

from __future__ import annotations

from contextlib import suppress

from babel.dates import format_date
from babel.numbers import format_decimal

from briefings.errors import BriefingsError
from briefings.pipeline.board import board
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
            day = table.day(first.shift(ahead))
            table.cut_off(first.shift(ahead))
            format_date(day, "EEEE", locale="en_GB")
        format_decimal(1, locale="en_GB")
    with suppress(BriefingsError):
        board(chain)  # the items of the weeks ahead, which the pages of editions show, too
