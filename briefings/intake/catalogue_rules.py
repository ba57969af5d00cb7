"""What must hold between the parts of a catalogue: names, references, plans; it mends nothing."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from briefings.intake.yaml_fields import SLUG, closest
from briefings.model.assessment import MAX_AREAS, QuestionAbout
from briefings.model.catalogue import FREE_TIER, PLAN_TASKS, PLAN_WEEKS, plain_name

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping

    from briefings.intake.yaml_lines import Findings
    from briefings.model.assessment import Assessment, Question
    from briefings.model.catalogue import (
        PlanWeek,
        Role,
        Specialization,
        Tier,
        Tool,
    )

Place = tuple[str, str]  # file, path of the field or of the table around it
Names = tuple[str, list[tuple[str, Place]]]  # an owner's slug, and its names with their places
_SENTENCE = re.compile(r"(?<=[.!?])\s+")


def check_unique(findings: Findings, named: Iterable[tuple[str, Place]], kind: str) -> None:
    """Report a slug that two places claim."""
    first: dict[str, str] = {}
    for slug, (file, path) in named:
        if slug in first:
            findings.add(
                file, path, f"{kind} {slug!r} is already in {first[slug]}", "choose another slug"
            )
        elif slug:
            first[slug] = file


def check_names(findings: Findings, owners: Iterable[Names]) -> None:
    """Report a name or alias that two owners claim: an import could not choose.

    Each owner comes with its slug and name first; they win over the aliases of others.
    """
    first: dict[str, str] = {}
    known = list(owners)
    own, aliases = slice(0, 2), slice(2, None)
    for part in (own, aliases):
        for slug, names in known:
            for name, (file, path) in names[part]:
                if not name:
                    continue
                other = first.setdefault(plain_name(name), slug)
                if other != slug:
                    remedy = "keep it with the one that truly has this name"
                    findings.add(file, path, f"{name!r} also names {other}", remedy)


def check_reference(
    findings: Findings, place: Place, slug: str, known: Iterable[str] | None, kind: str
) -> None:
    """Report a slug that nothing carries; what is no slug was reported when it was read.

    `known` None means that the file with the slugs could not be read: then nothing is said.
    """
    if known is None:
        return
    names = set(known)
    if SLUG.fullmatch(slug) and slug not in names:
        findings.add(*place, f"there is no {kind} {slug!r}", closest(slug, names))


def check_role(
    findings: Findings, file: str, role: Role, roles: set[str], industries: set[str] | None
) -> None:
    """Check a role's references."""
    check_reference(findings, (file, "industry"), role.industry, industries, "industry")
    for number, slug in enumerate(role.related, 1):
        place = (file, f"related[{number}]")
        check_reference(findings, place, slug, roles, "role")
        if slug == role.slug:
            findings.add(*place, "the role is related to itself", "delete the entry")


def check_tools(
    findings: Findings, file: str, tools: tuple[Tool, ...], concerned: set[str]
) -> None:
    """Check that every tool concerns specializations that exist, and that its names are its own."""
    for number, tool in enumerate(tools, 1):
        for at, slug in enumerate(tool.concerns, 1):
            place = (file, f"tools[{number}].concerns[{at}]")
            check_reference(findings, place, slug, concerned, "specialization")
    check_unique(
        findings, [(t.slug, (file, f"tools[{n}].slug")) for n, t in enumerate(tools, 1)], "tool"
    )
    check_names(findings, [(t.slug, _names_of(file, n, t)) for n, t in enumerate(tools, 1)])


def _names_of(file: str, number: int, tool: Tool) -> list[tuple[str, Place]]:
    base = f"tools[{number}]"
    own = [(tool.slug, (file, f"{base}.slug")), (tool.name, (file, f"{base}.name"))]
    return own + [(a, (file, f"{base}.aliases[{n}]")) for n, a in enumerate(tool.aliases, 1)]


def check_specialization(
    findings: Findings, file: str, found: Specialization, roles: set[str], tools: set[str] | None
) -> None:
    """Check a specialization's role and its plan; without a plan it is complete, too."""
    check_reference(findings, (file, "role"), found.role, roles, "role")
    if found.slug in roles and not found.general:
        remedy = f"choose another slug, or write `role: {found.slug}`"
        findings.add(file, "slug", f"{found.slug!r} is the slug of another role", remedy)
    if found.plan:
        _check_plan(findings, file, found, tools)


def _check_plan(
    findings: Findings, file: str, found: Specialization, tools: set[str] | None
) -> None:
    numbers = [week.number for week in found.plan]
    if 0 not in numbers and numbers != list(range(1, PLAN_WEEKS + 1)):
        missing = [str(n) for n in range(1, PLAN_WEEKS + 1) if n not in numbers]
        lack = (
            f"lacks week {', '.join(missing)}" if missing else "is out of order or repeats a week"
        )
        findings.add(
            file, "plan", f"the plan {lack}", f"write weeks 1 to {PLAN_WEEKS}, once each, in order"
        )
    low, high = PLAN_TASKS
    for at, week in enumerate(found.plan, 1):
        check_reference(findings, (file, f"plan[{at}].tool"), week.tool, tools, "tool")
        if not low <= len(week.tasks) <= high:
            remedy = f"write {low} to {high} tasks, each with a result"
            findings.add(file, f"plan[{at}]", f"week has {len(week.tasks)} tasks", remedy)
    _check_last_week(findings, file, found)


def _check_last_week(findings: Findings, file: str, found: Specialization) -> None:
    place = f"plan[{len(found.plan)}]"
    if not found.portfolio_evidence:
        remedy = "list under `portfolio_evidence` what the plan proves in the end"
        findings.add(file, "plan", "the plan has no portfolio evidence to end in", remedy)
        return
    words = plain_name(" ".join(text for _, text in _texts(found.plan[-1])))
    if not any(plain_name(evidence) in words for evidence in found.portfolio_evidence):
        named = "; ".join(found.portfolio_evidence)
        findings.add(
            file, place, "the last week names no portfolio piece", f"name one in its words: {named}"
        )


def check_sentences(findings: Findings, plans: Iterable[tuple[str, Specialization]]) -> None:
    """Report a sentence that stands twice in a plan or across plans: readers would notice."""
    first: dict[str, str] = {}
    for file, found in plans:
        for at, week in enumerate(found.plan, 1):
            for path, text in _texts(week):
                where = f"plan[{at}].{path}"
                for sentence in _SENTENCE.split(text):
                    key = re.sub(r"\W+", " ", plain_name(sentence)).strip()
                    if not key:
                        continue
                    if key in first:
                        message = f"{sentence!r} already stands in {first[key]}"
                        findings.add(file, where, message, "say it in another way, or drop it")
                    first.setdefault(key, f"{file} at {where}")


def _texts(week: PlanWeek) -> list[tuple[str, str]]:
    found = [("headline", week.headline), ("text", week.text)]
    for number, task in enumerate(week.tasks, 1):
        found += [(f"tasks[{number}].task", task.task), (f"tasks[{number}].result", task.result)]
    return found


def check_assessment(
    findings: Findings,
    file: str,
    found: Assessment,
    *,
    roles: set[str],
    at_risk: Mapping[str, Collection[str]],
    tools: set[str] | None,
) -> None:
    """Check an assessment's role, areas, questions and answers.

    `at_risk` are the tasks at risk by role; a role that is not in it could not be read.
    """
    check_reference(findings, (file, "role"), found.role, roles, "role")
    if not at_risk.get(found.role, "unread"):
        findings.add(
            file,
            "role",
            f"role {found.role!r} has no tasks at risk, so there is no exposure to assess",
            "fill in `tasks_at_risk` from a source, or delete this file",
        )
    areas = {area.slug for area in found.areas}
    if len(found.areas) > MAX_AREAS:
        findings.add(
            file, "areas", f"has {len(found.areas)} areas", f"keep at most {MAX_AREAS} (rule R10)"
        )
    check_unique(
        findings,
        [(a.slug, (file, f"areas[{n}].slug")) for n, a in enumerate(found.areas, 1)],
        "area",
    )
    for number, area in enumerate(found.areas, 1):
        for at, slug in enumerate(area.tools, 1):
            place = (file, f"areas[{number}].tools[{at}]")
            check_reference(findings, place, slug, tools, "tool")
    if not found.questions:
        findings.add(file, "questions", "there are no questions", "write at least one")
    slugs = [(q.slug, (file, f"questions[{n}].slug")) for n, q in enumerate(found.questions, 1)]
    check_unique(findings, slugs, "question")
    for number, question in enumerate(found.questions, 1):
        base = f"questions[{number}]"
        check_reference(findings, (file, f"{base}.area"), question.area or "", areas, "area")
        if len(question.answers) < 2:  # noqa: PLR2004 - one answer is no choice
            findings.add(file, base, "a question needs two answers or more", "add an answer")
        answers = question.answers
        named = [(a.slug, (file, f"{base}.answers[{n}].slug")) for n, a in enumerate(answers, 1)]
        check_unique(findings, named, "answer")
        if question.task:
            _check_task(findings, (file, base), question, at_risk.get(found.role))
        for at, answer in enumerate(answers, 1):
            place = (file, f"{base}.answers[{at}].area")
            check_reference(findings, place, answer.area or "", areas, "area")


def _check_task(
    findings: Findings, place: Place, question: Question, known: Collection[str] | None
) -> None:
    """Check a question about time: more time in a task at risk must never count as safer."""
    file, base = place
    if known is not None and question.task not in known:
        remedy = closest(question.task, known) if known else "leave `task` out"
        findings.add(
            file, f"{base}.task", f"the role has no such task at risk: {question.task!r}", remedy
        )
    if question.about is not QuestionAbout.TASK:
        findings.add(file, f"{base}.about", "the question names a task", "write `about: task`")
    points = [answer.points for answer in question.answers]
    if points != sorted(points):
        remedy = "list them from most of the week to least, points from 0 up"
        findings.add(file, f"{base}.answers", "less time brings fewer points", remedy)


def check_tiers(findings: Findings, file: str, tiers: tuple[Tier, ...]) -> None:
    """Check that there is the free tier that every reader begins with."""
    named = [(tier.slug, (file, f"tiers[{n}].slug")) for n, tier in enumerate(tiers, 1)]
    check_unique(findings, named, "tier")
    if not any(tier.slug == FREE_TIER and tier.price is None for tier in tiers):
        remedy = f"add one with the slug `{FREE_TIER}` and without `price`"
        findings.add(file, "tiers", "there is no free tier", remedy)
