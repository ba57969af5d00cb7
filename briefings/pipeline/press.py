"""Render compositions and store them as briefings of one issue; it decides nothing."""

from __future__ import annotations

import hashlib
from collections import OrderedDict
from collections.abc import Mapping, Sequence

from briefings.errors import BriefingsError
from briefings.model.catalogue import Catalogue
from briefings.model.edition import Block, Composition
from briefings.model.reader import Preferences
from briefings.pipeline.audience import REMEMBERED, Decision, Key
from briefings.pipeline.chain import Chain
from briefings.pipeline.letterpress import names_of, when
from briefings.store import blocks
from briefings.store.database import Transaction

AT_ONCE = 16
"""Lists stored in one unit: they hold the lock for about 10 ms."""


class Press:
    """Renders compositions and stores them as briefings of one issue, each distinct list once.

    A briefing also names the specializations its readers had at the freeze: one-click
    unsubscribing leaves all of them, carried or not (R13). It forgets the oldest of many lists;
    storing one again finds the row that is there. A list that cannot be rendered has no briefing:
    its readers are passed over, and nobody else is held up.
    """

    def __init__(self, chain: Chain, issue_id: int, catalogue: Catalogue) -> None:
        self._chain = chain
        self._catalogue = catalogue
        self._issue_id = issue_id
        self._ids: OrderedDict[Key, int | None] = OrderedDict()

    def run(self, decisions: Sequence[Decision]) -> None:
        """Store what is not stored yet; rendering happens outside any transaction."""
        fresh: dict[Key, Composition] = {}
        for made in {id(each): each for each in decisions}.values():  # readers alike share theirs
            if made.key is not None and made.composition is not None and made.key not in self._ids:
                fresh[made.key] = made.composition
        if not fresh:
            return
        rendered = {key: self._rendered(composition) for key, composition in fresh.items()}
        keys = list(fresh)
        stored: set[str] = set()  # lists share most of their blocks
        for start in range(0, len(keys), AT_ONCE):
            with self._chain.db.write() as tx:
                for key in keys[start : start + AT_ONCE]:
                    blocks.put(tx, [b for b in rendered[key] if b.key not in stored])
                    stored |= {block.key for block in rendered[key]}
                    self._ids[key] = (
                        put_briefing(
                            tx,
                            self._issue_id,
                            key[0],
                            fresh[key],
                            rendered[key],
                            words=words_of(self._chain, self._catalogue, key[0]),
                        )
                        if rendered[key]
                        else None
                    )

    def forget(self) -> None:
        """Drop the oldest of too many lists; call it when a batch is done."""
        while len(self._ids) > REMEMBERED:
            self._ids.popitem(last=False)

    def id_of(self, key: Key) -> int | None:
        """The stored briefing of a list that was run; None when it could not be rendered."""
        return self._ids[key]

    def _rendered(self, composition: Composition) -> list[Block]:
        renderer = self._chain.renderer()
        try:
            return [renderer.render(spec) for spec in (composition.head, *composition.blocks)]
        except BriefingsError:
            return []


def words_of(chain: Chain, catalogue: Catalogue, preferences: Preferences) -> dict[str, str]:
    """What all readers of a briefing read in their mail, kept so that the web view says the same.

    Names in the catalogue change, and so does the hour at which mails leave.
    """
    return {"names": names_of(catalogue, preferences.specializations), "when": when(chain)}


def put_briefing(
    tx: Transaction,
    issue_id: int,
    preferences: Preferences,
    composition: Composition,
    rendered: Sequence[Block],
    *,
    words: Mapping[str, str],
) -> int:
    """Store one list of blocks of an issue, or find it; returns its id. `words` are `words_of`."""
    keys = [block.key for block in rendered]
    signed = "\n".join((*keys, composition.head.subject, *preferences.specializations))
    return blocks.put_briefing(
        tx,
        issue_id,
        signature=hashlib.sha256(signed.encode()).hexdigest(),
        headers={
            "subject": composition.head.subject,
            "specialization": next(iter((*composition.editions, *preferences.specializations))),
            **words,
        },
        block_keys=keys,
        carried=composition.carried,
        left_over=composition.left_over,
        editions=composition.editions,
        specializations=preferences.specializations,
    )
