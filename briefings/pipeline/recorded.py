"""Runs a change of the desk together with its entry in the audit log: both are kept, or neither."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace

from briefings.errors import Misconfigured
from briefings.model.user import Change, Entry
from briefings.pipeline.chain import Chain
from briefings.store import audit
from briefings.store.database import OneUnit

ENTRIES_AT_ONCE = 50


@dataclass(kw_only=True)
class Record:
    """A change under way. `chain` is what it is made with; `changed` is called once, or never."""

    chain: Chain
    by: str
    route: str
    act: str
    made: Change | None = field(default=None, init=False)

    def changed(self, subject: str, *, before: str, after: str) -> None:
        """Say what was changed, from what to what; without this call nothing is kept.

        Raises:
            Misconfigured: it was said before: one act leaves one entry.
        """
        if self.made is not None:
            raise Misconfigured(f"{self.route} tells the audit log twice what it changed.")
        self.made = Change(
            by=self.by,
            route=self.route,
            act=self.act,
            subject=subject,
            before=before,
            after=after,
        )


class _Unchanged(Exception):  # noqa: N818 - not an error: takes an empty unit back
    pass


@contextmanager
def recorded(
    chain: Chain, *, by: str, route: str, act: str, whole: bool = True
) -> Generator[Record]:
    """Open a change: what is done with `Record.chain`, and the entry, become one unit of work.

    With `whole=False`, for acts that render or freeze and would keep the database from others, the
    act makes units of its own and the entry is written after the last of them.

    Raises:
        Temporary: the database is locked; nothing was changed.
    """
    if not whole:
        record = Record(chain=chain, by=by, route=route, act=act)
        yield record
        if record.made is not None:
            with chain.db.write() as tx:
                audit.add(tx, record.made, chain.clock())
        return
    try:
        with chain.db.write() as tx:
            record = Record(
                chain=replace(chain, db=OneUnit(chain.db, tx)), by=by, route=route, act=act
            )
            yield record
            if record.made is None:
                raise _Unchanged  # noqa: TRY301 - what takes the unit back
            audit.add(tx, record.made, chain.clock())
    except _Unchanged:
        return


def entries(chain: Chain, *, before: int | None = None, subject: str = "") -> list[Entry]:
    """Give the newest entries of the audit log, below a number, about one subject or about all."""
    with chain.db.read() as tx:
        return audit.newest(tx, limit=ENTRIES_AT_ONCE, before=before, subject=subject)
