"""Inbox and item editor as an editor uses them: triage, bulk, undo, join, save, clash, history."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from pathlib import Path

import httpx
import pytest

from briefings.model.news import Change, Confidence, ItemState, Kind, News
from briefings.model.user import DeskRole
from briefings.store import feeds, items
from tests.web.conftest import copied
from tests.web.desk_of import Desk, press, seal_in

AUTHOR = DeskRole.AUTHOR
NEWS = News(
    kind=Kind.TOOL_CHANGE,
    headline="MLflow 9.1.0 is out",
    summary="Traces for agents.",
    date=date(2026, 8, 25),
    source_name="MLflow release notes",
    source_url="https://github.com/mlflow/mlflow/releases/tag/v9.1.0",
    tool="mlflow",
    version="9.1.0",
    change=Change.RELEASE,
    confidence=Confidence.MEDIUM,
)
FORM = {
    "kind": "tool_change",
    "tool": "mlflow",
    "change": "security",
    "headline": "MLflow 9.2 closes a hole",
    "date": "2026-08-26",
    "source_url": "https://example.org/notes",
    "confidence": "high",
}
PAY = {
    "kind": "salary_news",
    "role": "mlops-engineer",
    "headline": "Pay of MLOps Engineers",
    "date": "2026-08-26",
    "source_name": "a survey",
    "source_url": "https://example.org/survey",
    "confidence": "high",
    "region": "United States",
    "level": "Senior",
    "year": "2026",
    "n": "41",
    "currency": "usd",
    "p25": "150,000",
    "median": "170000",
    "p75": "190000",
}


@pytest.fixture
def desk(made: Path, tmp_path: Path) -> Iterator[Desk]:
    for site in copied(made, tmp_path / "desk", demo=False):
        yield Desk(site)


def draft(desk: Desk, **more: object) -> int:
    with desk.site.app.db.write() as tx:
        return items.add(
            tx,
            replace(NEWS, **more),  # type: ignore[arg-type]
            week="2026-W35",
            state=ItemState.DRAFT,
            now=desk.site.clock(),
        )


def stored(desk: Desk, number: int) -> tuple[int, str, News]:
    with desk.site.app.db.read() as tx:
        item = items.get(tx, [number])[number]
    return item.revision, item.state.value, item.news


def said(answer: httpx.Response) -> str:
    assert answer.status_code == 303, answer.text
    return answer.headers["location"]


async def shown(client: httpx.AsyncClient, answer: httpx.Response) -> str:
    page = await client.get(said(answer))
    assert page.status_code == 200
    return page.text


async def test_drafts_are_queued_withdrawn_and_put_back_with_one_press(desk: Desk) -> None:
    one, two = draft(desk), draft(desk, headline="MLflow 9.1.1 is out", version="9.1.1")
    async with desk.client(AUTHOR) as client:
        page = (await client.get("/desk/inbox")).text
        assert "2 drafts wait" in page
        assert "MLOps Engineer" in page
        answer = await press(
            client, "/desk/inbox/triage", {"act": f"queue {one}", "here": "kind=tool_change"}
        )
        assert said(answer).startswith("/desk/inbox?kind=tool_change&said=")
        page = await shown(client, answer)
        assert "1 item queued." in page
        assert stored(desk, one)[1] == "queued"
        assert f'name="act" value="back {one}"' in page  # the undo
        answer = await press(client, "/desk/inbox/triage", {"act": f"back {one}"})
        assert stored(desk, one)[1] == "draft"
        assert "1 item put back as drafts." in await shown(client, answer)
        # In bulk: those that are ticked; undo takes back all of them.
        answer = await press(
            client, "/desk/inbox/triage", {"act": "withdraw", "item": [str(one), str(two)]}
        )
        page = await shown(client, answer)
        assert "2 items withdrawn." in page
        assert f'value="back {one} {two}"' in page
        answer = await press(client, "/desk/inbox/triage", {"act": f"back {one} {two}"})
        assert [stored(desk, each)[1] for each in (one, two)] == ["draft", "draft"]
        nothing = await press(client, "/desk/inbox/triage", {"act": "queue"})
        assert "Nothing is ticked" in await shown(client, nothing)


async def test_an_item_with_tk_is_passed_over_and_named(desk: Desk) -> None:
    one, two = draft(desk), draft(desk, summary="Traces [[tk: ask Ana]]", version="9.3")
    async with desk.client(AUTHOR) as client:
        assert "[[TK]] is left in text" in (await client.get("/desk/inbox")).text
        answer = await press(
            client, "/desk/inbox/triage", {"act": "queue", "item": [str(one), str(two)]}
        )
        page = await shown(client, answer)
        assert f"1 item queued. Not item {two}: [[TK]] is left in text." in page
    assert stored(desk, two)[1] == "draft"


async def test_a_look_alike_is_suggested_joined_and_parted_again(desk: Desk) -> None:
    one = draft(desk)
    two = draft(desk, headline="MLflow v9.1 with traces", version="v9.1")
    async with desk.client(AUTHOR) as client:
        page = (await client.get("/desk/inbox")).text
        assert f"May be the same as item {two}" in page
        answer = await press(client, "/desk/inbox/join", {"join": f"{one} {two}"})
        assert f"Item {one} is joined into item {two}" in await shown(client, answer)
        assert stored(desk, one)[1] == "withdrawn"
        assert f"item {one}</a>" in (await client.get(f"/desk/items/{two}")).text
        assert "May be the same" not in (await client.get("/desk/inbox")).text
        again = await press(client, "/desk/inbox/join", {"join": f"{one} {two}"})
        assert again.status_code == 409
        assert (
            await press(client, "/desk/inbox/join", {"join": f"{two} {two}"})
        ).status_code == 409
        await press(client, "/desk/inbox/triage", {"act": f"back {one}"})
        assert stored(desk, one)[1] == "draft"
        assert "Joined into this: " not in (await client.get(f"/desk/items/{two}")).text


async def test_the_inbox_can_be_narrowed_and_searched(desk: Desk) -> None:
    one = draft(desk)
    two = draft(
        desk,
        headline="100% of GRAFANA_x is new",
        tool="grafana",
        version="14",
        kind=Kind.TOOL_CHANGE,
    )
    with desk.site.app.db.write() as tx:
        feeds.add_entries(tx, "grafana", [("k", two, "Guessed release.")], now=desk.site.clock())
    async with desk.client(AUTHOR) as client:

        async def numbers(query: str) -> set[int]:
            page = await client.get(f"/desk/inbox?{query}")
            assert page.status_code == 200
            return {int(found) for found in re.findall(r'id="item-(\d+)"', page.text)}

        assert await numbers("") == {one, two}
        assert await numbers("from=feed") == {two}
        assert await numbers("from=person") == {one}
        assert await numbers("tool=grafana") == {two}
        assert await numbers("q=grafana_X+100%25") == {two}
        assert await numbers("q=grafanaxx") == set()
        assert await numbers("q=traces+mlflow") == {one}
        assert await numbers("kind=role_update") == set()
        assert await numbers("state=withdrawn") == set()
        assert len(await numbers("state=any&from=import")) > 20
        assert await numbers("state=nonsense&page=x&from=%00") == {one, two}
        assert await numbers("page=99") == set()
        page = (await client.get("/desk/inbox?from=feed")).text
        assert "Guessed release." in page


async def test_an_item_is_written_and_queued_with_three_fields(desk: Desk) -> None:
    async with desk.client(AUTHOR) as client:
        page = (await client.get("/desk/items/new")).text
        assert 'value="2026-08-24"' in page  # the date is filled in
        answer = await press(
            client,
            "/desk/items/new",
            {
                # What the form holds untouched, and three fields by hand.
                "kind": "tool_change",
                "change": "release",
                "confidence": "high",
                "date": "2026-08-24",
                "tool": "mlflow",
                "headline": "MLflow 9.2 is out",
                "source_url": "https://example.org/notes",
                "then": "queue",
            },
        )
        page = await shown(client, answer)
        (number,) = re.findall(r"Item (\d+) is queued", page)
    revision, state, news = stored(desk, int(number))
    assert (revision, state, news.source_name) == (1, "queued", "MLflow release notes")


@pytest.mark.parametrize(
    ("form", "field"),
    [
        ({"headline": ""}, "headline"),
        ({"headline": "x" * 400}, "headline"),
        ({"source_url": "javascript:alert(1)"}, "source_url"),
        ({"date": "2026-02-30"}, "date"),
        ({"tool": "nonsense"}, "tool"),
        ({"change": "boom"}, "change"),
        ({"targets": ["nobody"]}, "targets"),
        ({"kind": "role_update", "role": ""}, "role"),
        ({**PAY, "n": ""}, "n"),
        ({**PAY, "median": "lots"}, "median"),
        ({**PAY, "median": "10"}, "median"),
        ({**PAY, "currency": "dollars"}, "currency"),
        ({**PAY, "region": ""}, "region"),
        ({**PAY, "year": "26"}, "year"),
    ],
)
async def test_what_is_wrong_is_told_at_its_field_and_nothing_is_stored(
    desk: Desk, form: dict[str, str], field: str
) -> None:
    async with desk.client(AUTHOR) as client:
        before = desk.site.dump()
        answer = await press(client, "/desk/items/new", {**FORM, **form})
        assert answer.status_code == 422
        assert f'id="{field}-told"' in answer.text or field == "targets"
        assert 'class="err"' in answer.text
        assert desk.site.dump() == before


async def test_a_pay_item_needs_everything_a_figure_stands_on(desk: Desk) -> None:
    async with desk.client(AUTHOR) as client:
        answer = await press(client, "/desk/items/new", PAY)
        number = int(re.search(r"/desk/items/(\d+)", said(answer))[1])  # type: ignore[index]
        _, _, news = stored(desk, number)
        figure = news.pay[0].now
        assert (str(figure.median), figure.n, figure.region) == ("$170,000", 41, "United States")
        assert news.targets
        page = (await client.get(f"/desk/items/{number}")).text
        assert 'value="170000"' in page
        answer = await press(client, f"/desk/items/{number}", {**PAY, "n": "12", "revision": "1"})
        assert stored(desk, number)[2].pay[0].now.small_sample


async def test_figures_that_the_form_cannot_show_stay(desk: Desk) -> None:
    with desk.site.app.db.read() as tx:
        kept = next(
            i
            for i in items.listing(tx, kind=Kind.SALARY_NEWS)
            if len(i.news.pay) > 1 or i.news.pay[0].before
        )
    async with desk.client(AUTHOR) as client:
        page = (await client.get(f"/desk/items/{kept.id}")).text
        assert "they stay as they are" in page
        form = {
            **PAY,
            "role": kept.news.role,
            "headline": "New words",
            "revision": str(kept.revision),
        }
        said(await press(client, f"/desk/items/{kept.id}", form))
    revision, _, news = stored(desk, kept.id)
    assert (revision, news.headline, news.pay) == (kept.revision + 1, "New words", kept.news.pay)


async def test_two_who_edit_at_once_lose_nothing(desk: Desk) -> None:
    number = draft(desk)
    async with (
        desk.client(AUTHOR, email="ana@desk.example") as ana,
        desk.client(AUTHOR, email="ben@desk.example") as ben,
    ):
        await ana.get(f"/desk/items/{number}")
        assert (
            "ana@desk.example has this item open" in (await ben.get(f"/desk/items/{number}")).text
        )
        said(
            await press(
                ana, f"/desk/items/{number}", {**FORM, "headline": "Ana's words", "revision": "1"}
            )
        )
        answer = await press(
            ben, f"/desk/items/{number}", {**FORM, "headline": "Ben's words", "revision": "1"}
        )
        assert answer.status_code == 409
        for words in (
            "ana@desk.example saved this item meanwhile",
            "Ana&#39;s words",
            "Ben&#39;s words",
            "nothing is lost",
        ):
            assert words in answer.text
        assert 'name="revision" value="2"' in answer.text
        assert stored(desk, number)[2].headline == "Ana's words"
        said(
            await press(
                ben, f"/desk/items/{number}", {**FORM, "headline": "Ben's words", "revision": "2"}
            )
        )
        assert (stored(desk, number)[0], stored(desk, number)[2].headline) == (3, "Ben's words")
        page = (await ben.get(f"/desk/items/{number}/history")).text
        assert page.count("Revision ") >= 3
        assert "<del>Ana&#39;s</del>" in page
        assert "<ins>Ben&#39;s</ins>" in page
        # Restoring is a revision of its own, and locked like any other.
        late = await press(ben, f"/desk/items/{number}/restore", {"number": "1", "revision": "2"})
        assert "Somebody saved meanwhile" in await shown(ben, late)
        said(await press(ben, f"/desk/items/{number}/restore", {"number": "1", "revision": "3"}))
        assert (stored(desk, number)[0], stored(desk, number)[2]) == (4, NEWS)
        gone = await press(ben, f"/desk/items/{number}/restore", {"number": "77", "revision": "4"})
        assert gone.status_code == 404


async def test_unsaved_words_are_kept_offered_and_forgotten(desk: Desk) -> None:
    number = draft(desk)
    async with desk.client(AUTHOR) as client:
        typed = {**FORM, "headline": "Half a thou", "id": str(number), "revision": "1"}
        answer = await press(client, "/desk/items/unsaved", typed)
        assert "not saved yet" in answer.text
        assert stored(desk, number)[0] == 1
        page = (await client.get(f"/desk/items/{number}")).text
        assert "words of yours that were not saved" in page
        assert 'value="Half a thou"' not in page
        assert 'value="Half a thou"' in (await client.get(f"/desk/items/{number}?unsaved=1")).text
        said(await press(client, "/desk/items/forget", {"id": str(number)}))
        assert "not saved" not in (await client.get(f"/desk/items/{number}")).text
        assert (await press(client, "/desk/items/forget", {"id": str(number)})).status_code == 409
        # Saving forgets them too, also those of a new item.
        await press(client, "/desk/items/unsaved", {**FORM, "id": "0"})
        assert "words of yours" in (await client.get("/desk/items/new")).text
        said(await press(client, "/desk/items/new", FORM))
        assert "words of yours" not in (await client.get("/desk/items/new")).text


async def test_an_edit_of_a_carried_item_voids_the_approval_and_says_so(desk: Desk) -> None:
    from briefings.pipeline.approve import approve
    from briefings.pipeline.items import queue_items
    from briefings.pipeline.prepare import prepare
    from briefings.weeks import Week

    number = draft(desk)
    chain, week = desk.site.app.chain, Week.parse("2026-W35")
    queue_items(chain, [number], week=None, every=False)
    prepare(chain, week)
    approve(chain, week, ["mlops-engineer"], by="test")
    async with desk.client(AUTHOR) as client:
        answer = await press(client, f"/desk/items/{number}", {**FORM, "revision": "1"})
        assert "The approval of mlops-engineer for 2026-W35 is void" in await shown(client, answer)
    assert stored(desk, number)[1] == "queued"


async def test_the_preview_shows_the_block_and_changes_nothing(desk: Desk) -> None:
    number = draft(desk)
    async with desk.client(AUTHOR) as client:
        seal = seal_in(await client.get("/desk"))
        before = desk.site.dump()

        async def look(path: str, **more: str) -> httpx.Response:
            return await client.post(path, data={**FORM, "id": str(number), **more, "seal": seal})

        page = await look("/desk/items/preview", summary="Some **bold** words")
        assert page.status_code == 200
        assert "MLflow 9.2 closes a hole" in page.text
        assert "<strong>bold</strong>" in page.text
        assert "Security fix" in page.text
        policy = page.headers["content-security-policy"]
        assert policy.startswith("sandbox;")
        assert "script-src" not in policy
        assert "default-src 'none'" in policy
        editor = (await client.get(f"/desk/items/{number}")).text
        assert 'formtarget="preview" formnovalidate name="part" value="text"' in editor
        text = await look("/desk/items/preview", part="text", summary="Some **bold** words")
        assert "SECURITY FIX" in text.text
        assert "Some bold words" in text.text
        half = await look("/desk/items/preview", headline="", source_url="")
        assert half.status_code == 200
        assert "No preview yet" in (await look("/desk/items/preview", tool="")).text
        reach = await look("/desk/items/reach")
        assert "3 readers today" in reach.text
        nobody = await look("/desk/items/reach", kind="tool_change", tool="")
        assert nobody.text == ""
        assert desk.site.dump() == before
