"""The page of the tiers: what the catalogue says, and no word of paying where nothing costs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from briefings.intake.catalogue import load_catalogue
from briefings.store import catalogue as catalogue_store
from tests.web.conftest import PROJECT, Installation

if TYPE_CHECKING:
    from pathlib import Path


async def test_one_free_tier_is_shown_without_a_word_of_paying(installed: Installation) -> None:
    async with installed.client() as client:
        page = await client.get("/pricing")
    assert page.status_code == 200
    assert page.headers["cache-control"].startswith("public")
    assert "It costs nothing" in page.text
    assert "The 12-week plan, where your specialization has one" in page.text
    for word in ("$", "a month", "upgrade"):
        assert word not in page.text


async def test_paid_tiers_stand_with_price_and_what_they_hold(
    installed: Installation, tmp_path: Path
) -> None:
    folder = tmp_path / "catalogue"
    folder.mkdir()
    for path in (PROJECT / "catalogue").iterdir():
        name = "tiers.yaml" if path.name == "tiers.example.yaml" else path.name
        if path.name != "tiers.yaml":
            (folder / name).symlink_to(path)
    with installed.app.db.write() as tx:
        catalogue_store.save(tx, load_catalogue(folder))
    async with installed.client() as client:
        page = await client.get("/pricing")
    assert "<b>$9.50</b> a month" in page.text
    assert page.text.index("Free") < page.text.index("With plan")
    assert "It costs nothing" not in page.text
    assert page.text.count("<h1") == 1
