"""Fetching over real sockets: bounds, redirects, names that point elsewhere, conditional requests."""

from __future__ import annotations

import ssl
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta

import pytest
import trustme

from briefings.feeds.addresses import Reach
from briefings.feeds.fetch import (
    Bounds,
    FeedTrouble,
    Fetched,
    Fetcher,
    PageStatus,
    Unchanged,
    Validators,
)
from briefings.testing.feed_server import FeedServer, Page, atom

NOW = datetime(2026, 8, 24, 6, tzinfo=UTC)
NOTHING = Validators()
LOOPBACK = Reach.parse("127.0.0.0/8")


class Names:
    """A resolver that answers what it is told, in turn; the last answer stays."""

    def __init__(self, *answers: str) -> None:
        self.answers = list(answers)
        self.asked: list[str] = []

    async def __call__(self, host: str, port: int) -> Sequence[str]:
        self.asked.append(host)
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        return answer.split()


def fetcher(reach: Reach = LOOPBACK, **more: object) -> Fetcher:
    given = {"agent": "Briefings/test", "clock": lambda: NOW, "reach": reach} | more
    return Fetcher(**given)  # type: ignore[arg-type]


@pytest.fixture
def server() -> Iterator[FeedServer]:
    with FeedServer() as running:
        yield running


async def refused(url: str, words: str, known: Fetcher | None = None) -> FeedTrouble:
    with pytest.raises(FeedTrouble, match=words) as raised:
        await (known or fetcher()).fetch(url, NOTHING)
    assert "\n" not in str(raised.value)
    return raised.value


async def test_a_feed_is_fetched_once_and_then_only_asked_for_news(server: FeedServer) -> None:
    server.pages["/a"] = Page(
        body=atom({"title": "v1.0"}),
        etag='"one"',
        headers={"last-modified": "Thu, 20 Aug 2026 10:00:00 GMT"},
    )
    first = await fetcher().fetch(server.url("/a"), NOTHING)
    assert isinstance(first, Fetched)
    assert b"v1.0" in first.body
    assert await fetcher().fetch(server.url("/a"), first.validators) == Unchanged()
    assert server.asked[0].headers["accept-encoding"] == "identity"
    assert server.asked[0].headers["user-agent"] == "Briefings/test"
    assert "if-none-match" not in server.asked[0].headers
    assert server.asked[1].headers["if-none-match"] == '"one"'
    assert server.asked[1].headers["if-modified-since"] == "Thu, 20 Aug 2026 10:00:00 GMT"


async def test_a_body_over_the_cap_is_given_up_whatever_the_server_promised(
    server: FeedServer,
) -> None:
    server.pages["/huge"] = Page(body=b"x" * 300_000)
    small = fetcher(bounds=Bounds(size=100 * 1024))
    await refused(server.url("/huge"), "larger than 100 KB", small)


async def test_a_packed_body_is_refused_unread(server: FeedServer) -> None:
    server.pages["/gz"] = Page(body=b"\x1f\x8b", headers={"content-encoding": "gzip"})
    await refused(server.url("/gz"), "packed")


async def test_a_server_that_is_silent_or_drips_is_left(server: FeedServer) -> None:
    server.pages["/mute"] = Page(mute=True)
    server.pages["/drip"] = Page(body=b"x" * 1_000, drip=0.02)
    await refused(server.url("/mute"), "did not answer", fetcher(bounds=Bounds(silence=0.1)))
    # Each byte comes within the time for silence: only the time for the whole ends it.
    await refused(server.url("/drip"), r"longer than 0\.3 s", fetcher(bounds=Bounds(whole=0.3)))


@pytest.mark.parametrize(
    "target",
    [
        "http://127.0.0.1:{port}/secret",
        "https://169.254.169.254/latest/meta-data/",
        "http://[::1]:{port}/secret",
        "//localhost:{port}/secret",
        "http://0x7f.1:{port}/secret",
        "http://2130706433:{port}/secret",
        "http://[::ffff:127.0.0.1]:{port}/secret",
    ],
)
async def test_a_redirect_into_a_private_network_is_refused(
    server: FeedServer, target: str
) -> None:
    """Only the first hop is in a network of one's own; where it sends us is not."""
    first = "127.0.0.1" if "[::1]" in target else "::1"
    with FeedServer(first) as front:
        front.pages["/r"] = Page(status=302, headers={"location": target.format(port=server.port)})
        await refused(front.url("/r"), "refused: .* not an address", fetcher(Reach.parse(first)))
        assert len(front.asked) == 1
    assert server.asked == []


@pytest.mark.parametrize("target", ["file:///etc/passwd", "ftp://example.org/", "gopher://x/", ""])
async def test_a_redirect_to_what_is_no_web_address_is_refused(
    server: FeedServer, target: str
) -> None:
    server.pages["/r"] = Page(status=301, headers={"location": target})
    await refused(server.url("/r"), "no address of the web|redirects to nowhere")


async def test_redirects_are_followed_to_an_end_and_no_further(server: FeedServer) -> None:
    server.pages["/loop"] = Page(status=302, headers={"location": "/loop"})
    await refused(server.url("/loop"), "more than 5 times")
    assert len(server.asked) == 6
    server.pages["/old"] = Page(status=301, headers={"location": "/newer"})
    server.pages["/newer"] = Page(status=308, headers={"location": "new"})
    server.pages["/new"] = Page(body=b"here")
    found = await fetcher().fetch(server.url("/old"), NOTHING)
    assert isinstance(found, Fetched)
    assert (found.body, found.moved_to) == (b"here", server.url("/new"))
    server.pages["/old"] = Page(status=302, headers={"location": "/newer"})
    found = await fetcher().fetch(server.url("/old"), NOTHING)
    assert isinstance(found, Fetched)
    assert found.moved_to == ""


async def test_the_connection_goes_to_the_address_that_was_checked() -> None:
    """A name that is public when checked and private a moment later gains nothing."""
    authority = trustme.CA()
    own = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    authority.issue_cert("feeds.example").configure_cert(own)
    trust = ssl.create_default_context()
    authority.configure_trust(trust)
    names = Names("127.0.0.1", "169.254.169.254")
    with FeedServer(tls=own) as server:
        server.pages["/a"] = Page(body=b"feed")
        url = f"https://feeds.example:{server.port}/a"
        found = await fetcher(trust=trust, resolve=names).fetch(url, NOTHING)
        assert isinstance(found, Fetched)
        assert names.asked == ["feeds.example"]  # once: nobody resolves again to connect
        assert server.asked[0].headers["host"] == f"feeds.example:{server.port}"
        assert found.url == url
        await refused(url, "169.254.169.254 is not", fetcher(trust=trust, resolve=names))
        # The certificate is judged by the name, not by the address that was connected to.
        other = f"https://other.example:{server.port}/a"
        await refused(other, "connection failed", fetcher(trust=trust, resolve=Names("127.0.0.1")))
    assert len(server.asked) == 1


async def test_the_next_address_is_tried_when_one_is_away(server: FeedServer) -> None:
    server.pages["/a"] = Page(body=b"feed")
    both = Names("::1 127.0.0.1")
    url = f"http://feeds.example:{server.port}/a"  # it listens on the second one only
    loopback = Reach.parse("127.0.0.1, ::1")
    assert isinstance(await fetcher(loopback, resolve=both).fetch(url, NOTHING), Fetched)
    await refused(url, "connection failed", fetcher(loopback, resolve=Names("::1")))


@pytest.mark.parametrize(
    ("status", "header", "wait"),
    [
        (429, "120", timedelta(seconds=120)),
        (503, "Mon, 24 Aug 2026 07:00:00 GMT", timedelta(hours=1)),
        (503, "Mon, 24 Aug 2026 05:00:00 GMT", timedelta(0)),
        (500, "soon", None),
        (404, "", None),
        (599, "-1", None),
    ],
)
async def test_what_a_server_answers_is_told_and_its_wish_to_wait_is_kept(
    server: FeedServer, status: int, header: str, wait: timedelta | None
) -> None:
    server.pages["/x"] = Page(status=status, headers={"retry-after": header})
    trouble = await refused(server.url("/x"), f"answered {status}")
    assert trouble.wait == wait


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("https://user:secret@feeds.example/", "user name"),
        ("file:///etc/passwd", "no address of the web"),
        ("https://[::1/", "cannot be read"),
        ("http://feeds.example/", "not https"),
    ],
)
async def test_addresses_that_are_not_asked(url: str, words: str) -> None:
    trouble = await refused(url, words, fetcher(Reach(), resolve=Names("140.82.121.4")))
    assert "secret" not in str(trouble)


async def test_a_name_that_does_not_exist_is_told() -> None:
    async def nowhere(host: str, port: int) -> Sequence[str]:
        raise OSError("no such name")

    await refused("https://nowhere.example/", "cannot be resolved", fetcher(resolve=nowhere))


@pytest.mark.parametrize(
    ("page", "code", "methods"),
    [
        (Page(body=b"here"), 200, ["HEAD"]),
        (Page(status=429), 429, ["HEAD"]),
        (Page(status=404), 404, ["HEAD", "GET"]),
        (Page(status=410), 410, ["HEAD", "GET"]),
        (Page(body=b"here", head=405), 200, ["HEAD", "GET"]),
        (Page(body=b"here", head=501), 200, ["HEAD", "GET"]),
        (Page(body=b"here", head=404), 200, ["HEAD", "GET"]),
        (Page(status=500), 500, ["HEAD", "GET"]),
    ],
)
async def test_a_page_is_asked_by_head_and_what_head_does_not_get_by_get(
    server: FeedServer, page: Page, code: int, methods: list[str]
) -> None:
    server.pages["/p"] = page
    server.pages["/old"] = Page(status=301, headers={"location": "/p"})
    assert await fetcher().status(server.url("/p")) == PageStatus(code=code)
    assert [each.method for each in server.asked] == methods
    assert server.asked[0].headers["accept"] == "*/*"
    told = PageStatus(code=code, moved_to=server.url("/p"))
    assert await fetcher().status(server.url("/old")) == told


async def test_the_body_of_a_page_is_left_unread(server: FeedServer) -> None:
    server.pages["/endless"] = Page(body=b"x" * 100, head=405, drip=1.0)
    assert (await fetcher(bounds=Bounds(whole=5.0)).status(server.url("/endless"))).code == 200


async def test_an_address_moved_for_good_as_far_as_no_redirect_is_for_now(
    server: FeedServer,
) -> None:
    server.pages["/1"] = Page(status=301, headers={"location": "/2"})
    server.pages["/2"] = Page(status=308, headers={"location": "/3"})
    server.pages["/3"] = Page(status=302, headers={"location": "/4"})
    server.pages["/4"] = Page(status=301, headers={"location": "/page"})
    server.pages["/page"] = Page(body=b"here")
    server.pages["/part"] = Page(status=301, headers={"location": "/page#other"})
    server.pages["/long"] = Page(status=301, headers={"location": "/page?" + "x" * 2_000})
    server.pages["/page?" + "x" * 2_000] = Page(body=b"here")

    async def moved_to(path: str) -> str:
        told = await fetcher().status(server.url(path))
        assert told.code == 200
        return told.moved_to.removeprefix(server.url(""))

    assert await moved_to("/1") == "/3"
    assert await moved_to("/3") == ""
    assert await moved_to("/4#part") == "/page#part"
    assert await moved_to("/part#part") == "/page#other"
    assert await moved_to("/long") == ""
    assert await moved_to("/page") == ""


async def test_a_page_that_hangs_or_leads_into_a_private_network_has_no_status(
    server: FeedServer,
) -> None:
    server.pages["/mute"] = Page(mute=True)
    with pytest.raises(FeedTrouble, match="did not answer in time"):
        await fetcher(bounds=Bounds(silence=0.1)).status(server.url("/mute"))
    with FeedServer("::1") as front:
        front.pages["/r"] = Page(status=302, headers={"location": server.url("/secret")})
        with pytest.raises(FeedTrouble, match=r"127\.0\.0\.1 is refused: .* not an address"):
            await fetcher(Reach.parse("::1", http=True)).status(front.url("/r"))
    assert [each.path for each in server.asked] == ["/mute"]


def test_the_public_internet_is_asked_in_the_clear_only_where_that_is_said() -> None:
    public = ["140.82.121.4"]
    assert Reach().refusal("http", public) == "it is not https"
    assert Reach(http=True).refusal("http", public) is None
    assert Reach(http=True).refusal("http", ["10.0.0.1"]) is not None
