"""Try the links that a week's editions would mail, and keep what they answer; it approves nothing.

Approving never waits for this: preflight reads what was kept, and says how old it is.
"""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from urllib.parse import urlsplit

from briefings.desk.links import MailedLink
from briefings.errors import NotFound
from briefings.feeds.fetch import FeedTrouble, Fetcher, PageStatus
from briefings.model.links import LinkAnswer
from briefings.pipeline.audience import gather
from briefings.pipeline.chain import Chain
from briefings.pipeline.mailed_links import EXAMINED, mailed_links
from briefings.pipeline.prepare import load_catalogue
from briefings.store import editions, link_checks
from briefings.store.database import Transaction
from briefings.weeks import Week

AT_ONCE = 8
PER_HOST = 2
"""Most sources stand on one or two hosts, which must not take us for an attack."""
BATCH = 64
"""Links tried between two writes, so that little is lost when a long check is stopped."""
WHILE_WAITING = 25.0
"""Seconds that a check may take in all while a person waits for a page."""
MOST_WHILE_WAITING = 300
"""Links of a whole week that one press tries."""
LATELY = timedelta(minutes=10)
"""What answered within this time is not asked again by a press for the whole week."""
_LONG_AGO = datetime.min.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class Tried:
    """What a check came to: the answers, in the order of trying, and how many had no time left.

    `lately` counts those that were passed over, since they had answered lately.
    """

    answers: tuple[LinkAnswer, ...]
    left: int = 0
    lately: int = 0

    @property
    def gone(self) -> list[LinkAnswer]:
        """Those whose page is gone."""
        return [one for one in self.answers if one.gone]

    @property
    def unreached(self) -> list[LinkAnswer]:
        """Those that give no page, and are not known to be gone."""
        return [one for one in self.answers if not one.served and not one.gone]

    @property
    def moved(self) -> list[LinkAnswer]:
        """Those whose page is there, under another address for good."""
        return [one for one in self.answers if one.moved]

    @property
    def without_network(self) -> bool:
        """Whether there were several, and none of them answered anything."""
        return len(self.answers) > 1 and all(one.code is None for one in self.answers)

    def words(self) -> str:
        """All of it in a sentence or two."""
        if not self.answers and not self.left:
            if self.lately:
                minutes = int(LATELY.total_seconds()) // 60
                return f"All {self.lately} links were tried in the last {minutes} minutes."
            return "There are no links to check."
        if self.without_network:
            return (
                f"None of {len(self.answers)} links could be reached ({self.answers[0].trouble}). "
                "It seems that there is no network. What is known stays, and approving works "
                "without one."
            )
        gone, unreached = len(self.gone), len(self.unreached)
        served = len(self.answers) - gone - unreached
        told = "One link tried" if len(self.answers) == 1 else f"{len(self.answers)} links tried"
        told += f": {served} {'answers' if served == 1 else 'answer'}"
        told += f" ({len(self.moved)} from another address for good)" if self.moved else ""
        told += f", {gone} {'is' if gone == 1 else 'are'} gone" if gone else ""
        told += f", {unreached} not reached." if unreached else "."
        if self.left:
            told += f" There was no time for {self.left} more: check again, those come first."
        return told


def links_of_editions(
    tx: Transaction, chain: Chain, week: Week, only: Sequence[str] = ()
) -> dict[str, tuple[MailedLink, ...]]:
    """Give the links of a week's stored editions, all that may go or those named."""
    stored = editions.of_week(tx, str(week), only or None)
    audience = gather(
        tx, chain, week, load_catalogue(tx), stored, going=EXAMINED, every_rhythm=False
    )
    return {slug: mailed_links(audience, slug) for slug in audience.editions}


def check_links(
    chain: Chain,
    fetcher: Fetcher,
    week: Week,
    only: Sequence[str] = (),
    *,
    within: float | None = None,
    most: int | None = None,
    unless: timedelta | None = None,
    progress: Callable[[int, int | None], None] = lambda _done, _all: None,
) -> Tried:
    """Try each link of a week's editions once, a few at a time, and keep result and instant.

    `within` bounds the whole in seconds, `most` in links; what waited longest for an answer is
    tried first, and what was tried less than `unless` ago not at all. That a page is gone stays
    known until a server answers otherwise: a lost network proves nothing.

    Raises:
        NotFound: none of these editions goes in that week, or nobody assembled it yet.
    """
    with chain.db.read() as tx:
        mailed = links_of_editions(tx, chain, week, only)
        if not mailed or not set(only) <= mailed.keys():
            which = ", ".join(sorted(set(only) - mailed.keys())) or str(week)
            raise NotFound(f"{which}: no edition of {week} is there to go. Assemble it first.")
        urls = list(dict.fromkeys(link.url for links in mailed.values() for link in links))
        known = link_checks.of(tx, urls)
    all_of_them, now = len(urls), chain.clock()
    if unless is not None:
        urls = due_again(urls, known, now, unless)
    lately, due = all_of_them - len(urls), len(urls)
    urls.sort(key=lambda url: known[url].at if url in known else _LONG_AGO)
    urls = urls[:most]
    end = None if within is None else chain.monotonic() + within
    done: list[LinkAnswer] = []
    for start in range(0, len(urls), BATCH):
        progress(start, len(urls))
        rest = None if end is None else end - chain.monotonic()
        if rest is not None and rest <= 0:
            break
        told = asyncio.run(_ask_all(fetcher, urls[start : start + BATCH], rest))
        answers = [_answer(url, found, chain.clock()) for url, found in told.items()]
        _keep(chain, answers, known)
        done += answers
    return Tried(answers=tuple(done), left=due - len(done), lately=lately)


def due_again(
    urls: Iterable[str], known: Mapping[str, LinkAnswer], now: datetime, unless: timedelta
) -> list[str]:
    """Give those that were never tried, or not within so long."""
    return [url for url in urls if url not in known or now - known[url].at >= unless]


async def _ask_all(
    fetcher: Fetcher, urls: Sequence[str], within: float | None
) -> dict[str, PageStatus | str]:
    """Ask each for its status; a text says why there is none. What has no time left is absent."""
    found: dict[str, PageStatus | str] = {}
    room = asyncio.Semaphore(AT_ONCE)
    hosts: defaultdict[str, asyncio.Semaphore] = defaultdict(lambda: asyncio.Semaphore(PER_HOST))

    async def one(url: str) -> None:
        async with hosts[_host(url)], room:
            try:
                found[url] = await fetcher.status(url)
            except FeedTrouble as trouble:
                found[url] = str(trouble)

    try:
        async with asyncio.timeout(within), asyncio.TaskGroup() as group:
            for url in urls:
                group.create_task(one(url))
    except TimeoutError:
        pass
    return found


def _host(url: str) -> str:
    try:
        return urlsplit(url).netloc.casefold()
    except ValueError:
        return ""


def _answer(url: str, found: PageStatus | str, now: datetime) -> LinkAnswer:
    if isinstance(found, str):
        return LinkAnswer(url=url, code=None, trouble=found, at=now)
    return LinkAnswer(url=url, code=found.code, trouble="", at=now, moved_to=found.moved_to)


def _keep(chain: Chain, answers: Sequence[LinkAnswer], known: Mapping[str, LinkAnswer]) -> None:
    told = [
        one
        for one in answers
        if one.code is not None or one.url not in known or not known[one.url].gone
    ]
    with chain.db.write() as tx:
        link_checks.put(tx, told)
