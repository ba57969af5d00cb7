"""One tick: look at the clock and the rows, do what is due, log what an operator should hear.

It keeps nothing between two ticks. Each step commits by itself and can be repeated or lost (R15):
two services may tick at once, and one may be killed between any two lines.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from briefings.config import Settings
from briefings.errors import BriefingsError
from briefings.logs import Log
from briefings.pipeline.chain import Chain
from briefings.pipeline.correct import finish_corrections
from briefings.pipeline.halt import stopped
from briefings.pipeline.instance import confirmed
from briefings.pipeline.late import open_due_late
from briefings.pipeline.looking_ahead import look_ahead_at_open
from briefings.pipeline.presses import fold
from briefings.pipeline.recovery import recover_all
from briefings.pipeline.reminders import warn
from briefings.pipeline.runs import make_due
from briefings.pipeline.seeding import release_due
from briefings.pipeline.welcome import welcome

log = Log("briefings.schedule")


def tick(chain: Chain, settings: Settings, host: str) -> None:
    """Take every step once; a failure is logged, the others go on, the next tick tries again."""
    try:
        confirmed(chain)
    except BriefingsError as failure:
        log.warning("tick failed", step="confirmed", error=str(failure))
        return
    _step("recover", lambda: recover_all(chain, host=host))
    _step("warn", lambda: warn(chain, settings))
    _step("presses", lambda: fold(chain))
    _step("look ahead", lambda: look_ahead_at_open(chain))
    with chain.db.read() as tx:
        if stopped(tx) is not None:
            return
    _step("run", lambda: make_due(chain, settings))
    _step("late", lambda: open_due_late(chain))
    _step("correction", lambda: finish_corrections(chain))
    _step("seeds", lambda: release_due(chain))
    _step("welcome", lambda: _welcomed(chain))


def _step(name: str, act: Callable[[], Sequence[str]]) -> None:
    try:
        for note in act():
            log.warning("alert", step=name, note=note)
    except BriefingsError as failure:
        log.warning("tick failed", step=name, error=str(failure))


def _welcomed(chain: Chain) -> Sequence[str]:
    added = welcome(chain)
    if added:
        log.info("welcomed", readers=added)
    return ()
