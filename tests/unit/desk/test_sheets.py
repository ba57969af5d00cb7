"""Sheets of the desk hold what they are given, and run nothing."""

from __future__ import annotations

from briefings.desk.sheets import csv_lines


def test_a_sheet_quotes_what_it_has_to_and_runs_nothing() -> None:
    assert csv_lines([("a,b", 'say "x"', "=1", "plain")]) == '"a,b","say ""x""",\'=1,plain\r\n'
