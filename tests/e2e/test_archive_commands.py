"""What editors show, and what they may know, from the command line."""

from __future__ import annotations

import json

from tests.e2e.test_commands import WEEK, Shell, loaded, one_line, shell

__all__ = ["loaded", "shell"]

MLOPS = ("--specialization", "mlops-engineer")


def test_what_went_out_is_shown_when_it_is_switched_on(loaded: Shell) -> None:
    assert "0 weeks shown" in loaded("archive", "on", *MLOPS).out
    assert "Nothing is shown" in loaded("archive", "list").out
    loaded("approve", "--week", WEEK)
    loaded("send", "--week", WEEK, "--now")
    assert f"mlops-engineer  {WEEK}  " in loaded("archive", "list").out
    told = loaded("numbers", "--issue", f"{WEEK}-regular").out
    assert "had it; worth it -, not -, left by its link -" in told
    plain = json.loads(loaded("numbers", "--issue", f"{WEEK}-regular", "--json").out)
    assert plain["accepted"] > 0
    assert {one["pressed"] for one in plain["items"]} == {None}
    assert "already, 1 week shown" in loaded("archive", "on", *MLOPS).out
    assert "0 weeks shown" in loaded("archive", "off", *MLOPS, "--week", WEEK).out
    one_line(loaded("archive", "on", "--specialization", "mlops"), 1, "no specialization")
    one_line(loaded("archive", "on", *MLOPS, "--week", "34"), 2, "is not a week")
