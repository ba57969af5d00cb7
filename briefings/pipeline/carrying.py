"""What a sign-up carries from the result of an assessment to the reader it makes (R10)."""

from __future__ import annotations

from dataclasses import replace

from briefings.model.assessment import Carried
from briefings.model.catalogue import Catalogue
from briefings.model.reader import Reader
from briefings.pipeline.assessing import with_assessment
from briefings.pipeline.chain import Chain
from briefings.readers import plan
from briefings.readers.assessment import known, score
from briefings.store import kept_assessments, plan_marks, readers
from briefings.store.database import Transaction
from briefings.store.kept_assessments import Kept
from briefings.weeks import zone


def checked(catalogue: Catalogue, carried: Carried) -> Carried | None:
    """Keep what the catalogue knows of it; None for a role that has no assessment."""
    found = with_assessment(catalogue, carried.role)
    if found is None or found.assessment is None:
        return None
    area = found.assessment.area(carried.focus)
    return replace(
        carried,
        focus=area.slug if area else "",
        starts_plan=carried.starts_plan and found.step is not None,
        answers=tuple(known(found.assessment, dict(carried.answers)).items()),
    )


def take_over(
    tx: Transaction, chain: Chain, catalogue: Catalogue, reader: Reader, carried: Carried
) -> None:
    """Give a reader who has just confirmed the focus, the plan's start and the kept answers."""
    now = chain.clock()
    assessment = catalogue.assessment(carried.role)
    if assessment is None:
        return
    if carried.focus:
        wanted = replace(reader.preferences, focus=carried.focus)
        readers.set_preferences(tx, reader.id, wanted, reader.timezone, reader.paused_until, now)
    if carried.starts_plan:
        today = now.astimezone(zone(reader.timezone or chain.schedule.timezone)).date()
        plan_marks.replace(tx, reader.id, reader.preferences.specializations[0], (), now)
        readers.set_plan(tx, reader.id, plan.first_day(today), 0, now)
    if carried.answers:
        answers = dict(carried.answers)
        exposure = score(assessment, answers).exposure
        kept = Kept(role=carried.role, answers=answers, exposure=exposure, at=now)
        kept_assessments.put(tx, reader.id, kept)
