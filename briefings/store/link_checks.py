"""Keeps what the links of items answered when they were tried; it opens no connection."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from sqlmodel import Field

from briefings.model.links import LinkAnswer
from briefings.store.instants import Instant, instant, stored
from briefings.store.tables import Table, parts, places

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from briefings.store.database import Transaction


class LinkCheckRow(Table, table=True):
    """The newest answer of an address; `trouble` says in words why there was none.

    `moved_to` is the address to which it leads for good.
    """

    __tablename__ = "link_check"

    url: str = Field(primary_key=True)
    code: int | None = None
    trouble: str
    checked_at: datetime = Field(sa_type=Instant)
    moved_to: str = Field(default="", sa_column_kwargs={"server_default": ""})


def put(tx: Transaction, answers: Sequence[LinkAnswer]) -> None:
    """Store answers, each in the place of an older one about the same address."""
    for one in answers:
        tx.execute(
            "INSERT INTO link_check (url, code, trouble, checked_at, moved_to) "
            "VALUES (:url, :code, :trouble, :at, :moved_to) ON CONFLICT (url) DO UPDATE SET "
            "code = excluded.code, trouble = excluded.trouble, checked_at = excluded.checked_at, "
            "moved_to = excluded.moved_to",
            url=one.url,
            code=one.code,
            trouble=one.trouble,
            at=stored(one.at),
            moved_to=one.moved_to,
        )


def of(tx: Transaction, urls: Collection[str]) -> dict[str, LinkAnswer]:
    """Give the newest answer of each of these addresses that was ever tried."""
    found: dict[str, LinkAnswer] = {}
    for part in parts(sorted(set(urls))):
        for row in tx.fetch(
            "SELECT url, code, trouble, checked_at, moved_to FROM link_check "  # noqa: S608 - only places
            f"WHERE url IN ({places(part)})",
            part,
        ):
            found[row[0]] = LinkAnswer(
                url=row[0], code=row[1], trouble=row[2], at=instant(row[3]), moved_to=row[4]
            )
    return found
