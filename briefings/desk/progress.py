"""How fast an issue goes, when it will be through, and what to do about a pause; pure."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime, timedelta

from briefings.model.delivery import IssueState, State

STATES_IN_WORDS: Mapping[State, str] = {
    State.ACCEPTED: "the next mail server took it; nobody knows more",
    State.PENDING: "not tried yet",
    State.CLAIMED: "in the hands of a sending process",
    State.DEFERRED: "put off by the mail server, tried again by itself",
    State.REJECTED: "refused for good",
    State.UNSURE: "no answer after the last byte; never sent again by itself",
    State.SKIPPED: "gets none, for the reasons below",
    State.EXPIRED: "too old to be tried again",
}
"""Each state in the order in which people look for it, with what it means."""

_REMEDIES = (
    (
        re.compile(r"\b5\.7\.\d+\b"),
        (
            "The mail server refuses us as a sender. Look at SPF, DKIM and the address in SENDER, "
            "ask its operator with the words above, then resume. No reader was given up for it."
        ),
    ),
    (
        re.compile(r"^\d+ of the last \d+ answers were the same refusal"),
        (
            "One refusal came again and again, so it is about us and not about readers. Ask the "
            "operator of the mail server with the words above, then resume. Nobody was given up."
        ),
    ),
    (
        re.compile(r"\b5\d\d\b"),
        (
            "The mail server refused before it heard of any reader. An operator has to mend "
            "MAIL_URL or SENDER; then resume. No reader was given up for it."
        ),
    ),
)
"""What the sender's reasons for a pause (P7) call for, the most telling sign first."""


def rate(settled: int, first: datetime | None, now: datetime) -> float:
    """Mails a second since the first of so many ended; one second at least has passed."""
    if first is None:
        return 0.0
    return settled / max((now - first).total_seconds(), 1.0)


def eta(*, left: int, per_second: float, now: datetime) -> datetime | None:
    """When `left` mails will be through at this rate; None while nothing moves."""
    if not left or per_second <= 0:
        return None
    return now + timedelta(seconds=left / per_second)


def remedy(state: IssueState, reason: str | None, *, by_stop: bool) -> str:
    """What to do about an issue that does not go on by itself; empty where nothing is to be done.

    `by_stop` says that stopping everything paused it. The reasons are those of the sender (P7),
    which has burnt no reader for them: their rows wait.
    """
    if state is IssueState.FREEZING:
        return "Its audience is being written down. If that stays so, tell an operator."
    if state is not IssueState.PAUSED:
        return ""
    if by_stop:
        return "Everything is stopped. An operator lets it go on; this issue opens with it."
    return next(
        (what for sign, what in _REMEDIES if sign.search(reason or "")),
        "A person paused it. Resume when that is settled.",
    )
