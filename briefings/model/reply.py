"""What a mail server answered and what that means for one delivery; it never reads a socket.

Outcomes are a closed vocabulary: a `match` over them is complete, and a type checker says so.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum

_ENHANCED = re.compile(r"([245]\.\d{1,3}\.\d{1,3})(?=\s|$)")
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]+")
_TEXT_LIMIT = 400
_CODES = range(200, 600)
_NOT_AGREED = 300
_START_INPUT = 354


class Stage(StrEnum):
    """The step of the SMTP dialogue to which a reply belongs; `final` is after the last byte."""

    CONNECT = "connect"
    EHLO = "ehlo"
    STARTTLS = "starttls"
    AUTH = "auth"
    RSET = "rset"
    MAIL = "mail"
    RCPT = "rcpt"
    DATA = "data"
    BODY = "body"
    FINAL = "final"
    QUIT = "quit"


@dataclass(frozen=True, kw_only=True, slots=True)
class Reply:
    """One complete reply of a mail server (RFC 5321 section 4.2, RFC 3463 for `enhanced`)."""

    code: int
    """200 to 599."""
    enhanced: str | None
    """Status such as `5.1.1`, where the server gave one."""
    text: str
    """The human part without codes and control characters, at most 400 characters."""
    stage: Stage

    def __str__(self) -> str:
        """Return the reply as an operator reads it: code, status, text and the step."""
        words = [str(self.code), self.enhanced or "", self.text]
        return f"{' '.join(word for word in words if word)} (at {self.stage})"

    @property
    def positive(self) -> bool:
        """Tell whether the server agreed: 2xx, or 354 to DATA."""
        return self.code < _NOT_AGREED or (self.code == _START_INPUT and self.stage is Stage.DATA)


def read_reply(code: int, text: str, stage: Stage) -> Reply:
    """Build the reply from a code and the server's words.

    Guarantees a text without control characters. Raises ValueError for a code outside 200-599.
    """
    if code not in _CODES:
        raise ValueError(f"{code} is no SMTP reply code (200 to 599)")
    enhanced = None
    if found := _ENHANCED.match(text):
        enhanced = found[1]
        text = text[found.end() :]
    if not text.isprintable():
        text = _CONTROL.sub(" ", text)
    return Reply(code=code, enhanced=enhanced, text=text.strip()[:_TEXT_LIMIT], stage=stage)


@dataclass(frozen=True, slots=True)
class Accepted:
    """The next mail server took responsibility (2xx after the last byte)."""

    reply: Reply


@dataclass(frozen=True, slots=True)
class Deferred:
    """The server said "not now" about this mail; try again later (see `deliver.retry`)."""

    reply: Reply


@dataclass(frozen=True, slots=True)
class Rejected:
    """The server, or we in its place, refused this mail for good for this reader."""

    reply: Reply


@dataclass(frozen=True, slots=True)
class Unsure:
    """The last byte left and the answer never came: never sent again by itself."""

    reason: str


@dataclass(frozen=True, slots=True)
class Returned:
    """The mail was certainly not accepted and nobody is to blame: back to pending."""

    reason: str


@dataclass(frozen=True, slots=True)
class PauseIssue:
    """The server refuses us, not this reader: pause the issue, give the mail back to pending."""

    reason: str
    rows: tuple[int, ...] = ()
    """Rows refused alike before: they go back to pending as well, so nobody is burnt."""


@dataclass(frozen=True, slots=True)
class PauseLane:
    """The server closes this connection or is not there: wait, shrink, connect again."""

    reason: str


@dataclass(frozen=True, slots=True)
class StopLane:
    """No lane can work until a person changes something; `alert` asks to tell the operator."""

    reason: str
    alert: bool


Outcome = Accepted | Deferred | Rejected | Unsure | Returned | PauseIssue
"""What becomes of one mail."""

Verdict = Accepted | Deferred | Rejected | PauseIssue | PauseLane | StopLane
"""What one reply means (P7)."""
