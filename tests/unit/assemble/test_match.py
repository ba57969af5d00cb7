"""Which news reaches whom, and the line that tells readers why."""

from pathlib import Path

import pytest

from briefings.assemble.edition import Skip, assemble
from briefings.assemble.match import By, Reach, reaches, targets_of_role, why_you
from briefings.model.edition import Edition
from tests.unit.assemble.make import CATALOGUE, W34, item, items_from_csv, role_update

CSV = """tool,version,released_on,kind,headline,summary,source_url,tags,targets
mlflow,3.4,2026-08-20,release,MLflow 3.4 is out,S,https://example.org/1,tracking,
terraform,1.15,2026-08-19,security,Terraform 1.15 closes a hole,S,https://example.org/2,iac;mlops-engineer,
react,20,2026-08-18,breaking,React 20 drops class components,S,https://example.org/3,data-scientist,
argo-workflows,4.1,2026-08-18,breaking,Argo Workflows 4.1 signs users out,S,https://example.org/4,,
,1,2026-08-17,release,A course for painters,S,https://example.org/5,,painter
"""


@pytest.mark.parametrize(
    ("specialization", "reached", "not_reached"),
    [
        ("mlops-engineer", "Terraform 1.15 closes a hole", "React 20 drops class components"),
        ("mlops-ai-infrastructure", "MLflow 3.4 is out", "A course for painters"),
        ("devops-engineer", "Argo Workflows 4.1 signs users out", "MLflow 3.4 is out"),
        ("data-scientist", "MLflow 3.4 is out", "React 20 drops class components"),
        ("web-developer", "React 20 drops class components", "Terraform 1.15 closes a hole"),
        ("painter", "A course for painters", "MLflow 3.4 is out"),
    ],
)
def test_an_item_shows_under_the_specializations_it_reaches_and_nowhere_else(
    tmp_path: Path, specialization: str, reached: str, not_reached: str
) -> None:
    file = tmp_path / "news.csv"
    file.write_text(CSV, encoding="utf-8")
    items = items_from_csv(file)
    made = assemble(
        W34,
        CATALOGUE.specialization(specialization),
        items,
        (),
        frozenset(),
        catalogue=CATALOGUE,
    )
    assert isinstance(made, Edition)
    headlines = {each.id: each.news.headline for each in items}
    shown = {headlines[each.item_id] for each in made.placements}
    assert reached in shown
    assert not_reached not in shown


def test_a_target_and_a_concern_are_told_apart() -> None:
    news = item(tool="mlflow", targets=("web-developer",)).news
    mlflow = CATALOGUE.tool("mlflow")
    assert reaches(news, "web-developer", CATALOGUE) == Reach(by=By.TARGET, tool=mlflow)
    assert reaches(news, "data-scientist", CATALOGUE) == Reach(by=By.TOOL, tool=mlflow)
    assert reaches(news, "devops-engineer", CATALOGUE) is None


def test_tags_never_let_an_item_in() -> None:
    news = item(tool="react", tags=("mlops-engineer", "drift", "workflows")).news
    assert reaches(news, "mlops-engineer", CATALOGUE) is None


def test_a_tool_that_left_the_catalogue_reaches_nobody_and_breaks_nothing() -> None:
    news = item(tool="long-gone").news
    assert all(reaches(news, each.slug, CATALOGUE) is None for each in CATALOGUE.specializations)


def test_news_of_a_role_is_aimed_at_all_its_specializations() -> None:
    assert targets_of_role("ai-engineer", CATALOGUE) == ("ai-engineer", "mlops-ai-infrastructure")
    assert targets_of_role("painter", CATALOGUE) == ("painter",)


@pytest.mark.parametrize(
    ("tool", "specialization", "line"),
    [
        ("argo-workflows", "mlops-engineer", "MLOps Engineer covers workflow orchestration."),
        (
            "mlflow",
            "mlops-ai-infrastructure",
            "MLOps & AI Infrastructure covers experiment tracking.",
        ),
        ("kubeflow", "mlops-engineer", "MLOps Engineer covers infrastructure as code."),
        ("react", "painter", "You follow Painter."),
        ("react", "mlops-engineer", "MLOps Engineer covers infrastructure as code."),
    ],
)
def test_the_reader_is_told_why_in_one_line(tool: str, specialization: str, line: str) -> None:
    news = item(tool=tool, tags=("iac",)).news
    assert why_you(news, specialization, CATALOGUE) == line


def test_news_of_the_role_says_so() -> None:
    assert (
        why_you(role_update().news, "mlops-engineer", CATALOGUE)
        == "It is about your role, MLOps Engineer."
    )
    assert (
        why_you(role_update(role="ai-engineer").news, "mlops-ai-infrastructure", CATALOGUE)
        == "It is about AI Engineer, the role of MLOps & AI Infrastructure."
    )


def test_news_of_another_role_does_not_claim_to_be_about_the_readers() -> None:
    news = role_update(role="mlops-engineer", targets=("painter",)).news
    assert why_you(news, "painter", CATALOGUE) == "You follow Painter."


def test_nothing_to_say_is_a_result_with_a_reason() -> None:
    painter = CATALOGUE.specialization("painter")
    made = assemble(W34, painter, [item()], (), frozenset(), catalogue=CATALOGUE)
    assert made == Skip(specialization="painter", week="2026-W34", reason="nothing to say")
