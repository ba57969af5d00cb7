"""A small whole catalogue on disk, for tests to break in one place."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

CONTEXT = """\
industries:
  - slug: technology
    name: Technology
context:
  - fact: Jobs change
    source: A survey
product:
  action_plan: Twelve weeks
"""
BAKER = """\
slug: baker
name: Baker
industry: technology
also_known_as: [Bread Maker]
risk_level: 3
risk_category: low
tasks_at_risk:
  - task: Kneading
    from: 2025
    to: 2027
    why: machines knead
salary:
  currency: USD
  growth_percent_per_year: {low: 1, high: 2}
  senior_per_year: {low: 40000, high: 50000}
  source: profile
related: [miller]
"""
MILLER = """\
slug: miller
name: Miller
industry: technology
"""
TOOLS = """\
tools:
  - slug: oven
    name: Oven
    aliases: [Stove]
    project_url: https://oven.example.org
    release_feed: https://oven.example.org/releases.atom
    area: heat
    concerns: [baker, sourdough]
  - slug: mill
    name: Mill
    project_url: https://mill.example.org/a?b=c
    area: flour
"""
TIERS = """\
tiers:
  - slug: free
    name: Free
    includes: [All of it]
  - slug: more
    name: More
    price: {amount: 9.50, currency: EUR}
    billing: month
    without: [plan_page]
"""
ASSESSMENT = """\
role: baker
intro: About your week.
areas:
  - slug: heat
    name: Heat
    tools: [oven]
    tags: [fire]
questions:
  - slug: knead
    about: task
    area: heat
    text: Who kneads?
    why: Machines knead.
    answers:
      - {slug: me, text: I do, points: 0}
      - {slug: machine, text: A machine, points: 3, area: heat}
"""


def plan(weeks: int = 12) -> str:
    """A plan whose sentences are all different and whose last week names the portfolio piece."""
    lines = ["plan:"]
    for n in range(1, weeks + 1):
        end = " It proves a shorter proving time." if n == weeks else ""
        lines += [
            f"  - week: {n}",
            f"    headline: Headline {n}",
            f"    text: Paragraph {n}.{end}",
            "    tasks:",
            f"      - {{task: Bake loaf {n}, result: Loaf {n} is brown}}",
            f"      - {{task: Eat loaf {n}, result: Loaf {n} is gone}}",
            "    tool: oven",
            "    hours: 4",
            f"    skill: Skill {n}",
        ]
    return "\n".join(lines) + "\n"


SOURDOUGH = f"""\
slug: sourdough
role: baker
name: Sourdough
risk_category: low
portfolio_evidence: [shorter proving time]
covers:
  - {{area: heat, words: hot ovens}}
  - {{area: fire}}
{plan()}"""

FILES = {
    "context.yaml": CONTEXT,
    "roles/baker.yaml": BAKER,
    "roles/miller.yaml": MILLER,
    "tools.yaml": TOOLS,
    "tiers.yaml": TIERS,
    "assessment/baker.yaml": ASSESSMENT,
    "specializations/sourdough.yaml": SOURDOUGH,
}


def write(folder: Path, changes: dict[str, str | bytes | None] | None = None) -> Path:
    """Write the catalogue with some files changed, added, or (None) left out."""
    for name, content in {**FILES, **(changes or {})}.items():
        if content is None:
            continue
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return folder


def replaced(name: str, old: str, new: str) -> dict[str, str | bytes | None]:
    """Change one place of one file; the place must be there."""
    assert old in FILES[name], f"{old!r} is not in {name}"
    return {name: FILES[name].replace(old, new, 1)}
