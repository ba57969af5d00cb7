"""The one door to the desk: permission, seal and audit log stand here, for every page and act.

A page is a GET that changes nothing, an act a POST that leaves one entry in the audit log. A route
without a line in `briefings/desk/permissions.py` cannot be registered (docs/decisions/0040).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated

from fastapi import APIRouter, Depends, Request, Response
from fastapi.responses import RedirectResponse

from briefings.desk.permissions import Permission, permission_of, roles_that_may
from briefings.errors import Misconfigured, NotFound, Refused, Temporary
from briefings.links import BadToken
from briefings.pipeline.chain import Chain
from briefings.pipeline.halt import stopped
from briefings.pipeline.recorded import Record, recorded
from briefings.pipeline.signing_in import session_of
from briefings.web.desk.remedies import told
from briefings.web.desk.visit import Visit
from briefings.web.seals import BadSeal
from briefings.web.site import Fields, Site, form_fields

COOKIE = "desk"
SIGN_IN = "/desk/sign-in"
RETRY_SECONDS = "5"
_ANSWERS: tuple[tuple[type[Exception], tuple[int, str]], ...] = (
    (BadToken, (404, "The link does not work")),
    (BadSeal, (403, "Nothing was changed")),
    (NotFound, (404, "Not here")),
    (Refused, (409, "Nothing was changed")),
    (Misconfigured, (422, "Nothing was changed")),
)
"""Status and title for what a page or an act raises, the narrowest kind first."""


@dataclass(frozen=True, kw_only=True)
class Act:
    """An act under way: the visit that asks for it, and the record that it is made with."""

    visit: Visit
    record: Record

    @property
    def chain(self) -> Chain:
        """The chain to change with: all of it is one unit with the entry in the audit log."""
        return self.record.chain


Page = Callable[[Visit], Response]
Doing = Callable[[Act], Response]


class Door:
    """Registers the pages and acts of the desk on one router."""

    def __init__(self, site: Site) -> None:
        """Open a door on an empty router."""
        self.site = site
        self.router = APIRouter()
        self.routes: set[str] = set()

    def page(self, path: str) -> Callable[[Page], Page]:
        """Register a page, for GET and HEAD; it must not change anything (P8).

        Raises:
            Misconfigured: the permission table has no line for it.
        """
        permission = self._register(f"GET {path}")

        def register(show: Page) -> Page:
            def answer(request: Request) -> Response:
                visit = self._visit(request)
                return _refusal(visit, permission) or _guarded(visit, lambda: show(visit))

            self.router.add_api_route(path, answer, methods=["GET", "HEAD"], response_model=None)
            return show

        return register

    def act(self, path: str, words: str, *, whole: bool = True) -> Callable[[Doing], Doing]:
        """Register an act, for POST: `words` call it in the audit log, as "remove a person".

        It calls `act.record.changed(...)` once for what it did; without that call nothing is kept.
        `whole=False` is for acts that render or freeze: see `recorded`.

        Raises:
            Misconfigured: the permission table has no line for it.
        """
        route = f"POST {path}"
        permission = self._register(route)

        def register(do: Doing) -> Doing:
            def answer(
                request: Request, fields: Annotated[Fields, Depends(form_fields)]
            ) -> Response:
                visit = self._visit(request, fields)

                def done() -> Response:
                    visit.check_seal()
                    by = visit.user.email
                    with recorded(
                        visit.chain, by=by, route=route, act=words, whole=whole
                    ) as record:
                        return do(Act(visit=visit, record=record))

                return _refusal(visit, permission) or _guarded(visit, done)

            self.router.add_api_route(path, answer, methods=["POST"], response_model=None)
            return do

        return register

    def look(self, path: str) -> Callable[[Page], Page]:
        """Register a POST that only looks, at what a form holds: it must not change anything.

        It wants the seal like an act, and leaves no entry in the log.

        Raises:
            Misconfigured: the permission table has no line for it.
        """
        permission = self._register(f"POST {path}")

        def register(show: Page) -> Page:
            def answer(
                request: Request, fields: Annotated[Fields, Depends(form_fields)]
            ) -> Response:
                visit = self._visit(request, fields)

                def looked() -> Response:
                    visit.check_seal()
                    return show(visit)

                return _refusal(visit, permission) or _guarded(visit, looked)

            self.router.add_api_route(path, answer, methods=["POST"], response_model=None)
            return show

        return register

    def open_act(self, path: str) -> Callable[[Page], Page]:
        """Register an act of somebody who is not signed in: it keeps its own entry in the log.

        Raises:
            Misconfigured: the permission table does not open it to anybody.
        """
        if self._register(f"POST {path}") is not Permission.ANYBODY:
            raise Misconfigured(f"POST {path} is not open to anybody: register it with `act`.")

        def register(do: Page) -> Page:
            def answer(
                request: Request, fields: Annotated[Fields, Depends(form_fields)]
            ) -> Response:
                visit = self._visit(request, fields)
                return _guarded(visit, lambda: do(visit))

            self.router.add_api_route(path, answer, methods=["POST"], response_model=None)
            return do

        return register

    def _register(self, route: str) -> Permission:
        permission = permission_of(route)
        self.routes.add(route)
        return permission

    def _visit(self, request: Request, fields: Fields | None = None) -> Visit:
        site = self.site
        with site.app.db.read() as tx:
            session = session_of(tx, site.app.chain, request.cookies.get(COOKIE, ""))
            since = stopped(tx)
        return Visit(
            site,
            request,
            session=session,
            stopped_since=since,
            pages=frozenset(self.routes),
            fields=fields,
        )


def _refusal(visit: Visit, permission: Permission) -> Response | None:
    """The answer to who may not come in; None for who may."""
    if visit.may(permission):
        return None
    if not visit.is_signed_in:
        if visit.request.method == "POST":
            return visit.message(
                403, "You are not signed in", "Nothing was changed. Sign in, and do it again."
            )
        return RedirectResponse(SIGN_IN, 303)
    roles = " or ".join(role.value for role in roles_that_may(permission))
    return visit.message(
        403,
        "That is not among your roles",
        f"To {permission.value} one has to be {roles}. Nothing was changed. An operator can give "
        "you the role under People.",
    )


def _guarded(visit: Visit, run: Callable[[], Response]) -> Response:
    """Turn what a page or an act raises into a page of the desk."""
    try:
        return run()
    except Temporary:
        page = visit.message(
            503, "Not done yet", "The database is busy, and nothing was changed. Try again soon."
        )
        page.headers["retry-after"] = RETRY_SECONDS
        return page
    except (Refused, Misconfigured) as wrong:
        status, title = next(answer for kind, answer in _ANSWERS if isinstance(wrong, kind))
        return visit.message(status, title, told(wrong))
