"""Figures that imports leave behind for comparison and for role pages; never news by themselves.

How they are named, written and ordered stands here, too, because drafts and pages do it alike.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

from briefings.model.catalogue import plain_name
from briefings.model.money import Money, PayFigure

PREVIOUS = "_previous"
"""What ends the name of a metric that is another one's earlier figure in the same file."""
_WORDS = {
    "ilo_genai_mean_score": "mean exposure score for generative AI",
    "ilo_genai_score_sd": "spread of the exposure scores for generative AI",
    "ilo_exposure_category": "exposure category for generative AI",
    "ilo_task_count": "number of tasks that the source rates",
    "aioe_score": "AI occupational exposure score",
    "aioe_language_modeling_score": "AI occupational exposure score for language models",
    "llm_exposure_score": "AI exposure score given by a language model",
    "us_wage_p25": "lower quartile of US wages",
    "us_wage_median": "median US wage",
    "us_wage_p75": "upper quartile of US wages",
    "us_median_pay": "US median pay",
    "us_employment": "US employment",
    "us_jobs": "number of US jobs",
    "us_job_outlook_pct": "outlook for US jobs",
    "task_count": "number of tasks that the source rates",
    "gpt4_label_e0_share": "share of tasks not exposed (E0), rated by GPT-4",
    "gpt4_label_e1_share": "share of tasks exposed to a language model alone (E1), rated by GPT-4",
    "gpt4_label_e2_share": "share of tasks exposed with software around it (E2), rated by GPT-4",
    **{
        f"{who}_rated_exposure_{grade}": f"share of tasks exposed to language models ({grade}), "
        f"rated by {rater}"
        for who, rater in (("gpt4", "GPT-4"), ("human", "people"))
        for grade in ("alpha", "beta", "gamma")
    },
}
_NUMBER = re.compile(r"-?[0-9]{1,15}(\.[0-9]{1,9})?")
_REGIONS_FIRST = ("us", "global")
_LEVELS_FIRST = ("all", "entry", "mid", "senior", "executive")


class Mapping(StrEnum):
    """Whether a figure is about the role's own occupation or about a neighbouring one."""

    DIRECT = "direct"
    PROXY = "proxy"


@dataclass(frozen=True, slots=True, kw_only=True)
class Metric:
    """One figure about an occupation, as one source gives it for one year.

    `role` is the slug of the role in the catalogue, `role_name` the file's own name for it;
    `value` is kept as the source writes it, because a category is a value, too. `scale` is the
    unit in the source's words. Two sources are never mixed.
    """

    role: str
    role_name: str
    code_system: str
    code: str
    occupation: str
    mapping: Mapping
    metric: str
    value: str
    scale: str
    year: int
    source: str
    source_url: str
    licence: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PayEntry:
    """A pay figure under the name that the survey gives the role.

    `role` is the slug in the catalogue, None for a role that we do not carry; `titles` are the
    job titles that the survey counted, empty where it does not say.
    """

    role_name: str
    role: str | None
    figure: PayFigure
    titles: str = ""


def metric_words(metric: str) -> str:
    """Say what a metric is; one that nobody gave words keeps its name, with spaces."""
    if metric.endswith(PREVIOUS):
        return f"{metric_words(metric.removesuffix(PREVIOUS))}, before"
    return _WORDS.get(metric, metric.replace("_", " "))


def number(value: str) -> Decimal | None:
    """Give the number that a value is, or None for a category."""
    return Decimal(value) if _NUMBER.fullmatch(value) else None


def written(value: str, scale: str) -> str:
    """Write a value as its scale wants it: money, percent, or a number without needless zeros."""
    found = number(value)
    if found is None:
        return value
    if scale.startswith("USD"):
        return str(Money.of(found.quantize(Decimal("0.01")), "USD"))
    plain = f"{found:,f}"
    plain = plain.rstrip("0").rstrip(".") if "." in plain else plain
    return f"{plain} %" if scale.startswith("percent") else plain


def survey(source: str) -> str:
    """Give the survey's name without its edition: up to a comma or bracket, without years."""
    return plain_name(
        re.sub(r"\b(19|20)[0-9]{2}\b", " ", re.split(r"[,(;]", source, maxsplit=1)[0])
    )


def reading_order(figure: PayFigure) -> tuple[int, str, int, str]:
    """Sort pay as it is read: the US first, and all levels before single ones."""
    region, level = plain_name(figure.region), plain_name(figure.level)
    return (_rank(region, _REGIONS_FIRST), region, _rank(level, _LEVELS_FIRST), level)


def _rank(word: str, order: Sequence[str]) -> int:
    return order.index(word) if word in order else len(order)
