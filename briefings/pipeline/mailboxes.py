"""Names mailboxes by keyed hashes, for suppression and for limits; it keeps no address."""

from __future__ import annotations

from briefings.pipeline.left_log import mailbox_hash
from briefings.store import suppression
from briefings.store.database import Transaction

ERASED = "erased"
"""Reason of a suppression that the reader asked for: it keeps imports out, not the reader."""


class Mailboxes:
    """Hashes under the newest of the secret keys, and looks up under all of them."""

    def __init__(self, secrets: str) -> None:
        self._secrets = [secret.strip() for secret in secrets.split(",")]

    def name(self, address: str) -> str:
        """The hash that is written down, equal for all spellings of a mailbox."""
        return mailbox_hash(self._secrets[0], address)

    def names(self, address: str) -> list[str]:
        """Every hash under which a mailbox may have been written down."""
        return [mailbox_hash(secret, address) for secret in self._secrets]

    def family(self, address: str) -> str:
        """The hash that a mailbox shares with its plus addresses: ada+lists@ is ada@ here.

        Only limits go by it: whether the tag makes another mailbox is for its server to say.
        """
        local, at, domain = address.rpartition("@")
        return self.name(f"{local.partition('+')[0] or local}{at}{domain}")

    def suppressed(self, tx: Transaction, address: str) -> str | None:
        """Why a mailbox must not get mail, or None."""
        return suppression.reason(tx, self.names(address))
