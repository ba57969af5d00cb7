"""Importing files into a real database: all or nothing, and nothing twice."""

from __future__ import annotations

import csv
import shutil
import signal
import subprocess
import sys
import textwrap
from contextlib import closing
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING

import pytest

from briefings.errors import Conflict, Misconfigured, WrongFile
from briefings.intake.csv_rows import LINE_LENGTH
from briefings.model.delivery import IssueKind
from briefings.model.news import ItemState, Kind
from briefings.pipeline.importing import ImportKind, ImportReport, clear_unfinished, import_file
from briefings.store import figures, imports, issues, items, readers
from briefings.store.database import Database
from briefings.weeks import Week
from tests.unit.intake.import_files import TOOL_CHANGE, as_csv, catalogue, write_csv

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

NOW = datetime(2026, 8, 21, 12, tzinfo=UTC)
WEEK = Week.parse("2026-W34")
STATES = tuple(ItemState)
LATER = datetime(2027, 1, 1, tzinfo=UTC)


@pytest.fixture(scope="module")
def empty(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A migrated database, made once: a copy takes a hundredth of the time."""
    path = tmp_path_factory.mktemp("empty") / "readers.db"
    database = Database.open(f"sqlite:///{path}")
    database.migrate()
    copy = path.with_name("copy.db")
    database.copy_to(copy)
    database.dispose()
    return copy


@pytest.fixture
def db(empty: Path, tmp_path: Path) -> Iterator[Database]:
    shutil.copy(empty, tmp_path / "readers.db")
    database = Database.open(f"sqlite:///{tmp_path / 'readers.db'}")
    yield database
    database.dispose()


def run(db: Database, kind: str, path: Path, **changes: object) -> ImportReport:
    values: dict[str, object] = {"now": NOW, "week": WEEK, "sleep": lambda _seconds: None}
    if kind == "subscribers":
        values["consent_source"] = "sign-up form, 2026"
    return import_file(db, catalogue(), ImportKind(kind), path, **(values | changes))  # type: ignore[arg-type]


def stored(db: Database) -> dict[str, int]:
    with db.read() as tx:
        return {
            "items": items.count(tx),
            "pay": len(figures.pay(tx)),
            "metrics": len(figures.metrics(tx)),
            "readers": readers.confirmed_count(tx, LATER),
            "unfinished": len(imports.unfinished(tx)),
        }


EMPTY = {"items": 0, "pay": 0, "metrics": 0, "readers": 0, "unfinished": 0}
GOOD: dict[str, list[dict[str, str]]] = {
    "tool-changes": [{}, {"version": "2.1"}, {"version": "2.2"}],
    "salary": [{}, {"year": "2024"}, {"role": "Astronaut"}],
    "role-updates": [{}, {"metric": "ilo_genai_mean_score_previous", "value": "0.3"}],
    "subscribers": [{}, {"email": "bob@example.org"}, {"email": "eve@example.org"}],
}
BAD: dict[str, dict[str, str]] = {
    "tool-changes": {"tool": "Ovne", "released_on": "yesterday"},
    "salary": {"n": "many"},
    "role-updates": {"value": "high"},
    "subscribers": {"email": "nobody", "timezone": "Europe/Berln"},
}


def test_tool_changes_are_queued_in_the_week_of_their_date(db: Database, tmp_path: Path) -> None:
    report = run(db, "tool-changes", write_csv(tmp_path, "tool-changes", GOOD["tool-changes"]))
    assert (report.read, report.added, report.bad, report.errors_file) == (3, 3, 0, None)
    with db.read() as tx:
        found = items.in_week(tx, "2026-W34")
    assert [item.news.version for item in found] == ["2.0", "2.1", "2.2"]
    assert {item.state for item in found} == {ItemState.QUEUED}


def test_as_draft_leaves_them_for_triage(db: Database, tmp_path: Path) -> None:
    run(db, "tool-changes", write_csv(tmp_path, "tool-changes", [{}]), as_draft=True)
    with db.read() as tx:
        assert [item.state for item in items.listing(tx)] == [ItemState.DRAFT]


def test_items_of_a_frozen_week_take_the_next_one_and_old_ones_their_own(
    db: Database, tmp_path: Path
) -> None:
    with db.write() as tx:
        issues.create(
            tx,
            week="2026-W34",
            kind=IssueKind.REGULAR,
            n=1,
            began=NOW,
            opened_by_tick=False,
            now=NOW,
        )
    dates = ["2026-08-21", "2026-09-01", "2026-07-20", "2026-01-05"]
    path = write_csv(tmp_path, "tool-changes", [{"released_on": each} for each in dates])
    run(db, "tool-changes", path)
    with db.read() as tx:
        weeks = {item.news.date: item.week for item in items.listing(tx)}
    assert weeks == {
        date(2026, 8, 21): "2026-W35",
        date(2026, 9, 1): "2026-W36",
        date(2026, 7, 20): "2026-W35",
        date(2026, 1, 5): "2026-W02",
    }


@pytest.mark.parametrize("kind", sorted(GOOD))
def test_importing_twice_adds_nothing(db: Database, tmp_path: Path, kind: str) -> None:
    path = write_csv(tmp_path, kind, GOOD[kind])
    first = run(db, kind, path)
    before = stored(db)
    second = run(db, kind, path)
    assert first.added > 0
    assert (second.added, second.items_made, second.bad) == (0, 0, 0)
    assert second.duplicates == first.added
    assert stored(db) == before


@pytest.mark.parametrize("kind", sorted(GOOD))
def test_equal_rows_in_one_file_count_once(db: Database, tmp_path: Path, kind: str) -> None:
    report = run(db, kind, write_csv(tmp_path, kind, [{}, {}, {}]))
    assert (report.read, report.added, report.duplicates) == (3, 1, 2)


@pytest.mark.parametrize("kind", sorted(GOOD))
@pytest.mark.parametrize("place", ["first", "last"])
def test_one_bad_row_and_nothing_is_imported(
    db: Database, tmp_path: Path, kind: str, place: str
) -> None:
    rows = [BAD[kind], *GOOD[kind]] if place == "first" else [*GOOD[kind], BAD[kind]]
    path = write_csv(tmp_path, kind, rows)
    report = run(db, kind, path)
    assert (report.bad, report.added, report.items_made) == (1, 0, 0)
    assert stored(db) == EMPTY
    assert report.errors_file == path.with_name(path.name + ".errors.csv")
    with report.errors_file.open(encoding="utf-8", newline="") as file:
        told = list(csv.DictReader(file))
    number = "2" if place == "first" else str(len(rows) + 1)
    assert {row["row"] for row in told} == {number}
    assert [row["column"] for row in told] == list(BAD[kind])
    assert all(row["reason"] for row in told)
    assert told[0]["value"] == BAD[kind][told[0]["column"]]


def test_after_the_file_is_mended_it_is_imported_and_the_errors_file_goes(
    db: Database, tmp_path: Path
) -> None:
    report = run(db, "subscribers", write_csv(tmp_path, "subscribers", [BAD["subscribers"]]))
    assert report.errors_file is not None
    assert report.errors_file.exists()
    mended = run(db, "subscribers", write_csv(tmp_path, "subscribers", GOOD["subscribers"]))
    assert (mended.added, mended.bad) == (3, 0)
    assert not report.errors_file.exists()


def test_a_file_of_somebody_elses_with_that_name_stays(db: Database, tmp_path: Path) -> None:
    path = write_csv(tmp_path, "subscribers", GOOD["subscribers"])
    other = tmp_path / "subscribers.csv.errors.csv"
    other.write_text("mine\n")
    run(db, "subscribers", path)
    assert other.read_text() == "mine\n"


def test_values_in_the_errors_file_are_short_and_no_formula(db: Database, tmp_path: Path) -> None:
    rows = [{"tool": "=cmd()"}, {"tool": "x" * 300_000}, {"headline": "\x1b[31mred"}]
    report = run(db, "tool-changes", write_csv(tmp_path, "tool-changes", rows))
    assert report.bad == 3
    assert report.errors_file is not None
    with report.errors_file.open(encoding="utf-8", newline="") as file:
        values = [row["value"] for row in csv.DictReader(file)]
    assert values[0] == "'=cmd()"
    assert len(values[1]) == 80
    assert values[2] == "\\x1b[31mred"


def test_where_the_errors_file_cannot_be_written_the_first_bad_rows_are_told(
    db: Database, tmp_path: Path
) -> None:
    path = write_csv(tmp_path, "subscribers", [BAD["subscribers"]] * 5)
    (tmp_path / "subscribers.csv.errors.csv").mkdir()
    report = run(db, "subscribers", path)
    assert (report.bad, report.errors_file) == (5, None)
    assert [(bad.number, bad.column) for bad in report.first_bad] == [
        (2, "email"),
        (3, "email"),
        (4, "email"),
    ]


def test_a_byte_of_another_encoding_is_a_bad_row_and_a_named_encoding_reads_it(
    db: Database, tmp_path: Path
) -> None:
    path = tmp_path / "subscribers.csv"
    path.write_bytes(as_csv("subscribers", [{}, {"name": "Jürgen"}]).encode("cp1252"))
    report = run(db, "subscribers", path)
    assert [(bad.number, bad.column) for bad in report.first_bad] == [(3, "name")]
    assert "--encoding" in report.first_bad[0].reason
    assert run(db, "subscribers", path, encoding="cp1252").bad == 0
    with db.read() as tx:
        reader = readers.by_email(tx, "ada@example.org")
    assert reader is not None
    assert reader.name == "Ada"


@pytest.mark.parametrize("kind", sorted(GOOD))
def test_a_dry_run_counts_alike_and_changes_nothing(
    db: Database, tmp_path: Path, kind: str
) -> None:
    path = write_csv(tmp_path, kind, [*GOOD[kind], {}])
    dry = run(db, kind, path, dry_run=True)
    assert stored(db) == EMPTY
    real = run(db, kind, path)
    assert (dry.read, dry.added, dry.duplicates, dry.set_aside, dry.items_made) == (
        *(real.read, real.added, real.duplicates, real.set_aside, real.items_made),
    )
    again = run(db, kind, path, dry_run=True)
    assert (again.added, again.items_made) == (0, 0)
    assert run(db, kind, write_csv(tmp_path, kind, [BAD[kind]]), dry_run=True).bad == 1


def test_rows_of_roles_that_we_do_not_carry_are_set_aside_by_name(
    db: Database, tmp_path: Path
) -> None:
    rows = [{}, {"role": "Astronaut"}, {"role": "Astronaut", "n": "7"}, {"role": "Diver"}]
    report = run(db, "salary", write_csv(tmp_path, "salary", rows))
    assert (report.read, report.added, report.set_aside, report.bad) == (4, 1, 3, 0)
    assert report.set_aside_roles == (("Astronaut", 2), ("Diver", 1))


def test_a_new_salary_period_makes_a_draft_in_the_week_that_was_named(
    db: Database, tmp_path: Path
) -> None:
    first = run(db, "salary", write_csv(tmp_path, "salary", [{"year": "2024"}]))
    assert first.items_made == 0
    report = run(db, "salary", write_csv(tmp_path, "salary", [{}]), week=Week.parse("2026-W40"))
    assert report.items_made == 1
    with db.read() as tx:
        (item,) = items.get(tx, report.item_ids).values()
    assert (item.state, item.week) == (ItemState.DRAFT, "2026-W40")
    assert item.news.kind is Kind.SALARY_NEWS
    assert item.news.pay[0].before is not None


def test_a_changed_metric_makes_a_draft_role_update(db: Database, tmp_path: Path) -> None:
    run(db, "role-updates", write_csv(tmp_path, "role-updates", [{}]))
    changed = write_csv(tmp_path, "role-updates", [{"value": "0.6", "year": "2026"}])
    report = run(db, "role-updates", changed)
    with db.read() as tx:
        (item,) = items.get(tx, report.item_ids).values()
    assert "from 0.53 to 0.6" in item.news.headline
    assert item.state is ItemState.DRAFT


def test_role_updates_as_json_lines_are_queued(db: Database, tmp_path: Path) -> None:
    path = tmp_path / "updates.jsonl"
    line = (
        '{"role": "%s", "headline": "H", "summary": "S", "date": "2026-08-20",'
        ' "source_name": "N", "source_url": "https://a.example/"%s}'
    )
    lines = [line % ("Baker", ""), "", line % ("Cook", ', "week": "2026-W36"')]
    path.write_text("\ufeff" + "\r\n".join([*lines, line % ("Diver", "")]), encoding="utf-8")
    report = run(db, "role-updates", path)
    assert (report.read, report.added, report.set_aside) == (3, 2, 1)
    assert run(db, "role-updates", path, dry_run=True).added == 0
    assert run(db, "role-updates", path).duplicates == 2
    with db.read() as tx:
        assert [item.week for item in items.listing(tx)] == ["2026-W36", "2026-W34"]
    path.write_text(lines[0] + '\n{"role": \n')
    bad = run(db, "role-updates", path)
    assert (bad.bad, bad.first_bad[0].line) == (1, 2)
    path.write_text('{"=cmd()": 1}\n')
    errors = run(db, "role-updates", path).errors_file
    assert errors is not None
    with errors.open(encoding="utf-8", newline="") as file:
        assert "'=cmd()" in {row["column"] for row in csv.DictReader(file)}


def test_json_lines_of_megabytes_are_refused_in_one_line(db: Database, tmp_path: Path) -> None:
    path = tmp_path / "updates.jsonl"
    path.write_text('{"role": "' + "x" * LINE_LENGTH)
    with pytest.raises(WrongFile, match="one object per line"):
        run(db, "role-updates", path)
    assert stored(db) == EMPTY


def test_subscribers_are_confirmed_with_their_consent(db: Database, tmp_path: Path) -> None:
    run(db, "subscribers", write_csv(tmp_path, "subscribers", GOOD["subscribers"]))
    with db.read() as tx:
        reader = readers.by_email(tx, "ada@example.org")
    assert reader is not None
    assert reader.confirmed_at == NOW
    assert reader.preferences.specializations == ("baker", "rye")


def test_a_mailbox_that_is_known_is_counted_and_stays_as_it_is(
    db: Database, tmp_path: Path
) -> None:
    run(db, "subscribers", write_csv(tmp_path, "subscribers", [{}]))
    rows = [{"email": "ADA@example.org", "name": "Other"}, {"email": "bob@example.org"}]
    report = run(db, "subscribers", write_csv(tmp_path, "subscribers", rows))
    assert (report.added, report.duplicates) == (1, 1)
    with db.read() as tx:
        reader = readers.by_email(tx, "ada@example.org")
    assert reader is not None
    assert reader.name == "Ada"


@pytest.mark.parametrize("consent", [None, "", "  ", "x" * 301, "form\0"])
def test_subscribers_without_a_consent_source_are_refused(
    db: Database, tmp_path: Path, consent: str | None
) -> None:
    path = write_csv(tmp_path, "subscribers", [{}])
    with pytest.raises(Misconfigured, match="--consent-source"):
        run(db, "subscribers", path, consent_source=consent)
    assert stored(db) == EMPTY


def test_suppressed_addresses_are_skipped_and_counted(db: Database, tmp_path: Path) -> None:
    with db.write() as tx:
        readers.suppress(tx, "hash of bob@example.org", "asked", NOW)
    path = write_csv(tmp_path, "subscribers", GOOD["subscribers"])
    report = run(
        db, "subscribers", path, email_hashes=lambda key: ["an older one", f"hash of {key}"]
    )
    assert (report.added, report.suppressed) == (2, 1)


def test_a_wrong_header_leaves_no_trace(db: Database, tmp_path: Path) -> None:
    path = tmp_path / "tools.csv"
    path.write_text("tool,version\nOven,2\n")
    with pytest.raises(WrongFile, match="released_on"):
        run(db, "tool-changes", path)
    assert stored(db) == EMPTY


def test_progress_is_told_in_bytes_up_to_the_whole(db: Database, tmp_path: Path) -> None:
    told: list[tuple[int, int | None]] = []
    rows = [{"email": f"r{number}@example.org"} for number in range(1_000)]
    path = write_csv(tmp_path, "subscribers", rows)
    run(db, "subscribers", path, progress=lambda done, total: told.append((done, total)))
    size = path.stat().st_size
    assert told[-1] == (size, size)
    assert [done for done, _ in told] == sorted(done for done, _ in told)
    assert len(told) > 1


def test_the_lock_is_held_in_small_pieces_whatever_the_machine(
    db: Database, tmp_path: Path
) -> None:
    """A stopwatch that runs 1 ms for each call it is asked makes every batch look slow or fast."""
    rows = [{"email": f"r{number}@example.org"} for number in range(1_200)]
    path = write_csv(tmp_path, "subscribers", rows)

    def pauses(seconds_a_batch: float) -> int:
        moment, paused = [0.0], [0]

        def stopwatch() -> float:
            moment[0] += seconds_a_batch
            return moment[0]

        def sleep(_seconds: float) -> None:
            paused[0] += 1

        run(db, "subscribers", path, stopwatch=stopwatch, sleep=sleep)
        return paused[0]

    assert pauses(1.0) > 50
    assert pauses(0.001) < 8


def test_two_imports_at_once_are_refused(db: Database, tmp_path: Path) -> None:
    path = write_csv(tmp_path, "subscribers", GOOD["subscribers"])
    refused: list[str] = []

    def start_another(_done: int, _total: int | None) -> None:
        with pytest.raises(Conflict, match="Another import is running") as problem:
            run(db, "subscribers", path)
        refused.append(str(problem.value))

    assert run(db, "subscribers", path, progress=start_another).added == 3
    assert refused


def test_a_week_that_is_frozen_meanwhile_stops_the_import(db: Database, tmp_path: Path) -> None:
    path = write_csv(tmp_path, "tool-changes", GOOD["tool-changes"])

    def freeze(_done: int, _total: int | None) -> None:
        with db.write() as tx:
            if issues.last_regular_week(tx) is None:
                issues.create(
                    tx,
                    week="2026-W34",
                    kind=IssueKind.REGULAR,
                    n=1,
                    began=NOW,
                    opened_by_tick=False,
                    now=NOW,
                )

    with pytest.raises(Conflict, match="run the import again"):
        run(db, "tool-changes", path, progress=freeze)
    assert stored(db) == EMPTY
    assert run(db, "tool-changes", path).added == 3


def test_an_import_that_is_interrupted_takes_back_what_it_staged(
    db: Database, tmp_path: Path
) -> None:
    def interrupt(_seconds: float) -> None:
        raise KeyboardInterrupt

    path = write_csv(tmp_path, "subscribers", GOOD["subscribers"])
    calls = iter([interrupt])

    def sleep(seconds: float) -> None:
        next(calls, lambda _seconds: None)(seconds)

    with pytest.raises(KeyboardInterrupt):
        run(db, "subscribers", path, sleep=sleep)
    assert stored(db) == EMPTY


KILLED = """
    import sys
    from pathlib import Path
    from datetime import UTC, datetime
    from briefings.pipeline.importing import ImportKind, import_file
    from briefings.store.database import Database
    from briefings.weeks import Week
    from tests.unit.intake.import_files import catalogue

    def wait(seconds):
        print("staged", flush=True)
        sys.stdin.read()

    import_file(
        Database.open(sys.argv[1]), catalogue(), ImportKind(sys.argv[2]), Path(sys.argv[3]),
        now=datetime(2026, 8, 21, tzinfo=UTC), week=Week.parse("2026-W34"),
        consent_source="form", sleep=wait,
    )
"""


@pytest.mark.parametrize("kind", ["salary", "subscribers", "tool-changes"])
def test_a_killed_import_leaves_nothing_visible_and_the_next_one_is_whole(
    db: Database, tmp_path: Path, kind: str, pytestconfig: pytest.Config
) -> None:
    path = write_csv(tmp_path, kind, GOOD[kind])
    command = [
        sys.executable,
        "-c",
        textwrap.dedent(KILLED),
        f"sqlite:///{db.path}",
        kind,
        str(path),
    ]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=pytestconfig.rootpath
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "staged\n"
        process.send_signal(signal.SIGKILL)
        with closing(process.stdout):
            process.wait()
    assert process.returncode == -signal.SIGKILL
    assert stored(db) == {**EMPTY, "unfinished": 1}
    report = run(db, kind, path)
    expected = run(db, kind, path)
    assert report.added == expected.duplicates > 0
    assert stored(db)["unfinished"] == 0


def test_clearing_says_how_many_imports_it_cleared(db: Database) -> None:
    with db.write() as tx:
        imports.begin(tx, "subscribers", "x.csv", now=NOW)
        imports.begin(tx, "subscribers", "y.csv", now=NOW)
    assert clear_unfinished(db) == 2
    assert clear_unfinished(db) == 0


def test_the_sample_row_is_one_that_the_catalogue_knows() -> None:
    assert catalogue().tool_named(TOOL_CHANGE["tool"]) is not None
