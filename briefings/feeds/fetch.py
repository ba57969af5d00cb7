"""Asks one address of the web over httpx, within bounds of size, time and network; reads nothing.

A feed is fetched with its bytes; of a page only the status is asked, and its body is left unread.

Each hop is resolved by us, checked, and connected to by the checked address, with the name only
in `Host` and in TLS: a name that points elsewhere a moment later changes nothing. Redirects are
followed here, one by one, so that each is checked too. Proxies of the environment are not used.
"""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from ssl import SSLContext

import httpx

from briefings.errors import Temporary
from briefings.feeds.addresses import Reach

Resolve = Callable[[str, int], Awaitable[Sequence[str]]]

_FEEDS = "application/atom+xml, application/rss+xml, application/xml;q=0.9, text/xml;q=0.8"
_ANYTHING = "*/*"
_MOVED = {301, 302, 303, 307, 308}
_FOR_GOOD = {301, 308}
_ADDRESSES_TRIED = 3
_HEADER_LENGTH = 500
_ADDRESS_LENGTH = 2_000


class FeedTrouble(Temporary):
    """An address could not be asked or read this time; the message is a clause that says why.

    `wait` is how long the server asks us to stay away.
    """

    def __init__(self, reason: str, wait: timedelta | None = None) -> None:
        super().__init__(reason)
        self.wait = wait


@dataclass(frozen=True, slots=True, kw_only=True)
class Bounds:
    """What one fetch may cost: bytes of the body, seconds, hops."""

    size: int = 5 * 1024 * 1024
    connect: float = 5.0
    silence: float = 10.0
    whole: float = 25.0
    redirects: int = 5


PAGE_BOUNDS = Bounds(size=0, connect=4.0, silence=6.0, whole=10.0)
"""For the status of a page: a person waits for it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Validators:
    """What the server said of the last answer, for asking only for news of it (RFC 9110, 13)."""

    etag: str = ""
    last_modified: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Fetched:
    """The body, the address that it came from in the end, and where the feed moved for good."""

    body: bytes
    content_type: str
    url: str
    validators: Validators
    moved_to: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Unchanged:
    """The server says that nothing changed since the validators that it was sent."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PageStatus:
    """The HTTP status that an address ends with, and where it moved for good; empty: nowhere."""

    code: int
    moved_to: str = ""


@dataclass(frozen=True, kw_only=True)
class _End:
    """The answer that no redirect follows, still open: whoever asked for it closes it."""

    answer: httpx.Response
    url: httpx.URL
    moved_to: str


async def resolve(host: str, port: int) -> Sequence[str]:
    """Ask the machine's resolver for the addresses of a host."""
    loop = asyncio.get_running_loop()
    found = await loop.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(answer[4][0]) for answer in found))


@dataclass(frozen=True, kw_only=True)
class Fetcher:
    """Asks addresses of the web; what it may reach and cost is given as values."""

    reach: Reach
    agent: str
    clock: Callable[[], datetime]
    bounds: Bounds = field(default_factory=Bounds)
    resolve: Resolve = resolve
    trust: SSLContext | None = None
    """Certificates to trust in place of the public ones."""

    async def fetch(self, url: str, known: Validators) -> Fetched | Unchanged:
        """Fetch a feed.

        Raises:
            FeedTrouble: it is refused, too large, too slow, away, or answers anything but 200/304.
        """
        async with self._client() as client:
            end = await self._follow(client, "GET", url, self._headers(_FEEDS, known))
            try:
                return await self._taken(end)
            finally:
                await end.answer.aclose()

    async def status(self, url: str) -> PageStatus:
        """Give the HTTP status that an address ends with, redirects followed; no body is read.

        It moved for good as far as redirects say so (301, 308) before any that is for now.

        HEAD asks first. Where that is not served GET asks, too: not every server knows HEAD, and
        "gone" has to be sure. Who says "too many requests" is not asked again.

        Raises:
            FeedTrouble: it is refused, too slow or away.
        """
        async with self._client() as client:
            told = await self._status(client, "HEAD", url)
            if told.code < HTTPStatus.BAD_REQUEST or told.code == HTTPStatus.TOO_MANY_REQUESTS:
                return told
            return await self._status(client, "GET", url)

    async def _status(self, client: httpx.AsyncClient, method: str, url: str) -> PageStatus:
        end = await self._follow(client, method, url, self._headers(_ANYTHING))
        await end.answer.aclose()
        return PageStatus(code=end.answer.status_code, moved_to=_moved(url, end.moved_to))

    @asynccontextmanager
    async def _client(self) -> AsyncGenerator[httpx.AsyncClient]:
        """Open a client for one address; what it raises leaves as FeedTrouble."""
        try:
            async with (
                asyncio.timeout(self.bounds.whole),
                httpx.AsyncClient(
                    trust_env=False,
                    verify=True if self.trust is None else self.trust,
                    timeout=httpx.Timeout(self.bounds.silence, connect=self.bounds.connect),
                ) as client,
            ):
                yield client
        except TimeoutError:
            raise FeedTrouble(f"it took longer than {self.bounds.whole:g} seconds") from None
        except httpx.TimeoutException:
            raise FeedTrouble("the server did not answer in time") from None
        except httpx.HTTPError as wrong:
            raise FeedTrouble(f"the connection failed ({_one_line(str(wrong))})") from None

    async def _follow(
        self, client: httpx.AsyncClient, method: str, url: str, headers: Mapping[str, str]
    ) -> _End:
        here, moved_to = _address(url), ""
        moving = True
        for _ in range(self.bounds.redirects + 1):
            answer = await self._ask(client, method, here, headers)
            if answer.status_code not in _MOVED:
                return _End(answer=answer, url=here, moved_to=moved_to)
            await answer.aclose()
            here = _address(answer.headers.get("location", ""), here)
            moving = moving and answer.status_code in _FOR_GOOD
            moved_to = str(here) if moving else moved_to
        raise FeedTrouble(f"it redirects more than {self.bounds.redirects} times")

    async def _ask(
        self, client: httpx.AsyncClient, method: str, url: httpx.URL, headers: Mapping[str, str]
    ) -> httpx.Response:
        """Send one request to an address that was checked; the body is left unread."""
        port = url.port or (443 if url.scheme == "https" else 80)
        try:
            addresses = await self.resolve(url.host, port)
        except (OSError, UnicodeError):
            raise FeedTrouble(f"the name {url.host} cannot be resolved") from None
        refusal = self.reach.refusal(url.scheme, addresses)
        if refusal is not None:
            raise FeedTrouble(f"{url.host} is refused: {refusal}")
        trouble: httpx.HTTPError | None = None
        for address in addresses[:_ADDRESSES_TRIED]:
            request = client.build_request(
                method,
                url.copy_with(host=address, fragment=None),
                headers={"host": url.netloc.decode("ascii"), **headers},
                extensions={"sni_hostname": url.host},
            )
            try:
                return await client.send(request, stream=True, follow_redirects=False)
            except (httpx.ConnectError, httpx.ConnectTimeout) as failed:
                trouble = failed
        assert trouble is not None  # at least one address was tried
        raise trouble

    def _headers(self, accept: str, known: Validators = Validators()) -> Mapping[str, str]:
        headers = {
            "user-agent": self.agent,
            "accept": accept,
            # A body that is not packed cannot unfold into gigabytes.
            "accept-encoding": "identity",
        }
        if known.etag:
            headers["if-none-match"] = known.etag
        if known.last_modified:
            headers["if-modified-since"] = known.last_modified
        return headers

    async def _taken(self, end: _End) -> Fetched | Unchanged:
        answer = end.answer
        if answer.status_code == HTTPStatus.NOT_MODIFIED:
            return Unchanged()
        if answer.status_code != HTTPStatus.OK:
            raise FeedTrouble(_status(answer.status_code), self._wait(answer))
        if answer.headers.get("content-encoding", "identity").casefold() != "identity":
            raise FeedTrouble("it came packed, which was not asked for")
        body = bytearray()
        async for chunk in answer.aiter_raw():
            body += chunk
            if len(body) > self.bounds.size:
                raise FeedTrouble(f"it is larger than {self.bounds.size // 1024:,} KB")
        return Fetched(
            body=bytes(body),
            content_type=answer.headers.get("content-type", ""),
            url=str(end.url),
            validators=Validators(
                etag=_kept(answer.headers.get("etag", "")),
                last_modified=_kept(answer.headers.get("last-modified", "")),
            ),
            moved_to=end.moved_to,
        )

    def _wait(self, answer: httpx.Response) -> timedelta | None:
        """Read `Retry-After`: seconds, or a date."""
        value = answer.headers.get("retry-after", "").strip()
        if value.isdecimal() and value.isascii():
            return timedelta(seconds=min(int(value[:9]), 10**7))
        try:
            until = parsedate_to_datetime(value)
        except ValueError:
            return None
        aware = until if until.tzinfo is not None else until.replace(tzinfo=UTC)
        return max(timedelta(0), aware - self.clock())


def _address(text: str, base: httpx.URL | None = None) -> httpx.URL:
    """Read an address, also a relative one of a redirect; FeedTrouble when it is none of ours."""
    try:
        url = httpx.URL(text) if base is None else base.join(text)
    except (httpx.InvalidURL, UnicodeError):
        raise FeedTrouble("the address cannot be read") from None
    if base is not None and not text:
        raise FeedTrouble("it redirects to nowhere")
    if url.scheme not in ("http", "https") or not url.host:
        raise FeedTrouble(f"{url.scheme or 'nothing'}: is no address of the web")
    if url.userinfo:
        raise FeedTrouble("the address holds a user name or a password")
    return url


def _moved(url: str, to: str) -> str:
    """The new address with the part of the page that the old one names (RFC 9110, 10.2.2)."""
    part = httpx.URL(url).fragment
    if to and part and not httpx.URL(to).fragment:
        to = f"{to}#{part}"
    return to if len(to) <= _ADDRESS_LENGTH and to != url else ""


def _status(code: int) -> str:
    phrase = HTTPStatus(code).phrase if code in HTTPStatus._value2member_map_ else "no known code"
    return f"the server answered {code} ({phrase})"


def _kept(header: str) -> str:
    """A validator to send back later; what is absurdly long is forgotten."""
    return header if len(header) <= _HEADER_LENGTH and header.isprintable() else ""


def _one_line(text: str) -> str:
    return " ".join(text.split())[:200] or "no reason given"
