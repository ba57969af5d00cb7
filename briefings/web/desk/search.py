"""The search of the desk: one box that finds items and editions, past ones too."""

from __future__ import annotations

from functools import partial
from urllib.parse import urlencode

from fastapi import Response

from briefings.desk.permissions import Permission
from briefings.pipeline.finding import EDITIONS_SHOWN, find
from briefings.web.desk.door import Door
from briefings.web.desk.visit import Visit

SEARCH = "/desk/search"
LONGEST = 200


def register(door: Door) -> None:
    """Add the route."""

    @door.page(SEARCH)
    def show(visit: Visit) -> Response:
        """Show what the words lead to; without any, the box alone."""
        query = " ".join(visit.query("q").split())[:LONGEST]
        page = visit.page_number
        found = find(visit.chain, query, offset=(page - 1) * EDITIONS_SHOWN)
        return visit.show(
            "search.html",
            title="Search",
            section="search",
            query=query,
            found=found,
            page=page,
            pages=max(1, -(-found.editions_total // EDITIONS_SHOWN)),
            at=partial(_address, query),
            longest=LONGEST,
            may_write=visit.may(Permission.WRITE),
        )


def _address(query: str, page: int) -> str:
    return f"{SEARCH}?{urlencode({'q': query, **({'page': page} if page > 1 else {})})}"
