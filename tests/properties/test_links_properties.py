"""No token reads as anything but what was signed, and no altered one reads at all."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from briefings.links import BadToken, Purpose, Signer, Token

ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
signer = Signer([b"n" * 32, b"o" * 40])
purposes = st.sampled_from(Purpose)
readers = st.integers(0, 2**40 - 1)
deliveries = st.integers(0, 2**48 - 1)
instants = st.integers(1, 2**40 - 1)


@given(purposes, readers, deliveries, instants)
def test_tokens_read_back_what_was_signed(purpose, reader_id, delivery_id, issued):
    token = signer.sign(purpose, reader_id, delivery_id, issued)
    assert re.fullmatch(r"[A-Za-z0-9_-]{43}[A-Za-z0-9]", token)
    assert signer.read(purpose, token, now=issued) == Token(
        reader_id=reader_id, delivery_id=delivery_id, issued=issued
    )


@given(purposes, readers, deliveries, st.integers(0, 43), st.sampled_from(ALPHABET))
def test_changing_any_character_kills_a_token(purpose, reader_id, delivery_id, at, character):
    token = signer.sign(purpose, reader_id, delivery_id, 1)
    altered = token[:at] + character + token[at + 1 :]
    if altered != token:
        with pytest.raises(BadToken):
            signer.read(purpose, altered, now=1)


@given(purposes, st.text() | st.text(ALPHABET, min_size=44, max_size=44))
def test_what_people_type_is_refused_in_words(purpose, text):
    with pytest.raises(BadToken, match=r"^This link .*\.$"):
        signer.read(purpose, text, now=1)


@given(st.sets(st.tuples(purposes, readers, deliveries, instants), min_size=2, max_size=20))
def test_different_contents_make_different_tokens(contents):
    assert len({signer.sign(*each) for each in contents}) == len(contents)
