"""One request to the desk: who is here, what was asked, and how to answer; it changes nothing."""

from __future__ import annotations

from fastapi import Request, Response
from fastapi.responses import RedirectResponse

from briefings.desk.permissions import Permission, may, permission_of
from briefings.errors import Misconfigured, NotFound
from briefings.model.user import Session, User
from briefings.pipeline.chain import Chain
from briefings.web.desk import said
from briefings.web.desk.said import Undo
from briefings.web.site import Fields, Site, first

FORM_SECONDS = 12 * 3600
POLICY = (
    "default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; "
    "img-src 'self' data:; frame-src 'self'; form-action 'self'; frame-ancestors 'none'; "
    "base-uri 'none'"
)
NAV = (
    ("week", "This week", "/desk"),
    ("inbox", "Inbox", "/desk/inbox"),
    ("search", "Search", "/desk/search"),
    ("board", "Board", "/desk/board"),
    ("issues", "Issues", "/desk/issues"),
    ("corrections", "Corrections", "/desk/corrections"),
    ("numbers", "Numbers", "/desk/numbers"),
    ("people", "People", "/desk/people"),
    ("audit", "Log", "/desk/audit"),
)
"""The navigation: section, words, address; each is shown where its route exists and is allowed."""
_SEAL = "desk"
_MOST_DIGITS = 18
_LAST_PAGE = 10_000


def number_of(text: str) -> int | None:
    """Read digits as a number that fits into a row's column; None for anything else."""
    digits = text.isascii() and text.isdigit() and len(text) <= _MOST_DIGITS
    return int(text) if digits else None


class Visit:
    """One request of one person: who it is, what was asked, and how to answer."""

    def __init__(
        self,
        site: Site,
        request: Request,
        *,
        session: Session | None,
        stopped_since: str | None,
        pages: frozenset[str],
        fields: Fields | None = None,
    ) -> None:
        """Made by the door alone."""
        self.site = site
        self.request = request
        self.fields: Fields = fields or {}
        self.stopped_since = stopped_since
        self._session = session
        self._pages = pages

    @property
    def chain(self) -> Chain:
        """The chain to look with; acts use the one of their record."""
        return self.site.app.chain

    @property
    def session(self) -> Session:
        """The session of who is here; only routes open to anybody are without one."""
        if self._session is None:
            raise Misconfigured("This route is open to anybody: nobody is signed in.")
        return self._session

    @property
    def is_signed_in(self) -> bool:
        """Whether somebody is here at all."""
        return self._session is not None

    @property
    def user(self) -> User:
        """Who is here."""
        return self.session.user

    def may(self, permission: Permission) -> bool:
        """Whether who is here may do that."""
        return may(self._session.user.roles if self._session else (), permission)

    def field(self, name: str) -> str:
        """The first value of a form's field, without white space around it."""
        return first(self.fields, name).strip()

    def values(self, name: str) -> list[str]:
        """All values of a form's field."""
        return list(self.fields.get(name, ()))

    def query(self, name: str) -> str:
        """A value of the address's query, empty when there is none."""
        return self.request.query_params.get(name, "")

    @property
    def page_number(self) -> int:
        """The page of a long list that the address asks for; the first where it names none."""
        return max(1, min(_LAST_PAGE, number_of(self.query("page")) or 1))

    def leads_to(self, route: str) -> bool:
        """Whether the desk has this route, such as `GET /desk/inbox`."""
        return route in self._pages

    def word(self, name: str) -> str:
        """A part of the path."""
        return str(self.request.path_params[name])

    def number(self, name: str) -> int:
        """A part of the path that must be a number.

        Raises:
            NotFound: it is none.
        """
        number = number_of(self.word(name))
        if number is None:
            raise NotFound("There is no such page.")
        return number

    def show(self, template: str, status: int = 200, **values: object) -> Response:
        """Show a template of `pages/desk/` in the desk's frame; give it `title` and `section`."""
        user = self._session.user if self._session else None
        now = self.site.seconds()
        page = self.site.pages.show(
            f"desk/{template}",
            self.site.week,
            status,
            **{
                "section": "",
                "visitor": user,
                "seal": self.seal(),
                "said": said.read(self.site.seals, self.query(said.FIELD), user_id=user.id, now=now)
                if user
                else None,
                "stopped_since": self.stopped_since,
                "nav": [
                    each
                    for each in NAV
                    if f"GET {each[2]}" in self._pages and self.may(permission_of(f"GET {each[2]}"))
                ],
                "may_stop": self.may(Permission.STOP),
                "may_go": self.may(Permission.GO),
                **values,
            },
        )
        page.headers["content-security-policy"] = POLICY
        return page

    def message(self, status: int, title: str, lead: str) -> Response:
        """Show a page that says one thing: what happened, then what now."""
        return self.show("message.html", status, title=title, lead=lead)

    def go(self, path: str, words: str = "", undo: Undo | None = None) -> Response:
        """Go on to a page of the desk, which says these words and offers the way back."""
        if words and self._session is not None:
            path = said.with_words(
                self.site.seals,
                path,
                words,
                undo,
                user_id=self._session.user.id,
                now=self.site.seconds(),
            )
        return RedirectResponse(path, 303)

    def seal(self) -> str:
        """What every form of this visit carries in its hidden field `seal`."""
        return self.site.seals.seal(_SEAL, self._sealed_for, self.site.seconds())

    def check_seal(self) -> None:
        """Refuse a form that no page of ours gave to this very session.

        Raises:
            BadSeal: another site sent it, or it is another session's, or too old.
        """
        self.site.check_form(
            self.request, _SEAL, self._sealed_for, first(self.fields, "seal"), seconds=FORM_SECONDS
        )

    @property
    def _sealed_for(self) -> str:
        return f"session {self._session.id}" if self._session else "nobody"
