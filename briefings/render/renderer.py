"""Renders block specs to encoded blocks, each spec once (R1); never knows readers or sends."""

from __future__ import annotations

import re
from collections.abc import Mapping
from hashlib import sha256
from typing import TYPE_CHECKING

from briefings.errors import WrongTemplate
from briefings.model.edition import Block
from briefings.render.mjml import Piece, compile_piece
from briefings.render.templates import environment, fill, lint_source, load
from briefings.render.textpart import wrap
from briefings.render.views import view
from briefings.render.words import shown
from briefings.slots import encode_block, mark

if TYPE_CHECKING:
    from pathlib import Path

    from briefings.model.edition import BlockSpec
    from briefings.render.site import Site
    from briefings.render.templates import Plain

SLOTS = (
    "feedback_url",
    "name",
    "plan_url",
    "preferences_url",
    "specializations",
    "unsubscribe_url",
    "view_url",
    "when",
)
"""The readers' values that our templates leave open."""

KINDS = ("head", "item", "heading", "overflow", "role", "plan", "closing", "related", "foot")

_PIECES = {"head": Piece.HEAD, "foot": Piece.FOOT}
_SLOT_AT_START = re.compile("^[ \t]*\ue000", re.MULTILINE)
KEPT = 4096
"""Rendered blocks kept in memory at most: about 4 KB each."""


class Renderer:
    """Turns specs into blocks. The blocks of a mail, joined, are one balanced document per part.

    `compiled` counts compilations. Making one reads and checks all templates: WrongTemplate names
    the file and line of the first wrong one. `fingerprint` names the templates and the site: what
    a spec becomes depends on nothing else but this program.
    """

    def __init__(self, templates: Path, site: Site, *, keep: int = KEPT) -> None:
        self.compiled = 0
        self._folder = templates
        self.site = site
        self._keep = keep
        self._kept: dict[BlockSpec, Block] = {}
        markup, text = (environment(templates, markup=markup) for markup in (True, False))
        print_of = sha256(repr(site).encode())
        for path in sorted([*templates.glob("*.j2"), *templates.glob("blocks/*.j2")]):
            name = str(path.relative_to(templates))
            print_of.update(b"\0%b\0%b" % (name.encode(), path.read_bytes()))
            lint_source(templates, name)
        self.fingerprint = print_of.hexdigest()
        self._markup = {kind: load(markup, templates, f"blocks/{kind}.mjml.j2") for kind in KINDS}
        self._text = {kind: load(text, templates, f"blocks/{kind}.txt.j2") for kind in KINDS}

    def render(self, spec: BlockSpec) -> Block:
        """Render a spec, or give the block that an equal spec became.

        Raises WrongTemplate with file and line, UnsafeValue for a link that is no web address, and
        Misconfigured for a spec without anything to show.
        """
        if (found := self._kept.get(spec)) is not None:
            return found
        block = self._render(spec)
        if len(self._kept) >= self._keep:
            del self._kept[next(iter(self._kept))]
        self._kept[spec] = block
        return block

    def _render(self, spec: BlockSpec) -> Block:
        kind, data = view(spec, self.site)
        context: dict[str, Plain] = {
            **{key: _clean(value) for key, value in data.items()},
            "language": shown(spec.language),
            "slots": {name: mark(name) for name in SLOTS},
        }
        self.compiled += 1
        template = f"blocks/{kind}.mjml.j2"
        source = fill(self._markup[kind], self._folder, context)
        html = compile_piece(source, _PIECES.get(kind, Piece.BODY), template)
        text = wrap(fill(self._text[kind], self._folder, context))
        if _SLOT_AT_START.search(html):
            raise WrongTemplate(f"{self._folder / template}: a slot may not begin a line.")
        parts = encode_block(html, "html"), encode_block(f"{text}\n", "text")
        return Block(
            key=sha256(b"\0".join((kind.encode(), *parts))).hexdigest(),
            kind=kind,
            html=parts[0],
            text=parts[1],
        )


def _clean(value: Plain) -> Plain:
    """Make every text of a view fit to be shown, however deep it lies."""
    match value:
        case str():
            return shown(value)
        case tuple():
            return tuple(_clean(part) for part in value)
        case Mapping():
            return {key: _clean(part) for key, part in value.items()}
        case _:
            return value
