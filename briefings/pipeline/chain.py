"""What every step of the chain is handed: the stages' objects and the rules; it decides nothing."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from briefings.assemble import ThinRules
from briefings.deliver.message import Postmark
from briefings.links import Signer
from briefings.render import Renderer
from briefings.render.letters import LetterRenderer
from briefings.store.database import Database
from briefings.weeks import SendAt


@dataclass(frozen=True, slots=True, kw_only=True)
class Schedule:
    """When mails leave: a weekday and time on each reader's clock; `timezone` for who has none."""

    send_at: SendAt
    timezone: str


@dataclass(frozen=True, kw_only=True)
class Chain:
    """The stages of one installation, built by wiring.

    `renderer`, `letters`, `postmark` and `signer` are made when first asked for: commands that send
    nothing need none of their settings.
    """

    db: Database
    schedule: Schedule
    thin: ThinRules
    state_dir: Path
    renderer: Callable[[], Renderer]
    letters: Callable[[], LetterRenderer]
    postmark: Callable[[], Postmark]
    signer: Callable[[], Signer]
    clock: Callable[[], datetime]
    """The time, in UTC."""
    monotonic: Callable[[], float]
    """Seconds that go on while the machine sleeps, and never jump (CLOCK_BOOTTIME)."""
    sleep: Callable[[float], None]
    """Waits for seconds."""
