"""The demo's outbox: every mail can be looked at, and no mail can do anything to who looks."""

from __future__ import annotations

import os
import re
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from briefings.web.outbox.mails import LISTED, Maildir
from briefings.web.outbox.shown import clickable, framed, local_links
from tests.web.conftest import BASE, Installation
from tests.web.test_leaving import ADA

HOSTILE = b"""\
From: x@example.org
To: =?utf-8?q?=3Cscript=3Ealert=281=29=3C/script=3E?= <a@example.org>
Subject: <script>alert(2)</script>
Date: not a date
X-Broken: =?no-such-charset?q?abc?= =?utf-8?b?!!!?=
Content-Type: multipart/mixed; boundary="b"

--b
Content-Type: text/html; charset=no-such-charset

<html><head><script>alert(3)</script></head><body onload="alert(4)">
<a href="https://briefings.example.evil.org/x">no</a><a href='https://briefings.example/items/1'>yes</a>
<base href="https://evil.org/"><form action="https://evil.org/"></form></body></html>
--b
Content-Type: text/plain; charset=utf-8
Content-Transfer-Encoding: base64

!!!not base64
--b
"""


def put(installed: Installation, name: str, content: bytes = HOSTILE) -> Path:
    path = installed.folder / "outbox" / "new" / name
    path.write_bytes(content)
    return path


async def keys(client) -> list[str]:
    return re.findall(r'href="/outbox/([0-9a-f]{20})"', (await client.get("/outbox")).text)


async def key_of(client, subject: str) -> str:
    page = (await client.get("/outbox")).text
    return re.findall(rf'href="/outbox/([0-9a-f]{{20}})">{re.escape(subject)}', page)[0]


async def test_the_list_shows_every_mail_with_its_reader(installed: Installation) -> None:
    async with installed.client() as client:
        page = await client.get("/outbox")
    assert len(re.findall(r'href="/outbox/[0-9a-f]{20}"', page.text)) == 3
    assert "3 mails lie in the folder" in page.text
    for email in installed.mails:
        assert email in page.text
    assert "Bo &lt;b&gt;Bold&lt;/b&gt;" in page.text


async def test_the_newest_mail_stands_first(installed: Installation) -> None:
    for day, name in ((1, "b"), (30, "a"), (15, "c")):
        put(
            installed,
            name,
            f"Subject: of day {day:02}\nDate: {day} Sep 2026 10:00 +0200\n\nx".encode(),
        )
    async with installed.client() as client:
        page = await client.get("/outbox")
    assert re.findall(r"of day (\d\d)", page.text) == ["30", "15", "01"]
    assert "30 September 2026, 08:00 UTC" in page.text


@pytest.mark.parametrize("empty", ["no folder", "no mail"])
async def test_an_empty_outbox_says_what_to_do(installed: Installation, empty: str) -> None:
    import shutil

    shutil.rmtree(installed.folder / "outbox")
    if empty == "no mail":
        (installed.folder / "outbox" / "new").mkdir(parents=True)
    async with installed.client() as client:
        page = await client.get("/outbox")
    assert page.status_code == 200
    assert "No mail yet" in page.text


async def test_only_the_newest_of_very_many_are_listed(installed: Installation) -> None:
    for number in range(LISTED):
        put(installed, f"m{number}", b"Subject: x\n\nx")
    async with installed.client() as client:
        page = await client.get("/outbox")
    assert f"The newest {LISTED} of {LISTED + 3} are listed" in page.text


async def test_one_mail_can_be_seen_in_every_way(installed: Installation) -> None:
    async with installed.client() as client:
        for key in await keys(client):
            shown = await client.get(f"/outbox/{key}?width=phone&colour=dark")
            assert re.search(r'<iframe class="frame phone" sandbox="[a-z -]+"', shown.text)
            assert "allow-scripts" not in shown.text
            assert "allow-same-origin" not in shown.text
            assert f'src="/outbox/{key}/html?colour=dark"' in shown.text
            text = await client.get(f"/outbox/{key}?part=text")
            assert f">{BASE}/unsubscribe/" in text.text
            assert 'href="/unsubscribe/' in text.text
            headers = await client.get(f"/outbox/{key}?part=headers")
            assert "List-Unsubscribe-Post" in headers.text
            source = await client.get(f"/outbox/{key}?part=source")
            assert "Content-Transfer-Encoding: quoted-printable" in source.text
            for odd in ("part=nonsense&width=7&colour=%3Cb%3E", "part=html&part=text"):
                assert (await client.get(f"/outbox/{key}?{odd}")).status_code == 200


async def test_the_frame_holds_the_mail_with_links_that_lead_here(installed: Installation) -> None:
    async with installed.client() as client:
        for key in await keys(client):
            frame = await client.get(f"/outbox/{key}/html")
            policy = frame.headers["content-security-policy"]
            assert policy.startswith("sandbox allow-popups allow-popups-to-escape-sandbox;")
            assert "default-src 'none'" in policy
            assert "frame-ancestors 'self'" in policy
            assert f'href="{BASE}' not in frame.text
            assert '<base target="_blank">' in frame.text
            for path in re.findall(r'href="(/[^"]*)"', frame.text):
                assert (await client.get(path)).status_code == 200


async def test_light_and_dark_are_a_choice(installed: Installation) -> None:
    async with installed.client() as client:
        key = (await keys(client))[0]
        light = (await client.get(f"/outbox/{key}/html?colour=light")).text
        dark = (await client.get(f"/outbox/{key}/html?colour=dark")).text
    assert "prefers-color-scheme" in installed.mails[ADA]
    assert "prefers-color-scheme" not in light + dark
    assert "@media (max-width: 0)" in light
    assert "@media (min-width: 0)" in dark
    assert 'name="color-scheme" content="light"' in light
    assert 'name="color-scheme" content="dark"' in dark


async def test_a_hostile_mail_stays_in_its_frame(installed: Installation) -> None:
    put(installed, "1.<script>alert(0)<.script>\n;rm -rf:2,S")
    async with installed.client() as client:
        key = await key_of(client, "&lt;script&gt;alert(2)")
        for path in (
            "",
            f"/{key}",
            f"/{key}?part=text",
            f"/{key}?part=headers",
            f"/{key}?part=source",
        ):
            page = await client.get(f"/outbox{path}")
            assert page.status_code == 200
            assert "<script" not in page.text
            assert "script-src" not in page.headers["content-security-policy"]
            assert "default-src 'none'" in page.headers["content-security-policy"]
        frame = await client.get(f"/outbox/{key}/html")
    policy = frame.headers["content-security-policy"]
    assert "allow-scripts" not in policy
    assert "allow-forms" not in policy
    assert "form-action 'none'" in policy
    assert 'href="https://briefings.example.evil.org/x"' in frame.text
    assert "href='/items/1'" in frame.text


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\x00\xff\xfe" * 100,
        b"Subject: =?utf-8?b?//4=?=\n\n",
        b"Date: Mon, 99 Xyz 99999 99:99:99 +9999\nSubject:\n\n",
        b"Content-Type: multipart/alternative; boundary=\n\n--\n",
        b"Content-Type: text/html; charset=utf-7\n\n+ADw-script+AD4-",
        b"Content-Type: text/html\nContent-Transfer-Encoding: uuencode\n\nbegin 644\nxx",
        b"Content-Type: message/rfc822\n\nContent-Type: text/html\n\n<p>inside</p>",
        b"To: " + b"a" * 70_000 + b"\n\nx",
        b"no header at all",
        b"Subject: a\r\n b\r\n\tc\r\n\r\nbody",
    ],
)
async def test_a_broken_mail_is_shown_as_well_as_it_goes(
    installed: Installation, content: bytes
) -> None:
    for path in (installed.folder / "outbox" / "new").iterdir():
        path.unlink()
    put(installed, "odd", content)
    async with installed.client() as client:
        (key,) = await keys(client)
        for path in (
            key,
            f"{key}/html",
            f"{key}?part=text",
            f"{key}?part=headers",
            f"{key}?part=source",
        ):
            assert (await client.get(f"/outbox/{path}")).status_code == 200


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(content=st.binary(max_size=400))
def test_no_bytes_stop_the_reading(tmp_path: Path, content: bytes) -> None:
    folder = tmp_path / "new"
    folder.mkdir(exist_ok=True)
    (folder / "1").write_bytes(content)
    maildir = Maildir(tmp_path)
    (listed,), total = maildir.newest()
    opened = maildir.get(listed.key)
    assert total == 1
    assert opened is not None
    assert opened.listed.size == len(content)


@pytest.mark.parametrize(
    "key",
    ["../../subscribers.db", "..%2f..%2fsubscribers.db", "%00", "0" * 20, "a" * 5000, "é", "new"],
)
async def test_no_key_leads_out_of_the_folder(installed: Installation, key: str) -> None:
    async with installed.client() as client:
        for path in (key, f"{key}/html"):
            answer = await client.get(f"/outbox/{path}")
            assert answer.status_code == 404
            assert "SQLite" not in answer.text


async def test_links_and_hidden_files_in_the_folder_are_not_mails(installed: Installation) -> None:
    new = installed.folder / "outbox" / "new"
    (new / "link").symlink_to(installed.folder / "subscribers.db")
    (new / ".hidden").write_bytes(HOSTILE)
    (new / "folder").mkdir()
    os.mkfifo(new / "pipe")
    async with installed.client() as client:
        assert len(await keys(client)) == 3


async def test_a_mail_keeps_its_address_when_it_is_read_elsewhere(installed: Installation) -> None:
    outbox = installed.folder / "outbox"
    async with installed.client() as client:
        before = await keys(client)
        (outbox / "cur").mkdir(exist_ok=True)
        for path in (outbox / "new").iterdir():
            path.rename(outbox / "cur" / f"{path.name}:2,S")
        assert sorted(await keys(client)) == sorted(before)


async def test_a_huge_mail_is_cut_and_says_so(installed: Installation) -> None:
    put(installed, "huge", b"Subject: huge\n\n" + b"x" * 3_000_000)
    async with installed.client() as client:
        key = await key_of(client, "huge")
        page = await client.get(f"/outbox/{key}?part=text")
    assert "only its beginning is shown" in page.text
    assert len(page.text) < 2_200_000


def test_only_links_to_our_site_change() -> None:
    html = (
        f'<a href="{BASE}/a?b=1#c">1</a><a href={BASE}/x>2</a><a href="{BASE}">3</a>'
        f'<a href="{BASE}.evil.org/">4</a><a href="https://other.example/">5</a><p>{BASE}/text</p>'
    )
    assert local_links(html, BASE) == (
        '<a href="/a?b=1#c">1</a><a href=/x>2</a><a href="/">3</a>'
        f'<a href="{BASE}.evil.org/">4</a><a href="https://other.example/">5</a><p>{BASE}/text</p>'
    )
    assert local_links(html, "") == html


def test_a_mail_without_a_head_gets_its_base_all_the_same() -> None:
    assert framed("<p>x", base_url=BASE, dark=False) == '<base target="_blank"><p>x'


def test_plain_text_becomes_links_and_nothing_else() -> None:
    text = f'See {BASE}/items/1, {BASE}. or <https://other.example/?a=1&b="2">'
    assert clickable(text, BASE) == (
        'See <a href="/items/1" rel="noreferrer">https://briefings.example/items/1</a>, '
        '<a href="/" rel="noreferrer">https://briefings.example</a>. or &lt;'
        '<a href="https://other.example/?a=1&amp;b=" rel="noreferrer">'
        "https://other.example/?a=1&amp;b=</a>&#34;2&#34;&gt;"
    )
    assert clickable("javascript:alert(1) <b>", BASE) == "javascript:alert(1) &lt;b&gt;"
