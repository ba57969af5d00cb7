"""What a scripted SMTP server does, transaction by transaction; data only, read from JSON.

Example: grey-list every first attempt at one domain, close after the last byte of mail 7:

    {"extensions": ["PIPELINING", "SIZE 10000000"],
     "faults": [{"at": "rcpt", "recipient": "*@slow.example", "times": 1,
                 "reply": "450 4.2.0 later"},
                {"at": "received", "first": 7, "last": 7, "close": true}]}
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field, fields
from enum import StrEnum
from fnmatch import fnmatchcase
from typing import cast

from briefings.errors import WrongFile

DEFAULT_EXTENSIONS = ("PIPELINING", "SIZE 52428800", "8BITMIME", "SMTPUTF8", "DSN")


class Point(StrEnum):
    """Where a fault strikes."""

    CONNECT = "connect"
    EHLO = "ehlo"
    STARTTLS = "starttls"
    AUTH = "auth"
    MAIL = "mail"
    RCPT = "rcpt"
    DATA = "data"
    BODY = "body"
    """In mid-body, after `bytes` bytes of it."""
    RECEIVED = "received"
    """After the last byte; the mail is not accepted."""
    ACCEPTED = "accepted"
    """After the ledger's line, in place of the 250."""
    ANSWERED = "answered"
    """After the 250 went out: a silent close between mails."""
    RSET = "rset"
    QUIT = "quit"


@dataclass(frozen=True, kw_only=True, slots=True)
class Fault:
    """One deviation: where it strikes, whom, how often, and what happens.

    Mails are counted from 1 over all connections, by their MAIL command; connections likewise
    for `connect`, `ehlo`, `starttls` and `auth`. A fault without reply, delay, close, hang and
    hold does nothing.
    """

    at: Point
    reply: str | None = None
    """Sent instead of the usual reply; the command has no effect then. `\\n` parts lines."""
    delay: float = 0.0
    """Seconds before the reply."""
    close: bool = False
    """Close the connection: after the reply if there is one, else in its place."""
    hang: bool = False
    """Say nothing more until the client goes."""
    hold: bool = False
    """Wait for `release()` before the reply; on the command line for SIGUSR1."""
    recipient: str = "*"
    """Shell pattern; only from `rcpt` on."""
    first: int = 1
    last: int = 0
    """0: no end."""
    every: int = 1
    times: int = 0
    """Strike at most this often; 0: no limit."""
    bytes: int = 1
    """For `body` only."""

    def strikes(self, point: Point, number: int, recipient: str) -> bool:
        """Tell whether this fault is for that point, mail (or connection) and recipient."""
        return (
            point is self.at
            and number >= self.first
            and (not self.last or number <= self.last)
            and (number - self.first) % self.every == 0
            and fnmatchcase(recipient.lower(), self.recipient.lower())
        )


@dataclass(frozen=True, kw_only=True, slots=True)
class Script:
    """A whole server: what it offers, how much it bears, and its faults in order of precedence."""

    extensions: tuple[str, ...] = DEFAULT_EXTENSIONS
    """As in EHLO; STARTTLS and AUTH are added where the server has a certificate or a login."""
    faults: tuple[Fault, ...] = ()
    connections: int = 0
    """More at a time get `421`; 0: no limit."""
    mails_per_connection: int = 0
    """After this many `421` at the next MAIL; 0: no limit."""
    login: tuple[str, str] | None = None
    """User and password that AUTH PLAIN and LOGIN must give; mails need a login then."""
    implicit_tls: bool = False
    """Speak TLS from the first byte, as on port 465."""
    starttls: bool = True
    """Offer STARTTLS where there is a certificate; false strips it."""


def read_script(text: str) -> Script:
    """Read a script from JSON with the fields of `Script` and `Fault`.

    Raises WrongFile that names the field and what is allowed.
    """
    try:
        found = cast("object", json.loads(text))
    except ValueError as trouble:
        raise WrongFile(f"The script is not JSON ({trouble})") from None
    values = _object(found, "script", {entry.name for entry in fields(Script)})
    faults = tuple(_fault(one, n) for n, one in enumerate(_list(values, "faults"), 1))
    login = _list(values, "login")
    if login and (len(login) != 2 or not all(isinstance(word, str) for word in login)):  # noqa: PLR2004 - a pair
        raise WrongFile('The script\'s "login" must be ["user", "password"]')
    return Script(
        extensions=tuple(str(word) for word in _list(values, "extensions", DEFAULT_EXTENSIONS)),
        faults=faults,
        connections=_whole(values, "connections"),
        mails_per_connection=_whole(values, "mails_per_connection"),
        login=(str(login[0]), str(login[1])) if login else None,
        implicit_tls=values.get("implicit_tls", False) is True,
        starttls=values.get("starttls", True) is True,
    )


@dataclass(slots=True)
class Play:
    """A script as it is played: which faults struck how often."""

    script: Script
    struck: list[int] = field(init=False)

    def __post_init__(self) -> None:
        self.struck = [0] * len(self.script.faults)

    def fault(self, point: Point, number: int, recipient: str = "") -> Fault | None:
        """Return the first fault that strikes here and count it."""
        for index, fault in enumerate(self.script.faults):
            if fault.times and self.struck[index] >= fault.times:
                continue
            if fault.strikes(point, number, recipient):
                self.struck[index] += 1
                return fault
        return None


def _fault(found: object, number: int) -> Fault:
    where = f"fault {number}"
    values = _object(found, where, {entry.name for entry in fields(Fault)})
    try:
        at = Point(str(values.get("at")))
    except ValueError:
        allowed = ", ".join(Point)
        raise WrongFile(f'The {where} has no valid "at"; allowed: {allowed}') from None
    delay = values.get("delay", 0)
    reply = values.get("reply")
    if not isinstance(delay, int | float) or not (reply is None or isinstance(reply, str)):
        raise WrongFile(f'The {where}: "delay" must be seconds and "reply" a text')
    return Fault(
        at=at,
        reply=reply,
        delay=float(delay),
        close=values.get("close", False) is True,
        hang=values.get("hang", False) is True,
        hold=values.get("hold", False) is True,
        recipient=str(values.get("recipient", "*")),
        first=_whole(values, "first", 1),
        last=_whole(values, "last"),
        every=max(1, _whole(values, "every", 1)),
        times=_whole(values, "times"),
        bytes=_whole(values, "bytes", 1),
    )


def _object(found: object, where: str, allowed: set[str]) -> dict[str, object]:
    if not isinstance(found, dict):
        raise WrongFile(f"The {where} must be a JSON object")
    values = cast("dict[str, object]", found)
    if unknown := sorted(set(values) - allowed):
        raise WrongFile(
            f"The {where} has unknown fields {', '.join(unknown)}; "
            f"allowed: {', '.join(sorted(allowed))}"
        )
    return values


def _list(
    values: dict[str, object], name: str, default: tuple[object, ...] = ()
) -> tuple[object, ...]:
    found = values.get(name)
    if found is None:
        return default
    if not isinstance(found, list):
        raise WrongFile(f'The script\'s "{name}" must be a JSON list')
    return tuple(cast("list[object]", found))


def _whole(values: dict[str, object], name: str, default: int = 0) -> int:
    found = values.get(name, default)
    if not isinstance(found, int) or isinstance(found, bool) or found < 0:
        raise WrongFile(f'"{name}" must be a whole number, 0 or more')
    return found
