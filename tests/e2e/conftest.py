"""One installation per test."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.e2e.town import Town, found


@pytest.fixture
def town(tmp_path: Path) -> Iterator[Town]:
    made = found(tmp_path)
    yield made
    made.app.db.dispose()
