"""A program that kills itself with SIGKILL at every write of a tick, in turn, and ticks again.

Run as `python -m tests.e2e.killer BASE WORK SCENARIO`; prints one JSON document: what the rows say
after an undisturbed tick, and after each kill and the tick that follows it.
"""

from __future__ import annotations

import dataclasses
import json
import os
import shutil
import signal
import sys
from collections.abc import Callable, Generator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import cast

from briefings.model.delivery import SeedsFirst
from briefings.model.reader import NewReader
from briefings.pipeline import seeding
from briefings.pipeline.approve import approve
from briefings.pipeline.correct import correct
from briefings.render import Renderer
from briefings.schedule.runs import tick
from briefings.store import items, readers
from briefings.store.database import Database, Transaction
from briefings.weeks import Week
from tests.e2e.almanac import Almanac, almanac
from tests.e2e.town import Clock

CUT_OFF = datetime(2026, 8, 23, 16, tzinfo=UTC)
LATER = datetime(2026, 8, 25, 12, tzinfo=UTC)
HOUR = datetime(2026, 8, 23, 20, tzinfo=UTC)
WEEK = Week.parse("2026-W34")
SLUG = "mlops-engineer"
MOST = 60
SHARED: dict[str, Renderer] = {}


class Doomed:
    """A database that ends its process inside the n-th write, just before the commit."""

    def __init__(self, real: Database, at: int) -> None:
        self._real, self._left = real, at

    def __getattr__(self, name: str) -> object:
        return getattr(self._real, name)

    @contextmanager
    def write(self, *, durable: bool = True) -> Generator[Transaction]:
        with self._real.write(durable=durable) as tx:
            yield tx
            self._left -= 1
            if self._left == 0:
                os.kill(os.getpid(), signal.SIGKILL)


def a_run(place: Almanac) -> None:
    """A week whose run is due: assemble, approve, freeze."""
    place.clock.now = datetime(2026, 8, 20, tzinfo=UTC)
    place.reader("a@example.org")
    place.reader("b@example.org", f"{SLUG};devops-engineer", timezone="Asia/Kolkata")
    place.reader("c@example.org", "web-developer")
    place.tick()
    place.write_news(WEEK, "One", "Two", "Three")


def the_rest(place: Almanac) -> None:
    """A late approval, a correction that waits, and somebody who signed up."""
    place.clock.now = datetime(2026, 8, 20, tzinfo=UTC)
    place.reader("a@example.org", SLUG)
    place.reader("d@example.org", "devops-engineer")
    place.write_news(WEEK, "One", "Two", "Three")
    place.drafts(WEEK)
    approve(place.app.chain, WEEK, ["devops-engineer"], by="x")
    place.clock.now = CUT_OFF
    place.tick()
    place.clock.now = datetime(2026, 8, 24, 9, tzinfo=UTC)
    place.send(None, now=False)
    with place.app.db.write() as tx:
        wrong = next(i.id for i in items.listing(tx) if i.news.headline == "Two")
        tx.execute("UPDATE delivery SET state = 'claimed' WHERE state = 'accepted'")
    right = {"headline": "Two, put right"}
    correct(place.app.chain, wrong, note="It was wrong.", changes=right, withdraw=False, by="x")
    approve(place.app.chain, WEEK, [SLUG], by="x")
    person = NewReader(
        email="new@example.org",
        name="New",
        specializations=("devops-engineer",),
        timezone=None,
        plan_started_on=None,
        line=1,
    )
    with place.app.db.write() as tx:
        tx.execute("UPDATE delivery SET state = 'accepted' WHERE state = 'claimed'")
        now = place.clock()
        readers.add(tx, [person], confirmed_at=now, consent_source="form", import_id=None, now=now)


def first_to_seeds(place: Almanac) -> None:
    """A week of which a seed reader gets the first mail, and which goes to all by itself later."""
    place.clock.now = datetime(2026, 8, 20, tzinfo=UTC)
    for name in "abc":
        place.reader(f"{name}@example.org")
    place.write_news(WEEK, "One", "Two", "Three")
    place.drafts(WEEK)
    seeding.mark(place.app.chain, "b@example.org", by="x")
    chosen = SeedsFirst(most=10, release_at=HOUR)
    approve(place.app.chain, WEEK, [SLUG], by="x", seeds=chosen)
    place.tick()


def the_hour(place: Almanac) -> None:
    """The same when the seed reader has it, and the hour of the others comes."""
    first_to_seeds(place)
    place.clock.now = CUT_OFF
    place.tick()
    place.send(None, now=False)
    assert place.outcome(f"{WEEK}-regular")["b@example.org"] == "accepted"


SCENARIOS: dict[str, tuple[Callable[[Almanac], None], datetime]] = {
    "run": (a_run, CUT_OFF),
    "rest": (the_rest, LATER),
    "seeds": (first_to_seeds, CUT_OFF),
    "release": (the_hour, HOUR),
}


QUERIES = (
    """SELECT name, state, audience, opened_by_tick, seeds_first, release_at, released_at,
    released_by FROM issue ORDER BY name""",
    """SELECT reader.email, delivery.next_at FROM seed_delivery
    JOIN delivery ON delivery.id = seed_delivery.delivery_id
    JOIN reader ON reader.id = delivery.reader_id ORDER BY 1""",
    """SELECT issue.name, reader.email, delivery.state, delivery.reason, delivery.due_at,
    briefing.content FROM delivery JOIN issue ON issue.id = delivery.issue_id
    JOIN reader ON reader.id = delivery.reader_id
    LEFT JOIN briefing ON briefing.id = delivery.briefing_id ORDER BY 1, 2""",
    """SELECT received.item_id, reader.email, issue.name FROM received
    JOIN reader ON reader.id = received.reader_id
    JOIN delivery ON delivery.id = received.delivery_id
    JOIN issue ON issue.id = delivery.issue_id ORDER BY 1, 2""",
    """SELECT specialization, edition.week, edition.state, edition.reason, sent_subject, held_at,
    approved_hash, issue.name FROM edition LEFT JOIN issue ON issue.id = issue_id ORDER BY 1, 2""",
    "SELECT key, text FROM alert ORDER BY key",
    "SELECT week, decision, reason FROM run ORDER BY week",
    "SELECT item_id, item_revision, reader_id FROM corrected ORDER BY 1, 2, 3",
)


def told(place: Almanac) -> list[list[object]]:
    """What the rows say, without numbers that a repetition may change."""
    with place.app.db.read() as tx:
        found: list[list[object]] = [[list(row) for row in tx.rows(q)] for q in QUERIES]
    place.app.db.dispose()
    return found


def in_a_child(act: Callable[[], object]) -> int:
    """Do something in a child process; gives the signal that ended it, 0 for none."""
    child = os.fork()
    if child == 0:
        act()
        os._exit(0)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def opened(base: Path, folder: Path, now: datetime) -> Almanac:
    """Open a place. All share one renderer, which knows every block after the first tick."""
    place = almanac(base, folder, Clock(now), approval="auto")
    renderer = SHARED.setdefault("renderer", place.app.chain.renderer())
    chain = dataclasses.replace(place.app.chain, renderer=lambda: renderer)
    place.app = dataclasses.replace(place.app, chain=chain)
    return place


def ticked(base: Path, folder: Path, now: datetime, kill_at: int | None) -> None:
    place = opened(base, folder, now)
    chain = place.app.chain
    if kill_at is not None:
        chain = dataclasses.replace(chain, db=cast("Database", Doomed(chain.db, kill_at)))
    tick(chain, place.settings, "here")
    place.app.db.dispose()


def main(base: Path, work: Path, scenario: str) -> None:
    prepare, now = SCENARIOS[scenario]
    ready = work / "ready"

    def make() -> None:
        place = opened(base, ready, now)
        prepare(place if scenario == "run" else place.again(approval="manual"))
        place.app.db.dispose()

    assert in_a_child(make) == 0

    def outcome(name: str, kill_at: int | None) -> tuple[int, Path]:
        folder = work / name
        shutil.copytree(ready, folder)
        return in_a_child(lambda: ticked(base, folder, now, kill_at)), folder

    whole = work / "whole"
    shutil.copytree(ready, whole)
    ticked(base, whole, now, None)
    after: list[list[list[object]]] = []
    for step in range(1, MOST):
        ended, folder = outcome(f"kill-{step}", step)
        if ended == 0:
            break
        assert ended == -signal.SIGKILL, ended
        assert in_a_child(lambda: ticked(base, folder, now, None)) == 0  # noqa: B023 - done before the next
        after.append(told(opened(base, folder, now)))
    document = {"whole": told(opened(base, whole, now)), "after": after}
    sys.stdout.write(f"\n{json.dumps(document)}\n")


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]), sys.argv[3])
