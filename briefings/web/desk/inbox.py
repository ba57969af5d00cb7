"""The inbox: drafts of people, imports and feeds, to be queued, withdrawn or joined."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from enum import StrEnum
from functools import partial
from typing import TypeVar
from urllib.parse import urlencode

from fastapi import Response

from briefings.errors import Misconfigured
from briefings.model.news import ItemState, Kind
from briefings.pipeline import inbox
from briefings.pipeline.chain import Chain
from briefings.pipeline.inbox import AT_ONCE, Triaged
from briefings.store.inbox import Look, Origin
from briefings.store.terms import terms
from briefings.web.desk.door import Act, Door
from briefings.web.desk.said import Undo
from briefings.web.desk.visit import Visit, number_of

INBOX = "/desk/inbox"
_MOST_UNDONE = 60
_E = TypeVar("_E", bound=StrEnum)
_DONE = {"queue": "queued", "withdraw": "withdrawn", "back": "put back as drafts"}


def register(door: Door) -> None:
    """Add the routes."""

    @door.page(INBOX)
    def show(visit: Visit) -> Response:
        """List what is looked for: drafts at first."""
        look, page = look_of(visit), visit.page_number
        found = inbox.look_through(visit.chain, look, offset=(page - 1) * AT_ONCE)
        return visit.show(
            "inbox.html",
            title="Inbox",
            section="inbox",
            found=found,
            look=look,
            words=visit.query("q"),
            page=page,
            pages=max(1, -(-found.total // AT_ONCE)),
            states=list(ItemState),
            kinds=list(Kind),
            origins=list(Origin),
            tools=inbox.tools(visit.chain),
            at=_address,
            here=visit.request.url.query,
        )

    @door.act(f"{INBOX}/triage", "triage items")
    def triage(act: Act) -> Response:
        """Queue or withdraw what is ticked, or the one item whose button was pressed."""
        return _done(act)

    @door.act(f"{INBOX}/join", "join an item into another")
    def join(act: Act) -> Response:
        """Withdraw a draft because another tells of the same."""
        one, other = _pair(act.visit.field("join"))
        inbox.join(act.chain, one, other, by=act.visit.user.email)
        act.record.changed(f"item {one}", before="draft", after=f"joined into item {other}")
        undo = Undo(path=f"{INBOX}/triage", fields=(("act", f"back {one}"),))
        return act.visit.go(
            _back(act.visit), f"Item {one} is joined into item {other}, and withdrawn.", undo
        )


def look_of(visit: Visit) -> Look:
    """What the address asks for; drafts where it names no state."""
    return Look(
        state=_one(visit, "state", ItemState, ItemState.DRAFT),
        origin=_one(visit, "from", Origin, None),
        kind=_one(visit, "kind", Kind, None),
        about=visit.query("tool"),
        terms=terms(visit.query("q")),
    )


def _one(visit: Visit, name: str, words: type[_E], otherwise: _E | None) -> _E | None:
    text = visit.query(name)
    if text == "any":
        return None
    try:
        return words(text) if text else otherwise
    except ValueError:
        return otherwise


def _done(act: Act) -> Response:
    """Run one of the acts: `queue 7` is of one item, `queue` of those that are ticked."""
    visit = act.visit
    verb, _, one = visit.field("act").partition(" ")
    acts: dict[str, Callable[[Chain, Sequence[int]], Triaged]] = {
        "queue": partial(inbox.queue, by=visit.user.email),
        "withdraw": inbox.withdraw,
        "back": inbox.put_back,
    }
    if verb not in acts:
        raise Misconfigured("Press one of the buttons.")
    texts = one.split() if one else visit.values("item")
    ids = [number for text in texts if (number := number_of(text)) is not None][:1_000]
    if not ids:
        return visit.go(_back(visit), "Nothing is ticked, and nothing was changed.")
    told = acts[verb](act.chain, ids)
    words = _words(_DONE[verb], told)
    if told.done:
        numbers = ", ".join(map(str, told.done))
        act.record.changed(
            f"item {numbers}" if len(told.done) == 1 else f"items {numbers}"[:200],
            before="as they were",
            after=_DONE[verb],
        )
    undo = None
    if told.done and verb != "back" and len(told.done) <= _MOST_UNDONE:
        back = " ".join(map(str, told.done))
        undo = Undo(path=f"{INBOX}/triage", fields=(("act", f"back {back}"),))
    return visit.go(_back(visit), words, undo)


def _words(done: str, told: Triaged) -> str:
    number = len(told.done)
    words = f"{number} {'item' if number == 1 else 'items'} {done}."
    if told.passed_over:
        first, why = told.passed_over[0]
        more = len(told.passed_over) - 1
        words += f" Not item {first}: {why}" + (f", nor {more} more." if more else ".")
    return words


def _back(visit: Visit) -> str:
    """The page of the inbox that the form stood on."""
    here = visit.field("here")
    return f"{INBOX}?{here}" if here and len(here) < 500 and here.isascii() else INBOX  # noqa: PLR2004 - a query


def _pair(text: str) -> tuple[int, int]:
    """Read `7 12`: item 7 is joined into item 12."""
    one, _, other = text.partition(" ")
    numbers = number_of(one), number_of(other)
    if numbers[0] is None or numbers[1] is None:
        raise Misconfigured("Press the button that joins two items.")
    return numbers[0], numbers[1]


def _address(look: Look, words: str, **changes: object) -> str:
    """The address of the same list with something changed."""
    values = {
        "state": look.state or "any",
        "from": look.origin or "",
        "kind": look.kind or "",
        "tool": look.about,
        "q": words,
        **{name.rstrip("_"): value for name, value in changes.items()},
    }
    chosen = {
        name: str(value)
        for name, value in values.items()
        if value and (name, str(value)) not in {("state", "draft"), ("page", "1")}
    }
    return f"{INBOX}?{urlencode(chosen)}" if chosen else INBOX
