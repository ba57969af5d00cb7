"""Single values: what is taken, what is refused, and what the person is told."""

from __future__ import annotations

from datetime import date
from enum import StrEnum

import pytest
from hypothesis import given
from hypothesis import strategies as st

from briefings.intake import fields
from briefings.intake.fields import BadField
from briefings.intake.seen import Seen


class Fruit(StrEnum):
    APPLE = "apple"
    PEAR = "pear"


def _reason(problem: pytest.ExceptionInfo[BadField]) -> str:
    return problem.value.reason


def test_text_becomes_one_normal_line() -> None:
    assert fields.text("t", "  Cafe\u0301\r\n au \t lait ", longest=20) == "Café au lait"


@pytest.mark.parametrize(
    "value",
    ["a\0b", "a\x07b", "a\x1bb", "a\x7fb", "a\x85b", "a\u2028b", "a\u2029b", "a\u202eb", "\ufeffa"],
)
def test_control_characters_are_refused_with_their_number(value: str) -> None:
    with pytest.raises(BadField) as problem:
        fields.text("t", value, longest=20)
    assert "control character U+" in _reason(problem)


def test_a_byte_of_another_encoding_names_the_way_out() -> None:
    with pytest.raises(BadField) as problem:
        fields.text("t", "M\udcfcnchen", longest=20)
    assert "0xFC" in _reason(problem)
    assert "--encoding" in _reason(problem)


@pytest.mark.parametrize("value", ["x" * 21, "x " * 300_000])
def test_long_text_is_refused_with_its_length(value: str) -> None:
    with pytest.raises(BadField) as problem:
        fields.text("t", value, longest=20)
    assert "at most 20 fit" in _reason(problem)


def test_missing_text_is_refused_only_where_it_is_needed() -> None:
    assert fields.text("t", " ", longest=20, required=False) == ""
    with pytest.raises(BadField, match="is empty"):
        fields.text("t", " ", longest=20)


def test_a_day_is_read() -> None:
    assert fields.day("d", " 2024-02-29 ") == date(2024, 2, 29)


@pytest.mark.parametrize(
    "value",
    *[
        [
            *("21.08.2026", "2026-8-21", "2026-02-30", "2025-02-29", "20260821", "2026-W34-5"),
            *("0000-01-01", "1899-12-31", "9999-01-01", "２０２６-08-21", "2026-08-21T00:00", ""),
        ]
    ],
)
def test_what_is_no_day_is_refused(value: str) -> None:
    with pytest.raises(BadField):
        fields.day("d", value)


@pytest.mark.parametrize(
    "value",
    [
        "https://github.com/a/b/releases/tag/v1.0#top?x=1&y=2",
        "http://example.org",
        "HTTPS://Example.org:8443/",
        "https://bücher.example/ä",
        "http://[2001:db8::1]/",
    ],
)
def test_a_web_address_is_taken_as_it_is(value: str) -> None:
    assert fields.url("u", value) == value


@pytest.mark.parametrize(
    "value",
    [
        *("", "example.org", "ftp://example.org/", "javascript:alert(1)", "mailto:a@example.org"),
        *("https://", "https:///x", "https://localhost/x", "https://a..example/", "http://[::1"),
        *("https://user:pw@example.org/", "https://user@example.org/", "https://-a.example/"),
        *("https://example.org/a b", "https://example.org/{{x}}", 'https://example.org/"x'),
        *("https://example.org/<script>", "https://example.org\\@evil.example/"),
        *("https://example.org:99999/", "https://example.org:0/", "https://example.org/\0"),
        "https://example.org/" + "x" * 2_000,
    ],
)
def test_what_is_no_web_address_is_refused(value: str) -> None:
    with pytest.raises(BadField):
        fields.url("u", value)


def test_whole_numbers_are_plain_digits_within_bounds() -> None:
    assert fields.whole("n", " 42 ", least=1) == 42
    for wrong in ("-1", "1.0", "1,000", "1e3", "٤٢", "", "9" * 30, "0"):
        with pytest.raises(BadField):
            fields.whole("n", wrong, least=1)


def test_years_have_four_digits() -> None:
    assert fields.year("y", "2025") == 2025
    for wrong in ("25", "1899", "9999", "20255", "two"):
        with pytest.raises(BadField):
            fields.year("y", wrong)


def test_yes_and_no_have_some_spellings() -> None:
    assert [fields.yes_or_no("b", word) for word in ("Yes", "1", "no", "FALSE")] == [
        True,
        True,
        False,
        False,
    ]
    with pytest.raises(BadField):
        fields.yes_or_no("b", "maybe")


def test_a_word_outside_the_list_names_the_list_and_the_closest() -> None:
    assert fields.choice("f", " Apple ", Fruit) is Fruit.APPLE
    with pytest.raises(BadField) as problem:
        fields.choice("f", "aple", Fruit)
    assert _reason(problem) == "is not one of apple, pear; did you mean apple?"


def test_lists_drop_empty_parts_and_repetitions() -> None:
    assert fields.words("w", " a; b;;a ; ") == ("a", "b")
    with pytest.raises(BadField, match="at most 50"):
        fields.words("w", ";".join(map(str, range(51))))
    with pytest.raises(BadField, match="longer than 60"):
        fields.words("w", "x" * 61)


@given(st.text())
def test_what_is_shown_is_short_and_printable(value: str) -> None:
    short = fields.shown(value)
    assert len(short) <= fields.SHOWN_LENGTH
    assert short.isprintable()


@given(st.text(max_size=500))
def test_text_that_is_taken_can_do_no_harm(value: str) -> None:
    try:
        taken = fields.text("t", value, longest=300)
    except BadField:
        return
    assert taken == " ".join(taken.split())
    assert not any(ord(letter) < 32 or letter in "\u2028\u2029\x7f\x85" for letter in taken)


@given(st.lists(st.text(max_size=3)))
def test_seen_knows_what_it_has_met(keys: list[str]) -> None:
    seen = Seen()
    new = [key for key in keys if seen.add(key.encode("utf-8", "replace").decode())]
    assert len(new) == len(seen) == len({key.encode("utf-8", "replace") for key in keys})


def test_seen_grows_without_forgetting() -> None:
    seen = Seen()
    assert all(seen.add(str(number)) for number in range(20_000))
    assert not any(seen.add(str(number)) for number in range(20_000))
