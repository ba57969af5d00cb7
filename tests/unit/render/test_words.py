"""Words, links and dates as they may stand in a mail; lines of text; shares of a line."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from briefings.model.catalogue import TaskAtRisk
from briefings.model.money import Money, PayFigure
from briefings.render.drawings import PayScale, YearAxis, line, percent, year_line
from briefings.render.textpart import WIDTH, whole, wrap
from briefings.render.words import day, inner, link, listed, opening, sentence, shown, unbroken
from briefings.weeks import Week


@given(st.text())
def test_shown_text_is_one_line_without_pairs_and_stays_as_it_is(text: str) -> None:
    once = shown(text)
    assert not any(pair in once for pair in ("{{", "}}", "[[", "]]"))
    assert not set(once) & set("\n\r\t\x00\x0b\x0c\x85\u2028\u2029\ue000\ue001\ue002")
    assert shown(once) == once


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("fix CVE-2026-14978 now", "CVE-2026-14978"),
        ("GHSA-abcd-1234-wxyz!", "GHSA-abcd-1234-wxyz"),
        ("v1.19.0-rc.1 is out", "v1.19.0-rc.1"),
        ("see .terraformignore, please", ".terraformignore"),
        ("aijobs.net survey", "aijobs.net"),
        ("growth of 15\N{EN DASH}20 % a year", "15\N{EN DASH}20 %"),
        ("up 0.1 %.", "0.1 %"),
        ("(on a scale of 0-1) is", "0-1"),
        ("2024\N{EN DASH}2026.", "2024\N{EN DASH}2026"),
        ("(n = 2,048)", "n = 2,048"),
    ],
)
def test_names_and_numbers_stay_together(text: str, kept: str) -> None:
    assert f'<span style="white-space:nowrap">{kept}</span>' in unbroken(text)


@pytest.mark.parametrize(
    "text",
    [
        "A sentence. Another one.",
        "plain words",
        "well-known",
        "in 2026",
        "a-very.long-name.that-no-phone.can-hold",
    ],
)
def test_other_words_may_break(text: str) -> None:
    assert str(unbroken(text)) == text


@given(st.text(alphabet="aA0.-<>&\"' %\N{EN DASH}", max_size=40))
def test_unbroken_text_is_escaped_text_with_spans(text: str) -> None:
    assert unbroken(text).striptags() == " ".join(text.split())


def test_addresses_keep_what_is_theirs() -> None:
    url = "https://example.org:8443/a%20b/?q=1&r=ü#x"
    assert link(url, "here") == url


@pytest.mark.parametrize(
    ("when", "words"),
    [(date(2026, 8, 19), "Wed 19 August"), (date(2025, 1, 1), "Wed 1 January 2025")],
)
def test_days_name_their_year_only_if_it_is_another(when: date, words: str) -> None:
    assert day(when, 2026) == words


def test_small_words() -> None:
    assert listed(["a"]) == "a"
    assert listed(["a", "b", "c"]) == "a, b and c"
    assert sentence("Yes") == "Yes."
    assert sentence("Yes?") == "Yes?"
    assert sentence(" ") == ""
    assert opening("low") == "Low"
    assert inner("Basic set-up") == "basic set-up"
    assert inner("AI evaluation") == "AI evaluation"
    assert inner("MLflow runs") == "MLflow runs"
    assert inner("A job") == "a job"


# --- lines of text -----------------------------------------------------------------------------------


def test_points_hang_under_their_text() -> None:
    lines = wrap("- " + "word " * 20).splitlines()
    assert lines[1].startswith("  word")
    assert max(map(len, lines)) <= WIDTH


def test_indented_lines_stay_indented() -> None:
    lines = wrap("  " + "word " * 20).splitlines()
    assert all(each.startswith("  word") for each in lines)


def test_headlines_and_addresses_stay_whole() -> None:
    headline = "A headline of many words " * 5
    url = "https://example.org/" + "a-b/" * 30
    made = wrap(f"{whole(headline.strip())}\n\n\n\n  {url}\n")
    assert made == f"{headline.strip()}\n\n  {url}\n"


def test_a_slot_never_begins_a_line() -> None:
    made = wrap("x" * 70 + " \ue000specializations\ue001, and more")
    assert not made.splitlines()[0].startswith("\ue000")
    assert not any(each.lstrip().startswith("\ue000") for each in made.splitlines())


@given(st.text(alphabet="ab -.\n1", max_size=300))
def test_wrapping_loses_no_word(text: str) -> None:
    assert wrap(text).split() == text.split()


# --- shares of a line --------------------------------------------------------------------------------


@given(st.lists(st.integers(0, 1000), min_size=1).filter(any))
def test_shares_fill_the_line_and_no_cell_is_empty(shares: list[int]) -> None:
    cells = line(*((str(at), share) for at, share in enumerate(shares)))
    widths = [float(cell["width"]) for cell in cells]
    assert sum(widths) == pytest.approx(100, abs=0.02)
    assert all(widths)


@given(st.dates(date(1990, 1, 1), date(2100, 1, 1)))
def test_every_week_has_its_place_in_the_year(when: date) -> None:
    week = Week.of(when)
    now = next(cell for cell in year_line(week) if cell["what"] == "now")
    assert float(now["width"]) == pytest.approx(100 / week.weeks_in_year, abs=0.02)


@given(
    st.lists(st.tuples(st.integers(2000, 2040), st.integers(0, 12)), min_size=1, max_size=5),
    st.dates(date(1999, 1, 1), date(2060, 1, 1)),
)
def test_tasks_of_all_years_fit_their_axis(years: list[tuple[int, int]], today: date) -> None:
    tasks = [
        TaskAtRisk(task="x", first_year=first, last_year=first + more, why="")
        for first, more in years
    ]
    axis = YearAxis.over(tasks, today)
    for task in tasks:
        widths = [float(cell["width"]) for cell in axis.span(task)]
        assert sum(widths) == pytest.approx(100, abs=0.05)
    labels = axis.labels()
    assert 1 <= len(labels) <= 6
    assert labels[0]["what"] == str(axis.first)


@given(
    st.tuples(*[st.integers(1, 10**9)] * 3).map(sorted),
    st.sampled_from(["USD", "JPY", "KWD", "CHF"]),
)
def test_every_box_fits_a_scale_with_round_ends(minor: list[int], currency: str) -> None:
    p25, median, p75 = (Money(amount_minor=each, currency=currency) for each in minor)
    figure = PayFigure(
        region="x",
        level="all",
        year=2025,
        n=40,
        p25=p25,
        median=median,
        p75=p75,
        low_sample=False,
        period_note="",
        source="x",
        source_url="https://example.org/",
        licence="",
    )
    scale = PayScale.around([figure])
    assert scale.low <= p25.amount_minor
    assert scale.high > p75.amount_minor
    cells = scale.box(figure)
    assert [cell["what"] for cell in cells].count("stroke") == 1
    assert sum(float(cell["width"] or 0) for cell in cells) <= 100.02
    assert cells[-1] == {"what": "gap", "width": ""}
    low, high = scale.ends()
    assert low != high


def test_percentages_have_no_needless_zeros() -> None:
    assert [percent(each) for each in (25.0, 62.2642, 0.5)] == ["25", "62.26", "0.5"]


def test_a_week_is_seven_days_of_the_rule() -> None:
    first = Week.of(date(2026, 8, 17))
    assert year_line(first) == year_line(Week.of(date(2026, 8, 17) + timedelta(days=6)))
