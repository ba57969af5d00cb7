"""Subscriber rows as new readers."""

from __future__ import annotations

from datetime import date

import pytest

from briefings.intake.subscribers import SubscriberRows
from briefings.model.reader import NewReader
from tests.unit.intake.import_files import catalogue, complaints, row


def read(**changes: str) -> NewReader:
    return SubscriberRows(catalogue()).read(row("subscribers", **changes)).reader


def test_a_row_becomes_a_reader() -> None:
    assert read() == NewReader(
        email="ada@example.org",
        name="Ada",
        specializations=("baker", "rye"),
        timezone="Europe/Berlin",
        plan_started_on=date(2026, 8, 3),
        line=2,
    )


def test_name_zone_and_plan_may_be_empty() -> None:
    found = read(name="", timezone=" ", plan_started_on="")
    assert (found.name, found.timezone, found.plan_started_on) == ("", None, None)


def test_specializations_keep_their_order_and_lose_repetitions() -> None:
    assert read(specializations=" rye ; baker;rye;").specializations == ("rye", "baker")


@pytest.mark.parametrize(
    ("column", "value", "reason"),
    [
        ("email", "ada", "one @"),
        ("email", "", "is empty"),
        ("email", "ada@example.org\r\nBcc: x@example.org", "line end"),
        ("name", "A\0da", "U+0000"),
        ("name", "x" * 121, "at most 120"),
        ("specializations", "", "is empty"),
        ("specializations", "bakr", "did you mean baker?"),
        ("specializations", "baker;ryee", "did you mean rye?"),
        ("timezone", "Europe/Berln", "Europe/Berlin"),
        ("timezone", "CEST+2", "no time zone"),
        ("plan_started_on", "3.8.2026", "YYYY-MM-DD"),
    ],
)
def test_a_wrong_value_is_told_with_its_column(column: str, value: str, reason: str) -> None:
    found = complaints(lambda: read(**{column: value}))
    assert list(found) == [column]
    assert reason in found[column]


def test_a_value_that_is_wrong_again_is_told_again() -> None:
    rows = SubscriberRows(catalogue())
    bad = row("subscribers", timezone="Nowhere/Land", specializations="nothing")
    assert complaints(lambda: rows.read(bad)) == complaints(lambda: rows.read(bad))


def test_one_mailbox_has_one_key() -> None:
    rows = SubscriberRows(catalogue())
    keys = {
        rows.read(row("subscribers", email=email)).key
        for email in ("ada@example.org", "Ada@EXAMPLE.org", " ADA@example.org ")
    }
    assert len(keys) == 1
