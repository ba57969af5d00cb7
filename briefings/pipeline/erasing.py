"""Hand a reader everything that is kept about them, and delete it when they say so."""

from __future__ import annotations

from datetime import date, datetime

from briefings.errors import Conflict
from briefings.links import Token
from briefings.model.letter import LetterKind
from briefings.model.reader import Reader
from briefings.pipeline.chain import Chain
from briefings.pipeline.forget import forget
from briefings.pipeline.fresh_links import letter_of
from briefings.pipeline.left_log import LeftLog
from briefings.pipeline.mailboxes import Mailboxes
from briefings.pipeline.reading import reader_of
from briefings.store import (
    consents,
    deliveries,
    grants,
    kept_assessments,
    letters,
    moves,
    own_addresses,
    plan_marks,
    readers,
    seeds,
)
from briefings.store.database import Transaction

MOST_MAILS = 10_000
"""Two hundred years of weekly mails."""


def export(chain: Chain, token: Token) -> dict[str, object]:
    """Everything that is kept about the reader of an export link, as plain data for JSON.

    Raises:
        BadToken: the letter of the link is not kept any more.
        Gone: the reader was erased.
    """
    with chain.db.read() as tx:
        letter_of(tx, token, {LetterKind.EXPORT})
        return everything_about(tx, reader_of(tx, token), chain.clock())


def everything_about(tx: Transaction, reader: Reader, now: datetime) -> dict[str, object]:
    """All rows about one reader, in the words of the product; instants are ISO 8601 in UTC."""
    chosen = reader.preferences
    move = moves.of_reader(tx, reader.id, now)
    renewed = own_addresses.of_reader(tx, reader.id)
    return {
        "exported_at": _written(now),
        "address": reader.email,
        "name": reader.name,
        "settings": {
            "specializations": list(chosen.specializations),
            "frequency": chosen.frequency.value,
            "sections_off": [section.value for section in chosen.sections_off],
            "language": chosen.language,
            "time_zone": reader.timezone,
            "paused_until": _day(reader.paused_until),
            "tier": reader.tier,
            "tiers_granted": [
                {
                    "tier": one.tier,
                    "before": one.before,
                    "by": one.by,
                    "at": _written(one.at),
                }
                for one in grants.of_reader(tx, reader.id)
            ],
        },
        "plan": {
            "started_on": _day(reader.plan_started_on),
            "snoozes": reader.plan_snoozes,
            "focus": chosen.focus,
            "marks": {
                plan: [{"week": week, "task": task, "mark": mark} for week, task, mark in marks]
                for plan, marks in plan_marks.of_reader(tx, reader.id).items()
            },
        },
        "assessments": [
            {
                "role": kept.role,
                "answers": dict(kept.answers),
                "exposure": kept.exposure,
                "at": _written(kept.at),
            }
            for kept in kept_assessments.of_reader(tx, reader.id)
        ],
        "confirmed_at": _written(reader.confirmed_at),
        "left_at": _written(reader.left_at),
        "suppressed": reader.suppressed,
        "seed_reader_since": _written(seeds.marked_at(tx, reader.id)),
        "calendar_and_feed": {
            "addresses_renewed": renewed.number if renewed else 0,
            "at": _written(renewed.at) if renewed else None,
        },
        "change_of_address": move.new_email if move else None,
        "consent": {
            "source": readers.consent_of(tx, reader.id),
            "proofs": [
                {
                    "text_version": proof.text_version,
                    "source": proof.source,
                    "specializations": list(proof.specializations),
                    "asked_at": _written(proof.asked_at),
                    "asked_from": proof.asked_from,
                    "confirmed_at": _written(proof.confirmed_at),
                    "confirmed_from": proof.confirmed_from,
                }
                for proof in consents.of_reader(tx, reader.id)
            ],
        },
        "mails": [
            {
                "issue": row.issue,
                "state": row.state.value,
                "reason": row.reason,
                "due_at": _written(row.due_at),
                "settled_at": _written(row.settled_at),
            }
            for row in deliveries.of_reader(tx, reader.id, MOST_MAILS)
        ],
        "letters": [
            {
                "kind": letter.kind.value,
                "state": letter.state.value,
                "reason": letter.reason,
                "created_at": _written(letter.created_at),
            }
            for letter in letters.of_mailbox(tx, reader.email, MOST_MAILS)
        ],
    }


def erasing(chain: Chain, token: Token) -> str:
    """The address that an erase link would delete; changes nothing (P8).

    Raises:
        BadToken, Gone: as `export`.
    """
    with chain.db.read() as tx:
        return letter_of(tx, token, {LetterKind.ERASE}).recipient


def erase_by_link(chain: Chain, mailboxes: Mailboxes, log: LeftLog, token: Token) -> None:
    """Delete the reader of an erase link.

    Raises:
        BadToken, Gone: as `export`.
        Conflict: the address was changed after the letter was sent.
        Temporary: the database is locked or the log cannot be written; nothing was changed.
    """
    with chain.db.write() as tx:
        letter = letter_of(tx, token, {LetterKind.ERASE})
        reader = reader_of(tx, token)
        if reader.email != letter.recipient:
            raise Conflict("Your address changed since. Ask for a new link on your settings page.")
        erase(tx, mailboxes, log, reader, chain.clock())


def erase(
    tx: Transaction, mailboxes: Mailboxes, log: LeftLog, reader: Reader, now: datetime
) -> None:
    """Delete everything about a reader but the number that issues count, and keep the hash.

    The suppression keeps imports from bringing the address back; a sign-up of the reader's own
    may (docs/decisions/0031).
    """
    forget(tx, mailboxes.name(reader.email), reader, now)
    # Inside the transaction: a restore must not bring back who was erased.
    log.erased(tx, reader.email, now)


def _written(moment: datetime | None) -> str | None:
    return None if moment is None else moment.isoformat()


def _day(day: date | None) -> str | None:
    return None if day is None else day.isoformat()
