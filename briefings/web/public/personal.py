"""What only a fresh letter may do: take one's data, delete it, move to another address (R13).

A GET shows a page, a POST acts (P8). Asking for a letter needs a link of any mail; the letter
itself goes to the reader's own address.
"""

from __future__ import annotations

import json
from typing import Annotated

from fastapi import APIRouter, Depends, Request, Response

from briefings.links import Purpose
from briefings.model.letter import LetterKind
from briefings.pipeline.erasing import erase_by_link, erasing, export
from briefings.pipeline.fresh_links import ask_for
from briefings.pipeline.moving import agree, ask_to_move, moving
from briefings.pipeline.preferences import BadChoice
from briefings.web.public.preferences import settings_page
from briefings.web.public.subscribe import unkept
from briefings.web.seals import foreign
from briefings.web.site import Fields, Site, first, form_fields

FORM_SECONDS = 12 * 3600
_EXPORT, _ERASE, _MOVE = "export", "erase", "move"
ASKED = {
    LetterKind.EXPORT: ("A letter is on its way", "In it is a link to the file with your data."),
    LetterKind.ERASE: (
        "A letter is on its way",
        "In it is a link to the page that deletes everything. Nothing is deleted yet.",
    ),
}


def routes(site: Site) -> APIRouter:
    """The pages under /export, /erase and /address."""
    router = APIRouter()
    for made in (_asking(site), _taking(site), _erasing(site), _moving(site)):
        router.include_router(made)
    return router


def _asking(site: Site) -> APIRouter:
    router = APIRouter()

    @router.post("/preferences/{token}/export")
    def ask_export(
        request: Request, token: str, fields: Annotated[Fields, Depends(form_fields)]
    ) -> Response:
        """Send the letter with the link to the data."""
        return _asked(site, request, token, fields, LetterKind.EXPORT)

    @router.post("/preferences/{token}/erase")
    def ask_erase(
        request: Request, token: str, fields: Annotated[Fields, Depends(form_fields)]
    ) -> Response:
        """Send the letter with the link to the page that deletes."""
        return _asked(site, request, token, fields, LetterKind.ERASE)

    @router.post("/preferences/{token}/address")
    def ask_address(
        request: Request, token: str, fields: Annotated[Fields, Depends(form_fields)]
    ) -> Response:
        """Ask the present address whether the mail shall move."""
        link = site.read_settings_token(token)
        site.check_settings_form(request, link, first(fields, "seal"))
        try:
            ask_to_move(site.app.chain, link, first(fields, "new_email"))
        except BadChoice as wrong:
            return settings_page(site, token, link, wrong, fields)
        return unkept(
            site.pages.message(
                site.week,
                200,
                "First the present address",
                "A letter is on its way to where your briefings go now. Agree there, and we ask "
                "the new address, too.",
                "Until both have agreed everything stays as it is.",
            )
        )

    return router


def _asked(site: Site, request: Request, token: str, fields: Fields, kind: LetterKind) -> Response:
    link = site.read_settings_token(token)
    site.check_settings_form(request, link, first(fields, "seal"))
    ask_for(site.app.chain, link, kind)
    title, lead = ASKED[kind]
    hint = "It comes within minutes, to the address that your briefings go to."
    return unkept(site.pages.message(site.week, 200, title, lead, hint))


def _taking(site: Site) -> APIRouter:
    router = APIRouter(prefix="/export")

    @router.api_route("/{token}", methods=["GET", "HEAD"])
    def look(token: str) -> Response:
        """Show the button; the data itself goes to nobody who only follows links."""
        link = site.read_token(Purpose.EXPORT, token)
        export(site.app.chain, link)
        seal = site.seals.seal(_EXPORT, token, site.seconds())
        return unkept(
            site.pages.show(
                "act.html",
                site.week,
                title="Your data",
                lead="Everything that we keep about you, in one file (JSON).",
                action=f"/export/{token}",
                button="Get my data",
                danger=False,
                seal=seal,
                note="The file holds your address and your history: keep it to yourself.",
            )
        )

    @router.post("/{token}")
    def take(
        request: Request, token: str, fields: Annotated[Fields, Depends(form_fields)]
    ) -> Response:
        """Give the file."""
        link = site.read_token(Purpose.EXPORT, token)
        site.check_form(request, _EXPORT, token, first(fields, "seal"), seconds=FORM_SECONDS)
        found = export(site.app.chain, link)
        return unkept(
            Response(
                json.dumps(found, ensure_ascii=False, indent=1) + "\n",
                media_type="application/json",
                headers={"content-disposition": 'attachment; filename="briefings-data.json"'},
            )
        )

    return router


def _erasing(site: Site) -> APIRouter:
    router = APIRouter(prefix="/erase")

    @router.api_route("/{token}", methods=["GET", "HEAD"])
    def look(token: str) -> Response:
        """Ask once more."""
        link = site.read_token(Purpose.ERASE, token)
        email = erasing(site.app.chain, link)
        return unkept(
            site.pages.show(
                "act.html",
                site.week,
                title="Delete everything about you?",
                lead=f"Your settings, your plan, your history and the address {email} go for good.",
                action=f"/erase/{token}",
                button="Delete everything",
                danger=True,
                seal=site.seals.seal(_ERASE, token, site.seconds()),
                note="What stays is a code made from the address: it keeps us from importing it "
                "again. Nobody can read the address in it. You can sign up again at any time.",
            )
        )

    @router.post("/{token}")
    def act(
        request: Request, token: str, fields: Annotated[Fields, Depends(form_fields)]
    ) -> Response:
        """Delete."""
        link = site.read_token(Purpose.ERASE, token)
        site.check_form(request, _ERASE, token, first(fields, "seal"), seconds=FORM_SECONDS)
        erase_by_link(site.app.chain, site.mailboxes, site.left_log, link)
        return unkept(
            site.pages.message(
                site.week,
                200,
                "Deleted.",
                "We keep nothing about you but a code that nobody can read your address in.",
                "No mail to you starts from now on. If one was on its way, it can still arrive.",
            )
        )

    return router


def _moving(site: Site) -> APIRouter:
    router = APIRouter(prefix="/address")

    @router.api_route("/{token}", methods=["GET", "HEAD"])
    def look(token: str) -> Response:
        """Show which address it is about."""
        link = site.read_token(Purpose.ADDRESS, token)
        seen = moving(site.app.chain, link)
        if seen.agreed and not seen.at_new:
            return unkept(_wait_for_the_new_one(site, seen.new_email))
        title = "Is this your new address?" if seen.at_new else "Shall your mail move?"
        lead = (
            f"Your briefings come to {seen.new_email} from now on."
            if seen.at_new
            else f"To {seen.new_email}, once that address has agreed, too."
        )
        return unkept(
            site.pages.show(
                "act.html",
                site.week,
                title=title,
                lead=lead,
                action=f"/address/{token}",
                button="Yes, send them here" if seen.at_new else "Yes, that is right",
                danger=False,
                seal=site.seals.seal(_MOVE, f"{token} {seen.new_email}", site.seconds()),
                note="Not you? Close this page: nothing changes.",
            )
        )

    @router.post("/{token}")
    def act(
        request: Request, token: str, fields: Annotated[Fields, Depends(form_fields)]
    ) -> Response:
        """Agree for the mailbox that the link came to."""
        link = site.read_token(Purpose.ADDRESS, token)
        sealed = first(fields, "seal")
        opened = site.opened_form(request, _MOVE, sealed, seconds=FORM_SECONDS)
        of_token, _, new_email = opened.partition(" ")
        if of_token != token:
            raise foreign()
        done = agree(site.app.chain, site.mailboxes, site.left_log, link, new_email)
        if not done.moved:
            return unkept(_wait_for_the_new_one(site, done.new_email))
        lead = f"Your briefings go to {done.new_email} from now on."
        return unkept(site.pages.message(site.week, 200, "Moved.", lead))

    return router


def _wait_for_the_new_one(site: Site, new_email: str) -> Response:
    return site.pages.message(
        site.week,
        200,
        "Now the new address",
        f"A letter goes to {new_email}. Press the link in it, and your mail moves.",
        "Until then everything stays as it is.",
    )
