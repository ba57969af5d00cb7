"""Bodies leave side by side: after one look at who left, and after their records."""

from __future__ import annotations

import asyncio
import errno
import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from briefings.deliver.departures import Departures
from briefings.deliver.send_log import Owner, SendLog, read_log
from briefings.deliver.terms import Callbacks, Permission


@dataclass
class Story:
    """What happened, in order, and what the sender says to each row."""

    log: SendLog
    permissions: dict[int, Permission] = field(default_factory=dict)
    told: list[str] = field(default_factory=list)

    def may_write(self, rows: Sequence[int]) -> Sequence[Permission]:
        self.told.append(f"look {list(rows)}")
        return [self.permissions.get(row, Permission.WRITE) for row in rows]

    def departures(self) -> Departures:
        return Departures(
            self.log,
            Callbacks(
                feed=lambda: None,
                done=lambda _mail, _outcome: None,
                may_write=self.may_write,
                fill_ahead=lambda mails: self.told.append(f"fill {mails}"),
                clock=lambda: 0.0,
            ),
        )


class Body:
    """Waits to leave; `then` is what happens in the course of its own leaving or staying."""

    def __init__(self, story: Story, row: int, then: Callable[[], None] = lambda: None) -> None:
        self.bound: int | None = row
        self._story = story
        self._then = then

    def end(self) -> None:
        self.bound = None

    def withhold(self, permission: Permission) -> None:
        self._story.told.append(f"withhold {self.bound} {permission.name}")
        self._then()

    def depart(self) -> None:
        departed = read_log(self._story.log.path).departed
        assert self.bound in departed, "it leaves without its record"
        self._story.told.append(f"depart {self.bound}")
        self._then()

    def lose_log(self, trouble: OSError) -> None:
        self._story.told.append(f"lost {self.bound} {trouble.strerror}")


@pytest.fixture
def story(tmp_path: Path):
    log = SendLog.create(tmp_path, Owner(process="t", instance="i", host="h", boot="b", fence=1))
    yield Story(log)
    log.close(delete=False)


async def leave(story: Story, *bodies: Body) -> None:
    departures = story.departures()
    for body in bodies:
        departures.add(body)
    assert departures.near
    assert story.told == [], "they leave when the round is over"
    await asyncio.sleep(0)
    assert not departures.near


async def test_they_leave_in_order_after_one_look_and_after_all_records(story: Story):
    await leave(story, Body(story, 1), Body(story, 2))
    assert story.told == ["look [1, 2]", "depart 1", "depart 2", "fill 2"]
    assert read_log(story.log.path).departed == {1, 2}


async def test_one_that_may_not_leave_has_no_record_and_holds_up_nobody(story: Story):
    story.permissions = {1: Permission.SKIP}
    await leave(story, Body(story, 1), Body(story, 2))
    assert story.told == ["look [1, 2]", "withhold 1 SKIP", "depart 2", "fill 1"]
    assert read_log(story.log.path).departed == {2}


async def test_one_that_ended_before_its_turn_is_not_asked_about(story: Story):
    over = Body(story, 1)
    over.end()
    await leave(story, over, Body(story, 2))
    assert story.told == ["look [2]", "depart 2", "fill 1"]


async def test_one_that_ends_because_another_stays_is_not_recorded(story: Story):
    other = Body(story, 2)
    story.permissions = {1: Permission.STOP}
    await leave(story, Body(story, 1, other.end), other)
    assert story.told == ["look [1, 2]", "withhold 1 STOP", "fill 0"]
    assert read_log(story.log.path).departed == frozenset()


async def test_one_that_ends_while_another_leaves_is_recorded_as_never_left(story: Story):
    other = Body(story, 2)
    await leave(story, Body(story, 1, other.end), other)
    assert story.told == ["look [1, 2]", "depart 1", "fill 2"]
    story.log.flush()
    assert read_log(story.log.path).departed == {1}


async def test_without_a_record_nothing_leaves(story: Story, monkeypatch: pytest.MonkeyPatch):
    def full(_descriptor: int, _data: bytes) -> int:
        raise OSError(errno.ENOSPC, "disk full")

    with monkeypatch.context() as patched:
        patched.setattr(os, "write", full)
        await leave(story, Body(story, 1), Body(story, 2))
    assert story.told == ["look [1, 2]", "lost 1 disk full", "lost 2 disk full"]
    story.log.flush()
    assert read_log(story.log.path).departed == frozenset()


async def test_a_few_wait_a_moment_for_those_of_other_lanes(story: Story):
    gone = asyncio.Event()
    departures = story.departures()
    for _ in range(8):
        departures.enter()
    departures.add(Body(story, 1, gone.set))
    await asyncio.sleep(0)
    assert story.told == []
    await asyncio.wait_for(gone.wait(), 10)
    assert story.told == ["look [1]", "depart 1", "fill 1"]


async def test_half_of_the_lanes_wait_for_nobody(story: Story):
    departures = story.departures()
    for _ in range(8):
        departures.enter()
    for row in (1, 2, 3, 4, 5):
        departures.add(Body(story, row))
    await asyncio.sleep(0)
    assert story.told[0] == "look [1, 2, 3, 4, 5]"
    for _ in range(6):
        departures.leave()
    departures.add(Body(story, 6))
    await asyncio.sleep(0)
    assert story.told[-1] == "fill 1"
