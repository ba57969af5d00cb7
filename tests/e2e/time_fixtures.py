"""Fixtures of the tests about time; conftest.py makes them known."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.e2e.almanac import Almanac, almanac, settle


@pytest.fixture(scope="session")
def settled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An installation that was set up once; a copy takes a tenth of the time."""
    return settle(tmp_path_factory.mktemp("settled"))


@pytest.fixture
def place(settled: Path, tmp_path: Path) -> Iterator[Almanac]:
    """One installation per test."""
    made = almanac(settled, tmp_path / "place")
    yield made
    made.app.db.dispose()
