"""The rules of the house that no linter knows: the clock, commits, sizes and names of modules."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

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


def test_the_rules_see_what_they_forbid() -> None:
    assert clock_reads("import datetime\nx = datetime.datetime.now(tz)") == [2]
    assert clock_reads("from datetime import datetime as d, date\nx = date.today()") == [2]
    assert clock_reads("from time import time\n") == [1]
    assert clock_reads("default = time.time") == [1]
    assert clock_reads("import time\nx = time.monotonic()\ny = row.now") == []
    assert commits("def f(session):\n    session.commit()") == [2]
    assert commits("def commit(session): ...") == []
