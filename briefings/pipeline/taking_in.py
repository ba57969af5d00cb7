"""Take a changed item into the editions that carry an older revision, and approve them again (P6).

It is one act for the editor: either an edition is approved with the new revision, or it is a draft
that says why not.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from briefings.errors import Refused
from briefings.model.edition import EditionState
from briefings.pipeline.approve import approve
from briefings.pipeline.chain import Chain
from briefings.pipeline.editing import edit
from briefings.store import approvals, editions
from briefings.weeks import Week


@dataclass(frozen=True, slots=True, kw_only=True)
class TakenIn:
    """Editions as (week, slug): all that carry the item now, those approved; others with why."""

    editions: tuple[tuple[str, str], ...]
    approved: tuple[tuple[str, str], ...]
    left: tuple[tuple[str, str, str], ...]


def take_into(
    chain: Chain, item_id: int, chosen: Sequence[tuple[str, str]], *, by: str, again: bool
) -> TakenIn:
    """Assemble these editions with the item as it is now; `again` approves them in the same act.

    A held edition stays held: only the word of who held it lets it go.

    Raises:
        Refused: one of them went out; those before it are done.
    """
    approved: list[tuple[str, str]] = []
    left: list[tuple[str, str, str]] = []
    for name, slug in chosen:
        week = Week.parse(name)
        with chain.db.read() as tx:
            before = editions.get(tx, name, slug)
            approval = approvals.approvals(tx, name).get(slug)
        act = f"took item {item_id} in as it is now"
        edit(chain, week, slug, lambda choices, _edition: choices, act=act, by=by)
        if not again:
            continue
        if before is not None and before.state is EditionState.HELD:
            left.append((name, slug, f"held: {before.reason}"))
            continue
        try:
            approve(chain, week, [slug], by=by, seeds=approval.seeds if approval else None)
        except Refused as wrong:
            left.append((name, slug, str(wrong)))
        else:
            approved.append((name, slug))
    return TakenIn(editions=tuple(chosen), approved=tuple(approved), left=tuple(left))
