"""The rules of the house that no linter knows: the clock, commits, sizes and names of modules."""

from __future__ import annotations

import ast
import re
import sys
import tomllib
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

PACKAGE = Path(__file__).parents[2] / "briefings"
MODULES = sorted(PACKAGE.rglob("*.py"))
MOST_LINES = 500
MOST_BYTES = 30 * 1024
# Names that say nothing about what a module does.
EMPTY_WORDS = {"util", "utils", "helper", "helpers", "manager", "managers", "misc"}
CLOCK = {
    ("datetime", "now"),
    ("datetime", "utcnow"),
    ("datetime", "today"),
    ("date", "today"),
    ("time", "time"),
    ("time", "time_ns"),
}


def _names(module: Path) -> tuple[str, ...]:
    return module.relative_to(PACKAGE).with_suffix("").parts


def _called(tree: ast.AST) -> list[tuple[str, str, int]]:
    """Every `owner.name` that the source mentions, with its line; the owner is its last word."""
    found = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute):
            owner = node.value
            word = owner.attr if isinstance(owner, ast.Attribute) else getattr(owner, "id", "")
            found.append((word, node.attr, node.lineno))
    return found


def clock_reads(source: str) -> list[int]:
    """The lines that read the clock, also through `from time import time`."""
    tree = ast.parse(source)
    lines = [line for owner, name, line in _called(tree) if (owner, name) in CLOCK]
    lines += [
        node.lineno
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom) and node.module == "time"
        for name in node.names
        if (node.module, name.name) in CLOCK
    ]
    return lines


def commits(source: str) -> list[int]:
    """The lines that commit."""
    return [line for _, name, line in _called(ast.parse(source)) if name == "commit"]


def _says(module: Path, lines: list[int], rule: str) -> str:
    return f"{module.relative_to(PACKAGE.parent)}:{lines[0] if lines else ''}: {rule}"


@pytest.mark.parametrize("module", MODULES, ids=lambda path: "/".join(_names(path)))
def test_a_module_keeps_the_rules_of_the_house(module: Path) -> None:
    source = module.read_text(encoding="utf-8")
    names = _names(module)
    if names != ("wiring",):
        lines = clock_reads(source)
        assert not lines, _says(
            module, lines, "the clock is read in wiring.py; take `now` as a value"
        )
    if names[0] != "store":
        lines = commits(source)
        assert not lines, _says(module, lines, "only store/ commits")
    count, size = source.count("\n"), len(source.encode())
    assert count <= MOST_LINES, f"{module}: {count} lines; split it at its second reason to change"
    assert size <= MOST_BYTES, f"{module}: {size} bytes; split it at its second reason to change"
    words = {word for name in names for word in name.split("_")}
    assert not words & EMPTY_WORDS, f"{module}: name it after what it does"
    assert ast.get_docstring(ast.parse(source)), f"{module}: open with a sentence on what it is for"


def imported(source: str) -> set[str]:
    """The packages from elsewhere that the source imports at run time, by their first word."""
    tree = ast.parse(source)
    for node in ast.walk(tree):
        if isinstance(node, ast.If) and ast.unparse(node.test).endswith("TYPE_CHECKING"):
            node.body = [ast.Pass()]
    found = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            found |= {name.name.split(".")[0] for name in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            found.add(node.module.split(".")[0])
    return found - sys.stdlib_module_names - {"briefings"}


def test_what_the_product_imports_is_declared() -> None:
    settings = tomllib.loads((PACKAGE.parent / "pyproject.toml").read_text(encoding="utf-8"))
    project = settings["project"]
    asked = [*project["dependencies"], *project["optional-dependencies"]["postgresql"]]
    declared = {canonicalize_name(Requirement(line).name) for line in asked}
    brought_by = packages_distributions()
    for module in MODULES:
        for package in imported(module.read_text(encoding="utf-8")):
            names = {canonicalize_name(name) for name in brought_by.get(package, [])}
            assert names & declared, f"{module}: {package} is not among the project's dependencies"


def test_the_rules_see_what_they_forbid() -> None:
    assert clock_reads("import datetime\nx = datetime.datetime.now(tz)") == [2]
    assert clock_reads("from datetime import datetime as d, date\nx = date.today()") == [2]
    assert clock_reads("from time import time\n") == [1]
    assert clock_reads("default = time.time") == [1]
    assert clock_reads("import time\nx = time.monotonic()\ny = row.now") == []
    assert commits("def f(session):\n    session.commit()") == [2]
    assert commits("def commit(session): ...") == []
    assert imported("import os, jinja2.sandbox\nfrom babel.dates import x") == {"jinja2", "babel"}
    assert imported("if TYPE_CHECKING:\n    import _typeshed\nfrom briefings import x") == set()


def test_no_page_puts_a_form_into_a_paragraph():
    """A browser ends the paragraph before the form, and what the paragraph lays out is lost."""
    wrong = [
        page.name
        for page in (PACKAGE / "web/pages").rglob("*.html")
        if re.search(r"<p\b[^>]*>(?:(?!</p>).)*?<form\b", page.read_text("utf-8"), re.DOTALL)
    ]
    assert wrong == []
