"""The archive shows what an editor shows, as it went out, and nothing that was one reader's."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET
from dataclasses import replace

import pytest

from briefings.errors import NotFound
from briefings.pipeline.archive import shelves, switch
from briefings.pipeline.correct import correct
from briefings.pipeline.prepare import load_catalogue
from briefings.store import catalogue as catalogue_store
from briefings.store import editions, items
from briefings.weeks import Week
from tests.web.conftest import BASE, WEEK, Installation, copied
from tests.web.test_leaving import ADA

MLOPS = "mlops-engineer"
HOME = f"/archive/{MLOPS}"
MAIL = f"{HOME}/{WEEK}/mail"


def shown(installed: Installation, slug: str = MLOPS, week: Week | None = None) -> None:
    assert switch(installed.app.chain, slug, week, shown=True, by="ed").changed


async def page(installed: Installation, path: str) -> str:
    async with installed.client() as client:
        answer = await client.get(path)
    assert answer.status_code == 200, path
    return answer.text


async def test_nothing_is_public_before_an_editor_says_so(installed: Installation) -> None:
    async with installed.client() as client:
        for path in (HOME, f"{HOME}/rss.xml", f"{HOME}/{WEEK}", MAIL):
            assert (await client.get(path)).status_code == 404, path
        assert "There is nothing here yet" in (await client.get("/archive")).text
        shown(installed)
        for path in ("/archive", HOME, f"{HOME}/rss.xml", f"{HOME}/{WEEK}", MAIL):
            found = await client.get(path)
            assert found.status_code == 200, path
            assert found.headers["cache-control"].startswith("public")
        for path in (f"{HOME}/2026-W01", f"{HOME}/nonsense", "/archive/none", f"{HOME}/{WEEK}/x"):
            assert (await client.get(path)).status_code == 404, path
        switch(installed.app.chain, MLOPS, WEEK, shown=False, by="ed")
        assert (await client.get(MAIL)).status_code == 404
    with pytest.raises(NotFound, match="did you mean"):
        switch(installed.app.chain, "mlops-enginer", None, shown=True, by="ed")


async def test_the_archived_mail_has_the_items_of_the_mail_and_nothing_of_a_reader(
    installed: Installation,
) -> None:
    shown(installed)
    for other in copied(installed.folder, installed.folder.parent / "real", demo=False):
        public = await page(other, MAIL)
    sent = installed.mails[ADA]
    links = re.findall(rf"{BASE}/items/\d+", sent)
    assert links
    assert re.findall(rf"{BASE}/items/\d+", public) == links
    for word in ("Ada", "ada@", "Hello", "unsubscribe", "/preferences/", "/view/", "\ue000"):
        assert word not in public, word
    assert "week 5 of 12" in sent
    assert "week 5 of 12" not in public
    assert not re.search(r"[\w-]{44}(?![\w-])", "".join(re.findall(r'href="([^"]*)"', public)))
    assert f'href="{BASE}/subscribe"' in public
    assert re.findall("<h1.*?</h1>", public) == re.findall("<h1.*?</h1>", sent)


async def test_the_mail_alone_runs_in_a_sandbox_and_is_found_by_its_page(
    installed: Installation,
) -> None:
    shown(installed)
    async with installed.client() as client:
        mail, around = await client.get(MAIL), await client.get(f"{HOME}/{WEEK}")
    policy = mail.headers["content-security-policy"]
    assert policy.startswith("sandbox allow-popups")
    assert "allow-scripts" not in policy
    assert "allow-same-origin" not in policy
    assert "frame-ancestors 'self'" in policy
    assert mail.headers["x-robots-tag"] == "noindex"
    assert "x-robots-tag" not in around.headers
    assert "noindex" not in around.text
    assert f'src="{MAIL}"' in around.text
    assert re.search(r'<iframe [^>]*sandbox="allow-popups', around.text)


async def test_the_archive_stays_as_it_went_out_when_edition_and_catalogue_change(
    installed: Installation,
) -> None:
    shown(installed)
    before = await page(installed, MAIL)
    change_everything(installed)
    assert await page(installed, MAIL) == before


async def test_the_web_view_stays_as_it_was_sent_when_edition_and_catalogue_change(
    installed: Installation,
) -> None:
    async with installed.client() as client:
        before = (await client.get(installed.links(ADA)["view"])).text
        change_everything(installed)
        after = (await client.get(installed.links(ADA)["view"])).text
    assert "MLOps Engineer" in before
    assert after == before


def change_everything(installed: Installation) -> None:
    """New words for every item, another name for every specialization, other placements."""
    with installed.app.db.write() as tx:
        found = load_catalogue(tx)
        renamed = tuple(replace(s, name=f"Once {s.slug}") for s in found.specializations)
        catalogue_store.save(tx, replace(found, specializations=renamed))
        for item in items.listing(tx, limit=1000):
            items.revise(
                tx,
                item.id,
                replace(item.news, headline="Other words", summary="Other"),
                now=installed.clock.now,
            )
        tx.execute("DELETE FROM placement")
        assert editions.of_week(tx, str(WEEK))[MLOPS].placements == ()


async def test_a_correction_is_marked_and_the_mail_stays(installed: Installation) -> None:
    shown(installed)
    before = await page(installed, MAIL)
    wrong, withdrawn = (int(n) for n in re.findall(r"/items/(\d+)", before)[:2])
    chain = installed.app.chain
    correct(
        chain, wrong, note="The <b>version</b> was wrong.", changes={"headline": "Right"},
        withdraw=False, by="ed",
    )  # fmt: skip
    with installed.app.db.write() as tx:
        tx.execute("UPDATE item SET state = 'withdrawn' WHERE id = :id", id=withdrawn)
    around = await page(installed, f"{HOME}/{WEEK}")
    marked = around.split('id="corrections"')[1].split("</div>")[0]
    assert "The &lt;b&gt;version&lt;/b&gt; was wrong." in marked
    assert marked.count("The editors took this item back.") == 1
    assert await page(installed, MAIL) == before


async def test_the_feed_is_rss_with_whole_addresses(installed: Installation) -> None:
    shown(installed)
    async with installed.client() as client:
        answer = await client.get(f"{HOME}/rss.xml")
    assert answer.headers["content-type"].startswith("application/rss+xml")
    channel = ET.fromstring(answer.text).find("channel")
    assert channel is not None
    assert channel.findtext("link") == BASE + HOME
    (entry,) = channel.findall("item")
    assert entry.findtext("link") == entry.findtext("guid") == f"{BASE}{HOME}/{WEEK}"
    assert entry.findtext("pubDate") == "Mon, 24 Aug 2026 12:00:00 +0000"
    assert entry.findtext("title") == shelves(installed.app.chain)[0].briefings[0].subject
    assert f'href="{HOME}/rss.xml"' in await page(installed, HOME)


async def test_every_published_edition_has_its_copy_and_others_have_none(
    installed: Installation,
) -> None:
    with installed.app.db.read() as tx:
        stored = editions.of_week(tx, str(WEEK))
    for slug in stored:
        switch(installed.app.chain, slug, None, shown=True, by="ed")
    found = {shelf.specialization for shelf in shelves(installed.app.chain)}
    assert found == {slug for slug, one in stored.items() if one.state == "published"}
    assert MLOPS in found
