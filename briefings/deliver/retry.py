"""What a reply means and when to try again (promise P7); pure: it never sends, it has no clock."""

from __future__ import annotations

from collections import Counter, deque
from datetime import timedelta
from typing import TYPE_CHECKING

from briefings.model.reply import (
    Accepted,
    Deferred,
    Outcome,
    PauseIssue,
    PauseLane,
    Rejected,
    Reply,
    Returned,
    Stage,
    StopLane,
    Verdict,
)

if TYPE_CHECKING:
    from datetime import datetime

FIRST_WAIT = timedelta(minutes=5)
LONGEST_WAIT = timedelta(hours=4)
EXPIRES_AFTER_FIRST_ATTEMPT = timedelta(hours=48)
EXPIRES_AFTER_DUE = timedelta(hours=72)
REFUSALS_THAT_PAUSE = 20
ANSWERS_REMEMBERED = 100

_CLOSING = 421
_MAILBOX_LIMIT = 552
_BEFORE_ANY_READER = frozenset({Stage.CONNECT, Stage.EHLO, Stage.MAIL})
_ABOUT_THE_CONNECTION = frozenset({Stage.CONNECT, Stage.EHLO, Stage.STARTTLS, Stage.AUTH})
_ABOUT_THE_SENDER = frozenset({"5.1.7", "5.1.8"})
"""Bad sender address (RFC 3463 section 3.2), which Postfix tells only at RCPT by default."""


def judge(reply: Reply) -> Verdict:
    """Return what a reply means: the whole of P7 by code, status and step, in reading order."""
    if reply.code == _CLOSING:
        return PauseLane(str(reply))
    if reply.positive:
        return Accepted(reply)
    if reply.code >= 500:  # noqa: PLR2004 - RFC 5321 section 4.2.1: 5yz is a permanent refusal
        return _judge_refusal(reply)
    if reply.stage in _ABOUT_THE_CONNECTION:
        return PauseLane(str(reply))
    return Deferred(reply)


def _judge_refusal(reply: Reply) -> Verdict:
    status = reply.enhanced or ""
    if reply.stage is Stage.AUTH:
        return StopLane(f"The mail server refuses our login: {reply}", alert=True)
    if reply.stage is Stage.STARTTLS:
        return StopLane(f"The mail server refuses to encrypt: {reply}", alert=True)
    if (
        reply.stage in _BEFORE_ANY_READER
        or status.startswith("5.7.")
        or status in _ABOUT_THE_SENDER
    ):
        return PauseIssue(str(reply))
    if reply.code == _MAILBOX_LIMIT and not status and reply.stage is Stage.RCPT:
        return Deferred(reply)  # RFC 5321 section 4.5.3.1.10: a bare 552 at RCPT is read as 452
    return Rejected(reply)


def outcome_of(reply: Reply) -> Outcome:
    """Return what becomes of the mail that got this reply; a lane's trouble burns nobody."""
    verdict = judge(reply)
    if isinstance(verdict, PauseLane | StopLane):
        return Returned(verdict.reason)
    return verdict


def next_attempt(attempts: int, now: datetime, *, jitter: float = 0.0) -> datetime:
    """Return when to try again after `attempts` (1 or more) tries that were deferred.

    Five minutes, doubling to four hours. `jitter` in [0, 1) lengthens the wait by up to a tenth,
    so that a deferred wave does not come back as one.
    """
    doublings = min(max(attempts - 1, 0), 16)
    wait = min(FIRST_WAIT * 2**doublings, LONGEST_WAIT)
    return now + wait * (1 + jitter / 10)


def expired(
    *, first_attempt_at: datetime | None, due_at: datetime, opened_by_tick: bool, now: datetime
) -> bool:
    """Tell whether a delivery is too old to try (P7).

    48 hours after the first attempt; never tried: 72 hours after `due_at`, and only in an issue
    that the schedule opened, for one opened by hand does not age before its first attempt.
    """
    if first_attempt_at is not None:
        return now - first_attempt_at >= EXPIRES_AFTER_FIRST_ATTEMPT
    return opened_by_tick and now - due_at >= EXPIRES_AFTER_DUE


class RefusalWindow:
    """The last 100 answers of one issue: twenty equal refusals mean the server, not the readers.

    Equal is code, status and step. Bounded memory; kept per issue by whoever settles it.
    """

    def __init__(self) -> None:
        self._answers: deque[tuple[int, tuple[int, str | None, Stage] | None]] = deque()
        self._counts: Counter[tuple[int, str | None, Stage]] = Counter()

    def note(self, row: int, outcome: Outcome) -> PauseIssue | None:
        """Take in one outcome; return the pause with all rows to give back, or None.

        The rows of the pause include this one. The window is empty afterwards, so that an issue
        which an operator resumes starts anew.
        """
        if not isinstance(outcome, Accepted | Deferred | Rejected):
            return None
        reply = outcome.reply
        kind = None
        if isinstance(outcome, Rejected):
            kind = (reply.code, reply.enhanced, reply.stage)
            self._counts[kind] += 1
        self._remember(row, kind)
        if kind is None or self._counts[kind] < REFUSALS_THAT_PAUSE:
            return None
        rows = tuple(row for row, seen in self._answers if seen == kind)
        self._answers.clear()
        self._counts.clear()
        return PauseIssue(
            f"{len(rows)} of the last {ANSWERS_REMEMBERED} answers were the same refusal: {reply}",
            rows,
        )

    def agreed(self, row: int) -> None:
        """Take in that a mail was accepted: what `note` does with it, without the questions."""
        self._remember(row, None)

    def _remember(self, row: int, kind: tuple[int, str | None, Stage] | None) -> None:
        self._answers.append((row, kind))
        if len(self._answers) > ANSWERS_REMEMBERED:
            _, oldest = self._answers.popleft()
            if oldest is not None:
                self._counts[oldest] -= 1
