"""Finds the mark [[TK]] by which a writer says that words are still to come; pure."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from briefings.model.news import News

MARK = "[[TK]]"
_MARK = re.compile(r"\[\[\s*TK\b[^\]]*\]\]", re.IGNORECASE)


def unfinished(news: News) -> tuple[str, ...]:
    """Name the fields that still hold `[[TK]]`, also `[[tk: ask Ana]]`, in the form's order."""
    texts = {
        "headline": news.headline,
        "text": news.summary,
        "what to do": news.do,
        "version": news.version or "",
        "source": f"{news.source_name} {news.source_url}",
    }
    return tuple(name for name, text in texts.items() if _MARK.search(text))
