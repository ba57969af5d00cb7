"""Looking things up in a catalogue, and the words for "why you"."""

from __future__ import annotations

import copy
import pickle

import pytest
from hypothesis import given
from hypothesis import strategies as st

from briefings.errors import NotFound
from briefings.model.assessment import Assessment
from briefings.model.catalogue import (
    Catalogue,
    Cover,
    Industry,
    PlanTask,
    PlanWeek,
    RiskCategory,
    Role,
    Specialization,
    Tool,
    plain_name,
)

STEP = PlanWeek(
    number=3,
    headline="Knead",
    text="Knead well.",
    tasks=(PlanTask(task="Knead", result="Dough"),),
    tool="oven",
    hours=3,
    skill="Kneading",
)
SOURDOUGH = Specialization(
    slug="sourdough",
    role="baker",
    name="Sourdough",
    general=False,
    covers=(Cover(area="heat", words="hot ovens"), Cover(area="fire", words="open fires")),
    plan=(STEP,),
)
GENERAL = Specialization(slug="baker", role="baker", name="Baker", general=True)
OVEN = Tool(
    slug="oven",
    name="Oven",
    aliases=("Stove & Hob",),
    project_url="https://oven.example.org",
    source_name="Oven release notes",
    area="heat",
    concerns=("baker", "sourdough"),
)
MILL = Tool(
    slug="mill",
    name="Mill",
    project_url="https://mill.example.org",
    source_name="Mill release notes",
    area="flour",
)
CATALOGUE = Catalogue(
    industries=(Industry(slug="food", name="Food"),),
    roles=(
        Role(slug="baker", name="Baker", industry="food", also_known_as=("Bread / Roll Maker",)),
        Role(slug="miller", name="Miller", industry="food"),
    ),
    specializations=(SOURDOUGH, GENERAL),
    tools=(OVEN, MILL),
    assessments=(Assessment(role="baker", intro="About you.", areas=(), questions=()),),
)


@pytest.mark.parametrize(
    ("level", "category"),
    [(0, "low"), (3, "low"), (4, "medium"), (6, "medium"), (7, "high"), (10, "high")],
)
def test_a_level_belongs_to_its_category(level: int, category: str) -> None:
    assert RiskCategory.of_level(level) is RiskCategory(category)


@pytest.mark.parametrize("level", [-1, 11])
def test_the_scale_ends(level: int) -> None:
    with pytest.raises(ValueError, match="outside 0 to 10"):
        RiskCategory.of_level(level)


@pytest.mark.parametrize(
    "name",
    ["baker", "Baker", " BAKER ", "bread / roll maker", "Bread\u00a0/  Roll\tMaker", "\uff22aker"],
)
def test_a_role_is_found_by_any_of_its_names(name: str) -> None:
    role = CATALOGUE.role_named(name)
    assert role is not None
    assert role.slug == "baker"


@pytest.mark.parametrize("name", ["oven", "OVEN", "stove &  hob"])
def test_a_tool_is_found_by_any_of_its_names(name: str) -> None:
    assert CATALOGUE.tool_named(name) is OVEN


def test_what_we_do_not_carry_is_none_and_no_error() -> None:
    assert CATALOGUE.role_named("Butcher") is None
    assert CATALOGUE.tool_named("") is None
    assert CATALOGUE.assessment("miller") is None


def test_look_ups_by_slug_give_the_thing() -> None:
    assert CATALOGUE.role("miller").name == "Miller"
    assert CATALOGUE.specialization("sourdough") is SOURDOUGH
    assert CATALOGUE.tool("mill") is MILL
    assert CATALOGUE.industry("food").name == "Food"
    assert CATALOGUE.has_specialization("sourdough")
    assert not CATALOGUE.has_specialization("miller")
    assert CATALOGUE.assessment("baker") is CATALOGUE.assessments[0]


def test_a_wrong_slug_is_answered_with_the_closest() -> None:
    with pytest.raises(
        NotFound, match=r"no specialization 'sourdoh' .* did you mean 'sourdough'\?"
    ):
        CATALOGUE.specialization("sourdoh")
    with pytest.raises(NotFound, match="no role 'x' in the catalogue: the catalogue has 2"):
        CATALOGUE.role("x")


def test_the_general_specialization_comes_first() -> None:
    assert CATALOGUE.specializations_of("baker") == (GENERAL, SOURDOUGH)
    assert CATALOGUE.specializations_of("miller") == ()


def test_a_tool_reaches_the_specializations_that_it_concerns() -> None:
    assert CATALOGUE.specializations_concerned(OVEN) == (GENERAL, SOURDOUGH)
    assert CATALOGUE.specializations_concerned(MILL) == ()


def test_a_plan_week_is_found_by_its_number() -> None:
    assert SOURDOUGH.plan_week(3) is STEP
    assert SOURDOUGH.plan_week(13) is None
    assert GENERAL.plan_week(1) is None


@pytest.mark.parametrize(
    ("specialization", "tool", "tags", "sentence"),
    [
        (SOURDOUGH, OVEN, (), "Sourdough covers hot ovens."),
        (SOURDOUGH, OVEN, ("fire",), "Sourdough covers hot ovens."),
        (SOURDOUGH, MILL, ("fire", "other"), "Sourdough covers open fires."),
        (SOURDOUGH, MILL, ("other",), "Sourdough works with Mill."),
        (SOURDOUGH, None, ("fire",), "Sourdough covers open fires."),
        (SOURDOUGH, None, (), "You follow Sourdough."),
        (GENERAL, OVEN, ("fire",), "Baker covers heat."),
        (GENERAL, None, ("fire",), "You follow Baker."),
    ],
)
def test_why_you_is_a_sentence_without_tag_names(
    specialization: Specialization, tool: Tool | None, tags: tuple[str, ...], sentence: str
) -> None:
    assert CATALOGUE.why(specialization, tool, tags) == sentence


def test_a_catalogue_can_be_copied_and_compared() -> None:
    assert copy.deepcopy(CATALOGUE) == CATALOGUE
    assert pickle.loads(pickle.dumps(CATALOGUE)).role_named("baker") == CATALOGUE.role("baker")
    assert Catalogue() != CATALOGUE


@given(st.text())
def test_a_folded_name_stays_as_it_is(name: str) -> None:
    assert plain_name(f"  {plain_name(name)}\n") == plain_name(name)
