"""Wraps the text part of a mail; never breaks a headline, a link or a reader's value."""

from __future__ import annotations

import re
import textwrap

WIDTH = 72
"""Characters of a line, as RFC 3676 advises (it says 78 at most, 72 with room for quoting)."""

_GLUE = "\ue002"
"""Stands for a space at which a line must not break; editors' text cannot hold it."""
_BEFORE_SLOT = re.compile(" (?=\ue000)")
_HANGING = re.compile(r" *(?:- |\d+\. )?")


def whole(text: str) -> str:
    """Keep the text on one line however long it is."""
    return text.replace(" ", _GLUE)


def wrap(source: str) -> str:
    """Wrap every line of a text at 72 characters and leave one empty line at most between two.

    Points of a list hang under their text. Words longer than a line stay whole.
    """
    wrapped = [_wrap_line(line) for line in source.splitlines()]
    return re.sub(r"\n{3,}", "\n\n", "\n".join(wrapped)).strip("\n").replace(_GLUE, " ") + "\n"


def _wrap_line(line: str) -> str:
    glued = _BEFORE_SLOT.sub(_GLUE, line)
    start = _HANGING.match(glued)
    hanging = " " * len(start[0]) if start else ""
    indent = glued[: len(glued) - len(glued.lstrip(" "))]
    return textwrap.fill(
        glued.strip(" "),
        WIDTH,
        initial_indent=indent,
        subsequent_indent=hanging,
        break_long_words=False,
        break_on_hyphens=False,
    )
