"""A `Post` that fills a Maildir: the demo's way out, and anybody's who has no mail server yet."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence

from briefings.deliver.maildir import Maildir
from briefings.deliver.pool import PoolEnd
from briefings.deliver.terms import Permission
from briefings.deliver.wire import Outgoing
from briefings.model.reply import Accepted, Outcome, Returned, StopLane

BATCH = 64


class MaildirPost:
    """Takes mails from `feed` in batches, stores them, and hands them to `done`."""

    def __init__(
        self,
        folder: Maildir,
        *,
        feed: Callable[[], Outgoing | None],
        done: Callable[[Outgoing, Outcome], None],
        may_write: Callable[[Sequence[int]], Sequence[Permission]],
    ) -> None:
        self._folder = folder
        self._feed = feed
        self._done = done
        self._may_write = may_write
        self._stopped = False
        self._awake = asyncio.Event()
        self._draining = False
        self._accepted = 0

    def wake(self) -> None:
        """There is mail again."""
        self._awake.set()

    def drain(self) -> None:
        """Take no new mail and end."""
        self._draining = True
        self._awake.set()

    async def run(self) -> PoolEnd:
        """Store mails until drained; a folder that cannot be written ends it, nobody is burnt."""
        while not self._draining:
            self._awake.clear()
            stored, trouble = self._batch()
            if trouble is not None:
                return PoolEnd(
                    reason=trouble,
                    accepted=self._accepted,
                    trouble=StopLane(trouble, alert=True),
                )
            if stored:
                await asyncio.sleep(0)  # let the sender settle and look who left
            elif not self._draining:
                await self._awake.wait()
        reason = "this process may not send any more" if self._stopped else "drained"
        return PoolEnd(reason=reason, accepted=self._accepted, stopped=self._stopped)

    def _batch(self) -> tuple[int, str | None]:
        """Store some mails, sync their names once, then report them."""
        outcomes: list[tuple[Outgoing, Outcome]] = []
        trouble: str | None = None
        while len(outcomes) < BATCH and trouble is None:
            mail = self._feed()
            if mail is None:
                break
            permission = self._may_write((mail.delivery_id,))[0]
            if permission is not Permission.WRITE:
                outcomes.append((mail, Returned("the last look before writing said no")))
                if permission is Permission.STOP:
                    self._stopped = self._draining = True
                    break
                continue
            outcome = self._folder.deliver(mail)
            outcomes.append((mail, outcome))
            if isinstance(outcome, Returned):
                trouble = outcome.reason
        if outcomes:
            self._folder.sync()
        for mail, outcome in outcomes:
            self._accepted += isinstance(outcome, Accepted)
            self._done(mail, outcome)
        return len(outcomes), trouble
