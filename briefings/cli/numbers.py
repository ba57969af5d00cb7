"""The command that shows what was read and answered."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import typer

from briefings.cli.shared import AsJson, IssueOption, open_app

if TYPE_CHECKING:
    from briefings.pipeline.numbers import IssueNumbers

FEW = "-"
"""Where a number is of too few readers to be shown."""


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(numbers)


def numbers(issue: IssueOption, as_json: AsJson = False) -> None:
    """Show what was read and answered, by item, kind and mail; nothing of fewer than ten."""
    from briefings.pipeline.numbers import numbers as count

    found = count(open_app().chain, issue)
    if as_json:
        print(json.dumps(_plain(found), ensure_ascii=False, indent=1))
        return
    print(
        f"{found.issue}: {found.accepted:,} had it; worth it {_shown(found.worth)}, "
        f"not {_shown(found.not_worth)}, left by its link {_shown(found.left)}"
    )
    for part in found.sections:
        print(f"{part.kind}: {_counts(part.readings, part.pressed, part.more, part.less)}")
    for one in found.items:
        print(
            f"  {one.item.id} {one.item.news.headline}: "
            f"{_counts(one.readers, one.pressed, one.more, one.less)}"
        )


def _counts(readers: int, pressed: int | None, more: int | None, less: int | None) -> str:
    return (
        f"{readers:,} had it, pressed {_shown(pressed)}, more {_shown(more)}, less {_shown(less)}"
    )


def _shown(number: int | None) -> str:
    return FEW if number is None else f"{number:,}"


def _plain(found: IssueNumbers) -> dict[str, object]:
    return {
        "issue": found.issue,
        "accepted": found.accepted,
        "worth": found.worth,
        "not_worth": found.not_worth,
        "left": found.left,
        "sections": [
            {
                "kind": part.kind.value,
                "items": part.items,
                "readings": part.readings,
                "pressed": part.pressed,
                "more": part.more,
                "less": part.less,
            }
            for part in found.sections
        ],
        "items": [
            {
                "item": one.item.id,
                "headline": one.item.news.headline,
                "readers": one.readers,
                "pressed": one.pressed,
                "more": one.more,
                "less": one.less,
            }
            for one in found.items
        ],
    }
