"""Role updates as JSON lines, and those out of a changed profile."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from briefings.intake.profile_news import profile_changes
from briefings.intake.reading import BadRowError, SetAside
from briefings.intake.role_updates import WrittenUpdate, read_role_update
from briefings.model.catalogue import Catalogue, RiskCategory, Role, TaskAtRisk
from briefings.model.news import Confidence, Kind, News
from tests.unit.intake.import_files import catalogue, complaints

UPDATE: dict[str, object] = {
    "role": "Baker",
    "headline": "Kneading moves to machines",
    "summary": "Most bakeries now knead by machine.",
    "date": "2026-08-20",
    "source_name": "Bread Weekly",
    "source_url": "https://bread.example/kneading",
}


def read(**changes: object) -> WrittenUpdate:
    line = json.dumps({**UPDATE, **changes}, ensure_ascii=False)
    found = read_role_update(3, line, catalogue())
    assert isinstance(found, WrittenUpdate)
    return found


def test_a_line_becomes_news_for_all_specializations_of_its_role() -> None:
    found = read()
    assert found.week is None
    assert found.keyed.news == News(
        kind=Kind.ROLE_UPDATE,
        headline="Kneading moves to machines",
        summary="Most bakeries now knead by machine.",
        date=date(2026, 8, 20),
        source_name="Bread Weekly",
        source_url="https://bread.example/kneading",
        targets=("baker", "rye"),
        role="baker",
    )


def test_the_other_fields_are_optional() -> None:
    found = read(do="Learn it", confidence="Low", tags=["Dough", "dough"], week="2026-w35")
    news = found.keyed.news
    assert (news.do, news.confidence, news.tags) == ("Learn it", Confidence.LOW, ("dough",))
    assert found.week == "2026-W35"
    assert read(do=None, tags="").keyed == read().keyed


def test_targets_alone_or_beside_the_role_say_whom_it_reaches() -> None:
    assert read(role=None, targets=["rye", "cook"]).keyed.news.targets == ("rye", "cook")
    assert read(role="", targets="rye;cook").keyed.news.role is None
    assert read(targets=["rye"]).keyed.news.targets == ("rye",)


def test_an_update_for_a_role_that_we_do_not_carry_is_set_aside() -> None:
    line = json.dumps({**UPDATE, "role": "Astronaut"})
    assert read_role_update(1, line, catalogue()) == SetAside("Astronaut")


@pytest.mark.parametrize(
    ("field", "value"),
    [
        *(("headline", ""), ("headline", 3), ("summary", None), ("date", "soon"), ("role", None)),
        *(("source_url", "x"), ("confidence", "sure"), ("targets", ["ryee"]), ("tags", [1])),
        *(("week", "2026-W60"), ("week", "next"), ("haedline", "x"), ("targets", {"a": 1})),
    ],
)
def test_a_wrong_field_is_told_by_name(field: str, value: object) -> None:
    line = json.dumps({**UPDATE, field: value})
    assert list(complaints(lambda: read_role_update(1, line, catalogue()))) == [field]


def test_an_unknown_field_names_the_closest() -> None:
    line = json.dumps({**UPDATE, "source": "x"})
    found = complaints(lambda: read_role_update(1, line, catalogue()))
    assert "did you mean source_" in found["source"]


@pytest.mark.parametrize("line", ["{", "[]", "3", "null", '{"role": "Baker"', "[" * 100_000])
def test_a_line_that_is_no_object_is_bad(line: str) -> None:
    assert "JSON object" in complaints(lambda: read_role_update(1, line, catalogue()))[""]


@given(st.text())
def test_no_line_crashes_the_reader(line: str) -> None:
    with pytest.raises(BadRowError):
        read_role_update(1, line, catalogue())


def test_the_key_is_what_it_is_about_headline_date_and_source() -> None:
    assert read().keyed.key == read(summary="x", do="y", role="baker").keyed.key
    others = [
        read(headline="x"),
        read(date="2026-08-21"),
        read(source_url="https://a.example/"),
        read(role="Cook"),
    ]
    assert len({found.keyed.key for found in [read(), *others]}) == 5


TODAY = date(2026, 8, 20)


def _with(role: Role) -> Catalogue:
    return replace(
        catalogue(), roles=tuple(role if r.slug == role.slug else r for r in catalogue().roles)
    )


BAKER = Role(
    slug="baker",
    name="Baker",
    industry="food",
    risk_level=3,
    risk_category=RiskCategory.LOW,
    tasks_at_risk=(TaskAtRisk(task="Kneading", first_year=2025, last_year=2027, why="machines"),),
    tasks_safe=("Tasting",),
    tools=("Oven",),
)


def told(**changes: object) -> News:
    (found,) = profile_changes(
        _with(BAKER),
        _with(replace(BAKER, **changes)),  # type: ignore[arg-type]
        today=TODAY,
    )
    return found


def test_a_first_load_and_an_equal_one_bring_nothing() -> None:
    assert profile_changes(Catalogue(), _with(BAKER), today=TODAY) == []
    assert profile_changes(_with(BAKER), _with(BAKER), today=TODAY) == []
    assert profile_changes(_with(BAKER), Catalogue(), today=TODAY) == []


def test_a_changed_risk_level_is_an_update_for_the_whole_role() -> None:
    found = told(risk_level=5, risk_category=RiskCategory.MEDIUM)
    assert found.kind is Kind.ROLE_UPDATE
    assert found.headline == "Baker: risk level 5 of 10, 3 before, and 1 more"
    assert "The risk level of Baker is now 5 of 10, 3 before." in found.summary
    assert "Its risk category is now medium, low before." in found.summary
    assert (found.targets, found.role, found.date) == (("baker", "rye"), "baker", TODAY)
    assert found.source_name


def test_tasks_that_came_went_or_moved_are_told() -> None:
    mixing = TaskAtRisk(task="Mixing", first_year=2026, last_year=2028, why="machines")
    assert told(tasks_at_risk=(*BAKER.tasks_at_risk, mixing)).headline == (
        "Baker: new task at risk: Mixing"
    )
    assert told(tasks_at_risk=()).headline == "Baker: task at risk no longer listed: Kneading"
    moved = replace(BAKER.tasks_at_risk[0], last_year=2030)
    assert told(tasks_at_risk=(moved,)).summary == (
        "Kneading: now at risk from 2025 to 2030, from 2025 to 2027 before."
    )


def test_several_names_are_listed_and_many_cut_short() -> None:
    found = told(tasks_safe=("Tasting", "a", "b", "c", "d"))
    assert found.summary == "New safe tasks: a; b; c; and 1 more."
    assert told(tools=("Mill",)).summary == "New tool: Mill. Tool no longer listed: Oven."


def test_what_was_not_known_before_is_no_change() -> None:
    found = replace(
        BAKER, certifications=("Master",), overview="Bakes.", adaptation=("Learn",), source="x"
    )
    assert profile_changes(_with(BAKER), _with(found), today=TODAY) == []
    bare = Role(slug="baker", name="Baker", industry="food")
    assert profile_changes(_with(bare), _with(BAKER), today=TODAY) == []
