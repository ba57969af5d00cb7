"""Draft role updates out of the difference of two catalogues; pure, and it judges no change."""

from __future__ import annotations

from typing import TYPE_CHECKING

from briefings.model.news import Kind, News

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date

    from briefings.model.catalogue import Catalogue, Role, TaskAtRisk

SOURCE = "Role profile in the catalogue"
_LISTED = 3


def profile_changes(before: Catalogue, after: Catalogue, *, today: date) -> list[News]:
    """Draft one update for each role whose profile changed; `today` becomes the date of the items.

    A role that is new brings nothing, as a first profile is no change; so the first load of a
    catalogue brings nothing at all. Roles that are gone bring nothing either. What was not known
    before (an empty field) is no change. The drafts have no source address: an editor adds one.
    """
    earlier = {role.slug: role for role in before.roles}
    found: list[News] = []
    for role in after.roles:
        old = earlier.get(role.slug)
        if old is None or old == role:
            continue
        told = _told(old, role)
        if told:
            found.append(_draft(role, told, after, today))
    return found


def _draft(role: Role, told: Sequence[tuple[str, str]], after: Catalogue, today: date) -> News:
    headlines = [headline for headline, _ in told]
    sentences = [sentence for _, sentence in told]
    more = f", and {len(told) - 1} more" if len(told) > 1 else ""
    return News(
        kind=Kind.ROLE_UPDATE,
        headline=f"{role.name}: {headlines[0]}{more}",
        summary=" ".join(sentences),
        date=today,
        source_name=role.source or SOURCE,
        source_url="",
        targets=tuple(each.slug for each in after.specializations_of(role.slug)),
        tags=("role-profile",),
        role=role.slug,
    )


def _told(old: Role, new: Role) -> list[tuple[str, str]]:
    """Give a headline and a sentence for each thing that changed, the weightiest first."""
    return [
        *_risk(old, new),
        *_tasks(old, new),
        *_names("safe task", old.tasks_safe, new.tasks_safe),
        *_names("tool", old.tools, new.tools),
        *_names("certification", old.certifications, new.certifications),
    ]


def _risk(old: Role, new: Role) -> list[tuple[str, str]]:
    told: list[tuple[str, str]] = []
    if None not in (old.risk_level, new.risk_level) and old.risk_level != new.risk_level:
        told.append(
            (
                f"risk level {new.risk_level} of 10, {old.risk_level} before",
                (
                    f"The risk level of {new.name} is now {new.risk_level} of 10, "
                    f"{old.risk_level} before."
                ),
            )
        )
    one, two = old.risk_category, new.risk_category
    if one is not None and two is not None and one is not two:
        told.append(
            (f"risk is now {two}, {one} before", f"Its risk category is now {two}, {one} before.")
        )
    return told


def _tasks(old: Role, new: Role) -> list[tuple[str, str]]:
    if not old.tasks_at_risk:
        return []
    before = {task.task: task for task in old.tasks_at_risk}
    after = {task.task: task for task in new.tasks_at_risk}
    told = _names("task at risk", tuple(before), tuple(after))
    for name, task in after.items():
        was = before.get(name)
        if was is not None and _years(was) != _years(task):
            told.append(
                (
                    f"{name} now at risk {_years(task)}",
                    f"{name}: now at risk {_years(task)}, {_years(was)} before.",
                )
            )
    return told


def _years(task: TaskAtRisk) -> str:
    return f"from {task.first_year} to {task.last_year}"


def _names(what: str, before: Sequence[str], after: Sequence[str]) -> list[tuple[str, str]]:
    """Tell what came and went in a list; filling a list that was not known is no change."""
    if not before:
        return []
    told: list[tuple[str, str]] = []
    for word, names in (
        ("new", [name for name in after if name not in before]),
        ("no longer listed", [name for name in before if name not in after]),
    ):
        if names:
            several = "" if len(names) == 1 else "s"
            plural = what.replace("task", f"task{several}", 1) if "task" in what else what + several
            shown = "; ".join(names[:_LISTED])
            more = f"; and {len(names) - _LISTED} more" if len(names) > _LISTED else ""
            lead = f"New {plural}" if word == "new" else f"{plural.capitalize()} no longer listed"
            headline = f"{word} {what}" if word == "new" else f"{what} {word}"
            told.append((f"{headline}: {names[0]}", f"{lead}: {shown}{more}."))
    return told
