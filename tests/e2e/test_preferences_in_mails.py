"""What a reader switches off on the settings page is not in the next mail, and nothing else is."""

from __future__ import annotations

import asyncio
import json
import re
from datetime import date

import httpx
import pytest

from briefings.links import Purpose
from briefings.model.reader import Section
from briefings.pipeline.items import queue_items
from briefings.pipeline.open_issue import open_regular
from briefings.store import readers
from briefings.web.app import create_app
from tests.e2e.town import ROOT, WEEK, Town, body

BASE = "https://briefings.example"
MARKS = {
    Section.TOOL_CHANGES: "MLflow 3.11 is out",
    Section.ROLE_UPDATES: "Reviews moved into the editor",
    Section.PAY: "Yearly pay",
    Section.PLAN: "YOUR PLAN: WEEK",
    Section.RELATED: "NEAR YOUR ROLE",
}
UPDATE = {
    "role": "MLOps Engineer",
    "headline": MARKS[Section.ROLE_UPDATES],
    "summary": "A made-up update for a test.",
    "date": "2026-08-19",
    "source_name": "A test",
    "source_url": "https://example.org/update",
}


async def save(town: Town, email: str, **changed: object) -> None:
    """Fill the settings page in as it comes, but for what is changed."""
    with town.app.db.read() as tx:
        reader = readers.by_email(tx, email)
    assert reader is not None
    path = f"/preferences/{town.app.chain.signer().sign(Purpose.PREFERENCES, reader.id)}"
    transport = httpx.ASGITransport(app=create_app(town.app))
    async with httpx.AsyncClient(transport=transport, base_url=BASE) as client:
        page = (await client.get(path)).text
        seal = re.findall(r'name="seal" value="([^"]+)"', page)[0]
        fields = {
            "seal": seal,
            "specialization": list(reader.preferences.specializations),
            "section": [each.value for each in Section],
            "frequency": "weekly",
            **changed,
        }
        answer = await client.post(path, data=fields)
    assert answer.status_code == 200, answer.text


@pytest.mark.parametrize("when", ["before the freeze", "after the freeze"])
def test_a_part_that_is_switched_off_is_not_in_the_mail(town: Town, when: str) -> None:
    town.news()
    town.imported("salary", ROOT / "examples" / "salary_stats.csv")
    (town.folder / "updates.jsonl").write_text(json.dumps(UPDATE) + "\n", encoding="utf-8")
    town.imported("role-updates", town.folder / "updates.jsonl")
    queue_items(town.app.chain, [], week=str(WEEK), every=True)
    people = {f"{section.value}@example.org": section for section in Section}
    town.readers(
        *((email, "mlops-engineer") for email in (*people, "all@example.org")),
        plan_started_on=date(2026, 7, 27),
    )
    town.approved()
    if when == "after the freeze":
        open_regular(town.app.chain, WEEK)
    for email, off in people.items():
        on = [each.value for each in Section if each is not off]
        asyncio.run(save(town, email, section=on))
    town.send()
    mails = {str(mail["To"].addresses[0].addr_spec): mail for mail in town.outbox()}
    assert set(mails) == {*people, "all@example.org"}
    for email, mail in mails.items():
        text = body(mail)
        missing = {section for section, mark in MARKS.items() if mark not in text}
        assert missing == ({people[email]} if email in people else set()), email
        html = body(mail, "html")
        for mark in (MARKS[Section.ROLE_UPDATES], MARKS[Section.PAY]):
            assert (mark in html) == (mark in text), email


def test_another_primary_leads_the_mail_and_brings_its_plan(town: Town) -> None:
    town.news()
    town.readers(
        ("a@example.org", "mlops-engineer;mlops-ai-infrastructure"),
        ("b@example.org", "mlops-engineer;mlops-ai-infrastructure"),
        plan_started_on=date(2026, 7, 27),
    )
    town.approved()
    asyncio.run(save(town, "b@example.org", primary="mlops-ai-infrastructure"))
    town.send()
    mails = {str(mail["To"].addresses[0].addr_spec): mail for mail in town.outbox()}
    assert "MLOps Engineer" in str(mails["a@example.org"]["List-Id"])
    assert "MLOps & AI Infrastructure" in str(mails["b@example.org"]["List-Id"])
    plans = {
        email: body(mail).partition("YOUR PLAN: WEEK")[2][:200] for email, mail in mails.items()
    }
    assert all(plans.values())
    assert plans["a@example.org"] != plans["b@example.org"]
