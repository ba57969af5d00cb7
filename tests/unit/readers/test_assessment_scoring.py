"""The score of an assessment: what adds up, what never falls, and what becomes the focus."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from briefings.intake.catalogue import load_catalogue
from briefings.model.assessment import MAX_POINTS, Answer, Assessment, Question, QuestionAbout
from briefings.model.assessment import SkillArea as Area
from briefings.readers.assessment import (
    apportioned,
    first_open,
    focus_of,
    known,
    score,
    weight,
)

REAL = load_catalogue(Path(__file__).parents[3] / "catalogue").assessment("mlops-engineer")
assert REAL is not None
AREAS = tuple(Area(slug=slug, name=slug.title()) for slug in ("heat", "flour", "sales"))


def question(slug: str, about: QuestionAbout, points: tuple[int, ...], **more: object) -> Question:
    offered = tuple(Answer(slug=f"a{n}", text=f"A{n}", points=p) for n, p in enumerate(points))
    return Question(slug=slug, about=about, text=slug, why="So.", answers=offered, **more)


@st.composite
def assessments(draw: st.DrawFn) -> Assessment:
    """Any that `catalogue check` lets through: points of questions with a task never fall."""
    questions: list[Question] = []
    for number in range(draw(st.integers(1, 15))):
        about = draw(st.sampled_from(QuestionAbout))
        points = draw(st.lists(st.integers(0, MAX_POINTS), min_size=2, max_size=5))
        task = ""
        if about is QuestionAbout.TASK and draw(st.booleans()):
            task, points = f"task {number}", sorted(points)
        area = draw(st.sampled_from([None, *(each.slug for each in AREAS)]))
        questions.append(question(f"q{number}", about, tuple(points), task=task, area=area))
    return Assessment(role="baker", intro="Hello.", areas=AREAS, questions=tuple(questions))


@st.composite
def answered(draw: st.DrawFn) -> tuple[Assessment, dict[str, str]]:
    assessment = draw(st.just(REAL) | assessments())
    answers: dict[str, str] = {}
    for each in assessment.questions:
        choice = draw(st.none() | st.sampled_from([a.slug for a in each.answers]))
        if choice is not None:
            answers[each.slug] = choice
    return assessment, answers


@given(answered())
def test_shares_add_up_to_the_exposure_and_stay_within_their_bounds(
    given_: tuple[Assessment, dict[str, str]],
) -> None:
    assessment, answers = given_
    result = score(assessment, answers)
    counted = [q for q in assessment.questions if weight(q) and q.slug in answers]
    assert [share.question for share in result.shares] == counted
    assert sorted([*result.skipped, *counted], key=assessment.questions.index) == [
        q for q in assessment.questions if weight(q)
    ]
    if not counted:
        assert result.exposure is None
        return
    assert result.exposure is not None
    assert 0 <= result.exposure <= 100
    assert sum(share.share for share in result.shares) == result.exposure
    assert sum(share.most for share in result.shares) == 100
    possible = sum(3 * weight(q) for q in counted)
    exact = Fraction(100 * sum(s.weight * (3 - s.answer.points) for s in result.shares), possible)
    assert abs(exact - result.exposure) <= Fraction(1, 2)
    for share in result.shares:
        assert share.share >= 0
        assert (share.share == 0) or share.answer.points < MAX_POINTS


@given(answered(), st.data())
def test_more_time_in_a_task_at_risk_never_lowers_the_exposure(
    given_: tuple[Assessment, dict[str, str]], data: st.DataObject
) -> None:
    assessment, answers = given_
    timed = [q for q in assessment.questions if q.task and q.slug in answers]
    if not timed:
        return
    asked = data.draw(st.sampled_from(timed))
    slugs = [answer.slug for answer in asked.answers]
    more = data.draw(st.sampled_from(slugs[: slugs.index(answers[asked.slug]) + 1]))
    before = score(assessment, answers).exposure
    after = score(assessment, {**answers, asked.slug: more}).exposure
    assert before is not None
    assert after is not None
    assert after >= before


@given(answered())
def test_no_area_is_a_strength_and_a_gap_and_the_focus_is_one_of_the_areas(
    given_: tuple[Assessment, dict[str, str]],
) -> None:
    assessment, answers = given_
    result = score(assessment, answers)
    strong = {standing.area.slug for standing in result.strengths}
    weak = [standing.area for standing in result.gaps]
    assert strong.isdisjoint(area.slug for area in weak)
    levels = [standing.points / standing.possible for standing in result.gaps]
    assert levels == sorted(levels)
    if weak:
        assert result.focus in weak
    else:
        assert result.focus is result.goal
    assert result.focus is None or result.focus in assessment.areas


@given(st.lists(st.integers(0, 30), max_size=15), st.integers(0, 100))
def test_a_whole_is_split_without_a_rest(parts: list[int], whole: int) -> None:
    split = apportioned(parts, whole)
    assert len(split) == len(parts)
    if not sum(parts):
        assert set(split) <= {0}
        return
    assert sum(split) == whole
    for part, got in zip(parts, split, strict=True):
        assert abs(got - Fraction(part * whole, sum(parts))) < 1


BAKER = Assessment(
    role="baker",
    intro="Hello.",
    areas=AREAS,
    questions=(
        question("knead", QuestionAbout.TASK, (0, 1, 3), task="Kneading", area="heat"),
        question("oven", QuestionAbout.SKILL, (0, 3), area="flour"),
        question("shop", QuestionAbout.TOOL, (2, 3), area="sales"),
        Question(
            slug="goal",
            about=QuestionAbout.GOAL,
            text="Goal?",
            why="So.",
            answers=(
                Answer(slug="heat", text="Heat", points=0, area="heat"),
                Answer(slug="sales", text="Sales", points=0, area="sales"),
                Answer(slug="none", text="Nothing", points=0),
            ),
        ),
    ),
)


def test_the_formula_on_figures_that_a_person_can_follow() -> None:
    # knead weighs 2: 2 x 3 of 6; oven 3 of 3; shop 1 of 3. 10 of 12 are 83 of 100.
    result = score(BAKER, {"knead": "a0", "oven": "a0", "shop": "a0"})
    assert result.exposure == 83
    assert [(share.share, share.most) for share in result.shares] == [(50, 50), (25, 25), (8, 25)]
    assert [standing.area.slug for standing in result.strengths] == ["sales"]
    assert [standing.area.slug for standing in result.gaps] == ["heat", "flour"]


@pytest.mark.parametrize(
    ("goal", "focus"), [("heat", "heat"), ("sales", "flour"), ("none", "flour")]
)
def test_gaps_set_the_focus_and_the_goal_decides_between_them(goal: str, focus: str) -> None:
    answers = {"knead": "a1", "oven": "a0", "shop": "a1", "goal": goal}
    found = score(BAKER, answers).focus
    assert found is not None
    assert found.slug == focus


def test_without_gaps_the_goal_is_the_focus_and_without_both_there_is_none() -> None:
    strong = {"knead": "a2", "oven": "a1", "shop": "a1"}
    assert focus_of([], None) is None
    assert score(BAKER, strong).focus is None
    found = score(BAKER, {**strong, "goal": "sales"}).focus
    assert found == AREAS[2]


def test_what_the_assessment_does_not_offer_counts_as_not_answered() -> None:
    odd = {"knead": "a9", "oven": "a1", "gone": "a0"}
    assert known(BAKER, odd) == {"oven": "a1"}
    assert [q.slug for q in score(BAKER, odd).skipped] == ["knead", "shop"]
    assert first_open(BAKER, odd) == 1
    full = {"knead": "a0", "oven": "a0", "shop": "a0", "goal": "none"}
    assert first_open(BAKER, full) == 5
