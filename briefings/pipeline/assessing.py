"""What the assessment pages show of the catalogue, and the score of answers; it stores nothing."""

from __future__ import annotations

from dataclasses import dataclass

from briefings.model.assessment import Assessment
from briefings.model.catalogue import Catalogue, PlanWeek, RiskCategory, Role, Specialization, Tool
from briefings.pipeline.chain import Chain
from briefings.pipeline.prepare import load_catalogue


@dataclass(frozen=True, slots=True, kw_only=True)
class Assessed:
    """One role with its assessment, if it has one, and where its plan would start.

    `specialization` is the general one: that is what a reader signs up for from here.
    """

    role: Role
    risk: RiskCategory | None
    specialization: Specialization
    assessment: Assessment | None
    step: PlanWeek | None
    tool: Tool | None


def assessed(chain: Chain, slug: str) -> Assessed:
    """Look at one role.

    Raises:
        NotFound: the catalogue has no such role.
    """
    return of_role(catalogue_of(chain), slug)


def catalogue_of(chain: Chain) -> Catalogue:
    """The catalogue as it was last loaded."""
    with chain.db.read() as tx:
        return load_catalogue(tx)


def of_role(catalogue: Catalogue, slug: str) -> Assessed:
    """The same out of a catalogue; NotFound. Without tasks at risk there is no assessment."""
    role = catalogue.role(slug)
    general = catalogue.specialization(role.slug)
    step = general.plan_week(1)
    level = role.risk_level
    return Assessed(
        role=role,
        risk=role.risk_category or (None if level is None else RiskCategory.of_level(level)),
        specialization=general,
        assessment=catalogue.assessment(slug) if role.tasks_at_risk else None,
        step=step,
        tool=catalogue.tool(step.tool) if step else None,
    )


def with_assessment(catalogue: Catalogue, slug: str) -> Assessed | None:
    """The same for a role that can be assessed; None for one that cannot, or that is not there."""
    if not any(role.slug == slug for role in catalogue.roles):
        return None
    found = of_role(catalogue, slug)
    return found if found.assessment is not None else None


def of_all_roles(chain: Chain) -> tuple[Assessed, ...]:
    """Every role, those with an assessment first."""
    catalogue = catalogue_of(chain)
    found = [of_role(catalogue, role.slug) for role in catalogue.roles]
    return tuple(sorted(found, key=lambda each: each.assessment is None))
