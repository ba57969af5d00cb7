"""Correct an item that has gone out: mail a correction, and keep later waves from it (R12).

A correction carries corrections, never items. Everything a person decided is written in one
transaction; the mails follow when no mail with the item is under way any more.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from briefings.assemble.subject import fit, one_line
from briefings.errors import Conflict, Misconfigured, NotFound, Remedy
from briefings.model.catalogue import Catalogue
from briefings.model.delivery import Issue, IssueKind, IssueState, SkipReason, State
from briefings.model.edition import Composition, EditionState, FootBlock, HeadBlock, HeadingBlock
from briefings.model.news import Item, ItemState
from briefings.model.reader import Preferences, Reader
from briefings.pipeline.approve import void_approvals
from briefings.pipeline.audience import Decision
from briefings.pipeline.chain import Chain
from briefings.pipeline.freeze import frozen_row
from briefings.pipeline.halt import pause_if_stopped
from briefings.pipeline.prepare import load_catalogue
from briefings.pipeline.press import Press
from briefings.store import corrections, deliveries, editions, issues, items, publishing, readers
from briefings.store.corrections import Correction
from briefings.store.database import Transaction
from briefings.weeks import Week

BATCH = 1_000
FIELDS = ("headline", "summary", "do", "source_url")
"""What of an item a correction may put right."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Corrected:
    """What correcting came to. `issue` is None when nobody got the item."""

    issue: str | None
    readers: int
    waiting: int
    recomposed: int
    renewed: tuple[tuple[str, str], ...]
    voided: tuple[tuple[str, str], ...] = ()


def correct(
    chain: Chain,
    item_id: int,
    *,
    note: str,
    changes: Mapping[str, str],
    withdraw: bool,
    by: str,
    renew: bool = True,
) -> Corrected:
    """Put an item right and tell who got it; `note` says in a sentence what was wrong.

    Editions that are approved keep their approval with the new revision; without `renew` they are
    drafts again, for who must not approve words of their own. Those whose issue still has waves to
    go lose the item, and their waves are composed without it.

    Raises:
        NotFound: there is no such item.
        Misconfigured: there is nothing to say, or nothing changes.
    """
    words = one_line(note)
    if not words:
        raise Misconfigured("Nothing says what was wrong.", Remedy.SAY_WHAT_WAS_WRONG)
    if bool(changes) == withdraw:
        raise Misconfigured(
            f"Item {item_id} is either put right or withdrawn.", Remedy.SAY_WHAT_IS_RIGHT
        )
    now = chain.clock()
    with chain.db.write() as tx:
        item = items.get(tx, [item_id]).get(item_id)
        if item is None:
            raise NotFound(f"There is no item {item_id}.", Remedy.SEE_ITEMS)
        news = replace(item.news, **changes)
        revision = items.revise(tx, item_id, news, now=now, by=by)
        if withdraw:
            items.set_state(tx, [item_id], ItemState.WITHDRAWN)
        renewed = _renew(tx, item, revision, withdraw=withdraw, by=by, now=now)
        voided = (
            ()
            if renew or withdraw
            else tuple(void_approvals(tx, {item_id}, sorted({w for w, _ in renewed}), now=now))
        )
        renewed = tuple(one for one in renewed if one not in voided)
        recomposed = sum(
            corrections.recompose(tx, issue.id, item_id)
            for issue in issues.find(tx)
            if issue.kind is not IssueKind.CORRECTION
        )
        issue = _begin(tx, item, revision, words, now)
    if issue is None:
        return Corrected(
            issue=None,
            readers=0,
            waiting=0,
            recomposed=recomposed,
            renewed=renewed,
            voided=voided,
        )
    finish(chain, issue)
    with chain.db.read() as tx:
        stored = issues.by_name(tx, issue.name)
        return Corrected(
            issue=issue.name,
            readers=deliveries.states(tx, issue.id).get(State.PENDING, 0),
            waiting=0
            if stored.state is not IssueState.FREEZING
            else corrections.in_flight(tx, item_id),
            recomposed=recomposed,
            renewed=renewed,
            voided=voided,
        )


def _renew(
    tx: Transaction, item: Item, revision: int, *, withdraw: bool, by: str, now: datetime
) -> tuple[tuple[str, str], ...]:
    """Change the editions that carry an item, approvals included; (week, slug) of each."""
    done: list[tuple[str, str]] = []
    open_weeks = {
        issue.week
        for issue in issues.find(tx)
        if issue.state in (IssueState.FREEZING, IssueState.OPEN, IssueState.PAUSED)
        and deliveries.next_due(tx, issue.id) is not None
    }
    for week, slug in publishing.carrying(tx, item.id):
        edition = editions.get(tx, week, slug)
        if edition is None:
            continue
        if edition.state is EditionState.PUBLISHED and week in open_weeks:
            publishing.change_placement(tx, edition, item.id, None, by=by, now=now)
        elif edition.state is not EditionState.PUBLISHED:
            to = None if withdraw else revision
            publishing.change_placement(tx, edition, item.id, to, by=by, now=now)
        else:
            continue
        done.append((week, slug))
    return tuple(done)


def _begin(tx: Transaction, item: Item, revision: int, note: str, now: datetime) -> Issue | None:
    week = issues.last_regular_week(tx)
    if week is None:
        return None
    one = Correction(
        issue_id=0,
        item_id=item.id,
        item_revision=revision,
        headline=item.news.headline,
        note=note,
    )
    if not corrections.count(tx, one) and not corrections.in_flight(tx, item.id):
        return None
    issue = issues.create(
        tx,
        week=week,
        kind=IssueKind.CORRECTION,
        n=len(issues.find(tx, week=week, kind=IssueKind.CORRECTION)) + 1,
        began=now,
        opened_by_tick=False,
        now=now,
    )
    corrections.add(tx, replace(one, issue_id=issue.id))
    return issue


def finish_corrections(chain: Chain) -> list[str]:
    """Open corrections that waited for mails under way; what a tick calls. Gives no alerts."""
    with chain.db.read() as tx:
        waiting = [
            issue
            for issue in issues.find(tx, kind=IssueKind.CORRECTION)
            if issue.state is IssueState.FREEZING
        ]
    for issue in waiting:
        finish(chain, issue)
    return []


def finish(chain: Chain, issue: Issue) -> bool:
    """Write the rows of a correction and open it; False while a mail with the item is under way.

    Resumable, and safe to be done by two at once: each (item, revision, reader) is a key.
    """
    with chain.db.read() as tx:
        one = _of(tx, issue)
        catalogue = load_catalogue(tx)
    after = 0
    while True:
        with chain.db.read() as tx:
            if corrections.in_flight(tx, one.item_id):
                return False
            found = corrections.had_it(tx, one, after, BATCH)
            people = [reader for _, reader in sorted(readers.among(tx, found).items())]
            decisions = [decide(tx, chain, issue, reader) for reader in people]
        if not people:
            break
        press = Press(chain, issue.id, catalogue)
        press.run(decisions)
        rows = [
            frozen_row(issue.id, reader.id, reader.preferences_version, made, press)
            for reader, made in zip(people, decisions, strict=True)
        ]
        with chain.db.write() as tx:
            corrections.mark(tx, one, [reader.id for reader in people])
            deliveries.freeze_batch(tx, rows)
        after = people[-1].id
    with chain.db.write() as tx:
        if issues.open(tx, issue.id, corrections.count(tx, one)):
            pause_if_stopped(tx, issue.id)
        return issues.by_name(tx, issue.name).state is not IssueState.FREEZING


def decide(tx: Transaction, chain: Chain, issue: Issue, reader: Reader) -> Decision:
    """What a reader gets from a correction issue: the correction, unless they want no mail."""
    now = chain.clock()
    reason = None
    if reader.left_at is not None or not reader.email:
        reason = SkipReason.LEFT
    elif reader.suppressed:
        reason = SkipReason.SUPPRESSED
    elif reader.paused_until is not None and reader.paused_until > now.date():
        reason = SkipReason.PAUSED
    if reason is not None:
        return Decision(state=State.SKIPPED, reason=reason, due_at=now)
    catalogue = load_catalogue(tx)
    mail = worded(catalogue, _of(tx, issue), Week.parse(issue.week), reader.preferences)
    key = (reader.preferences, None, frozenset[int]())
    return Decision(state=State.PENDING, reason=None, due_at=now, key=key, composition=mail)


def _of(tx: Transaction, issue: Issue) -> Correction:
    one = corrections.of_issue(tx, issue.id)
    if one is None:
        raise Conflict(f"{issue.name} says nothing.", Remedy.CANCEL_ISSUE, about=issue.name)
    return one


def worded(
    catalogue: Catalogue, one: Correction, week: Week, preferences: Preferences
) -> Composition:
    """The mail that a correction is to a reader with these preferences."""
    known = [s for s in preferences.specializations if catalogue.has_specialization(s)]
    language = preferences.language
    subject = f"Correction: {one.headline}"
    head = HeadBlock(
        week=str(week),
        specialization=catalogue.specialization(known[0]).name if known else "",
        subject=fit(subject) or f"A correction to your briefing of week {week.number}",
        title=one_line(subject),
        preheader=one.note,
        intro=one.note,
        language=language,
    )
    had = HeadingBlock(text="What we had written", note=one.headline, language=language)
    return Composition(
        head=head,
        blocks=(had, FootBlock(language=language)),
        carried=(),
        left_over=(),
        editions=(),
    )
