"""Compiles a block's MJML and cuts out its piece of the document; never sees readers' values."""

from __future__ import annotations

import re
from enum import Enum

import mjml

from briefings.errors import WrongTemplate

CUT = "<!--cut-->"
"""Marks where the document is cut. Editors' text cannot hold it: it is escaped before MJML."""

_SHORTER = (
    # Two conditions in a row are one, Internet Explorer and Outlook 2003 read no mail, and the rest
    # is what clients assume anyway: together a fifth of a mail.
    ("<![endif]--><!--[if mso | IE]>", ""),
    ("<!--[if mso | IE]>", "<!--[if mso]>"),
    ("<![endif]--><!--[if mso]>", ""),
    ("mj-outlook-group-fix ", ""),
    ('<table border="0" ', "<table "),
    (' width="640" style="width:640px;"', ' width="640"'),
    (' width="100%" style="vertical-align:top;"', ' width="100%"'),
    ("direction:ltr;", ""),
    ("font-family:inherit;", ""),
    ("px;text-align:left;color:", "px;color:"),
    (
        '<!--[if !mso]><!--><meta http-equiv="X-UA-Compatible" content="IE=edge"><!--<![endif]-->',
        "",
    ),
    ("<tbody>", ""),
    ("</tbody>", ""),
)
_BEYOND_ASCII = re.compile(r"[^\t\n\r !-\[\]-~]")
_REFERENCE = re.compile(r"&#(\d+);")
# A column with one text has a table of one cell around it, 370 bytes an item. Templates mark texts
# that do not need it (no padding of their own) with the comments `lean`.
_ONE_CELL = re.compile(
    r'<table cellpadding="0" cellspacing="0" role="presentation" width="100%"><tr>'
    r'<td align="left" style="font-size:0px;padding:0;word-break:break-word;">'
    r'<div style="([^"]*)"><!--lean-->(.*?)<!--/lean--></div></td></tr></table>',
    re.DOTALL,
)
_OUTLOOK_2003 = re.compile(r"<!--\[if lte mso 11\]>.*?<!\[endif\]-->", re.DOTALL)
_LINE_BREAK = re.compile(r"\s*\n\s*")
_PAIR_OF_BRACES = re.compile(r"\}(?=\})|\{(?=\{)")


class Piece(Enum):
    """Which piece of the compiled document a block is: head, cut, block, cut, foot."""

    HEAD = 0
    BODY = 1
    FOOT = 2


def compile_piece(source: str, piece: Piece, template: str) -> str:
    """Compile MJML and return that piece, on short lines where the source had line breaks.

    Raises WrongTemplate with the template's name when MJML cannot read the source or leaves one of
    its own elements in the result.
    """
    pieces = _compiled(source, template).split(CUT)
    if len(pieces) != len(Piece):
        raise WrongTemplate(f"{template}: extend document.mjml.j2, which marks where to cut.")
    return _shortened(pieces[piece.value], template)


def compile_whole(source: str, template: str) -> str:
    """Compile MJML and return the whole document, as `compile_piece` does its pieces."""
    return _shortened(_compiled(source, template).replace(CUT, "\n"), template)


def _compiled(source: str, template: str) -> str:
    try:
        # Empty `fonts`: no link to a font server. In attributes mjml-python writes backslashes and
        # invisible characters as Rust would (\u{2060}); as references they come through.
        return mjml.mjml2html(_BEYOND_ASCII.sub(_refer, source), fonts={})
    except ValueError as error:
        raise WrongTemplate(f"{template}: MJML cannot be read: {error}") from error


def _shortened(compiled: str, template: str) -> str:
    html = _REFERENCE.sub(_resolve, compiled)
    for long, short in _SHORTER:
        html = html.replace(long, short)
    html = _ONE_CELL.sub(r'<div style="\1">\2</div>', html)
    html = _LINE_BREAK.sub("\n", _OUTLOOK_2003.sub("", html)).strip("\n")
    if "lean-->" in html:
        raise WrongTemplate(f"{template}: an mj-text with the comments lean can have no padding.")
    if "<mj-" in html:
        at = html.index("<mj-")
        raise WrongTemplate(f"{template}: MJML did not know {html[at : at + 30]!r}.")
    return _PAIR_OF_BRACES.sub(lambda found: f"{found[0]} ", html) + "\n"


def _refer(found: re.Match[str]) -> str:
    return f"&#{ord(found[0])};"


def _resolve(found: re.Match[str]) -> str:
    """Give back what `_refer` made a reference of, and leave quotes and the like escaped."""
    character = chr(int(found[1]))
    return character if _BEYOND_ASCII.match(character) else found[0]
