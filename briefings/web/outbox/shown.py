"""Makes a mail fit for the viewer: links to our site go here, dark is a choice; pure text work."""

from __future__ import annotations

import re

from markupsafe import Markup, escape

_HEAD = re.compile(r"<head\b[^>]*>", re.IGNORECASE)
_DARK = re.compile(r"\(\s*prefers-color-scheme\s*:\s*dark\s*\)", re.IGNORECASE)
_LIGHT = re.compile(r"\(\s*prefers-color-scheme\s*:\s*light\s*\)", re.IGNORECASE)
_SCHEME = re.compile(r"(color-scheme\s*:\s*)light dark", re.IGNORECASE)
_META = re.compile(
    r"""(<meta\s+name=["'](?:supported-)?color-schemes?["']\s+content=["'])[^"'<>]*""",
    re.IGNORECASE,
)
_URL = re.compile(r"https?://[^\s<>\"']+[^\s<>\"'.,;:!?)]")
_ALWAYS, _NEVER = "(min-width: 0)", "(max-width: 0)"


def framed(html: str, *, base_url: str, dark: bool) -> str:
    """The HTML part for the frame: links open in a new tab, ours on this site; light or dark."""
    shown = _DARK.sub(_ALWAYS if dark else _NEVER, html)
    shown = _LIGHT.sub(_NEVER if dark else _ALWAYS, shown)
    scheme = "dark" if dark else "light"
    shown = _SCHEME.sub(rf"\g<1>{scheme}", shown)
    shown = _META.sub(rf"\g<1>{scheme}", shown)
    shown = local_links(shown, base_url)
    return in_new_tab(shown)


def in_new_tab(html: str) -> str:
    """Make links open in a new tab: our pages refuse to be shown in a frame."""
    base = '<base target="_blank">'
    placed, found = _HEAD.subn(lambda head: head[0] + base, html, count=1)
    return placed if found else base + html


def local_links(html: str, base_url: str) -> str:
    """Make links to the site of the mails lead to the site that shows them."""
    if not base_url:
        return html
    own = rf"""(\bhref\s*=\s*["']?){re.escape(base_url)}(?=[/"'?#])/?"""
    return re.sub(own, r"\g<1>/", html)


def clickable(text: str, base_url: str) -> Markup:
    """Plain text with its addresses as links; ours lead here, and show the real address."""
    parts: list[str] = []
    end = 0
    for found in _URL.finditer(text):
        url = found[0]
        own = base_url and (url == base_url or url.startswith(f"{base_url}/"))
        target = (url.removeprefix(base_url) or "/") if own else url
        parts += [
            escape(text[end : found.start()]),
            Markup('<a href="{}" rel="noreferrer">{}</a>').format(target, url),
        ]
        end = found.end()
    return Markup("".join([*parts, escape(text[end:])]))  # noqa: S704 - every piece is escaped above
