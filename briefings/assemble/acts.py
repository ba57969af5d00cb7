"""Say what a reader should do about a piece of news when its writer did not; it never renders."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from briefings.assemble.rank import urgency
from briefings.model.news import Change

if TYPE_CHECKING:
    from briefings.model.news import News


def default_do(news: News) -> str:
    """Give the usual act for a kind of tool change; empty where nothing has to be done."""
    match urgency(news):
        case Change.SECURITY:
            return f"update to {news.version} or later." if news.version else "update it."
        case Change.BREAKING:
            step = f"move to {news.version}" if news.version else "update"
            return f"read the notes before you {step}."
        case Change.DEPRECATION:
            return "check whether you use it, and plan the move."
        case Change.PRICING:
            return "check what it means for your bill."
        case _:
            return ""


def with_act(news: News) -> News:
    """Give the news with its act filled in; the writer's own words stay."""
    act = "" if news.do else default_do(news)
    return replace(news, do=act) if act else news
