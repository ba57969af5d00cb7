"""No mail starts after an unsubscribe was committed, however often the two race (P4)."""

from __future__ import annotations

import asyncio
import random
import socket
import threading
import time
from pathlib import Path

import pytest

from briefings.deliver.pool import PoolEnd
from briefings.deliver.sender import Sender
from briefings.deliver.terms import Permission
from briefings.model.reply import Accepted, Returned, Stage, read_reply
from briefings.pipeline.claims import Claims, Sending
from briefings.pipeline.instance import confirmed
from briefings.pipeline.open_issue import open_regular
from briefings.pipeline.prepare import load_catalogue
from briefings.pipeline.send import process
from briefings.store import readers
from briefings.store.database import Database
from tests.e2e.town import WEEK, Town, found

READERS = 3_000
LEAVERS = 1_000
YES = read_reply(250, "2.0.0 Ok", Stage.FINAL)


class Wire:
    """A `Post` that notes when each mail starts: the instant before it asks whether it may."""

    def __init__(self, sender: Sender) -> None:
        self._sender = sender
        self._ended = False
        self.starts: dict[str, float] = {}
        self.withheld = 0
        self.last = 0

    async def run(self) -> PoolEnd:
        while not self._ended:
            mail = self._sender.feed()
            if mail is None:
                await asyncio.sleep(0)
                continue
            self.last = max(self.last, int(mail.recipient[1:].partition("@")[0]))
            await asyncio.sleep(0.0005)  # as long as an envelope takes
            asked = time.perf_counter()
            if self._sender.may_write([mail.delivery_id]) == [Permission.WRITE]:
                self.starts[mail.recipient] = asked
                self._sender.done(mail, Accepted(YES))
            else:
                self.withheld += 1
                self._sender.done(mail, Returned("withheld"))
            await asyncio.sleep(0)
        return PoolEnd(reason="drained", accepted=len(self.starts))

    def wake(self) -> None:
        """It never sleeps."""

    def drain(self) -> None:
        self._ended = True


@pytest.fixture
def opened(tmp_path: Path) -> Town:
    town = found(tmp_path)
    town.news()
    town.readers(*[(f"r{n}@example.org", "mlops-engineer") for n in range(READERS)])
    town.approved()
    open_regular(town.app.chain, WEEK)
    return town


def test_no_mail_starts_after_its_reader_left(opened: Town, tmp_path: Path):
    chain = opened.app.chain
    left: dict[str, float] = {}
    beside = Database.open(f"sqlite:///{tmp_path}/subscribers.db", busy_timeout=20)

    def leave(wire: Wire) -> None:
        """Those leave whose mails are about to start: claimed already, and next in line."""
        chance = random.Random(34)
        while len(left) < LEAVERS and wire.last < READERS - 1:
            address = f"r{min(wire.last + chance.randint(1, 12), READERS - 1)}@example.org"
            with beside.write() as tx:
                reader = readers.by_email(tx, address)
                assert reader is not None
                readers.leave(tx, reader.id, specializations=None, now=opened.clock())
            left.setdefault(address, time.perf_counter())

    with chain.db.read() as tx:
        catalogue = load_catalogue(tx)
    own = confirmed(chain)
    with process(chain, own) as (entry, _log):
        claims = Claims(chain, catalogue, Sending(process=entry, instance=own, ignore_hours=True))
        sender = Sender(claims)
        wire = Wire(sender)
        leaving = threading.Thread(target=leave, args=(wire,))
        leaving.start()
        asyncio.run(sender.run(wire))
        leaving.join(60)
    beside.dispose()
    too_late = {
        who: started - left[who]
        for who, started in wire.starts.items()
        if who in left and started > left[who]
    }
    assert not too_late
    assert wire.withheld > 20, "they never raced"
    states = opened.states()
    assert states["accepted"] == len(wire.starts)
    assert sum(states.values()) == READERS
    assert set(states) <= {"accepted", "skipped"}
    assert socket.gethostname() == entry.host
