"""Signing in and out: a form, a mailed link, a button (P8); the session is a cookie and a row."""

from __future__ import annotations

import secrets

from fastapi import Response

from briefings.links import Purpose
from briefings.pipeline.signing_in import LINK_LASTS, SESSION_LASTS, ask, end, entering, sign_in
from briefings.pipeline.signing_up import TooMany
from briefings.web.desk.door import COOKIE, Act, Door
from briefings.web.desk.visit import Visit

ASKED = "desk-asked"
"""Cookie of the browser that asked for a link: without it the link opens nothing."""
_PAGE = "/desk/sign-in"
_COOKIES = "/desk"
_LONGEST_ADDRESS = 254


def register(door: Door) -> None:
    """Add the routes."""

    @door.page(_PAGE)
    def form(visit: Visit) -> Response:
        """Ask for the address."""
        return visit.show("sign-in.html", title="Sign in to the desk", wrong="", email="")

    @door.open_act(_PAGE)
    def take(visit: Visit) -> Response:
        """Mail the link; the answer is the same for every address."""
        visit.check_seal()
        email = visit.field("email")
        if "@" not in email or len(email) > _LONGEST_ADDRESS or not email.isprintable():
            return _again(visit, 422, "Write a mail address, such as ada@example.org.")
        browser = secrets.token_urlsafe(32)
        site = visit.site
        try:
            ask(
                visit.chain,
                site.mailboxes,
                email,
                browser=browser,
                asked_from=visit.request.client.host if visit.request.client else "",
                route=f"POST {_PAGE}",
            )
        except TooMany as spent:
            return _again(visit, 429, str(spent))
        page = visit.show("asked.html", title="Look into your mailbox", email=email)
        return _with_cookie(visit, page, ASKED, browser, int(LINK_LASTS.total_seconds()))

    @door.page(f"{_PAGE}/{{token}}")
    def look(visit: Visit) -> Response:
        """Show whom the link signs in, in the browser that asked for it."""
        link = visit.site.read_token(Purpose.DESK, visit.word("token"))
        seen = entering(visit.chain, link, browser=visit.request.cookies.get(ASKED, ""))
        return visit.show(
            "enter.html",
            title="Sign in",
            who=seen.user,
            token=visit.word("token"),
            by_itself=not seen.printed,
        )

    @door.open_act(f"{_PAGE}/{{token}}")
    def enter(visit: Visit) -> Response:
        """Sign in; the link is used up."""
        visit.check_seal()
        link = visit.site.read_token(Purpose.DESK, visit.word("token"))
        secret = secrets.token_urlsafe(32)
        sign_in(
            visit.chain,
            link,
            browser=visit.request.cookies.get(ASKED, ""),
            secret=secret,
            agent=visit.request.headers.get("user-agent", ""),
            route=f"POST {_PAGE}/{{token}}",
        )
        page = visit.go("/desk")
        page.delete_cookie(ASKED, path=_COOKIES)
        return _with_cookie(visit, page, COOKIE, secret, int(SESSION_LASTS.total_seconds()))

    @door.act("/desk/sign-out", "sign out")
    def leave(act: Act) -> Response:
        """End this session."""
        end(act.record, act.visit.session)
        page = act.visit.go(_PAGE)
        page.delete_cookie(COOKIE, path=_COOKIES)
        return page


def _again(visit: Visit, status: int, wrong: str) -> Response:
    title = "Sign in to the desk"
    return visit.show("sign-in.html", status, title=title, wrong=wrong, email=visit.field("email"))


def _with_cookie(visit: Visit, page: Response, name: str, value: str, seconds: int) -> Response:
    page.set_cookie(
        name,
        value,
        max_age=seconds,
        path=_COOKIES,
        secure=visit.site.is_https,
        httponly=True,
        samesite="lax",  # a link in a mail must find it
    )
    return page
