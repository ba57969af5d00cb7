"""One edition at the desk: order, pins, what is left out, words, preflight; with the way back."""

from __future__ import annotations

from collections.abc import Callable

from fastapi import Response

from briefings.desk.findings import passed
from briefings.desk.permissions import Permission
from briefings.errors import Refused
from briefings.model.edition import EditionState
from briefings.pipeline import editing
from briefings.pipeline.chain import Chain
from briefings.pipeline.desk_week import edition_view
from briefings.pipeline.editing import Edited
from briefings.pipeline.own_work import own_work
from briefings.pipeline.showing import MADE_UP
from briefings.web.desk.door import Act, Door
from briefings.web.desk.said import Undo
from briefings.web.desk.visit import Visit, number_of
from briefings.web.desk.weeks import address as week_address
from briefings.web.desk.weeks import day_words, week_in
from briefings.weeks import Week

EDITION = "/desk/editions/{week}/{slug}"
_SUBJECT_ON_PHONES, _PREVIEW_ON_PHONES = 40, 90


def register(door: Door) -> None:
    """Add the routes."""

    @door.page(EDITION)
    def one(visit: Visit) -> Response:
        """Show an edition with its preflight."""
        return _page(visit)

    def change(
        path: str, words: str, do: Callable[[Visit, Chain, Week, str], Edited], mark: str = ""
    ) -> None:
        """Register an act that changes the edition, with the way back to where it stood."""

        @door.act(f"{EDITION}/{path}", words)
        def act(act: Act) -> Response:
            visit = act.visit
            week, slug = week_in(visit), visit.word("slug")
            with act.chain.db.read() as tx:
                n, before = editing.numbered(tx, week, slug)
            edited = do(visit, act.chain, week, slug)
            with act.chain.db.read() as tx:
                _n, after = editing.numbered(tx, week, slug)
            act.record.changed(f"{week} {slug}", before=before, after=after)
            told = f"{after[:1].upper()}{after[1:]}."
            if edited.voided:
                told += " The approval is void: approve the edition again."
            back = Undo(path=f"{address(week, slug)}/restore", fields=[("n", str(n))])
            return visit.go(
                f"{address(week, slug)}{mark.format(item=visit.field('item'))}", told, back
            )

    change(
        "words",
        "write an edition's words",
        lambda visit, chain, week, slug: editing.word(
            chain,
            week,
            slug,
            subject=visit.field("subject"),
            preheader=visit.field("preheader"),
            intro=visit.field("intro"),
            by=visit.user.email,
            seen=number_in(visit, "seen"),
        ),
    )
    change(
        "move",
        "move an item in an edition",
        lambda visit, chain, week, slug: editing.move(
            chain,
            week,
            slug,
            number_in(visit, "item"),
            -1 if visit.field("to") == "up" else 1,
            by=visit.user.email,
        ),
        "#item-{item}",
    )
    change(
        "order",
        "put an edition in order",
        lambda visit, chain, week, slug: editing.arrange(
            chain,
            week,
            slug,
            [n for each in visit.values("order") if (n := number_of(each)) is not None],
            by=visit.user.email,
            seen=number_in(visit, "seen"),
        ),
        "#items",
    )
    change(
        "pin",
        "pin an item",
        lambda visit, chain, week, slug: editing.pin(
            chain,
            week,
            slug,
            number_in(visit, "item"),
            on=visit.field("on") == "yes",
            by=visit.user.email,
        ),
        "#item-{item}",
    )
    change(
        "leave-out",
        "leave an item out",
        lambda visit, chain, week, slug: editing.leave_out(
            chain,
            week,
            slug,
            number_in(visit, "item"),
            visit.field("reason"),
            by=visit.user.email,
        ),
        "#items",
    )
    change(
        "take-in",
        "take an item back in",
        lambda visit, chain, week, slug: editing.take_in(
            chain, week, slug, number_in(visit, "item"), by=visit.user.email
        ),
        "#item-{item}",
    )
    change(
        "as-assembled",
        "take an order back to the ranking",
        lambda visit, chain, week, slug: editing.as_assembled(
            chain, week, slug, by=visit.user.email
        ),
        "#items",
    )
    change(
        "restore",
        "go back to an earlier change of an edition",
        lambda visit, chain, week, slug: editing.restore(
            chain, week, slug, number_in(visit, "n"), by=visit.user.email
        ),
    )
    change(
        "hold",
        "hold an edition",
        lambda visit, chain, week, slug: editing.hold(
            chain, week, slug, visit.field("reason"), by=visit.user.email
        ),
    )
    change(
        "skip",
        "skip an edition",
        lambda visit, chain, week, slug: editing.skip(
            chain, week, slug, visit.field("reason"), by=visit.user.email
        ),
    )


def address(week: Week, slug: str) -> str:
    """The page of an edition."""
    return f"/desk/editions/{week}/{slug}"


def number_in(visit: Visit, name: str) -> int:
    """A number out of a form's field.

    Raises:
        Refused: it is none.
    """
    number = number_of(visit.field(name))
    if number is None:
        raise Refused(f"The form names no {name}. Open the page again.")
    return number


def _page(visit: Visit) -> Response:
    seen = edition_view(visit.chain, week_in(visit), visit.word("slug"))
    looked = seen.looked
    head = looked.head if looked else None
    fixed = seen.edition.state is EditionState.PUBLISHED
    return visit.show(
        "edition.html",
        title=seen.name,
        section="week",
        seen=seen,
        own=seen.week,
        week_address=week_address(seen.week),
        address=address(seen.week, seen.slug),
        head=head,
        passed=passed(looked.findings) if looked else [],
        day_words=day_words(seen),
        schedule=visit.chain.schedule,
        readers=MADE_UP,
        sender=visit.site.app.settings.sender or "Briefings",
        longest=editing.LONGEST,
        phone=(_SUBJECT_ON_PHONES, _PREVIEW_ON_PHONES),
        may_write=visit.may(Permission.WRITE) and not fixed,
        may_approve=visit.may(Permission.APPROVE),
        own_work=own_work(visit.chain, seen.week, [seen.slug], by=visit.user.email).get(seen.slug)
        if not visit.user.may_approve_own
        else None,
        blocks=sum(1 for each in looked.findings if each.blocks) if looked else 0,
        editor_page=visit.leads_to("GET /desk/items/{id}"),
        inbox_page=visit.leads_to("GET /desk/inbox"),
        links_route=visit.leads_to("POST /desk/editions/{week}/{slug}/links"),
    )
