"""Names mailboxes by keyed hashes, for suppression and for limits; it keeps no address.

The key stands in the database, so that changing SECRET_KEY forgets nobody (docs/decisions/0035).
"""

from __future__ import annotations

from collections.abc import Sequence
from secrets import token_hex

from briefings.pipeline.left_log import hash_under, key_of
from briefings.store import suppression
from briefings.store.database import Database, Transaction

KEY_BYTES = 32
ERASED = "erased"
"""Reason of a suppression that the reader asked for: it keeps imports out, not the reader."""
OPERATOR = "operator"
"""Reason of a suppression that was typed by a person."""


class Mailboxes:
    """Hashes under the first of its keys, and looks up under all of them."""

    def __init__(self, keys: Sequence[bytes]) -> None:
        self._keys = tuple(keys)

    @classmethod
    def of(cls, db: Database, secrets: str = "") -> Mailboxes:
        """Take the key of the database, made when it is first asked for, and those of the secrets.

        Before there was a key in the database the list was hashed under SECRET_KEY. While it has
        rows the database remembers the key of each secret that it meets, so that who is named
        under a secret stays named when the setting drops it. `secrets` is `NEW` or `NEW,OLD`, or
        empty where none is set. Raises Temporary when the database is locked.
        """
        with db.read() as tx:
            kept = suppression.keys(tx)
            named = suppression.any_at_all(tx)
        if not kept:
            with db.write() as tx:
                suppression.make_key(tx, token_hex(KEY_BYTES))
                kept = suppression.keys(tx)
        met = [key_of(secret).hex() for secret in secrets.split(",") if secret.strip()]
        new = [key for key in met if key not in kept]
        if named and new:
            with db.write() as tx:
                suppression.keep_keys(tx, new)
        return cls([bytes.fromhex(key) for key in (*kept, *new)])

    @classmethod
    def known(cls, db: Database, secrets: str = "") -> Mailboxes:
        """The same for looking up only: it writes nothing, and without any key it knows nobody."""
        with db.read() as tx:
            kept = suppression.keys(tx)
        met = (key_of(secret).hex() for secret in secrets.split(",") if secret.strip())
        return cls([bytes.fromhex(key) for key in dict.fromkeys((*kept, *met))])

    def name(self, address: str) -> str:
        """The hash that is written down, equal for all spellings of a mailbox."""
        return hash_under(self._keys[0], address)

    def names(self, address: str) -> list[str]:
        """Every hash under which a mailbox may have been written down."""
        return [hash_under(key, address) for key in self._keys]

    def family(self, address: str) -> str:
        """The hash that a mailbox shares with its plus addresses: ada+lists@ is ada@ here.

        Only limits go by it: whether the tag makes another mailbox is for its server to say.
        """
        local, at, domain = address.rpartition("@")
        return self.name(f"{local.partition('+')[0] or local}{at}{domain}")

    def suppressed(self, tx: Transaction, address: str) -> str | None:
        """Why a mailbox must not get mail, or None."""
        return suppression.reason(tx, self.names(address)) if self._keys else None
