"""Reads the sign-up form: what is asked for, or what would be right instead; it stores nothing."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from briefings.model.address import Address, parse_address
from briefings.model.assessment import Carried
from briefings.readers.zones import accepted

SOONEST = 2
"""Seconds between the form and its answer that no person undercuts."""
LATEST = 24 * 3600
"""Seconds for which a form that was opened can be sent."""
MOST_CHOSEN = 8
SOURCES = ("form", "friend")
"""Where a sign-up can come from; anything else that an address says counts as the form."""
TRAP = "website"
"""A field that people do not see; who fills it in is a program."""

Fields = Mapping[str, Sequence[str]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """A sign-up form that is complete; `carried` has no answers yet: they come sealed."""

    address: Address
    specializations: tuple[str, ...]
    timezone: str | None
    source: str
    carried: Carried | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Wrong:
    """What keeps a form from being sent, by field, in words that can stand beside the field."""

    by_field: Mapping[str, str]


def first(fields: Fields, name: str) -> str:
    """The first value of a field without white space around it; empty when there is none."""
    return next(iter(fields.get(name, ())), "").strip()


def is_trapped(fields: Fields) -> bool:
    """Say whether a program filled in the field that people do not see."""
    return bool(first(fields, TRAP))


def read(fields: Fields, known: Collection[str]) -> Request | Wrong:
    """Read the form; `known` are the slugs of the catalogue, in its order."""
    wrong: dict[str, str] = {}
    address: Address | None = None
    try:
        address = parse_address(first(fields, "email"))
    except ValueError as reason:
        wrong["email"] = _about_address(str(reason))
    wanted = set(fields.get("specialization", ()))
    chosen = tuple(slug for slug in known if slug in wanted)
    if not chosen:
        wrong["specialization"] = "Choose at least one: it is what your mail is about."
    elif len(chosen) > MOST_CHOSEN:
        wrong["specialization"] = f"Choose {MOST_CHOSEN} at most: a mail has room for 12 items."
    if first(fields, "agree") != "yes":
        wrong["agree"] = "Without your yes we may not write to you."
    if address is None or wrong:
        return Wrong(by_field=wrong)
    source = first(fields, "from")
    carried = _carried(fields)
    if carried is not None and carried.role in chosen:  # its plan and focus are the primary's
        chosen = (carried.role, *(slug for slug in chosen if slug != carried.role))
    return Request(
        address=address,
        specializations=chosen,
        timezone=accepted(first(fields, "timezone")),
        source=source if source in SOURCES else SOURCES[0],
        carried=carried,
    )


def keeps_answers(fields: Fields) -> bool:
    """Say whether the person wants their answers kept."""
    return first(fields, "keep") == "yes"


def _carried(fields: Fields) -> Carried | None:
    role = first(fields, "assessed")
    if not role:
        return None
    return Carried(
        role=role, focus=first(fields, "focus"), starts_plan=first(fields, "start_plan") == "yes"
    )


def _about_address(reason: str) -> str:
    return f"{reason[:1].upper()}{reason[1:]}. Write it like name@example.org."
