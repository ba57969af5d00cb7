"""A sign-up form is read whole: every field that is wrong says what would be right."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from briefings.readers.consent import CONSENT, PRESENT
from briefings.readers.limits import network_of, over, sign_up_limits
from briefings.readers.signup import Request, Wrong, is_trapped, read
from briefings.readers.zones import accepted, in_words, offered
from briefings.weeks import zone

KNOWN = ("mlops-engineer", "data-scientist", *(f"s{number}" for number in range(9)))
GOOD = {
    "email": ["Ada@Bücher.example"],
    "specialization": ["data-scientist", "mlops-engineer", "no-such-thing"],
    "timezone": ["Europe/Berlin"],
    "agree": ["yes"],
}


def test_a_good_form_gives_the_address_and_what_was_chosen_in_our_order() -> None:
    asked = read({**GOOD, "from": ["friend"]}, KNOWN)
    assert isinstance(asked, Request)
    assert asked.address.text == "Ada@bücher.example"
    assert asked.specializations == ("mlops-engineer", "data-scientist")
    assert (asked.timezone, asked.source) == ("Europe/Berlin", "friend")


@pytest.mark.parametrize(
    ("field", "values", "words"),
    [
        ("email", [""], "The address is empty"),
        ("email", [], "The address is empty"),
        ("email", ["ada"], "one @"),
        ("email", ["a@b.org\r\nBcc: x@y.org"], "control character"),
        ("specialization", [], "at least one"),
        ("specialization", ["no-such-thing"], "at least one"),
        ("specialization", list(KNOWN), "8 at most"),
        ("agree", ["no"], "Without your yes"),
        ("agree", [], "Without your yes"),
    ],
)
def test_what_is_wrong_is_said_beside_its_field(field: str, values: list[str], words: str) -> None:
    found = read({**GOOD, field: values}, KNOWN)
    assert isinstance(found, Wrong)
    assert list(found.by_field) == [field]
    assert words in found.by_field[field]


def test_all_that_is_wrong_is_said_at_once() -> None:
    found = read({}, KNOWN)
    assert isinstance(found, Wrong)
    assert set(found.by_field) == {"email", "specialization", "agree"}


def test_a_zone_or_source_that_nobody_knows_is_left_out_without_a_word() -> None:
    asked = read({**GOOD, "timezone": ["Mars/Olympus"], "from": ["<script>"]}, KNOWN)
    assert isinstance(asked, Request)
    assert (asked.timezone, asked.source) == (None, "form")


@given(st.dictionaries(st.sampled_from([*GOOD, "from", "website"]), st.lists(st.text())))
def test_no_form_whatever_breaks_the_reader(fields: dict[str, list[str]]) -> None:
    assert isinstance(read(fields, KNOWN), Request | Wrong)


def test_only_who_fills_the_hidden_field_is_trapped() -> None:
    assert is_trapped({"website": ["https://spam.example"]})
    assert not is_trapped({"website": [" "]})
    assert not is_trapped({})


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("203.0.113.9", "203.0.113.200", True),
        ("203.0.113.9", "203.0.114.9", False),
        ("::ffff:203.0.113.9", "203.0.113.1", True),
        ("2001:db8:0:1200::1", "2001:db8:0:12ff::1", True),
        ("2001:db8:0:1200::1", "2001:db8:0:1300::1", False),
        ("fe80::1%eth0", "fe80::2", True),
        ("", "testclient", True),
    ],
)
def test_neighbours_count_as_one_network(one: str, other: str, same: bool) -> None:
    assert (network_of(one) == network_of(other)) is same


def test_the_first_limit_that_is_used_up_is_named() -> None:
    limits = sign_up_limits("203.0.113.0/24", per_network=3, in_all=10)
    assert over(limits, lambda _limit: 3) is None
    assert over(limits, lambda _limit: 4) is limits[0]
    assert over(limits, lambda limit: 11 if limit.name == "sign-up" else 1) is limits[1]
    assert limits[0].name != limits[1].name


def test_every_offered_zone_is_one_and_stands_once() -> None:
    names = [name for _, zones in offered() for name in zones]
    assert len(names) == len(set(names)) > 400
    assert {"UTC", "Europe/Berlin", "Asia/Kolkata"} <= set(names)
    assert all(accepted(name) == name and zone(name).key == name for name in names)


@pytest.mark.parametrize("text", ["", "Factory", "localtime", "../etc/passwd", "x" * 65, "europe"])
def test_what_is_no_zone_is_none(text: str) -> None:
    assert accepted(text) is None


def test_old_names_that_browsers_still_use_are_taken() -> None:
    assert accepted(" Asia/Calcutta ") == "Asia/Calcutta"
    assert accepted("Europe/Kiev") == "Europe/Kiev"


def test_zones_read_as_people_write_them() -> None:
    assert in_words("Europe/Isle_of_Man") == "Isle of Man"
    assert in_words("America/Argentina/Buenos_Aires") == "Argentina, Buenos Aires"
    assert in_words("UTC") == "UTC"


def test_the_newest_consent_text_is_the_one_shown() -> None:
    assert max(CONSENT) == PRESENT
    assert "leave at any time" in CONSENT[PRESENT]
