"""Look an edition over before a person approves it; pure: it opens no link and reads no database.

What blocks would mislead readers or break the law; what advises is for a person to weigh.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from functools import lru_cache
from html import unescape
from itertools import combinations

from briefings.desk.findings import Check, Finding, Severity
from briefings.desk.links import MailedLink, link_findings
from briefings.desk.pay import pay_findings
from briefings.model.links import LinkAnswer
from briefings.model.news import Item, Kind

OLD_DAYS = 28
WARN_BYTES, CUT_BYTES = 80 * 1024, 100 * 1024
"""Gmail cuts a mail at 102 KB; the limit of our own mails is 80 (LOOK.md)."""
SAME_EVENT = 82.0
"""How alike two headlines must be, of 100; that of the near-duplicates in the inbox."""
SPAM = (
    *("act now", "buy now", "click here", "congratulations", "double your", "earn money"),
    *("free money", "guaranteed", "limited time", "no obligation", "risk-free", "winner"),
    *("100% free", "urgent", "don't miss", "last chance"),
)
_SPAM = tuple((word, re.compile(rf"(?<!\w){re.escape(word)}(?!\w)")) for word in SPAM)
_ANY = re.compile("|".join(map(re.escape, SPAM)))
_ORDER = {check: place for place, check in enumerate(Check)}
_UNFINISHED = re.compile(r"\[\[|\]\]|\bTK\b|\bTODO\b")
_NUMBERS = re.compile(r"\d+")
_SHOUTED = re.compile(r"!{2,}|\b[A-Z]{4,}(?:\s+[A-Z]{4,}){2,}\b")
_PICTURE = re.compile(r"<img\b[^>]*>", re.IGNORECASE)
_ALT = re.compile(r"\balt\s*=", re.IGNORECASE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Rendered:
    """The mail of a reader who has nothing but this edition, slots marked, as it would leave."""

    html: str
    text: str
    size: int
    slots: frozenset[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Examined:
    """What preflight looks at, at `now`. `day` is the mail's Monday.

    `mailed` are the addresses that the mail leads to, `links` their newest answers by address;
    `reported` are the versions of each tool that earlier mails told of. `trouble` says why the mail
    could not be rendered; `rendered` is None then, or where there is no mail.
    """

    now: datetime
    day: date
    items: Sequence[Item]
    subject: str
    preheader: str
    intro: str
    last_subject: str | None = None
    reported: Mapping[str, Sequence[str]] = field(default_factory=dict[str, Sequence[str]])
    mailed: Sequence[MailedLink] = ()
    links: Mapping[str, LinkAnswer] = field(default_factory=dict[str, LinkAnswer])
    rendered: Rendered | None = None
    trouble: str = ""
    postal_address: str = ""
    old_days: int = OLD_DAYS


def preflight(seen: Examined) -> list[Finding]:
    """Give everything that blocks or should be looked at, what blocks first."""
    return ordered([*lasting(seen), *link_findings(seen.mailed, seen.links, seen.now)])


def lasting(seen: Examined) -> list[Finding]:
    """Give what is found without a link's answer and without the clock, in no order.

    It stays true as long as what is looked at stays: `now` and `links` are not read.
    """
    return [
        finding
        for check in (
            _unfinished,
            pay_findings_of,
            _foot,
            _versions,
            _ages,
            _events,
            _pictures,
            _subject,
            _size,
            _spam,
        )
        for finding in check(seen)
    ]


def ordered(found: Sequence[Finding]) -> list[Finding]:
    """Put what blocks first, and each kind in the order in which an editor hears of it."""
    return sorted(found, key=lambda one: (not one.blocks, _ORDER[one.check]))


def blocking(found: Sequence[Finding]) -> list[Finding]:
    """Those of the findings that stop an approval."""
    return [one for one in found if one.blocks]


def pay_findings_of(seen: Examined) -> Iterator[Finding]:
    """What is missing around the pay figures of items and words."""
    for item in seen.items:
        yield from pay_findings(item.news, _place(item), item.id)
    for place, text in _words(seen):
        yield from pay_findings(text, place, None)


def _unfinished(seen: Examined) -> Iterator[Finding]:
    texts = [(place, text, None) for place, text in _words(seen)]
    for item in seen.items:
        news = item.news
        texts += [(_place(item), text, item.id) for text in (news.headline, news.summary, news.do)]
    for place, text, item_id in texts:
        if found := _UNFINISHED.search(text):
            around = text[max(0, found.start() - 20) : found.end() + 20].strip()
            yield Finding(
                check=Check.UNFINISHED,
                severity=Severity.BLOCKS,
                place=place,
                words=f"it is not finished: \N{LEFT DOUBLE QUOTATION MARK}{around}"
                "\N{RIGHT DOUBLE QUOTATION MARK}",
                remedy="Write what is missing, and take the mark out.",
                item_id=item_id,
                final=True,
            )


def _foot(seen: Examined) -> Iterator[Finding]:
    def block(words: str, remedy: str) -> Finding:
        return Finding(
            check=Check.FOOT,
            severity=Severity.BLOCKS,
            place="The foot of the mail",
            words=words,
            remedy=remedy,
            final=True,
        )

    if seen.trouble:
        yield Finding(
            check=Check.RENDERING,
            severity=Severity.BLOCKS,
            place="The mail",
            words="it cannot be made",
            remedy=seen.trouble,
            final=True,
        )
    if seen.rendered is None:
        return
    for part in ("html", "text"):
        if f"{part}:unsubscribe_url" not in seen.rendered.slots:
            yield block(
                f"the {part} part has no link to unsubscribe",
                "An operator has to put the slot unsubscribe_url back into "
                f"blocks/foot.{_END[part]}.j2.",
            )
    address = " ".join(seen.postal_address.split())
    shown = {"html": unescape(seen.rendered.html), "text": seen.rendered.text}
    for part, content in shown.items():
        if not address or address.casefold() not in " ".join(content.split()).casefold():
            yield block(
                f"the {part} part lacks the postal address",
                "An operator has to set BRIEFINGS_POSTAL_ADDRESS, and keep it in the template.",
            )


_END = {"html": "mjml", "text": "txt"}


def _versions(seen: Examined) -> Iterator[Finding]:
    for item in seen.items:
        news = item.news
        if news.tool is None or not news.version:
            continue
        newer = [
            version
            for version in seen.reported.get(news.tool, ())
            if _numbers(version) > _numbers(news.version)
        ]
        if newer:
            newest = max(newer, key=_numbers)
            yield _about(
                item,
                Check.OLD_VERSION,
                Severity.ADVISES,
                words=f"it tells of {news.version}, and readers heard of {newest} before",
                remedy="Leave it out, or say that it is a fix for an older line.",
            )


def _ages(seen: Examined) -> Iterator[Finding]:
    for item in seen.items:
        age = (seen.day - item.news.date).days
        if age > seen.old_days:
            yield _about(
                item,
                Check.OLD_ITEM,
                Severity.ADVISES,
                words=f"it will be {age} days old when the mail leaves",
                remedy="Leave it out if it is news to nobody any more.",
            )


def _events(seen: Examined) -> Iterator[Finding]:
    for one, other in combinations(seen.items, 2):
        if why := _one_event(one, other):
            yield _about(
                other,
                Check.ONE_EVENT,
                Severity.ADVISES,
                words=f"it seems to tell of the same as "
                f"\N{LEFT DOUBLE QUOTATION MARK}{one.news.headline}"
                f"\N{RIGHT DOUBLE QUOTATION MARK} ({why})",
                remedy="Join the two, or leave one out.",
            )


def _one_event(one: Item, other: Item) -> str:
    ours, theirs = one.news, other.news
    if ours.kind is not theirs.kind or ours.kind is Kind.SALARY_NEWS:
        return ""
    if ours.tool != theirs.tool:
        return ""
    if ours.version and theirs.version:
        same = _numbers(ours.version) == _numbers(theirs.version)
        return f"same tool and version {theirs.version}" if same else ""
    from rapidfuzz import fuzz, utils

    score = fuzz.token_set_ratio(ours.headline, theirs.headline, processor=utils.default_process)
    return "nearly the same headline" if score >= SAME_EVENT else ""


def _pictures(seen: Examined) -> Iterator[Finding]:
    pictures = _PICTURE.findall(seen.rendered.html) if seen.rendered else []
    without = [each for each in pictures if not _ALT.search(each)]
    if without:
        yield Finding(
            check=Check.PICTURE,
            severity=Severity.ADVISES,
            place="The mail",
            words=f"{len(without)} of its pictures have no words for who does not see them",
            remedy="Give each picture an alt text, an empty one if it says nothing.",
        )


def _subject(seen: Examined) -> Iterator[Finding]:
    last = seen.last_subject
    if last and _folded(last) == _folded(seen.subject):
        yield Finding(
            check=Check.SUBJECT,
            severity=Severity.ADVISES,
            place="The subject",
            words="it is the one of the last mail, so ours goes out under another",
            remedy="Write one that says what is new.",
        )


def _size(seen: Examined) -> Iterator[Finding]:
    size = seen.rendered.size if seen.rendered else 0
    if size < WARN_BYTES:
        return
    over = size >= CUT_BYTES
    yield Finding(
        check=Check.SIZE,
        severity=Severity.ADVISES,
        place="The mail",
        words=f"it has {size / 1024:.0f} KB"
        + (", and Gmail cuts at 102 KB" if over else ", and 80 KB is our limit"),
        remedy="Leave items out, or shorten their text.",
    )


def _spam(seen: Examined) -> Iterator[Finding]:
    texts = [(place, text, None) for place, text in _words(seen)]
    texts += [(_place(item), item.news.headline, item.id) for item in seen.items]
    for place, text, item_id in texts:
        folded = _folded(text)
        said = [word for word, sign in _SPAM if sign.search(folded)] if _ANY.search(folded) else []
        if shouted := _SHOUTED.search(text):
            said.append(shouted[0])
        if said:
            yield Finding(
                check=Check.SPAM,
                severity=Severity.ADVISES,
                place=place,
                words=f"spam filters mark {', '.join(repr(word) for word in said)}",
                remedy="Say it plainly.",
                item_id=item_id,
            )


def _words(seen: Examined) -> Iterator[tuple[str, str]]:
    yield "The subject", seen.subject
    yield "The preview line", seen.preheader
    yield "The intro", seen.intro


def _about(item: Item, check: Check, severity: Severity, *, words: str, remedy: str) -> Finding:
    """Say something about one item of the edition."""
    return Finding(
        check=check,
        severity=severity,
        place=_place(item),
        words=words,
        remedy=remedy,
        item_id=item.id,
    )


def _place(item: Item) -> str:
    return item.news.headline


@lru_cache(maxsize=4_096)
def _numbers(version: str) -> tuple[int, ...]:
    """The numbers of a version, without zeros at its end, so that 3.11 and 3.11.0 are one."""
    found = [int(each) for each in _NUMBERS.findall(version)]
    while found and not found[-1]:
        found.pop()
    return tuple(found)


def _folded(text: str) -> str:
    return " ".join(text.split()).casefold()
