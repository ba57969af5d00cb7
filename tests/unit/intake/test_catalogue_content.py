"""The catalogue and the examples that ship: the facts, the map of tools, the plans, the readers."""

from __future__ import annotations

import csv
from datetime import date, timedelta
from pathlib import Path
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

import pytest

from briefings.intake.catalogue import check_catalogue, load_catalogue
from briefings.model.assessment import QuestionAbout
from briefings.model.catalogue import Fact, PlanWeek, RiskCategory
from briefings.model.money import Money

ROOT = Path(__file__).parents[3]
EXAMPLES = ROOT / "examples"
CATALOGUE = load_catalogue(ROOT / "catalogue")
PLANNED = ("mlops-engineer", "mlops-ai-infrastructure")
LEVELS = {
    "mlops-engineer": 3,
    "ai-engineer": None,
    "software-engineer": 5,
    "data-scientist": 6,
    "web-developer": 7,
    "devops-engineer": 4,
    "cybersecurity-analyst": 3,
    "it-support-specialist": 7,
    "full-stack-developer": 6,
    "cloud-architect": 3,
}
ONLY_ML = ("mlops-ai-infrastructure", "mlops-engineer")
GENERAL = (*ONLY_ML, "devops-engineer", "cloud-architect")
DATA = (*ONLY_ML, "data-scientist")


def rows(name: str) -> list[dict[str, str]]:
    with (EXAMPLES / name).open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream))


def plans() -> list[tuple[str, PlanWeek]]:
    return [(s.slug, week) for s in CATALOGUE.specializations for week in s.plan]


def test_the_catalogue_has_no_problems() -> None:
    assert check_catalogue(ROOT / "catalogue") == []


def test_the_example_of_tiers_would_load(tmp_path: Path) -> None:
    for path in (ROOT / "catalogue").rglob("*.yaml"):
        target = tmp_path / path.relative_to(ROOT / "catalogue")
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(path.read_bytes())
    (tmp_path / "tiers.example.yaml").rename(tmp_path / "tiers.yaml")
    assert [str(tier.price) for tier in load_catalogue(tmp_path).tiers] == ["None", "$9.50"]


def test_ten_roles_with_the_levels_of_the_profile() -> None:
    assert {role.slug: role.risk_level for role in CATALOGUE.roles} == LEVELS
    assert CATALOGUE.role("ai-engineer").risk_category is RiskCategory.LOW
    assert {role.industry for role in CATALOGUE.roles} == {"technology"}


def test_the_profile_of_mlops_engineers_is_whole() -> None:
    role = CATALOGUE.role("mlops-engineer")
    assert [(t.first_year, t.last_year) for t in role.tasks_at_risk] == [
        (2025, 2027),
        (2024, 2026),
        (2025, 2027),
    ]
    assert len(role.tasks_safe) == 6
    assert len(role.adaptation) == 6
    assert role.tools == ("MLflow", "Weights & Biases", "Kubeflow", "Seldon", "BentoML")
    assert role.certifications == ()
    assert set(role.related) == set(LEVELS) - {"mlops-engineer", "ai-engineer"}
    salary = role.salary
    assert salary is not None
    assert (salary.growth_low, salary.growth_high) == (15, 20)
    assert (salary.senior_low, salary.senior_high) == (
        Money.of(200_000, "USD"),
        Money.of(350_000, "USD"),
    )
    assert salary.senior_note == "and above, at top companies"
    assert salary.source == role.source == "role impact profile"


def test_facts_stand_with_their_sources() -> None:
    assert CATALOGUE.context == (
        Fact(
            fact="23 % of jobs are expected to change significantly by 2027",
            source="World Economic Forum",
        ),
        Fact(
            fact="People who work fluently with AI tools earn a salary premium of 15-30 % "
            "over those who do not",
            source="role impact profile",
        ),
    )


def test_every_role_has_one_general_specialization_and_ai_engineers_four_more() -> None:
    for role in CATALOGUE.roles:
        general = [s.slug for s in CATALOGUE.specializations_of(role.slug) if s.general]
        assert general == [role.slug]
    assert {s.slug for s in CATALOGUE.specializations_of("ai-engineer")} == {
        "ai-engineer",
        "mlops-ai-infrastructure",
        "llm-application-development",
        "ai-safety-alignment",
        "multimodal-ai-autonomous-agents",
    }


def test_what_is_not_known_of_mlops_and_ai_infrastructure_stays_empty() -> None:
    found = CATALOGUE.specialization("mlops-ai-infrastructure")
    assert found.tasks_automated == found.tasks_augmented == found.opportunities == ()
    assert found.skills.ai_tools == found.skills.technical == found.skills.human == ()
    assert found.horizon_3_5_years.startswith("By 2028-2030 the basics are standard")
    assert len(found.portfolio_evidence) == 4


def test_the_seventeen_tools_of_the_news_are_here_and_no_others() -> None:
    named = {row["tool"] for row in rows("tool_changes.csv")}
    assert {tool.name for tool in CATALOGUE.tools} == named
    assert len(named) == 17


def test_the_map_of_concerns_is_the_one_we_decided() -> None:
    expected = {
        **dict.fromkeys(("argo-workflows", "kubernetes", "terraform", "grafana"), GENERAL),
        **dict.fromkeys(("mlflow", "weights-and-biases", "dvc"), DATA),
    }
    assert {tool.slug: tool.concerns for tool in CATALOGUE.tools} == {
        tool.slug: expected.get(tool.slug, ONLY_ML) for tool in CATALOGUE.tools
    }


def test_release_feeds_are_those_of_the_repositories_that_the_news_comes_from() -> None:
    for row in rows("tool_changes.csv"):
        parts = urlsplit(row["source_url"])
        if parts.hostname == "github.com":
            repository = "/".join(parts.path.split("/")[1:3])
            tool = CATALOGUE.tool_named(row["tool"])
            assert tool is not None
            assert tool.release_feed == f"https://github.com/{repository}/releases.atom"


def test_tools_go_by_their_other_names() -> None:
    for name, slug in (
        ("wandb", "weights-and-biases"),
        ("K8s", "kubernetes"),
        ("Seldon", "seldon-core"),
        ("Training Operator", "kubeflow-trainer"),
    ):
        tool = CATALOGUE.tool_named(name)
        assert tool is not None
        assert tool.slug == slug


def test_names_in_the_data_files_mean_our_roles_or_none() -> None:
    names = {row["role"] for row in rows("salary_stats.csv") + rows("role_exposure.csv")}
    names |= {row["role_slug"] for row in rows("role_exposure.csv")}
    found = {name: role.slug for name in names if (role := CATALOGUE.role_named(name))}
    renamed = {name: slug for name, slug in found.items() if name.lower().replace(" ", "-") != slug}
    assert renamed == {
        "Full Stack Engineer": "full-stack-developer",
        "Full-stack Engineer": "full-stack-developer",
        "full-stack-engineer": "full-stack-developer",
        "Cloud / Solutions Architect": "cloud-architect",
        "Information Security Analyst": "cybersecurity-analyst",
        "information-security-analyst": "cybersecurity-analyst",
    }
    for other in ("Site Reliability Engineer", "Security Engineer", "Machine Learning Engineer"):
        assert CATALOGUE.role_named(other) is None


@pytest.mark.parametrize("slug", PLANNED)
def test_a_plan_has_twelve_weeks_with_checkable_results(slug: str) -> None:
    plan = CATALOGUE.specialization(slug).plan
    assert [week.number for week in plan] == list(range(1, 13))
    for week in plan:
        assert 2 <= len(week.tasks) <= 4
        assert 3 <= week.hours <= 6
        assert all(task.result and task.task.endswith(".") for task in week.tasks)
        assert CATALOGUE.tool(week.tool).project_url.startswith("https://")
        assert not week.headline.endswith(".")
    assert len({week.tool for week in plan}) >= 9


def test_no_headline_or_skill_stands_twice() -> None:
    weeks = [week for _, week in plans()]
    assert len(weeks) == 24
    assert len({week.headline for week in weeks}) == 24
    assert len({week.skill for week in weeks}) == 24


@pytest.mark.parametrize(
    ("slug", "piece"),
    [
        ("mlops-engineer", "shorter model deployment time"),
        ("mlops-ai-infrastructure", "lower cost per inference"),
    ],
)
def test_a_plan_ends_in_a_portfolio_piece(slug: str, piece: str) -> None:
    found = CATALOGUE.specialization(slug)
    last = found.plan_week(12)
    assert last is not None
    assert piece in last.text
    assert piece in found.portfolio_evidence


@pytest.mark.parametrize(
    "word", ["exciting", "!", "revolution", "game-chang", "cutting-edge", "leverag"]
)
def test_the_plans_keep_the_voice(word: str) -> None:
    for slug, week in plans():
        texts = [week.headline, week.text, *(f"{t.task} {t.result}" for t in week.tasks)]
        assert not [text for text in texts if word in text.lower()], f"{slug} week {week.number}"


def test_the_assessment_asks_about_the_role_itself() -> None:
    found = CATALOGUE.assessment("mlops-engineer")
    assert found is not None
    assert 10 <= len(found.questions) <= 15
    assert {question.about for question in found.questions} == set(QuestionAbout)
    assert len(found.areas) == 6
    tools = [slug for area in found.areas for slug in area.tools]
    assert sorted(tools) == sorted(tool.slug for tool in CATALOGUE.tools)
    tags = {tag for row in rows("tool_changes.csv") for tag in row["tags"].split(";")}
    assert {tag for area in found.areas for tag in area.tags} <= tags
    role = CATALOGUE.role("mlops-engineer")
    assert {q.task for q in found.questions if q.task} == {t.task for t in role.tasks_at_risk}
    asked = {question.area for question in found.questions if question.area}
    assert asked == {area.slug for area in found.areas}
    goal = next(q for q in found.questions if q.about is QuestionAbout.GOAL)
    assert [answer.area for answer in goal.answers] == [area.slug for area in found.areas]


def test_every_role_with_tasks_at_risk_has_an_assessment_and_no_other_has_one() -> None:
    assessed = {assessment.role for assessment in CATALOGUE.assessments}
    assert assessed == {role.slug for role in CATALOGUE.roles if role.tasks_at_risk}


def test_there_is_one_tier_and_it_costs_nothing() -> None:
    assert [(tier.slug, tier.price) for tier in CATALOGUE.tiers] == [("free", None)]


def test_the_readers_of_the_demo_are_made_up_and_of_many_kinds() -> None:
    readers = rows("subscribers.csv")
    assert len(readers) >= 12
    domains = {row["email"].rpartition("@")[2] for row in readers}
    assert domains == {"example.org", "example.com", "example.net"}
    followed = [row["specializations"].split(";") for row in readers]
    assert all(CATALOGUE.has_specialization(slug) for slugs in followed for slug in slugs)
    assert len({slugs[0] for slugs in followed}) >= 5
    assert sum(len(slugs) > 1 for slugs in followed) >= 3
    zones = {row["timezone"] for row in readers}
    assert {ZoneInfo(zone).key for zone in zones} >= {"Pacific/Auckland", "America/Santiago"}
    assert any("\u0600" <= row["name"][0] <= "\u06ff" for row in readers)
    assert any(any("\u00c0" <= letter <= "\u017f" for letter in row["name"]) for row in readers)


def test_the_plans_of_the_demo_stand_at_every_kind_of_week() -> None:
    monday = date(2026, 8, 24)
    started = [
        date.fromisoformat(r["plan_started_on"])
        for r in rows("subscribers.csv")
        if r["plan_started_on"]
    ]
    weeks = {(monday - (day - timedelta(days=day.weekday()))).days // 7 + 1 for day in started}
    assert weeks >= {0, 1, 5, 12, 13}
    assert max(weeks) > 13


def test_the_examples_say_that_their_readers_are_made_up() -> None:
    words = (EXAMPLES / "README.md").read_text(encoding="utf-8")
    assert "made-up readers" in words
    for row in rows("subscribers.csv"):
        assert row["name"] in words
