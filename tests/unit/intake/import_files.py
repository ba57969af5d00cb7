"""A catalogue of three roles and two tools, and import files to go with it, right and wrong."""

from __future__ import annotations

import csv
import io
from typing import TYPE_CHECKING

from briefings.intake import exposure, salary, subscribers, tool_changes
from briefings.intake.csv_rows import BadRow, Row, open_source, rows
from briefings.intake.reading import BadRowError
from briefings.model.catalogue import Catalogue, Role, Specialization, Tool

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from pathlib import Path
    from typing import TypeVar

    T = TypeVar("T")

TOOL_CHANGE = {
    "tool": "Oven",
    "version": "2.0",
    "released_on": "2026-08-21",
    "kind": "breaking",
    "headline": "Oven 2.0 changes its door",
    "summary": "The door opens to the left.",
    "source_url": "https://oven.example/releases/2.0",
    "tags": "doors;safety",
}
PAY = {
    "role": "Baker",
    "year": "2025",
    "experience_code": "ALL",
    "experience_level": "all",
    "scope": "US",
    "n": "100",
    "p25_usd": "90000",
    "median_usd": "100000",
    "p75_usd": "110000",
    "low_sample": "no",
    "period_note": "full year",
    "titles_counted": "Baker",
    "source": "Bread survey (bread.example), 2025",
    "source_url": "https://bread.example/2025.csv",
    "licence": "CC0-1.0",
}
METRIC = {
    "role_slug": "baker",
    "role": "Baker",
    "code_system": "ISCO-08",
    "code": "7512",
    "occupation_title": "Bakers",
    "mapping": "direct",
    "metric": "ilo_genai_mean_score",
    "value": "0.5300",
    "scale": "0-1",
    "year": "2025",
    "source": "Institute of Dough, paper 1",
    "source_url": "https://dough.example/1",
    "licence": "public domain",
}
SUBSCRIBER = {
    "email": "ada@example.org",
    "name": "Ada",
    "specializations": "baker;rye",
    "timezone": "Europe/Berlin",
    "plan_started_on": "2026-08-03",
}
SAMPLES: dict[str, dict[str, str]] = {
    "tool-changes": TOOL_CHANGE,
    "salary": PAY,
    "role-updates": METRIC,
    "subscribers": SUBSCRIBER,
}
COLUMNS: dict[str, Sequence[str]] = {
    "tool-changes": tool_changes.COLUMNS,
    "salary": salary.COLUMNS,
    "role-updates": exposure.COLUMNS,
    "subscribers": subscribers.COLUMNS,
}


def catalogue() -> Catalogue:
    roles = (
        Role(slug="baker", name="Baker", industry="food", also_known_as=("Bread Engineer",)),
        Role(slug="miller", name="Miller", industry="food"),
        Role(slug="cook", name="Cook", industry="food"),
    )
    own = [
        Specialization(slug=role.slug, role=role.slug, name=role.name, general=True)
        for role in roles
    ]
    rye = Specialization(slug="rye", role="baker", name="Rye Bread", general=False)
    tools = (
        _tool("oven", "Oven", aliases=("Big Oven",), concerns=("baker",)),
        _tool("mill-stone", "Mill Stone", concerns=("miller",)),
    )
    return Catalogue(roles=roles, specializations=(*own, rye), tools=tools)


def _tool(
    slug: str, name: str, *, aliases: tuple[str, ...] = (), concerns: tuple[str, ...]
) -> Tool:
    return Tool(
        slug=slug,
        name=name,
        aliases=aliases,
        project_url=f"https://{slug}.example",
        source_name=f"{name} release notes",
        area="kitchen",
        concerns=concerns,
    )


def as_csv(kind: str, changes: Iterable[dict[str, str]], *, end: str = "\n") -> str:
    """Write one row per dict of what differs from the right sample."""
    out = io.StringIO()
    writer = csv.DictWriter(out, COLUMNS[kind], lineterminator=end)
    writer.writeheader()
    for change in changes:
        writer.writerow({**SAMPLES[kind], **change})
    return out.getvalue()


def write_csv(folder: Path, kind: str, changes: Iterable[dict[str, str]]) -> Path:
    path = folder / f"{kind}.csv"
    path.write_text(as_csv(kind, changes), encoding="utf-8", newline="")
    return path


def row(kind: str, /, **changes: str) -> Row:
    return Row(number=2, line=2, cells={**SAMPLES[kind], **changes})


def complaints(read: Callable[[], object]) -> dict[str, str]:
    """Run a reader that must refuse, and give its reasons by column."""
    try:
        found = read()
    except BadRowError as problem:
        return {bad.column: bad.reason for bad in problem.bad}
    raise AssertionError(f"taken without a complaint: {found}")


def read_rows(path: Path, columns: Sequence[str], encoding: str = "utf-8") -> list[Row | BadRow]:
    with open_source(path, encoding) as source:
        return list(rows(source, columns))
