"""Renders letters, once per kind with their slots left open; never knows whom they are for."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from briefings.errors import WrongTemplate
from briefings.model.letter import WHOLE, LetterKind
from briefings.render.mjml import compile_whole
from briefings.render.templates import environment, fill, lint_source, load
from briefings.render.textpart import wrap
from briefings.render.words import link, shown
from briefings.slots import encode_block, mark

if TYPE_CHECKING:
    from pathlib import Path

    from briefings.render.site import Site
    from briefings.render.templates import Plain

LETTER_SLOTS = ("link", "leave", "remedy", "share", "specializations", "title", "what", "when")
"""The values that templates of letters leave open."""

_HEAD = re.compile(r"Subject: (.+)\nPreview: (.+)\n")
_NUMBER_OF_PREHEADER = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class LetterSheet:
    """A rendered letter: its subject with slots marked, and its two encoded parts."""

    subject: str
    html: bytes
    text: bytes


class LetterRenderer:
    """Turns kinds of letters into sheets. A text template begins with `Subject:` and `Preview:`.

    Making one reads and checks all templates of letters: WrongTemplate names file and line.
    """

    def __init__(self, templates: Path, site: Site) -> None:
        self._folder = templates
        self._site = site
        self._kept: dict[LetterKind, LetterSheet] = {}
        markup, text = (environment(templates, markup=markup) for markup in (True, False))
        for path in sorted((templates / "letters").glob("*.j2")):
            lint_source(templates, str(path.relative_to(templates)))
        kinds = [kind for kind in LetterKind if kind not in WHOLE]
        self._markup = {
            kind: load(markup, templates, f"letters/{kind.value}.mjml.j2") for kind in kinds
        }
        self._text = {kind: load(text, templates, f"letters/{kind.value}.txt.j2") for kind in kinds}

    def render(self, kind: LetterKind) -> LetterSheet:
        """Give the sheet of a kind; raises WrongTemplate with the file."""
        if kind not in self._kept:
            self._kept[kind] = self._render(kind)
        return self._kept[kind]

    def _render(self, kind: LetterKind) -> LetterSheet:
        context: dict[str, Plain] = {
            "brand": shown(self._site.name),
            "base_url": link(self._site.base_url, "BASE_URL"),
            "address": shown(self._site.postal_address),
            "language": "en",
            "slots": {name: mark(name) for name in LETTER_SLOTS},
        }
        name = f"letters/{kind.value}.txt.j2"
        source = fill(self._text[kind], self._folder, context)
        head = _HEAD.match(source)
        if head is None:
            raise WrongTemplate(f"{self._folder / name}:1: begin with Subject: and Preview: lines.")
        text = wrap(source[head.end() :])
        context |= {"subject": head[1], "preheader": head[_NUMBER_OF_PREHEADER]}
        template = f"letters/{kind.value}.mjml.j2"
        html = compile_whole(fill(self._markup[kind], self._folder, context), template)
        return LetterSheet(
            subject=head[1],
            html=encode_block(html, "html"),
            text=encode_block(text, "text"),
        )
