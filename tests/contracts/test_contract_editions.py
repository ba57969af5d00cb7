"""Editions, catalogue, blocks, issues and processes: unique keys and conditional updates decide."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from briefings.errors import Conflict, NotFound
from briefings.model.catalogue import (
    Billing,
    Catalogue,
    Fact,
    Industry,
    Product,
    RiskCategory,
    Role,
    Salary,
    Specialization,
    TaskAtRisk,
    Tier,
    Tool,
)
from briefings.model.delivery import IssueKind, IssueState
from briefings.model.edition import Block, Edition, EditionState, Part, Placement
from briefings.model.money import Money
from briefings.model.news import ItemState, Kind, News
from briefings.store import (
    blocks,
    catalogue,
    editions,
    findings,
    issues,
    items,
    processes,
    publishing,
)
from briefings.store.database import Database

NOW = datetime(2026, 8, 24, 6, tzinfo=UTC)
WEEK = "2026-W34"
SLUG = "mlops-engineer"


def place(item_id: int, revision: int = 1) -> Placement:
    return Placement(
        item_id=item_id, revision=revision, part=Part.WEEK, why_you="because", ranked="breaking"
    )


EDITION = Edition(
    specialization=SLUG, week=WEEK, placements=(place(3), place(1)), subject="S", intro="I"
)


def put(database: Database, edition: Edition) -> int:
    with database.write() as tx:
        return editions.put(tx, edition, now=NOW)


def stored(database: Database) -> Edition:
    with database.read() as tx:
        found = editions.get(tx, WEEK, SLUG)
    assert found is not None
    return found


def approve(database: Database, content_hash: str) -> bool:
    with database.write() as tx:
        return editions.approve(
            tx, WEEK, SLUG, content_hash=content_hash, count=7, by="ed", now=NOW
        )


def test_an_edition_is_one_row_that_counts_its_revisions(database: Database) -> None:
    first = put(database, EDITION)
    assert stored(database) == EDITION
    assert put(database, EDITION) == first
    assert stored(database).revision == 1
    assert put(database, replace(EDITION, placements=(place(1),))) == first
    assert stored(database) == replace(EDITION, placements=(place(1),), revision=2)
    put(database, replace(EDITION, specialization="devops-engineer"))
    with database.read() as tx:
        assert list(editions.of_week(tx, WEEK)) == ["devops-engineer", SLUG]
        assert editions.of_week(tx, "2026-W01") == {}
        assert editions.get(tx, WEEK, "other") is None
        assert editions.weeks(tx) == [WEEK]


def test_approval_holds_for_the_content_that_was_seen(database: Database) -> None:
    put(database, EDITION)
    with database.read() as tx:
        seen = editions.content_hash_of(tx, WEEK, SLUG)
        assert editions.content_hash_of(tx, WEEK, "other") is None
    assert seen is not None
    put(database, replace(EDITION, subject="changed meanwhile"))
    assert not approve(database, seen)
    put(database, EDITION)
    assert approve(database, seen)
    assert not approve(database, seen)
    assert stored(database).state is EditionState.APPROVED
    with database.write() as tx:
        (approval,) = editions.approvals(tx, WEEK).values()
        assert (approval.content_hash, approval.count, approval.by, approval.at) == (
            seen,
            7,
            "ed",
            NOW,
        )
        assert editions.unapprove(tx, WEEK, SLUG, now=NOW)
        assert not editions.unapprove(tx, WEEK, SLUG, now=NOW)
        assert editions.approvals(tx, WEEK) == {}


@pytest.mark.parametrize("state", [EditionState.APPROVED, EditionState.PUBLISHED])
def test_what_is_approved_never_changes_silently(database: Database, state: EditionState) -> None:
    first = put(database, EDITION)
    with database.write() as tx:
        assert editions.set_state(tx, WEEK, SLUG, (EditionState.DRAFT,), state)
        assert not editions.set_state(tx, WEEK, SLUG, (EditionState.DRAFT,), state)
    assert put(database, EDITION) == first
    with pytest.raises(Conflict, match=f"{SLUG} {WEEK} is {state}"):
        put(database, replace(EDITION, placements=(place(1, 2), place(3))))
    assert stored(database).placements == EDITION.placements


def test_a_held_edition_takes_new_content_and_stays_held(database: Database) -> None:
    put(database, EDITION)
    with database.write() as tx:
        editions.set_state(tx, WEEK, SLUG, (EditionState.DRAFT,), EditionState.HELD, "not approved")
    put(database, replace(EDITION, subject="new"))
    found = stored(database)
    assert (found.state, found.reason, found.subject) == (EditionState.HELD, "not approved", "new")
    with database.read() as tx:
        seen = editions.content_hash_of(tx, WEEK, SLUG)
    assert seen is not None
    assert approve(database, seen)
    assert stored(database).reason is None


def test_a_skipped_edition_comes_back_with_the_next_assembly(database: Database) -> None:
    put(database, replace(EDITION, placements=(), state=EditionState.SKIPPED, reason="no items"))
    assert stored(database).reason == "no items"
    put(database, EDITION)
    assert (stored(database).state, stored(database).reason) == (EditionState.DRAFT, None)


def test_only_published_editions_count_as_carried(database: Database) -> None:
    for week, carried, publish in (
        ("2026-W32", (1, 2), True),
        ("2026-W33", (2, 3), True),
        ("2026-W34", (4,), False),
        ("2026-W35", (5,), True),
    ):
        put(
            database,
            replace(EDITION, week=week, subject=week, placements=tuple(place(i) for i in carried)),
        )
        if publish:
            with database.write() as tx:
                editions.set_state(tx, week, SLUG, (EditionState.DRAFT,), EditionState.PUBLISHED)
    with database.read() as tx:
        assert editions.carried(tx, SLUG, "2026-W35") == {1, 2, 3}
        assert editions.carried(tx, "other", "2026-W35") == set()
        assert editions.last_subjects(tx, [SLUG], "2026-W35")[SLUG] == "2026-W33"
        assert editions.last_subjects(tx, [SLUG], "2026-W32")[SLUG] is None


ROLE = Role(
    slug=SLUG,
    name="MLOps Engineer",
    industry="software",
    risk_level=4,
    risk_category=RiskCategory.MEDIUM,
    tasks_at_risk=(TaskAtRisk(task="t", first_year=2026, last_year=2028, why="w"),),
    salary=Salary(growth_low=3, senior_low=Money.of(150_000, "USD")),
)
CATALOGUE = Catalogue(
    industries=(Industry(slug="software", name="Software"),),
    roles=(ROLE,),
    specializations=(
        Specialization(slug=SLUG, role=SLUG, name="MLOps Engineer", general=True),
        Specialization(slug="a-first", role=SLUG, name="A", general=False),
    ),
    tools=(
        Tool(
            slug="mlflow", name="MLflow", project_url="https://m", source_name="notes", area="track"
        ),
    ),
    tiers=(
        Tier(slug="plus", name="Plus", price=Money.of(9, "USD"), billing=Billing.MONTH),
        Tier(slug="free", name="Free"),
    ),
    context=(Fact(fact="f", source="s"),),
    product=Product(pricing="p"),
)


def test_the_catalogue_comes_back_in_its_order(database: Database) -> None:
    with database.write() as tx:
        assert catalogue.is_empty(tx)
        assert catalogue.load(tx) == Catalogue()
        report = catalogue.save(tx, CATALOGUE)
        assert catalogue.load(tx) == CATALOGUE
        assert not catalogue.is_empty(tx)
    assert len(report.added) == 9
    assert f"role {SLUG}" in report.added


def test_loading_the_catalogue_again_changes_nothing_but_what_changed(database: Database) -> None:
    other = replace(CATALOGUE, roles=(replace(ROLE, risk_level=5),), tiers=CATALOGUE.tiers[1:])
    with database.write() as tx:
        catalogue.save(tx, CATALOGUE)
        again = catalogue.save(tx, CATALOGUE)
        assert (again.added, again.changed, again.gone) == ((), (), ())
        report = catalogue.save(tx, other)
        assert (report.added, report.changed, report.gone) == (
            (),
            (f"role {SLUG}",),
            ("tier plus",),
        )
        assert catalogue.load(tx) == other


def test_a_week_has_one_regular_issue(database: Database) -> None:
    def create(kind: IssueKind, n: int, week: str = WEEK) -> str:
        with database.write() as tx:
            return issues.create(
                tx, week=week, kind=kind, n=n, began=NOW, opened_by_tick=True, now=NOW
            ).name

    assert create(IssueKind.REGULAR, 1) == "2026-W34-regular"
    for n in (1, 2):
        with pytest.raises(Conflict, match=r"2026-W34-regular(-2)? exists already"):
            create(IssueKind.REGULAR, n)
    assert create(IssueKind.LATE, 1) == "2026-W34-late"
    assert create(IssueKind.LATE, 2) == "2026-W34-late-2"
    assert create(IssueKind.REGULAR, 1, "2026-W33") == "2026-W33-regular"
    with database.read() as tx:
        assert issues.last_regular_week(tx) == WEEK
        assert [i.name for i in issues.find(tx, WEEK, IssueKind.LATE)] == [
            "2026-W34-late",
            "2026-W34-late-2",
        ]
        assert len(issues.find(tx)) == 4
        late = issues.by_name(tx, "2026-W34-late-2")
        assert issues.get(tx, late.id) == late
        assert issues.get(tx, 99) is None
        assert (late.state, late.began, late.audience, late.opened_by_tick) == (
            IssueState.FREEZING,
            NOW,
            0,
            True,
        )
        with pytest.raises(NotFound, match="no issue '2026-W01-regular': the newest are 2026-W33"):
            issues.by_name(tx, "2026-W01-regular")


def test_without_issues_no_week_is_frozen(database: Database) -> None:
    with database.read() as tx:
        assert issues.last_regular_week(tx) is None
        with pytest.raises(NotFound, match="none so far"):
            issues.by_name(tx, "x")


def test_an_issue_opens_once_and_only_when_its_rows_are_all_there(database: Database) -> None:
    with database.write() as tx:
        issue = issues.create(
            tx, week=WEEK, kind=IssueKind.REGULAR, n=1, began=NOW, opened_by_tick=False, now=NOW
        )
        assert not issues.open(tx, issue.id, 1)
        assert issues.open(tx, issue.id, 0)
        assert not issues.open(tx, issue.id, 0)
        assert issues.set_state(tx, issue.id, (IssueState.OPEN,), IssueState.PAUSED, "5 x 550")
        found = issues.get(tx, issue.id)
    assert found is not None
    assert (found.state, found.reason) == (IssueState.PAUSED, "5 x 550")


def test_blocks_and_briefings_are_stored_once(database: Database) -> None:
    block = Block(key="k", kind="head", html=b"<p>\r\n", text=b"\x00\xff\r\n")
    more = {
        "headers": {"Subject": "Zürich"},
        "block_keys": ("k", "k2", "k"),
        "carried": (3, 1),
        "left_over": (9,),
        "editions": (SLUG,),
        "specializations": (SLUG, "b"),
    }
    with database.write() as tx:
        assert blocks.put(tx, [block]) == 1
        assert blocks.put(tx, [block, replace(block, key="k2")]) == 1
        assert blocks.get(tx, ["k", "nope"]) == {"k": block}
        issue = issues.create(
            tx, week=WEEK, kind=IssueKind.REGULAR, n=1, began=NOW, opened_by_tick=False, now=NOW
        )
        first = blocks.put_briefing(tx, issue.id, signature="s", **more)  # type: ignore[arg-type]
        assert blocks.put_briefing(tx, issue.id, signature="s", **more) == first  # type: ignore[arg-type]
        other = blocks.put_briefing(tx, issue.id, signature="t", **more)  # type: ignore[arg-type]
        found = blocks.briefing(tx, first)
        assert [one.id for one in blocks.briefings(tx, issue.id)] == [first, other]
        assert [one.id for one in blocks.briefings(tx, issue.id, after_id=first)] == [other]
        assert blocks.carried_in(tx, issue.id) == [1, 3]
        with pytest.raises(NotFound, match="no briefing 99"):
            blocks.briefing(tx, 99)
    assert {name: getattr(found, name) for name in more} == more
    assert (found.issue_id, found.signature) == (issue.id, "s")


def test_fences_grow_even_after_processes_are_cleared_away(database: Database) -> None:
    with database.write() as tx:
        first = processes.register(tx, host="h", boot_id="b", log_path="/l", now=NOW)
        assert processes.all(tx) == [first]
        assert processes.beat(tx, first.id, NOW + timedelta(minutes=1))
        assert processes.all(tx) == [replace(first, beat_at=NOW + timedelta(minutes=1))]
        processes.gone(tx, first.id)
        assert not processes.beat(tx, first.id, NOW)
        assert processes.all(tx) == []
        assert (
            processes.register(tx, host="h", boot_id="b", log_path="/l", now=NOW).fence
            > first.fence
        )


def test_versions_are_told_as_they_were_published(database: Database) -> None:
    news = News(
        kind=Kind.TOOL_CHANGE,
        headline="Terraform 1.2 is out",
        summary="It is.",
        date=NOW.date(),
        source_name="notes",
        source_url="https://example.org/1",
        tool="terraform",
        version="1.2",
    )
    others = [replace(news, version="1.9"), replace(news, tool="mlflow", version="3.0")]
    with database.write() as tx:
        ids = [
            items.add(tx, each, week="2026-W33", state=ItemState.QUEUED, now=NOW)
            for each in (news, *others)
        ]
        items.revise(tx, ids[1], replace(others[0], version="2.0"), now=NOW)
        for week, numbers in (("2026-W33", ids), ("2026-W20", ids), (WEEK, ids[:1])):
            editions.put(
                tx,
                replace(
                    EDITION,
                    week=week,
                    state=EditionState.PUBLISHED,
                    placements=tuple(place(number) for number in numbers),
                ),
                now=NOW,
            )
        told = publishing.versions_told(tx, [SLUG, "nobody"], "2026-W21", WEEK)
        assert {tool: sorted(found) for tool, found in told[SLUG].items()} == {
            "terraform": ["1.2", "1.9"],
            "mlflow": ["3.0"],
        }, "1.9 was published, whatever the item says since"
        assert set(told) == {SLUG}
        assert publishing.versions_told(tx, [SLUG], "2026-W35", "2026-W36") == {}


def test_what_is_kept_of_an_edition_is_found_under_its_key_alone(database: Database) -> None:
    with database.write() as tx:
        for slug in ("a", "b"):
            editions.put(tx, replace(EDITION, specialization=slug), now=NOW)
        findings.keep(tx, WEEK, {"a": ("k1", "{}"), "b": ("k2", "[]"), "nobody": ("k3", "")})
        assert findings.kept(tx, WEEK, {"a": "k1", "b": "k1", "nobody": "k3"}) == {"a": "{}"}
        findings.keep(tx, WEEK, {"b": ("k1", "anew")})
        assert findings.kept(tx, WEEK, {"a": "k1", "b": "k1"}) == {"a": "{}", "b": "anew"}
        assert findings.kept(tx, "2026-W40", {"a": "k1"}) == {}


def test_editions_of_many_are_counted_and_named_without_reading_them(database: Database) -> None:
    published = replace(EDITION, state=EditionState.PUBLISHED, subject="Gone")
    with database.write() as tx:
        for slug, week, edition in (
            ("a", "2026-W33", published),
            ("a", WEEK, EDITION),
            ("b", WEEK, replace(EDITION, state=EditionState.HELD, reason="why", placements=())),
            ("c", WEEK, published),
        ):
            editions.put(tx, replace(edition, specialization=slug, week=week), now=NOW)
        stored = editions.of_week(tx, WEEK)
        filled = editions.fills(tx, "2026-W33", WEEK)
        assert filled[WEEK] == {slug: edition.fill for slug, edition in stored.items()}
        assert (filled[WEEK]["b"].reason, filled[WEEK]["b"].own) == ("why", 0)
        assert set(filled["2026-W33"]) == {"a"}
        assert editions.fills(tx, "2026-W40", "2026-W41") == {}
        tx.execute("UPDATE edition SET held_at = 1 WHERE week = :week", week="2026-W33")
        ends = editions.ends_since(tx, "2026-W33")
        assert ends["2026-W33", "a"].left_behind
        assert (ends[WEEK, "b"].state, ends[WEEK, "b"].reason) == (EditionState.HELD, "why")
        assert not ends[WEEK, "b"].left_behind
        assert set(editions.ends_since(tx, WEEK)) == {(WEEK, slug) for slug in "abc"}
        assert editions.last_subjects(tx, ["a", "b"], WEEK) == {"a": "Gone", "b": None}
        assert editions.last_subjects(tx, [], WEEK) == {}
        assert editions.open_since(tx, "2026-W33") == {WEEK: ["a", "b"]}
        assert editions.open_since(tx, "2026-W40") == {}
        ((number, revision),) = publishing.published(tx, {"a", "b"}, "2026-W30", "2026-W40")["a"]
        assert (number > 0, revision) == (True, 1)
        assert publishing.published(tx, {"a"}, WEEK, "2026-W40") == {}
