"""What to do about a failure is said in the words of where it is met: none of a shell at the desk."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from briefings.cli.remedies import WORDS as IN_A_SHELL
from briefings.errors import BriefingsError, Refused, Remedy, WrongSetting
from briefings.web.desk.remedies import WORDS as AT_THE_DESK
from briefings.web.desk.remedies import told
from tests.unit.test_docs import COMMANDS

ROOT = Path(__file__).parents[2]
SHELL = re.compile(r"`briefings |(?<![\w-])--[a-z]")
OF_THE_DESK = ("web/desk", "web/pages/desk", "pipeline", "store", "desk", "assemble")
ALERTS = {
    # These go to the operator by letter, to the log and to `status`; no page of the desk shows them.
    ("pipeline/runs.py", "_put_off"),
    ("pipeline/seeding.py", "_at_its_hour"),
    ("pipeline/seeding.py", "_remind"),
}


@pytest.mark.parametrize("remedy", Remedy)
def test_each_surface_has_words_of_its_own_for_every_remedy(remedy: Remedy) -> None:
    assert not SHELL.search(AT_THE_DESK[remedy])
    assert SHELL.search(IN_A_SHELL[remedy])
    for command in re.findall(r"`briefings ([a-z ]+?)(?= [A-Z-]|`)", IN_A_SHELL[remedy]):
        assert any(f"{command} ".startswith(f"{known} ") for known in COMMANDS), command


def test_a_failure_carries_its_remedy_and_each_surface_words_it() -> None:
    wrong = Refused("Nothing of 2026-W34 is approved.", Remedy.APPROVE_WEEK, about="2026-W34")
    assert str(wrong) == "Nothing of 2026-W34 is approved."
    assert wrong.told(IN_A_SHELL).endswith("Run `briefings approve --week 2026-W34` first.")
    assert told(wrong).endswith("Approve an edition of 2026-W34 first.")
    assert told(Refused("It has gone.")) == "It has gone."


def test_what_only_an_operator_can_mend_is_said_to_be_theirs() -> None:
    setting = WrongSetting("BRIEFINGS_BASE_URL is not set.")
    assert told(setting).startswith("Only an operator can mend this")
    assert "BRIEFINGS_BASE_URL" in told(setting)


def test_nothing_that_a_page_of_the_desk_can_say_names_a_command_or_an_option() -> None:
    """Over every module that the desk imports, near or far: texts of programs and pages."""
    found = [
        f"{path.relative_to(ROOT)}:{line}: {text[:80]}"
        for path in sorted(_reached())
        for line, within, text in _texts(path)
        if SHELL.search(text)
        and (str(path.relative_to(ROOT / "briefings")), within) not in ALERTS
        and text.lstrip()[:2] != "<!"
    ]
    for page in sorted((ROOT / "briefings/web/pages/desk").glob("*.html")):
        words = re.sub(r"<(?!code)[^>]*>|\{[#%{].*?[#%}]\}", " ", page.read_text("utf-8"))
        found += [
            f"{page.name}: {each}"
            for each in re.findall(r"briefings [a-z]+ ?--|<code>briefings", words)
        ]
    assert found == []


def _reached() -> set[Path]:
    todo = list((ROOT / "briefings/web/desk").glob("*.py"))
    seen = set(todo)
    while todo:
        for path in _imports(todo.pop()):
            inside = str(path.parent.relative_to(ROOT / "briefings"))
            if path not in seen and inside in OF_THE_DESK:
                seen.add(path)
                todo.append(path)
    assert len(seen) > 60
    return seen


def _imports(path: Path) -> Iterator[Path]:
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("briefings"):
            module = ROOT / str(node.module).replace(".", "/")
            names = [module.with_suffix(".py"), *(module / f"{n.name}.py" for n in node.names)]
            yield from (each for each in names if each.is_file())


def _texts(path: Path) -> Iterator[tuple[int, str, str]]:
    """Every text of a module that is no documentation: line, outermost function, text."""
    for top in ast.parse(path.read_text("utf-8")).body:
        within = top.name if isinstance(top, ast.FunctionDef | ast.ClassDef) else ""
        documents = {id(node.value) for node in ast.walk(top) if isinstance(node, ast.Expr)}
        for node in ast.walk(top):
            said = isinstance(node, ast.Constant) and id(node) not in documents
            if said and isinstance(node.value, str):
                yield node.lineno, within, node.value


def test_every_error_can_be_told_on_every_surface() -> None:
    for kind in (BriefingsError, *BriefingsError.__subclasses__()):
        assert kind("Away.").told(IN_A_SHELL) == "Away."
