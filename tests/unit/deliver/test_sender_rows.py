"""The loop between rows and lanes when the rows say no: it stops in order, and settles every mail."""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field

import pytest

from briefings.deliver.pool import PoolEnd
from briefings.deliver.sender import Sender
from briefings.deliver.terms import Permission
from briefings.deliver.wire import Outgoing
from briefings.errors import BriefingsError, DatabaseBusy, Temporary
from briefings.model.reply import Accepted, Outcome, PauseIssue, Returned, Stage, read_reply

YES = read_reply(250, "2.0.0 Ok", Stage.FINAL)
FULL = Temporary("the disk is full")
BUSY = DatabaseBusy("locked")


@dataclass
class Shelf:
    """Rows in memory; what is in `troubles` is raised once, in its order."""

    rows: list[int] = field(default_factory=list)
    troubles: dict[str, list[BriefingsError]] = field(default_factory=dict)
    unusable: set[int] = field(default_factory=set)
    changed: set[int] = field(default_factory=set)
    lease: bool = True
    ended: dict[int, Outcome] = field(default_factory=dict)

    def _trouble(self, where: str) -> None:
        if self.troubles.get(where):
            raise self.troubles[where].pop(0)

    def turn(self, done: Sequence[tuple[int, Outcome]], *, more: bool) -> Sequence[int]:
        self._trouble("turn")
        for row, outcome in done:
            assert row not in self.ended or isinstance(self.ended[row], Returned)
            self.ended[row] = outcome
        claimed, self.rows = (self.rows, []) if more else ([], self.rows)
        return claimed

    def first(self) -> Sequence[int]:
        return ()

    def fill(self, row: int) -> Outgoing | None:
        self._trouble("fill")
        if row in self.unusable:
            return None
        return Outgoing(delivery_id=row, sender="a@b.example", recipient="c@d.example", content=b"")

    def gone(self) -> Collection[int]:
        self._trouble("gone")
        changed, self.changed = self.changed, set()
        return changed

    def may_send(self) -> bool:
        return self.lease


class Hand:
    """A `Post` that takes one mail after the other and asks before each."""

    def __init__(self, sender: Sender, outcome: Outcome | None = None, ahead: int = 0) -> None:
        self._sender = sender
        self._ahead = ahead
        self._outcome = outcome or Accepted(YES)
        self._ended = False
        self.permissions: list[Permission] = []
        self.woken = 0

    async def run(self) -> PoolEnd:
        while not self._ended:
            mail = self._sender.feed()
            if mail is None:
                await asyncio.sleep(0.001)
                continue
            self._sender.fill_ahead(self._ahead)
            self.permissions += self._sender.may_write([mail.delivery_id])
            go = self.permissions[-1] is Permission.WRITE
            self._sender.done(mail, self._outcome if go else Returned("withheld"))
        return PoolEnd(reason="drained", accepted=0)

    def wake(self) -> None:
        self.woken += 1

    def drain(self) -> None:
        self._ended = True


AHEAD = pytest.mark.parametrize("ahead", [0, 2])
"""Mails that are filled before a lane asks for them."""


def send(shelf: Shelf, outcome: Outcome | None = None, ahead: int = 0) -> Hand:
    sender = Sender(shelf)
    hand = Hand(sender, outcome, ahead)
    assert sender.idle
    asyncio.run(sender.run(hand))
    return hand


def kinds(shelf: Shelf) -> dict[int, str]:
    return {row: type(outcome).__name__ for row, outcome in shelf.ended.items()}


@AHEAD
def test_every_mail_is_settled_once(ahead: int):
    shelf = Shelf(rows=[1, 2, 3], unusable={2})
    send(shelf, ahead=ahead)
    assert kinds(shelf) == {1: "Accepted", 3: "Accepted"}


@AHEAD
@pytest.mark.parametrize("where", ["turn", "fill", "gone"])
def test_a_busy_database_is_waited_for(where: str, ahead: int):
    shelf = Shelf(rows=[1, 2], troubles={where: [BUSY]})
    send(shelf, ahead=ahead)
    assert set(shelf.ended) == {1, 2}
    assert "Accepted" in kinds(shelf).values()


@AHEAD
@pytest.mark.parametrize("where", ["turn", "fill", "gone"])
def test_a_full_disk_ends_the_run_and_not_a_lane(where: str, ahead: int):
    shelf = Shelf(rows=[1, 2], troubles={where: [FULL]})
    with pytest.raises(Temporary, match="the disk is full"):
        send(shelf, ahead=ahead)
    assert "Accepted" not in kinds(shelf).values()


@AHEAD
def test_a_changed_row_is_withheld_before_its_body(ahead: int):
    shelf = Shelf(rows=[1, 2], changed={1, 2})
    hand = send(shelf, ahead=ahead)
    assert hand.permissions == [Permission.SKIP]
    assert kinds(shelf) == {1: "Returned", 2: "Returned"}


def test_a_lapsed_lease_stops_everything():
    shelf = Shelf(rows=[1], lease=False)
    hand = send(shelf)
    assert hand.permissions in ([], [Permission.STOP])
    assert "Accepted" not in kinds(shelf).values()


@AHEAD
def test_a_paused_issue_hands_back_what_was_claimed(ahead: int):
    shelf = Shelf(rows=[1, 2, 3])
    send(shelf, PauseIssue("5.7.1"), ahead)
    assert kinds(shelf) == {1: "PauseIssue", 2: "Returned", 3: "Returned"}


def test_a_post_that_breaks_settles_what_it_held():
    shelf = Shelf(rows=[1, 2])
    sender = Sender(shelf)

    class Broken(Hand):
        async def run(self) -> PoolEnd:
            assert self._sender.feed() is not None
            raise RuntimeError("broken")

    with pytest.raises(RuntimeError):
        asyncio.run(sender.run(Broken(sender)))
    assert kinds(shelf) == {2: "Returned"}


def test_a_mail_that_was_filled_ahead_is_not_given_out_after_its_reader_left():
    shelf = Shelf(rows=[1, 2, 3])
    sender = Sender(shelf)

    class Slow(Hand):
        async def run(self) -> PoolEnd:
            mail = self._sender.feed()
            assert mail is not None
            self._sender.fill_ahead(2)
            shelf.changed = {2}
            assert self._sender.may_write([mail.delivery_id]) == [Permission.WRITE]
            self._sender.done(mail, Accepted(YES))
            return await super().run()

    asyncio.run(sender.run(Slow(sender)))
    assert kinds(shelf) == {1: "Accepted", 2: "Returned", 3: "Accepted"}


def test_cancelling_drains_the_post_first():
    shelf = Shelf(rows=[1, 2])
    sender = Sender(shelf, forever=True)
    hand = Hand(sender)

    async def cancel_soon() -> None:
        running = asyncio.ensure_future(sender.run(hand))
        while not hand.permissions:  # noqa: ASYNC110 - nothing tells when the first mail was asked about
            await asyncio.sleep(0)
        running.cancel()
        with pytest.raises(asyncio.CancelledError):
            await running

    asyncio.run(cancel_soon())
    assert kinds(shelf) == {1: "Accepted", 2: "Accepted"}


def test_stopping_before_it_runs_sends_nothing():
    shelf = Shelf(rows=[1])
    sender = Sender(shelf)
    sender.stop()
    assert sender.feed() is None


class Sleeper(Hand):
    """A `Post` that asks for mail only when it is woken, as lanes that ran dry do."""

    def __init__(self, sender: Sender) -> None:
        super().__init__(sender)
        self._told = asyncio.Event()

    async def run(self) -> PoolEnd:
        while not self._ended:
            self._told.clear()
            if (mail := self._sender.feed()) is not None:
                self._sender.done(mail, self._outcome)
                continue
            await self._told.wait()
        return PoolEnd(reason="drained", accepted=0)

    def wake(self) -> None:
        super().wake()
        self._told.set()

    def drain(self) -> None:
        super().drain()
        self._told.set()


def test_what_falls_due_later_wakes_a_post_that_ran_dry():
    shelf = Shelf(rows=[1])
    sender = Sender(shelf, forever=True)
    post = Sleeper(sender)

    looks: list[int] = []

    def tick() -> None:
        looks.append(1)
        if len(looks) == 4:
            assert kinds(shelf) == {1: "Accepted"}
            shelf.rows.append(2)
        if 2 in shelf.ended:
            sender.stop()

    asyncio.run(sender.run(post, tick=tick))
    assert kinds(shelf) == {1: "Accepted", 2: "Accepted"}
    assert post.woken
