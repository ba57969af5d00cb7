"""Seed readers at the desk: who gets issues first where an editor chose that; mails nobody."""

from __future__ import annotations

from fastapi import Response

from briefings.desk.seeds import MOST
from briefings.errors import NotFound, Refused
from briefings.pipeline import on_record_readers as on_record
from briefings.pipeline import seeding
from briefings.web.desk.door import Act, Door
from briefings.web.desk.visit import Visit

_SEEDS = "/desk/seeds"


def register(door: Door) -> None:
    """Add the routes."""

    @door.page(_SEEDS)
    def everybody(visit: Visit) -> Response:
        """List the seed readers, and offer the form."""
        return _page(visit)

    @door.act(_SEEDS, on_record.MARK_SEED)
    def mark(act: Act) -> Response:
        """Mark a reader."""
        visit = act.visit
        try:
            new = on_record.mark_seed(act.record, visit.field("email"))
        except (NotFound, Refused) as wrong:
            return _page(visit, 422, wrong=str(wrong))
        if not new:
            return _page(visit, 422, wrong="That is a seed reader already.")
        return visit.go(_SEEDS, "There is one more seed reader.")

    @door.act(f"{_SEEDS}/{{id}}/remove", on_record.UNMARK_SEED)
    def unmark(act: Act) -> Response:
        """Make a seed reader one like all others."""
        on_record.unmark_seed_number(act.record, act.visit.number("id"))
        return act.visit.go(_SEEDS, "That is a reader like all others again.")


def _page(visit: Visit, status: int = 200, *, wrong: str = "") -> Response:
    return visit.show(
        "seeds.html",
        status,
        title="Seed readers",
        section="week",
        seeds=seeding.marked(visit.chain),
        most=MOST,
        wrong=wrong,
        email=visit.field("email"),
    )
