"""The item editor: a form with a live preview, its history, and a clear answer when two edit."""

from __future__ import annotations

import difflib
import json
from collections.abc import Mapping, Sequence

from fastapi import Response
from fastapi.responses import HTMLResponse

from briefings.errors import BriefingsError, NotFound
from briefings.model.news import Change, Confidence, Item, Kind, News
from briefings.pipeline import inbox, item_editing
from briefings.pipeline.item_editing import Clash, Saved
from briefings.pipeline.item_form import FIELDS, Form, form_of, is_simple, news_of
from briefings.pipeline.item_preview import show
from briefings.web.desk.door import Act, Door
from briefings.web.desk.presence import Presence
from briefings.web.desk.visit import Visit, number_of

PREVIEW_POLICY = (
    "sandbox; default-src 'none'; style-src 'unsafe-inline'; img-src data:; form-action 'none'; "
    "frame-ancestors 'self'; base-uri 'none'"
)
_ITEMS = "/desk/items"
_START = {"kind": [Kind.TOOL_CHANGE.value], "change": ["release"], "confidence": ["high"]}
_TELLING = ("headline", "summary", "do", "date", "version", "source_name", "source_url")


def register(door: Door) -> None:
    """Add the routes; the fixed addresses come before those with a number in them."""
    here = Presence(door.site.app.chain.monotonic)
    _register_new(door, here)
    _register_typing(door)
    _register_items(door, here)
    _register_history(door)


def _register_new(door: Door, here: Presence) -> None:
    @door.page(f"{_ITEMS}/new")
    def new(visit: Visit) -> Response:
        """Offer an empty form, or what was typed and not saved."""
        kind = visit.query("kind")
        start = {**_START, "date": [visit.site.now().date().isoformat()]}
        if kind in set(Kind):
            start["kind"] = [kind]
        return _editor(visit, None, start, here)

    @door.act(f"{_ITEMS}/new", "write an item")
    def write(act: Act) -> Response:
        """Save a new item as a draft, and queue it if that button was pressed."""
        return _save(act, 0, here)


def _register_typing(door: Door) -> None:
    """What happens while somebody types."""

    @door.act(f"{_ITEMS}/unsaved", "keep words that are not saved yet")
    def keep(act: Act) -> Response:
        """Keep what is typed, so that a closed browser loses nothing."""
        visit = act.visit
        number, revision = _int(visit.field("id")), _int(visit.field("revision"))
        item_editing.keep_unsaved(act.chain, number, revision, visit.fields, by=visit.user.email)
        words = visit.field("headline")[:80]
        act.record.changed(
            f"item {number}" if number else "a new item", before="", after=f"not saved: {words}"
        )
        return HTMLResponse(f"Kept {visit.site.now():%H:%M:%S} UTC, not saved yet.")

    @door.act(f"{_ITEMS}/forget", "forget words that were not saved")
    def forget(act: Act) -> Response:
        """Forget what was typed and not saved."""
        number = _int(act.visit.field("id"))
        item_editing.forget_unsaved(act.chain, number, by=act.visit.user.email)
        act.record.changed(
            f"item {number}" if number else "a new item", before="not saved", after="forgotten"
        )
        return act.visit.go(f"{_ITEMS}/{number or 'new'}", "What was not saved is forgotten.")

    @door.look(f"{_ITEMS}/preview")
    def preview(visit: Visit) -> Response:
        """Show the block as a mail will show it; without scripts it opens in the frame, too."""
        return _preview(visit)

    @door.look(f"{_ITEMS}/reach")
    def reach(visit: Visit) -> Response:
        """Count whom the form would reach."""
        catalogue = item_editing.catalogue_of(visit.chain)
        news, _ = news_of(_padded(visit.fields), catalogue)
        if news is None:
            return HTMLResponse("")
        return visit.show("reach.html", reach=_reach(visit, news))


def _register_items(door: Door, here: Presence) -> None:
    @door.page(f"{_ITEMS}/{{id}}")
    def edit(visit: Visit) -> Response:
        """Offer the item's form."""
        row = inbox.one_row(visit.chain, visit.number("id"))
        return _editor(visit, row, form_of(row.item.news), here)

    @door.act(f"{_ITEMS}/{{id}}", "edit an item")
    def save(act: Act) -> Response:
        """Save a new revision, unless somebody else did meanwhile."""
        return _save(act, act.visit.number("id"), here)


def _register_history(door: Door) -> None:
    @door.page(f"{_ITEMS}/{{id}}/history")
    def history(visit: Visit) -> Response:
        """Show every revision with what changed in it."""
        row = inbox.one_row(visit.chain, visit.number("id"))
        told = item_editing.history(visit.chain, row.item.id)
        steps = [
            (each, _difference(told[place + 1].news if place + 1 < len(told) else None, each.news))
            for place, each in enumerate(told)
        ]
        return visit.show(
            "item_history.html", title="History", section="inbox", row=row, steps=steps
        )

    @door.act(f"{_ITEMS}/{{id}}/restore", "restore an old revision")
    def restore(act: Act) -> Response:
        """Make an old revision's words the newest."""
        visit = act.visit
        number, old = visit.number("id"), _int(visit.field("number"))
        done = item_editing.restore(
            act.chain, number, old, _int(visit.field("revision")), by=visit.user.email
        )
        where = f"{_ITEMS}/{number}/history"
        if isinstance(done, Clash):
            return visit.go(where, "Somebody saved meanwhile: look again before you restore.")
        act.record.changed(
            f"item {number}", before=visit.field("revision"), after=f"as in revision {old}"
        )
        return visit.go(where, f"Revision {old} is the newest again, as revision {done.revision}.")


def _save(act: Act, number: int, here: Presence) -> Response:
    visit = act.visit
    catalogue = item_editing.catalogue_of(act.chain)
    row = inbox.one_row(act.chain, number) if number else None
    news, wrong = news_of(visit.fields, catalogue, row.item.news if row else None)
    if news is None:
        return _editor(visit, row, _typed(visit), here, status=422, wrong=wrong)
    done = item_editing.save(
        act.chain, number, _int(visit.field("revision")), news, by=visit.user.email
    )
    if isinstance(done, Clash):
        return _editor(visit, row, _typed(visit), here, status=409, clash=done)
    return _saved(act, row.item if row else None, done, news)


def _saved(act: Act, before: Item | None, done: Saved, news: News) -> Response:
    visit = act.visit
    words = [f"Saved as revision {done.revision}." if before else f"Item {done.id} is a draft."]
    for week, slug in done.voided:
        words.append(f"The approval of {slug} for {week} is void: approve it again.")
    state = before.state.value if before else "draft"
    if visit.field("then") == "queue" and state == "draft":
        told = inbox.queue(act.chain, [done.id], by=visit.user.email)
        if told.done:
            state = "queued"
            words = [f"Item {done.id} is queued."]
        words += [f"Not queued: {why}." for _, why in told.passed_over]
    act.record.changed(
        f"item {done.id}",
        before=before.news.headline if before else "",
        after=f"{news.headline} (revision {done.revision}, {state})",
    )
    queued = visit.field("then") == "queue" and state == "queued"
    return visit.go("/desk/inbox" if queued else f"{_ITEMS}/{done.id}", " ".join(words))


def _editor(
    visit: Visit,
    row: inbox.Row | None,
    form: Mapping[str, Sequence[str]],
    here: Presence,
    *,
    status: int = 200,
    wrong: Mapping[str, str] | None = None,
    clash: Clash | None = None,
) -> Response:
    catalogue = item_editing.catalogue_of(visit.chain)
    number = row.item.id if row else 0
    kept = item_editing.unsaved(visit.chain, number, by=visit.user.email)
    if kept is not None and status == 200 and visit.query("unsaved") == "1":  # noqa: PLR2004 - HTTP
        form = {**form, **json.loads(kept.fields)}
    reach = None
    current = row.item.news if row else None
    if current is not None:
        reach = _reach(visit, current)
    return visit.show(
        "item_edit.html",
        status,
        title=f"Item {number}" if row else "New item",
        section="inbox",
        row=row,
        form=form,
        number=number,
        revision=clash.item.revision if clash else row.item.revision if row else 0,
        wrong=wrong or {},
        clash=clash,
        clash_lines=_clash_lines(clash, form) if clash else [],
        unsaved=kept if visit.query("unsaved") != "1" and clash is None else None,
        reach=reach,
        others=here.others(number, visit.user.called) if number else [],
        tools_listed=[(tool.slug, tool.name) for tool in catalogue.tools],
        roles_listed=[(role.slug, role.name) for role in catalogue.roles],
        changes_listed=[(change.value, change.words) for change in Change],
        confidences_listed=[(each.value, each.value) for each in Confidence],
        specializations=catalogue.specializations,
        kinds=list(Kind),
        keeps_pay=bool(current and current.pay and not is_simple(current.pay)),
        today=visit.site.now().date(),
    )


def _preview(visit: Visit) -> Response:
    catalogue = item_editing.catalogue_of(visit.chain)
    number = _int(visit.field("id"))
    before = None
    if number:
        before = inbox.one_row(visit.chain, number).item.news
    news, wrong = news_of(_padded(visit.fields), catalogue, before)
    if news is None:
        told = "; ".join(f"{name.replace('_', ' ')} {why}" for name, why in wrong.items())
        page = visit.site.pages.text("desk/preview_wrong.html", told=told)
    else:
        try:
            shown = show(visit.chain, catalogue, number, visit.site.week, news)
        except BriefingsError as problem:
            page = visit.site.pages.text("desk/preview_wrong.html", told=str(problem))
        else:
            page = shown.html
            if visit.field("part") == "text":
                page = visit.site.pages.text("desk/preview_text.html", told=shown.text)
    return HTMLResponse(page, headers={"content-security-policy": PREVIEW_POLICY})


def _padded(form: Form) -> Form:
    """A form of which enough is filled to be looked at while it is being written."""
    stand_ins = {
        "headline": "\u2026",
        "source_url": "https://example.org/",
        "source_name": "\u2026",
    }
    return {
        **form,
        **{
            name: [value]
            for name, value in stand_ins.items()
            if not "".join(form.get(name, ())).strip()
        },
    }


def _typed(visit: Visit) -> dict[str, list[str]]:
    return {name: visit.values(name) for name in FIELDS}


def _reach(visit: Visit, news: News) -> item_editing.Reach:
    catalogue = item_editing.catalogue_of(visit.chain)
    with visit.chain.db.read() as tx:
        return item_editing.reach_of(tx, news, catalogue)


def _clash_lines(clash: Clash, typed: Mapping[str, Sequence[str]]) -> list[tuple[str, str, str]]:
    """The fields that differ: name, what is stored now, what was typed here."""
    stored = form_of(clash.item.news)
    return [
        (name.replace("_", " "), ", ".join(stored.get(name, [])), ", ".join(typed.get(name, [])))
        for name in FIELDS
        if list(stored.get(name, []))
        != [each for each in typed.get(name, []) if each or stored.get(name)]
        and (any(stored.get(name, [])) or any(typed.get(name, [])))
    ]


def _difference(before: News | None, after: News) -> list[tuple[str, list[tuple[str, str]]]]:
    """Word by word, what a revision changed: field, and pieces that are same, gone or new."""
    old = form_of(before) if before is not None else {}
    new = form_of(after)
    found: list[tuple[str, list[tuple[str, str]]]] = []
    for name in FIELDS:
        was, now = " ".join(old.get(name, [])), " ".join(new.get(name, []))
        if was != now and (before is not None or name in _TELLING):
            found.append((name.replace("_", " "), _pieces(was.split(), now.split())))
    return found


def _pieces(was: list[str], now: list[str]) -> list[tuple[str, str]]:
    pieces: list[tuple[str, str]] = []
    matcher = difflib.SequenceMatcher(None, was, now, autojunk=False)
    for tag, a, b, c, d in matcher.get_opcodes():
        if tag == "equal":
            pieces.append(("same", " ".join(was[a:b])))
            continue
        if b > a:
            pieces.append(("gone", " ".join(was[a:b])))
        if d > c:
            pieces.append(("new", " ".join(now[c:d])))
    return pieces


def _int(text: str) -> int:
    if not text:
        return 0
    number = number_of(text)
    if number is None:
        raise NotFound("There is no such item.")
    return number
