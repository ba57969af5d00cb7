"""Say where the mails of an edition lead outside of our site; it tries no link."""

from __future__ import annotations

from briefings.desk.links import MailedLink
from briefings.model.edition import EditionState
from briefings.pipeline.audience import GOES, Audience
from briefings.render.marked import pieces

EXAMINED = (*GOES, EditionState.HELD)
"""The states of editions that are looked over before they go."""


def mailed_links(audience: Audience, slug: str) -> tuple[MailedLink, ...]:
    """Give the addresses outside our own site that mails of an edition lead to, once per place.

    These are the sources of its items and of their figures, the links in their text, and the tools
    of its plan, whose steps stand in the mails of readers at different weeks.
    """
    found: list[MailedLink] = []
    for placement in audience.editions[slug].placements:
        item = audience.items[placement.item_id, placement.revision]
        news = item.news
        told = [(news.source_url, "its source")]
        told += [(piece.url, "a link in its text") for piece in pieces(news.summary)]
        for row in news.pay:
            for figure in (row.now, row.before):
                told += [(figure.source_url, "the source of a figure")] if figure else []
        found += [
            MailedLink(url=url, place=news.headline, what=what, item_id=item.id)
            for url, what in told
        ]
    for step in audience.catalogue.specialization(slug).plan:
        tool = audience.catalogue.tool(step.tool)
        found.append(
            MailedLink(
                url=tool.project_url,
                place=f"Plan week {step.number}",
                what=f"the address of {tool.name}",
            )
        )
    once: dict[tuple[int | None, str], MailedLink] = {}
    for each in found:
        if each.url:
            once.setdefault((each.item_id, each.url), each)
    return tuple(once.values())
