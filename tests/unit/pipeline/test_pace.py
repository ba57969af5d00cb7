"""Long work leaves other writers room, and pauses only for what its own work did not leave."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest

from briefings.pipeline.pace import BREATH, Pace
from briefings.wiring import build, settings_of


@dataclass
class Watch:
    """A clock that only goes on when it is told to, and remembers for how long somebody slept."""

    now: float = 100.0
    slept: list[float] = field(default_factory=list[float])

    def read(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.now += seconds


@pytest.fixture
def paced(tmp_path: Path) -> tuple[Watch, Pace]:
    watch = Watch()
    app = build(settings_of({}, database_url=f"sqlite:///{tmp_path}/a.db"), sleep=watch.sleep)
    return watch, Pace(replace(app.chain, monotonic=watch.read), 1_000)


def test_units_back_to_back_leave_the_lock_free_in_between(paced: tuple[Watch, Pace]) -> None:
    watch, pace = paced
    for _ in range(3):
        with pace.unit():
            watch.now += 0.01
    assert watch.slept == [pytest.approx(BREATH), pytest.approx(BREATH)]


def test_work_between_two_units_counts_as_the_pause(paced: tuple[Watch, Pace]) -> None:
    watch, pace = paced
    for _ in range(3):
        with pace.unit():
            watch.now += 0.01
        watch.now += BREATH * 2
    assert watch.slept == []


def test_a_unit_that_held_the_lock_too_long_makes_the_next_one_smaller(
    paced: tuple[Watch, Pace],
) -> None:
    watch, pace = paced
    before = pace.size
    with pace.unit():
        watch.now += 0.1
    assert pace.size < before
