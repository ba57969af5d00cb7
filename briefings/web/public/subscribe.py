"""Sign-up: one answer for every address; what becomes of it, only the mailbox tells."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated

from fastapi import APIRouter, Depends, Request, Response

from briefings.pipeline.assessing import Assessed, catalogue_of, with_assessment
from briefings.pipeline.signing_up import Limits, TooMany, sign_up
from briefings.readers.consent import CONSENT, PRESENT
from briefings.readers.signup import (
    LATEST,
    SOONEST,
    SOURCES,
    TRAP,
    Wrong,
    is_trapped,
    read,
)
from briefings.readers.zones import accepted, in_words, offered
from briefings.web.public.answers import carrying
from briefings.web.seals import BadSeal
from briefings.web.site import Fields, Site, first, form_fields, from_elsewhere

COOKIE = "signed-up"
"""Says that this browser asked for an address; its confirmation page then needs no press."""
COOKIE_SECONDS = 7 * 86_400
_FORM = "sign-up"
_HOUR = 3600
SCRIPTS = (
    "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self' data:; "
    "form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
)
"""For the pages that have a script of ours; it is a file, never written into the page."""
_FAILED = "Nothing was sent yet. Look at what is marked below."
_TOO_QUICK = "That was quicker than people are. Press once more."
_TOO_OLD = "This form was open for too long. Press once more."


def routes(site: Site) -> APIRouter:
    """The page /subscribe."""
    router = APIRouter()

    @router.api_route("/subscribe", methods=["GET", "HEAD"])
    def ask(request: Request) -> Response:
        """Show the form; `about` chooses a specialization ahead, `from` says who passed it on."""
        query = request.query_params
        return _form(
            site,
            {
                "specialization": [query.get("about", "")],
                "from": [query.get("from", "")],
            },
        )

    @router.post("/subscribe")
    def take(request: Request, fields: Annotated[Fields, Depends(form_fields)]) -> Response:
        """Take the sign-up; what becomes of it, only the mailbox tells."""
        if from_elsewhere(request):
            raise BadSeal("Another site sent this form. Open our sign-up page and fill it in.")
        asked = read(fields, [each.slug for each in site.specializations()])
        if isinstance(asked, Wrong):
            return _form(site, fields, wrong=asked.by_field, message=_FAILED, status=422)
        if message := _form_age(site, first(fields, "seal")):
            return _form(site, fields, message=message, status=422)
        asked = carrying(site, fields, asked)
        mailboxes = site.mailboxes
        if not is_trapped(fields):
            try:
                sign_up(
                    site.app.chain, mailboxes, limits(site), asked, asked_from=asked_from(request)
                )
            except TooMany as spent:
                return _form(site, fields, message=str(spent), status=429)
        page = site.pages.show(
            "asked.html", site.week, title="Look into your mailbox", email=asked.address.text
        )
        name = mailboxes.name(asked.address.text)
        page.set_cookie(
            COOKIE,
            site.seals.seal(COOKIE, name, site.seconds()),
            max_age=COOKIE_SECONDS,
            path="/confirm",
            secure=site.is_https,
            httponly=True,
            samesite="lax",
        )
        return unkept(page)

    return router


@dataclass(frozen=True, slots=True, kw_only=True)
class InPlace:
    """What the short form on a public page needs besides its specialization."""

    seal: str
    trap: str
    consent: str
    default_zone: str


def in_place(site: Site) -> InPlace:
    """Give the short form's fields; the seal is of the hour, so that the page can be kept.

    A page in a store is the same for everybody, so its seal cannot tell when one person opened it
    (docs/decisions/0066).
    """
    hour = site.seconds() // _HOUR * _HOUR
    return InPlace(
        seal=site.seals.seal(_FORM, str(hour), hour),
        trap=TRAP,
        consent=CONSENT[PRESENT],
        default_zone=site.app.settings.timezone,
    )


def asked_from(request: Request) -> str:
    """The IP address that a request came from, as far as the trusted proxies tell it."""
    return request.client.host if request.client else ""


def _form_seal(site: Site) -> str:
    """A seal for a sign-up form that is opened now."""
    return site.seals.seal(_FORM, str(site.seconds()), site.seconds())


def limits(site: Site) -> Limits:
    """How many sign-ups an hour has room for."""
    settings = site.app.settings
    return Limits(per_network=settings.signups_per_network, in_all=settings.signups_per_hour)


def _form(
    site: Site,
    filled: Fields,
    *,
    wrong: Mapping[str, str] | None = None,
    message: str = "",
    status: int = 200,
) -> Response:
    """The form as it was filled in, under a seal that says when it was first opened."""
    seal = first(filled, "seal")
    if _form_age(site, seal) != _TOO_QUICK:
        seal = _form_seal(site)
    zone_name = accepted(first(filled, "timezone")) or ""
    source = first(filled, "from")
    values = {
        **sign_up_values(site),
        "wrong": wrong or {},
        "seal": seal,
        "zone_name": zone_name,
    }
    page = site.pages.show(
        "subscribe.html",
        site.week,
        status,
        title="Get your briefing",
        description="One mail a week about the work you do. First comes one mail with a link to "
        "confirm; until you press it, nothing else.",
        canonical=site.canonical("/subscribe"),
        section="subscribe",
        personal=bool(message),
        filled={name: list(each) for name, each in filled.items()},
        message=message,
        source=source if source in SOURCES else SOURCES[0],
        offer=site.specializations(),
        assessed=_assessed(site, filled),
        **values,
    )
    page.headers["content-security-policy"] = SCRIPTS
    page.headers["cache-control"] = "no-store"  # it holds the time at which it was opened
    return page


def sign_up_values(site: Site) -> dict[str, object]:
    """What every page needs that holds a sign-up form, newly opened and with nothing wrong."""
    return {
        "wrong": {},
        "seal": _form_seal(site),
        "trap": TRAP,
        "zones": offered(),
        "zone_words": in_words,
        "zone_name": "",
        "default_zone": site.app.settings.timezone,
        "consent": CONSENT[PRESENT],
    }


def _assessed(site: Site, filled: Fields) -> Assessed | None:
    """The role whose result led here; None where none did."""
    role = first(filled, "assessed")
    return with_assessment(catalogue_of(site.app.chain), role) if role else None


def _form_age(site: Site, seal: str) -> str:
    """What is wrong with the time between opening and sending a form; empty when nothing is."""
    now = site.seconds()
    try:
        opened = int(site.seals.open(_FORM, seal, now=now, seconds=LATEST))
    except BadSeal:
        return _TOO_OLD
    return _TOO_QUICK if now - opened < SOONEST else ""


def unkept(page: Response) -> Response:
    """Keep an answer that is about one person out of every store and index."""
    page.headers["cache-control"] = "no-store"
    page.headers["x-robots-tag"] = "noindex, nofollow"
    return page
