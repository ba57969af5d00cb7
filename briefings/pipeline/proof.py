"""Render everything that readers of an edition could get, before any of it goes; stores nothing."""

from __future__ import annotations

from collections.abc import Iterator

from briefings.assemble.compose import EARLIER
from briefings.errors import BriefingsError
from briefings.model.catalogue import PLAN_WEEKS
from briefings.model.delivery import SkipReason
from briefings.model.edition import BlockSpec, Composition, HeadingBlock, OverflowBlock
from briefings.model.frequency import Frequency
from briefings.model.reader import Preferences
from briefings.pipeline.audience import Audience
from briefings.pipeline.chain import Chain
from briefings.weeks import in_slot

STEPS = (None, *range(1, PLAN_WEEKS + 2))
"""No plan, each of its steps, and the closing block after the last."""


def faults(chain: Chain, audience: Audience) -> dict[str, str]:
    """Give the editions that hold a block which cannot be rendered, each with file and line."""
    found: dict[str, str] = {}
    renderer = chain.renderer()
    for slug in audience.editions:
        try:
            for spec in possible(audience, slug):
                renderer.render(spec)
        except BriefingsError as wrong:
            found[slug] = str(wrong)
    return found


def possible(audience: Audience, slug: str) -> Iterator[BlockSpec]:
    """Yield every block that a reader of a specialization could get, and heads of every kind.

    A head depends on the first item of a list, so the items are taken away one by one, as they are
    for readers who had them before (R5). With all of them gone a mail lives on its plan, and its
    head on the step; above items a step adds one number to the head, which is not tried again.
    """
    for frequency in Frequency:
        if not in_slot(frequency, audience.week) and not audience.every_slot:
            continue
        own = Preferences(specializations=(slug,), frequency=frequency)
        had: frozenset[int] = frozenset()
        while True:
            whole = audience.composition((own, None, had))
            if isinstance(whole, SkipReason):
                break
            yield from _blocks(whole)
            had |= frozenset(whole.carried[:1])
            if not whole.carried:
                break
        for step in STEPS:
            mail = audience.composition((own, step, frozenset(audience.item_ids)))
            if isinstance(mail, Composition):
                yield from _blocks(mail)
    name = audience.catalogue.specialization(slug).name
    yield HeadingBlock(text=name)
    yield HeadingBlock(text=EARLIER, note=f"{name}, from earlier weeks, and new to you.")
    yield OverflowBlock(count=1)


def plain_subject(audience: Audience, slug: str) -> str | None:
    """Give the subject of a mail to somebody who has only this specialization and got nothing yet.

    None when such a reader gets no mail.
    """
    plain = audience.composition((Preferences(specializations=(slug,)), None, frozenset()))
    return None if isinstance(plain, SkipReason) else plain.head.subject


def _blocks(mail: Composition) -> Iterator[BlockSpec]:
    yield mail.head
    yield from mail.blocks
