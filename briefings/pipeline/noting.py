"""Write down what a person did with an edition besides changing it; it changes no edition."""

from __future__ import annotations

from datetime import datetime

from briefings.pipeline.prepare import choices_of
from briefings.store import choices as choice_store
from briefings.store.database import Transaction
from briefings.weeks import Week


def note(  # noqa: PLR0917 - which edition, what, by whom, when
    tx: Transaction, week: Week, slug: str, act: str, by: str, now: datetime
) -> None:
    """Add an act to the history of an edition; its choices stay as they are."""
    n, known = choices_of(tx, week, slug)
    choice_store.add(tx, str(week), slug, n + 1, known, act=act, by=by, now=now)
