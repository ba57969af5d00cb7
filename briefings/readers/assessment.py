"""Scores an assessment: exposure by answers, strengths, gaps, focus; it keeps nothing.

The formula. An answer's points p (0 to 3) say how much of the work asked about stays with people.
A question weighs w = 2 when it asks for the time in a task at risk, 1 when it asks for anything
else, 0 when it is about goals. Over the answered questions

    exposure = 100 * sum(w * (3 - p)) / sum(w * 3)

rounded half up to a whole number from 0 to 100. An answer's share is its own w * (3 - p) of that
sum, rounded so that the shares add up to the exposure (largest remainder). Because the answers of
a question about a task at risk go from most of the week to least and their points never fall
(`briefings catalogue check`), more time in a task at risk never lowers the exposure. The weights
are our judgement: what fills a week tells more about it than a title or a tool.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from briefings.model.assessment import (
    MAX_POINTS,
    Answer,
    Assessment,
    Question,
    QuestionAbout,
    SkillArea,
)

Answers = Mapping[str, str]
"""Slugs of answers by the slugs of their questions."""

WHOLE = 100
_AT_RISK, _OTHER = 2, 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Share:
    """What one answer adds to the exposure: `share` of at most `most`, both in points of 100."""

    question: Question
    answer: Answer
    weight: int
    share: int
    most: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """How much of the work in one area stays: points reached of points possible."""

    area: SkillArea
    points: int
    possible: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """What an assessment comes to; `exposure` is None when no answer with points was given."""

    exposure: int | None
    shares: tuple[Share, ...]
    skipped: tuple[Question, ...]
    strengths: tuple[Standing, ...]
    gaps: tuple[Standing, ...]
    goal: SkillArea | None
    focus: SkillArea | None


def weight(question: Question) -> int:
    """How often a question counts: twice for time in a task at risk, never for a goal."""
    if question.about is QuestionAbout.GOAL:
        return 0
    return _AT_RISK if question.task else _OTHER


def known(assessment: Assessment, answers: Answers) -> dict[str, str]:
    """Keep the answers that the assessment offers, in its order; others are left out."""
    return {
        question.slug: answers[question.slug]
        for question in assessment.questions
        if _chosen(question, answers) is not None
    }


def first_open(assessment: Assessment, answers: Answers) -> int:
    """The number, from 1, of the first question without an answer; one past the last if none is."""
    for number, question in enumerate(assessment.questions, 1):
        if _chosen(question, answers) is None:
            return number
    return len(assessment.questions) + 1


def score(assessment: Assessment, answers: Answers) -> Result:
    """Work out the result; unknown answers count as not given."""
    given = [(q, a) for q in assessment.questions if (a := _chosen(q, answers)) is not None]
    counted = [(q, a) for q, a in given if weight(q)]
    exposed = [weight(q) * (MAX_POINTS - a.points) for q, a in counted]
    mosts = [weight(q) * MAX_POINTS for q, _ in counted]
    possible = sum(mosts)
    exposure = _rounded(sum(exposed) * WHOLE, possible) if possible else None
    shares = apportioned(exposed, exposure or 0)
    standings = _standings(assessment, counted)
    strengths = sorted(
        (s for s in standings if 3 * s.points >= 2 * s.possible), key=_level, reverse=True
    )
    gaps = sorted((s for s in standings if 2 * s.points <= s.possible), key=_level)
    goal = _goal(assessment, given)
    return Result(
        exposure=exposure,
        shares=tuple(
            Share(question=q, answer=a, weight=weight(q), share=share, most=most)
            for (q, a), share, most in zip(counted, shares, apportioned(mosts, WHOLE), strict=True)
        ),
        skipped=tuple(q for q in assessment.questions if weight(q) and _chosen(q, answers) is None),
        strengths=tuple(strengths),
        gaps=tuple(gaps),
        goal=goal,
        focus=focus_of([gap.area for gap in gaps], goal),
    )


def focus_of(gaps: Sequence[SkillArea], goal: SkillArea | None) -> SkillArea | None:
    """Choose the focus (R10): gaps set it, the goal decides between them or stands in for them."""
    if goal is not None and (not gaps or goal in gaps):
        return goal
    return gaps[0] if gaps else None


def apportioned(parts: Sequence[int], whole: int) -> list[int]:
    """Split a whole number in the proportion of parts so that it adds up (largest remainder).

    No part gets less than its exact share rounded down, or more than it rounded up; all are 0
    when all parts are.
    """
    total = sum(parts)
    if not total:
        return [0] * len(parts)
    exact = [divmod(part * whole, total) for part in parts]
    missing = whole - sum(full for full, _ in exact)
    largest = sorted(range(len(parts)), key=lambda at: (-exact[at][1], at))[:missing]
    return [full + (at in largest) for at, (full, _) in enumerate(exact)]


def _rounded(number: int, by: int) -> int:
    return (2 * number + by) // (2 * by)


def _chosen(question: Question, answers: Answers) -> Answer | None:
    slug = answers.get(question.slug)
    return next((answer for answer in question.answers if answer.slug == slug), None)


def _standings(
    assessment: Assessment, counted: Iterable[tuple[Question, Answer]]
) -> list[Standing]:
    reached: dict[str, list[int]] = {}
    for question, answer in counted:
        if (area := answer.area or question.area) is not None:
            reached.setdefault(area, []).append(answer.points)
    return [
        Standing(area=area, points=sum(points), possible=MAX_POINTS * len(points))
        for area in assessment.areas
        if (points := reached.get(area.slug))
    ]


def _level(standing: Standing) -> float:
    return standing.points / standing.possible


def _goal(assessment: Assessment, given: Iterable[tuple[Question, Answer]]) -> SkillArea | None:
    for question, answer in given:
        if question.about is QuestionAbout.GOAL and answer.area:
            return assessment.area(answer.area)
    return None
