"""kill -9 at every step of a tick, then another tick: the rows say what they would have said."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.e2e.town import ROOT


@pytest.mark.parametrize(
    ("scenario", "steps", "issues"),
    [
        ("run", 7, ["2026-W34-regular"]),
        (
            "rest",
            8,
            ["2026-W34-correction", "2026-W34-late", "2026-W34-regular", "2026-W34-welcome"],
        ),
        ("seeds", 5, ["2026-W34-regular"]),
        ("release", 1, ["2026-W34-regular"]),
    ],
)
def test_a_kill_at_any_step_changes_nothing(
    settled: Path, tmp_path: Path, scenario: str, steps: int, issues: list[str]
) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "tests.e2e.killer", str(settled), str(tmp_path), scenario],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout.splitlines()[-1])
    assert len(found["after"]) >= steps
    assert [row[0] for row in found["whole"][0]] == issues
    assert all(row[1] == "open" for row in found["whole"][0])
    seeds = {"seeds": [1, None], "release": [1, "the chosen hour"]}.get(scenario)
    assert seeds is None or [found["whole"][0][0][4], found["whole"][0][0][7]] == seeds
    for number, after in enumerate(found["after"], 1):
        assert after == found["whole"], f"after a kill at write {number}"
