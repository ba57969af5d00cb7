"""Drawings lie where their figures say, to the hundredth of a percent."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

from briefings.model.catalogue import TaskAtRisk
from briefings.model.money import Money, PayFigure
from briefings.readers.figures import PaySeries
from briefings.web.charts import pay_charts, time_line, verdict


def task(first: int, last: int) -> TaskAtRisk:
    return TaskAtRisk(task=f"{first} to {last}", first_year=first, last_year=last, why="")


def figure(
    year: int, median: int, *, n: int = 100, level: str = "all", half: int = 10
) -> PayFigure:
    return PayFigure(
        region="US",
        level=level,
        year=year,
        n=n,
        p25=Money.of(median - half, "USD"),
        median=Money.of(median, "USD"),
        p75=Money.of(median + half, "USD"),
        low_sample=False,
        period_note="full year",
        source="A survey",
        source_url="https://a.example",
        licence="",
    )


def series(*figures: PayFigure) -> PaySeries:
    return PaySeries(role_name="Baker", region="US", level=figures[0].level, figures=figures)


def test_tasks_lie_on_whole_years_and_the_next_to_go_stands_first() -> None:
    line = time_line([task(2025, 2027), task(2024, 2025)], date(2026, 7, 2))
    assert line is not None
    assert [(tick.x, tick.words) for tick in line.ticks] == [
        ("0", "2024"),
        ("25", "2025"),
        ("50", "2026"),
        ("75", "2027"),
    ]
    over, running = line.spans
    assert (over.x, over.width, over.passed) == ("0", "50", "50")
    assert (running.x, running.width) == ("25", "75")
    assert float(running.passed) == pytest.approx(37.5, abs=0.1)
    assert line.now is not None
    assert float(line.now) == pytest.approx(62.5, abs=0.1)


@pytest.mark.parametrize(("day", "passed"), [(date(2020, 1, 1), "0"), (date(2040, 1, 1), "100")])
def test_beside_the_line_there_is_no_today(day: date, passed: str) -> None:
    line = time_line([task(2025, 2026)], day)
    assert line is not None
    assert line.now is None
    assert line.spans[0].passed == passed


def test_no_tasks_make_no_line() -> None:
    assert time_line([], date(2026, 1, 1)) is None


def test_boxes_share_one_scale_and_single_levels_are_not_drawn() -> None:
    first, second = pay_charts(
        [series(figure(2024, 100_000, half=20_000)), series(figure(2024, 50_000, half=20_000)),
         series(figure(2024, 400_000, level="senior"))]
    )  # fmt: skip
    assert (first.low, first.high) == (second.low, second.high) == ("$0", "$140k")
    (box,) = first.boxes
    assert float(box.x) == pytest.approx(100 * 80 / 140, abs=0.01)
    assert float(box.width) == pytest.approx(100 * 40 / 140, abs=0.01)
    assert float(box.median) == pytest.approx(100 * 100 / 140, abs=0.01)


def test_noise_is_called_flat_and_a_move_is_called_one() -> None:
    assert verdict(series(figure(2024, 100_000))) == ""
    flat = verdict(series(figure(2023, 100_000, half=20_000), figure(2024, 100_100, half=20_000)))
    assert flat.startswith("2023 to 2024: flat, because the medians differ by $100")
    up = verdict(series(figure(2023, 100_000), figure(2024, 110_000, n=20)))
    assert up.startswith("2023 to 2024: up 10.0 %, because")
    assert "Compare with care: small sample: 2024 (n = 20)." in up
    down = verdict(series(figure(2023, 100_000), figure(2024, 90_000)))
    assert down.startswith(f"2023 to 2024: down {Decimal('10.0')} %")
