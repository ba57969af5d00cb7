"""A desk with one person for each role, signed in, and a sample of every act that changes something.

Whoever adds an act to the desk adds its sample to ACTS, and a page to `desk_pages` of hostile.py:
tests walk over all routes of the program.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import date
from urllib.parse import urlencode

import httpx

from briefings.model.news import Change, ItemState, Kind, News
from briefings.model.user import DeskRole, User
from briefings.pipeline import control, editing, halt, item_editing, people, seeding
from briefings.pipeline.approve import approve
from briefings.pipeline.prepare import prepare
from briefings.pipeline.recorded import recorded
from briefings.pipeline.signing_in import PRINT, hashed, printed_link
from briefings.store import editions, items, seeds, users
from briefings.weeks import Week
from tests.web.conftest import BASE, Installation

Fields = Mapping[str, str | list[str]]
COOKIE = "desk"
ISSUE = "2026-W34-regular"
ANYBODY = "sign in"


@dataclass
class Desk:
    """An installation whose desk has people."""

    site: Installation

    def add(self, email: str, *roles: DeskRole, own: bool = True) -> int:
        """Put a person at the desk; their number."""
        with recorded(self.site.app.chain, by="test", route="test", act="add") as record:
            made = people.add(
                record, email, name="", roles=[role.value for role in roles], may_approve_own=own
            )
        return made.id

    def everybody(self) -> list[User]:
        """Who is at the desk."""
        with self.site.app.db.read() as tx:
            return users.everybody(tx)

    def session(self, email: str, secret: str) -> int:
        """Sign a browser in that holds this secret; the session's number."""
        now = self.site.clock()
        with self.site.app.db.write() as tx:
            user = users.by_email(tx, email)
            assert user is not None
            number = users.open_session(
                tx,
                user.id,
                token=hashed(secret),
                letter_id=-(users.everybody(tx)[-1].id * 1000 + len(users.sessions(tx, now))),
                letter_at=now,
                browser="test",
                now=now,
                expires_at=now.replace(year=now.year + 1),
            )
        assert number is not None
        return number

    def client(self, *roles: DeskRole, email: str = "", own: bool = True) -> httpx.AsyncClient:
        """A browser in which somebody with these roles is signed in."""
        address = email or f"{'-'.join(roles) or 'nobody'}@desk.example"
        self.add(address, *roles, own=own)
        secret = f"secret of {address}"
        self.session(address, secret)
        return self.site.client(cookies={COOKIE: secret}, follow_redirects=False)

    def link(self, email: str) -> str:
        """The path of a sign-in link printed in a terminal."""
        chain = self.site.app.chain
        with recorded(chain, by="test", route="test", act=PRINT) as record:
            url = printed_link(record, BASE, people.person(record.chain, email=email))
        return url.removeprefix(BASE)

    def turn(self, state: str, number: int, reason: str | None = None) -> None:
        """Put that many mails of the issue that were accepted into a state."""
        with self.site.app.db.write() as tx:
            tx.execute(
                "UPDATE delivery SET state = :state, reason = :reason WHERE id IN "
                "(SELECT id FROM delivery WHERE state = 'accepted' ORDER BY id LIMIT :number)",
                state=state,
                reason=reason,
                number=number,
            )

    def item_ahead(self, week: str) -> int:
        """Put one queued item into a week that is not frozen; its number."""
        (number,) = self.site.row("SELECT MIN(id) FROM item WHERE state = 'queued'")
        with self.site.app.db.write() as tx:
            items.set_week(tx, number, week)
        return number

    def mailed_item(self) -> int:
        """An item that all three readers got."""
        (number,) = self.site.row(
            "SELECT item_id FROM received GROUP BY item_id ORDER BY COUNT(*) DESC, item_id LIMIT 1"
        )
        return number

    def log(self) -> list[tuple[str, str, str, str, str]]:
        """All of the audit log but its times and numbers, oldest first."""
        with self.site.app.db.read() as tx:
            rows = tx.rows('SELECT "by", route, subject, before, after FROM audit ORDER BY id')
        return [tuple(row) for row in rows]


def seal_in(page: httpx.Response) -> str:
    """The seal of a page's forms."""
    found = re.search(r'name="seal" value="([^"]+)"', page.text)
    assert found, page.text
    return found[1]


async def press(
    client: httpx.AsyncClient, path: str, fields: Fields | None = None, *, seal_from: str = "/desk"
) -> httpx.Response:
    """Send a form as the page it stands on would."""
    seal = seal_in(await client.get(seal_from))
    body = urlencode({**(fields or {}), "seal": seal}, doseq=True)
    kind = {"content-type": "application/x-www-form-urlencoded"}
    return await client.post(path, content=body, headers=kind)


Sample = Callable[[Desk], tuple[str, Fields]]


def _ask(desk: Desk) -> tuple[str, Fields]:
    desk.add("asks@desk.example", DeskRole.AUTHOR)
    return "/desk/sign-in", {"email": "asks@desk.example"}


def _enter(desk: Desk) -> tuple[str, Fields]:
    desk.add("enters@desk.example", DeskRole.AUTHOR)
    return desk.link("enters@desk.example"), {}


def _go(desk: Desk) -> tuple[str, Fields]:
    halt.stop(desk.site.app.chain, by="test")
    return "/desk/go", {}


def _remove(desk: Desk) -> tuple[str, Fields]:
    return f"/desk/people/{desk.add('goes@desk.example', DeskRole.AUTHOR)}/remove", {}


def _end(desk: Desk) -> tuple[str, Fields]:
    desk.add("ends@desk.example", DeskRole.AUTHOR)
    return f"/desk/sessions/{desk.session('ends@desk.example', 'of another')}/end", {}


def _resume(desk: Desk) -> tuple[str, Fields]:
    control.pause(desk.site.app.chain, ISSUE, "paused by a test")
    return f"/desk/issues/{ISSUE}/resume", {}


def _release(desk: Desk) -> tuple[str, Fields]:
    desk.turn("pending", 1)
    with desk.site.app.db.write() as tx:
        seeds.hold(tx, 1, None)
    return f"/desk/issues/{ISSUE}/release", {}


def _unmark(desk: Desk) -> tuple[str, Fields]:
    seeding.mark(desk.site.app.chain, "bo@example.org", by="test")
    return "/desk/seeds/2/remove", {}


def _unsure(desk: Desk) -> tuple[str, Fields]:
    desk.turn("unsure", 1)
    return f"/desk/issues/{ISSUE}/unsure", {"do": "accept"}


def _move(desk: Desk) -> tuple[str, Fields]:
    item = desk.item_ahead("2026-W36")
    return "/desk/board/2026-W36/move", {"item": str(item), "to": "2026-W37"}


def _correct(desk: Desk) -> tuple[str, Fields]:
    number = desk.mailed_item()
    return f"/desk/corrections/{number}", {
        "note": "The version was 1.2, not 1.3.",
        "headline": "Put right",
        "revision": "1",
    }


LATER = "2026-W35"
EDITION = f"/desk/editions/{LATER}/mlops-engineer"


def edition(desk: Desk) -> list[int]:
    """Put three items into the edition of the week that nobody mailed yet; their numbers."""
    chain = desk.site.app.chain
    with desk.site.app.db.write() as tx:
        ids = [
            items.add(
                tx,
                News(
                    kind=Kind.TOOL_CHANGE,
                    headline=f"MLflow 9.{number} is out",
                    summary="It is out.",
                    date=date(2026, 8, 24 + number),
                    source_name="MLflow release notes",
                    source_url=f"https://example.org/{number}",
                    tool="mlflow",
                    version=f"9.{number}",
                    change=Change.RELEASE,
                    targets=("mlops-engineer",),
                ),
                week=LATER,
                state=ItemState.QUEUED,
                now=desk.site.clock(),
            )
            for number in range(3)
        ]
    prepare(chain, Week.parse(LATER), ["mlops-engineer"])
    return ids


def _act(name: str, **fields: str) -> Sample:
    """A sample of an act on that edition; ITEM stands for its second item."""

    def sample(desk: Desk) -> tuple[str, Fields]:
        second = str(edition(desk)[1])
        return f"{EDITION}/{name}", {k: v.replace("ITEM", second) for k, v in fields.items()}

    return sample


def _approve(desk: Desk) -> tuple[str, Fields]:
    edition(desk)
    with desk.site.app.db.read() as tx:
        seen = editions.content_hash_of(tx, LATER, "mlops-engineer")
    return f"/desk/weeks/{LATER}/approve", {"edition": "mlops-engineer", "hash": seen or ""}


def _unapprove(desk: Desk) -> tuple[str, Fields]:
    edition(desk)
    approve(desk.site.app.chain, Week.parse(LATER), ["mlops-engineer"], by="test")
    return f"/desk/weeks/{LATER}/unapprove", {"edition": "mlops-engineer"}


def _take_in(desk: Desk) -> tuple[str, Fields]:
    second = edition(desk)[1]
    chain, week = desk.site.app.chain, Week.parse(LATER)
    editing.leave_out(chain, week, "mlops-engineer", second, "old", by="test")
    return f"{EDITION}/take-in", {"item": str(second)}


def _take_newest(desk: Desk) -> tuple[str, Fields]:
    second = edition(desk)[1]
    with desk.site.app.db.write() as tx:
        news = items.get(tx, [second])[second].news
        items.revise(tx, second, replace(news, headline="Put right"), now=desk.site.clock())
    return f"{EDITION}/take-newest", {"item": str(second), "again": "yes"}


def _draft(desk: Desk, headline: str = "A draft to act on") -> int:
    news = News(
        kind=Kind.TOOL_CHANGE,
        headline=headline,
        summary="",
        date=date(2026, 8, 25),
        source_name="notes",
        source_url="https://example.org/notes",
        tool="mlflow",
        version="9.9",
        change=Change.RELEASE,
    )
    with desk.site.app.db.write() as tx:
        return items.add(
            tx, news, week="2026-W35", state=ItemState.DRAFT, now=desk.site.clock(), by="test"
        )


ITEM = {
    "kind": "tool_change",
    "tool": "mlflow",
    "change": "release",
    "headline": "MLflow 9.9 is out",
    "date": "2026-08-25",
    "source_url": "https://example.org/notes",
    "confidence": "high",
}


def _join(desk: Desk) -> tuple[str, Fields]:
    return "/desk/inbox/join", {"join": f"{_draft(desk)} {_draft(desk, 'Another')}"}


def _forget(desk: Desk) -> tuple[str, Fields]:
    number = _draft(desk)
    for (by,) in [(user.email,) for user in desk.everybody()]:
        item_editing.keep_unsaved(desk.site.app.chain, number, 1, {"headline": ["x"]}, by=by)
    return "/desk/items/forget", {"id": str(number)}


def _restore(desk: Desk) -> tuple[str, Fields]:
    number = _draft(desk)
    with desk.site.app.db.write() as tx:
        first = items.get(tx, [number])[number].news
        items.revise(tx, number, replace(first, headline="Other words"), now=desk.site.clock())
    return f"/desk/items/{number}/restore", {"number": "1", "revision": "2"}


ACTS: dict[str, Sample] = {
    "POST /desk/weeks/{week}/assemble": lambda _: (f"/desk/weeks/{LATER}/assemble", {}),
    "POST /desk/weeks/{week}/links": lambda desk: (
        f"/desk/weeks/{LATER}/links" if edition(desk) else "",
        {},
    ),
    "POST /desk/weeks/{week}/approve": _approve,
    "POST /desk/weeks/{week}/unapprove": _unapprove,
    "POST /desk/weeks/{week}/skip": lambda _: (f"/desk/weeks/{LATER}/skip", {"reason": "rest"}),
    "POST /desk/weeks/{week}/move": lambda _: (f"/desk/weeks/{LATER}/move", {"to": "2026-09-01"}),
    "POST /desk/editions/{week}/{slug}/words": _act("words", subject="Ours", seen="0"),
    "POST /desk/editions/{week}/{slug}/move": _act("move", item="ITEM", to="up"),
    "POST /desk/editions/{week}/{slug}/order": _act("order", order="ITEM", seen="0"),
    "POST /desk/editions/{week}/{slug}/pin": _act("pin", item="ITEM", on="yes"),
    "POST /desk/editions/{week}/{slug}/leave-out": _act("leave-out", item="ITEM", reason="old"),
    "POST /desk/editions/{week}/{slug}/take-in": _take_in,
    "POST /desk/editions/{week}/{slug}/take-newest": _take_newest,
    "POST /desk/editions/{week}/{slug}/as-assembled": _act("as-assembled"),
    "POST /desk/editions/{week}/{slug}/restore": _act("restore", n="0"),
    "POST /desk/editions/{week}/{slug}/hold": _act("hold", reason="a figure"),
    "POST /desk/editions/{week}/{slug}/skip": _act("skip", reason="a figure"),
    "POST /desk/editions/{week}/{slug}/test-mail": _act(
        "test-mail", to="viewer-author-editor-sender-operator@desk.example", reader="plan"
    ),
    "POST /desk/editions/{week}/{slug}/links": _act("links"),
    "POST /desk/sign-in": _ask,
    "POST /desk/sign-in/{token}": _enter,
    "POST /desk/sign-out": lambda _: ("/desk/sign-out", {}),
    "POST /desk/issues/{issue}/release": _release,
    "POST /desk/seeds": lambda _: ("/desk/seeds", {"email": "bo@example.org"}),
    "POST /desk/seeds/{id}/remove": _unmark,
    "POST /desk/stop": lambda _: ("/desk/stop", {}),
    "POST /desk/go": _go,
    "POST /desk/people": lambda _: (
        "/desk/people",
        {"email": "new@desk.example", "name": "New", "role": ["author", "editor"], "own": "yes"},
    ),
    "POST /desk/people/{id}/remove": _remove,
    "POST /desk/sessions/{id}/end": _end,
    "POST /desk/board/{week}/move": _move,
    "POST /desk/corrections/{id}": _correct,
    "POST /desk/issues/{issue}/pause": lambda _: (f"/desk/issues/{ISSUE}/pause", {}),
    "POST /desk/issues/{issue}/resume": _resume,
    "POST /desk/issues/{issue}/cancel": lambda _: (f"/desk/issues/{ISSUE}/cancel", {}),
    "POST /desk/issues/{issue}/unsure": _unsure,
    "POST /desk/inbox/triage": lambda desk: (
        "/desk/inbox/triage",
        {"act": f"queue {_draft(desk)}"},
    ),
    "POST /desk/inbox/join": _join,
    "POST /desk/items/new": lambda _: ("/desk/items/new", ITEM),
    "POST /desk/items/unsaved": lambda _: ("/desk/items/unsaved", {**ITEM, "id": "0"}),
    "POST /desk/items/forget": _forget,
    "POST /desk/items/{id}": lambda desk: (
        f"/desk/items/{_draft(desk)}",
        {**ITEM, "revision": "1"},
    ),
    "POST /desk/items/{id}/restore": _restore,
}
"""For every act of the desk: prepares what it needs, and gives path and fields of a good request."""

PATHS: dict[str, str] = {
    "{token}": "A" * 44,
    "{id}": "999999",
    "{issue}": "2026-W01-late",
    "{week}": LATER,
    "{slug}": "mlops-engineer",
}

LOOKS: dict[str, Fields] = {"POST /desk/items/preview": ITEM, "POST /desk/items/reach": ITEM}
"""Requests that are sent like acts, since they hold a form, and only look: fields of a good one."""
