"""This week at a glance: its editions and issues, as the rows say; it changes nothing."""

from __future__ import annotations

from fastapi import Response

from briefings.pipeline.status import newest_week, week_status
from briefings.web.desk.door import Door
from briefings.web.desk.visit import Visit
from briefings.weeks import Week


def register(door: Door) -> None:
    """Add the routes."""

    @door.page("/desk")
    def home(visit: Visit) -> Response:
        """Show the newest week that has editions."""
        with visit.site.app.db.read() as tx:
            week = newest_week(tx)
            about = week_status(tx, week) if week else None
        names = {each.slug: each.name for each in visit.site.specializations()}
        shown = Week.parse(week) if week else visit.site.week
        return visit.show(
            "home.html",
            title=f"Week {shown.number}",
            section="week",
            shown=shown,
            about=about,
            names=names,
        )
