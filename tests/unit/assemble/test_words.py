"""Subjects, acts and words for pay."""

from dataclasses import replace
from decimal import Decimal

import pytest

from briefings.assemble.acts import default_do, with_act
from briefings.assemble.pay import NEW_FIGURES, growth_note, pay_words
from briefings.assemble.subject import first_new, fit, one_line, same
from briefings.model.catalogue import Salary
from briefings.model.money import Money
from briefings.model.news import Change, PayRow
from tests.unit.assemble.make import CATALOGUE, figure, item, pay, role, role_update, salary_news


@pytest.mark.parametrize(
    ("text", "fitted"),
    [
        ("Grafana 13.2 is out", "Grafana 13.2 is out"),
        ("x" * 60, "x" * 60),
        (
            "Argo Workflows 4.1.2 changes SSO tokens and signs users out once",
            "Argo Workflows 4.1.2 changes SSO tokens and signs users out…",
        ),
        ("a" * 30 + " " + "b" * 28 + " cc", "a" * 30 + " " + "b" * 28 + "…"),
        ("a" * 30 + " " + "b" * 29 + " cc", "a" * 30 + "…"),
        (
            "Kubeflow needs, from now on, a newer cluster and for the " + "z" * 20,
            "Kubeflow needs, from now on, a newer cluster…",
        ),
        ("Feast — " + "z" * 60, ""),
        ("Feast changes its operator — " + "z" * 60, "Feast changes its operator…"),
        ("b" * 20 + " " + "z" * 60, "b" * 20 + "…"),
        ("b" * 19 + " " + "z" * 60, ""),
        ("x" * 61, ""),
        ("The " + "x" * 61, ""),
        ("- " + "x" * 61, ""),
        ("a\u00a0" * 40, ""),
        ("", ""),
    ],
)
def test_a_subject_is_cut_between_words_only(text: str, fitted: str) -> None:
    assert fit(text) == fitted


@pytest.mark.parametrize(
    "control", ["\r\n", "\n", "\x00", "\u2028", "\u2029", "\x85", "\x1b", "\ud800"]
)
def test_control_characters_become_a_space(control: str) -> None:
    assert one_line(f" a{control}Bcc: b ") == "a Bcc: b"


def test_marks_of_direction_and_slots_vanish_and_bound_words_stay() -> None:
    assert one_line("a\u202eb\ue000name\ue001 1\u00a0GB") == "abname 1\u00a0GB"


def test_the_next_candidate_is_taken_when_last_week_had_the_first() -> None:
    words = ("Terraform  closes a hole", "Week 34: Terraform closes a hole", "Week 34")
    assert first_new(words, None) == "Terraform closes a hole"
    assert first_new(words, "terraform closes a HOLE") == "Week 34: Terraform closes a hole"
    assert first_new(("x" * 61, "Week 34"), "Week 33") == "Week 34"
    assert first_new(("Week 34",), "Week 34") == "Week 34"
    assert same("A\nb") == same("a B")


@pytest.mark.parametrize(
    ("change", "version", "do"),
    [
        (Change.SECURITY, "1.2", "update to 1.2 or later."),
        (Change.SECURITY, None, "update it."),
        (Change.BREAKING, "2.0", "read the notes before you move to 2.0."),
        (Change.BREAKING, None, "read the notes before you update."),
        (Change.DEPRECATION, "2.0", "check whether you use it, and plan the move."),
        (Change.PRICING, None, "check what it means for your bill."),
        (Change.RELEASE, "2.0", ""),
        (None, "2.0", ""),
    ],
)
def test_an_act_is_named_where_the_writer_left_it_out(
    change: Change | None, version: str | None, do: str
) -> None:
    news = item(change=change, version=version).news
    assert default_do(news) == do
    assert with_act(news).do == do


def test_the_writers_act_stays_and_role_updates_ask_nothing() -> None:
    assert with_act(item(change=Change.SECURITY, do="wait.").news).do == "wait."
    assert with_act(role_update().news).do == ""


@pytest.mark.parametrize(
    ("rows", "short", "clause"),
    [
        ((pay(100, 100),), "Pay is flat.", "Pay has not moved"),
        ((pay(150, 100), pay(151, 100)), "Pay is up.", "Pay has gone up"),
        ((pay(70, 100),), "Pay is down.", "Pay has gone down"),
        ((pay(150, 100), pay(100, 100)), "New pay figures.", "There are new pay figures"),
        ((pay(100),), "New pay figures.", "There are new pay figures"),
        ((pay(150, 100, n=20), pay(100, 100)), "Pay is flat.", "Pay has not moved"),
        ((pay(150, 100, low_sample=True),), "New pay figures.", "There are new pay figures"),
        (
            (pay(150, 100, period_note="January to July"),),
            "Pay looks higher, with a caveat.",
            "Pay looks higher, with a caveat (the periods are cut differently)",
        ),
    ],
)
def test_pay_is_said_in_words_that_the_figures_carry(
    rows: tuple[PayRow, ...], short: str, clause: str
) -> None:
    words = pay_words([salary_news(60, *rows).news, item().news])
    assert (words.short, words.clause) == (short, clause)


def test_a_small_sample_in_the_past_and_unlike_figures_compare_nothing() -> None:
    small = PayRow(now=figure(150), before=figure(100, year=2024, n=12))
    euros = {
        name: Money.of(Decimal(amount), "EUR")
        for name, amount in (("p25", 90_000), ("median", 100_000), ("p75", 110_000))
    }
    unlike = PayRow(now=figure(150), before=replace(figure(100), **euros))
    assert pay_words([salary_news(60, small, unlike).news]) == NEW_FIGURES


def test_the_profiles_expectation_stands_beside_the_survey_with_its_source() -> None:
    assert growth_note(CATALOGUE.role("mlops-engineer")) == (
        "Our role profile (role impact profile) expects growth of 15–20 % a year: "
        "two sources, not averaged."
    )
    flat = role("x", "X", salary=Salary(growth_low=5, growth_high=5, source="a report"))
    assert "(a report) expects growth of 5 % a year" in growth_note(flat)
    bare = role("x", "X", salary=Salary(growth_low=5, growth_high=6))
    assert growth_note(bare).startswith("Our role profile expects growth of 5–6 %")
    assert growth_note(role("x", "X", salary=Salary(growth_low=5))) == ""
    assert growth_note(role("x", "X")) == ""
    assert growth_note(None) == ""
