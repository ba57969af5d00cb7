"""Runs the command line in a process of its own and kills it (SIGKILL) at one exact point.

The points are functions of the shipped code, found by Python's own profiling hook: nothing in the
product knows of this file. Batches are made small, so that few readers make many of them.
"""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Callable
from dataclasses import dataclass
from types import FrameType
from typing import Any

from briefings.cli import app
from briefings.deliver import pool
from briefings.pipeline import claims, freeze, send

__all__ = ["POINTS", "pool", "run", "send"]
"""`pool` and `send` are imported so that a process forked from this one need not."""

Condition = Callable[[dict[str, Any], Any], bool]


@dataclass(frozen=True)
class Point:
    """The nth time that a function is entered (`call`) or left (`return`), if the condition holds."""

    file: str
    function: str
    event: str
    when: Condition = lambda _locals, _result: True


POINTS = {
    "after-issue-row": Point("store/deliveries.py", "last_frozen_reader", "call"),
    "freeze-before-commit": Point("store/outcomes.py", "freeze_span", "return"),
    "freeze-after-commit": Point("store/outcomes.py", "next_span", "call"),
    "before-received": Point("pipeline/freeze.py", "fill_received", "call"),
    "in-received": Point("store/received.py", "fill_received", "return"),
    "open-before-commit": Point("store/issues.py", "open", "return"),
    "after-open": Point("pipeline/claims.py", "__init__", "call"),
    "log-before-process-row": Point("deliver/send_log.py", "create", "return"),
    "claim-before-commit": Point("store/claims.py", "claim", "return", lambda _, r: bool(r)),
    "after-claim": Point("pipeline/claims.py", "turn", "return", lambda _, r: bool(r)),
    "after-MAIL": Point(
        "deliver/protocol.py",
        "_answered",
        "call",
        lambda v, _: [*v["self"]._expected][:1] == ["mail"],
    ),
    "after-354": Point("deliver/protocol.py", "_take_in_go_ahead", "call"),
    "before-D": Point("deliver/send_log.py", "departing", "call"),
    "after-D": Point("deliver/send_log.py", "departing", "return"),
    "after-last-byte": Point("deliver/protocol.py", "depart", "return"),
    "after-250": Point("deliver/protocol.py", "_settle_leaving", "call"),
    "after-A": Point("deliver/send_log.py", "answered", "return"),
    "settle-before-commit": Point("store/claims.py", "settle", "return"),
    "after-settle": Point(
        "pipeline/claims.py", "turn", "return", lambda v, _: bool(v.get("results"))
    ),
    "process-row-gone": Point("store/processes.py", "gone", "return"),
    "before-log-deleted": Point("deliver/send_log.py", "close", "call"),
}


def arm(point: Point, nth: int) -> None:
    """Kill this process at the point; profiling is per thread, and sending happens in this one."""
    left = nth

    def watch(frame: FrameType, event: str, result: Any) -> None:
        nonlocal left
        if event != point.event:
            return
        code = frame.f_code
        if code.co_name != point.function or not code.co_filename.endswith(point.file):
            return
        if point.when(frame.f_locals, result):
            left -= 1
            if left <= 0:
                os.kill(os.getpid(), signal.SIGKILL)

    sys.setprofile(watch)


def run(point: str, nth: int, settings: dict[str, str], out: str, arguments: list[str]) -> None:
    """Make batches small, arm the trap, run the command line; ends this process."""
    with open(out, "wb", buffering=0) as file:  # noqa: PTH123 - its descriptor is what counts
        os.dup2(file.fileno(), 1)
        os.dup2(file.fileno(), 2)
    os.environ.update(settings)
    claims.CLAIM = 16
    freeze.BATCH = freeze.FILL_RANGE = 25
    if point == "lease":
        assert send.send_due.__kwdefaults__
        send.send_due.__kwdefaults__["lease"] = float(nth)  # not a setting: nobody should need it
    elif point != "none":
        arm(POINTS[point], nth)
    code = app.run(arguments)
    sys.stdout.flush()
    os._exit(code)
