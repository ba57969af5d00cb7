"""Leaving: a page with a button, RFC 8058 in one POST, and ten minutes to take it back."""

from __future__ import annotations

import json
from typing import Annotated

from fastapi import APIRouter, Depends, Request, Response

from briefings.links import Purpose
from briefings.pipeline.leaving import come_back, leave, standing
from briefings.web.seals import foreign
from briefings.web.site import Fields, Site, first, form_fields

UNDO_SECONDS = 600
_UNDO = "undo"


def routes(site: Site) -> APIRouter:
    """The pages under /unsubscribe."""
    router = APIRouter(prefix="/unsubscribe")

    @router.api_route("/{token}", methods=["GET", "HEAD"])
    def ask(token: str) -> Response:
        """Show the button; changes nothing, because scanners follow links (P8)."""
        link = site.read_token(Purpose.UNSUBSCRIBE, token)
        return site.pages.show(
            "leave.html",
            site.week,
            title="Leave these briefings",
            token=token,
            standing=standing(site.app.chain, link),
            preferences_token=site.token(Purpose.PREFERENCES, link),
        )

    @router.post("/{token}")
    def act(token: str, fields: Annotated[Fields, Depends(form_fields)]) -> Response:
        """Leave at once, whatever the body is (RFC 8058 3.2); a repeat changes nothing."""
        link = site.read_token(Purpose.UNSUBSCRIBE, token)
        left = leave(
            site.app.chain,
            site.left_log,
            link,
            everything=first(fields, "everything") == "yes",
        )
        undo = ""
        if left.before is not None:
            words = json.dumps([link.reader_id, link.delivery_id, *left.before])
            undo = site.seals.seal(_UNDO, words, site.seconds())
        title = "You are out." if left.out else "Done."
        return site.pages.show(
            "left.html", site.week, title=title, token=token, left=left, undo=undo
        )

    @router.post("/{token}/undo")
    def undo(
        request: Request, token: str, fields: Annotated[Fields, Depends(form_fields)]
    ) -> Response:
        """Take it back, with the sealed form that only the answer to leaving holds."""
        link = site.read_token(Purpose.UNSUBSCRIBE, token)
        sealed = first(fields, "seal")
        words = site.opened_form(request, _UNDO, sealed, seconds=UNDO_SECONDS)
        reader_id, delivery_id, *slugs = json.loads(words)
        if (reader_id, delivery_id) != (link.reader_id, link.delivery_id):
            raise foreign()
        names = come_back(site.app.chain, site.left_log, link, slugs)
        return site.pages.message(
            site.week,
            200,
            "Taken back.",
            f"You get {names} as before.",
            "The link to leave stands in every mail.",
        )

    return router
