"""The free assessment: one question per screen, answers in a sealed cookie, a result for anybody.

Nothing is stored here: the cookie belongs to one role's pages, so whoever closes the tab goes on
where they stopped, and the result asks for no address.
"""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Request, Response
from fastapi.responses import RedirectResponse

from briefings.errors import NotFound
from briefings.model.assessment import Assessment
from briefings.pipeline.assessing import Assessed, assessed, of_all_roles
from briefings.readers.assessment import first_open, known, score
from briefings.web.public.answers import COOKIE, COOKIE_SECONDS, open_answers, seal_answers
from briefings.web.public.subscribe import SCRIPTS, sign_up_values, unkept
from briefings.web.seals import BadSeal
from briefings.web.site import Fields, Site, first, form_fields, from_elsewhere

_SEE_OTHER = 303


def routes(site: Site) -> APIRouter:
    """The pages /assessment and those under /assessment/{role}."""
    router = APIRouter(prefix="/assessment")
    _asking(site, router)
    _concluding(site, router)
    return router


def _asking(site: Site, router: APIRouter) -> None:
    @router.api_route("", methods=["GET", "HEAD"])
    def every() -> Response:
        """List what can be assessed."""
        page = site.pages.show(
            "assessments.html",
            site.week,
            title="Free assessment",
            section="assessment",
            personal=False,
            roles=of_all_roles(site.app.chain),
        )
        page.headers["cache-control"] = "public, max-age=300"
        return page

    @router.api_route("/{role}", methods=["GET", "HEAD"])
    def ask(request: Request, role: str, q: int = 0) -> Response:
        """Show one question, or without a number what this is and where to go on."""
        found = assessed(site.app.chain, role)
        if found.assessment is None:
            return _none(site, found)
        given = read_answers(site, request, found.assessment)
        if q:
            return _question(site, found, found.assessment, given, q)
        return _start(site, found, found.assessment, given)

    @router.post("/{role}")
    def answer(
        request: Request, role: str, fields: Annotated[Fields, Depends(form_fields)]
    ) -> Response:
        """Take one answer and go on, after the last one to the result; or forget all answers."""
        if from_elsewhere(request):
            raise BadSeal("Another site sent this form. Open the assessment here.")
        found = assessed(site.app.chain, role)
        if found.assessment is None:
            return _none(site, found)
        if first(fields, "do") == "forget":
            return _forgotten(found)
        number = _number(first(fields, "q"), found.assessment)
        question = found.assessment.questions[number - 1]
        given = read_answers(site, request, found.assessment)
        chosen = known(found.assessment, {question.slug: first(fields, "answer")})
        if not chosen:
            return _question(site, found, found.assessment, given, number, missing=True)
        given = known(found.assessment, {**given, **chosen})
        last = number == len(found.assessment.questions)
        then = f"/assessment/{role}/result" if last else f"/assessment/{role}?q={number + 1}"
        page = unkept(RedirectResponse(then, _SEE_OTHER))
        page.set_cookie(
            COOKIE,
            seal_answers(site, role, given),
            max_age=COOKIE_SECONDS,
            path=f"/assessment/{role}",
            secure=site.is_https,
            httponly=True,
            samesite="lax",
        )
        return page


def _concluding(site: Site, router: APIRouter) -> None:
    @router.api_route("/{role}/result", methods=["GET", "HEAD"])
    def result(request: Request, role: str) -> Response:
        """Show what the answers come to, and how."""
        found = assessed(site.app.chain, role)
        if found.assessment is None:
            return _none(site, found)
        return _result(site, found, found.assessment, read_answers(site, request, found.assessment))


def read_answers(site: Site, request: Request, assessment: Assessment) -> dict[str, str]:
    """The answers that a browser brings along, those that the assessment still offers."""
    sealed = request.cookies.get(COOKIE, "")
    return known(assessment, open_answers(site, assessment.role, sealed))


def _number(text: str, assessment: Assessment) -> int:
    number = int(text) if text.isascii() and text.isdigit() else 0
    if not 1 <= number <= len(assessment.questions):
        raise NotFound(f"no question {text!r}: there are {len(assessment.questions)}")
    return number


def _forgotten(found: Assessed) -> Response:
    """Take the answers out of this browser."""
    page = unkept(RedirectResponse(f"/assessment/{found.role.slug}", _SEE_OTHER))
    page.delete_cookie(COOKIE, path=f"/assessment/{found.role.slug}")
    return page


def _none(site: Site, found: Assessed) -> Response:
    return site.pages.show(
        "no-assessment.html",
        site.week,
        title=f"No assessment for {found.role.name}",
        section="assessment",
        found=found,
    )


def _start(site: Site, found: Assessed, assessment: Assessment, given: dict[str, str]) -> Response:
    page = site.pages.show(
        "assessment.html",
        site.week,
        title=f"Assessment for {found.role.name}",
        description=assessment.intro,
        canonical=site.canonical(f"/assessment/{found.role.slug}"),
        section="assessment",
        personal=False,
        found=found,
        assessment=assessment,
        answered=len(given),
        following=min(first_open(assessment, given), len(assessment.questions)),
        complete=first_open(assessment, given) > len(assessment.questions),
    )
    page.headers["cache-control"] = "no-store"  # it says how far this browser came
    return page


def _question(
    site: Site,
    found: Assessed,
    assessment: Assessment,
    given: dict[str, str],
    number: int,
    *,
    missing: bool = False,
) -> Response:
    number = _number(str(number), assessment)
    question = assessment.questions[number - 1]
    page = site.pages.show(
        "question.html",
        site.week,
        422 if missing else 200,
        title=f"{found.role.name}, question {number} of {len(assessment.questions)}",
        section="assessment",
        found=found,
        assessment=assessment,
        question=question,
        number=number,
        last=number == len(assessment.questions),
        given=given,
        chosen=given.get(question.slug, ""),
        missing=missing,
    )
    return unkept(page)


def _result(site: Site, found: Assessed, assessment: Assessment, given: dict[str, str]) -> Response:
    result = score(assessment, given)
    page = site.pages.show(
        "result.html",
        site.week,
        200,
        title=f"Your result for {found.role.name}",
        section="assessment",
        found=found,
        assessment=assessment,
        result=result,
        scored=len(result.shares),
        scorable=len(result.shares) + len(result.skipped),
        assessed=found,
        filled={
            "focus": [result.focus.slug if result.focus else ""],
            "start_plan": ["yes"],
            "answers": [seal_answers(site, found.role.slug, given)],
        },
        **sign_up_values(site),
    )
    page.headers["content-security-policy"] = SCRIPTS
    return unkept(page)
