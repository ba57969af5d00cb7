"""Figures that imports leave behind for comparison and for role pages; never news by themselves."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from briefings.model.money import PayFigure


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
