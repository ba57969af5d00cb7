"""Mail addresses: which ones can be mailed, and when two are one mailbox."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from briefings.model.address import parse_address

LONG_DOMAIN = ".".join(["a" * 60] * 4)


@pytest.mark.parametrize(
    "text",
    [
        *("ada@example.org", "a.b+c_d-e@sub.example.co.uk", "!#$%&'*/=?^`{|}~@example.org"),
        *("x" * 64 + "@example.org", "a@" + "b" * 63 + ".example", "o'brien@example.org"),
        *("ada@bücher.example", "jürgen@example.org", "用户@例子.公司"),
    ],
)
def test_addresses_that_can_be_mailed_are_taken_as_they_are(text: str) -> None:
    assert parse_address(text).text == text


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        *(("", "empty"), ("ada", "one @"), ("@example.org", "one @"), ("ada@", "one @")),
        *(("a@b@example.org", "has more"), ("a b@example.org", "white space")),
        *(("a\r\nb@example.org", "control"), ("a\0@example.org", "control")),
        *(("a\u200b@example.org", "control"), ("a\u2028b@example.org", "white space")),
        *((".a@example.org", "dot"), ("a.@example.org", "dot"), ("a..b@example.org", "dot")),
        *(('"a b"@example.org', "white space"), ('"a"@example.org', "character")),
        *(("a,b@example.org", "character"), ("ü,b@example.org", "character")),
        *(("ü..b@example.org", "dot"), ("<a@example.org>", "character")),
        *(("x" * 65 + "@example.org", "64 octets"), ("ü" * 33 + "@example.org", "64 octets")),
        *((f"{'a' * 20}@{LONG_DOMAIN}", "254 octets"), ("a@localhost", "no dot")),
        *(("a@-b.org", "domain"), ("a@b-.org", "domain"), ("a@b..org", "domain")),
        *(("a@exa_mple.org", "domain"), ("a@" + "b" * 64 + ".org", "domain")),
        *(("a@[192.0.2.1]", "domain"), ("a@192.0.2.1", "number"), ("a@example.org.", "domain")),
        *(("a@" + "b." * 130 + "org", "domain"), ("a@ex\u00bdmple.\u2488org", "IDNA")),
    ],
)
def test_what_cannot_be_mailed_is_refused_with_the_reason(text: str, reason: str) -> None:
    with pytest.raises(ValueError, match=reason):
        parse_address(text)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Ada@Example.ORG", "ada@example.org"),
        ("ada@BÜCHER.example", "ada@xn--bcher-kva.example"),
        ("JÜRGEN@example.org", "jürgen@example.org"),
        ("ju\u0308rgen@example.org", "jürgen@example.org"),
        (" ada@example.org ", "ada@example.org"),
    ],
)
def test_spellings_of_one_mailbox_have_one_key(one: str, other: str) -> None:
    assert parse_address(one).key == parse_address(other).key


def test_mailboxes_differ_by_name_and_domain() -> None:
    texts = ("a@example.org", "b@example.org", "a@example.com", "a.b@example.org")
    assert len({parse_address(text).key for text in texts}) == 4


def test_no_letter_that_only_looks_alike_takes_the_mailbox_of_a_plain_name() -> None:
    for code in range(0x80, 0x30000):
        letter = chr(code)
        if unicodedata.normalize("NFC", letter).isascii():
            continue
        try:
            key = parse_address(f"su{letter}an@example.org").key
        except ValueError:
            continue
        assert not key.isascii(), hex(code)


@given(st.text(max_size=80))
def test_what_is_taken_has_no_white_space_or_control(text: str) -> None:
    try:
        found = parse_address(text)
    except ValueError:
        return
    assert found.text.isprintable()
    assert not any(letter.isspace() for letter in found.text + found.key)
    assert parse_address(found.text) == found
