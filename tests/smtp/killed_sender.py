"""A sender without a database, to be killed: sends the rows it is given over a pool of lanes.

It kills itself at the 30th time it comes to the named point, or waits for its parent to do it.
"""

from __future__ import annotations

import asyncio
import os
import signal
import sys
import time
from pathlib import Path

from briefings.deliver.pool import LanePool, Pace
from briefings.deliver.relay import Relay
from briefings.deliver.send_log import Owner, SendLog
from briefings.deliver.terms import Callbacks, Permission
from briefings.deliver.wire import Outgoing
from briefings.model.reply import Reply


class Mortal(SendLog):
    """A send log that ends its process."""

    point = ""
    left = 30

    def at(self, point: str) -> None:
        if point == self.point:
            self.left -= 1
            if not self.left:
                os.kill(os.getpid(), signal.SIGKILL)

    def departing(self, *rows: int) -> None:
        self.at("before D")
        super().departing(*rows)
        self.at("after D")

    def answered(self, row: int, reply: Reply) -> None:
        self.at("before A")
        super().answered(row, reply)
        self.at("after A")

    def flush(self) -> None:
        self.at("before a flush")
        super().flush()
        self.at("after a flush")


async def main(folder: str, port: str, lanes: str, point: str, *rows: str) -> None:
    waiting = [int(row) for row in rows]
    left = set(waiting)
    log = Mortal.create(
        Path(folder),
        Owner(process=str(time.monotonic_ns()), instance="i", host="h", boot="b", fence=1),
    )
    assert isinstance(log, Mortal)
    log.point = point

    def feed() -> Outgoing | None:
        if not waiting:
            return None
        row = waiting.pop(0)
        head = b"Message-ID: <%d@kill>\r\nSubject: x\r\n\r\n" % row
        return Outgoing(
            delivery_id=row,
            sender="n@x.example",
            recipient=f"r{row}@x.example",
            content=head + b"x" * 70 + b"\r\n" + (b"y" * 70 + b"\r\n") * 600,
        )

    def done(mail: Outgoing, _: object) -> None:
        left.discard(mail.delivery_id)
        if not left:
            pool.drain()

    pool = LanePool(
        relay=Relay.parse(f"smtp://127.0.0.1:{port}"),
        calls=Callbacks(
            feed=feed,
            done=done,
            may_write=lambda rows: [Permission.WRITE] * len(rows),
            fill_ahead=lambda _: None,
            clock=time.monotonic,
        ),
        log=log,
        most=int(lanes),
        pace=Pace(open_every=0.0, open_after=1, open_soonest=0.0),
    )
    await pool.run()
    log.close(delete=False)


asyncio.run(main(*sys.argv[1:]))
