"""Load the catalogue and turn what changed in a role's profile into draft role updates."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from briefings.intake.catalogue import load_catalogue
from briefings.intake.profile_news import profile_changes
from briefings.model.news import ItemState
from briefings.pipeline.chain import Chain
from briefings.store import catalogue as catalogues
from briefings.store import items
from briefings.store.catalogue import CatalogueReport
from briefings.weeks import Week


@dataclass(frozen=True, slots=True, kw_only=True)
class Loaded:
    """What loading came to, and how many draft role updates it made."""

    report: CatalogueReport
    drafts: int


def load_folder(chain: Chain, folder: Path) -> Loaded:
    """Check a folder, store it in one transaction, and draft role updates from the difference.

    Raises:
        WrongCatalogue: a file breaks the schema; nothing is stored.
    """
    after = load_catalogue(folder)
    now = chain.clock()
    with chain.db.write() as tx:
        before = None if catalogues.is_empty(tx) else catalogues.load(tx)
        report = catalogues.save(tx, after)
        news = profile_changes(before, after, today=now.date()) if before is not None else []
        for change in news:
            items.add(tx, change, week=str(Week.of(now)), state=ItemState.DRAFT, now=now)
    return Loaded(report=report, drafts=len(news))
