"""Loading a catalogue: what comes out of files that are right."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from briefings.errors import WrongCatalogue
from briefings.intake.catalogue import check_catalogue, load_catalogue
from briefings.model.assessment import QuestionAbout
from briefings.model.catalogue import (
    Billing,
    Cover,
    Extra,
    Fact,
    Product,
    RiskCategory,
    Salary,
    TaskAtRisk,
)
from briefings.model.money import Money
from tests.unit.intake.catalogue_folder import FILES, replaced, write

if TYPE_CHECKING:
    from pathlib import Path


def test_a_right_catalogue_has_no_problems(tmp_path: Path) -> None:
    assert check_catalogue(write(tmp_path)) == []


def test_every_field_arrives_in_the_model(tmp_path: Path) -> None:
    catalogue = load_catalogue(write(tmp_path))
    baker = catalogue.role("baker")
    assert (baker.risk_level, baker.risk_category) == (3, RiskCategory.LOW)
    assert baker.tasks_at_risk == (
        TaskAtRisk(task="Kneading", first_year=2025, last_year=2027, why="machines knead"),
    )
    assert baker.salary == Salary(
        growth_low=1,
        growth_high=2,
        senior_low=Money.of(40000, "USD"),
        senior_high=Money.of(50000, "USD"),
        source="profile",
    )
    assert baker.related == ("miller",)
    assert catalogue.context == (Fact(fact="Jobs change", source="A survey"),)
    assert catalogue.product.action_plan == "Twelve weeks"
    assert catalogue.industry("technology").name == "Technology"
    sourdough = catalogue.specialization("sourdough")
    assert sourdough.covers == (
        Cover(area="heat", words="hot ovens"),
        Cover(area="fire", words="fire"),
    )
    assert [week.number for week in sourdough.plan] == list(range(1, 13))
    assert sourdough.plan[2].tasks[1].result == "Loaf 3 is gone"
    oven, mill = catalogue.tools
    assert (oven.source_name, oven.release_feed) == (
        "Oven release notes",
        "https://oven.example.org/releases.atom",
    )
    assert (mill.aliases, mill.release_feed, mill.concerns) == ((), "", ())
    free, more = catalogue.tiers
    assert (free.price, free.billing) == (None, None)
    assert more.price == Money(amount_minor=950, currency="EUR")
    assert more.billing is Billing.MONTH
    assert (free.without, more.without) == ((), (Extra.PLAN_PAGE,))
    assessment = catalogue.assessment("baker")
    assert assessment is not None
    (question,) = assessment.questions
    assert question.about is QuestionAbout.TASK
    assert [(a.slug, a.points, a.area) for a in question.answers] == [
        ("me", 0, None),
        ("machine", 3, "heat"),
    ]


def test_the_category_of_a_level_is_known_without_being_written(tmp_path: Path) -> None:
    changes = replaced("roles/baker.yaml", "risk_level: 3\nrisk_category: low", "risk_level: 7")
    assert load_catalogue(write(tmp_path, changes)).role("baker").risk_category is RiskCategory.HIGH


def test_what_is_not_known_stays_empty(tmp_path: Path) -> None:
    miller = load_catalogue(write(tmp_path)).role("miller")
    assert (miller.risk_level, miller.risk_category, miller.salary) == (None, None, None)
    assert (miller.overview, miller.tasks_safe, miller.certifications) == ("", (), ())


def test_empty_lists_and_nulls_are_the_same_as_nothing(tmp_path: Path) -> None:
    more = "tools: []\ncertifications:\noverview: ~\nsalary: null\n"
    catalogue = load_catalogue(
        write(tmp_path, {"roles/miller.yaml": FILES["roles/miller.yaml"] + more})
    )
    assert catalogue.role("miller") == load_catalogue(write(tmp_path)).role("miller")


def test_a_context_may_say_nothing_of_the_product(tmp_path: Path) -> None:
    changes = replaced("context.yaml", "product:\n  action_plan: Twelve weeks\n", "")
    assert load_catalogue(write(tmp_path, changes)).product == Product()


def test_a_salary_may_be_a_note_with_its_source(tmp_path: Path) -> None:
    salary = "salary: {currency: EUR, note: Paid by the loaf, source: profile}\n"
    changes = {"roles/miller.yaml": FILES["roles/miller.yaml"] + salary}
    assert load_catalogue(write(tmp_path, changes)).role("miller").salary == Salary(
        note="Paid by the loaf", source="profile"
    )


def test_each_role_gets_its_general_specialization(tmp_path: Path) -> None:
    catalogue = load_catalogue(write(tmp_path))
    general = catalogue.specialization("baker")
    assert (general.role, general.name, general.general) == ("baker", "Baker", True)
    assert general.risk_category is RiskCategory.LOW
    assert not catalogue.specialization("sourdough").general
    assert [s.slug for s in catalogue.specializations_of("baker")] == ["baker", "sourdough"]


def test_a_written_general_specialization_is_not_made_again(tmp_path: Path) -> None:
    written = "slug: miller\nrole: miller\nname: Miller\npositioning: Mill well.\n"
    catalogue = load_catalogue(write(tmp_path, {"specializations/miller.yaml": written}))
    assert [s.positioning for s in catalogue.specializations if s.slug == "miller"] == [
        "Mill well."
    ]
    assert catalogue.specialization("miller").general


def test_a_specialization_without_a_plan_is_complete(tmp_path: Path) -> None:
    changes = {
        "specializations/sourdough.yaml": "slug: sourdough\nrole: baker\nname: Sourdough\nplan: []\n"
    }
    assert load_catalogue(write(tmp_path, changes)).specialization("sourdough").plan == ()


def test_text_is_folded_and_normalised(tmp_path: Path) -> None:
    folded = "overview: >\n  Two\n  lines,  cafe\u0301.\n"
    changes = {"roles/miller.yaml": FILES["roles/miller.yaml"] + folded}
    assert (
        load_catalogue(write(tmp_path, changes)).role("miller").overview == "Two lines, caf\u00e9."
    )


def test_a_byte_order_mark_and_windows_line_ends_are_read(tmp_path: Path) -> None:
    windows = b"\xef\xbb\xbf" + FILES["roles/baker.yaml"].replace("\n", "\r\n").encode()
    assert load_catalogue(write(tmp_path, {"roles/baker.yaml": windows})) == load_catalogue(
        write(tmp_path)
    )


def test_example_files_are_not_loaded(tmp_path: Path) -> None:
    folder = write(tmp_path, {"tiers.example.yaml": "tiers: nonsense", "README.md": "notes"})
    assert len(load_catalogue(folder).tiers) == 2


def test_the_error_starts_with_the_first_problem_on_one_line_and_lists_all(tmp_path: Path) -> None:
    changes = replaced("roles/baker.yaml", "related: [miller]", "related: [milller]")
    changes |= replaced("tools.yaml", "area: flour", "area: 5")
    with pytest.raises(WrongCatalogue) as caught:
        load_catalogue(write(tmp_path, changes))
    assert str(caught.value).splitlines() == [
        (
            "roles/baker.yaml:17: related[1]: there is no role 'milller'; "
            "did you mean 'miller'? (and 1 more)"
        ),
        "tools.yaml:12: tools[2].area: '5' is not a text; put it in quotes: \"...\"",
    ]


def test_a_single_problem_is_a_single_line(tmp_path: Path) -> None:
    changes = replaced("roles/baker.yaml", "name: Baker\n", "")
    with pytest.raises(WrongCatalogue) as caught:
        load_catalogue(write(tmp_path, changes))
    assert str(caught.value) == "roles/baker.yaml:1: name: is missing; add `name: ...`"
