"""The correction desk: who got an item, what is said to them, and to them only (R12)."""

from __future__ import annotations

from urllib.parse import urlencode

from fastapi import Response
from fastapi.responses import HTMLResponse, StreamingResponse

from briefings.desk.permissions import Permission
from briefings.errors import Misconfigured, Refused
from briefings.model.news import News
from briefings.pipeline import correcting, on_record
from briefings.pipeline.correct import FIELDS
from briefings.pipeline.correcting import Wrong
from briefings.web.desk.door import Act, Door
from briefings.web.desk.visit import Visit
from briefings.web.outbox.viewer import FRAME_POLICY

_CORRECTIONS = "/desk/corrections"
_ONE = f"{_CORRECTIONS}/{{id}}"
LONGEST_NOTE = 300
_LABELS = {"headline": "Headline", "summary": "Summary", "do": "Do", "source_url": "Source"}


def register(door: Door) -> None:
    """Add the routes."""

    @door.page(_CORRECTIONS)
    def start(visit: Visit) -> Response:
        """List what was corrected, and what may be."""
        words = visit.query("q")
        return visit.show(
            "corrections.html",
            title="Corrections",
            section="corrections",
            made=correcting.made(visit.chain),
            mailed=correcting.mailed(visit.chain, words),
            words=words,
            weeks=correcting.WEEKS_SHOWN,
        )

    @door.page(_ONE)
    def write(visit: Visit) -> Response:
        """Show the form, and with a note also the mail and the button."""
        seen = correcting.look(visit.chain, visit.number("id"))
        return _form(visit, seen, {name: visit.query(name) for name in ("note", *FIELDS)})

    @door.page(f"{_ONE}/mail")
    def mail(visit: Visit) -> Response:
        """Give the mail as it would be, for the frame; scripts in it cannot run."""
        _, html = correcting.preview(visit.chain, visit.number("id"), visit.query("note"))
        return HTMLResponse(html, headers={"content-security-policy": FRAME_POLICY})

    @door.page(f"{_ONE}/readers.csv")
    def readers(visit: Visit) -> Response:
        """Give who got the item, as CSV."""
        number = visit.number("id")
        correcting.look(visit.chain, number)
        return StreamingResponse(
            correcting.recipients_csv(visit.chain, number),
            media_type="text/csv; charset=utf-8",
            headers={"content-disposition": f'attachment; filename="item-{number}-readers.csv"'},
        )

    @door.act(_ONE, on_record.CORRECT, whole=False)
    def send(act: Act) -> Response:
        """Put the item right and tell who got it."""
        visit = act.visit
        number = visit.number("id")
        seen = correcting.look(act.chain, number)
        withdraw = visit.field("withdraw") == "yes"
        changes = _changes(visit, seen.item.news)
        if str(seen.item.revision) != visit.field("revision"):
            raise Refused("Somebody changed this item meanwhile. Look at it again.")
        note = visit.field("note")[:LONGEST_NOTE]
        done = on_record.correct(
            act.record,
            number,
            note=note,
            changes={} if withdraw else changes,
            withdraw=withdraw,
            renew=visit.user.may_approve_own,
        )
        if done.issue is None:
            words = "Put right. Nobody had got it, so no mail goes."
        elif done.waiting:
            words = (
                f"Put right. {done.issue} opens when {done.waiting} mails under way are settled."
            )
        else:
            words = f"Put right. {done.issue} tells {done.readers} who got it."
        for week, slug in done.voided:
            words += f" The approval of {slug} for {week} is void: somebody else approves it again."
        return visit.go(_CORRECTIONS, words)


def _changes(visit: Visit, news: News) -> dict[str, str]:
    """The fields that the form has otherwise than the item."""
    given = {name: " ".join(visit.field(name).split()) for name in FIELDS if name in visit.fields}
    if not given.get("headline", "x"):
        raise Misconfigured("The headline is empty.")
    return {name: value for name, value in given.items() if value != (getattr(news, name) or "")}


def _form(visit: Visit, seen: Wrong, asked: dict[str, str]) -> Response:
    news = seen.item.news
    filled = {
        name: asked[name] if name in visit.request.query_params else str(getattr(news, name) or "")
        for name in FIELDS
    }
    note = asked["note"].strip()
    withdraw = visit.query("withdraw") == "yes"
    changed = [name for name in FIELDS if filled[name] != (getattr(news, name) or "")]
    return visit.show(
        "correction.html",
        title="Correct an item",
        section="corrections",
        seen=seen,
        item=seen.item,
        labels=_LABELS,
        filled=filled,
        note=note,
        withdraw=withdraw,
        changed=changed,
        longest=LONGEST_NOTE,
        ready=bool(note) and (withdraw or bool(changed)),
        missing=bool(visit.request.query_params),
        frame=f"{_CORRECTIONS}/{seen.item.id}/mail?{urlencode({'note': note})}",
        may_release=visit.may(Permission.RELEASE),
    )
