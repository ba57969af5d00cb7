"""kill -9 in the middle, again and again: nothing lost, nothing twice, few unsure (P2, P3)."""

from __future__ import annotations

import asyncio
import os
import sys
from pathlib import Path

import pytest

import briefings
from briefings.deliver.send_log import is_held, read_log, recover
from briefings.model.reply import Accepted, Returned, Unsure
from briefings.testing.ledger import read_ledger, repeated

from .conftest import CHUNKED, PIPED, PLAIN, Fault, Point

LANES = 4
ROWS = 400


async def kill_after(server, folder, rows, mails, point="never"):
    """Run a sender over these rows until the server took so many more mails, then kill -9."""
    target = server.accepted_count + mails
    program = Path(__file__).with_name("killed_sender.py")
    words = [str(folder), str(server.port), str(LANES), point, *map(str, rows)]
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        str(program),
        *words,
        env={**os.environ, "PYTHONPATH": str(Path(briefings.__file__).parents[1])},
    )
    over = asyncio.ensure_future(process.wait())
    enough = asyncio.ensure_future(server.until(lambda: server.accepted_count >= target))
    await asyncio.wait([over, enough], return_when=asyncio.FIRST_COMPLETED)
    if not over.done():
        process.kill()
    enough.cancel()
    await over
    await server.until(lambda: server.open == 0)  # what left before the kill still arrives


@pytest.mark.parametrize(
    "faults",
    [
        (),
        (Fault(at=Point.ACCEPTED, first=37, last=37, hang=True),),
        (Fault(at=Point.RCPT, every=9, reply="550 5.1.1 no"),),
    ],
    ids=["willing", "one answer missing", "some refused"],
)
@pytest.mark.parametrize(
    "offered", [PLAIN, PIPED, CHUNKED], ids=["one by one", "pipelining", "chunking"]
)
async def test_killed_senders_lose_and_repeat_nothing(serve, tmp_path, offered, faults):
    ledger = tmp_path / "ledger.txt"
    rows, unsure, settled = set(range(1, ROWS + 1)), set(), set()
    async with serve(*faults, extensions=offered) as server:
        for kill, at in enumerate((1, 40, 97, 150, 3)):
            folder = tmp_path / str(kill)
            folder.mkdir()
            await kill_after(server, folder, sorted(rows), at)
            (path,) = folder.glob("send-*.log")
            assert not is_held(path)
            found = recover(rows, read_log(path, rows), same_boot=True)
            doubtful = {row for row, outcome in found.items() if isinstance(outcome, Unsure)}
            assert len(doubtful) <= LANES
            unsure |= doubtful
            settled |= {row for row, o in found.items() if isinstance(o, Accepted)}
            rows = {row for row, outcome in found.items() if isinstance(outcome, Returned)}
    taken = [int(one.message[1:].partition("@")[0]) for one in read_ledger(ledger)]
    assert repeated(read_ledger(ledger)) == {}
    assert settled <= set(taken), "a mail counts as accepted that the server never took"
    assert set(taken) <= settled | unsure, "a mail would be sent again that the server took"


@pytest.mark.parametrize(
    "point", ["before D", "after D", "before A", "after A", "before a flush", "after a flush"]
)
@pytest.mark.parametrize("offered", [PIPED, CHUNKED], ids=["pipelining", "chunking"])
async def test_a_sender_killed_at_a_record_knows_afterwards(serve, tmp_path, offered, point):
    rows = set(range(1, ROWS + 1))
    async with serve(extensions=offered) as server:
        await kill_after(server, tmp_path, sorted(rows), ROWS + 1, point)
    (path,) = tmp_path.glob("send-*.log")
    found = recover(rows, read_log(path, rows), same_boot=True)
    kinds = {row: type(outcome) for row, outcome in found.items()}
    taken = {int(one.message[1:].partition("@")[0]) for one in server.accepted}
    assert 0 < len(taken) < ROWS
    assert sum(kind is Unsure for kind in kinds.values()) <= LANES
    assert {row for row, kind in kinds.items() if kind is Accepted} <= taken
    assert {row for row, kind in kinds.items() if kind is Returned}.isdisjoint(taken)
