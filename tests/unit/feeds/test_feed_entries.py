"""What is read out of feeds that are well made, wrongly encoded, broken, huge or hostile."""

from __future__ import annotations

import time
from datetime import date
from pathlib import Path

import pytest

from briefings.feeds.defuse import DEEPEST, LARGEST_BROKEN, MOST_ENTRIES
from briefings.feeds.entries import Feed, plain, read_feed, web_address
from briefings.feeds.fetch import FeedTrouble, Fetched, Validators
from briefings.testing.feed_server import ATOM, atom

LAUGHS = """<?xml version="1.0"?><!DOCTYPE lolz [<!ENTITY lol "lol">
<!ENTITY lol2 "&lol;&lol;&lol;&lol;&lol;&lol;&lol;&lol;&lol;&lol;">]>
<feed xmlns="http://www.w3.org/2005/Atom"><title>&lol2;</title></feed>"""
EXTERNAL = """<?xml version="1.0"?><!DOCTYPE feed [<!ENTITY x SYSTEM "file:///etc/passwd">]>
<feed xmlns="http://www.w3.org/2005/Atom"><title>&x;</title></feed>"""
RSS = """<rss version="2.0"><channel><title>t</title>
<item><guid>1</guid><title>Grafana 13.2</title><link>https://grafana.com/13</link>
<pubDate>Tue, 18 Aug 2026 23:30:00 -0200</pubDate><description>Caf\u00e9 &amp;amp; more</description>
</item></channel></rss>"""


def read(body: bytes | str, content_type: str = ATOM) -> Feed:
    raw = body if isinstance(body, bytes) else body.encode()
    return read_feed(
        Fetched(
            body=raw,
            content_type=content_type,
            url="https://example.org/feed",
            validators=Validators(),
        )
    )


def test_an_entry_as_github_writes_it() -> None:
    feed = read(
        atom(
            {
                "id": "tag:github.com,2008:Repository/1/v3.2.0",
                "title": "MLflow 3.2.0",
                "day": "2026-08-19",
                "notes": "<h2>What's Changed</h2><ul><li>Faster <b>search</b> by @a</li><li>x &lt; y</li></ul>",
                "link": "https://github.com/mlflow/mlflow/releases/tag/v3.2.0",
            }
        )
    )
    (entry,) = feed.entries
    assert (entry.title, entry.day) == ("MLflow 3.2.0", date(2026, 8, 19))
    assert entry.link == "https://github.com/mlflow/mlflow/releases/tag/v3.2.0"
    assert entry.notes.splitlines() == ["# What's Changed", "Faster search by @a", "x < y"]
    assert (
        read(atom({"id": "tag:github.com,2008:Repository/1/v3.2.0", "title": "renamed"}))
        .entries[0]
        .key
        == entry.key
    )


def test_rss_is_read_and_its_day_counted_in_utc() -> None:
    (entry,) = read(RSS).entries
    assert (entry.title, entry.day, entry.notes) == (
        "Grafana 13.2",
        date(2026, 8, 19),
        "Caf\u00e9 & more",
    )


@pytest.mark.parametrize(
    "body",
    [
        RSS.encode("utf-16"),
        b'<?xml version="1.0" encoding="iso-8859-1"?>' + RSS.encode("iso-8859-1"),
        b'<?xml version="1.0" encoding="utf-8"?>' + RSS.encode("iso-8859-1"),  # it lies
        b'<?xml version="1.0" encoding="no-such-code"?>' + RSS.encode(),
        b"\xef\xbb\xbf" + RSS.encode(),
        b'<?xml version="1.0" encoding="base64"?>' + RSS.encode(),  # no encoding of text
    ],
)
def test_a_wrong_or_missing_encoding_is_got_over(body: bytes) -> None:
    assert read(body, "text/xml").entries[0].notes == "Caf\u00e9 & more"


@pytest.mark.parametrize("code", ["utf-8", "utf-16", "utf-16-le", "utf-7", "utf-32"])
@pytest.mark.parametrize("bomb", [LAUGHS, EXTERNAL])
def test_entities_are_refused_in_every_encoding(bomb: str, code: str) -> None:
    body = bomb.replace('"1.0"?>', f'"1.0" encoding="{code}"?>', 1).encode(code)
    with pytest.raises(FeedTrouble, match="entities of its own"):
        read(body, f"text/xml; charset={code}")


def test_a_plain_doctype_is_no_bomb() -> None:
    assert len(read('<!DOCTYPE rss SYSTEM "x.dtd">' + RSS).entries) == 1


def test_deep_nesting_is_refused_before_it_costs_anything() -> None:
    deep = "<a>" * 500_000
    began = time.process_time()
    for body in (f"<feed>{deep}", f"<feed>{deep}{'</a>' * 500_000}</feed>"):
        with pytest.raises(FeedTrouble, match=f"deeper than {DEEPEST}"):
            read(body)
    assert time.process_time() - began < 2


def test_a_broken_feed_is_read_when_it_is_small_and_refused_when_it_is_large() -> None:
    broken = RSS.replace("</channel>", "&nbsp;</channell>").replace("Grafana", "Grafana &nbsp;")
    assert len(read(broken).entries) == 1
    with pytest.raises(FeedTrouble, match="not well-formed"):
        read(broken + "<" * LARGEST_BROKEN)
    with pytest.raises(FeedTrouble, match="deeper than"):
        read("<feed>" + "<entry>" * 20_000)


def test_of_ten_thousand_entries_the_newest_two_hundred_are_read_and_the_rest_is_told() -> None:
    many = atom(*({"title": f"v1.{n}", "day": "2026-08-01"} for n in range(10_000)))
    began = time.process_time()
    feed = read(many)
    assert time.process_time() - began < 3
    assert (len(feed.entries), feed.cut) == (MOST_ENTRIES, 10_000 - MOST_ENTRIES)
    assert feed.entries[0].title == "v1.0"


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ("<!doctype html><html><body>Sign in</body></html>", "a web page, not a feed"),
        ("", "not a feed"),
        ("<opml/>", "not a feed"),
        (b"\x00\x01\x02\xff" * 50, "not a feed"),
        ('{"version": "https://jsonfeed.org/version/1"}', "not a feed"),
        ("http://127.0.0.1:1/x", "not a feed"),  # feedparser would fetch it
    ],
)
def test_what_is_no_feed_is_called_so(body: str | bytes, words: str) -> None:
    with pytest.raises(FeedTrouble, match=words):
        read(body, "text/html")


@pytest.mark.parametrize(
    "payload",
    [
        "<script>alert(1)</script>v1.0",
        "<img src=x onerror=alert(1)>v1.0",
        "&lt;script&gt;alert(1)&lt;/script&gt;v1.0",
        "<svg/onload=alert(1)>v1.0",
        "v1.0<style>*{x:expression(alert(1))}</style>",
        "v1.0<a href='javascript:alert(1)'></a>",
        "<scr<script>ipt>alert(1)</scr</script>ipt>v1.0",
        "v1.0\u202e\x00",
    ],
)
def test_markup_in_a_title_leaves_words_only(payload: str) -> None:
    (entry,) = read(
        atom({"title": payload, "notes": payload, "link": "javascript:alert(1)"})
    ).entries
    for text in (entry.title, entry.notes):
        assert "v1.0" in text
        # What is left may read like markup, but is text: pages escape it like any other words.
        assert "\u202e" not in text
        assert "\x00" not in text
    assert "<script" not in entry.title.replace("<script>alert(1)</script>", "")
    assert entry.link == ""


def test_plain_takes_markup_out_and_keeps_lines() -> None:
    assert plain("<p>a<br>b</p><pre>c  d</pre><script>x</script>", 100) == "a\nb\nc d"
    assert plain("<p>" + "x" * 50, 10) == "x" * 10


@pytest.mark.parametrize(
    ("address", "good"),
    [
        ("https://github.com/a?b=c#d", True),
        ("http://example.org", True),
        ("javascript:alert(1)", False),
        ("data:text/html,x", False),
        ("https://user@example.org/", False),
        ("https://exa mple.org/", False),
        ('https://example.org/"onclick="x', False),
        ("//example.org", False),
        ("https:///x", False),
        ("https://[::1", False),
        ("https://example.org/" + "x" * 2_000, False),
    ],
)
def test_only_plain_web_addresses_become_links(address: str, good: bool) -> None:
    assert web_address(address) == (address if good else "")


@pytest.mark.parametrize("day", ["0000-00-00", "soon"])
def test_a_day_that_does_not_exist_is_none(day: str) -> None:
    body = atom({"title": "v1", "day": "2026-08-20"}).decode().replace("2026-08-20", day)
    assert read(body).entries[0].day is None


def test_nothing_is_fetched_while_reading(tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text("secret")
    body = RSS.replace(
        "<channel>",
        f'<channel xmlns:xi="http://www.w3.org/2001/XInclude"><xi:include href="file://{secret}"/>',
    )
    assert "secret" not in repr(read(body))
