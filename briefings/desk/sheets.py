"""Writes rows as CSV that no spreadsheet runs as a formula; pure."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence

_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n")


def csv_lines(rows: Iterable[Sequence[str]]) -> str:
    """Write rows as RFC 4180 has it; a cell that a spreadsheet would run begins with `'`."""
    text = io.StringIO()
    csv.writer(text, lineterminator="\r\n").writerows(
        [f"'{cell}" if cell.startswith(_FORMULA) else cell for cell in row] for row in rows
    )
    return text.getvalue()
