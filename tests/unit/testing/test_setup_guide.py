"""The guide to the test servers names every field, and its scripts can be read."""

from __future__ import annotations

import re
from dataclasses import fields
from pathlib import Path

import pytest

from briefings.testing.script import Fault, Point, Script, read_script

GUIDE = Path(__file__).parents[3].joinpath("docs", "testing-your-setup.md").read_text("utf-8")
SCRIPTS = re.findall(r"`(\{.+\})`", GUIDE)


@pytest.mark.parametrize(
    "word", [*(one.name for one in (*fields(Script), *fields(Fault))), *(str(p) for p in Point)]
)
def test_every_field_and_point_is_explained(word):
    assert re.search(rf"`{word}`", GUIDE)


@pytest.mark.parametrize("script", SCRIPTS)
def test_every_script_in_the_guide_can_be_read(script):
    assert read_script(script) != Script()


def test_the_guide_has_scripts():
    assert len(SCRIPTS) >= 6
