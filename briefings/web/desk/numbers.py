"""Numbers for editors, with drawings; by section and item, never by person."""

from __future__ import annotations

from fastapi import Response

from briefings.desk.numbers import rate, ruler, verdict
from briefings.pipeline.departures import departures
from briefings.pipeline.numbers import IssueNumbers, numbers
from briefings.web.desk.door import Door
from briefings.web.desk.visit import Visit

_ITEMS_SHOWN = 60


def register(door: Door) -> None:
    """Add the routes."""

    @door.page("/desk/numbers")
    def show(visit: Visit) -> Response:
        """Show one issue by section and item, and who left by issue."""
        newest = departures(visit.chain)
        name = visit.query("issue") or next((one.issue for one in newest), "")
        found = numbers(visit.chain, name) if name else None
        left = [(one, rate(one.left, one.mails, per=1000)) for one in newest]
        return visit.show(
            "numbers.html",
            title="Numbers",
            section="numbers",
            found=found,
            left=left,
            most_left=ruler(max((value or 0.0 for _, value in left), default=0.0)),
            drawn=_drawn(found),
        )


def _drawn(found: IssueNumbers | None) -> dict[str, object]:
    """Sections and items with their presses for each hundred mails, the most pressed first."""
    if found is None:
        return {"sections": [], "items": [], "most_pressed": 1}
    told = [one for one in found.sections if one.pressed is not None]
    usual = rate(sum(one.pressed or 0 for one in told), sum(one.readings for one in told), per=100)
    sections = [(one, rate(one.pressed, one.readings, per=100)) for one in found.sections]
    items = [(one, rate(one.pressed, one.readers, per=100)) for one in found.items]
    items.sort(key=lambda each: -(each[1] if each[1] is not None else -1.0))
    largest = max((value or 0.0 for _, value in (*sections, *items)), default=0.0)
    return {
        "sections": [
            (one, value, verdict(value, usual, more=one.more or 0, less=one.less or 0))
            for one, value in sorted(sections, key=lambda each: -(each[1] or 0.0))
        ],
        "items": [(one, value) for one, value in items if value is not None][:_ITEMS_SHOWN],
        "most_pressed": ruler(largest),
    }
