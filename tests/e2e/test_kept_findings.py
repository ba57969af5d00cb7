"""What preflight found is kept, and is never believed once anything that it depends on changed."""

from __future__ import annotations

import random
import shutil
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from briefings.errors import Refused
from briefings.model.edition import Edition, EditionState, Part, Placement
from briefings.model.links import LinkAnswer
from briefings.model.news import Change, ItemState, Kind, News
from briefings.pipeline import editing, on_record
from briefings.pipeline.approve import approve
from briefings.pipeline.examine import Looked, examine
from briefings.pipeline.items import queue_items, withdraw_items
from briefings.pipeline.kept_findings import named
from briefings.pipeline.looking_ahead import look_ahead, look_ahead_at_open
from briefings.pipeline.prepare import load_catalogue, prepare
from briefings.pipeline.recorded import recorded
from briefings.schedule.runs import tick
from briefings.store import catalogue as catalogues
from briefings.store import editions, items, link_checks
from briefings.weeks import Week
from briefings.wiring import build
from tests.e2e.town import ROOT, WEEK, Town, found

SLUG = "mlops-engineer"
BY = "ed@example.org"
BEFORE_CUT_OFF = datetime(2026, 8, 20, 9, tzinfo=UTC)
PHRASES = (
    *(
        "TK who says so",
        "Act now, it is FREE MONEY FOR ALL",
        "The salary is $140,000 now",
        "[[ask]]",
    ),
    *("Terraform 1.15.9 closes a hole", "Quiet week", ""),
)


@pytest.fixture
def desk(town: Town) -> Town:
    """The news of the town as a looked over draft, on the Thursday before; the last week went."""
    town.clock.now = BEFORE_CUT_OFF
    town.news()
    published(town, WEEK.previous(), "1.14")
    prepare(town.app.chain, WEEK, [SLUG])
    assert look_ahead(town.app.chain, WEEK) == 1
    return town


@pytest.fixture(scope="module")
def real(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Town]:
    """The week of the examples, with words and old items that preflight has something to say of."""
    town = found(tmp_path_factory.mktemp("real"))
    town.clock.now = BEFORE_CUT_OFF
    for kind, name in (
        ("tool-changes", "tool_changes.csv"),
        ("salary", "salary_stats.csv"),
        ("role-updates", "role_exposure.csv"),
    ):
        assert not town.imported(kind, ROOT / "examples" / name).bad
    queue_items(town.app.chain, [], week=str(WEEK), every=True)
    prepare(town.app.chain, WEEK)
    yield town
    town.app.db.dispose()


def seen(town: Town, week: Week = WEEK) -> dict[str, Looked]:
    """What a page sees: what is kept where it is true, and the rest anew."""
    return examine(town.app.chain, week)


def anew(town: Town, week: Week = WEEK) -> dict[str, Looked]:
    """The same without anything that was kept."""
    with town.app.db.write() as tx:
        tx.execute("DELETE FROM edition_findings")
    looked = examine(town.app.chain, week)
    assert all(one.to_keep for one in looked.values())
    return looked


def without_keys(looked: dict[str, Looked]) -> dict[str, Looked]:
    return {slug: replace(one, to_keep=None) for slug, one in looked.items()}


def said(looked: Looked) -> list[str]:
    return [one.line() for one in looked.findings]


def test_what_is_kept_of_the_example_week_is_what_is_found_anew(real: Town) -> None:
    chance = random.Random(8)
    told: set[str] = set()
    for _ in range(4):
        slugs = sorted(seen(real))
        for slug in chance.sample(slugs, len(slugs) // 2):
            subject, preheader, intro = chance.choices(PHRASES, k=3)
            editing.word(
                *(real.app.chain, WEEK, slug),
                subject=subject,
                preheader=preheader,
                intro=intro,
                by=BY,
            )
        fresh = without_keys(anew(real))
        assert look_ahead(real.app.chain, WEEK) == len(fresh) >= 5
        kept = seen(real)
        assert not any(one.to_keep for one in kept.values())
        assert kept == fresh
        told |= {finding.check for one in kept.values() for finding in one.findings}
    assert len(told) >= 4, told


def revised(town: Town) -> None:
    with town.app.db.write() as tx:
        (first, *_) = editions.of_week(tx, str(WEEK))[SLUG].placements
        news = items.get(tx, [first.item_id])[first.item_id].news
        items.revise(tx, first.item_id, replace(news, summary="TK"), now=town.clock())
    prepare(town.app.chain, WEEK, [SLUG])


def withdrawn(town: Town) -> None:
    with town.app.db.read() as tx:
        (first, *_) = editions.of_week(tx, str(WEEK))[SLUG].placements
    withdraw_items(town.app.chain, [first.item_id])
    prepare(town.app.chain, WEEK, [SLUG])


def worded(**words: str) -> Callable[[Town], None]:
    def change(town: Town) -> None:
        editing.word(
            *(town.app.chain, WEEK, SLUG),
            **{"subject": "", "preheader": "", "intro": "", **words},
            by=BY,
        )

    return change


def role_renamed(town: Town) -> None:
    with town.app.db.write() as tx:
        known = load_catalogue(tx)
        named_anew = [replace(role, name=f"{role.name} of an old house") for role in known.roles]
        catalogues.save(tx, replace(known, roles=tuple(named_anew)))


def another_address(town: Town) -> None:
    town.app = town.with_settings(postal_address="22 Another and much longer Street").app


def foot_without_a_way_out(town: Town) -> None:
    folder = town.folder / "templates"
    shutil.copytree(ROOT / "templates" / "email", folder)
    for path in folder.rglob("*foot*.j2"):
        path.write_text(path.read_text("utf-8").replace("slots.unsubscribe_url", "slots.view_url"))
    town.app = build(town.settings, clock=town.clock, sleep=lambda _seconds: None, templates=folder)


def link_gone(town: Town) -> None:
    url = "https://example.org/MLflow/3.11"
    with town.app.db.write() as tx:
        link_checks.put(tx, [LinkAnswer(url=url, code=404, trouble="", at=town.clock())])


def published(town: Town, week: Week, version: str) -> None:
    """Let an earlier week have gone, and have told of a version of Terraform."""
    with town.app.db.write() as tx:
        told = News(
            kind=Kind.TOOL_CHANGE,
            headline=f"Terraform {version} is out",
            summary="It is.",
            date=date(2026, 8, 5),
            source_name="notes",
            source_url="https://example.org/terraform",
            tool="terraform",
            version=version,
            change=Change.RELEASE,
        )
        number = items.add(tx, told, week=str(week), state=ItemState.QUEUED, now=town.clock())
        placed = Placement(item_id=number, revision=1, part=Part.WEEK, why_you="", ranked="")
        edition = Edition(
            specialization=SLUG,
            week=str(week),
            placements=(placed,),
            state=EditionState.PUBLISHED,
        )
        editions.put(tx, edition, now=town.clock())


def reported(town: Town) -> None:
    published(town, WEEK.shift(-2), "1.16")


def sent_under(town: Town, subject: str) -> None:
    """Let the mail of the week before have gone under a subject."""
    with town.app.db.write() as tx:
        tx.execute(
            "UPDATE edition SET sent_subject = :subject WHERE week = :week",
            subject=subject,
            week=str(WEEK.previous()),
        )


CHANGES: dict[str, tuple[Callable[[Town], None], str]] = {
    "an item": (revised, "it is not finished"),
    "an item less": (withdrawn, ""),
    "the subject": (worded(subject="Act now"), "'act now'"),
    "the preview line": (worded(preheader="Last chance"), "'last chance'"),
    "the intro": (worded(intro="TK"), "it is not finished"),
    "the name of a role": (role_renamed, ""),
    "the postal address": (another_address, ""),
    "a template": (foot_without_a_way_out, "no link to unsubscribe"),
    "what a link answers": (link_gone, "answers 404"),
    "what was reported": (reported, "readers heard of 1.16 before"),
}


@pytest.mark.parametrize("name", CHANGES)
def test_no_finding_outlives_what_it_depends_on(desk: Town, name: str) -> None:
    change, words = CHANGES[name]
    before = without_keys(seen(desk))[SLUG]
    change(desk)
    after = without_keys(seen(desk))[SLUG]
    assert after == without_keys(anew(desk))[SLUG]
    assert (said(after), after.size) != (said(before), before.size)
    assert words in " ".join(said(after))
    assert not words or words not in " ".join(said(before))


def test_the_clock_and_the_subject_of_the_last_mail_are_looked_at_each_time(desk: Town) -> None:
    (head,) = [one.head for one in seen(desk).values()]
    assert head is not None
    with desk.app.db.write() as tx:
        link_checks.put(
            tx,
            [
                LinkAnswer(
                    url="https://example.org/MLflow/3.11", code=200, trouble="", at=desk.clock()
                )
            ],
        )
    editing.word(desk.app.chain, WEEK, SLUG, subject=head.subject, preheader="", intro="", by=BY)
    look_ahead(desk.app.chain, WEEK)
    quiet = " ".join(said(seen(desk)[SLUG]))
    desk.clock.now += timedelta(days=8)
    assert "what 1 of 1 answered is old" in " ".join(said(seen(desk)[SLUG]))
    assert "it is the one of the last mail" not in quiet
    sent_under(desk, head.subject)
    assert "it is the one of the last mail" in " ".join(said(seen(desk)[SLUG]))


def test_a_link_that_went_stops_an_approval_that_was_looked_over_before(desk: Town) -> None:
    link_gone(desk)
    assert seen(desk)[SLUG].to_keep is None
    with pytest.raises(Refused, match="answers 404"):
        approve(desk.app.chain, WEEK, [SLUG], by=BY)


def test_another_program_believes_nothing_that_this_one_kept(tmp_path: Path) -> None:
    (tmp_path / "part").mkdir()
    (tmp_path / "part" / "rule.py").write_text("OLD_DAYS = 28\n")
    before = named(tmp_path)
    assert named(tmp_path) == before
    (tmp_path / "part" / "rule.py").write_text("OLD_DAYS = 14\n")
    assert named(tmp_path) != before


def test_nothing_is_kept_where_no_mail_can_be_made(town: Town) -> None:
    town.clock.now = BEFORE_CUT_OFF
    town.news()
    poor = town.with_settings(postal_address=None)
    prepare(poor.app.chain, WEEK, [SLUG])
    assert look_ahead(poor.app.chain, WEEK) == 0
    (finding,) = [one for one in seen(poor)[SLUG].findings if one.blocks]
    assert "BRIEFINGS_POSTAL_ADDRESS" in finding.remedy


def test_assembling_on_record_and_every_tick_look_ahead(town: Town) -> None:
    town.clock.now = BEFORE_CUT_OFF
    town.news()
    chain = town.app.chain
    with recorded(chain, by=BY, route="test", act="assemble") as record:
        on_record.assemble(record, WEEK)
    assert not any(one.to_keep for one in seen(town).values())
    role_renamed(town)
    assert any(one.to_keep for one in seen(town).values())
    tick(chain, town.settings, "here")
    assert not any(one.to_keep for one in seen(town).values())
    assert look_ahead_at_open(chain) == ()
