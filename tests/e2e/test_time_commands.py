"""The commands about when, as a person types them."""

from __future__ import annotations

import json

from tests.e2e.test_commands import PEOPLE, WEEK, Shell, loaded, one_line, shell

__all__ = ["loaded", "shell"]
FAR = "2090-W10"


def test_skip_move_and_their_undo(loaded: Shell) -> None:
    said = loaded("skip", "--week", FAR, "--reason", "holidays")
    assert (said.code, "makes no mail (holidays)" in said.out) == (0, True)
    assert json.loads(loaded("status", "--week", FAR, "--json").out)["run"]["state"] == "skipped"
    assert "run skipped (holidays)" in loaded("status", "--week", FAR).out
    assert "made again" in loaded("skip", "--week", FAR, "--undo").out
    assert "Tuesday 2090-03-14" in loaded("move", "--week", FAR, "--to", "2090-03-14").out
    assert "moved to 2090-03-14" in loaded("status", "--week", FAR).out
    assert "Monday 2090-03-13" in loaded("move", "--week", FAR, "--undo").out
    one_line(loaded("move", "--week", FAR), 2, "--to")
    one_line(loaded("move", "--week", FAR, "--to", "soon"), 2, "soon")
    one_line(loaded("move", "--week", FAR, "--to", "2090-12-24"), 1, "2090-W09", "2090-W11")


def test_stop_and_go(loaded: Shell) -> None:
    loaded("approve", "--week", WEEK)
    assert "Everything is stopped; 0 issues" in loaded("stop").out
    one_line(loaded("send", "--week", WEEK, "--now"), 1, "briefings go")
    assert "Everything is stopped since" in loaded("status", "--week", WEEK).out
    assert "0 issues open again" in loaded("go").out
    assert loaded("send", "--week", WEEK, "--now").code == 0


def test_the_calendar_in_words_and_as_json(loaded: Shell) -> None:
    shown = loaded("calendar", "--weeks", "2")
    assert shown.code == 0
    assert shown.out.count("cut-off") == 2
    assert "empty: " in shown.out
    document = json.loads(loaded("calendar", "--json").out)
    assert len(document["weeks"]) == 8
    waves = document["weeks"][0]["waves"]
    assert sum(wave["readers"] for wave in waves) == PEOPLE.count("@")


def test_rules_are_shown_with_where_they_come_from_and_stored(loaded: Shell) -> None:
    assert "SEND_AT is stored" in loaded("schedule", "--set", "SEND_AT=TUE 09:00").out
    rules = json.loads(loaded("schedule", "--json").out)
    assert rules["SEND_AT"] == {"value": "TUE 09:00", "from": "stored"}
    assert rules["APPROVAL"] == {"value": "manual", "from": "default"}
    planned = json.loads(loaded("simulate", "--week", WEEK, "--json").out)["deliveries"]
    assert planned[0]["due_at"] == "2026-08-25T07:00:00Z"
    one_line(loaded("schedule", "--set", "SEND_AT=someday"), 2, "MON 08:00")
    assert "LATE_HOURS" in loaded("schedule").out


def test_simulate_foresees_runs_and_sets_weeks_side_by_side(loaded: Shell) -> None:
    now = ("--now", "2026-08-23T15:00:00Z")
    assert "Run of 2026-W34: planned" in loaded("simulate", "--week", WEEK, *now).out
    found = json.loads(loaded("simulate", "--week", WEEK, *now, "--json").out)
    assert found["runs"] == [
        {
            "week": WEEK,
            "outcome": "planned",
            "cut_off": "2026-08-23T16:00:00Z",
            "reason": "",
        }
    ]
    assert "runs" not in json.loads(loaded("simulate", "--week", WEEK, "--json").out)
    beside = loaded("simulate", "--week", WEEK, "--diff")
    assert "2 mails, the week before" in beside.out
    rows = json.loads(loaded("simulate", "--week", WEEK, "--diff", "--json").out)["deliveries"]
    assert {"before", "change", "email"} <= set(rows[0])
    assert loaded("simulate", "--week", WEEK, "--diff").out == beside.out


def test_correct_tells_who_got_the_item(loaded: Shell) -> None:
    note = ("--note", "The hole was closed by 1.15.8 already.")
    right = ("--headline", "Terraform 1.15.8 closed a hole")
    items = loaded("items", "list").out
    number = next(line.split()[0] for line in items.splitlines() if "closes a hole" in line)
    nobody = loaded("correct", "--item", number, *note, *right)
    assert "nobody to tell" in nobody.out
    loaded("approve", "--week", WEEK)
    loaded("send", "--week", WEEK, "--now")
    told = loaded("correct", "--item", number, *note, "--summary", "It did.")
    assert "2026-W34-correction tells" in told.out
    assert loaded("send").code == 0
    assert "2026-W34-correction" in loaded("status", "--week", WEEK).out
    one_line(loaded("correct", "--item", number, *note), 2, "--withdraw")
    one_line(loaded("correct", "--item", "4711", *note, *right), 1, "4711")
