"""Seals: what was sealed opens for its purpose and time, and nothing else does."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from briefings.web.seals import BadSeal, Seals

OLD, NEW = "o" * 32, "n" * 32
NOW = 1_787_000_000


@given(st.text(st.characters(exclude_categories=["Cs"]), max_size=300), st.integers(0, 600))
def test_what_was_sealed_opens_for_its_purpose_and_time(text: str, later: int) -> None:
    seals = Seals(NEW)
    sealed = seals.seal("undo", text, NOW)
    assert seals.open("undo", sealed, now=NOW + later, seconds=600) == text
    with pytest.raises(BadSeal):
        seals.open("preferences", sealed, now=NOW, seconds=600)
    with pytest.raises(BadSeal):
        seals.open("undo", sealed, now=NOW + 601, seconds=600)
    with pytest.raises(BadSeal):
        seals.open("undo", sealed, now=NOW - 1, seconds=600)


@given(st.text(max_size=80))
def test_anything_else_is_refused(sealed: str) -> None:
    with pytest.raises(BadSeal):
        Seals(NEW).open("undo", sealed, now=NOW, seconds=600)


@given(st.data())
def test_a_changed_seal_is_refused(data: st.DataObject) -> None:
    sealed = Seals(NEW).seal("undo", "1;2;mlops-engineer", NOW)
    at = data.draw(st.integers(0, len(sealed) - 1))
    other = data.draw(st.sampled_from("abcdefABCDEF0123456789-_."))
    changed = sealed[:at] + other + sealed[at + 1 :]
    if changed != sealed:
        with pytest.raises(BadSeal):
            Seals(NEW).open("undo", changed, now=NOW, seconds=600)


def test_keys_can_be_changed() -> None:
    sealed = Seals(OLD).seal("undo", "x", NOW)
    assert Seals(f"{NEW}, {OLD}").open("undo", sealed, now=NOW, seconds=1) == "x"
    with pytest.raises(BadSeal):
        Seals(NEW).open("undo", sealed, now=NOW, seconds=1)
