"""One installation per test."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.e2e.time_fixtures import place, settled
from tests.e2e.town import Town, found

__all__ = ["place", "settled", "town"]


@pytest.fixture
def town(tmp_path: Path) -> Iterator[Town]:
    made = found(tmp_path)
    yield made
    made.app.db.dispose()
