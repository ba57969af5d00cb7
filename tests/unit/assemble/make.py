"""A small made-up catalogue and short ways to make items, for the tests of assembling."""

from __future__ import annotations

import csv
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING

from briefings.model.catalogue import (
    Catalogue,
    Cover,
    Industry,
    PlanTask,
    PlanWeek,
    RiskCategory,
    Role,
    Salary,
    Skills,
    Specialization,
    Tool,
)
from briefings.model.edition import Edition
from briefings.model.money import Money, PayFigure
from briefings.model.news import Change, Item, ItemState, Kind, News, PayRow
from briefings.weeks import Week

if TYPE_CHECKING:
    from pathlib import Path

W34 = Week.parse("2026-W34")


def plan(tool: str = "mlflow") -> tuple[PlanWeek, ...]:
    return tuple(
        PlanWeek(
            number=number,
            headline=f"Step number {number}",
            text="Pick one job.",
            tasks=(PlanTask(task="Do it.", result="It is done."),) * 2,
            tool=tool,
            hours=4,
            skill="serving models",
        )
        for number in range(1, 13)
    )


def role(slug: str, name: str, **more: object) -> Role:
    return Role(slug=slug, name=name, industry="technology", **more)  # type: ignore[arg-type]


def tool(slug: str, name: str, *concerns: str, area: str = "other", **more: object) -> Tool:
    return Tool(
        slug=slug,
        name=name,
        project_url=f"https://example.org/{slug}",
        source_name=f"{name} release notes",
        area=area,
        concerns=concerns,
        **more,  # type: ignore[arg-type]
    )


def general(slug: str, name: str, **more: object) -> Specialization:
    return Specialization(slug=slug, role=slug, name=name, general=True, **more)  # type: ignore[arg-type]


ML = ("mlops-engineer", "mlops-ai-infrastructure")
CATALOGUE = Catalogue(
    industries=(Industry(slug="technology", name="Technology"),),
    roles=(
        role(
            "mlops-engineer",
            "MLOps Engineer",
            risk_level=3,
            risk_category=RiskCategory.LOW,
            overview="Runs models through their whole life: feature stores, drift, class, gas.",
            tools=("MLflow", "Nobody's Tool"),
            related=("data-scientist", "web-developer", "ai-engineer", "gone"),
            salary=Salary(growth_low=15, growth_high=20),
            source="role impact profile",
        ),
        role("ai-engineer", "AI Engineer", risk_category=RiskCategory.LOW),
        role("data-scientist", "Data Scientist", risk_level=6),
        role("devops-engineer", "DevOps Engineer", risk_level=4),
        role("web-developer", "Web Developer", risk_level=7, risk_category=RiskCategory.HIGH),
        role("painter", "Painter"),
    ),
    specializations=(
        general(
            "mlops-engineer",
            "MLOps Engineer",
            covers=(
                Cover(area="workflows", words="workflow orchestration"),
                Cover(area="iac", words="infrastructure as code"),
            ),
            skills=Skills(ai_tools=("Feast",)),
            portfolio_evidence=("lower cost per inference",),
            plan=plan("kubeflow"),
        ),
        Specialization(
            slug="mlops-ai-infrastructure",
            role="ai-engineer",
            name="MLOps & AI Infrastructure",
            general=False,
            plan=plan(),
        ),
        general("ai-engineer", "AI Engineer"),
        general("data-scientist", "Data Scientist"),
        general("devops-engineer", "DevOps Engineer"),
        general("web-developer", "Web Developer"),
        general("painter", "Painter"),
    ),
    tools=(
        tool("mlflow", "MLflow", *ML, "data-scientist", area="experiment tracking"),
        tool("feast", "Feast", *ML, "data-scientist"),
        tool("kubeflow", "Kubeflow", *ML),
        tool("argo-workflows", "Argo Workflows", *ML, "devops-engineer", area="workflows"),
        tool("terraform", "Terraform", *ML, "devops-engineer", area="iac"),
        tool("react", "React", "web-developer", aliases=("ReactJS",)),
    ),
)


def item(
    number: int = 1,
    *,
    tool: str | None = "mlflow",
    change: Change | None = Change.RELEASE,
    kind: Kind = Kind.TOOL_CHANGE,
    headline: str | None = None,
    day: date = date(2026, 8, 19),
    week: str = "2026-W34",
    revision: int = 1,
    state: ItemState = ItemState.QUEUED,
    summary: str = "It changed.",
    **more: object,
) -> Item:
    is_tool = kind is Kind.TOOL_CHANGE
    news = News(
        kind=kind,
        headline=headline or f"Headline {number} of the {change if is_tool else kind}",
        summary=summary,
        date=day,
        source_name="release notes",
        source_url=f"https://example.org/{number}",
        tool=tool if is_tool else None,
        change=change if is_tool else None,
        **more,  # type: ignore[arg-type]
    )
    return Item(id=number, revision=revision, state=state, week=week, news=news)


def role_update(number: int = 50, role: str = "mlops-engineer", **more: object) -> Item:
    more.setdefault("targets", tuple(s.slug for s in CATALOGUE.specializations_of(role)))
    return item(number, kind=Kind.ROLE_UPDATE, role=role, **more)  # type: ignore[arg-type]


def salary_news(
    number: int = 60, *rows: PayRow, role: str = "mlops-engineer", **more: object
) -> Item:
    more.setdefault("targets", tuple(s.slug for s in CATALOGUE.specializations_of(role)))
    return item(number, kind=Kind.SALARY_NEWS, role=role, pay=rows or (pay(100, 100),), **more)  # type: ignore[arg-type]


def figure(median: int, **more: object) -> PayFigure:
    values: dict[str, object] = {
        "region": "US",
        "level": "all",
        "year": 2025,
        "n": 400,
        "low_sample": False,
        "period_note": "full year",
        "source": "a survey",
        "source_url": "https://example.org/pay",
        "licence": "CC0",
        "p25": Money.of(Decimal(median * 900), "USD"),
        "median": Money.of(median * 1000, "USD"),
        "p75": Money.of(Decimal(median * 1100), "USD"),
    }
    return PayFigure(**{**values, **more})  # type: ignore[arg-type]


def pay(now: int, before: int | None = None, **more: object) -> PayRow:
    earlier = None if before is None else figure(before, year=2024)
    return PayRow(now=figure(now, **more), before=earlier)


def items_from_csv(path: Path, *, week: str = "2026-W34") -> list[Item]:
    """Read a file with the columns of the demo's tool changes, plus `targets`."""
    with path.open(encoding="utf-8", newline="") as file:
        return [
            item(
                number,
                tool=row["tool"] or None,
                change=Change(row["kind"]),
                headline=row["headline"],
                day=date.fromisoformat(row["released_on"]),
                week=week,
                version=row["version"],
                tags=tuple(filter(None, row["tags"].split(";"))),
                targets=tuple(filter(None, row["targets"].split(";"))),
            )
            for number, row in enumerate(csv.DictReader(file), start=1)
        ]


def by_revision(*items: Item) -> dict[tuple[int, int], Item]:
    return {(each.id, each.revision): each for each in items}


def ids(edition: object) -> list[int]:
    assert isinstance(edition, Edition), edition
    return [each.item_id for each in edition.placements]
