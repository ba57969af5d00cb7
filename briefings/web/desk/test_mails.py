"""Acts of an edition's page that reach beyond it: test mails, links, an item in all editions."""

from __future__ import annotations

from fastapi import Response

from briefings.desk.permissions import Permission
from briefings.errors import Refused
from briefings.pipeline import on_record_links
from briefings.pipeline.editing import carrying_older
from briefings.pipeline.link_checks import WHILE_WAITING
from briefings.pipeline.taking_in import take_into
from briefings.pipeline.trying_out import mail_test
from briefings.web.desk.approving import refuse_own
from briefings.web.desk.door import Act, Door
from briefings.web.desk.editions import EDITION, address, number_in
from briefings.web.desk.weeks import week_in
from briefings.weeks import Week


def register(door: Door) -> None:
    """Add the routes."""

    @door.act(f"{EDITION}/test-mail", "mail a test", whole=False)
    def test_mail(act: Act) -> Response:
        """Queue a test mail; it counts for nobody."""
        visit = act.visit
        week, slug, to = week_in(visit), visit.word("slug"), visit.field("to")
        reader = visit.field("address") or visit.field("reader")
        shown = mail_test(
            act.chain,
            week,
            slug,
            reader=reader,
            to=to,
            allowed=visit.site.app.settings.test_recipients,
        )
        act.record.changed(
            f"{week} {slug}", before="", after=f"test mail as {shown.reader.known_as} to {to}"
        )
        return visit.go(
            f"{address(week, slug)}#test",
            f"On its way to {to}, as {shown.reader.email} would get it.",
        )

    @door.act(f"{EDITION}/links", "check the links of an edition", whole=False)
    def links(act: Act) -> Response:
        """Try the links of an edition; whoever approves it sees what they answered."""
        visit = act.visit
        week, slug = week_in(visit), visit.word("slug")
        fetcher = visit.site.app.link_fetcher()
        words = on_record_links.check_links(
            act.record, fetcher, week, [slug], within=WHILE_WAITING
        ).words()
        return visit.go(f"{address(week, slug)}#preflight", words)

    @door.act(f"{EDITION}/take-newest", "take a changed item in", whole=False)
    def take_newest(act: Act) -> Response:
        """Take an item in as it is now: here, or wherever it stands, approved again in one act."""
        visit = act.visit
        week, slug, item_id = week_in(visit), visit.word("slug"), number_in(visit, "item")
        again = visit.field("again") == "yes"
        if again and not visit.may(Permission.APPROVE):
            raise Refused("Only an editor approves. Take it in, and let an editor look at it.")
        with act.chain.db.read() as tx:
            older = carrying_older(tx, item_id)
        chosen = older if again else [one for one in older if one == (str(week), slug)]
        if not chosen:
            raise Refused("Every edition carries this item as it is now.")
        if again:
            refuse_own(act, [(Week.parse(w), slug) for w, slug in chosen], newest=[item_id])
        done = take_into(act.chain, item_id, chosen, by=visit.user.email, again=again)
        left = "; ".join(f"{where}: {why}" for _, where, why in done.left)
        after = f"taken into {len(done.editions)}, approved {len(done.approved)}"
        act.record.changed(f"item {item_id}", before="older revision", after=after)
        words = f"Item {item_id} is {after}." + (f" Not approved: {left}" if left else "")
        return visit.go(address(week, slug), words)
