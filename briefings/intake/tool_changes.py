"""Rows of a tool-change file as news; it knows the tools of the catalogue and no other."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from briefings.intake import fields
from briefings.intake.fields import HEADLINE_LENGTH, NAME_LENGTH, SUMMARY_LENGTH, close
from briefings.intake.keys import import_key
from briefings.intake.reading import Reading
from briefings.model.news import Change, Kind, News

if TYPE_CHECKING:
    from briefings.intake.csv_rows import Row
    from briefings.model.catalogue import Catalogue, Tool

COLUMNS = (
    *("tool", "version", "released_on", "kind", "headline", "summary", "source_url", "tags"),
)
VERSION_LENGTH = 60


@dataclass(frozen=True, slots=True)
class KeyedNews:
    """News with the key under which it is imported once."""

    news: News
    key: str


def read_tool_change(row: Row, catalogue: Catalogue) -> KeyedNews:
    """Read one row; BadRowError says what is wrong with each of its columns."""
    reading = Reading(row)
    tool = reading.take("tool", lambda column, value: _tool(column, value, catalogue), None)
    version = reading.text("version", VERSION_LENGTH, required=False)
    released_on = reading.day("released_on")
    change = reading.choice("kind", Change)
    headline = reading.text("headline", HEADLINE_LENGTH)
    summary = reading.text("summary", SUMMARY_LENGTH, required=False)
    source_url = reading.url("source_url")
    tags = tuple(dict.fromkeys(tag.casefold() for tag in reading.words("tags")))
    reading.finish()
    assert tool is not None  # a missing tool is a refused column
    news = News(
        kind=Kind.TOOL_CHANGE,
        headline=headline,
        summary=summary,
        date=released_on,
        source_name=tool.source_name or f"{tool.name} release notes",
        source_url=source_url,
        tags=tags,
        tool=tool.slug,
        version=version or None,
        change=change,
    )
    return KeyedNews(news, tool_change_key(news))


def tool_change_key(news: News) -> str:
    """Give the import key of a tool change: tool, version, kind, headline and date."""
    return import_key(
        "tool-change", news.tool, news.version, news.change, news.headline, news.date.isoformat()
    )


def _tool(column: str, value: str, catalogue: Catalogue) -> Tool:
    name = fields.text(column, value, longest=NAME_LENGTH)
    found = catalogue.tool_named(name)
    if found is None:
        known = [each for tool in catalogue.tools for each in (tool.name, *tool.aliases)]
        reason = f"is not a tool of the catalogue{close(name, known)}"
        raise fields.BadField(column, reason, value)
    return found
