"""A desk with one person for each role, signed in, and a sample of every act that changes something.

Whoever adds an act to the desk adds its sample to ACTS: tests walk over all routes of the program.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from urllib.parse import urlencode

import httpx

from briefings.model.user import DeskRole
from briefings.pipeline import control, halt, people
from briefings.pipeline.recorded import recorded
from briefings.pipeline.signing_in import PRINT, hashed, printed_link
from briefings.store import items, users
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


ACTS: dict[str, Sample] = {
    "POST /desk/sign-in": _ask,
    "POST /desk/sign-in/{token}": _enter,
    "POST /desk/sign-out": lambda _: ("/desk/sign-out", {}),
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
}
"""For every act of the desk: prepares what it needs, and gives path and fields of a good request."""

PATHS: dict[str, str] = {
    "{token}": "A" * 44,
    "{id}": "999999",
    "{issue}": "2026-W01-late",
    "{week}": "W99",
}
"""What stands for a part of a path where no such thing has to exist."""
