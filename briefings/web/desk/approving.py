"""Approve in two steps: a sentence with today's count, and then one button; undone the same way."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import UTC, datetime

from fastapi import Response

from briefings.desk.permissions import Permission
from briefings.desk.seeds import MOST
from briefings.errors import Refused
from briefings.model.delivery import SeedsFirst
from briefings.pipeline import editing, on_record
from briefings.pipeline.desk_week import approval_view
from briefings.pipeline.own_work import own_work
from briefings.web.desk.door import Act, Door
from briefings.web.desk.said import Undo
from briefings.web.desk.visit import Visit
from briefings.web.desk.weeks import WEEK, address, day_words, week_in
from briefings.weeks import Week


def register(door: Door) -> None:
    """Add the routes."""

    @door.page(f"{WEEK}/approve")
    def ask(visit: Visit) -> Response:
        """Say in a sentence what approving does, with today's counts."""
        week = week_in(visit)
        only = visit.request.query_params.getlist("edition")
        own = own_of(visit, week, only or None)
        seen = approval_view(visit.chain, week, only, apart=own.keys())
        return visit.show(
            "approve.html",
            title=f"Approve week {week.number}",
            section="week",
            seen=seen,
            schedule=visit.chain.schedule,
            day_words=day_words(seen),
            may_approve=visit.may(Permission.APPROVE),
            hashes=seen.hashes,
            most=MOST,
            seeds_page=visit.may(Permission.APPROVE),
            own_work=[(each.slug, each.name, own[each.slug]) for each in seen.apart],
        )

    @door.act(f"{WEEK}/approve", on_record.APPROVE, whole=False)
    def let_go(act: Act) -> Response:
        """Approve the editions as they were seen, and no others."""
        visit, week = act.visit, week_in(act.visit)
        seen = dict(zip(visit.values("edition"), visit.values("hash"), strict=False))
        if not seen:
            raise Refused("No edition was chosen.")
        refuse_own(act, [(week, slug) for slug in seen])
        done = on_record.approve(
            act.record,
            week,
            list(seen),
            despite=visit.field("despite"),
            seen=seen,
            seeds=_seeds(visit),
        )
        if not done.editions:
            raise Refused(
                "Nothing was approved. " + "; ".join(f"{s}: {r}" for s, r in done.passed_over)
            )
        words = f"{on_record.approved_for(done)}."
        if done.passed_over:
            words += " Not approved: " + "; ".join(f"{s}: {r}" for s, r in done.passed_over)
        undo = Undo(
            path=f"{address(week)}/unapprove",
            # Not the editions: hundreds of them make no address.
            fields=[("at", done.at.isoformat())],
        )
        return visit.go(address(week), words, undo)

    @door.act(f"{WEEK}/unapprove", "take an approval back")
    def undo(act: Act) -> Response:
        """Take approvals back, until the cut-off."""
        visit, week = act.visit, week_in(act.visit)
        by, together = visit.user.email, visit.field("at")
        chosen = visit.values("edition")
        if together:
            chosen = editing.approved_together(act.chain, week, _instant(together), by=by)
        undone = editing.undo_approval(act.chain, week, chosen, by=by)
        if not undone:
            raise Refused("None of these editions is approved.")
        act.record.changed(f"{week} {on_record.named(undone)}", before="approved", after="draft")
        back = visit.field("back")
        where = back if back.startswith("/desk/") else address(week)
        number = f"{len(undone)} {'edition is' if len(undone) == 1 else 'editions are'}"
        return visit.go(where, f"{number} a draft again.")


def _seeds(visit: Visit) -> SeedsFirst | None:
    """The choice of the form: to all, or first to seed readers until an hour in UTC or a release.

    Raises:
        Refused: the hour is none.
    """
    if visit.field("to") != "seeds":
        return None
    hour = visit.field("release_at")
    try:
        told = datetime.fromisoformat(hour) if hour else None
    except ValueError:
        raise Refused(f"{hour!r} is no hour; write 2026-08-23T17:30, in UTC.") from None
    if told is not None and told.tzinfo is None:
        told = told.replace(tzinfo=UTC)
    return SeedsFirst(most=MOST, release_at=told)


def _instant(text: str) -> datetime:
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        raise Refused(f"{text!r} is no instant.") from None
    if found.tzinfo is None:
        raise Refused(f"{text!r} is no instant.")
    return found


def own_of(visit: Visit, week: Week, slugs: Sequence[str] | None) -> dict[str, tuple[str, ...]]:
    """What this person made of editions, by edition, where they must not approve that alone."""
    if visit.user.may_approve_own:
        return {}
    return own_work(visit.chain, week, slugs, by=visit.user.email)


def refuse_own(
    act: Act, chosen: Sequence[tuple[Week, str]], *, newest: Collection[int] = ()
) -> None:
    """Refuse an approval by somebody who worked on the content and must not approve it alone.

    Items in `newest` are about to be taken in as they are now.
    """
    user = act.visit.user
    if user.may_approve_own:
        return
    for week in dict.fromkeys(week for week, _ in chosen):
        slugs = [slug for each, slug in chosen if each == week]
        for slug, work in own_work(act.chain, week, slugs, by=user.email, newest=newest).items():
            raise Refused(
                f"{slug} of {week} is your own work: {'; '.join(work)}. Somebody else has to "
                "approve it."
            )
