"""Check release feeds: claim what is due, fetch, read, store new entries as drafts; queues none."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from briefings.errors import Conflict
from briefings.feeds.drafts import draft
from briefings.feeds.entries import Entry, Feed, read_feed
from briefings.feeds.fetch import FeedTrouble, Fetched, Fetcher, Unchanged, Validators
from briefings.feeds.pace import USUAL_HOURS, next_check
from briefings.model.catalogue import Tool
from briefings.model.news import ItemState
from briefings.pipeline.chain import Chain
from briefings.pipeline.items import last_frozen
from briefings.store import catalogue as catalogues
from briefings.store import feeds, items
from briefings.store.database import Transaction
from briefings.weeks import ARCHIVE_WEEKS, stored_week

AT_ONCE = 4
LEASE = timedelta(minutes=5)
"""How long a claim holds; a check takes half a minute at most."""
OLDEST = timedelta(weeks=ARCHIVE_WEEKS)
"""Entries older than this are noted and make no draft: no mail would carry them (R5)."""

Answer = Fetched | Unchanged | FeedTrouble


@dataclass(frozen=True, slots=True, kw_only=True)
class Checked:
    """What a check of one feed came to; `drafts` are the items made, `failed` says of a failure."""

    tool: str
    words: str
    drafts: tuple[int, ...] = ()
    failed: bool = False


def watched(chain: Chain) -> list[feeds.WatchedFeed]:
    """Give the feeds of the catalogue's tools, as the rows say; a new tool's feed gets a row."""
    with chain.db.read() as tx:
        found = feeds.listing(tx)
        wanted = {} if catalogues.is_empty(tx) else _wanted(tx)
    urls = {slug: tool.release_feed for slug, tool in wanted.items()}
    if {feed.tool: feed.url for feed in found} == urls:
        return found
    with chain.db.write() as tx:
        feeds.keep(tx, urls, every_hours=USUAL_HOURS, now=chain.clock())
        return feeds.listing(tx)


def check_due(
    chain: Chain, fetcher: Fetcher, *, stopped: Callable[[], bool] = lambda: False
) -> list[Checked]:
    """Check every feed that is due, a few at once, until none is or we are told to stop."""
    watched(chain)
    done: list[Checked] = []
    while not stopped():
        with chain.db.read() as tx:
            if not feeds.any_due(tx, chain.clock()):
                break
        with chain.db.write() as tx:
            claimed = feeds.claim_due(tx, limit=AT_ONCE, lease=LEASE, now=chain.clock())
        if not claimed:
            break
        done += _check(chain, fetcher, claimed)
    return done


def check_now(chain: Chain, fetcher: Fetcher, tool: str) -> Checked:
    """Check the feed of one tool, due or not.

    Raises:
        NotFound: the tool has no feed.
        Conflict: another process is checking it.
    """
    watched(chain)
    with chain.db.write() as tx:
        claimed = feeds.claim(tx, tool, lease=LEASE, now=chain.clock())
    if claimed is None:
        raise Conflict(f"The feed of {tool} is being checked: see `briefings feeds list` later.")
    return _check(chain, fetcher, [claimed])[0]


def set_interval(chain: Chain, tool: str, hours: int) -> int:
    """Ask the feed of a tool every so many hours; gives how many it was before.

    Raises:
        NotFound: the tool has no feed.
    """
    before = {feed.tool: int(feed.every.total_seconds()) // 3600 for feed in watched(chain)}
    with chain.db.write() as tx:
        feeds.set_interval(tx, tool, hours, now=chain.clock())
    return before[tool]


def _check(chain: Chain, fetcher: Fetcher, claimed: Sequence[feeds.WatchedFeed]) -> list[Checked]:
    answers = asyncio.run(_fetch_all(fetcher, claimed))
    return [_settle(chain, feed, answer) for feed, answer in zip(claimed, answers, strict=True)]


async def _fetch_all(fetcher: Fetcher, claimed: Sequence[feeds.WatchedFeed]) -> list[Answer]:
    async def one(feed: feeds.WatchedFeed) -> Answer:
        known = Validators(etag=feed.etag, last_modified=feed.last_modified)
        try:
            return await fetcher.fetch(feed.url, known)
        except FeedTrouble as trouble:
            return trouble

    return await asyncio.gather(*map(one, claimed))


def _settle(chain: Chain, feed: feeds.WatchedFeed, answer: Answer) -> Checked:
    """Read what came, and store entries, drafts and outcome in one transaction."""
    if isinstance(answer, Fetched):
        try:
            return _store(chain, feed, answer, read_feed(answer))
        except FeedTrouble as trouble:
            answer = trouble
    failed = isinstance(answer, FeedTrouble)
    words = f"failed: {answer}" if isinstance(answer, FeedTrouble) else "nothing new"
    failures = feed.failures + 1 if failed else 0
    wait = answer.wait if isinstance(answer, FeedTrouble) else None
    now = chain.clock()
    outcome = feeds.Outcome(
        words=words,
        due_at=now + next_check(feed.every, failures, wait),
        failures=failures,
        etag=feed.etag,
        last_modified=feed.last_modified,
    )
    with chain.db.write() as tx:
        kept = feeds.settle(tx, feed, outcome, now=now)
    return Checked(tool=feed.tool, words=words, failed=failed) if kept else _lapsed(feed)


def _store(chain: Chain, feed: feeds.WatchedFeed, fetched: Fetched, read: Feed) -> Checked:
    now = chain.clock()
    with chain.db.write() as tx:
        tool = _wanted(tx).get(feed.tool)
        if tool is None:
            return _lapsed(feed)
        known = feeds.seen(tx, feed.tool, [entry.key for entry in read.entries])
        new = [entry for entry in read.entries if entry.key not in known]
        recent = [entry for entry in new if not _too_old(entry, now.date())]
        words = _words(new=len(new), recent=len(recent), cut=read.cut, moved_to=fetched.moved_to)
        outcome = feeds.Outcome(
            words=words,
            due_at=now + next_check(feed.every, 0),
            failures=0,
            etag=fetched.validators.etag,
            last_modified=fetched.validators.last_modified,
        )
        if not feeds.settle(tx, feed, outcome, now=now):
            return _lapsed(feed)
        made = _add_drafts(tx, tool, recent, now)
        aside = [(entry.key, None, "") for entry in new if entry not in recent]
        feeds.add_entries(tx, feed.tool, [*made, *aside], now=now)
    return Checked(tool=feed.tool, words=words, drafts=tuple(item_id for _, item_id, _ in made))


def _add_drafts(
    tx: Transaction, tool: Tool, entries: Sequence[Entry], now: datetime
) -> list[tuple[str, int, str]]:
    frozen = last_frozen(tx)
    made: list[tuple[str, int, str]] = []
    for entry in entries:
        proposed = draft(entry, tool, now.date())
        item_id = items.add(
            tx,
            proposed.news,
            week=str(stored_week(proposed.news.date, frozen)),
            state=ItemState.DRAFT,
            now=now,
        )
        made.append((entry.key, item_id, proposed.why))
    return made


def _too_old(entry: Entry, today: date) -> bool:
    return entry.day is not None and entry.day < today - OLDEST


def _words(*, new: int, recent: int, cut: int, moved_to: str) -> str:
    parts = [f"{recent} new" if recent else "nothing new"]
    if new > recent:
        parts.append(f"{new - recent} older than {ARCHIVE_WEEKS} weeks noted, not drafted")
    if cut:
        parts.append(f"{cut:,} entries after the newest not read")
    if moved_to:
        parts.append(f"moved for good to {moved_to}: change tools.yaml")
    return "; ".join(parts)


def _lapsed(feed: feeds.WatchedFeed) -> Checked:
    words = "dropped: the check took too long, or the tool's feed changed meanwhile"
    return Checked(tool=feed.tool, words=words, failed=True)


def _wanted(tx: Transaction) -> dict[str, Tool]:
    return {tool.slug: tool for tool in catalogues.load(tx).tools if tool.release_feed}
