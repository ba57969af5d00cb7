"""Turns block specs into the plain data that templates lay out; never escapes or compiles."""

from __future__ import annotations

from typing import TYPE_CHECKING

from briefings.errors import Misconfigured
from briefings.model.catalogue import PLAN_WEEKS, RiskCategory
from briefings.model.edition import (
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
from briefings.model.news import Kind
from briefings.render.drawings import YearAxis, gauge, percent, year_line
from briefings.render.marked import Piece, in_words, pieces
from briefings.render.pay import figures, pay_view
from briefings.render.words import day, inner, link, opening, sentence
from briefings.weeks import Week

if TYPE_CHECKING:
    from briefings.model.catalogue import TaskAtRisk
    from briefings.model.edition import BlockSpec
    from briefings.render.site import Site
    from briefings.render.templates import Plain

View = dict[str, "Plain"]

_ZONES = tuple(
    sum(RiskCategory.of_level(level) is category for level in range(1, 11))
    for category in RiskCategory
)
RISK_CELLS = 10


def view(spec: BlockSpec, site: Site) -> tuple[str, View]:
    """Give a block's kind, which names its templates, and what they see.

    Raises UnsafeValue for a link that is no web address, Misconfigured for a spec that has nothing
    to show (a role without any word on its risk).
    """
    match spec:
        case HeadBlock():
            kind, data = "head", _head(spec, site)
        case ItemBlock():
            kind, data = "item", _item(spec, site)
        case HeadingBlock():
            kind, data = "heading", _heading(spec)
        case OverflowBlock():
            kind, data = "overflow", _overflow(spec)
        case RoleBlock():
            kind, data = "role", _role(spec, site)
        case PlanBlock():
            kind, data = "plan", _plan(spec)
        case ClosingBlock():
            kind, data = "closing", _closing(spec)
        case RelatedBlock():
            kind, data = "related", _related(spec)
        case _:
            kind, data = "foot", _foot(spec, site)
    return kind, data


def _head(spec: HeadBlock, site: Site) -> View:
    week = Week.parse(spec.week)
    return {
        "brand": site.name,
        "subject": spec.subject,
        "preheader": spec.preheader,
        "week": f"Week {week.number}",
        "days": week.label(),
        "year": year_line(week),
        "specialization": spec.specialization,
        "title": spec.title,
        "intro": spec.intro,
        "greets": "" if spec.public else "yes",
    }


def _item(spec: ItemBlock, site: Site) -> View:
    news = spec.item.news
    place = f"item {spec.item.id}"
    boxed = bool(news.pay) and spec.drawn
    card: View = {
        "label": news.label,
        "tone": _tone(spec),
        "loud": news.inked is not None or news.kind is not Kind.TOOL_CHANGE,
        "date": "" if boxed else day(news.date, Week.parse(spec.item.week).year),
        "headline": news.headline,
        "number": str(spec.item.id),
        "url": link(f"{site.base_url}/items/{spec.item.id}", "BASE_URL"),
        "summary": tuple(map(_piece, pieces(news.summary))),
        "summary_text": in_words(news.summary),
        "do": news.do,
        "why": sentence(spec.why_you),
        "source": {"name": news.source_name, "url": link(news.source_url, place)},
        "pay": "",
    }
    if boxed:
        card["pay"] = pay_view(news, spec.role_name, spec.growth_note, place)
        if any(figure.source_url == news.source_url for figure in figures(news)):
            card["source"] = ""  # stands with the figures
    return card


def _piece(piece: Piece) -> View:
    return {
        "text": piece.text,
        "strong": piece.strong,
        "emphasis": piece.emphasis,
        "code": piece.code,
        "url": piece.url,
        "gap": piece.gap,
    }


def _tone(spec: ItemBlock) -> str:
    """Fill, tint or dash the label in the week itself only; in lists of the past all are quiet."""
    news = spec.item.news
    if spec.past:
        return "past"
    if news.inked is not None:
        return news.inked.value
    return "plain" if news.kind is Kind.TOOL_CHANGE else "ink"


def _role(spec: RoleBlock, site: Site) -> View:
    role = spec.role
    category = role.risk_category or spec.specialization.risk_category
    if role.risk_level is not None:
        category = role.risk_category or RiskCategory.of_level(role.risk_level)
    if category is None:
        raise Misconfigured(
            f"Role {role.slug} has neither a risk level nor a category: leave its block out."
        )
    return {
        "name": role.name,
        "level": "" if role.risk_level is None else str(role.risk_level),
        "category": category.value,
        "category_title": opening(category.value),
        "cells": () if role.risk_level is None else gauge(role.risk_level, RISK_CELLS),
        "zones": tuple(
            {"name": zone.value, "width": percent(100 * cells / RISK_CELLS)}
            for zone, cells in zip(RiskCategory, _ZONES, strict=True)
        ),
        "source": sentence(role.source),
        "url": link(f"{site.base_url}/roles/{role.slug}", "BASE_URL"),
        "tasks": _tasks(spec) if role.tasks_at_risk else "",
    }


def _tasks(spec: RoleBlock) -> View:
    tasks, today = spec.role.tasks_at_risk, spec.today
    axis = YearAxis.over(tasks, today)
    return {
        "headline": _first_to_go(tasks, today.year),
        "tasks": tuple(
            {
                "task": task.task,
                "years": f"{task.first_year}\N{EN DASH}{task.last_year}",
                "why": sentence(opening(task.why)),
                "span": axis.span(task),
            }
            for task in tasks
        ),
        "axis": axis.labels(),
    }


def _first_to_go(tasks: tuple[TaskAtRisk, ...], year: int) -> str:
    """Name the task whose time is up next; the first one listed where two are."""
    open_tasks = [task for task in tasks if task.last_year >= year]
    if not open_tasks:
        return "Work that has gone to machines"
    first = min(open_tasks, key=lambda task: task.last_year)
    when = "this year" if first.last_year == year else f"by {first.last_year}"
    return f"Next to go, {when}: {inner(first.task)}"


def _plan(spec: PlanBlock) -> View:
    step = spec.step
    weeks = range(1, PLAN_WEEKS + 1)
    return {
        "number": str(step.number),
        "of": str(PLAN_WEEKS),
        "before": 2 * (step.number - 1),
        "after": 2 * (PLAN_WEEKS - step.number),
        "weeks": tuple("mine" if week <= step.number else "off" for week in weeks),
        "headline": step.headline,
        "text": step.text,
        "tasks": tuple(
            {"task": sentence(task.task), "result": sentence(inner(task.result))}
            for task in step.tasks
        ),
        "tool": {"name": spec.tool.name, "url": link(spec.tool.project_url, spec.tool.slug)},
        "hours": "1 hour" if step.hours == 1 else f"{step.hours} hours",
    }


def _overflow(spec: OverflowBlock) -> View:
    one = spec.count == 1
    return {"what": f"{spec.count} more item{'' if one else 's'}", "them": "it" if one else "them"}


def _closing(spec: ClosingBlock) -> View:
    weeks = ("mine",) * PLAN_WEEKS
    *most, last = ("", *spec.others)
    names = f"{', '.join(most[1:])} and {last}" if most[1:] else last
    verb = "has" if len(spec.others) == 1 else "have"
    return {
        "before": 0,
        "after": 0,
        "weeks": weeks,
        "evidence": spec.portfolio_evidence,
        "others": f"{names} {verb} a plan, too" if names else "",
    }


def _heading(spec: HeadingBlock) -> View:
    return {"text": spec.text, "note": sentence(spec.note)}


def _foot(spec: FootBlock, site: Site) -> View:
    return {
        "address": site.postal_address,
        "reply_to": "" if spec.public else site.reply_to,
        "asks": "yes" if spec.asks else "",
        "sign_up": link(f"{site.base_url}/subscribe", "BASE_URL") if spec.public else "",
    }


def _related(spec: RelatedBlock) -> View:
    return {"roles": tuple(_related_role(*role) for role in spec.roles)}


def _related_role(name: str, level: int | None, category: str | None) -> View:
    word = category or (RiskCategory.of_level(level).value if level is not None else "not rated")
    return {
        "name": name,
        "level": "" if level is None else str(level),
        "word": word,
        "cells": () if level is None else gauge(level, RISK_CELLS),
    }
