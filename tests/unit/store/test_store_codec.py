"""What is stored comes back equal, and what does not fit is refused by name."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta, timezone
from enum import StrEnum

import pytest
from hypothesis import given
from hypothesis import strategies as st

from briefings.store.codec import dumps, loads, nfc
from briefings.store.instants import (
    Day,
    Instant,
    day,
    instant,
    instant_or_none,
    stored,
    stored_day,
)
from briefings.store.mailbox import mailbox_key


class Colour(StrEnum):
    RED = "red"
    BLUE = "blue"


@dataclass(frozen=True, slots=True, kw_only=True)
class Inner:
    name: str
    at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Outer:
    number: int
    yes: bool
    on: date
    colour: Colour
    inner: Inner | None = None
    many: tuple[Inner, ...] = ()
    pair: tuple[str, int | None, Colour] = ("", None, Colour.RED)


TEXT = st.text().map(nfc)
INNER = st.builds(
    Inner, name=TEXT, at=st.none() | st.datetimes(timezones=st.just(UTC)).map(lambda at: at)
)
OUTER = st.builds(
    Outer,
    number=st.integers(),
    yes=st.booleans(),
    on=st.dates(),
    colour=st.sampled_from(Colour),
    inner=st.none() | INNER,
    many=st.lists(INNER).map(tuple),
    pair=st.tuples(TEXT, st.none() | st.integers(), st.sampled_from(Colour)),
)


@given(OUTER)
def test_every_value_comes_back_equal(value: Outer) -> None:
    assert loads(Outer, dumps(value)) == value
    assert dumps(loads(Outer, dumps(value))) == dumps(value)


GOOD = Outer(number=1, yes=True, on=date(2026, 8, 24), colour=Colour.BLUE)


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"extra": 1}, r"stored Outer does not fit this version: unknown \['extra'\]"),
        ({"number": "1"}, "'1' is not of type int"),
        ({"number": True}, "True is not of type int"),
        ({"yes": 1}, "1 is not of type bool"),
        ({"colour": "green"}, "green"),
        ({"on": "24 August"}, "24 August"),
        ({"pair": ["a", 1]}, "shorter"),
    ],
)
def test_what_does_not_fit_is_refused_by_name(change: dict[str, object], says: str) -> None:
    plain = json.loads(dumps(GOOD)) | change
    with pytest.raises(ValueError, match=says):
        loads(Outer, json.dumps(plain))


def test_a_missing_field_is_refused_and_one_with_a_default_is_not() -> None:
    plain = json.loads(dumps(GOOD))
    del plain["many"]
    assert loads(Outer, json.dumps(plain)) == GOOD
    del plain["number"]
    with pytest.raises(ValueError, match=r"missing \['number'\]"):
        loads(Outer, json.dumps(plain))


@dataclass(frozen=True)
class Strange:
    value: object


def test_a_type_that_has_no_json_is_refused_at_once() -> None:
    with pytest.raises(TypeError, match="complex cannot be stored"):
        dumps(Strange(value=1j))
    with pytest.raises(TypeError, match="cannot be restored"):
        loads(Strange, "{}")


def test_text_is_normalised_on_the_way_in() -> None:
    assert '"Z\u00fcrich"' in dumps(Inner(name="Zu\u0308rich"))


@given(st.datetimes(timezones=st.timezones()))
def test_instants_come_back_in_utc_to_the_microsecond(moment: datetime) -> None:
    # in UTC: across zones Python calls no instant in a fold equal to another
    assert instant(stored(moment)) == moment.astimezone(UTC)
    assert instant(stored(moment)).utcoffset() == timedelta(0)


@given(st.datetimes(timezones=st.timezones()), st.datetimes(timezones=st.timezones()))
def test_stored_instants_sort_as_the_instants_do(one: datetime, other: datetime) -> None:
    # Not `one < other`: between equal zones Python compares clocks, which repeat in autumn.
    assert (stored(one) < stored(other)) == (one.astimezone(UTC) < other.astimezone(UTC))


def test_an_instant_without_a_zone_is_refused() -> None:
    with pytest.raises(TypeError):
        stored(datetime(2026, 8, 24))  # noqa: DTZ001 - that is the point


def test_nothing_stays_nothing() -> None:
    assert stored(None) is instant_or_none(None) is stored_day(None) is day(None) is None


def test_columns_convert_as_the_statements_do() -> None:
    moment = datetime(2026, 8, 24, 8, tzinfo=timezone(timedelta(hours=2)))
    dialect = None
    assert Instant().process_bind_param(moment, dialect) == stored(moment)  # type: ignore[arg-type]
    assert Instant().process_result_value(stored(moment), dialect) == moment  # type: ignore[arg-type]
    assert Day().process_bind_param(date(2026, 8, 24), dialect) == "2026-08-24"  # type: ignore[arg-type]
    assert Day().process_result_value("2026-08-24", dialect) == date(2026, 8, 24)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Ada@Example.ORG", " ada@example.org"),
        ("ada@bücher.example", "ADA@XN--BCHER-KVA.EXAMPLE"),
        ("jose\u0301@example.org", "JOSÉ@example.org"),
    ],
)
def test_two_spellings_are_one_mailbox(one: str, other: str) -> None:
    assert mailbox_key(one) == mailbox_key(other)


def test_what_could_not_be_mailed_still_has_a_key_that_nobody_shares() -> None:
    assert mailbox_key("Ü@") == "ü@"
