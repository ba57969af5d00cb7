"""Stop everything now, and go on again: a button, a page with one sentence, and then the act."""

from __future__ import annotations

from fastapi import Response

from briefings.desk.permissions import Permission
from briefings.errors import Conflict
from briefings.pipeline import halt, on_record
from briefings.web.desk.door import Act, Door
from briefings.web.desk.said import Undo
from briefings.web.desk.visit import Visit

_STOP, _GO = "/desk/stop", "/desk/go"


def register(door: Door) -> None:
    """Add the routes."""

    @door.page(_STOP)
    def ask_stop(visit: Visit) -> Response:
        """Say what stopping does, with today's count."""
        if visit.stopped_since:
            return visit.message(
                200, "Everything is stopped", f"It is stopped {visit.stopped_since}."
            )
        return visit.show(
            "stop.html", title="Stop everything now?", open=halt.open_work(visit.chain)
        )

    @door.act(_STOP, on_record.STOP)
    def stop(act: Act) -> Response:
        """Stop all mail, in every process."""
        if act.visit.stopped_since:
            raise Conflict(f"Everything is stopped already, {act.visit.stopped_since}.")
        on_record.stop(act.record)
        undo = Undo(path=_GO, fields=()) if act.visit.may(Permission.GO) else None
        return act.visit.go("/desk", "Everything is stopped: no mail starts.", undo)

    @door.page(_GO)
    def ask_go(visit: Visit) -> Response:
        """Say what going on does."""
        if not visit.stopped_since:
            return visit.message(200, "Nothing is stopped", "Mail goes as planned.")
        return visit.show(
            "go.html",
            title="Let everything go on?",
            since=visit.stopped_since,
            open=halt.open_work(visit.chain),
        )

    @door.act(_GO, on_record.GO)
    def go(act: Act) -> Response:
        """Let all mail go on."""
        if not act.visit.stopped_since:
            raise Conflict("Nothing is stopped: mail goes as planned.")
        on_record.go(act.record)
        return act.visit.go(
            "/desk", "Mail goes on. Issues that were paused for a reason of their own stay paused."
        )
