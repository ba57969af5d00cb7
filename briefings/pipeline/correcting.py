"""What the correction desk looks at before it corrects: who got an item, and what would be said."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from briefings.assemble.subject import one_line
from briefings.desk.sheets import csv_lines
from briefings.errors import NotFound
from briefings.model.delivery import WORK_LEFT, Issue, IssueKind, State
from briefings.model.edition import EditionState
from briefings.model.news import Item
from briefings.model.reader import Preferences
from briefings.pipeline.board import reached_by
from briefings.pipeline.chain import Chain
from briefings.pipeline.correct import worded
from briefings.pipeline.letterpress import names_of
from briefings.pipeline.prepare import load_catalogue
from briefings.pipeline.showing import parts_text, sample_letter
from briefings.store import corrections, deliveries, editions, issues, items, recipients
from briefings.store.corrections import Correction
from briefings.store.database import Transaction
from briefings.weeks import Week

WEEKS_SHOWN = 4
_SHOWN = 200
_BATCH = 1_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Gone:
    """A correction that was made: its issue, what it says, and how its mails stand."""

    issue: Issue
    says: Correction
    states: dict[State, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class Wrong:
    """An item that somebody may want to correct. `had_it` counts accepted and unsure mails.

    `coming` are mails that carry it and have not left; they are composed anew without it.
    """

    item: Item
    by_issue: dict[str, dict[State, int]]
    had_it: int
    coming: int
    earlier: tuple[Correction, ...]


def made(chain: Chain) -> list[Gone]:
    """All corrections, newest first."""
    with chain.db.read() as tx:
        found = reversed(issues.find(tx, kind=IssueKind.CORRECTION))
        return [
            Gone(issue=issue, says=says, states=deliveries.states(tx, issue.id))
            for issue in found
            if (says := corrections.of_issue(tx, issue.id)) is not None
        ]


def mailed(chain: Chain, words: str) -> list[Item]:
    """The items of the newest published editions whose headline holds these words, newest first."""
    wanted = words.casefold().split()
    with chain.db.read() as tx:
        found = items.get(tx, mailed_ids(tx, WEEKS_SHOWN))
    fitting = [
        item
        for item in found.values()
        if all(word in item.news.headline.casefold() for word in wanted)
    ]
    return sorted(fitting, key=lambda item: (item.news.date, item.id), reverse=True)[:_SHOWN]


def mailed_ids(tx: Transaction, weeks: int) -> set[int]:
    """The items of the published editions of the newest mailed weeks."""
    newest = [week for week in editions.weeks(tx) if issues.find(tx, week=week)][:weeks]
    return {
        place.item_id
        for week in newest
        for edition in editions.of_week(tx, week).values()
        if edition.state is EditionState.PUBLISHED
        for place in edition.placements
    }


def look(chain: Chain, item_id: int) -> Wrong:
    """Look at one item and at who got it.

    Raises:
        NotFound: there is no such item.
    """
    with chain.db.read() as tx:
        item = _item(tx, item_id)
        counted = recipients.by_issue(tx, item_id)
        earlier = tuple(
            says
            for issue in issues.find(tx, kind=IssueKind.CORRECTION)
            if (says := corrections.of_issue(tx, issue.id)) is not None and says.item_id == item_id
        )
    had = (State.ACCEPTED, State.UNSURE)
    return Wrong(
        item=item,
        by_issue=counted,
        had_it=sum(states.get(state, 0) for states in counted.values() for state in had),
        coming=sum(states.get(state, 0) for states in counted.values() for state in WORK_LEFT),
        earlier=earlier,
    )


def _item(tx: Transaction, item_id: int) -> Item:
    item = items.get(tx, [item_id]).get(item_id)
    if item is None:
        raise NotFound(f"There is no item {item_id}.")
    return item


def preview(chain: Chain, item_id: int, note: str) -> tuple[str, str]:
    """The subject and the HTML of the mail that a correction with this note would be.

    Raises:
        NotFound: there is no such item, or nothing was mailed yet.
    """
    with chain.db.read() as tx:
        item = _item(tx, item_id)
        week = issues.last_regular_week(tx)
        catalogue = load_catalogue(tx)
    if week is None:
        raise NotFound("Nothing was mailed yet, so there is nothing to correct by mail.")
    reached = reached_by(item, catalogue)
    slugs = reached[:1] or (catalogue.specializations[0].slug,)
    says = Correction(
        issue_id=0,
        item_id=item.id,
        item_revision=item.revision,
        headline=item.news.headline,
        note=one_line(note),
    )
    mail = worded(catalogue, says, Week.parse(week), Preferences(specializations=slugs))
    rendered = [chain.renderer().render(spec) for spec in (mail.head, *mail.blocks)]
    letter = sample_letter(week, names_of(catalogue, slugs))
    return mail.head.subject, parts_text(chain, [block.html for block in rendered], letter)


def recipients_csv(chain: Chain, item_id: int) -> Iterator[str]:
    """Yield who got an item as CSV in pieces, the address first."""
    yield csv_lines([("email", "issue", "state")])
    after = 0
    while True:
        with chain.db.read() as tx:
            found = recipients.page(tx, item_id, after=after, limit=_BATCH)
        if found:
            yield csv_lines([(one.email, one.issue, one.state.value) for one in found])
            after = found[-1].reader_id
        if len(found) < _BATCH:
            return
