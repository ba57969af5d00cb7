"""How fast the lanes alone are: mails of 46 KB from memory, no database, over one pool.

    python -m briefings.testing.sink --port 2526 --expect 20000 &
    python benchmarks/wire.py --port 2526 --mails 20000 --lanes 8
    smtp-source -d -s 8 -l 46000 -m 20000 -f a@example.com -t b@example.org 127.0.0.1:2526

Prints one JSON line; the rate is taken between the first and the last acceptance.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import tempfile
import time
from pathlib import Path

import uvloop

from briefings.deliver.pool import LanePool
from briefings.deliver.relay import Relay
from briefings.deliver.send_log import Owner, SendLog
from briefings.deliver.terms import Callbacks, Limits, Permission
from briefings.deliver.wire import Outgoing
from briefings.model.reply import Accepted, Outcome

LINE = b"x" * 74 + b"\r\n"
HEAD = b"Message-ID: <%d@bench.example>\r\nSubject: bench\r\n\r\n"


class Load:
    """Stands where the sender stands: so many mails, and when they were accepted."""

    def __init__(self, mails: int, size: int) -> None:
        self.mails = mails
        self.body = LINE * (size // len(LINE))
        self.given = self.settled = self.accepted = 0
        self.first = self.last = 0.0
        self.pool: LanePool | None = None

    def feed(self) -> Outgoing | None:
        """Make the next mail."""
        if self.given == self.mails:
            return None
        self.given += 1
        return Outgoing(
            delivery_id=self.given,
            sender="news@bench.example",
            recipient=f"reader{self.given}@bench.example",
            content=b"".join((HEAD % self.given, self.body)),
        )

    def done(self, _: Outgoing, outcome: Outcome) -> None:
        """Count, and end after the last."""
        self.last = time.monotonic()
        self.first = self.first or self.last
        self.settled += 1
        self.accepted += isinstance(outcome, Accepted)
        if self.settled == self.mails and self.pool is not None:
            self.pool.drain()


async def send(load: Load, relay: Relay, lanes: int, folder: Path) -> None:
    """Send the load; the send log is written as in real life."""
    log = SendLog.create(
        folder, Owner(process="bench", instance="bench", host="bench", boot="bench", fence=1)
    )
    load.pool = LanePool(
        relay=relay,
        calls=Callbacks(
            feed=load.feed,
            done=load.done,
            may_write=lambda rows: [Permission.WRITE] * len(rows),
            fill_ahead=lambda _: None,
            clock=time.monotonic,
        ),
        log=log,
        most=lanes,
        limits=Limits(mails=1_000_000),
    )
    await load.pool.run()
    log.close(delete=True)


def main() -> None:
    """Read the arguments, send, print."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--port", type=int, default=2526)
    parser.add_argument("--mails", type=int, default=20_000)
    parser.add_argument("--lanes", type=int, default=8)
    parser.add_argument("--size", type=int, default=46_000)
    parser.add_argument("--asyncio", action="store_true", help="without uvloop")
    given = parser.parse_args()
    load = Load(given.mails, given.size)
    relay = Relay.parse(f"smtp://127.0.0.1:{given.port}")
    before = time.process_time()
    with tempfile.TemporaryDirectory() as folder:
        work = send(load, relay, given.lanes, Path(folder))
        asyncio.run(work) if given.asyncio else uvloop.run(work)
    result = {
        "accepted": load.accepted,
        "mails_per_second": round((load.settled - 1) / (load.last - load.first), 1),
        "cpu_ms_per_mail": round((time.process_time() - before) / given.mails * 1000, 4),
    }
    print(json.dumps(result))


if __name__ == "__main__":
    main()
