"""The guide for people who import files says what the code does."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from briefings.intake.catalogue import load_catalogue
from briefings.intake.csv_rows import Row
from briefings.intake.fields import HEADLINE_LENGTH, SUMMARY_LENGTH
from briefings.intake.role_updates import FIELDS
from briefings.intake.tool_changes import COLUMNS as TOOL_CHANGE_COLUMNS
from briefings.intake.tool_changes import read_tool_change
from briefings.model.news import Change
from tests.unit.intake.import_files import COLUMNS, read_rows

ROOT = Path(__file__).parents[3]
GUIDE = (ROOT / "docs" / "importing.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("kind", sorted(COLUMNS))
def test_the_columns_of_each_kind_stand_in_the_guide(kind: str) -> None:
    assert f"briefings import {kind} FILE" in GUIDE
    assert f"`{','.join(COLUMNS[kind])}`" in GUIDE


def test_the_fields_kinds_and_limits_stand_in_the_guide() -> None:
    assert all(f"`{name}`" in GUIDE or f'"{name}"' in GUIDE for name in FIELDS)
    assert all(f"`{change.value}`" in GUIDE for change in Change)
    assert f"{HEADLINE_LENGTH} characters, a summary {SUMMARY_LENGTH:,}" in GUIDE


def test_the_example_of_the_guide_can_be_imported(tmp_path: Path) -> None:
    example = re.search(r"```csv\n(.*?)```", GUIDE, re.DOTALL)
    assert example is not None
    path = tmp_path / "example.csv"
    path.write_text(example[1], encoding="utf-8")
    (row,) = read_rows(path, TOOL_CHANGE_COLUMNS)
    assert isinstance(row, Row)
    news = read_tool_change(row, load_catalogue(ROOT / "catalogue")).news
    assert (news.tool, news.change) == ("terraform", Change.SECURITY)
