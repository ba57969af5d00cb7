"""Say what an edition's links come to, by what they answered last; pure: it opens none of them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from briefings.desk.findings import Check, Finding, Severity
from briefings.model.links import LinkAnswer

OLD_LINK_DAYS = 7
"""An answer older than this says little about the day on which the mail leaves."""
_PLACE = "The links"
_OPEN_IT = "Open it in a browser; if it is there, let it be."
_ALL_AWAY = 2
"""From how many links on that all fail alike the fault is looked for on our side."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MailedLink:
    """An address that a mail leads to: where it stands, and what it is there, as "its source"."""

    url: str
    place: str
    what: str
    item_id: int | None = None


def link_findings(
    mailed: Sequence[MailedLink], answers: Mapping[str, LinkAnswer], now: datetime
) -> Iterator[Finding]:
    """Yield what blocks (a page that is gone) and what is advice: away, moved, untried or old.

    Where none of them could be reached it is one finding: that is a network, not so many links.
    """
    known = [answers[url] for url in dict.fromkeys(m.url for m in mailed) if url in answers]
    away = _without_network(known)
    steps: list[tuple[MailedLink, LinkAnswer]] = []
    for link in mailed:
        answer = answers.get(link.url)
        if answer is not None and answer.moved and link.item_id is not None:
            yield _about(
                link,
                Check.LINK_MOVED,
                f"{link.what} answers from another address for good",
                f"Use {answer.moved_to}",
            )
        if answer is None or answer.served:
            continue
        if answer.gone:
            yield _about(
                link,
                Check.LINK_GONE,
                f"{link.what} answers {answer.code}: the page is gone",
                "Name an address that exists, then check the links again.",
            )
        elif answer not in away and link.item_id is None:
            steps.append((link, answer))
        elif answer not in away:
            words = f"{link.what} could not be reached ({_why(answer)})"
            yield _about(link, Check.LINK, words, _OPEN_IT)
    yield from _steps(steps)
    if away:
        yield _advice(
            f"none of {len(away)} could be reached ({away[0].trouble})",
            "It seems that there was no network. You can approve without one; check the links "
            "again when it is back.",
        )
    if unknown := sum(1 for url in {m.url for m in mailed} if url not in answers):
        yield _advice(
            "one was never tried" if unknown == 1 else f"{unknown} were never tried",
            "Check the links, or open each of them once before you approve.",
        )
    if old := [one for one in known if now - one.at > timedelta(days=OLD_LINK_DAYS)]:
        first = min(one.at for one in old)
        yield _advice(
            f"what {len(old)} of {len(known)} answered is old, the oldest of "
            f"{first.day} {first:%b %Y}",
            "Check the links again before you approve.",
        )


def _steps(away: Sequence[tuple[MailedLink, LinkAnswer]]) -> Iterator[Finding]:
    """One advice for all that was not reached beside the items: those stay from week to week."""
    if not away:
        return
    link, answer = away[0]
    if len(away) == 1:
        yield _about(
            link, Check.LINK, f"{link.what} could not be reached ({_why(answer)})", _OPEN_IT
        )
        return
    places = ", ".join(each.place for each, _ in away)
    yield _advice(
        f"{len(away)} beside the items could not be reached: {places} "
        f"(of {link.place}: {_why(answer)})",
        "Open them in a browser; if they are there, let them be.",
    )


def _why(answer: LinkAnswer) -> str:
    return answer.trouble or f"it answers {answer.code}"


def _without_network(known: Sequence[LinkAnswer]) -> list[LinkAnswer]:
    """The tries that came to nothing, where nothing at all answered since the first of them."""
    silent = [one for one in known if one.code is None]
    if len(silent) < _ALL_AWAY:
        return []
    since = min(one.at for one in silent)
    return [] if any(one.code is not None and one.at >= since for one in known) else silent


def _about(link: MailedLink, check: Check, words: str, remedy: str) -> Finding:
    blocks = check is Check.LINK_GONE
    return Finding(
        check=check,
        severity=Severity.BLOCKS if blocks else Severity.ADVISES,
        place=link.place,
        words=words,
        remedy=remedy,
        item_id=link.item_id,
    )


def _advice(words: str, remedy: str) -> Finding:
    return Finding(
        check=Check.LINK, severity=Severity.ADVISES, place=_PLACE, words=words, remedy=remedy
    )
