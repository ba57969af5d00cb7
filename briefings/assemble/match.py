"""Say which news reaches which specialization, and why in the reader's words; it never ranks."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from briefings.model.catalogue import Tool

if TYPE_CHECKING:
    from briefings.model.catalogue import Catalogue
    from briefings.model.news import News


class By(StrEnum):
    """The two ways in which news reaches a specialization."""

    TARGET = "named as a target"
    TOOL = "the tool concerns it"


@dataclass(frozen=True, slots=True, kw_only=True)
class Reach:
    """That news reaches a specialization, and by which way; `tool` is the one it is about."""

    by: By
    tool: Tool | None = None


def reaches(news: News, specialization: str, catalogue: Catalogue) -> Reach | None:
    """Say how news reaches a specialization (by slug), or None when it does not.

    Only explicit targets and the tool's `concerns` count; tags never let an item in. A tool that
    has left the catalogue concerns nobody.
    """
    tool = tool_of(news, catalogue)
    if specialization in news.targets:
        return Reach(by=By.TARGET, tool=tool)
    if tool is not None and specialization in tool.concerns:
        return Reach(by=By.TOOL, tool=tool)
    return None


def reached(news: News, catalogue: Catalogue) -> frozenset[str]:
    """Give the slugs of all specializations that `reaches` says yes to, at once."""
    tool = tool_of(news, catalogue)
    wanted = {*news.targets, *(tool.concerns if tool is not None else ())}
    return frozenset(slug for slug in wanted if catalogue.has_specialization(slug))


def tool_of(news: News, catalogue: Catalogue) -> Tool | None:
    """Find the tool that the news is about; None without one, or when it left the catalogue."""
    return catalogue.tool_named(news.tool) if news.tool is not None else None


def targets_of_role(role: str, catalogue: Catalogue) -> tuple[str, ...]:
    """Give the slugs of all specializations of a role (by slug), the general one first.

    Role updates and salary news are stored with these as their targets.
    """
    return tuple(each.slug for each in catalogue.specializations_of(role))


def why_you(news: News, specialization: str, catalogue: Catalogue) -> str:
    """Say in one line, without a score or a tag's name, why a specialization (by slug) gets it.

    "MLOps Engineer covers workflow orchestration.", "MLOps & AI Infrastructure works with MLflow."
    """
    profile = catalogue.specialization(specialization)
    if news.role is not None and news.role == profile.role:
        role = catalogue.role(profile.role)
        if profile.general:
            return f"It is about your role, {role.name}."
        return f"It is about {role.name}, the role of {profile.name}."
    tool, tags = tool_of(news, catalogue), news.tags
    if tool is not None and specialization not in tool.concerns:
        # An editor aimed it here: the map does not say that these readers work with the tool.
        tool, tags = None, (tool.area, *tags)
    return catalogue.why(profile, tool, tags)
