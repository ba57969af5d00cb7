"""All pages and acts of the desk on one router; a new page is registered here."""

from __future__ import annotations

from fastapi import APIRouter

from briefings.web.desk import (
    approving,
    board,
    corrections,
    editions,
    inbox,
    issues,
    items,
    numbers,
    people,
    previews,
    search,
    seeds,
    signing_in,
    stopping,
    test_mails,
    week_links,
    weeks,
)
from briefings.web.desk.door import Door
from briefings.web.site import Site


def routes(site: Site) -> APIRouter:
    """The desk of an installation."""
    door = Door(site)
    for module in (
        signing_in,
        weeks,
        week_links,
        approving,
        editions,
        previews,
        test_mails,
        board,
        issues,
        seeds,
        corrections,
        numbers,
        inbox,
        items,
        search,
        stopping,
        people,
    ):
        module.register(door)
    return door.router
