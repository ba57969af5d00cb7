"""The links of a whole week at the desk: what each answered, and one button that tries them all."""

from __future__ import annotations

from fastapi import Response

from briefings.desk.permissions import Permission
from briefings.pipeline import on_record_links
from briefings.pipeline.link_checks import LATELY, MOST_WHILE_WAITING, WHILE_WAITING
from briefings.pipeline.week_links import week_links
from briefings.web.desk.door import Act, Door
from briefings.web.desk.visit import Visit
from briefings.web.desk.weeks import WEEK, address, week_in

MOST_SHOWN = 200
"""Rows of one kind on the page; what is put right makes room for the rest."""


def register(door: Door) -> None:
    """Add the routes."""

    @door.page(f"{WEEK}/links")
    def look(visit: Visit) -> Response:
        """Show what the links of a week answered."""
        week = week_in(visit)
        return visit.show(
            "week-links.html",
            title=f"Links of week {week.number}",
            section="week",
            seen=week_links(visit.chain, week),
            back=address(week),
            may_write=visit.may(Permission.WRITE),
            most=MOST_SHOWN,
            seconds=int(WHILE_WAITING),
            lately=int(LATELY.total_seconds()) // 60,
        )

    @door.act(f"{WEEK}/links", on_record_links.CHECK_LINKS, whole=False)
    def try_all(act: Act) -> Response:
        """Try the links of all editions, as many as there is time for; the next press goes on."""
        week = week_in(act.visit)
        done = on_record_links.check_links(
            act.record,
            act.visit.site.app.link_fetcher(),
            week,
            within=WHILE_WAITING,
            most=MOST_WHILE_WAITING,
            unless=LATELY,
        )
        return act.visit.go(f"{address(week)}/links", done.words())
