"""Guesses from a release's title and notes its version and what it does to users; pure.

A guess always carries its reason, because a person decides. The words are those of release notes
on GitHub: keep-a-changelog headings, conventional commits, advisories.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final
from urllib.parse import unquote

from briefings.model.news import Change

_FIRST_YEAR_AS_VERSION = 1900
_QUOTED = 60

_VERSION = re.compile(
    r"(?<![\w.])v?(\d{1,5}(?:\.\d{1,6}){1,3}"
    r"(?:[-.]?(?:alpha|beta|rc|a|b|dev|pre|preview|post|nightly)[-.]?\d*)?)(?![\w]|\.\d)",
    re.IGNORECASE,
)
_TAG = re.compile(r"/(?:releases/tag|tree|tags?)/(?P<tag>[^?#]+)$")
_BEFORE_VERSION = re.compile(r"[/_]|(?<=[a-z])-(?=v?\d)", re.IGNORECASE)
_TEST_VERSION = re.compile(
    r"\d[-.]?(?:alpha|beta|rc|a|b|dev|pre|preview|nightly)[-.]?\d*$", re.IGNORECASE
)
_MAJOR = re.compile(r"^(\d+)\.0(?:\.0)?$")

_SECURITY: Final = (
    r"\bCVE-\d{4}-\d{4,}",
    r"\bGHSA-[a-z0-9]{4}-[a-z0-9]{4}-[a-z0-9]{4}\b",
    r"\bsecurity (?:fix(?:es)?|releases?|updates?|patch(?:es)?|advisor(?:y|ies))\b",
    r"\bsecurity (?:vulnerabilit\w+|issues?|bulletins?)\b",
    r"\bvulnerabilit(?:y|ies)\b",
    r"^\s*#*\s*security\s*:?\s*$",
    r"\b(?:remote code execution|privilege escalation|path traversal|sql injection|ssrf|xss)\b",
)
_BREAKING: Final = (
    r"\bbreaking(?:[- ]changes?)?\b",
    r"\bbackwards?[- ]incompatib\w+",
    r"\bnot backwards?[- ]compatible\b",
    r"^\s*[-*\u2022]?\s*\w+(?:\([^)\n]*\))?!:",
    r"\b(?:drop|drops|dropped|remove|removes|removed|end|ends|ended) (?:all )?support (?:for|of)\b",
    r"\bno longer (?:supports?|supported|works?|accepts?)\b",
    r"\b(?:now requires?|requires? at least|minimum (?:supported )?version)\b",
    r"\bmigration (?:is )?required\b",
    r"^\s*#*\s*removed\s*:?\s*$",
)
_DEPRECATION: Final = (
    r"\bdeprecat(?:e|es|ed|ing|ion|ions)\b",
    r"\bend[- ]of[- ](?:life|support)\b",
    r"\b(?:sunset|sunsets|sunsetting)\b",
    r"\bwill be removed in\b",
    r"\bEOL\b",
)
_PRICING: Final = (
    r"\bpric(?:e|es|ing) (?:change|changes|increase|increases|update)\b",
    r"\bnew pricing\b",
    r"\bfree (?:tier|plan) (?:ends|is removed|changes)\b",
)
_RULES: Final = tuple(
    (change, [re.compile(each, re.IGNORECASE | re.MULTILINE) for each in words])
    for change, words in (
        (Change.SECURITY, _SECURITY),
        (Change.BREAKING, _BREAKING),
        (Change.DEPRECATION, _DEPRECATION),
        (Change.PRICING, _PRICING),
    )
)
_NEGATED = re.compile(
    r"\b(?:no|not|without|non|zero|never)(?: \w+){0,3}[ -]$"
    r"|\b(?:isn't|aren't|doesn't)(?: \w+){0,2} $",
    re.IGNORECASE,
)
_NOT_AFTER = re.compile(r"^\s*:?\s*(?:none|n/a|nothing)\b", re.IGNORECASE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Guess:
    """What kind of change a release seems to be, and why it seems so, for the editor."""

    change: Change
    reason: str


def guess_change(title: str, notes: str, version: str | None) -> Guess:
    """Guess the kind of change; the worst that the words hold wins, in the order of a mail."""
    text = f"{title}\n{notes}"
    for change, patterns in _RULES:
        words = _first(patterns, text)
        if words is not None:
            return Guess(change=change, reason=f"the notes say \u201c{words}\u201d")
    if version is not None and _is_test_version(version):
        return Guess(change=Change.RELEASE, reason="a test version, by its number")
    if version is not None and _is_major(version):
        return Guess(
            change=Change.BREAKING,
            reason=f"{version} begins a major version; its notes name no break, so look",
        )
    return Guess(change=Change.RELEASE, reason="nothing in the notes says more than a release")


def guess_version(title: str, link: str) -> str | None:
    """Find the version in a title, or in the tag at the end of a link; None without one."""
    found = _VERSION.search(title)
    tag = _TAG.search(link)
    if found is None and tag is not None:
        found = _VERSION.search(_BEFORE_VERSION.sub(" ", unquote(tag["tag"])))
    return None if found is None else found[1]


def _first(patterns: Sequence[re.Pattern[str]], text: str) -> str | None:
    """The first words of a kind that are not said to be absent ("no breaking changes")."""
    found = sorted(
        (match for pattern in patterns for match in pattern.finditer(text)),
        key=lambda match: match.start(),
    )
    for match in found:
        line = text[text.rfind("\n", 0, match.start()) + 1 : match.start()]
        if _NEGATED.search(line) or _NOT_AFTER.match(text[match.end() : match.end() + 12]):
            continue
        return " ".join(match[0].split())[:_QUOTED].strip("#-*\u2022: ")
    return None


def _is_test_version(version: str) -> bool:
    return _TEST_VERSION.search(version) is not None


def _is_major(version: str) -> bool:
    found = _MAJOR.match(version)
    return found is not None and 0 < int(found[1]) < _FIRST_YEAR_AS_VERSION
