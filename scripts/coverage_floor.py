"""Holds the measured coverage against its floors; it measures nothing itself and never lowers one.

The core must be covered in every line and branch; everything else as a whole to 90 %.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import TypedDict

CORE = (
    "briefings/model/",
    "briefings/weeks.py",
    "briefings/slots.py",
    "briefings/assemble/",
    "briefings/render/",
    "briefings/deliver/",
)
ELSEWHERE_FLOOR = 90.0


class Summary(TypedDict):
    """What coverage counts in one file."""

    num_statements: int
    covered_lines: int
    num_branches: int
    covered_branches: int


class Measured(TypedDict):
    """One file of coverage's JSON report; a branch is (from line, to line)."""

    summary: Summary
    missing_lines: list[int]
    missing_branches: list[tuple[int, int]]


class Report(TypedDict):
    """Coverage's JSON report, as far as it is read here; files by path."""

    files: dict[str, Measured]


def measured() -> dict[str, Measured]:
    """What the last run of the tests covered, by path."""
    with tempfile.TemporaryDirectory() as folder:
        report = Path(folder) / "coverage.json"
        command = [sys.executable, "-m", "coverage", "json", "--quiet", "-o", str(report)]
        subprocess.run(command, check=True)  # noqa: S603 - our own interpreter and arguments
        content: Report = json.loads(report.read_bytes())
        return content["files"]


def gaps(file: Measured) -> str:
    """Lines as ranges and branches as `from->to`; empty where everything is covered."""
    if file["summary"]["covered_lines"] == 0 and file["missing_lines"]:
        return "no test imports it"
    ranges: list[list[int]] = []
    for line in file["missing_lines"]:
        if ranges and line == ranges[-1][-1] + 1:
            ranges[-1][1:] = [line]
        else:
            ranges.append([line])
    words = ["-".join(map(str, lines)) for lines in ranges]
    missing = set(file["missing_lines"])
    words += [f"{a}->{b}" for a, b in file["missing_branches"] if a not in missing]
    return ", ".join(words)


def main() -> int:
    """Print one line per floor, and every gap of the core; 1 where a floor is missed."""
    files = measured()
    core = {path: gaps(file) for path, file in sorted(files.items()) if path.startswith(CORE)}
    open_core = {path: gap for path, gap in core.items() if gap}
    print(
        f"coverage of the core ({len(core)} files, floor 100 %):", "NOT " * bool(open_core) + "met"
    )
    for path, gap in open_core.items():
        print(f"  {path}: {gap}")
    rest = [file["summary"] for path, file in files.items() if path not in core]
    total = sum(summary["num_statements"] + summary["num_branches"] for summary in rest)
    covered = sum(summary["covered_lines"] + summary["covered_branches"] for summary in rest)
    elsewhere = 100.0 * covered / total if total else 100.0
    print(f"coverage elsewhere (floor {ELSEWHERE_FLOOR:.0f} %): {elsewhere:.1f} %")
    return 1 if open_core or elsewhere < ELSEWHERE_FLOOR else 0


if __name__ == "__main__":
    sys.exit(main())
