"""Put items into one explainable order for a specialization; it never decides who gets them.

The order and its reasons stand in docs/decisions/0006-ranking.md.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from briefings.model.news import CONFIDENCE_ORDER, Change, Kind

if TYPE_CHECKING:
    from collections.abc import Iterable

    from briefings.model.catalogue import Catalogue, Role, Specialization
    from briefings.model.news import Item, News

_CLASSES = (*Change, Kind.ROLE_UPDATE, Kind.SALARY_NEWS)
_CLASS_WORDS: dict[Change | Kind, str] = {
    Kind.ROLE_UPDATE: "role update",
    Kind.SALARY_NEWS: "salary news",
}
_TOOL_WORDS = ("tool of the role", "tool of the plan", "other tool")
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_WORD = re.compile(r"[^\W_]+")
_SHORTEST_PLURAL = 4  # "ops" and "gas" keep their s, "pods" does not

Key = tuple[int, int, int, int, int, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class Profile:
    """What closeness is measured against: slugs of tools, and every word of role and direction."""

    role_tools: frozenset[str]
    plan_tools: frozenset[str]
    words: str


def profile_of(specialization: Specialization, catalogue: Catalogue) -> Profile:
    """Gather what a specialization and its role name: tools, plan tools, words."""
    role = catalogue.role(specialization.role)
    names = (*role.tools, *specialization.skills.ai_tools)
    tools = (catalogue.tool_named(name) for name in names)
    return Profile(
        role_tools=frozenset(tool.slug for tool in tools if tool is not None),
        plan_tools=frozenset(week.tool for week in specialization.plan),
        words="/".join(_padded(text) for text in _said(specialization, role)),
    )


def urgency(news: News) -> Change | Kind:
    """Give the class of an item: its change for tool news, otherwise its kind."""
    if news.kind is Kind.TOOL_CHANGE:
        return news.change or Change.RELEASE
    return news.kind


def key(item: Item, profile: Profile) -> Key:
    """Give the sort key: class, tool, tags, confidence, freshness, id; smaller comes first."""
    news = item.news
    return (
        _CLASSES.index(urgency(news)),
        _tool_distance(news, profile),
        -len(matching_tags(news, profile)),
        CONFIDENCE_ORDER.index(news.confidence),
        -news.date.toordinal(),
        item.id,
    )


def ranked(items: Iterable[Item], profile: Profile) -> list[Item]:
    """Sort items, best first; the answer does not depend on the order in which they came."""
    return sorted(items, key=lambda item: key(item, profile))


def reason(news: News, profile: Profile) -> str:
    """Explain a place to editors: "breaking; tool of the role; tags auth; high; 21 Aug"."""
    place = urgency(news)
    said = [_CLASS_WORDS.get(place, place.value)]
    if news.tool is not None:
        said.append(_TOOL_WORDS[_tool_distance(news, profile)])
    if tags := matching_tags(news, profile):
        said.append(f"tags {', '.join(tags)}")
    said += [news.confidence.value, f"{news.date.day} {_MONTHS[news.date.month - 1]}"]
    return "; ".join(said)


def matching_tags(news: News, profile: Profile) -> tuple[str, ...]:
    """Give the tags whose words stand next to each other somewhere in the profile, sorted."""
    return tuple(tag for tag in sorted(set(news.tags)) if _is_said(tag, profile))


def _is_said(tag: str, profile: Profile) -> bool:
    phrase = _padded(tag)
    return bool(phrase.strip()) and phrase in profile.words


def _tool_distance(news: News, profile: Profile) -> int:
    if news.tool in profile.role_tools:
        return 0
    return 1 if news.tool in profile.plan_tools else 2


def _padded(text: str) -> str:
    """Fold text into words between single spaces, so that a phrase is found as a substring."""
    return f" {' '.join(_singular(word) for word in _WORD.findall(text.casefold()))} "


def _singular(word: str) -> str:
    plural = len(word) >= _SHORTEST_PLURAL and word.endswith("s") and not word.endswith("ss")
    return word[:-1] if plural else word


def _said(specialization: Specialization, role: Role) -> Iterable[str]:
    yield from (role.name, role.overview, *role.also_known_as, *role.tasks_safe, *role.adaptation)
    yield from (each.task for each in role.tasks_at_risk)
    yield from (specialization.name, specialization.overview, specialization.positioning)
    yield from (specialization.horizon_1_2_years, specialization.horizon_3_5_years)
    yield from (*specialization.tasks_automated, *specialization.tasks_augmented)
    yield from (*specialization.opportunities, *specialization.portfolio_evidence)
    yield from (*specialization.skills.technical, *specialization.skills.human)
    yield from (word for cover in specialization.covers for word in (cover.area, cover.words))
    yield from (word for week in specialization.plan for word in (week.headline, week.skill))
