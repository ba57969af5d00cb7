"""The pages of roles and specializations, and the search over them; it changes nothing."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from fastapi import APIRouter, Request, Response
from starlette.concurrency import run_in_threadpool

from briefings.errors import NotFound
from briefings.model.catalogue import Role, Salary, Specialization
from briefings.model.figures import reading_order
from briefings.model.money import PayFigure
from briefings.pipeline.profiles import Facts, Profile
from briefings.readers.search import LONGEST, Found
from briefings.render.words import listed, sentence
from briefings.web.charts import pay_charts, time_line
from briefings.web.pages import described, page_of
from briefings.web.public.structured import role_data
from briefings.web.public.subscribe import SCRIPTS, in_place
from briefings.web.shelf import CACHE
from briefings.web.site import Site

SHOWN_TOOLS = 6
"""Tools that stand open; the others are one press away."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Hit:
    """A search result: where it leads, and what it is if its name does not say so."""

    page: str
    name: str
    note: str
    role: Role | None


@dataclass(frozen=True, slots=True, kw_only=True)
class PaySource:
    """A source of pay figures with the years that it is the source of."""

    name: str
    url: str
    licence: str
    years: str


def routes(site: Site) -> APIRouter:
    """The pages /roles, /roles/{slug} and /specializations/{slug}."""
    router = APIRouter()

    @router.api_route("/roles", methods=["GET", "HEAD"])
    async def roles(request: Request) -> Response:
        """List the roles, or those that `q` may mean."""
        query = " ".join(request.query_params.get("q", "").split())[:LONGEST]
        if query:
            return await run_in_threadpool(_found, site, query)
        return await site.shelf.answer(request, lambda: _list(site, "", ()))

    @router.api_route("/roles/{slug}", methods=["GET", "HEAD"])
    async def role(request: Request, slug: str) -> Response:
        """Show what is known about a role."""
        return await site.shelf.answer(request, lambda: _profile(site, site.facts().role(slug)))

    @router.api_route("/specializations/{slug}", methods=["GET", "HEAD"])
    async def specialization(request: Request, slug: str) -> Response:
        """Show a direction within a role; a general one is its role's page, under one address."""
        return await site.shelf.answer(request, lambda: _profile(site, site.facts().profile(slug)))

    return router


def _found(site: Site, query: str) -> Response:
    facts = site.facts()
    page = _list(site, query, tuple(_hits(facts, facts.index.find(query))))
    page.headers["cache-control"] = CACHE
    page.headers["x-robots-tag"] = "noindex"  # one page per query is none that anybody looks for
    return page


def _hits(facts: Facts, found: Iterable[Found]) -> Iterator[Hit]:
    for each in found:
        try:
            own = facts.catalogue.specialization(each.key)
        except NotFound:  # pragma: no cover - the index is made of this catalogue
            continue
        role = facts.catalogue.role(own.role)
        if each.near:
            note = f"nearest to {each.near}, a neighbouring job"
        else:
            note = "" if own.general else f"a direction of {role.name}"
        yield Hit(page=page_of(own), name=own.name, note=note, role=role if own.general else None)


def _list(site: Site, query: str, found: Sequence[Hit]) -> Response:
    catalogue = site.facts().catalogue
    names = {each.slug: each.name for each in catalogue.industries}
    by_industry: dict[str, list[tuple[Role, list[Specialization]]]] = {}
    for role in sorted(catalogue.roles, key=lambda each: each.name.casefold()):
        directions = [each for each in catalogue.specializations_of(role.slug) if not each.general]
        industry = names.get(role.industry, role.industry)
        by_industry.setdefault(industry, []).append((role, directions))
    return site.pages.show(
        "roles.html",
        site.week,
        title=f"Roles for {query}" if query else "Roles",
        section="roles",
        description="Every role that we write about, with the risk that AI means for its work.",
        canonical=site.canonical("/roles"),
        personal=False,
        query=query,
        found=found,
        industries=list(by_industry.items()),
    )


def _profile(site: Site, profile: Profile) -> Response:
    role, own = profile.role, profile.specialization
    overview = role.overview if own.general and role.overview else own.overview
    level = role.risk_level if own.general else None
    charts = pay_charts(profile.pay)
    canonical = site.canonical(page_of(own))
    description = described(overview) or f"What AI changes in the work of {own.name}."
    figures = sorted(
        (figure for series in profile.pay for figure in series.figures),
        key=lambda each: (reading_order(each), each.year),
    )
    page = site.pages.show(
        "role.html",
        site.week,
        title=f"{own.name}: what AI changes in the work",
        section="roles",
        description=description,
        canonical=canonical,
        personal=False,
        profile=profile,
        overview=overview,
        level=level,
        category=(role.risk_category if own.general else None) or own.risk_category,
        line=time_line(role.tasks_at_risk, site.today) if own.general else None,
        charts=charts,
        shown_tools=SHOWN_TOOLS,
        notes=_notes(figures),
        pay_rows=figures,
        pay_sources=_pay_sources(figures),
        salary=_salary_words(role.salary) if own.general and role.salary else "",
        form=in_place(site),
        data=role_data(profile, description=description, url=canonical, site=site.canonical("/")),
    )
    page.headers["content-security-policy"] = SCRIPTS  # a script of ours guesses the time zone
    return page


def _notes(figures: Iterable[PayFigure]) -> tuple[str, ...]:
    """Say once per year what it covers; a full year needs no words."""
    notes = {(f.year, f.period_note) for f in figures if f.period_note not in ("", "full year")}
    return tuple(sentence(f"{year} covers {note}") for year, note in sorted(notes))


def _pay_sources(figures: Iterable[PayFigure]) -> tuple[PaySource, ...]:
    years: dict[tuple[str, str, str], set[int]] = {}
    for figure in figures:
        key = (figure.source, figure.source_url, figure.licence)
        years.setdefault(key, set()).add(figure.year)
    return tuple(
        PaySource(name=name, url=url, licence=licence, years=listed(map(str, sorted(of))))
        for (name, url, licence), of in sorted(years.items(), key=lambda each: min(each[1]))
    )


def _salary_words(salary: Salary) -> str:
    """What the role profile says about pay, beside the survey and never mixed with it."""
    told: list[str] = []
    if salary.growth_low is not None and salary.growth_high is not None:
        told.append(
            f"Our role profile expects growth of {salary.growth_low}\N{EN DASH}"
            f"{salary.growth_high}\N{NO-BREAK SPACE}% a year."
        )
    if salary.senior_low is not None and salary.senior_high is not None:
        note = f" {salary.senior_note}" if salary.senior_note else ""
        told.append(
            f"For senior people it names {salary.senior_low} to {salary.senior_high}{note}."
        )
    if salary.note:
        told.append(sentence(salary.note))
    if told:
        told.append("We show it beside the survey and average nothing.")
    return " ".join(told)
