"""When a number about readers may be shown: never of so few that it tells on one of them. Pure."""

from __future__ import annotations

SMALLEST_GROUP = 10
"""Readers of whom a number must at least be; below it there is no number, not a small one."""


def shown(number: int, group: int) -> int | None:
    """Give a number about a group of readers, or None where the group is too small to show it.

    The size of the group itself is no secret: it stands in the report of the issue.
    """
    return number if group >= SMALLEST_GROUP else None
