"""What holds for every page: safe headers, plain errors, limits, health, counts, quiet logs."""

from __future__ import annotations

import asyncio
import json
import sqlite3
from contextlib import closing
from pathlib import Path

import httpx
import pytest
import structlog

from briefings.web import edge
from briefings.web.app import create_app
from briefings.web.edge import Edge
from briefings.web.logs import configure_logs
from tests.web.conftest import BASE, Installation, copied, settings_in
from tests.web.test_leaving import ADA

PAGES = ("/", "/outbox", "/nothing", "/healthz", "/robots.txt", "/unsubscribe/abc")


async def test_every_page_carries_the_headers_that_keep_it_safe(installed: Installation) -> None:
    personal = installed.links(ADA)
    async with installed.client() as client:
        for path in (*PAGES, *personal.values()):
            answer = await client.get(path)
            policy = answer.headers["content-security-policy"]
            assert "default-src 'none'" in policy, path
            assert "unsafe-inline" not in policy or path == personal["view"], path
            assert "frame-ancestors 'none'" in policy, path
            assert answer.headers["x-content-type-options"] == "nosniff"
            assert answer.headers["referrer-policy"] == "no-referrer"
            assert "set-cookie" not in answer.headers
            own = path.startswith(
                ("/unsubscribe", "/preferences", "/plan", "/view", "/feedback", "/outbox")
            )
            assert (answer.headers["cache-control"] == "no-store") is own, path
            assert ("x-robots-tag" in answer.headers) is own, path


async def test_pages_name_static_files_by_their_content(installed: Installation) -> None:
    async with installed.client() as client:
        page = await client.get("/")
        names = [
            line.split('"')[1] for line in page.text.split("href=")[1:] if "/static/" in line[:10]
        ]
        assert len(names) == 5
        for name in names:
            file = await client.get(name)
            assert file.status_code == 200
            assert "immutable" in file.headers["cache-control"]
        changed = await client.get(names[0].replace("/static/", "/static/0"))
    assert changed.status_code == 404
    assert "immutable" not in changed.headers["cache-control"]
    assert "<style" not in page.text
    assert "style=" not in page.text
    assert "<script" not in page.text.replace('<script type="application/ld+json">', "")


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/nothing", 404),
        ("POST", "/", 405),
        ("DELETE", "/outbox", 405),
        ("GET", "/static/../app.py", 404),
        ("GET", "/%2e%2e/%2e%2e/etc/passwd", 404),
        ("GET", "/docs", 404),
        ("GET", "/openapi.json", 404),
    ],
)
async def test_errors_are_pages_of_ours(
    installed: Installation, method: str, path: str, status: int
) -> None:
    async with installed.client() as client:
        answer = await client.request(method, path)
    assert answer.status_code == status
    assert answer.text.count("<h1") == 1
    assert 'class="mast wrap"' in answer.text


async def test_a_page_that_breaks_shows_no_trace(installed: Installation) -> None:
    with closing(sqlite3.connect(installed.folder / "subscribers.db")) as connection, connection:
        connection.execute("UPDATE briefing SET content = 'not json'")
    async with installed.client() as client:
        answer = await client.get(installed.links(ADA)["view"])
    assert answer.status_code == 500
    assert "Something broke on our side" in answer.text
    assert "json" not in answer.text.lower()


async def test_only_the_demo_shows_the_outbox(made, tmp_path) -> None:
    for installed in copied(made, tmp_path / "site", demo=False):
        async with installed.client() as client:
            assert (await client.get("/outbox")).status_code == 404
            assert "outbox" not in (await client.get("/")).text.lower()


async def test_the_masthead_marks_this_week_and_in_the_demo_the_one_it_shows(
    made, tmp_path
) -> None:
    for demo, words in ((True, "Week 34 of 53"), (False, "Week 35 of 53")):
        for installed in copied(made, tmp_path / str(demo), demo=demo):
            async with installed.client() as client:
                assert words in (await client.get("/")).text


async def test_a_body_over_64_kb_is_refused_before_anything_is_done(
    installed: Installation,
) -> None:
    link = installed.links(ADA)["unsubscribe"]
    async with installed.client() as client:
        most = await client.post(link + "x", content=b"a" * 65_536)
        more = await client.post(link, content=b"a" * 65_537)
    assert most.status_code == 404
    assert more.status_code == 413
    assert installed.standing(ADA)[1] is False


async def ask(app, *messages) -> int:
    """Send the messages of a request as they come, then nothing more; return the status."""
    waiting = list(messages)
    sent = []

    async def receive():
        if waiting:
            return waiting.pop(0)
        return await asyncio.get_running_loop().create_future()

    async def send(message) -> None:
        sent.append(message)

    scope = {
        "type": "http", "method": "POST", "path": "/", "raw_path": b"/", "headers": [],
        "query_string": b"", "scheme": "http", "server": ("x", 80), "client": None,
        "http_version": "1.1", "root_path": "", "asgi": {"version": "3.0"},
    }  # fmt: skip
    await app(scope, receive, send)
    return sent[0]["status"]


async def test_a_body_that_does_not_come_or_breaks_off_is_not_acted_upon(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async def never(_scope, _receive, _send) -> None:
        raise AssertionError("half a request was acted upon")

    edged = Edge(never, answered=lambda *_: None, monotonic=lambda: 0.0)
    half = {"type": "http.request", "body": b"frequency=mon", "more_body": True}
    assert await ask(edged, half, {"type": "http.disconnect"}) == 400
    monkeypatch.setattr(edge, "BODY_SECONDS", 0.01)
    assert await ask(edged, half) == 408


async def test_alive_asks_nobody_and_ready_asks_the_database(installed: Installation) -> None:
    async with installed.client() as client:
        assert (await client.get("/healthz")).text == "ok\n"
        assert (await client.get("/readyz")).text == "ready\n"
        with (
            closing(sqlite3.connect(installed.folder / "subscribers.db")) as connection,
            connection,
        ):
            connection.execute("UPDATE alembic_version SET version_num = '9999'")
        old = await client.get("/readyz")
        assert (await client.get("/healthz")).status_code == 200
    assert old.status_code == 503
    assert old.text == "not ready: Misconfigured\n"


async def test_an_empty_database_is_not_ready(tmp_path) -> None:
    from briefings.wiring import build

    opened = build(settings_in(tmp_path), migrate=False)
    transport = httpx.ASGITransport(app=create_app(opened))
    async with httpx.AsyncClient(transport=transport, base_url=BASE) as client:
        answer = await client.get("/readyz")
    opened.db.dispose()
    assert answer.status_code == 503
    assert "briefings init" in answer.text


async def test_counts_are_of_open_issues_and_name_templates_only(installed: Installation) -> None:
    token = installed.links(ADA)["unsubscribe"].rpartition("/")[2]
    async with installed.client() as client:
        await client.get(installed.links(ADA)["unsubscribe"])
        counts = (await client.get("/metrics")).text
    assert 'briefings_deliveries{issue="2026-W34-regular",state="accepted"} 3.0' in counts
    assert 'state="pending"} 0.0' in counts
    assert 'route="/unsubscribe/{token}",status="200"' in counts
    assert token not in counts


async def test_counts_are_at_most_ten_seconds_old(installed: Installation) -> None:
    def delete() -> None:
        with (
            closing(sqlite3.connect(installed.folder / "subscribers.db")) as connection,
            connection,
        ):
            connection.execute("UPDATE delivery SET state = 'unsure'")

    async with installed.client() as client:
        await client.get("/metrics")
        delete()
        installed.clock.go(seconds=9)
        assert 'state="unsure"} 0.0' in (await client.get("/metrics")).text
        installed.clock.go(seconds=1)
        assert 'state="unsure"} 3.0' in (await client.get("/metrics")).text


@pytest.mark.parametrize(
    "case",
    [
        ("", "127.0.0.1", None, 200),
        ("", "10.1.2.3", None, 200),
        ("", "8.8.8.8", None, 404),
        ("", "127.0.0.1", "8.8.8.8", 404),
        ("127.0.0.1", "127.0.0.1", "8.8.8.8", 404),
        ("127.0.0.1", "127.0.0.1", "10.0.0.9", 200),
        ("10.9.9.9", "8.8.8.8", "127.0.0.1", 404),
        ("", "unix", None, 404),
    ],
)
async def test_counts_are_for_private_networks_as_a_trusted_proxy_tells(
    made: Path, tmp_path: Path, case: tuple[str, str, str | None, int]
) -> None:
    trusted, client, forwarded, status = case
    for installed in copied(made, tmp_path / "site", trusted_proxies=trusted):
        transport = httpx.ASGITransport(app=installed.web, client=(client, 1))
        async with httpx.AsyncClient(transport=transport, base_url=BASE) as asking:
            headers = {"x-forwarded-for": forwarded} if forwarded else {}
            assert (await asking.get("/metrics", headers=headers)).status_code == status


async def test_a_log_line_names_the_template_and_never_the_token(
    installed: Installation, capsys: pytest.CaptureFixture[str]
) -> None:
    configure_logs(settings_in(installed.folder, log_format="json"))
    try:
        web = create_app(installed.app, demo=True)
        transport = httpx.ASGITransport(app=web)
        async with httpx.AsyncClient(transport=transport, base_url=BASE) as client:
            await client.get(installed.links(ADA)["unsubscribe"])
            await client.get("/secret-path/abc")
    finally:
        structlog.reset_defaults()
    written = capsys.readouterr()
    lines = [json.loads(line) for line in written.err.splitlines()]
    assert [(line["route"], line["status"]) for line in lines] == [
        ("/unsubscribe/{token}", 200),
        ("(none)", 404),
    ]
    assert all(line["event"] == "answered" and line["level"] == "info" for line in lines)
    assert installed.links(ADA)["unsubscribe"] not in written.err
    assert "secret-path" not in written.err
    assert written.out == ""
