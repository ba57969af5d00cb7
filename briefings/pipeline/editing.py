"""Change an edition as an editor wants it: order, pins, what is left out, words; it approves none.

Each change is stored whole beside the ones before, so it can be taken back. An edition that was
approved is a draft again after any change (P6).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from briefings.assemble.choices import left_out, moved, pinned
from briefings.assemble.subject import one_line
from briefings.errors import Conflict, NotFound, Refused
from briefings.model.edition import Choices, Edition, EditionState
from briefings.pipeline.chain import Chain
from briefings.pipeline.noting import note
from briefings.pipeline.prepare import as_edition, choices_of, chosen, draft, load_catalogue
from briefings.pipeline.timetable import timetable
from briefings.store import choices as choice_store
from briefings.store import editions, items, publishing
from briefings.store.database import Transaction
from briefings.weeks import Week

Decide = Callable[[Choices, Edition | None], Choices]
LONGEST = {"subject": 60, "preheader": 160, "intro": 600, "reason": 200}
"""Characters: a longer subject is cut everywhere, a longer preview line is never seen."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Edited:
    """What a change came to: the edition as it stands now, and whether it lost an approval."""

    edition: Edition
    voided: bool


def edit(
    chain: Chain,
    week: Week,
    slug: str,
    decide: Decide,
    *,
    act: str,
    by: str,
    seen: int | None = None,
) -> Edited:
    """Lay new choices over an edition; `seen` is the number of the change that the editor saw.

    Raises:
        NotFound: there is no such specialization.
        Refused: the edition went out.
        Conflict: somebody else changed it since `seen`, or at this very moment.
    """
    with chain.db.read() as tx:
        chosen(load_catalogue(tx), (slug,))
        before = _open_edition(tx, week, slug)
        n, known = choices_of(tx, week, slug)
        if seen is not None and seen != n:
            raise Conflict(
                f"Somebody else changed {slug} of {week} meanwhile: look at what stands there now, "
                "then change it again."
            )
        decided = decide(known, before)
        made = draft(tx, chain, week, (slug,), trying={slug: decided})
        after = next(iter((*made.made, *map(as_edition, made.skipped))))
    now = chain.clock()
    with chain.db.write() as tx:
        voided = editions.unapprove(tx, str(week), slug, now=now)
        choice_store.add(tx, str(week), slug, n + 1, decided, act=act, by=by, now=now)
        editions.put(tx, after, now=now)
        stored = editions.get(tx, str(week), slug)
    return Edited(edition=stored or after, voided=voided)


def move(chain: Chain, week: Week, slug: str, item_id: int, step: int, *, by: str) -> Edited:
    """Move an item up (-1) or down (1) by one place among its kind, as the mail shows them."""
    with chain.db.read() as tx:
        neighbours = _neighbours(tx, week, slug, item_id)
        _n, known = choices_of(tx, week, slug)
    pins = item_id in known.pinned
    neighbours = [each for each in neighbours if (each in known.pinned) == pins]

    def decide(choices: Choices, edition: Edition | None) -> Choices:
        ids = _ids(edition)
        at = neighbours.index(item_id) + step
        if not 0 <= at < len(neighbours):
            raise Refused(
                "It stands at the end of its kind already: a mail shows tools, role, pay, "
                "and of each kind what is pinned first."
            )
        return moved(choices, ids, item_id, ids.index(neighbours[at]))

    act = f"moved item {item_id} {'up' if step < 0 else 'down'}"
    return edit(chain, week, slug, decide, act=act, by=by)


def arrange(
    chain: Chain, week: Week, slug: str, order: Sequence[int], *, by: str, seen: int
) -> Edited:
    """Put all items into an order at once, as after dragging one; unknown numbers are left out."""

    def decide(choices: Choices, edition: Edition | None) -> Choices:
        ids = _ids(edition)
        known = [each for each in dict.fromkeys(order) if each in ids]
        left = [each for each in ids if each not in known]
        place_of = {each: at for at, each in enumerate([*known, *left])}
        pins = tuple(sorted(choices.pinned, key=lambda each: place_of.get(each, -1)))
        return replace(choices, order=tuple(place_of), pinned=pins)

    return edit(chain, week, slug, decide, act="put the items in order", by=by, seen=seen)


def as_assembled(chain: Chain, week: Week, slug: str, *, by: str) -> Edited:
    """Take order and pins back: the items stand as they are ranked. What is left out stays out."""
    return edit(
        chain,
        week,
        slug,
        lambda choices, _edition: replace(choices, order=(), pinned=()),
        act="took the order back to the ranking",
        by=by,
    )


def pin(chain: Chain, week: Week, slug: str, item_id: int, *, on: bool, by: str) -> Edited:
    """Keep an item first among its kind whatever comes, or let it go."""

    def decide(choices: Choices, edition: Edition | None) -> Choices:
        if item_id not in _ids(edition):
            raise NotFound(f"{slug} of {week} does not carry item {item_id}.")
        return pinned(choices, item_id, on=on)

    act = f"{'pinned' if on else 'unpinned'} item {item_id}"
    return edit(chain, week, slug, decide, act=act, by=by)


def leave_out(chain: Chain, week: Week, slug: str, item_id: int, reason: str, *, by: str) -> Edited:
    """Leave an item out of this edition only; what fills thin weeks may take its place.

    Raises:
        Refused: there is no reason.
        NotFound: the edition does not carry the item.
    """
    why = _line("reason", reason)
    if not why:
        raise Refused("Say why the item is left out: the next editor will ask.")

    def decide(choices: Choices, edition: Edition | None) -> Choices:
        if item_id not in _ids(edition):
            raise NotFound(f"{slug} of {week} does not carry item {item_id}.")
        return left_out(choices, item_id, why)

    return edit(chain, week, slug, decide, act=f"left out item {item_id}: {why}", by=by)


def take_in(chain: Chain, week: Week, slug: str, item_id: int, *, by: str) -> Edited:
    """Take an item back in that was left out."""
    return edit(
        chain,
        week,
        slug,
        lambda choices, _edition: left_out(choices, item_id, None),
        act=f"took item {item_id} back in",
        by=by,
    )


def word(
    chain: Chain,
    week: Week,
    slug: str,
    *,
    subject: str,
    preheader: str,
    intro: str,
    by: str,
    seen: int | None = None,
) -> Edited:
    """Give an edition words of its own; empty ones are made from the items again.

    Raises:
        Refused: one is too long.
    """
    words = {
        "subject": _line("subject", subject),
        "preheader": _line("preheader", preheader),
        "intro": _line("intro", intro),
    }
    return edit(
        chain,
        week,
        slug,
        lambda choices, _edition: replace(choices, **words),
        act="wrote " + (", ".join(n for n, text in words.items() if text) or "no own words"),
        by=by,
        seen=seen,
    )


def skip(chain: Chain, week: Week, slug: str, reason: str, *, by: str) -> Edited:
    """Let an edition not go this week, for a reason; empty lets it go again."""
    why = _line("reason", reason)
    with chain.db.write() as tx:
        held = (EditionState.HELD,)
        editions.set_state(tx, str(week), slug, held, EditionState.DRAFT)  # skipped, held no more
    act = f"skipped it: {why}" if why else "let it go again"
    return edit(
        chain,
        week,
        slug,
        lambda choices, _edition: replace(choices, skipped=why),
        act=act,
        by=by,
    )


def hold(chain: Chain, week: Week, slug: str, reason: str, *, by: str) -> Edited:
    """Hold a draft or an approved edition, for a reason; approving it lets it go."""
    why = _line("reason", reason)
    if not why:
        raise Refused("Say what the edition waits for.")
    kept = edit(chain, week, slug, lambda choices, _e: choices, act=f"held it: {why}", by=by)
    with chain.db.write() as tx:
        states = (EditionState.DRAFT, EditionState.HELD)
        if not editions.set_state(tx, str(week), slug, states, EditionState.HELD, why):
            raise Refused(f"{slug} of {week} is {kept.edition.state}: only a draft can be held.")
        stored = editions.get(tx, str(week), slug)
    return Edited(edition=stored or kept.edition, voided=kept.voided)


def restore(chain: Chain, week: Week, slug: str, n: int, *, by: str) -> Edited:
    """Take up the choices that stood after change `n`; 0 is the edition as it is assembled.

    Raises:
        NotFound: there is no such change.
    """
    with chain.db.read() as tx:
        known = {one.n: one.choices for one in choice_store.history(tx, str(week), slug)}
    known[0] = Choices()
    if n not in known:
        raise NotFound(f"{slug} of {week} has no change {n}.")
    return edit(chain, week, slug, lambda _c, _e: known[n], act=f"went back to change {n}", by=by)


def numbered(tx: Transaction, week: Week, slug: str) -> tuple[int, str]:
    """Give the number of the newest change of an edition, and what was done, in words."""
    newest = choice_store.of_week(tx, str(week)).get(slug)
    return (0, "as assembled") if newest is None else (newest.n, f"{newest.act} ({newest.n})")


def carrying_older(tx: Transaction, item_id: int) -> list[tuple[str, str]]:
    """Give (week, slug) of every edition that did not go yet and carries an older revision."""
    item = items.get(tx, (item_id,)).get(item_id)
    if item is None:
        raise NotFound(f"There is no item {item_id}.")
    found: list[tuple[str, str]] = []
    for week, slug in publishing.carrying(tx, item_id):
        edition = editions.get(tx, week, slug)
        if (
            edition is not None
            and edition.state is not EditionState.PUBLISHED
            and any(
                p.item_id == item_id and p.revision != item.revision for p in edition.placements
            )
        ):
            found.append((week, slug))
    return found


def undo_approval(chain: Chain, week: Week, slugs: Sequence[str], *, by: str) -> list[str]:
    """Take approvals back until the cut-off; gives the slugs that are drafts again.

    Raises:
        Refused: the cut-off has passed.
    """
    now = chain.clock()
    with chain.db.write() as tx:
        limit = timetable(tx, chain).cut_off(week)
        if now >= limit:
            raise Refused(
                f"The cut-off of {week} was {limit:%Y-%m-%d %H:%M} UTC: nothing is taken back "
                "after it. Pause or cancel its issue, or correct an item."
            )
        undone = [s for s in slugs if editions.unapprove(tx, str(week), s, now=now)]
        for slug in undone:
            note(tx, week, slug, "took the approval back", by, now)
    return undone


def approved_together(chain: Chain, week: Week, at: datetime, *, by: str) -> list[str]:
    """The editions whose approval is the one that a person gave at an instant."""
    with chain.db.read() as tx:
        given = editions.approvals(tx, str(week))
    return [slug for slug, one in given.items() if (one.at, one.by) == (at, by)]


def _open_edition(tx: Transaction, week: Week, slug: str) -> Edition | None:
    edition = editions.get(tx, str(week), slug)
    if edition is not None and edition.state is EditionState.PUBLISHED:
        raise Refused(
            f"{slug} of {week} has gone out: what is wrong in it is put right by a correction."
        )
    return edition


def _neighbours(tx: Transaction, week: Week, slug: str, item_id: int) -> list[int]:
    """The items among which one moves: of its part and kind, in their order."""
    edition = editions.get(tx, str(week), slug)
    placed = {p.item_id: p for p in edition.placements} if edition else {}
    if item_id not in placed:
        raise NotFound(f"{slug} of {week} does not carry item {item_id}.")
    kinds = {i: item.news.kind for i, item in items.get(tx, list(placed)).items()}
    return [
        each
        for each, place in placed.items()
        if place.part is placed[item_id].part and kinds.get(each) == kinds.get(item_id)
    ]


def _ids(edition: Edition | None) -> list[int]:
    return [] if edition is None else [place.item_id for place in edition.placements]


def _line(name: str, text: str) -> str:
    line = one_line(text)
    if len(line) > LONGEST[name]:
        raise Refused(f"The {name} has {len(line)} characters: at most {LONGEST[name]} are shown.")
    return line
