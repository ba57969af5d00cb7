"""Prints what `simulate` finds, as it comes: a million rows pass and none is kept; no command."""

from __future__ import annotations

import json
import sys
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from briefings.cli.shared import plural
from briefings.errors import Misconfigured
from briefings.pipeline.calendar import zulu

if TYPE_CHECKING:
    from briefings.pipeline.simulate import Difference, Foreseen, Planned


def instant(text: str, option: str = "--now") -> datetime:
    """Read an ISO 8601 instant; without a zone it is UTC."""
    try:
        told = datetime.fromisoformat(text)
    except ValueError:
        raise Misconfigured(
            f"{option} {text!r} is no instant; write 2026-08-24T06:00:00Z"
        ) from None
    return told if told.tzinfo else told.replace(tzinfo=UTC)


def show(rows: Iterable[Planned], runs: Sequence[Foreseen], *, as_json: bool) -> None:
    """Print a row for each reader, and the runs that a tick would find."""
    if as_json:
        _json((_row(row) for row in rows), runs)
        return
    mails = skipped = 0
    for row in rows:
        if row.skipped:
            skipped += 1
            print(f"{row.email}: nothing ({row.skipped})")
        else:
            mails += 1
            print(f"{row.email}: {row.due_at:%Y-%m-%d %H:%M} UTC, {plural(len(row.items), 'item')}")
            for headline in row.items:
                print(f"    {headline}")
    print(f"{plural(mails, 'mail')}, {skipped} skipped.")
    _runs(runs)


def show_difference(both: Iterable[Difference], runs: Sequence[Foreseen], *, as_json: bool) -> None:
    """Print who gets another kind of week than the week before, and the sums of both."""
    if as_json:
        _json(
            (
                {**_row(one.planned), "before": _row(one.before), "change": one.change}
                for one in both
            ),
            runs,
        )
        return
    counts: Counter[str] = Counter()
    for one in both:
        counts["now"] += one.planned.skipped is None
        counts["before"] += one.before.skipped is None
        counts["items now"] += len(one.planned.items)
        counts["items before"] += len(one.before.items)
        if one.change:
            print(f"{one.planned.email}: {one.change}")
    print(f"{plural(counts['now'], 'mail')}, the week before {counts['before']:,}.")
    print(
        f"{plural(counts['items now'], 'item')} in them, the week before "
        f"{counts['items before']:,}."
    )
    _runs(runs)


def _row(row: Planned) -> dict[str, object]:
    return {
        "email": row.email,
        "due_at": zulu(row.due_at),
        "specializations": list(row.specializations),
        "items": list(row.items),
        "skipped": row.skipped,
    }


def _json(rows: Iterator[dict[str, object]], runs: Sequence[Foreseen]) -> None:
    sys.stdout.write('{"deliveries": [')
    for number, row in enumerate(rows):
        between = ",\n " if number else "\n "
        sys.stdout.write(between + json.dumps(row, ensure_ascii=False))
    sys.stdout.write("\n]")
    if runs:
        found = [
            {
                "week": str(run.week),
                "outcome": run.outcome,
                "cut_off": zulu(run.cut_off),
                "reason": run.reason,
            }
            for run in runs
        ]
        sys.stdout.write(f', "runs": {json.dumps(found, ensure_ascii=False)}')
    sys.stdout.write("}\n")


def _runs(runs: Sequence[Foreseen]) -> None:
    for run in runs:
        reason = f" ({run.reason})" if run.reason else ""
        print(f"Run of {run.week}: {run.outcome}{reason}; cut-off {run.cut_off:%Y-%m-%d %H:%M} UTC")
