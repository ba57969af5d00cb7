"""What a conversation is told, asks and tells at its end; types only, it never touches a socket."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum, auto
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from briefings.deliver.wire import Outgoing
    from briefings.model.reply import Outcome, PauseLane


class Permission(Enum):
    """May the body of this mail go on the wire now? Asked right before its `D` record."""

    WRITE = auto()
    SKIP = auto()
    """Not this mail (its reader left meanwhile): hand it back and go on."""
    STOP = auto()
    """No mail at all (our lease lapsed): hand it back and end the conversation."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Limits:
    """How long a conversation waits and lasts; seconds, and mails per connection.

    The waits follow RFC 5321 section 4.5.3.2 (300, 120, 600).
    """

    envelope: float = 300.0
    go_ahead: float = 120.0
    final: float = 600.0
    idle: float = 10.0
    lifetime: float = 300.0
    mails: int = 1000


@dataclass(frozen=True, kw_only=True, slots=True)
class Ended:
    """Why a conversation is over, and how many mails it carried."""

    reason: str
    accepted: int
    verdict: PauseLane | None = None
    """Set when the server is the reason: 421, silence, a close in mid-flow, broken replies."""
    stopped: bool = False
    """Set when `Permission.STOP` or a send log that cannot be written ended it."""
    failure: OSError | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Callbacks:
    """What the conversation asks of the sender; all are called on the loop and must not block."""

    feed: Callable[[], Outgoing | None]
    done: Callable[[Outgoing, Outcome], None]
    may_write: Callable[[Sequence[int]], Sequence[Permission]]
    """Row by row, whether its body may leave now; one look for all that leave side by side."""
    fill_ahead: Callable[[int], None]
    """Called with the number of bodies that just left: as many will be asked for soon."""
    clock: Callable[[], float]
    """Monotonic seconds."""
