"""Build the objects of one installation; only here are all concrete classes and the clock known."""

from __future__ import annotations

import os
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parseaddr
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from briefings import __version__
from briefings.config import Settings
from briefings.errors import Misconfigured
from briefings.pipeline.chain import Chain, Schedule
from briefings.pipeline.high_water import HighWater
from briefings.pipeline.rules import effective
from briefings.store.database import Database
from briefings.weeks import SendAt, Week

if TYPE_CHECKING:
    from briefings.feeds.fetch import Bounds, Fetcher

BUSY_TIMEOUT = 5.0
"""Seconds to wait for another process's write before saying that the database is locked."""


def utc_now() -> datetime:
    """The time, in UTC."""
    return datetime.now(UTC)


def boot_seconds() -> float:
    """Seconds since the machine started, sleep included; what a lease is measured by (P5)."""
    clock = getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC)
    return time.clock_gettime(clock)


@dataclass(frozen=True, slots=True, kw_only=True)
class App:
    """One installation: its settings, its database and the chain over them."""

    settings: Settings
    chain: Chain
    environment: Mapping[str, str]
    resolve: Callable[[str, int], Awaitable[Sequence[str]]] | None = None
    """What gives the addresses of a host; without it this machine's resolver does."""

    @property
    def db(self) -> Database:
        """The database that the chain works on."""
        return self.chain.db

    def fetcher(self) -> Fetcher:
        """What release feeds are fetched with; it says who asks."""
        from briefings.feeds.fetch import Bounds

        return self._fetcher(Bounds())

    def link_fetcher(self) -> Fetcher:
        """What the links of an edition are tried with: quicker to give up, and also over http."""
        from briefings.feeds.fetch import PAGE_BOUNDS

        return self._fetcher(PAGE_BOUNDS, http=True)

    def _fetcher(self, bounds: Bounds, *, http: bool = False) -> Fetcher:
        from briefings.feeds.addresses import Reach
        from briefings.feeds.fetch import Fetcher, resolve

        site = self.settings.base_url
        return Fetcher(
            reach=Reach.parse(self.settings.feed_networks, http=http),
            agent=f"Briefings/{__version__}" + (f" (+{site})" if site else ""),
            clock=self.chain.clock,
            bounds=bounds,
            resolve=self.resolve or resolve,
        )

    def this_week(self) -> Week:
        """The ISO week in which it is now, in UTC."""
        return Week.of(self.chain.clock())


def shipped(name: str) -> Path:
    """A folder that ships with the project (`catalogue`, `examples`, `templates/email`).

    A folder of that name where the command runs wins, so that an operator can change it.

    Raises:
        Misconfigured: it is in neither place.
    """
    for root in (Path(), Path(__file__).resolve().parent.parent):
        folder = root / name
        if folder.is_dir():
            return folder
    raise Misconfigured(f"There is no folder {name!r}: run the command in the project's folder.")


def settings_of(environment: Mapping[str, str] | None = None, **overrides: object) -> Settings:
    """Settings out of the environment, checked."""
    return Settings.load(os.environ if environment is None else environment, **overrides)


def build(
    settings: Settings | None = None,
    *,
    clock: Callable[[], datetime] = utc_now,
    sleep: Callable[[float], None] = time.sleep,
    templates: Path | None = None,
    migrate: bool = True,
) -> App:
    """Open the database (bringing it to the newest schema) and lay out the chain.

    Raises:
        WrongSetting: a setting is wrong; one without a default is asked for only when used.
        Misconfigured: the database cannot be opened or written.
        DatabaseBusy: another process keeps it locked.
    """
    chosen = settings if settings is not None else settings_of()
    db = Database.open(chosen.database_url, busy_timeout=BUSY_TIMEOUT)
    if migrate:
        db.migrate()
        chosen = effective(chosen, db)
        db.witness = HighWater(chosen.folder)
    return App(
        settings=chosen,
        chain=_chain(chosen, db, clock, sleep, templates),
        environment=dict(os.environ),
    )


def _chain(
    settings: Settings,
    db: Database,
    clock: Callable[[], datetime],
    sleep: Callable[[float], None],
    templates: Path | None,
) -> Chain:
    from briefings.assemble import ThinRules
    from briefings.deliver.message import Postmark
    from briefings.links import Signer
    from briefings.render import Renderer, Site
    from briefings.render.letters import LetterRenderer

    @cache
    def site() -> Site:
        return Site(
            base_url=settings.need("base_url", "the address of your site, https://..."),
            postal_address=settings.need("postal_address", "the sender's postal address"),
            reply_to=parseaddr(settings.reply_to or "")[1],
        )

    @cache
    def renderer() -> Renderer:
        return Renderer(templates or shipped("templates/email"), site())

    @cache
    def letters() -> LetterRenderer:
        return LetterRenderer(templates or shipped("templates/email"), site())

    @cache
    def postmark() -> Postmark:
        return Postmark(
            sender=settings.need("sender", "Name <address@your.domain>"),
            reply_to=settings.reply_to or "",
            base_url=settings.need("base_url", "the address of your site, https://..."),
        )

    return Chain(
        db=db,
        schedule=Schedule(send_at=SendAt.parse(settings.send_at), timezone=settings.timezone),
        thin=ThinRules(
            minimum=settings.thin_minimum,
            fill_days=settings.thin_fill_weeks * 7,
            merge=settings.thin_merge,
        ),
        state_dir=settings.folder,
        renderer=renderer,
        letters=letters,
        postmark=postmark,
        signer=cache(lambda: Signer.from_setting(settings.secrets)),
        clock=clock,
        monotonic=boot_seconds,
        sleep=sleep,
    )
