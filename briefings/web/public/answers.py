"""The answers of an assessment as a browser carries them: sealed, for one role, for 30 days."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace

from briefings.pipeline.assessing import catalogue_of
from briefings.pipeline.carrying import checked
from briefings.readers.signup import Request, keeps_answers
from briefings.web.seals import BadSeal
from briefings.web.site import Fields, Site, first

COOKIE = "assessment"
"""Holds the answers to one role's questions; sent to that role's pages only."""
COOKIE_SECONDS = 30 * 86_400


def seal_answers(site: Site, role: str, answers: Mapping[str, str]) -> str:
    """Write answers so that only we can have written them."""
    return site.seals.seal(f"{COOKIE} {role}", json.dumps(dict(answers)), site.seconds())


def open_answers(site: Site, role: str, sealed: str) -> dict[str, str]:
    """Read what `seal_answers` wrote; nothing when it is not ours or too old."""
    try:
        text = site.seals.open(
            f"{COOKIE} {role}", sealed, now=site.seconds(), seconds=COOKIE_SECONDS
        )
    except BadSeal:
        return {}
    return dict(json.loads(text))


def carrying(site: Site, fields: Fields, asked: Request) -> Request:
    """Check what a sign-up carries from a result; with the answers if they may be kept."""
    carried = asked.carried
    if carried is None:
        return asked
    if keeps_answers(fields):
        answers = open_answers(site, carried.role, first(fields, "answers"))
        carried = replace(carried, answers=tuple(answers.items()))
    return replace(asked, carried=checked(catalogue_of(site.app.chain), carried))
