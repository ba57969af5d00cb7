"""What the links of a mail show: the mail as sent, items, and nothing that anybody could inject."""

from __future__ import annotations

import json
import re
import sqlite3
from contextlib import closing
from dataclasses import replace

import pytest

from briefings.model.news import ItemState, News
from briefings.store import items, readers
from tests.web.conftest import BASE, Installation, copied
from tests.web.test_leaving import ADA, BO

HOSTILE = '<script>alert(1)</script>"><img src=x onerror=alert(1)> {{ 7 * 7 }}'
ESCAPED = "&lt;script&gt;alert(1)&lt;/script&gt;"


def any_item(installed: Installation) -> int:
    return int(re.findall(rf"{BASE}/items/(\d+)", installed.mails[ADA])[0])


def rewrite(installed: Installation, item: int, **changed: object) -> News:
    with installed.app.db.write() as tx:
        news = replace(items.get(tx, [item])[item].news, **changed)
        items.revise(tx, item, news, now=installed.clock.now)
    return news


def set_state(installed: Installation, item: int, state: ItemState) -> None:
    with installed.app.db.write() as tx:
        items.set_state(tx, [item], state)


def overflow(installed: Installation, *ids: int) -> None:
    """Say of every briefing that these items did not fit."""
    with closing(sqlite3.connect(installed.folder / "subscribers.db")) as connection, connection:
        for number, content in connection.execute("SELECT id, content FROM briefing").fetchall():
            text = json.dumps({**json.loads(content), "left_over": ids})
            connection.execute("UPDATE briefing SET content = ? WHERE id = ?", (text, number))


async def test_no_link_of_any_mail_leads_nowhere_or_changes_anything(
    installed: Installation,
) -> None:
    before = installed.dump()
    paths = {
        path
        for html in installed.mails.values()
        for path in re.findall(rf'{BASE}(/[^"<>\s]*)', html)
    }
    assert {path.split("/")[1] for path in paths} >= {"view", "preferences", "unsubscribe", "items"}
    async with installed.client() as client:
        for path in sorted(paths):
            for method in ("GET", "HEAD"):
                answer = await client.request(method, path)
                assert answer.status_code == 200, (method, path)
    assert installed.dump() == before
    assert installed.left_log() == []


async def test_the_web_view_is_the_mail(made, tmp_path) -> None:
    for installed in copied(made, tmp_path / "site", demo=False):
        async with installed.client() as client:
            page = await client.get(installed.links(ADA)["view"])
        assert page.text.strip() == installed.mails[ADA].strip()


async def test_the_demo_leads_its_links_to_itself(installed: Installation) -> None:
    async with installed.client() as client:
        page = await client.get(installed.links(ADA)["view"])
    assert f'href="{BASE}' not in page.text
    assert f'href="{installed.links(ADA)["unsubscribe"]}"' in page.text


async def test_a_mail_in_the_browser_may_run_and_load_nothing(installed: Installation) -> None:
    async with installed.client() as client:
        page = await client.get(installed.links(ADA)["view"])
    policy = page.headers["content-security-policy"]
    assert policy.startswith("sandbox allow-popups")
    assert "allow-scripts" not in policy
    assert "default-src 'none'" in policy
    assert page.headers["referrer-policy"] == "no-referrer"
    assert page.headers["cache-control"] == "no-store"
    assert page.headers["x-robots-tag"].startswith("noindex")


async def test_a_name_stays_a_name(installed: Installation) -> None:
    async with installed.client() as client:
        page = await client.get(installed.links(BO)["view"])
    assert "<b>Bold</b>" not in page.text
    assert "&lt;b&gt;Bold&lt;/b&gt;" in page.text


async def test_what_did_not_fit_stands_under_the_mail(installed: Installation) -> None:
    shown, withdrawn = any_item(installed), any_item(installed) + 1
    overflow(installed, shown, withdrawn, 10**9)
    rewrite(installed, shown, headline=HOSTILE, summary=HOSTILE, source_url="javascript:alert(1)")
    set_state(installed, withdrawn, ItemState.WITHDRAWN)
    async with installed.client() as client:
        page = await client.get(installed.links(ADA)["view"])
    mail, more = page.text.split('id="more"')
    assert "</body>" in more
    assert "</body>" not in mail
    assert ESCAPED in more
    assert "<script>" not in page.text
    assert "javascript:" not in page.text
    assert more.count("<h3") == 1
    assert "49" not in re.findall("<h3.*?</h3>", more, re.DOTALL)[0]


async def test_nothing_stands_under_a_mail_that_held_everything(installed: Installation) -> None:
    async with installed.client() as client:
        page = await client.get(installed.links(ADA)["view"])
    assert 'id="more"' not in page.text


async def test_a_view_without_its_mail_says_so(installed: Installation) -> None:
    with closing(sqlite3.connect(installed.folder / "subscribers.db")) as connection, connection:
        connection.execute("DELETE FROM block WHERE key = (SELECT MIN(key) FROM block)")
        connection.execute("DELETE FROM block")
    async with installed.client() as client:
        page = await client.get(installed.links(ADA)["view"])
    assert page.status_code == 410
    assert "not kept any more" in page.text


async def test_a_view_link_without_a_mail_says_so(installed: Installation) -> None:
    from briefings.links import Purpose

    with installed.app.db.read() as tx:
        reader = readers.by_email(tx, ADA)
        assert reader is not None
    sign = installed.app.chain.signer().sign
    async with installed.client() as client:
        for token in (sign(Purpose.VIEW, reader.id), sign(Purpose.VIEW, reader.id, 10**9)):
            assert (await client.get(f"/view/{token}")).status_code == 410


async def test_an_item_shows_what_its_readers_need(installed: Installation) -> None:
    item = any_item(installed)
    news = rewrite(installed, item, do="Update it today.")
    async with installed.client() as client:
        page = await client.get(f"/items/{item}")
    assert page.status_code == 200
    assert page.text.count("<h1") == 1
    assert page.headers["cache-control"].startswith("public")
    assert "x-robots-tag" not in page.headers
    for words in ("Update it today.", news.source_name, "MLOps Engineer", str(news.date.year)):
        assert words in page.text
    assert f'href="{news.source_url}"' in page.text


async def test_pay_stands_with_its_year_region_and_answers(installed: Installation) -> None:
    with installed.app.db.read() as tx:
        paid = next(item for item in items.listing(tx, limit=1000) if item.news.pay)
    async with installed.client() as client:
        page = await client.get(f"/items/{paid.id}")
    figure = paid.news.pay[0].now
    for words in (str(figure.median), f"{figure.n:,}", str(figure.year), figure.region):
        assert words in page.text


async def test_hostile_words_of_an_item_stay_words(installed: Installation) -> None:
    item = any_item(installed)
    rewrite(
        installed, item, headline=HOSTILE, summary=HOSTILE, do=HOSTILE, source_name=HOSTILE,
        source_url="javascript:alert(1)", version=HOSTILE,
    )  # fmt: skip
    async with installed.client() as client:
        page = await client.get(f"/items/{item}")
    assert page.status_code == 200
    assert "<script>" not in page.text
    assert "<img" not in page.text
    assert "javascript:" not in page.text
    assert "{{ 7 * 7 }}" in page.text
    assert ESCAPED in page.text


@pytest.mark.parametrize(("state", "status"), [(ItemState.DRAFT, 404), (ItemState.WITHDRAWN, 410)])
async def test_an_item_that_is_not_out_is_not_shown(
    installed: Installation, state: ItemState, status: int
) -> None:
    item = any_item(installed)
    with installed.app.db.read() as tx:
        headline = items.get(tx, [item])[item].news.headline
    set_state(installed, item, state)
    async with installed.client() as client:
        page = await client.get(f"/items/{item}")
    assert page.status_code == status
    assert headline not in page.text


@pytest.mark.parametrize("item", ["0", "-1", "999999", str(2**80), "1.5", "abc", "1%2F2"])
async def test_no_such_item(installed: Installation, item: str) -> None:
    async with installed.client() as client:
        page = await client.get(f"/items/{item}")
    assert page.status_code == 404
    assert "There is no such page" in page.text


async def test_a_delivery_number_that_a_restore_gave_to_another_opens_nobodys_mail(
    installed: Installation,
) -> None:
    from briefings.links import Purpose

    signer = installed.app.chain.signer()
    ada, bo = (
        signer.read(Purpose.VIEW, installed.links(email)["view"].rpartition("/")[2])
        for email in (ADA, BO)
    )
    crossed = signer.sign(Purpose.VIEW, ada.reader_id, bo.delivery_id)
    async with installed.client() as client:
        page = await client.get(f"/view/{crossed}")
    assert page.status_code == 410
    assert "Bold" not in page.text
