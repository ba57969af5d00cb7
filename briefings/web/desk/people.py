"""People of the desk: who may do what, who is signed in where, and the log of what they changed."""

from __future__ import annotations

from collections.abc import Mapping

from fastapi import Response

from briefings.desk.permissions import GRANTS, Permission
from briefings.errors import NotFound
from briefings.model.user import DeskRole, User
from briefings.pipeline import people
from briefings.pipeline.people import BadPerson
from briefings.pipeline.recorded import ENTRIES_AT_ONCE, entries
from briefings.pipeline.signing_in import end, open_sessions
from briefings.web.desk.door import Act, Door
from briefings.web.desk.said import Undo
from briefings.web.desk.visit import Visit, number_of

_PEOPLE, _SESSIONS = "/desk/people", "/desk/sessions"


def register(door: Door) -> None:
    """Add the routes."""

    @door.page(_PEOPLE)
    def everybody(visit: Visit) -> Response:
        """List the people, and offer the form."""
        return _page(visit)

    @door.act(_PEOPLE, "add a person")
    def add(act: Act) -> Response:
        """Add a person, or change what one may."""
        visit = act.visit
        try:
            made = people.add(
                act.record,
                visit.field("email"),
                name=visit.field("name"),
                roles=visit.values("role"),
                may_approve_own=visit.field("own") == "yes",
            )
        except BadPerson as wrong:
            return _page(visit, 422, wrong={wrong.field: str(wrong)})
        return visit.go(_PEOPLE, f"{made.called} is {', '.join(made.roles)} now.")

    @door.act(f"{_PEOPLE}/{{id}}/remove", "remove a person")
    def remove(act: Act) -> Response:
        """Remove a person, with a way back."""
        gone = people.person(act.chain, number=act.visit.number("id"))
        people.remove(act.record, gone)
        return act.visit.go(
            _PEOPLE, f"{gone.called} is not at the desk any more, and signed out.", _back(gone)
        )

    @door.page(_SESSIONS)
    def sessions(visit: Visit) -> Response:
        """List one's own sessions; who may change people sees everybody's."""
        all_of_them = visit.may(Permission.PEOPLE)
        return visit.show(
            "sessions.html",
            title="Sessions",
            section="people" if all_of_them else "",
            sessions=open_sessions(visit.chain, None if all_of_them else visit.user),
            own=visit.session.id,
            everybody=all_of_them,
        )

    @door.act(f"{_SESSIONS}/{{id}}/end", "end a session")
    def end_one(act: Act) -> Response:
        """End a session of one's own, or of anybody."""
        visit = act.visit
        seen = open_sessions(act.chain, None if visit.may(Permission.PEOPLE) else visit.user)
        number = visit.number("id")
        chosen = next((one for one in seen if one.id == number), None)
        if chosen is None:
            raise NotFound("This session is over, or is not yours.")
        end(act.record, chosen)
        return visit.go(_SESSIONS, f"The session of {chosen.user.called} is over.")

    @door.page("/desk/audit")
    def log(visit: Visit) -> Response:
        """Show who changed what, newest first."""
        before = visit.query("before")
        number = number_of(before)
        found = entries(visit.chain, before=number, subject=visit.query("subject"))
        return visit.show(
            "audit.html",
            title="Log",
            section="audit",
            entries=found,
            subject=visit.query("subject"),
            more=found[-1].id if len(found) == ENTRIES_AT_ONCE else None,
            later=number is not None,
        )


def _page(visit: Visit, status: int = 200, *, wrong: Mapping[str, str] | None = None) -> Response:
    return visit.show(
        "people.html",
        status,
        title="People",
        section="people",
        people=people.everybody(visit.chain),
        wrong=wrong or {},
        filled={
            "email": visit.field("email"),
            "name": visit.field("name"),
            "roles": visit.values("role"),
            "own": not wrong or visit.field("own") == "yes",
        },
        grants=[
            (role, [each.value for each in Permission if each in GRANTS[role]]) for role in DeskRole
        ],
    )


def _back(gone: User) -> Undo:
    """The act that puts a removed person back; `role` holds one role, more need the form."""
    return Undo(
        path=_PEOPLE,
        fields=[
            ("email", gone.email),
            ("name", gone.name),
            *(("role", role.value) for role in gone.roles),
            ("own", "yes" if gone.may_approve_own else "no"),
        ],
    )
