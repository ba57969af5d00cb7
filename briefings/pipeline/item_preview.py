"""Shows an item's block as a mail will show it, in HTML and text; it stores and sends nothing."""

from __future__ import annotations

from dataclasses import dataclass, replace

from briefings.assemble import why_you
from briefings.assemble.acts import with_act
from briefings.assemble.match import reaches, tool_of
from briefings.assemble.pay import growth_note
from briefings.model.catalogue import Catalogue
from briefings.model.edition import FootBlock, HeadBlock, ItemBlock
from briefings.model.news import Item, ItemState, Kind, News
from briefings.pipeline.chain import Chain
from briefings.pipeline.showing import parts_text, sample_letter
from briefings.weeks import Week

_TITLE = "The item, as it will look"


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """The block between the head and the foot of a mail, and the text part's words for it."""

    html: str
    text: str


def show(chain: Chain, catalogue: Catalogue, item_id: int, week: Week, news: News) -> Shown:
    """Render one item, in the words for the first specialization that it reaches.

    Raises:
        UnsafeValue: its source is no web address.
    """
    reached = [each for each in catalogue.specializations if reaches(news, each.slug, catalogue)]
    role = catalogue.role_named(news.role) if news.role is not None else None
    item = Item(id=item_id, revision=1, state=ItemState.DRAFT, week=str(week), news=with_act(news))
    card = ItemBlock(
        item=replace(item),
        why_you=why_you(news, reached[0].slug, catalogue) if reached else "",
        past=False,
        tool=tool_of(news, catalogue),
        role_name=role.name if role is not None else "",
        growth_note=growth_note(role) if news.kind is Kind.SALARY_NEWS else "",
    )
    head = HeadBlock(
        week=str(week),
        specialization=reached[0].name if reached else "Nobody yet",
        subject=news.headline,
        title=_TITLE,
        preheader="",
        intro="",
    )
    blocks = [chain.renderer().render(spec) for spec in (head, card, FootBlock())]
    letter = sample_letter(week, head.specialization)
    return Shown(
        html=parts_text(chain, [block.html for block in blocks], letter),
        text=parts_text(chain, [blocks[1].text], letter).strip(),
    )
