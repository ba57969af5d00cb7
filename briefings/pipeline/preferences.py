"""What a reader chose and when the next mail comes; choosing nothing is never taken for leaving."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

from briefings.errors import Conflict, Refused
from briefings.links import Token
from briefings.model.catalogue import Specialization
from briefings.model.delivery import IssueKind, State
from briefings.model.frequency import Frequency
from briefings.model.reader import Preferences, Reader, Section
from briefings.pipeline.chain import Chain, Schedule
from briefings.pipeline.next_mail import next_mail
from briefings.pipeline.prepare import load_catalogue
from briefings.pipeline.reading import reader_of
from briefings.readers.languages import OFFERED
from briefings.readers.zones import accepted
from briefings.store import deliveries, issues, readers
from briefings.store.database import Transaction
from briefings.weeks import Week, zone

LONGEST_PAUSE = timedelta(days=366)
LONGEST_NAME = 60
MAILS_SHOWN = 8
_SHOWN = frozenset(State) - {State.SKIPPED, State.EXPIRED, State.REJECTED}


class BadChoice(Refused):
    """A choice that cannot be saved; `field` names it, the message can stand beside it."""

    def __init__(self, field: str, message: str) -> None:
        super().__init__(message)
        self.field = field


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """What a filled-in form says. `sections` are those switched on."""

    specializations: Collection[str]
    sections: Collection[Section]
    frequency: Frequency
    paused_until: date | None
    primary: str | None = None
    timezone: str | None = None
    """Empty for the installation's own."""
    language: str | None = None
    name: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PastMail:
    """One of the reader's own last mails; `day` is on the reader's clock, 0 means no web view."""

    week: Week
    kind: IssueKind
    day: datetime | None
    state: State
    reason: str | None
    view_of: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Offer:
    """What the page shows: the reader's own specializations first, then what else there is.

    `next_mail` is on the reader's clock; None when the reader left or nothing comes.
    """

    reader: Reader
    own: tuple[Specialization, ...]
    others: tuple[Specialization, ...]
    next_mail: datetime | None
    today: date
    past: tuple[PastMail, ...]


def offer(chain: Chain, token: Token) -> Offer:
    """Look at what the reader of a link chose.

    Raises:
        Gone: the reader was erased.
    """
    now = chain.clock()
    with chain.db.read() as tx:
        reader = reader_of(tx, token)
        catalogue = load_catalogue(tx)
        past = _past(tx, reader, chain.schedule)
        coming = next_mail(tx, chain, reader, now)
    mine = reader.preferences.specializations
    return Offer(
        reader=reader,
        own=tuple(catalogue.specialization(s) for s in mine if catalogue.has_specialization(s)),
        others=tuple(s for s in catalogue.specializations if s.slug not in mine),
        next_mail=coming,
        today=now.astimezone(zone(reader.timezone or chain.schedule.timezone)).date(),
        past=past,
    )


def choose(chain: Chain, token: Token, choice: Choice) -> None:
    """Save what a reader chose; the same choice again changes nothing.

    Raises:
        BadChoice: no specialization is left, or the pause ends in the past or too late.
        Conflict: the reader left; a link that can be forwarded brings nobody back (R13).
        Gone: the reader was erased.
        Temporary: the database is locked; nothing was changed.
    """
    now = chain.clock()
    with chain.db.write() as tx:
        reader = reader_of(tx, token)
        if reader.left_at is not None:
            raise Conflict("You have left, so there is nothing to choose.")
        catalogue = load_catalogue(tx)
        known = [s.slug for s in catalogue.specializations if s.slug in choice.specializations]
        chosen = _in_order(reader.preferences.specializations, known, choice.primary)
        if not chosen:
            raise BadChoice(
                "specializations",
                "Nothing was saved: with none switched on you would get no mail at all. "
                "Switch one on, or leave for good with the link below.",
            )
        timezone = reader.timezone if choice.timezone is None else _zone(choice.timezone)
        today = now.astimezone(zone(timezone or chain.schedule.timezone)).date()
        _check_pause(choice.paused_until, today)
        wanted = Preferences(
            specializations=chosen,
            frequency=choice.frequency,
            sections_off=tuple(section for section in Section if section not in choice.sections),
            language=_language(choice.language or reader.preferences.language),
            focus=reader.preferences.focus,
        )
        before = (_sorted(reader.preferences), reader.timezone, reader.paused_until)
        if (wanted, timezone, choice.paused_until) != before:
            readers.set_preferences(tx, reader.id, wanted, timezone, choice.paused_until, now)
        if choice.name is not None and (name := _name(choice.name)) != reader.name:
            readers.rename(tx, reader.id, name, now)


def _past(tx: Transaction, reader: Reader, schedule: Schedule) -> tuple[PastMail, ...]:
    where = zone(reader.timezone or schedule.timezone)
    kinds = {issue.id: (Week.parse(issue.week), issue.kind) for issue in issues.find(tx)}
    return tuple(
        PastMail(
            week=kinds[row.issue_id][0],
            kind=kinds[row.issue_id][1],
            day=(row.settled_at or row.due_at).astimezone(where) if row.due_at else None,
            state=row.state,
            reason=row.reason if row.state is State.SKIPPED else None,
            view_of=row.id if row.briefing_id is not None and row.state in _SHOWN else 0,
        )
        for row in deliveries.of_reader(tx, reader.id, MAILS_SHOWN)
        if row.issue_id in kinds
    )


def _in_order(before: tuple[str, ...], chosen: list[str], primary: str | None) -> tuple[str, ...]:
    """Keep the reader's order, whose first is the primary one; what is new comes after it."""
    kept = tuple(slug for slug in before if slug in chosen)
    ordered = kept + tuple(slug for slug in chosen if slug not in kept)
    if not primary or not ordered:
        return ordered
    if primary not in ordered:
        raise BadChoice("primary", "Choose one that is switched on: it leads your mail.")
    return (primary, *(slug for slug in ordered if slug != primary))


def _zone(text: str) -> str | None:
    if not text.strip():
        return None
    if (found := accepted(text)) is None:
        raise BadChoice("timezone", "There is no such time zone. Choose one of the list.")
    return found


def _language(code: str) -> str:
    if code not in OFFERED:
        raise BadChoice("language", f"Choose one of {', '.join(OFFERED.values())}.")
    return code


def _name(text: str) -> str:
    name = " ".join(text.split())
    if len(name) > LONGEST_NAME or not name.isprintable():
        raise BadChoice(
            "name", f"Write {LONGEST_NAME} characters at most, and only ones that can be seen."
        )
    return name


def _sorted(preferences: Preferences) -> Preferences:
    off = tuple(section for section in Section if section in preferences.sections_off)
    return replace(preferences, sections_off=off)


def _check_pause(until: date | None, today: date) -> None:
    if until is None:
        return
    if until <= today:
        raise BadChoice("paused_until", "This day is over. Choose a later one, or leave it empty.")
    if until > today + LONGEST_PAUSE:
        raise BadChoice("paused_until", "A pause can last a year at most. Choose an earlier day.")
