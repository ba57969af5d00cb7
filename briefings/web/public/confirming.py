"""The confirmation of a sign-up: a page on GET, the act on POST (P8)."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Request, Response

from briefings.links import Purpose
from briefings.pipeline.letter_press import share_url
from briefings.pipeline.next_mail import next_mail
from briefings.pipeline.signing_up import Confirmed, confirm, confirming
from briefings.readers.signup import LATEST
from briefings.web.public.preferences import next_words
from briefings.web.public.subscribe import COOKIE, COOKIE_SECONDS, SCRIPTS, asked_from, unkept
from briefings.web.seals import BadSeal
from briefings.web.site import Fields, Site, first, form_fields
from briefings.weeks import zone

_CONFIRM = "confirm"


def routes(site: Site) -> APIRouter:
    """The page /confirm/{token}."""
    router = APIRouter()

    @router.api_route("/confirm/{token}", methods=["GET", "HEAD"])
    def look(request: Request, token: str) -> Response:
        """Show what would be confirmed; the page sends itself where this browser signed up."""
        link = site.read_token(Purpose.CONFIRM, token)
        seen = confirming(site.app.chain, site.mailboxes, link)
        if seen.done:
            return unkept(_done_before(site))
        page = site.pages.show(
            "confirm.html",
            site.week,
            title="Confirm your sign-up",
            token=token,
            seen=seen,
            seal=site.seals.seal(_CONFIRM, token, site.seconds()),
            by_itself=_signed_up_here(site, request, seen.mailbox),
        )
        page.headers["content-security-policy"] = SCRIPTS
        return unkept(page)

    @router.post("/confirm/{token}")
    def act(
        request: Request, token: str, fields: Annotated[Fields, Depends(form_fields)]
    ) -> Response:
        """Confirm, and say when the first mail comes; a repeat changes nothing."""
        link = site.read_token(Purpose.CONFIRM, token)
        site.check_form(request, _CONFIRM, token, first(fields, "seal"), seconds=LATEST)
        made = confirm(
            site.app.chain,
            site.mailboxes,
            site.left_log,
            link,
            confirmed_from=asked_from(request),
        )
        if not made.fresh:
            return unkept(_done_before(site))
        page = _welcome(site, made)
        page.delete_cookie(COOKIE, path="/confirm")
        return unkept(page)

    return router


def _welcome(site: Site, made: Confirmed) -> Response:
    chain, reader = site.app.chain, made.reader
    with chain.db.read() as tx:
        when = next_mail(tx, chain, reader, chain.clock())
    today = chain.clock().astimezone(zone(reader.timezone or chain.schedule.timezone)).date()
    return site.pages.show(
        "confirmed.html",
        site.week,
        title="You are in",
        names=made.names,
        next_words=next_words(when, today),
        plan_token=chain.signer().sign(Purpose.PLAN, reader.id),
        plan_starts=reader.plan_started_on,
        preferences_token=chain.signer().sign(Purpose.PREFERENCES, reader.id),
        share=share_url(site.base_url, reader.preferences.specializations[0]),
    )


def _signed_up_here(site: Site, request: Request, mailbox: str) -> bool:
    try:
        found = site.seals.open(
            COOKIE,
            request.cookies.get(COOKIE, ""),
            now=site.seconds(),
            seconds=COOKIE_SECONDS,
        )
    except BadSeal:
        return False
    return found == mailbox


def _done_before(site: Site) -> Response:
    return site.pages.message(
        site.week,
        200,
        "You are in already",
        "This link has done its work. Your settings stand behind a link in every mail.",
    )
