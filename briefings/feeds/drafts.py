"""Turns an entry of a tool's release feed into a draft; pure, and never more than a proposal."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING

from briefings.feeds.guess import guess_change, guess_version
from briefings.model.news import Confidence, Kind, News

if TYPE_CHECKING:
    from briefings.feeds.entries import Entry
    from briefings.model.catalogue import Tool

SUMMARY_LENGTH = 400
_AHEAD = timedelta(days=2)
_NOISE = re.compile(
    r"^#|^what'?s changed|^full changelog|^https?://|^new contributors|^assets|^\W*$", re.IGNORECASE
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """News as a feed proposes it, and why it is what it is, in a sentence for the editor."""

    news: News
    why: str


def draft(entry: Entry, tool: Tool, today: date) -> Draft:
    """Propose a tool change; it reaches whom the tool concerns.

    A missing date, or one more than two days ahead, becomes today, and the reason says so.
    """
    version = guess_version(entry.title, entry.link)
    guess = guess_change(entry.title, entry.notes, version)
    why = f"Guessed {guess.change.value}: {guess.reason}."
    day = entry.day
    if day is None or day > today + _AHEAD:
        told = "no date" if day is None else f"the date {day}"
        day, why = today, f"{why} The feed gives {told}: it stands under the day of the check."
    news = News(
        kind=Kind.TOOL_CHANGE,
        headline=headline(entry.title, tool, version),
        summary=summary(entry.notes),
        date=day,
        source_name=tool.source_name,
        source_url=entry.link or tool.project_url,
        confidence=Confidence.MEDIUM,
        tool=tool.slug,
        version=version,
        change=guess.change,
    )
    return Draft(news=news, why=why)


def headline(title: str, tool: Tool, version: str | None) -> str:
    """Name tool and version, and keep what else the title says."""
    rest = title
    for known in sorted((tool.name, *tool.aliases, tool.slug), key=len, reverse=True):
        rest = re.sub(rf"(?<!\w){re.escape(known)}(?!\w)", " ", rest, flags=re.IGNORECASE)
    if version is not None:
        rest = re.sub(rf"(?<![\w.])v?{re.escape(version)}(?![\w.])", " ", rest, flags=re.IGNORECASE)
    rest = re.sub(r"\(\s*\d{4}-\d{2}-\d{2}\s*\)", " ", rest)
    rest = re.sub(r"\b(?:release|released|version)\b", " ", rest, flags=re.IGNORECASE)
    rest = " ".join(rest.split()).strip("-\u2013\u2014:,;.()[]/ ")
    name = f"{tool.name} {version}" if version is not None else tool.name
    if re.search(r"\w", rest):
        return f"{name}: {rest}"
    return f"{name} is out" if version is not None else f"{name} has a new release"


def summary(notes: str) -> str:
    """Give the first lines of the notes that say something, cut at a word."""
    lines = [line.lstrip("-*\u2022 ") for line in notes.splitlines() if not _NOISE.match(line)]
    text = ""
    for line in lines:
        longer = f"{text} {_ended(line)}".strip()
        if len(longer) > SUMMARY_LENGTH:
            break
        text = longer
    if text or not lines:
        return text
    return lines[0][: SUMMARY_LENGTH - 1].rsplit(" ", 1)[0] + "\u2026"


def _ended(line: str) -> str:
    return line if line[-1:] in ".!?:;" else f"{line}."
