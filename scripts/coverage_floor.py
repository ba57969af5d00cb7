"""Holds the measured coverage against its floors; it measures nothing itself and never lowers one.

The core must be covered in every line and branch; everything else as a whole to 90 %.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from pathlib import Path

CORE = (
    "briefings/model/",
    "briefings/weeks.py",
    "briefings/slots.py",
    "briefings/assemble/",
    "briefings/render/",
    "briefings/deliver/",
)
ELSEWHERE_FLOOR = 90.0


def measured() -> dict[str, dict[str, dict[str, int] | list[int] | list[list[int]]]]:
    """The per-file part of coverage's JSON report, keyed by path."""
    with tempfile.TemporaryDirectory() as folder:
        report = Path(folder) / "coverage.json"
        command = [sys.executable, "-m", "coverage", "json", "--quiet", "-o", str(report)]
        subprocess.run(command, check=True)  # noqa: S603 - our own interpreter and arguments
        return json.loads(report.read_text(encoding="utf-8"))["files"]


def main() -> int:
    """Print one line per floor, and every gap of the core; 1 where a floor is missed."""
    gaps: list[str] = []
    total = covered = core_files = 0
    for path, file in sorted(measured().items()):
        summary = file["summary"]
        if path.startswith(CORE):
            core_files += 1
            lines = [str(line) for line in file["missing_lines"]]
            branches = [f"{start}->{end}" for start, end in file["missing_branches"]]
            if lines or branches:
                gaps.append(f"  {path}: {', '.join(lines + branches)}")
        else:
            total += summary["num_statements"] + summary["num_branches"]
            covered += summary["covered_lines"] + summary["covered_branches"]
    elsewhere = 100.0 * covered / total if total else 100.0
    state = "complete" if not gaps else "NOT COVERED (lines, branches):"
    print(f"coverage of the core ({core_files} files, floor 100 %): {state}")
    print("\n".join(gaps), end="\n" if gaps else "")
    print(f"coverage elsewhere (floor {ELSEWHERE_FLOOR:.0f} %): {elsewhere:.1f} %")
    return 1 if gaps or elsewhere < ELSEWHERE_FLOOR else 0


if __name__ == "__main__":
    sys.exit(main())
