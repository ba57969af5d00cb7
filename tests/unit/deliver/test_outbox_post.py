"""Mails on their way into a Maildir: stored, withheld at the last look, or stopped with a reason."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from briefings.deliver.maildir import Maildir
from briefings.deliver.outbox import BATCH, MaildirPost
from briefings.deliver.pool import PoolEnd
from briefings.deliver.terms import Permission
from briefings.deliver.wire import Outgoing
from briefings.model.reply import Accepted, Outcome, Returned, StopLane


def mail(number: int) -> Outgoing:
    return Outgoing(
        delivery_id=number,
        sender="news@example.org",
        recipient=f"r{number}@example.org",
        content=b"Message-ID: <%d@test>\r\n\r\nhello\r\n" % number,
    )


@dataclass
class Desk:
    """Hands out mails and notes what became of them."""

    mails: list[Outgoing]
    permissions: dict[int, Permission] = field(default_factory=dict)
    outcomes: list[tuple[int, Outcome]] = field(default_factory=list)
    asked: int = 0
    empty: asyncio.Event = field(default_factory=asyncio.Event)

    def feed(self) -> Outgoing | None:
        self.asked += 1
        if not self.mails:
            self.empty.set()
            return None
        return self.mails.pop(0)

    def done(self, one: Outgoing, outcome: Outcome) -> None:
        self.outcomes.append((one.delivery_id, outcome))

    def may_write(self, rows: Sequence[int]) -> Sequence[Permission]:
        return [self.permissions.get(row, Permission.WRITE) for row in rows]

    def post(self, folder: Path) -> MaildirPost:
        return MaildirPost(
            Maildir(folder), feed=self.feed, done=self.done, may_write=self.may_write
        )


async def until_empty(desk: Desk, post: MaildirPost) -> PoolEnd:
    running = asyncio.ensure_future(post.run())
    await desk.empty.wait()
    post.drain()
    return await running


def stored(folder: Path) -> int:
    return len(list((folder / "new").iterdir()))


async def test_more_than_a_batch_is_stored_and_reported(tmp_path: Path) -> None:
    desk = Desk([mail(n) for n in range(BATCH + 3)])
    end = await until_empty(desk, desk.post(tmp_path / "box"))
    assert stored(tmp_path / "box") == BATCH + 3
    assert end.accepted == BATCH + 3
    assert (end.trouble, end.stopped) == (None, False)
    assert all(isinstance(outcome, Accepted) for _, outcome in desk.outcomes)


async def test_it_sleeps_without_mail_and_wakes_for_it(tmp_path: Path) -> None:
    desk = Desk([])
    post = desk.post(tmp_path / "box")
    running = asyncio.ensure_future(post.run())
    await desk.empty.wait()
    desk.mails.append(mail(1))
    desk.empty.clear()
    post.wake()
    await desk.empty.wait()
    assert stored(tmp_path / "box") == 1
    post.drain()
    assert (await running).accepted == 1


async def test_drained_before_it_ran_it_takes_nothing(tmp_path: Path) -> None:
    desk = Desk([mail(1)])
    post = desk.post(tmp_path / "box")
    post.drain()
    assert (await post.run()).accepted == 0
    assert desk.asked == 0


async def test_a_reader_who_left_meanwhile_gets_nothing(tmp_path: Path) -> None:
    desk = Desk([mail(1), mail(2)], permissions={1: Permission.SKIP})
    end = await until_empty(desk, desk.post(tmp_path / "box"))
    assert stored(tmp_path / "box") == end.accepted == 1
    assert isinstance(dict(desk.outcomes)[1], Returned)


async def test_a_lapsed_lease_stops_it_and_hands_the_mail_back(tmp_path: Path) -> None:
    desk = Desk([mail(1), mail(2), mail(3)], permissions={2: Permission.STOP})
    end = await desk.post(tmp_path / "box").run()
    assert end.stopped
    assert "may not send" in end.reason
    assert [(row, type(outcome)) for row, outcome in desk.outcomes] == [
        (1, Accepted),
        (2, Returned),
    ]
    assert [left.delivery_id for left in desk.mails] == [3]


async def test_a_folder_that_went_away_ends_it_and_burns_nobody(tmp_path: Path) -> None:
    desk = Desk([mail(1), mail(2)])
    post = desk.post(tmp_path / "box")
    shutil.rmtree(tmp_path / "box" / "tmp")
    end = await post.run()
    assert isinstance(end.trouble, StopLane)
    assert end.trouble.alert
    assert [(row, type(outcome)) for row, outcome in desk.outcomes] == [(1, Returned)]


async def test_drained_while_it_asks_for_mail_it_ends(tmp_path: Path) -> None:
    desk = Desk([])
    posts: list[MaildirPost] = []

    def feed() -> None:
        posts[0].drain()

    box = Maildir(tmp_path / "box")
    post = MaildirPost(box, feed=feed, done=desk.done, may_write=desk.may_write)
    posts.append(post)
    assert (await post.run()).reason == "drained"
