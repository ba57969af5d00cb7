"""Loads mail templates into a sandbox and refuses wrong ones by file and line; never fills slots.

Templates see plain data only: text, numbers, tuples and dicts. What they may call is listed here.
mjml-python drops unknown elements and attributes without a word, so they are refused before.
"""

from __future__ import annotations

import re
import traceback
from collections.abc import Mapping
from typing import TYPE_CHECKING

from jinja2 import FileSystemLoader, StrictUndefined, TemplateError, TemplateSyntaxError
from jinja2.sandbox import ImmutableSandboxedEnvironment

from briefings.errors import WrongTemplate
from briefings.render.compiled import Compiled
from briefings.render.textpart import whole
from briefings.render.words import unbroken

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from jinja2 import Template

Plain = str | int | bool | tuple["Plain", ...] | Mapping[str, "Plain"]
"""All that a template can see."""

_FILTERS = ("e", "escape", "first", "join", "last", "length", "lower", "upper")
_TESTS = ("defined", "eq", "equalto", "ne", "gt", "lt")

_BOX = frozenset({"padding", "css-class"})
_TYPE = frozenset({"color", "font-family", "font-size", "font-weight", "line-height"})
ALLOWED_MJML: dict[str, frozenset[str]] = {
    "mjml": frozenset({"lang"}),
    "mj-head": frozenset(),
    "mj-title": frozenset(),
    "mj-preview": frozenset(),
    "mj-breakpoint": frozenset({"width"}),
    "mj-attributes": frozenset(),
    "mj-all": _TYPE | {"padding"},
    "mj-style": frozenset(),
    "mj-raw": frozenset(),
    "mj-body": frozenset({"width", "background-color", "css-class"}),
    "mj-section": _BOX | {"background-color"},
    "mj-column": _BOX | {"width", "vertical-align"},
    "mj-text": _BOX | _TYPE | {"align"},
}
"""The elements and attributes of MJML that our templates use, each seen to work in mjml-python."""

_COMPILED = {True: Compiled(), False: Compiled()}
_TAG = re.compile(r"<(/?)(mj[\w-]*)((?:[^<>\"]|\"[^\"]*\")*)>")
_ATTRIBUTE = re.compile(r"([\w:-]+)\s*=\s*\"([^\"]*)\"")
_FORBIDDEN = (
    (re.compile(r"<(script|form|iframe|link|object|embed)\b", re.IGNORECASE), "<{0}> in a mail"),
    (
        re.compile(r"<(img)\b", re.IGNORECASE),
        "<{0}>: drawings are table cells, mails have no images",
    ),
    (re.compile(r"(@import|@font-face)", re.IGNORECASE), "{0}: mails fetch nothing"),
    (re.compile(r"(\|\s*safe\b)"), "{0}: text is escaped, always"),
)


def environment(folder: Path, *, markup: bool) -> ImmutableSandboxedEnvironment:
    """Make the sandbox for `.mjml.j2` (markup, escaped before MJML) or `.txt.j2` templates."""
    made = ImmutableSandboxedEnvironment(
        loader=FileSystemLoader(folder),
        autoescape=markup,
        undefined=StrictUndefined,
        finalize=_refuse_nothing,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
        cache_size=-1,
        bytecode_cache=_COMPILED[markup],
    )
    made.filters = {name: made.filters[name] for name in _FILTERS}
    made.tests = {name: made.tests[name] for name in _TESTS}
    made.filters.update({"unbroken": unbroken} if markup else {"whole": whole})
    made.globals.clear()
    return made


def load(made: ImmutableSandboxedEnvironment, folder: Path, name: str) -> Template:
    """Parse one template; WrongTemplate says `file:line` and what is wrong there."""
    try:
        return made.get_template(name)
    except TemplateSyntaxError as error:
        place = f"{folder / (error.name or name)}:{error.lineno}"
        raise WrongTemplate(f"{place}: {error.message}") from error
    except TemplateError as error:
        raise WrongTemplate(f"{folder / name}: cannot be loaded ({error}).") from error


def fill(template: Template, folder: Path, context: Mapping[str, Plain]) -> str:
    """Render one template; WrongTemplate says in which file and line it asked for too much."""
    try:
        return template.render(context)
    except (TemplateError, TypeError, ValueError, ArithmeticError, LookupError) as error:
        raise WrongTemplate(f"{_place(error, folder, template.name or '')}: {error}") from error


def lint_source(folder: Path, name: str) -> None:
    """Refuse what mjml-python would drop silently, and what no mail may hold."""
    try:
        source = (folder / name).read_text("utf-8")
    except UnicodeDecodeError as error:
        raise WrongTemplate(f"{folder / name}: not UTF-8 at byte {error.start}.") from error
    for line, complaint in _complaints(source):
        raise WrongTemplate(f"{folder / name}:{line}: {complaint}.")


def _complaints(source: str) -> Iterator[tuple[int, str]]:
    for found in _TAG.finditer(source):
        line = source.count("\n", 0, found.start()) + 1
        yield from ((line, complaint) for complaint in _unknown(found[2], found[3]))
    for pattern, words in _FORBIDDEN:
        for found in pattern.finditer(source):
            yield source.count("\n", 0, found.start()) + 1, words.format(found[1])


def _unknown(name: str, attributes: str) -> Iterator[str]:
    if name not in ALLOWED_MJML:
        yield f"<{name}> is not among the elements that mails use"
    for attribute, value in _ATTRIBUTE.findall(attributes):
        if attribute not in ALLOWED_MJML.get(name, frozenset()):
            yield f"<{name}> has no attribute {attribute!r} here"
        elif name == "mj-section" and attribute == "padding" and "0" in value.split():
            yield "write 0px in the padding of mj-section (Outlook's widths need the unit)"


def _refuse_nothing(value: object) -> object:
    if value is None:
        raise TypeError("a value is missing here: nothing in a mail may read as nothing")
    return value


def _place(error: Exception, folder: Path, name: str) -> str:
    """Where in a template the error arose; Jinja2 writes template lines into the traceback."""
    frames = traceback.extract_tb(error.__traceback__)
    lines = [
        f"{frame.filename}:{frame.lineno}" for frame in frames if frame.filename.endswith(".j2")
    ]
    return lines[-1] if lines else str(folder / name)
