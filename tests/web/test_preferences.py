"""Preferences: what is saved, what is refused, and what the page says about the next mail."""

from __future__ import annotations

import pytest

from briefings.store import readers
from tests.web.conftest import Installation
from tests.web.test_leaving import ADA, BO, seal_in

ALL_PARTS = ["tool_changes", "role_updates", "pay", "plan", "related"]


async def form(installed: Installation, email: str, **changed: object) -> dict[str, object]:
    """The form as the page gives it out, with some fields filled in otherwise."""
    async with installed.client() as client:
        page = await client.get(installed.links(email)["preferences"])
    return {
        "seal": seal_in(page.text),
        "specialization": installed.standing(email)[0],
        "section": ALL_PARTS,
        "frequency": "weekly",
        "paused_until": "",
        **changed,
    }


async def save(installed: Installation, email: str, headers=None, **changed: object):
    fields = await form(installed, email, **changed)
    async with installed.client() as client:
        return await client.post(
            installed.links(email)["preferences"], data=fields, headers=headers or {}
        )


def stored(installed: Installation, email: str) -> tuple[object, ...]:
    return installed.row(
        "SELECT specializations, sections_off, frequency, paused_until FROM reader WHERE email = ?",
        email,
    )


async def test_the_page_shows_what_is_chosen_and_when_the_next_mail_comes(
    installed: Installation,
) -> None:
    async with installed.client() as client:
        page = await client.get(installed.links(BO)["preferences"])
    assert page.status_code == 200
    for slug in ("mlops-engineer", "data-scientist"):
        assert f'value="{slug}" checked' in page.text
    assert 'value="devops-engineer">' in page.text
    # Monday 24 August, 08:00 in New York lies at the very instant of the clock: the next is due.
    assert "Your next briefing comes Monday 31 August at 08:00." in page.text


async def test_a_save_is_stored_and_answered_with_the_next_mail(installed: Installation) -> None:
    answer = await save(
        installed,
        BO,
        specialization=["cloud-architect", "data-scientist"],
        section=["tool_changes", "plan"],
        frequency="monthly",
    )
    assert answer.status_code == 200
    assert "Saved. Your next briefing comes Monday 7 September at 08:00." in answer.text
    assert stored(installed, BO) == (
        "data-scientist;cloud-architect",
        "role_updates;pay;related",
        "monthly",
        None,
    )


async def test_a_pause_moves_the_next_mail_and_ends_by_itself(installed: Installation) -> None:
    answer = await save(installed, ADA, paused_until="2026-09-10")
    assert "Saved. Your next briefing comes Monday 14 September at 08:00." in answer.text
    again = await save(installed, ADA, paused_until="")
    assert "Saved. Your next briefing comes Monday 31 August at 08:00." in again.text


async def test_saving_the_same_again_changes_nothing(installed: Installation) -> None:
    before = installed.dump()
    answer = await save(installed, ADA)
    assert answer.status_code == 200
    assert installed.dump() == before


async def test_an_empty_save_is_not_an_unsubscribe(installed: Installation) -> None:
    before = installed.dump()
    answer = await save(installed, ADA, specialization=[])
    assert answer.status_code == 422
    assert "Nothing was saved" in answer.text
    assert 'role="alert"' in answer.text
    assert installed.links(ADA)["unsubscribe"] in answer.text
    assert installed.dump() == before


@pytest.mark.parametrize(
    ("changed", "says"),
    [
        ({"paused_until": "2026-08-24"}, "This day is over"),
        ({"paused_until": "2028-01-01"}, "a year at most"),
        ({"paused_until": "soon"}, "This is no date"),
        ({"frequency": "daily"}, "Choose how often"),
        ({"specialization": ["no-such-thing"]}, "Nothing was saved"),
    ],
)
async def test_a_choice_that_cannot_be_is_refused_and_kept_in_the_form(
    installed: Installation, changed: dict[str, object], says: str
) -> None:
    before = installed.dump()
    answer = await save(installed, ADA, **{"section": ["pay"], **changed})
    assert answer.status_code == 422
    assert says in answer.text
    assert 'value="pay" checked' in answer.text
    assert 'value="plan" checked' not in answer.text
    assert installed.dump() == before


@pytest.mark.parametrize(
    "headers",
    [
        {"sec-fetch-site": "cross-site"},
        {"sec-fetch-site": "same-site"},
        {"origin": "https://evil.example"},
    ],
    ids=["cross-site", "same-site", "foreign origin"],
)
async def test_a_form_from_another_site_is_refused(
    installed: Installation, headers: dict[str, str]
) -> None:
    before = installed.dump()
    answer = await save(installed, ADA, headers=headers, frequency="monthly")
    assert answer.status_code == 403
    assert installed.dump() == before


@pytest.mark.parametrize(
    "headers",
    [
        {"sec-fetch-site": "same-origin"},
        {"sec-fetch-site": "none"},
        {"origin": "null"},
        {"origin": "https://briefings.example"},
    ],
    ids=["same-origin", "typed", "no referrer", "own origin"],
)
async def test_our_own_form_is_taken(installed: Installation, headers: dict[str, str]) -> None:
    answer = await save(installed, ADA, headers=headers, frequency="monthly")
    assert answer.status_code == 200
    assert stored(installed, ADA)[2] == "monthly"


@pytest.mark.parametrize("case", ["none", "of another reader", "old", "not ascii"])
async def test_a_form_without_our_seal_is_refused(installed: Installation, case: str) -> None:
    fields = await form(installed, ADA, frequency="monthly")
    if case == "none":
        del fields["seal"]
    elif case == "not ascii":
        fields["seal"] = "ü.ü.ü"
    elif case == "of another reader":
        fields["seal"] = (await form(installed, BO))["seal"]
    else:
        installed.clock.go(hours=13)
    async with installed.client() as client:
        answer = await client.post(installed.links(ADA)["preferences"], data=fields)
    assert answer.status_code == 403
    assert stored(installed, ADA)[2] == "weekly"


async def test_who_left_is_not_brought_back_by_a_link_that_can_be_forwarded(
    installed: Installation,
) -> None:
    fields = await form(installed, ADA, frequency="monthly")
    async with installed.client() as client:
        await client.post(installed.links(ADA)["unsubscribe"])
        page = await client.get(installed.links(ADA)["preferences"])
        answer = await client.post(installed.links(ADA)["preferences"], data=fields)
    assert "You are out" in page.text
    assert "<form" not in page.text
    assert answer.status_code == 409
    assert installed.standing(ADA)[1] is True


async def test_a_suppressed_reader_is_promised_no_mail(installed: Installation) -> None:
    with installed.app.db.write() as tx:
        reader = readers.by_email(tx, ADA)
        assert reader is not None
        readers.suppress(tx, "hash", "bounced", installed.clock.now, reader_id=reader.id)
    async with installed.client() as client:
        page = await client.get(installed.links(ADA)["preferences"])
    assert "Your next briefing" not in page.text


@pytest.mark.parametrize(
    ("changed", "says"),
    [
        ({"primary": "cloud-architect"}, "Choose one that is switched on"),
        ({"timezone": "Mars/Olympus"}, "There is no such time zone"),
        ({"language": "xx"}, "Choose one of English"),
        ({"name": "x" * 61}, "60 characters at most"),
        ({"name": "a\u202eb"}, "only ones that can be seen"),
    ],
)
async def test_what_cannot_be_stored_of_a_person_is_refused(
    installed: Installation, changed: dict[str, object], says: str
) -> None:
    before = installed.dump()
    answer = await save(installed, ADA, **changed)
    assert answer.status_code == 422
    assert says in answer.text
    assert installed.dump() == before


async def test_an_old_zone_name_stays_chosen(installed: Installation) -> None:
    answer = await save(installed, ADA, timezone="Asia/Calcutta")
    assert '<option value="Asia/Calcutta" selected>' in answer.text
    assert "on the clock of Asia/Calcutta" in answer.text


async def test_the_last_mails_show_what_became_of_them_with_a_web_view(
    installed: Installation,
) -> None:
    async with installed.client() as client:
        page = await client.get(installed.links(ADA)["preferences"])
        assert "Week 34" in page.text
        assert 'class="chip accepted"' in page.text
        assert "nobody knows more" in page.text
        view = installed.links(ADA)["view"]
        assert view in page.text
        assert (await client.get(view)).status_code == 200
