"""A reader's plan as calendar entries and their own mails as entries of a feed; changes nothing."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol, cast

from icalendar import Calendar, Event

from briefings.links import Purpose, Token, page_url, view_url
from briefings.model.delivery import State
from briefings.pipeline.chain import Chain
from briefings.pipeline.planning import Planned, look
from briefings.pipeline.reading import Gone, reader_of
from briefings.store import blocks, deliveries, items, own_addresses
from briefings.store.database import Transaction

MOST_ENTRIES = 26
"""Half a year of weekly mails."""
_TRIED = frozenset({State.ACCEPTED, State.UNSURE, State.DEFERRED, State.REJECTED})
"""Mails that were sent out once, whatever the mail server made of them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedEntry:
    """One mail of a reader: subject, headlines, where to read it, and when it went (UTC)."""

    number: int
    subject: str
    headlines: tuple[str, ...]
    url: str
    at: datetime


class _Component(Protocol):
    """What we use of a component of icalendar, whose own types are unknown in part."""

    def add(self, name: str, value: object, parameters: dict[str, str] | None = None) -> None: ...
    def add_component(self, component: _Component) -> None: ...
    def to_ical(self) -> bytes: ...


def plan_calendar(chain: Chain, token: Token, now: datetime) -> bytes:
    """Write a reader's plan as an iCalendar file (RFC 5545): one whole day per step, its Monday.

    An entry keeps its UID when the plan moves, so a calendar that asks again moves it, too. Empty
    of entries before the plan is started. Nothing in it leads to a page of the reader's own.

    Raises:
        Gone: the reader was erased, or made the address anew.
    """
    seen = look(chain, token, now)
    with chain.db.read() as tx:
        _refuse_replaced(tx, token)
    postmark = chain.postmark()
    link = page_url(postmark.base_url, "specializations", seen.specialization.slug)
    calendar = cast("_Component", Calendar())
    calendar.add("prodid", "-//Briefings//12-week plan//EN")
    calendar.add("version", "2.0")
    calendar.add("method", "PUBLISH")
    calendar.add("x-wr-calname", f"12-week plan: {seen.specialization.name}")
    calendar.add("refresh-interval", timedelta(days=1), parameters={"VALUE": "DURATION"})
    for number, monday in seen.mondays.items():
        event = cast("_Component", Event())
        event.add("uid", f"{seen.specialization.slug}-{number}-{token.reader_id}@{postmark.domain}")
        event.add("dtstamp", now)
        event.add("dtstart", monday)
        event.add("dtend", monday + timedelta(days=1))
        event.add("summary", _summary(seen, number))
        event.add("description", _description(seen, number))
        event.add("url", link)
        event.add("transp", "TRANSPARENT")
        calendar.add_component(event)
    return calendar.to_ical()


def own_mails(chain: Chain, token: Token) -> tuple[FeedEntry, ...]:
    """A reader's last mails, newest first.

    Raises:
        Gone: the reader was erased, or made the address anew.
    """
    base, sign = chain.postmark().base_url, chain.signer().sign
    with chain.db.read() as tx:
        reader = reader_of(tx, token)
        _refuse_replaced(tx, token)
        rows = [
            row
            for row in deliveries.of_reader(tx, reader.id, MOST_ENTRIES)
            if row.state in _TRIED and row.briefing_id is not None
        ]
        briefings = {row.id: blocks.briefing(tx, row.briefing_id or 0) for row in rows}
        carried = {number for each in briefings.values() for number in each.carried}
        known = items.get(tx, carried)
    return tuple(
        FeedEntry(
            number=row.id,
            subject=briefings[row.id].headers["subject"],
            headlines=tuple(
                known[number].news.headline
                for number in briefings[row.id].carried
                if number in known
            ),
            url=view_url(base, sign(Purpose.VIEW, reader.id, row.id)),
            at=at,
        )
        for row in rows
        if (at := row.settled_at or row.due_at) is not None
    )


def addresses(chain: Chain, token: Token) -> Mapping[Purpose, str]:
    """Where a reader's calendar and feed lie; each has a token of its own purpose.

    In the place of a mail's number these tokens carry that of `store/own_addresses.py`.
    """
    base, sign = chain.postmark().base_url, chain.signer().sign
    with chain.db.read() as tx:
        number = own_addresses.number(tx, token.reader_id)
    return {
        purpose: page_url(base, purpose.value, sign(purpose, token.reader_id, number))
        for purpose in (Purpose.CALENDAR, Purpose.FEED)
    }


def _refuse_replaced(tx: Transaction, token: Token) -> None:
    if token.delivery_id != own_addresses.number(tx, token.reader_id):
        raise Gone(
            "This address was replaced by a new one. The new one stands on the plan page: open it "
            "from a briefing, or from your settings."
        )


def _summary(seen: Planned, number: int) -> str:
    step = seen.specialization.plan_week(number)
    headline = step.headline if step is not None else ""
    done = "Done: " if number in seen.progress.weeks else ""
    return f"{done}Week {number} of 12: {headline}"


def _description(seen: Planned, number: int) -> str:
    step = seen.specialization.plan_week(number)
    if step is None:
        return ""
    tasks = [f"- {each.task}\n  Done when: {each.result}" for each in step.tasks]
    tool = seen.tools[step.tool].name
    facts = f"Tool: {tool}. Skill: {step.skill}. About {step.hours} hours."
    return "\n".join([step.text, "", *tasks, "", facts])
