"""First to seed readers, then to all: who goes first, how long the others wait, who releases them.

An issue waits as a whole where one of its editions was approved so (docs/decisions/0080).
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime

from briefings.deliver.retry import EXPIRES_AFTER_DUE
from briefings.desk.seeds import MOST, day_of_waiting, first_readers
from briefings.errors import Conflict, NotFound, Refused, Remedy
from briefings.model.delivery import Issue, IssueState, SeedsFirst, State
from briefings.pipeline.alerts import alert
from briefings.pipeline.chain import Chain
from briefings.pipeline.reminders import some
from briefings.pipeline.timetable import timetable
from briefings.store import approvals, deliveries, issues, publishing, readers, seeds
from briefings.store.database import Transaction
from briefings.store.seeds import SeedReader
from briefings.weeks import CUT_OFF_LEAD, Week

BY_HOUR = "the chosen hour"
_LIVE = (IssueState.OPEN, IssueState.PAUSED)


# ---- seed readers ---------------------------------------------------------------------------


def mark(chain: Chain, email: str, *, by: str) -> tuple[int, bool]:
    """Make a reader a seed reader; gives the number, and False where it was one before.

    Raises:
        NotFound: no confirmed reader has this address.
        Refused: no mail reaches this reader any more.
    """
    with chain.db.write() as tx:
        reader = readers.by_email(tx, email)
        if reader is None or reader.confirmed_at is None:
            raise NotFound(f"No confirmed reader has the address {email}.")
        if reader.left_at or reader.suppressed:
            raise Refused(f"{email} has left: nobody who left can be a seed reader.")
        return reader.id, seeds.mark(tx, reader.id, by=by, now=chain.clock())


def unmark(chain: Chain, email: str) -> tuple[int, bool]:
    """Make a seed reader one like all others; gives the number, and False where it was none.

    Raises:
        NotFound: no reader has this address.
    """
    with chain.db.write() as tx:
        reader = readers.by_email(tx, email)
        if reader is None:
            raise NotFound(f"No reader has the address {email}.")
        return reader.id, seeds.unmark(tx, reader.id)


def unmark_number(chain: Chain, number: int) -> None:
    """Do the same for a reader's number.

    Raises:
        NotFound: that is no seed reader.
    """
    with chain.db.write() as tx:
        if not seeds.unmark(tx, number):
            raise NotFound("This reader is no seed reader any more.")


def marked(chain: Chain) -> list[SeedReader]:
    """All seed readers, those whom no mail reaches any more, too."""
    with chain.db.read() as tx:
        return seeds.marked(tx)


# ---- the choice -----------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Foreseen:
    """Today's seed readers of some editions: how many go first in all, and in each edition."""

    readers: int
    by_edition: Mapping[str, int]

    @property
    def without(self) -> list[str]:
        """Editions that have none."""
        return [slug for slug, number in self.by_edition.items() if not number]


def foresee(tx: Transaction, slugs: Collection[str], most: int = MOST) -> Foreseen:
    """Count the seed readers who would get these editions first, as readers are today."""
    reading = [(one.reader_id, one.specializations) for one in seeds.marked(tx) if one.reads]
    chosen = first_readers(reading, dict.fromkeys(slugs, most))
    own = {slug: min(most, sum(slug in read for _, read in reading)) for slug in slugs}
    return Foreseen(readers=len(chosen), by_edition=own)


def foreseen(tx: Transaction, slugs: Collection[str], chosen: SeedsFirst | None) -> int:
    """Count who would get approved editions first.

    Raises:
        Refused: seed readers were to get them first, and there are none.
    """
    first = foresee(tx, slugs, chosen.most).readers if chosen else 0
    if chosen and slugs and not first:
        raise Refused(f"No seed reader reads {some(sorted(slugs))}.", Remedy.MARK_A_SEED)
    return first


def refuse_hour(tx: Transaction, chain: Chain, week: Week, chosen: SeedsFirst | None) -> None:
    """Refuse an hour that comes before anybody could have looked, or when mails are too old.

    Raises:
        Refused: with the hours between which it may lie.
    """
    if chosen is None or chosen.release_at is None:
        return
    limit = timetable(tx, chain).cut_off(week)
    earliest = max(limit, chain.clock())
    latest = limit + CUT_OFF_LEAD + EXPIRES_AFTER_DUE
    if not earliest < chosen.release_at < latest:
        raise Refused(
            f"The others can go by themselves between {earliest:%Y-%m-%d %H:%M} UTC, when the "
            f"issue opens, and {latest:%Y-%m-%d %H:%M} UTC, when the first mails are too old; "
            f"{chosen.release_at:%Y-%m-%d %H:%M} UTC is not."
        )


def choices(tx: Transaction, issue: Issue) -> dict[str, SeedsFirst]:
    """What was chosen for the editions that went with an issue; without those that go to all."""
    gone = publishing.gone_with(tx, issue.week)
    return {
        slug: approval.seeds
        for slug, approval in approvals.approvals(tx, issue.week).items()
        if gone.get(slug) == issue.id and approval.seeds is not None
    }


def begin(tx: Transaction, issue: Issue) -> Issue:
    """Let an issue wait for its seed readers where one of its editions is to; gives it as it is.

    Belongs into the unit that begins it. The latest hour counts; an edition without one has the
    issue wait for a person, and so does an hour that is over.
    """
    chosen = choices(tx, issue)
    if not chosen:
        return issue
    hours = [each.release_at for each in chosen.values()]
    latest = max((hour for hour in hours if hour is not None), default=None)
    waits = None in hours or latest is None or latest <= issue.began
    seeds.hold(tx, issue.id, None if waits else latest)
    return issues.by_name(tx, issue.name)


def appoint(tx: Transaction, issue: Issue, now: datetime) -> None:
    """Choose who goes first. Belongs into the unit that opens the issue: its rows are all there."""
    if not issue.seeds_only:
        return
    most = {slug: each.most for slug, each in choices(tx, issue).items()}
    seeds.appoint(tx, issue.id, first_readers(seeds.first_in_line(tx, issue.id), most), now)


def next_due(tx: Transaction, issue: Issue) -> datetime | None:
    """The instant at which the next mail of an issue may be tried; None where all wait."""
    return seeds.next_due(tx, issue.id) if issue.seeds_only else deliveries.next_due(tx, issue.id)


def too_old_at(tx: Transaction, issue: Issue) -> datetime | None:
    """When the first of those who wait is too old for a mail (P7); None where nobody ages."""
    if not issue.seeds_only or not issue.opened_by_tick:
        return None
    due = seeds.others_due(tx, issue.id)
    return None if due is None else due + EXPIRES_AFTER_DUE


# ---- the release ----------------------------------------------------------------------------


def release(chain: Chain, name: str, *, by: str) -> bool:
    """Send to all now: the others go at their hours; False when that was done before.

    Raises:
        NotFound: there is no such issue.
        Conflict: it never waits, is not open yet, or was cancelled.
    """
    with chain.db.write() as tx:
        issue = issues.by_name(tx, name)
        if seeds.release(tx, issue.id, by=by, now=chain.clock()):
            return True
        if not issue.seeds_first:
            raise Conflict(f"{name} goes to all its readers: nothing waits for a release.")
        if issue.released_at is None:
            raise Conflict(f"{name} is {issue.state}: only an open or paused issue is released.")
        return False


def release_due(chain: Chain) -> list[str]:
    """Release what was to go by itself at an hour that has come; gives what people should hear.

    It goes when the mail of each seed reader was accepted and nobody paused the issue. Otherwise it
    waits for a person from now on. Whoever waits past their hour is told of once a day.
    """
    with chain.db.read() as tx:
        waiting = [one for one in issues.find(tx) if one.seeds_only and one.state in _LIVE]
    told: list[str] = []
    for issue in waiting:
        now = chain.clock()
        if issue.release_at is not None and issue.release_at <= now:
            told += _at_its_hour(chain, issue, now)
        elif issue.state is IssueState.OPEN:
            told += _remind(chain, issue, now)
    return told


def _at_its_hour(chain: Chain, issue: Issue, now: datetime) -> list[str]:
    with chain.db.write() as tx:
        state = issues.by_name(tx, issue.name).state
        counted = seeds.states(tx, issue.id)
        went = counted.get(State.ACCEPTED, 0)
        in_all = sum(counted.values())
        if state is IssueState.OPEN and in_all and went == in_all:
            seeds.release(tx, issue.id, by=BY_HOUR, now=now)
            return []
        if not seeds.forget_hour(tx, issue.id):
            return []
    why = (
        "it is paused"
        if state is not IssueState.OPEN
        else f"{went} of {in_all} seed readers' mails were accepted"
    )
    text = (
        f"{issue.name} was to go to all at {issue.release_at:%Y-%m-%d %H:%M} UTC and did not: "
        f"{why}. The others wait for you: `briefings release --issue {issue.name}`."
    )
    return alert(chain, f"seeds-hour:{issue.name}", text, week=issue.week)


def _remind(chain: Chain, issue: Issue, now: datetime) -> list[str]:
    with chain.db.read() as tx:
        due = seeds.others_due(tx, issue.id)
        too_old = too_old_at(tx, issue)
    day = day_of_waiting(due, now)
    if day is None or due is None:
        return []
    old = f" From {too_old:%Y-%m-%d %H:%M} UTC on they are too old to be sent." if too_old else ""
    text = (
        f"{issue.name} went to its seed readers only: the others wait for you since "
        f"{due:%Y-%m-%d %H:%M} UTC: `briefings release --issue {issue.name}`.{old}"
    )
    return alert(chain, f"seeds:{issue.name}:{day}", text, week=issue.week)
