"""The shipped examples come in whole, once, and with the news that is in them, on both databases."""

from __future__ import annotations

import shutil
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from briefings.errors import Conflict
from briefings.intake.catalogue import load_catalogue
from briefings.model.news import ItemState, Kind
from briefings.pipeline.importing import ImportKind, ImportReport, import_file
from briefings.store import imports, items, readers
from briefings.weeks import Week

if TYPE_CHECKING:
    from briefings.model.catalogue import Catalogue
    from briefings.store.database import Database

ROOT = Path(__file__).parents[2]
NOW = datetime(2026, 8, 21, 12, tzinfo=UTC)
FILES = {
    ImportKind.TOOL_CHANGES: "tool_changes.csv",
    ImportKind.SALARY: "salary_stats.csv",
    ImportKind.ROLE_UPDATES: "role_exposure.csv",
    ImportKind.SUBSCRIBERS: "subscribers.csv",
}


@pytest.fixture(scope="module")
def catalogue() -> Catalogue:
    return load_catalogue(ROOT / "catalogue")


def run(database: Database, catalogue: Catalogue, kind: ImportKind, folder: Path) -> ImportReport:
    path = folder / FILES[kind]
    shutil.copy(ROOT / "examples" / FILES[kind], path)
    return import_file(
        database,
        catalogue,
        kind,
        path,
        now=NOW,
        week=Week.parse("2026-W34"),
        consent_source="made up",
        sleep=lambda _seconds: None,
    )


def test_the_examples_hold_no_bad_row_and_add_nothing_twice(
    database: Database, catalogue: Catalogue, tmp_path: Path
) -> None:
    for kind in FILES:
        first = run(database, catalogue, kind, tmp_path)
        again = run(database, catalogue, kind, tmp_path)
        assert (first.bad, again.bad) == (0, 0)
        assert first.read == first.added + first.set_aside
        assert (again.added, again.items_made) == (0, 0)
        assert again.duplicates == first.added > 0


def test_pay_of_mlops_engineers_is_flat_and_says_that_the_years_are_cut_differently(
    database: Database, catalogue: Catalogue, tmp_path: Path
) -> None:
    report = run(database, catalogue, ImportKind.SALARY, tmp_path)
    with database.read() as tx:
        made = [item.news for item in items.get(tx, report.item_ids).values()]
    (news,) = [each for each in made if each.role == "mlops-engineer"]
    assert news.headline == "MLOps Engineer pay in the US is flat at $170,500"
    assert "$170,500 a year in 2025 (n = 47), after $170,320 in 2024 (n = 58)" in news.summary
    assert "the periods are cut differently: 2024 is full year" in news.summary
    assert [(row.now.region, row.now.level) for row in news.pay] == [
        *(("US", "all"), ("US", "mid"), ("US", "senior")),
        *(("global", "all"), ("global", "mid"), ("global", "senior")),
    ]


def test_exposure_scores_that_rose_are_draft_role_updates_of_the_week(
    database: Database, catalogue: Catalogue, tmp_path: Path
) -> None:
    report = run(database, catalogue, ImportKind.ROLE_UPDATES, tmp_path)
    with database.read() as tx:
        made = list(items.get(tx, report.item_ids).values())
    assert {item.week for item in made} == {"2026-W34"}
    assert {item.state for item in made} == {ItemState.DRAFT}
    assert {item.news.kind for item in made} == {Kind.ROLE_UPDATE}
    by_role = {item.news.role: item.news for item in made}
    assert len(by_role) == len(made)
    assert "from 0.34 to 0.53" in by_role["software-engineer"].headline
    assert "neighbouring occupation" in by_role["mlops-engineer"].summary


def test_one_bad_row_leaves_nothing(
    database: Database, catalogue: Catalogue, tmp_path: Path
) -> None:
    path = tmp_path / "subscribers.csv"
    good = (ROOT / "examples" / "subscribers.csv").read_text(encoding="utf-8")
    path.write_text(good + "nobody,,mlops-engineer,,\n", encoding="utf-8")
    report = import_file(
        database,
        catalogue,
        ImportKind.SUBSCRIBERS,
        path,
        now=NOW,
        week=Week.parse("2026-W34"),
        consent_source="made up",
    )
    assert (report.bad, report.added) == (1, 0)
    with database.read() as tx:
        assert readers.count(tx) == 0
        assert imports.unfinished(tx) == []


def test_what_a_killed_import_staged_does_not_stand_in_the_way(
    database: Database, catalogue: Catalogue, tmp_path: Path
) -> None:
    def killed(_seconds: float) -> None:
        with database.read() as tx:
            assert readers.count(tx) == 0
            left.extend(imports.unfinished(tx))
        raise Conflict("stopped here")

    left: list[int] = []
    path = tmp_path / "subscribers.csv"
    shutil.copy(ROOT / "examples" / "subscribers.csv", path)
    with pytest.raises(Conflict, match="stopped here"):
        import_file(
            database,
            catalogue,
            ImportKind.SUBSCRIBERS,
            path,
            now=NOW,
            week=Week.parse("2026-W34"),
            consent_source="made up",
            sleep=killed,
        )
    assert len(left) >= 1
    assert run(database, catalogue, ImportKind.SUBSCRIBERS, tmp_path).added == 13
