"""Block specs of three sample mails, made by hand from facts with their sources, and ways to join them.

Tool changes, pay and the role profile are real; plan texts, the related role without a level and the
role update are samples and say so. Nothing here reads the catalogue, so golden mails stay put.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from briefings.model.catalogue import (
    PlanTask,
    PlanWeek,
    RiskCategory,
    Role,
    Specialization,
    TaskAtRisk,
    Tool,
)
from briefings.model.edition import (
    BlockSpec,
    ClosingBlock,
    FootBlock,
    HeadBlock,
    HeadingBlock,
    ItemBlock,
    OverflowBlock,
    PlanBlock,
    RelatedBlock,
    RoleBlock,
)
from briefings.model.money import Money, PayFigure
from briefings.model.news import Change, Item, ItemState, Kind, News, PayRow
from briefings.render import Renderer, Site
from briefings.slots import Sheet, decode_block, values_for

if TYPE_CHECKING:
    from collections.abc import Sequence

    from briefings.model.edition import Block

TEMPLATES = Path(__file__).parents[3] / "templates" / "email"
GOLDEN = Path(__file__).parents[2] / "golden" / "mail"
SITE = Site(
    base_url="https://briefings.example",
    postal_address="Briefings (demo), 1 Sample Street, 12345 Sampletown",
    reply_to="editors@briefings.example",
)
VALUES = {
    "name": "Robin",
    "plan_url": "https://briefings.example/plan/l-1234567890abcdefghijklmnopqrstuvwxyz",
    "preferences_url": "https://briefings.example/preferences/p-1234567890abcdefghijklmnopqrstuvwxyz",
    "feedback_url": "https://briefings.example/feedback/f-1234567890abcdefghijklmnopqrstuvwxyz",
    "unsubscribe_url": "https://briefings.example/unsubscribe/u-1234567890abcdefghijklmnopqrstuvwxyz",
    "view_url": "https://briefings.example/archive/v-1234567890abcdefghijklmnopqrstuvwxyz",
    "specializations": "MLOps Engineer and MLOps & AI Infrastructure",
    "when": "Mondays at 08:00, your time",
}
MONDAY = date(2026, 8, 24)


def renderer() -> Renderer:
    return Renderer(TEMPLATES, SITE)


@cache
def _shared() -> Renderer:
    """One renderer for tests that do not count: loading the templates takes a fifth of a second."""
    return renderer()


def item(
    number: int = 1, *, week: str = "2026-W34", why: str = "", past: bool = False, **news: object
) -> ItemBlock:
    """One item card; every word of the news can be given."""
    words: dict[str, object] = {
        "kind": Kind.TOOL_CHANGE,
        "headline": "Grafana 13.2 is out",
        "summary": "The minor release of August.",
        "date": date(2026, 8, 18),
        "source_name": "Grafana upgrade guide",
        "source_url": "https://grafana.com/docs/grafana/latest/upgrade-guide/when-to-upgrade/",
        "change": Change.RELEASE,
        **news,
    }
    return ItemBlock(
        item=Item(
            id=number,
            revision=1,
            state=ItemState.QUEUED,
            week=week,
            news=News(**words),  # type: ignore[arg-type]
        ),
        why_you=why or "MLOps Engineer covers infrastructure as code.",
        past=past,
        role_name="MLOps Engineer",
    )


_GITHUB = "https://github.com"
TERRAFORM = item(
    11,
    change=Change.SECURITY,
    headline="Terraform 1.15.9 updates go-slug for CVE-2026-14978",
    summary="A flaw in how Unicode names are normalised could upload files that .terraformignore "
    "should have kept out. Validation of child modules is fixed as well.",
    do="move to 1.15.9.",
    date=date(2026, 8, 19),
    source_name="Terraform release notes",
    source_url=f"{_GITHUB}/hashicorp/terraform/releases/tag/v1.15.9",
)
ARGO = item(
    12,
    change=Change.BREAKING,
    headline="Argo Workflows 4.1.2 changes SSO tokens and signs users out once",
    summary="The session token gets shorter, which cures the oversized cookies of 4.1.0 and 4.1.1. "
    "Saved command-line tokens stop working.",
    do="tell users before you upgrade, and fetch saved CLI tokens again.",
    why="MLOps Engineer covers workflow orchestration.",
    date=date(2026, 8, 21),
    source_name="Argo Workflows release notes",
    source_url=f"{_GITHUB}/argoproj/argo-workflows/releases/tag/v4.1.2",
)
FEAST = item(
    13,
    headline="Feast 0.66 links MLflow and external credentials",
    summary="The operator can set up MLflow, data sources can point to outside credentials, and "
    "OIDC tokens can be checked for audience and issuer.",
    why="MLOps Engineer covers feature stores.",
    date=date(2026, 8, 21),
    source_name="Feast release notes",
    source_url=f"{_GITHUB}/feast-dev/feast/releases/tag/v0.66.0",
)
TRAINER = item(
    14,
    headline="Training Operator v1 receives a maintenance update",
    summary="The v1 line moves to Kubernetes 1.36 libraries and cleans up pods when a job passes "
    "its retry limit.",
    why="MLOps Engineer covers training jobs.",
    source_name="Kubeflow Trainer release notes",
    source_url=f"{_GITHUB}/kubeflow/trainer/releases/tag/v1.9.4",
)
GRAFANA = item(15, why="MLOps Engineer covers observability.")
EARLIER = (
    item(
        16,
        past=True,
        change=Change.BREAKING,
        headline="wandb 0.28.1 requires protobuf 5 and W&B Server 0.70",
        summary="Support for protobuf 4 ends, and servers older than 0.70.0 no longer work with it.",
        do="move the server first.",
        why="MLOps Engineer works with Weights & Biases.",
        date=date(2026, 7, 16),
        source_name="Weights & Biases release notes",
        source_url=f"{_GITHUB}/wandb/wandb/releases/tag/v0.28.1",
    ),
    item(
        17,
        past=True,
        change=Change.SECURITY,
        headline="Kubeflow Pipelines 2.17 fixes SSRF, SQL injection and namespace leaks",
        summary="Artifact look-ups validate the namespace (CVE-2023-6570), and page tokens cannot "
        "inject SQL any more.",
        do="move to 2.17.0.",
        why="MLOps Engineer works with Kubeflow.",
        date=date(2026, 7, 8),
        source_name="Kubeflow Pipelines release notes",
        source_url=f"{_GITHUB}/kubeflow/pipelines/releases/tag/2.17.0",
    ),
    item(
        18,
        past=True,
        headline="Feast 0.65 adds Aerospike and ScyllaDB stores and Iceberg catalogs",
        summary="Two online stores and an Iceberg REST source arrive.",
        why="MLOps Engineer covers feature stores.",
        date=date(2026, 7, 20),
        source_name="Feast release notes",
        source_url=f"{_GITHUB}/feast-dev/feast/releases/tag/v0.65.0",
    ),
)
_SURVEY = {
    2024: (
        "full year",
        "aijobs.net salary survey (github.com/foorilla/ai-jobs-net-salaries) snapshot 2025-01-19",
        f"{_GITHUB}/foorilla/ai-jobs-net-salaries/blob/9c225876510af8fbdabdb7ca39d1a6d44be0072b/salaries.csv",
    ),
    2025: (
        "about January to early July 2025; top 1% capped to group maximum",
        "aijobs.net salary survey, de-duplicated later copy of about July 2025 (github.com/Olena-Lytvynenko/data-science-salary-analysis)",
        f"{_GITHUB}/Olena-Lytvynenko/data-science-salary-analysis/blob/bd8ecfc54fa07aee0686bee1ae8b75f4901de9ff/data/cleaned_salaries.csv",
    ),
}


def figure(
    year: int, n: int, quartiles: tuple[int, int, int], region: str = "US", level: str = "all"
) -> PayFigure:
    """Pay of MLOps Engineers in whole dollars, from the survey of that year."""
    note, source, url = _SURVEY[year]
    p25, median, p75 = (Money.of(dollars, "USD") for dollars in quartiles)
    return PayFigure(
        region=region,
        level=level,
        year=year,
        n=n,
        p25=p25,
        median=median,
        p75=p75,
        low_sample=n < 30,
        period_note=note,
        source=source,
        source_url=url,
        licence="CC0-1.0",
    )


US_ALL = PayRow(
    before=figure(2024, 58, (121250, 170320, 207500)),
    now=figure(2025, 47, (137722, 170500, 216100)),
)
US_SENIOR = PayRow(
    before=figure(2024, 38, (136400, 180000, 213750), level="senior"),
    now=figure(2025, 37, (140000, 170500, 220000), level="senior"),
)
GLOBAL_ALL = PayRow(
    before=figure(2024, 69, (114800, 160000, 198000), region="global"),
    now=figure(2025, 65, (125000, 156200, 198000), region="global"),
)
GLOBAL_SENIOR = PayRow(
    before=figure(2024, 47, (113900, 170000, 205000), region="global", level="senior"),
    now=figure(2025, 47, (135222, 160000, 212000), region="global", level="senior"),
)


def pay(*rows: PayRow, growth: bool = True, **news: object) -> ItemBlock:
    """The pay box of these rows."""
    block = item(
        19,
        **{
            "kind": Kind.SALARY_NEWS,
            "change": None,
            "headline": "The median stands where it stood",
            "summary": "$170,500 against $170,320 a year earlier: less than chance explains.",
            "date": date(2026, 8, 17),
            "source_name": "aijobs.net salary survey",
            "source_url": _SURVEY[2025][2],
            "pay": rows,
            **news,
        },
        why="These are figures of MLOps Engineers.",
    )
    note = "Our role profile expects growth of 15\N{EN DASH}20 % a year: two sources, not averaged."
    return replace(block, growth_note=note if growth else "")


UPDATE = item(
    20,
    kind=Kind.ROLE_UPDATE,
    change=None,
    headline="Sample: the exposure figure of a neighbouring occupation was revised",
    summary="The rated share of tasks of Software Developers is 0.8684; this sample says how an "
    "update looks, not that it changed.",
    why="It is a figure for your role.",
    date=date(2026, 8, 17),
    source_name="GPTs are GPTs, occupation scores",
    source_url=f"{_GITHUB}/openai/GPTs-are-GPTs",
)
MLOPS = Role(
    slug="mlops-engineer",
    name="MLOps Engineer",
    industry="technology",
    risk_level=3,
    risk_category=RiskCategory.LOW,
    source="role impact profile",
    tasks_at_risk=(
        TaskAtRisk(
            task="Standard model deployment pipelines",
            first_year=2025,
            last_year=2027,
            why="managed platforms take over the standard case",
        ),
        TaskAtRisk(
            task="Basic model monitoring set-up",
            first_year=2024,
            last_year=2026,
            why="ML platforms ship monitoring built in",
        ),
        TaskAtRisk(
            task="Data-pipeline boilerplate",
            first_year=2025,
            last_year=2027,
            why="code assistants write the standard parts",
        ),
    ),
)
AI_ENGINEER = Role(
    slug="ai-engineer",
    name="AI Engineer",
    industry="technology",
    risk_category=RiskCategory.LOW,
)


def specialization(role: Role, **more: object) -> Specialization:
    return Specialization(slug=role.slug, role=role.slug, name=role.name, general=True, **more)  # type: ignore[arg-type]


def role_block(role: Role = MLOPS, today: date = MONDAY, **more: object) -> RoleBlock:
    return RoleBlock(role=role, specialization=specialization(role, **more), today=today)


KUBERNETES = Tool(
    slug="kubernetes",
    name="Kubernetes",
    project_url="https://kubernetes.io/",
    source_name="Kubernetes release notes",
    area="orchestration",
)


def plan(number: int = 5, hours: int = 4) -> PlanBlock:
    return PlanBlock(
        specialization="MLOps Engineer",
        step=PlanWeek(
            number=number,
            headline="Kubernetes for ML workloads, part one (sample step)",
            text="Pick one training job you own. Write down what it asks for and what it uses.",
            tasks=(
                PlanTask(
                    task="Watch one training job for a day",
                    result="a table of asked and used CPU, memory and GPU",
                ),
                PlanTask(
                    task="Set its requests and limits from what you saw.",
                    result="The job runs with them in a test cluster.",
                ),
            ),
            tool="kubernetes",
            hours=hours,
            skill="kubernetes",
        ),
        tool=KUBERNETES,
    )


RELATED = RelatedBlock(
    roles=(
        ("Cybersecurity Analyst", 3, "low"),
        ("Cloud Architect", 3, "low"),
        ("DevOps Engineer", 4, "medium"),
        ("Software Engineer", 5, "medium"),
        ("Data Scientist", 6, "medium"),
        ("Full Stack Developer", 6, "medium"),
        ("Web Developer", 7, "high"),
        ("IT Support Specialist", 7, "high"),
    )
)


def head(
    title: str = "Update Terraform first, then check Argo Workflows", **more: str
) -> HeadBlock:
    words = {
        "week": "2026-W34",
        "specialization": "MLOps Engineer",
        "subject": "Terraform 1.15.9 updates go-slug for CVE-2026-14978",
        "preheader": "One security fix, one breaking change, three releases. Pay is flat. "
        "Plan week 5 of 12.",
        "intro": "Two of the five tool changes below ask something of you; the other three can "
        "wait. Pay has not moved, and your plan is in week 5.",
        **more,
    }
    return HeadBlock(title=title, **words)


FULL_WEEK: tuple[BlockSpec, ...] = (
    head(),
    *(TERRAFORM, ARGO, FEAST, TRAINER, GRAFANA),
    role_block(),
    UPDATE,
    pay(US_ALL, US_SENIOR, GLOBAL_ALL, GLOBAL_SENIOR),
    plan(),
    RELATED,
    FootBlock(asks=True),
)
MERGED: tuple[BlockSpec, ...] = (
    head(
        specialization="MLOps & AI Infrastructure",
        preheader="One security fix, one breaking change. Your plan is over: what comes next.",
        intro="Two of the three tool changes below ask something of you; the other one can wait.",
    ),
    TERRAFORM,
    ARGO,
    role_block(AI_ENGINEER),
    HeadingBlock(text="MLOps Engineer"),
    FEAST,
    HeadingBlock(text="Earlier", note="MLOps Engineer, from earlier weeks, and new to you."),
    *EARLIER,
    OverflowBlock(count=3),
    ClosingBlock(
        specialization="MLOps & AI Infrastructure",
        portfolio_evidence=(
            "shorter model deployment time",
            "better GPU utilisation",
            "lower cost per inference",
        ),
    ),
    FootBlock(asks=True),
)
QUIET: tuple[BlockSpec, ...] = (
    head(
        title="A quiet week: your plan is in week 1",
        subject="A quiet week: your plan is in week 1",
        week="2026-W53",
        preheader="A quiet week. Plan week 1 of 12.",
        intro="A quiet week: none of your tools changed. Your plan step is below.",
    ),
    role_block(
        Role(slug="web-developer", name="Web Developer", industry="technology", risk_level=7)
    ),
    plan(1, hours=3),
    FootBlock(asks=True),
)
SAMPLES = {"full-week": FULL_WEEK, "merged": MERGED, "quiet": QUIET}


@dataclass(frozen=True, slots=True, kw_only=True)
class Mail:
    """A finished mail: decoded parts, and how many bytes the encoded parts have."""

    html: str
    text: str
    html_bytes: int
    text_bytes: int


def mail(blocks: Sequence[Block], values: dict[str, str] | None = None) -> Mail:
    """Join blocks and fill their slots as the sender does."""
    parts = [_part([getattr(block, kind) for block in blocks], values) for kind in ("html", "text")]
    (html, html_bytes), (text, text_bytes) = parts
    return Mail(html=html, text=text, html_bytes=html_bytes, text_bytes=text_bytes)


def _part(encoded: list[bytes], values: dict[str, str] | None) -> tuple[str, int]:
    sheet = Sheet.of(encoded)
    given = values or VALUES
    sheet.check(given)
    filled = sheet.fill(values_for(sheet.slots, given))
    return decode_block(filled), len(filled)


def mail_of(*specs: BlockSpec, values: dict[str, str] | None = None) -> Mail:
    """Render and join specs."""
    return mail([_shared().render(spec) for spec in specs], values)


def shown_of(spec: BlockSpec) -> tuple[str, str]:
    """The decoded HTML and text of one block."""
    block = _shared().render(spec)
    return decode_block(block.html), decode_block(block.text)
