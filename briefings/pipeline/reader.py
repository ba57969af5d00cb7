"""Everything about one reader in one answer; it changes nothing."""

from __future__ import annotations

from dataclasses import dataclass

from briefings.errors import NotFound
from briefings.model.reader import Reader
from briefings.store import deliveries, readers
from briefings.store.database import Transaction
from briefings.store.deliveries import DeliveryRow

SHOWN = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Dossier:
    """A reader, the proof of consent and the last mails, newest first."""

    reader: Reader
    consent: str | None
    deliveries: tuple[DeliveryRow, ...]


def dossier(tx: Transaction, email: str) -> Dossier:
    """Collect it.

    Raises:
        NotFound: there is no reader with this address.
    """
    reader = readers.by_email(tx, email)
    if reader is None:
        raise NotFound(f"There is no reader {email}: check the spelling.")
    return Dossier(
        reader=reader,
        consent=readers.consent_of(tx, reader.id),
        deliveries=tuple(deliveries.of_reader(tx, reader.id, SHOWN)),
    )
