"""The week board: which editions of the coming weeks are ready, thin or empty, and items moved."""

from __future__ import annotations

from urllib.parse import urlencode

from fastapi import Response

from briefings.desk.permissions import Permission
from briefings.errors import Misconfigured, NotFound
from briefings.pipeline.board import board, move_item, of_week
from briefings.web.desk.door import Act, Door
from briefings.web.desk.said import Undo
from briefings.web.desk.visit import Visit, number_of
from briefings.weeks import Week

_BOARD = "/desk/board"
_WEEK = f"{_BOARD}/{{week}}"


def register(door: Door) -> None:
    """Add the routes."""

    @door.page(_BOARD)
    def show(visit: Visit) -> Response:
        """Show the coming weeks."""
        found = board(visit.chain)
        return visit.show(
            "board.html",
            title="Board",
            section="board",
            board=found,
            weeks=[{"name": str(one.week), "number": one.week.number} for one in found.weeks],
        )

    @door.page(_WEEK)
    def week(visit: Visit) -> Response:
        """List the items of one week, of all specializations or of one."""
        shown, slug = _week(visit.word("week")), visit.query("specialization")
        names = {each.slug: each.name for each in visit.site.specializations()}
        return visit.show(
            "board-week.html",
            title=f"Items of week {shown.number}",
            section="board",
            shown=shown,
            placed=of_week(visit.chain, shown, slug),
            names=names,
            slug=slug,
            may_write=visit.may(Permission.WRITE),
        )

    @door.act(f"{_WEEK}/move", "move an item to another week")
    def move(act: Act) -> Response:
        """Let an item come in another week."""
        visit = act.visit
        text = visit.field("item")
        number = number_of(text)
        if number is None:
            raise NotFound("There is no such item.")
        to = _week(visit.field("to"))
        item, voided = move_item(act.record, number, to)
        again = f" {voided} approved editions have to be approved again." if voided else ""
        slug = visit.field("specialization")
        undo = Undo(
            path=f"{_BOARD}/{to}/move",
            fields=(("item", text), ("to", item.week), ("specialization", slug)),
        )
        where = f"{_BOARD}/{item.week}" + (
            f"?{urlencode({'specialization': slug})}" if slug else ""
        )
        return visit.go(
            where, f"\u201c{item.news.headline}\u201d comes in week {to.number}.{again}", undo
        )


def _week(text: str) -> Week:
    try:
        return Week.parse(text)
    except Misconfigured as wrong:
        raise NotFound(f"{text!r} is no week. {wrong}") from None
