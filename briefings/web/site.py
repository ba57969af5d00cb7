"""What every page is handed: installation, page templates, seals; it answers no request."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime
from functools import cached_property
from typing import TypeVar
from urllib.parse import parse_qsl, urlsplit

from fastapi import Request
from starlette.datastructures import UploadFile
from starlette.exceptions import HTTPException
from starlette.formparsers import MultiPartException

from briefings.links import BadToken, ExpiredToken, Purpose, Token
from briefings.model.catalogue import Specialization
from briefings.pipeline.left_log import LeftLog
from briefings.pipeline.mailboxes import Mailboxes
from briefings.pipeline.prepare import load_catalogue
from briefings.pipeline.presses import PressLog
from briefings.pipeline.profiles import Facts, gather_facts
from briefings.pipeline.status import newest_week
from briefings.web.aging import Aged
from briefings.web.pages import Pages
from briefings.web.seals import BadSeal, Seals, foreign
from briefings.web.shelf import PAGE_SECONDS, Shelf
from briefings.weeks import Week
from briefings.wiring import App

T = TypeVar("T")
Fields = Mapping[str, list[str]]
_PLAIN = "application/x-www-form-urlencoded"
_FORMS = (_PLAIN, "multipart/form-data")
_MOST_FIELDS = 2_000
"""A week's approval sends two for each edition; a body has at most 64 KB anyway."""
SETTINGS_FORM_SECONDS = 12 * 3600


@dataclass(frozen=True, kw_only=True)
class Site:
    """One installation's web site. `demo` adds the outbox and the demo's words."""

    app: App
    demo: bool

    @cached_property
    def pages(self) -> Pages:
        """The page templates."""
        settings = self.app.settings
        return Pages(
            demo=self.demo,
            postal_address=settings.postal_address or "",
            base_host=urlsplit(settings.base_url or "").netloc,
        )

    @cached_property
    def seals(self) -> Seals:
        """What forms are sealed with."""
        return Seals(self.app.settings.secrets)

    @cached_property
    def left_log(self) -> LeftLog:
        """Where leaving is written down beside the database."""
        return LeftLog(self.app.settings.folder, self.app.settings.secrets)

    @cached_property
    def mailboxes(self) -> Mailboxes:
        """What names mailboxes without telling their addresses."""
        return Mailboxes.of(self.app.db, self.app.settings.secrets)

    @cached_property
    def presses(self) -> PressLog:
        """Where presses of links wait to be counted."""
        return PressLog(self.app.chain)

    @cached_property
    def base_url(self) -> str:
        """The address of the site, as mails name it."""
        return self.app.settings.need("base_url", "the address of your site, https://...")

    @property
    def is_https(self) -> bool:
        """Whether browsers reach the site over https, so that cookies may ask for it."""
        return self.base_url.startswith("https://") and not self.demo

    def specializations(self) -> tuple[Specialization, ...]:
        """What there is to choose, as of some seconds ago."""
        return self._offered.get()

    def facts(self) -> Facts:
        """What the pages about roles say, as of some seconds ago."""
        return self._facts.get()

    @cached_property
    def shelf(self) -> Shelf:
        """Where public pages are kept for some seconds."""
        return Shelf(self.app.chain.monotonic)

    @cached_property
    def _offered(self) -> Aged[tuple[Specialization, ...]]:
        def read() -> tuple[Specialization, ...]:
            with self.app.db.read() as tx:
                return load_catalogue(tx).specializations

        return self._aged(read)

    @cached_property
    def _facts(self) -> Aged[Facts]:
        return self._aged(lambda: gather_facts(self.app.chain))

    def _aged(self, make: Callable[[], T]) -> Aged[T]:
        return Aged(make, monotonic=self.app.chain.monotonic, seconds=PAGE_SECONDS)

    @cached_property
    def shown_week(self) -> Week | None:
        """The week that the demo shows, whatever the date; None in a real installation."""
        if not self.demo:
            return None
        with self.app.db.read() as tx:
            week = newest_week(tx)
        return Week.parse(week) if week else None

    @property
    def today(self) -> date:
        """The day to draw as now: today, or in the demo the Monday of the mail that it shows."""
        return self.shown_week.mail_monday if self.shown_week else self.now().date()

    def canonical(self, path: str) -> str:
        """The one address of a page for search engines; empty where BASE_URL is not set."""
        base = self.app.settings.base_url
        return f"{base.rstrip('/')}{path}" if base else ""

    @property
    def week(self) -> Week:
        """The week of the masthead: this one, or in the demo the one that it shows."""
        return self.shown_week or self.app.this_week()

    def now(self) -> datetime:
        """The time, in UTC."""
        return self.app.chain.clock()

    def seconds(self) -> int:
        """The time in seconds since 1970 UTC."""
        return int(self.now().timestamp())

    def read_token(self, purpose: Purpose, token: str) -> Token:
        """What a link says.

        Raises:
            BadToken: it is cut off, altered, or made for another page.
        """
        return self.app.chain.signer().read(purpose, token, now=self.seconds())

    def check_form(
        self, request: Request, purpose: str, text: str, sealed: str, *, seconds: int
    ) -> None:
        """Refuse what our own page did not send in the last `seconds`, sealed over this text.

        Raises:
            BadSeal: another site sent it, or its form was made for something else or too long ago.
        """
        if self.opened_form(request, purpose, sealed, seconds=seconds) != text:
            raise foreign()

    def opened_form(self, request: Request, purpose: str, sealed: str, *, seconds: int) -> str:
        """Give the text that a form of ours was sealed over.

        Raises:
            BadSeal: another site sent it, or it is not ours, or too old.
        """
        if from_elsewhere(request):
            raise BadSeal("Another site sent this form. Open the page from your mail.")
        return self.seals.open(purpose, sealed, now=self.seconds(), seconds=seconds)

    def read_settings_token(self, token: str) -> Token:
        """What a link to the settings says: one of a mail, or a fresh one of a letter.

        Raises:
            BadToken: it is cut off, altered, made for another page, or too old.
        """
        try:
            return self.read_token(Purpose.PREFERENCES, token)
        except BadToken as wrong:
            try:
                fresh = self.read_token(Purpose.SIGNIN, token)
            except ExpiredToken:
                raise
            except BadToken:
                raise wrong from None
        # A letter's number is no delivery's.
        return replace(fresh, delivery_id=0, issued=0)

    def settings_seal(self, link: Token) -> str:
        """Seal the forms of the settings page of one reader."""
        return self.seals.seal("settings", str(link.reader_id), self.seconds())

    def view_token(self, link: Token, delivery_id: int) -> str:
        """A token for the web view of one of the reader's own mails."""
        return self.app.chain.signer().sign(Purpose.VIEW, link.reader_id, delivery_id)

    def check_settings_form(self, request: Request, link: Token, sealed: str) -> None:
        """Refuse a form that the settings page of this reader did not send.

        Raises:
            BadSeal: as `check_form`.
        """
        self.check_form(
            request, "settings", str(link.reader_id), sealed, seconds=SETTINGS_FORM_SECONDS
        )

    def token(self, purpose: Purpose, like: Token) -> str:
        """A token of another purpose for the same reader and mail."""
        return self.app.chain.signer().sign(purpose, like.reader_id, like.delivery_id)


async def form_fields(request: Request) -> Fields:
    """Read a form of either kind; a body that is none counts as a form without fields.

    One-click requests of RFC 8058 may carry either kind, and what acts on them must not care.
    """
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind not in _FORMS:
        return {}
    if kind == _PLAIN:
        return _plain(await request.body())
    try:
        form = await request.form(max_files=_MOST_FIELDS, max_fields=_MOST_FIELDS)
    except (MultiPartException, HTTPException, ValueError):
        return {}
    return _by_name(form.multi_items())


def _plain(body: bytes) -> Fields:
    """Read a form as most browsers send it; the reader for both kinds takes ten times as long."""
    try:
        pairs = parse_qsl(
            body.decode("utf-8", "replace"),
            keep_blank_values=True,
            max_num_fields=_MOST_FIELDS,
            errors="replace",
        )
    except ValueError:
        return {}
    return _by_name(pairs)


def _by_name(pairs: Iterable[tuple[str, str | UploadFile]]) -> Fields:
    """The texts of a form under their names; a file that somebody sent is no field of ours."""
    fields: dict[str, list[str]] = {}
    for name, value in pairs:
        if not isinstance(value, UploadFile):
            fields.setdefault(name, []).append(value)
    return fields


def first(fields: Fields, name: str) -> str:
    """The first value of a field, empty when there is none."""
    return next(iter(fields.get(name, ())), "")


def from_elsewhere(request: Request) -> bool:
    """Whether a browser says that another site sent this form (Fetch Metadata, RFC 6454).

    Our pages send no referrer, so their own forms carry `Origin: null`: that alone is no proof
    either way, and the seal in the form decides. There is no cookie that another site could use.
    """
    site = request.headers.get("sec-fetch-site")
    if site is not None:
        return site not in ("same-origin", "none")
    origin = request.headers.get("origin")
    return origin not in (None, "null") and urlsplit(str(origin)).netloc != request.headers.get(
        "host", ""
    )
