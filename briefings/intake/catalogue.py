"""Loads and checks the catalogue folder; it never writes, and never gives half a catalogue.

Every message names file, line and field, and says what to write instead. All problems of all
files are found in one pass.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeVar

from briefings.errors import WrongCatalogue
from briefings.intake import catalogue_parts as parts
from briefings.intake import catalogue_rules as rules
from briefings.intake.yaml_fields import Table, read_table
from briefings.intake.yaml_lines import Findings, Problem
from briefings.model.assessment import Assessment
from briefings.model.catalogue import (
    Catalogue,
    Fact,
    Industry,
    Product,
    Role,
    Specialization,
    Tier,
    Tool,
)

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

__all__ = ["Problem", "check_catalogue", "load_catalogue"]

FOLDERS = ("roles", "specializations", "assessment")
CONTEXT, TOOLS, TIERS = "context.yaml", "tools.yaml", "tiers.yaml"
EXAMPLE = ".example.yaml"  # shown to editors, never loaded

_T = TypeVar("_T", Role, Specialization, Assessment)


def load_catalogue(folder: Path) -> Catalogue:
    """Read the catalogue; each role gets its general specialization where none is written.

    Raises WrongCatalogue: its first line is the first problem and how many more there are, the
    following lines are the others.
    """
    catalogue, problems = _read(folder)
    if problems:
        first, *rest = problems
        more = f" (and {len(rest)} more)" if rest else ""
        raise WrongCatalogue("\n".join([f"{first}{more}", *map(str, rest)]))
    return catalogue


def check_catalogue(folder: Path) -> list[Problem]:
    """Give every problem of the catalogue, in the order of files and lines; none is good news."""
    return _read(folder)[1]


@dataclass(slots=True)
class _Draft:
    """The catalogue as far as it could be read, with the file each part came from."""

    industries: tuple[Industry, ...] = ()
    context: tuple[Fact, ...] = ()
    product: Product = field(default_factory=Product)
    roles: list[tuple[str, Role]] = field(default_factory=list[tuple[str, Role]])
    written: list[tuple[str, Specialization]] = field(
        default_factory=list[tuple[str, Specialization]]
    )
    assessments: list[tuple[str, Assessment]] = field(default_factory=list[tuple[str, Assessment]])
    tools: tuple[Tool, ...] = ()
    tiers: tuple[Tier, ...] = ()
    unread: set[str] = field(default_factory=set[str])  # slugs of files that could not be read

    def specializations(self) -> tuple[Specialization, ...]:
        """Give what is written, and after it the general ones that are not."""
        known = {found.slug for _, found in self.written}
        made = [_general(role) for _, role in self.roles if role.slug not in known]
        return (*(found for _, found in self.written), *made)


def _general(role: Role) -> Specialization:
    return Specialization(
        slug=role.slug,
        role=role.slug,
        name=role.name,
        general=True,
        risk_category=role.risk_category,
    )


def _read(folder: Path) -> tuple[Catalogue, list[Problem]]:
    findings = Findings()
    draft = _Draft()
    _read_single_files(folder, findings, draft)
    unread = draft.unread
    draft.roles = _read_folder(folder, "roles", parts.role, findings, unread)
    draft.written = _read_folder(folder, "specializations", parts.specialization, findings, unread)
    draft.assessments = _read_folder(folder, "assessment", parts.assessment, findings, set())
    _report_strangers(folder, findings)
    _check(draft, findings)
    made = Catalogue(
        industries=draft.industries,
        roles=tuple(role for _, role in draft.roles),
        specializations=draft.specializations(),
        tools=draft.tools,
        assessments=tuple(found for _, found in draft.assessments),
        tiers=draft.tiers,
        context=draft.context,
        product=draft.product,
    )
    return made, sorted(findings.problems)


def _read_single_files(folder: Path, findings: Findings, draft: _Draft) -> None:
    context = read_table(folder / CONTEXT, CONTEXT, findings)
    if context is not None:
        draft.industries = parts.industries(context)
        draft.context = parts.context(context)
        draft.product = parts.product(context)
        context.done()
    tools = read_table(folder / TOOLS, TOOLS, findings)
    draft.tools = parts.tools(tools) if tools is not None else ()
    tiers = read_table(folder / TIERS, TIERS, findings)
    draft.tiers = parts.tiers(tiers) if tiers is not None else ()


def _read_folder(
    folder: Path, name: str, read: Callable[[Table], _T], findings: Findings, unread: set[str]
) -> list[tuple[str, _T]]:
    """Read the files of one folder in the order of their names; the name must be the slug."""
    found: list[tuple[str, _T]] = []
    for path in sorted((folder / name).glob("*.yaml")):
        file = f"{name}/{path.name}"
        table = read_table(path, file, findings)
        if table is None:
            unread.add(path.stem)
            continue
        part = read(table)
        key = "role" if isinstance(part, Assessment) else "slug"
        slug = part.role if isinstance(part, Assessment) else part.slug
        if slug and slug != path.stem:
            remedy = f"call the file {slug}.yaml, or write `{key}: {path.stem}`"
            findings.add(file, key, f"{slug!r} stands in a file of another name", remedy)
        found.append((file, part))
    return found


def _report_strangers(folder: Path, findings: Findings) -> None:
    """Report YAML files that nothing reads: a typo in a name must not hide a role."""
    known = {folder / name for name in (CONTEXT, TOOLS, TIERS)}
    for name in FOLDERS:
        known.update((folder / name).glob("*.yaml"))
    for path in sorted(p for p in folder.rglob("*") if p.suffix.lower() in {".yaml", ".yml"}):
        if path not in known and not path.name.endswith(EXAMPLE):
            findings.add(
                path.relative_to(folder).as_posix(),
                "",
                "is not read from here",
                f"move it into {', '.join(FOLDERS)} and let its name end in .yaml",
            )


def _check(draft: _Draft, findings: Findings) -> None:
    """Check between files. What a file that could not be read may hold is given the benefit."""
    roles = {role.slug for _, role in draft.roles} | draft.unread
    subscribable = {found.slug for found in draft.specializations()} | draft.unread
    industries = {i.slug for i in draft.industries} if _was_read(CONTEXT, findings) else None
    tools = {tool.slug for tool in draft.tools} if _was_read(TOOLS, findings) else None
    if not roles:
        findings.add("roles", "", "there is no role", "write one, see docs/catalogue.md")
    for file, role in draft.roles:
        rules.check_role(findings, file, role, roles, industries)
    _check_role_names(draft, findings)
    rules.check_unique(findings, [(r.slug, (f, "slug")) for f, r in draft.roles], "role")
    rules.check_unique(
        findings, [(s.slug, (f, "slug")) for f, s in draft.written], "specialization"
    )
    for file, found in draft.written:
        rules.check_specialization(findings, file, found, roles, tools)
    rules.check_sentences(findings, draft.written)
    rules.check_tools(findings, TOOLS, draft.tools, subscribable)
    at_risk = {role.slug: [task.task for task in role.tasks_at_risk] for _, role in draft.roles}
    for file, found in draft.assessments:
        rules.check_assessment(findings, file, found, roles=roles, at_risk=at_risk, tools=tools)
    if _was_read(TIERS, findings):
        rules.check_tiers(findings, TIERS, draft.tiers)
    named = [
        (i.slug, (CONTEXT, f"industries[{n}].slug")) for n, i in enumerate(draft.industries, 1)
    ]
    rules.check_unique(findings, named, "industry")


def _was_read(file: str, findings: Findings) -> bool:
    return (file, "") in findings.lines


def _check_role_names(draft: _Draft, findings: Findings) -> None:
    owners = [
        (
            role.slug,
            [
                (role.slug, (file, "slug")),
                (role.name, (file, "name")),
                *((a, (file, f"also_known_as[{n}]")) for n, a in enumerate(role.also_known_as, 1)),
            ],
        )
        for file, role in draft.roles
    ]
    rules.check_names(findings, owners)
