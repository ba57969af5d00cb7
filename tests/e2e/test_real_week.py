"""The shipped catalogue and examples as one week: what is in the mails, and what must never be."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator
from datetime import date
from email.message import EmailMessage
from pathlib import Path

import pytest

from briefings.pipeline.items import queue_items
from briefings.pipeline.simulate import audience_of, simulate
from briefings.render import lint
from briefings.store import editions, items
from briefings.store import readers as readers_store
from tests.e2e.town import ROOT, WEEK, Town, body, found

LIMIT = 80_000


@pytest.fixture
def real(tmp_path: Path) -> Iterator[Town]:
    town = found(tmp_path)
    examples = ROOT / "examples"
    for kind, name in (
        ("tool-changes", "tool_changes.csv"),
        ("salary", "salary_stats.csv"),
        ("role-updates", "role_exposure.csv"),
    ):
        assert not town.imported(kind, examples / name).bad
    town.imported("subscribers", examples / "subscribers.csv", consent_source="made up")
    queue_items(town.app.chain, [], week=str(WEEK), every=True)
    town.clock.forward(hours=1)
    yield town
    town.app.db.dispose()


def everything(town: Town) -> str:
    with town.app.db.read() as tx:
        return ";".join(sorted(editions.of_week(tx, str(WEEK))))


def mail_to(town: Town, address: str) -> EmailMessage:
    (mail,) = [m for m in town.outbox() if m["To"].addresses[0].addr_spec == address]
    return mail


def encoded_html(mail: EmailMessage) -> str:
    part = mail.get_body(("html",))
    assert part is not None
    return str(part.get_payload())


def test_every_mail_is_sound(real: Town) -> None:
    real.approved()
    real.send()
    mails = real.outbox()
    assert len(mails) >= 12
    for mail in mails:
        html, text = body(mail, "html"), body(mail)
        assert lint(html, text) == []
        assert len(encoded_html(mail)) < LIMIT
        assert html.count("<h1") == 1
        assert html.count("<title>") == 1
        assert 'lang="en"' in html
        for never in ("{{", "}}", "[[", "]]"):
            assert never not in html + text
        assert not re.search(r"\bNone\b", html + text)
        assert len(mail["Subject"]) <= 60


def test_the_mail_of_somebody_who_follows_everything_stays_small(real: Town) -> None:
    real.approved()
    real.readers(("all@example.org", everything(real)), plan_started_on=date(2026, 7, 27))
    paid = "data-scientist;software-engineer;full-stack-developer;ai-engineer;devops-engineer"
    more = f"{paid};cloud-architect;mlops-engineer"
    real.readers(("pay@example.org", more), plan_started_on=date(2026, 7, 27))
    real.send()
    for address in ("all@example.org", "pay@example.org"):
        mail = mail_to(real, address)
        assert lint(body(mail, "html"), body(mail)) == []
        assert len(encoded_html(mail)) < LIMIT
        assert body(mail).count("/items/") == 12
        assert "more" in body(mail)


def test_a_mail_holds_every_headline_of_the_week_that_concerns_its_reader(real: Town) -> None:
    real.approved()
    real.send()
    with real.app.db.read() as tx:
        week = {i.news.headline: i for i in items.in_week(tx, str(WEEK))}
        stored = editions.of_week(tx, str(WEEK))
    catalogue_of = {slug: {p.item_id for p in e.placements} for slug, e in stored.items()}
    text = " ".join(body(mail_to(real, "amara.okafor@example.org")).split())
    for headline, item in week.items():
        assert (headline in text) == (item.id in catalogue_of["mlops-engineer"]), headline


def test_blocks_cost_rendering_and_readers_do_not(real: Town) -> None:
    """R1: eight groups compile as much for 40 readers more as for the first 8, which is nothing."""
    slugs = ("mlops-engineer", "devops-engineer", "cloud-architect", "mlops-ai-infrastructure")
    pairs = [";".join(pair) for pair in itertools.pairwise(slugs)]
    groups = [*slugs, *pairs, ";".join(slugs)]
    assert len(groups) == 8
    real.approved()
    compiled: list[int] = []
    for readers in (8, 48):
        town = real.with_settings()
        real.readers(*[(f"r{n}@example.org", groups[n % 8]) for n in range(readers)])
        planned = list(simulate(town.app.chain, WEEK))
        assert len(planned) >= readers
        with town.app.db.read() as tx:
            audience, _ = audience_of(tx, town.app.chain, WEEK)
            everybody = readers_store.batch(
                tx, after_id=0, limit=100, confirmed_before=town.clock()
            )
        renderer = town.app.chain.renderer()
        specs = set()
        for reader in everybody:
            composition = audience.decide(reader, frozenset()).composition
            assert composition is not None
            for spec in (composition.head, *composition.blocks):
                renderer.render(spec)
                specs.add(spec)
        assert renderer.compiled == len(specs)
        compiled.append(renderer.compiled)
    assert compiled[0] == compiled[1]
