"""A week with everything that can happen to it, on PostgreSQL."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from briefings.config import Settings
from briefings.pipeline.approve import approve
from briefings.pipeline.catalogue import load_folder
from briefings.pipeline.correct import correct
from briefings.pipeline.halt import go, stop
from briefings.pipeline.holidays import move, skip
from briefings.pipeline.instance import confirm, init
from briefings.store import items
from briefings.wiring import build
from tests.e2e.almanac import Almanac, values
from tests.e2e.test_time_welcome import signed_up
from tests.e2e.town import ROOT, SECRET, WEEK, Clock

pytestmark = pytest.mark.needs("postgresql")
SLUG = "mlops-engineer"


@pytest.fixture
def server(postgres_database: str, tmp_path: Path) -> Iterator[Almanac]:
    own = {**values(tmp_path), "database_url": postgres_database, "state_dir": tmp_path}
    settings, clock = Settings.load({}, **own), Clock()
    app = build(settings, clock=clock, sleep=lambda _seconds: None)
    init(app.chain)
    load_folder(app.chain, ROOT / "catalogue")
    yield Almanac(app=app, folder=tmp_path, clock=clock, settings=settings)
    app.db.dispose()


def test_a_week_with_everything(server: Almanac) -> None:
    place = server
    place.at("2026-08-20T12:00")
    place.reader("a@example.org", SLUG, timezone="Europe/Berlin")
    place.reader("d@example.org", "devops-engineer")
    move(place.app.chain, WEEK.next(), "2026-09-01", by="ed")
    skip(place.app.chain, WEEK.shift(2), reason="holidays", by="ed")
    place.tick()
    place.write_news(WEEK, "One", "Two", "Three")
    place.drafts(WEEK)
    approve(place.app.chain, WEEK, ["devops-engineer"], by="ed")
    place.at("2026-08-23T16:00")
    place.tick(times=2)
    place.at("2026-08-24T09:00")
    place.send(None, now=False)
    assert place.outcome("2026-W34-regular") == {
        "a@example.org": "all editions held",
        "d@example.org": "accepted",
    }
    approve(place.app.chain, WEEK, [SLUG], by="ed")
    signed_up(place, "new@example.org", "devops-engineer")
    place.tick(times=2)
    assert stop(place.app.chain, by="ops") == 3
    assert go(place.app.chain) == 3
    with place.app.db.read() as tx:
        wrong = next(i.id for i in items.listing(tx) if i.news.headline == "Two")
    right = {"headline": "Two, put right"}
    done = correct(
        place.app.chain, wrong, note="It was wrong.", changes=right, withdraw=False, by="ed"
    )
    assert done.readers == 1
    place.send(None, now=False)
    assert place.outcome("2026-W34-late") == {
        "a@example.org": "accepted",
        "d@example.org": "had this week's mail",
    }
    assert place.outcome("2026-W34-welcome") == {"new@example.org": "accepted"}
    assert place.outcome("2026-W34-correction") == {"d@example.org": "accepted"}
    assert confirm(place.app.chain, lambda: SECRET).paused == ()
    place.write_news(WEEK.next(), "Four")
    place.approved(WEEK.next())
    place.clock.now = datetime(2026, 8, 31, 16, tzinfo=UTC)
    place.tick()
    row = place.rows("2026-W35-regular")["a@example.org"]
    assert row.due_at == datetime(2026, 9, 1, 6, tzinfo=UTC)
