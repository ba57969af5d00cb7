"""An installation that is full of hostile words, stored wherever people and feeds can put some.

Whoever adds a page to the desk adds its address to `pages`: a test compares them with all routes.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from html.parser import HTMLParser
from urllib.parse import quote

from briefings.model.links import LinkAnswer
from briefings.model.news import Change, ItemState, Kind, News
from briefings.pipeline import editing
from briefings.pipeline.approve import approve
from briefings.pipeline.archive import switch
from briefings.pipeline.correct import correct
from briefings.pipeline.prepare import prepare
from briefings.pipeline.send import send_due
from briefings.store import feeds, inbox, items, link_checks
from briefings.weeks import Week
from tests.web.conftest import Installation

CORPUS = [
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "'><svg/onload=alert(1)>",
    "[x](javascript:alert(1))",
    "[x](data:text/html,<script>alert(1)</script>)",
    '[x](https://example.org/"onmouseover="alert(1))',
    "<https://example.org/><script>alert(1)</script>",
    "`</code><script>alert(1)</script>`",
    "**<iframe srcdoc='<script>alert(1)</script>'>**",
    "{{ 7*7 }}{% raw %}<mj-raw><script>alert(1)</script></mj-raw>",
    "</textarea></select><script>alert(1)</script>",
    "</title></style><script>alert(1)</script>",
]
SHORT = [each for each in CORPUS if len(each) <= 50]
GONE, COMING = Week.parse("2026-W35"), Week.parse("2026-W36")
SLUG, OTHER = "mlops-engineer", "data-scientist"


@dataclass(frozen=True, kw_only=True)
class Filled:
    """The installation, and items with every payload in a week that went and in one that comes."""

    site: Installation
    gone: list[int]
    coming: list[int]


def news(payload: str, day: date) -> News:
    return News(
        kind=Kind.TOOL_CHANGE,
        headline=payload,
        summary=payload,
        do=payload,
        date=day,
        source_name=payload[:100],
        source_url=f"https://example.org/?{quote(payload)}",
        tool="mlflow",
        version=payload[:50],
        change=Change.RELEASE,
        tags=(payload[:50],),
        targets=(SLUG,),
    )


def fill(site: Installation) -> Filled:
    """Put the corpus into items, editions, mails, archive, corrections, reasons, names and notes."""
    chain, now = site.app.chain, site.clock()
    found: dict[Week, list[int]] = {}
    with site.app.db.write() as tx:
        for week in (GONE, COMING):
            found[week] = [
                items.add(
                    tx,
                    news(payload, week.monday),
                    week=str(week),
                    state=ItemState.QUEUED,
                    now=now,
                    by=CORPUS[1],
                )
                for payload in CORPUS
            ]
        drafts = [
            items.add(
                tx,
                news(payload, COMING.monday),
                week=str(COMING),
                state=ItemState.DRAFT,
                now=now,
            )
            for payload in CORPUS
        ]
        feeds.add_entries(
            tx, "mlflow", [(each, n, each) for n, each in zip(drafts, CORPUS, strict=True)], now=now
        )
        inbox.put_unsaved(tx, drafts[0], CORPUS[0], revision=1, fields="{}", now=now)
        tx.execute("UPDATE reader SET name = :name WHERE email = 'ada@example.org'", name=CORPUS[0])
        tx.execute("UPDATE desk_user SET name = :name", name=CORPUS[0])
    for week, words in ((GONE, SHORT[0]), (COMING, SHORT[1])):
        prepare(chain, week, [SLUG, OTHER])
        editing.word(
            chain,
            week,
            SLUG,
            subject=words,
            preheader=CORPUS[2],
            intro=" ".join(CORPUS),
            by=CORPUS[0],
            seen=0,
        )
        editing.hold(chain, week, OTHER, CORPUS[8], by=CORPUS[0])
    approve(chain, GONE, [SLUG], by=CORPUS[0], despite=CORPUS[1])
    send_due(chain, site.app.settings, GONE, ignore_hours=True)
    switch(chain, SLUG, None, shown=True, by=CORPUS[0])
    correct(
        chain,
        found[GONE][0],
        note=CORPUS[0],
        changes={"headline": CORPUS[1]},
        withdraw=False,
        by=CORPUS[0],
    )
    editing.leave_out(chain, COMING, SLUG, found[COMING][-1], CORPUS[8], by=CORPUS[0])
    answers = [
        LinkAnswer(
            url=f"https://example.org/?{quote(payload)}",
            code=number % 2 * 200 or None,
            trouble=payload,
            at=now,
            moved_to=payload,
        )
        for number, payload in enumerate(CORPUS)
    ]
    with site.app.db.write() as tx:
        link_checks.put(tx, answers)
    return Filled(site=site, gone=found[GONE], coming=found[COMING])


def desk_pages(filled: Filled) -> list[str]:
    """Every page of the desk, with what is hostile on it; asked words are hostile, too."""
    edition, gone = f"/desk/editions/{COMING}/{SLUG}", f"/desk/editions/{GONE}/{SLUG}"
    wrong, coming = filled.gone[1], filled.coming[0]
    issue = f"/desk/issues/{GONE}-regular"
    asked = [quote(each) for each in CORPUS]
    return [
        "/desk",
        f"/desk/weeks/{GONE}",
        f"/desk/weeks/{COMING}",
        f"/desk/weeks/{COMING}/approve",
        f"/desk/weeks/{COMING}/links",
        edition,
        gone,
        f"/desk/editions/{COMING}/{OTHER}",
        f"{edition}/preview",
        f"{edition}/preview?part=text",
        f"{edition}/preview?reader=ada@example.org",
        f"{edition}/preview?reader={asked[0]}",
        f"{edition}/mail",
        f"{edition}/mail?reader=ada@example.org&colour=dark&images=off",
        f"{gone}/mail",
        "/desk/stop",
        "/desk/go",
        "/desk/search?q=alert",
        *(f"/desk/search?q={each}" for each in asked),
        "/desk/inbox?state=any",
        f"/desk/inbox?q={asked[0]}&tool={asked[1]}&kind={asked[2]}&state={asked[3]}",
        f"/desk/items/new?kind={asked[0]}",
        *(f"/desk/items/{number}" for number in filled.coming),
        f"/desk/items/{filled.gone[0]}/history",
        f"/desk/items/{coming}/history",
        "/desk/seeds",
        "/desk/people",
        "/desk/sessions",
        "/desk/audit",
        f"/desk/audit?subject={asked[0]}",
        "/desk/board",
        f"/desk/board/{COMING}",
        "/desk/corrections",
        f"/desk/corrections?q={asked[0]}",
        f"/desk/corrections/{filled.gone[0]}",
        f"/desk/corrections/{wrong}?note={asked[0]}&headline={asked[1]}&summary={asked[10]}",
        f"/desk/corrections/{wrong}/mail?note={asked[0]}",
        f"/desk/corrections/{wrong}/readers.csv",
        "/desk/numbers",
        "/desk/issues",
        issue,
        f"{issue}/states.csv",
        f"{issue}/cancel",
        f"{issue}/unsure",
        "/desk/nothing-" + asked[0],
    ]


def public_pages(filled: Filled) -> list[str]:
    """The archive, items and a reader's own mail."""
    shelf = f"/archive/{SLUG}"
    return [
        "/archive",
        shelf,
        f"{shelf}/rss.xml",
        f"{shelf}/{GONE}",
        f"{shelf}/{GONE}/mail",
        *(f"/items/{number}" for number in filled.gone),
        "/",
    ]


class Running(HTMLParser):
    """Finds what a browser would run; the desk's own drawings have a class, and no handlers."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        served = str(given.get("src", "")).startswith("/static/")
        if tag == "script" and not served and given.get("type") != "application/ld+json":
            self.found.append("script")
        ours = {"svg": "class" in given, "base": "href" not in given}
        if tag in {"object", "embed", "math"} or not ours.get(tag, True):
            self.found.append(tag)
        for name, value in attrs:
            begins = str(value or "").strip().lower()
            if (
                name.startswith("on")
                or name == "srcdoc"
                or begins.startswith(("javascript:", "data:", "vbscript:"))
            ):
                self.found.append(f"{tag} {name}")


def running_in(page: str) -> list[str]:
    """What a browser would run of a page's text."""
    found = Running()
    found.feed(page)
    found.close()
    return found.found
