"""Acts on one reader, each with its entry in the log: it names a number, never an address.

A number outlives the address that an erased reader had (R13). What changed nothing leaves no entry.
"""

from __future__ import annotations

from briefings.pipeline import reader as on_reader
from briefings.pipeline import seeding, tiers
from briefings.pipeline.left_log import LeftLog
from briefings.pipeline.mailboxes import Mailboxes
from briefings.pipeline.recorded import Record
from briefings.pipeline.tiers import Granted
from briefings.store import readers

ERASE, SUPPRESS, TIER = "erase a reader", "suppress an address", "give a reader a tier"
MARK_SEED, UNMARK_SEED = "mark a seed reader", "unmark a seed reader"
_LIKE_ALL, _SEED = "like all others", "seed reader"
_KEPT, _ERASED = "kept", "everything deleted"


def erase(record: Record, mailboxes: Mailboxes, log: LeftLog, email: str) -> None:
    """Delete everything about a reader; raises what `reader.erase_reader` does."""
    number = on_reader.erase_reader(record.chain, mailboxes, log, email)
    whom = "a sign-up" if number is None else _named(number)
    record.changed(whom, before=_KEPT, after=_ERASED)


def suppress(record: Record, mailboxes: Mailboxes, log: LeftLog, email: str) -> bool:
    """Never mail an address again; False when it was so before. Raises what `suppress` does."""
    with record.chain.db.read() as tx:
        known = readers.by_email(tx, email)
        before = mailboxes.suppressed(tx, email)
    new = on_reader.suppress(record.chain, mailboxes, log, email)
    if new or (known is not None and not known.suppressed):
        record.changed(
            "an address without a reader" if known is None else _named(known.id),
            before=f"address suppressed ({before})" if before else "may be mailed",
            after="suppressed",
        )
    return new


def give_tier(record: Record, email: str, tier: str, *, by: str, key: str) -> Granted:
    """Give a reader a tier; raises what `tiers.grant` does.

    A key that is written down leaves an entry also when the reader had the tier.
    """
    done = tiers.grant(record.chain, email, tier, by=by, key=key)
    if done.written:
        again = "" if done.changed else ", under a new key"
        record.changed(_named(done.reader_id), before=done.before, after=f"{done.tier}{again}")
    return done


def mark_seed(record: Record, email: str) -> bool:
    """Make a reader a seed reader; False where it was one. Raises what `seeding.mark` does."""
    number, new = seeding.mark(record.chain, email, by=record.by)
    if new:
        record.changed(_named(number), before=_LIKE_ALL, after=_SEED)
    return new


def unmark_seed(record: Record, email: str) -> bool:
    """Make a seed reader one like all others; False where it was none. See `seeding.unmark`."""
    number, was = seeding.unmark(record.chain, email)
    if was:
        record.changed(_named(number), before=_SEED, after=_LIKE_ALL)
    return was


def unmark_seed_number(record: Record, number: int) -> None:
    """Do the same for a reader's number; raises what `seeding.unmark_number` does."""
    seeding.unmark_number(record.chain, number)
    record.changed(_named(number), before=_SEED, after=_LIKE_ALL)


def _named(number: int) -> str:
    return f"reader {number}"
