"""Turns one catalogue file into model types, field by field; it never looks at another file."""

from __future__ import annotations

from typing import TYPE_CHECKING

from briefings.model.assessment import (
    MAX_POINTS,
    Answer,
    Assessment,
    Question,
    QuestionAbout,
    SkillArea,
)
from briefings.model.catalogue import (
    PLAN_HOURS,
    PLAN_WEEKS,
    Billing,
    Cover,
    Extra,
    Fact,
    Industry,
    PlanTask,
    PlanWeek,
    Product,
    RiskCategory,
    Role,
    Salary,
    Skills,
    Specialization,
    TaskAtRisk,
    Tier,
    Tool,
)

if TYPE_CHECKING:
    from briefings.intake.yaml_fields import Table
    from briefings.model.money import Money

FIRST_YEAR, LAST_YEAR = 2000, 2100
MAX_PERCENT = 1000


def industries(table: Table) -> tuple[Industry, ...]:
    """Read the industries of `context.yaml`."""
    found: list[Industry] = []
    for entry in table.tables("industries"):
        found.append(
            Industry(slug=entry.slug("slug"), name=entry.text("name", required=True, most=80))
        )
        entry.done()
    return tuple(found)


def context(table: Table) -> tuple[Fact, ...]:
    """Read the facts of `context.yaml`; a fact without a source is a problem."""
    found: list[Fact] = []
    for entry in table.tables("context"):
        fact = entry.text("fact", required=True)
        found.append(Fact(fact=fact, source=entry.text("source", required=True)))
        entry.done()
    return tuple(found)


def product(table: Table) -> Product:
    """Read what the product says about itself in `context.yaml`."""
    entry = table.table("product")
    if entry is None:
        return Product()
    found = Product(
        action_plan=entry.text("action_plan"),
        assessment=entry.text("assessment"),
        pricing=entry.text("pricing"),
    )
    entry.done()
    return found


def role(table: Table) -> Role:
    """Read a file of `roles/`; risk level and category must agree when both are given."""
    level = table.whole("risk_level", 0, 10)
    category = table.choice("risk_category", RiskCategory)
    if level is not None:
        fitting = RiskCategory.of_level(level)
        if category is not None and category is not fitting:
            remedy = f"write {fitting}, or change the level (low 0-3, medium 4-6, high 7-10)"
            table.wrong("risk_category", f"{category} does not match risk level {level}", remedy)
        category = fitting
    found = Role(
        slug=table.slug("slug"),
        name=table.text("name", required=True, most=80),
        industry=table.slug("industry"),
        also_known_as=table.texts("also_known_as"),
        found_by=table.texts("found_by"),
        risk_level=level,
        risk_category=category,
        overview=table.text("overview"),
        tasks_at_risk=tuple(_task_at_risk(entry) for entry in table.tables("tasks_at_risk")),
        tasks_safe=table.texts("tasks_safe"),
        tools=table.texts("tools"),
        salary=_salary(table),
        adaptation=table.texts("adaptation"),
        certifications=table.texts("certifications"),
        related=table.slugs("related"),
        source=table.text("source"),
    )
    table.done()
    return found


def _task_at_risk(entry: Table) -> TaskAtRisk:
    first = entry.whole("from", FIRST_YEAR, LAST_YEAR, required=True) or FIRST_YEAR
    last = entry.whole("to", FIRST_YEAR, LAST_YEAR, required=True) or LAST_YEAR
    if last < first:
        entry.wrong("to", f"{last} is before {first}", "put the earlier year into `from`")
    found = TaskAtRisk(
        task=entry.text("task", required=True),
        first_year=first,
        last_year=last,
        why=entry.text("why", required=True),
    )
    entry.done()
    return found


def _salary(table: Table) -> Salary | None:
    entry = table.table("salary")
    if entry is None:
        return None
    currency = entry.currency("currency")
    growth, senior = entry.table("growth_percent_per_year"), entry.table("senior_per_year")
    low, high = (
        (growth.whole("low", 0, MAX_PERCENT, required=True), growth.whole("high", 0, MAX_PERCENT))
        if growth
        else (None, None)
    )
    pay = (senior.money("low", currency), senior.money("high", currency)) if senior else (None,) * 2
    if growth and low is not None and high is not None and high < low:
        growth.wrong("high", f"{high} is below {low}", "put the smaller number into `low`")
    if senior and pay[0] and pay[1] and pay[1] < pay[0]:
        senior.wrong("high", f"{pay[1]} is below {pay[0]}", "put the smaller amount into `low`")
    for part in (growth, senior):
        if part:
            part.done()
    found = Salary(
        growth_low=low,
        growth_high=high,
        senior_low=pay[0],
        senior_high=pay[1],
        senior_note=entry.text("senior_note"),
        note=entry.text("note"),
        source=entry.text("source", required=True),
    )
    entry.done()
    return found


def specialization(table: Table) -> Specialization:
    """Read a file of `specializations/`; it is the general one when slug and role are equal."""
    slug, of_role = table.slug("slug"), table.slug("role")
    found = Specialization(
        slug=slug,
        role=of_role,
        name=table.text("name", required=True, most=80),
        general=slug == of_role,
        risk_category=table.choice("risk_category", RiskCategory),
        overview=table.text("overview"),
        tasks_automated=table.texts("tasks_automated"),
        tasks_augmented=table.texts("tasks_augmented"),
        horizon_1_2_years=table.text("horizon_1_2_years"),
        horizon_3_5_years=table.text("horizon_3_5_years"),
        skills=_skills(table),
        opportunities=table.texts("opportunities"),
        positioning=table.text("positioning"),
        portfolio_evidence=table.texts("portfolio_evidence"),
        covers=_covers(table),
        plan=tuple(_plan_week(entry) for entry in table.tables("plan")),
    )
    table.done()
    return found


def _skills(table: Table) -> Skills:
    entry = table.table("skills")
    if entry is None:
        return Skills()
    found = Skills(
        ai_tools=entry.texts("ai_tools"),
        technical=entry.texts("technical"),
        human=entry.texts("human"),
    )
    entry.done()
    return found


def _covers(table: Table) -> tuple[Cover, ...]:
    found: list[Cover] = []
    for entry in table.tables("covers"):
        area = entry.text("area", required=True, most=80)
        found.append(Cover(area=area, words=entry.text("words", most=80) or area))
        entry.done()
    return tuple(found)


def _plan_week(entry: Table) -> PlanWeek:
    tasks: list[PlanTask] = []
    for part in entry.tables("tasks"):
        task = part.text("task", required=True)
        tasks.append(PlanTask(task=task, result=part.text("result", required=True)))
        part.done()
    found = PlanWeek(
        number=entry.whole("week", 1, PLAN_WEEKS, required=True) or 0,
        headline=entry.text("headline", required=True, most=90),
        text=entry.text("text", required=True, most=600),
        tasks=tuple(tasks),
        tool=entry.slug("tool"),
        hours=entry.whole("hours", *PLAN_HOURS, required=True) or 0,
        skill=entry.text("skill", required=True, most=90),
    )
    entry.done()
    return found


def tools(table: Table) -> tuple[Tool, ...]:
    """Read `tools.yaml`."""
    found: list[Tool] = []
    for entry in table.tables("tools"):
        name = entry.text("name", required=True, most=80)
        found.append(
            Tool(
                slug=entry.slug("slug"),
                name=name,
                aliases=entry.texts("aliases"),
                project_url=entry.url("project_url", required=True),
                release_feed=entry.url("release_feed"),
                source_name=entry.text("source_name", most=80) or f"{name} release notes",
                area=entry.text("area", required=True, most=80),
                concerns=entry.slugs("concerns"),
            )
        )
        entry.done()
    table.done()
    return tuple(found)


def tiers(table: Table) -> tuple[Tier, ...]:
    """Read `tiers.yaml`; a tier without `price` is free, one with a price says for how long."""
    found: list[Tier] = []
    for entry in table.tables("tiers"):
        price, billing = _price(entry), entry.choice("billing", Billing)
        if entry.has("price") != entry.has("billing"):
            remedy = "give both `price` and `billing`, or neither for a free tier"
            entry.wrong("billing", "price and billing go together", remedy)
        found.append(
            Tier(
                slug=entry.slug("slug"),
                name=entry.text("name", required=True, most=80),
                price=price,
                billing=billing,
                summary=entry.text("summary"),
                includes=entry.texts("includes"),
                without=entry.choices("without", Extra),
            )
        )
        entry.done()
    table.done()
    return tuple(found)


def _price(entry: Table) -> Money | None:
    part = entry.table("price")
    if part is None:
        return None
    price = part.money("amount", part.currency("currency"), required=True)
    part.done()
    return price


def assessment(table: Table) -> Assessment:
    """Read a file of `assessment/`."""
    areas: list[SkillArea] = []
    for entry in table.tables("areas"):
        areas.append(
            SkillArea(
                slug=entry.slug("slug"),
                name=entry.text("name", required=True, most=80),
                tools=entry.slugs("tools"),
                tags=entry.texts("tags"),
            )
        )
        entry.done()
    found = Assessment(
        role=table.slug("role"),
        intro=table.text("intro", required=True),
        areas=tuple(areas),
        questions=tuple(_question(entry) for entry in table.tables("questions")),
    )
    table.done()
    return found


def _question(entry: Table) -> Question:
    answers: list[Answer] = []
    for part in entry.tables("answers"):
        answers.append(
            Answer(
                slug=part.slug("slug"),
                text=part.text("text", required=True, most=200),
                points=part.whole("points", 0, MAX_POINTS) or 0,
                area=part.slug("area", required=False) or None,
            )
        )
        part.done()
    found = Question(
        slug=entry.slug("slug"),
        about=entry.choice("about", QuestionAbout, required=True) or QuestionAbout.TASK,
        text=entry.text("text", required=True, most=200),
        hint=entry.text("hint", most=300),
        why=entry.text("why", required=True, most=400),
        area=entry.slug("area", required=False) or None,
        task=entry.text("task", most=200),
        answers=tuple(answers),
    )
    entry.done()
    return found
