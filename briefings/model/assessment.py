"""The questions of a career assessment as data; scoring is the business of `briefings.readers`."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

MAX_AREAS = 6  # R10: a reader's focus is one of at most six skill areas
MAX_POINTS = 3


class QuestionAbout(StrEnum):
    """What part of the work a question of the assessment is about."""

    TASK = "task"
    TOOL = "tool"
    SKILL = "skill"
    SENIORITY = "seniority"
    GOAL = "goal"


@dataclass(frozen=True, slots=True, kw_only=True)
class SkillArea:
    """One of at most six areas a reader can focus on; `tools` are slugs, `tags` those of items."""

    slug: str
    name: str
    tools: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """A choice under a question; more points mean more of the work is safe (0 to 3)."""

    slug: str
    text: str
    points: int
    area: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """A question of the assessment, with a hint under it and the reason why it is asked.

    `task` is the task at risk, as the role names it, whose time is asked about; its answers go from
    most of the week to least, so their points never fall.
    """

    slug: str
    about: QuestionAbout
    text: str
    hint: str = ""
    why: str
    area: str | None = None
    task: str = ""
    answers: tuple[Answer, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Assessment:
    """The free career assessment of one role; scoring lives in `briefings.readers`."""

    role: str
    intro: str
    areas: tuple[SkillArea, ...]
    questions: tuple[Question, ...]

    def area(self, slug: str) -> SkillArea | None:
        """Find an area by slug, or None."""
        return next((area for area in self.areas if area.slug == slug), None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Carried:
    """What a sign-up takes along from a result until it is confirmed.

    `answers` are pairs of slugs, empty unless the person said that we may keep them.
    """

    role: str
    focus: str = ""
    starts_plan: bool = False
    answers: tuple[tuple[str, str], ...] = ()
