"""What an operator must hear of: written down once, shown in `status`, open to letters."""

from __future__ import annotations

from datetime import datetime
from hashlib import sha256

from briefings.pipeline.chain import Chain
from briefings.store import alerts
from briefings.store.alerts import Alert
from briefings.store.database import Transaction


def alert(chain: Chain, key: str, text: str, *, week: str | None = None) -> list[str]:
    """Raise an alert under a key; gives the text when it is new, nothing when it was raised."""
    with chain.db.write() as tx:
        new = alerts.add(tx, key, text, week=week, now=chain.clock())
    return [text] if new else []


def of_the_day(what: str, text: str, now: datetime) -> str:
    """Give the key of an alert that is raised once a day for the same words."""
    return f"{what}:{sha256(text.encode()).hexdigest()[:12]}:{now:%Y-%m-%d}"


def of_pause(tx: Transaction, reason: str, now: datetime) -> str:
    """Raise the alert of a pause in the unit that makes it, once a day; gives its words."""
    told = f"Paused, nobody was burnt: {reason}"
    alerts.add(tx, of_the_day("sending-paused", told, now), told, week=None, now=now)
    return told


def unmailed(chain: Chain) -> list[Alert]:
    """The alerts that no letter to the operator took along yet, oldest first."""
    with chain.db.read() as tx:
        return alerts.unmailed(tx)


def mailed(chain: Chain, taken: list[Alert]) -> None:
    """Say that a letter took these along: call it in the same act that stores the letter."""
    with chain.db.write() as tx:
        alerts.mark_mailed(tx, [one.id for one in taken], chain.clock())
