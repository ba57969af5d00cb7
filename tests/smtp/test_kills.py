"""`kill -9` at every exact point of sending: nothing lost, nothing repeated, little unsure (P2, P3).

Each case runs the real command line in processes of their own, kills it in the beginning, in the
middle and among the last mails, and runs it once more to its end. The truth is the ledger of the
mail server, written before each 250. `KILL_SWEEP=1` makes every kill at every n (some minutes).
"""

from __future__ import annotations

import os
import signal
import socket
import threading
from pathlib import Path

import pytest

from briefings.testing.script import Fault, Point, Script
from tests.smtp.kill_driver import POINTS
from tests.smtp.office import READERS, WEEK, ended, judge, served

SWEEP = os.environ.get("KILL_SWEEP") == "1"
ONCE = (1,)
FREEZE = (1, 2)
TURNS = (1, 2)
MAILS = (2, 15, 18)
"""In a row: the second mail, the middle of the rest, and among the last."""
WHEN: dict[str, tuple[int, ...]] = {
    "after-issue-row": ONCE,
    "freeze-before-commit": FREEZE,
    "freeze-after-commit": (2, 2),
    "before-received": ONCE,
    "in-received": (1, 3),
    "open-before-commit": ONCE,
    "after-open": ONCE,
    "log-before-process-row": (1, 1),
    "claim-before-commit": TURNS,
    "after-claim": TURNS,
    "settle-before-commit": (1, 2),
    "after-settle": (1, 2),
    "process-row-gone": ONCE,
    "before-log-deleted": ONCE,
    "after-MAIL": MAILS,
    "after-354": MAILS,
    "before-D": MAILS,
    "after-D": MAILS,
    "after-last-byte": MAILS,
    "after-250": MAILS,
    "after-A": MAILS,
}
NOTHING_LEFT = {"before-D", "after-MAIL", "after-354", "claim-before-commit", "after-claim"}


@pytest.mark.parametrize("point", POINTS)
def test_a_kill_loses_nothing_and_repeats_nothing(point: str, founded: Path, tmp_path: Path):
    with served(founded, tmp_path) as office:
        times = range(1, READERS + 2) if SWEEP else WHEN[point]
        killed = [office.send(point, nth) for nth in times].count(-signal.SIGKILL)
        assert killed or SWEEP
        if not SWEEP:
            assert killed == len(WHEN[point])
        assert office.send() == 0
        judge(office, kills=killed)


@pytest.mark.parametrize(
    ("at", "in_ledger"), [(Point.RECEIVED, False), (Point.ACCEPTED, True), (Point.MAIL, False)]
)
def test_a_kill_while_the_server_thinks(at: Point, in_ledger: bool, founded: Path, tmp_path: Path):
    fault = Fault(at=at, first=20, hold=True, reply="451 4.3.0 too late" if not in_ledger else None)
    with served(founded, tmp_path, Script(faults=(fault,))) as office:
        sending = office.start("none", 1, "send", "--week", WEEK, "--now")
        office.until(lambda: office.server.play.struck[0] >= 1)
        sending.kill()
        assert ended(sending) == -signal.SIGKILL
        office.on_server(lambda: setattr(office.server, "script", Script()))
        office.on_server(office.server.release)
        assert office.send() == 0
        # With PIPELINING the envelope may follow a body whose answer is still on its way, so one
        # lane leaves at most one unsure row at every point, this one included.
        assert judge(office, kills=1)["unsure"] <= 1


class SlowReader(threading.Thread):
    """A mail server that reads a body in sips: the rest of it stays with the client."""

    def __init__(self) -> None:
        super().__init__()
        self.socket = socket.socket()
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 2304)
        self.socket.bind(("127.0.0.1", 0))
        self.socket.listen()
        self.port = int(self.socket.getsockname()[1])
        self.in_body = threading.Event()
        self.over = threading.Event()

    def run(self) -> None:
        talk, _ = self.socket.accept()
        with talk, talk.makefile("rwb", buffering=0) as file:
            file.write(b"220 slow\r\n")
            while line := file.readline():
                verb = line[:4].upper()
                file.write(
                    b"250-slow\r\n250 PIPELINING\r\n"
                    if verb == b"EHLO"
                    else b"354 go on\r\n"
                    if verb == b"DATA"
                    else b"250 Ok\r\n"
                )
                if verb == b"DATA":
                    talk.recv(500)
                    self.in_body.set()
                    self.over.wait(30)
                    return


def test_a_kill_in_mid_body(founded: Path, tmp_path: Path):
    slow = SlowReader()
    slow.start()
    with served(founded, tmp_path) as office:
        port, office.port = office.port, slow.port
        sending = office.start("none", 1, "send", "--week", WEEK, "--now")
        assert slow.in_body.wait(30)
        sending.kill()
        assert ended(sending) == -signal.SIGKILL
        slow.over.set()
        slow.join(10)
        slow.socket.close()
        office.port = port
        assert office.send() == 0
        states = judge(office, kills=1)
        assert states["unsure"] == 1
