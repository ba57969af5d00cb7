"""Which presses of a link count: those of people. Pure; it remembers a second, and nobody (R16).

Mail filters and programs follow links before people do. What they say of themselves, and how many
links of a mail they follow at once, gives them away.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

BURST_SECONDS = 1.0
BURST = 3
"""So many different links within a second are not pressed by hand."""

_PROGRAM = re.compile(
    r"bot\b|bot[/;) ]|crawl|spider|scan|preview|prefetch|monitor|fetch|proxy|validator|archiver"
    r"|curl|wget|python|java/|okhttp|go-http|libwww|headless|phantom|axios|httpclient"
    r"|barracuda|mimecast|proofpoint|safelinks|urldefen[cs]e|bingpreview|facebookexternalhit"
    r"|slack|whatsapp|telegram|discord|skype|embedly",
    re.IGNORECASE,
)
"""Words in the names of programs that follow links for people, or for nobody."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Press:
    """A press that waits for its second: `client` tells clients apart in memory, never on disk."""

    item_id: int
    day: date
    client: str
    at: float
    """Seconds on a clock that never jumps."""


def by_a_person(method: str, headers: Mapping[str, str]) -> bool:
    """Say whether a request looks like a person's press of a link from outside of our pages.

    `headers` have small letters. Not counted: anything but GET, what a browser loads ahead
    (Purpose, Sec-Purpose), what is not a page of its own, links on our own pages, and programs.
    """
    ahead = f"{headers.get('purpose', '')} {headers.get('sec-purpose', '')}".casefold()
    agent = headers.get("user-agent", "")
    return (
        method == "GET"
        and "prefetch" not in ahead
        and "prerender" not in ahead
        and "preview" not in ahead
        and headers.get("x-moz", "").casefold() != "prefetch"
        and headers.get("sec-fetch-dest", "document") == "document"
        and headers.get("sec-fetch-site", "none") != "same-origin"
        and bool(agent)
        and not _PROGRAM.search(agent)
    )


def settled(waiting: Sequence[Press], now: float) -> tuple[tuple[Press, ...], tuple[Press, ...]]:
    """Part presses into (counted, waiting); those of a burst are dropped.

    A client is judged when it has been quiet for a second. A press belongs to a burst when its
    client pressed three different links within a second of it, before or after.
    """
    by_client: dict[str, list[Press]] = {}
    for press in waiting:
        by_client.setdefault(press.client, []).append(press)
    counted: list[Press] = []
    left: list[Press] = []
    for own in by_client.values():
        if now - max(press.at for press in own) <= BURST_SECONDS:
            left += own
        else:
            counted += (press for press in own if not _in_burst(press, own))
    return tuple(counted), tuple(left)


def _in_burst(press: Press, own: Sequence[Press]) -> bool:
    near = {other.item_id for other in own if abs(other.at - press.at) <= BURST_SECONDS}
    return len(near) >= BURST
