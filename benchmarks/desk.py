"""Measures how long the desk's pages take with many items; prints one JSON object.

    python benchmarks/desk.py [--items N] [--specializations N] [--readers N] [--requests N]
                              [--database URL] [--only WORDS]

Makes a temporary installation whose items, specializations, readers and editions of a year are made
up. The last week has gone out, the next is assembled. Signs a person in and asks for each page in
process, one request at a time; times are milliseconds, `cold_ms` is that of the first answer of a
new process that has had two seconds to warm up. URL names an empty database; without it a SQLite
file is made.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import re
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from functools import partial
from pathlib import Path

import httpx
from starlette.types import Message

from briefings.collector import collect_rarely
from briefings.config import Settings
from briefings.model.edition import Edition, EditionState, Part, Placement
from briefings.model.news import Change, ItemState, Kind, News
from briefings.model.reader import NewReader
from briefings.model.user import DeskRole
from briefings.pipeline import people
from briefings.pipeline.approve import approve
from briefings.pipeline.catalogue import load_folder
from briefings.pipeline.instance import init
from briefings.pipeline.looking_ahead import look_ahead
from briefings.pipeline.open_issue import open_regular
from briefings.pipeline.prepare import load_catalogue, prepare
from briefings.pipeline.recorded import recorded
from briefings.pipeline.signing_in import hashed
from briefings.store import catalogue as catalogues
from briefings.store import editions, items, readers, users
from briefings.store.database import Transaction
from briefings.web.app import create_app
from briefings.weeks import Week
from briefings.wiring import App, build, shipped

WEEK = Week.parse("2026-W34")
"""Goes out at the beginning."""
NOW = datetime(2026, 8, 24, 12, tzinfo=UTC)
SECRET = "of the bench"  # noqa: S105 - opens nothing but a temporary database
WEEKS = 52
CARRIED = 8
"""Items of each edition."""
WARM_SECONDS = 2.0
DRAFTS_PER_ITEM = 4
"""Every so many-th item is a draft; the rest are queued."""


def opened(folder: Path, url: str) -> App:
    """The program over a folder, with a clock that stands."""
    settings = Settings.load(
        {},
        database_url=url or f"sqlite:///{folder}/desk.db",
        state_dir=folder,
        mail_url=f"maildir://{folder}/outbox",
        base_url="https://briefings.example",
        sender="Briefings <news@briefings.example>",
        postal_address="Bench",
        secret_key="k" * 32,
    )
    return build(settings, clock=lambda: NOW)


def installation(folder: Path, url: str, number: int, specializations: int) -> App:
    """An installation with made-up items of two years."""
    app = opened(folder, url)
    init(app.chain)
    load_folder(app.chain, shipped("catalogue"))
    with app.db.write() as tx:
        known = load_catalogue(tx)
        more = tuple(
            replace(
                known.specializations[n % 5],
                slug=f"made-up-{n}",
                name=f"Made up {n}",
                general=False,
            )
            for n in range(max(0, specializations - len(known.specializations)))
        )
        tools = tuple(
            replace(tool, concerns=(*tool.concerns, *(each.slug for each in more[place::4])))
            for place, tool in enumerate(known.tools)
        )
        catalogues.save(
            tx, replace(known, specializations=(*known.specializations, *more), tools=tools)
        )
        slugs = [tool.slug for tool in tools]
        for n in range(number):
            add(tx, n, slugs[n % len(slugs)])
        all_slugs = [each.slug for each in (*known.specializations, *more)]
        for back in range(1, WEEKS + 1):
            publish(tx, WEEK.shift(-back), all_slugs, number)
    return app


def publish(tx: Transaction, week: Week, slugs: list[str], number: int) -> None:
    """Put a published edition of each specialization into a week, with items of all years."""
    for place, slug in enumerate(slugs):
        first = (week.number * 1_009 + place * 7) % (number - CARRIED) + 1
        editions.put(
            tx,
            Edition(
                specialization=slug,
                week=str(week),
                placements=tuple(
                    Placement(
                        item_id=first + n, revision=1, part=Part.WEEK, why_you="it is", ranked="so"
                    )
                    for n in range(CARRIED)
                ),
                state=EditionState.PUBLISHED,
                reason=None,
                subject=f"Look at the workers of {slug} first, then at the rest",
                intro="What changed in this week is told below, the most urgent first. " * 2,
                revision=1,
                preheader=f"Week {week.number}: eight changes, none of them breaks anything.",
            ),
            now=NOW,
        )


def add(tx: Transaction, n: int, tool: str) -> None:
    """Add one made-up item."""
    day = date(2026, 8, 24) - timedelta(days=n % 730)
    news = News(
        kind=Kind.TOOL_CHANGE,
        headline=f"{tool} {n // 50}.{n % 50} changes how its workers start",
        summary="It is said here in one or two sentences what changed, and for whom. " * 2,
        date=day,
        source_name="release notes",
        source_url=f"https://example.org/{tool}/{n}",
        tool=tool,
        version=f"{n // 50}.{n % 50}",
        change=list(Change)[n % 5],
    )
    state = ItemState.QUEUED if n % DRAFTS_PER_ITEM else ItemState.DRAFT
    year, week, _ = day.isocalendar()
    items.add(tx, news, week=f"{year}-W{week:02}", state=state, now=NOW)


def sign_in(app: App) -> None:
    """Put a person at the desk, with a browser that is signed in."""
    with recorded(app.chain, by="bench", route="bench", act="add") as record:
        made = people.add(
            record,
            "bench@desk.example",
            name="",
            roles=[role.value for role in DeskRole],
            may_approve_own=True,
        )
    with app.db.write() as tx:
        users.open_session(
            tx,
            made.id,
            token=hashed(SECRET),
            letter_id=-1,
            letter_at=NOW,
            browser="bench",
            now=NOW,
            expires_at=NOW + timedelta(days=1),
        )


def week_gone_out(app: App, number: int) -> None:
    """Add readers, let the week that ended go out to them, and assemble the next one."""
    with app.db.read() as tx:
        slugs = [each.slug for each in load_catalogue(tx).specializations]
    made = [
        NewReader(
            email=f"reader-{n}@example.org",
            name=f"Reader {n}",
            specializations=tuple(dict.fromkeys(slugs[(n * k) % len(slugs)] for k in (1, 7))),
            timezone=("Europe/Berlin", "America/New_York", "Asia/Kolkata", None)[n % 4],
            plan_started_on=date(2026, 7, 6) + timedelta(weeks=n % 8) if n % 3 else None,
            line=n + 1,
        )
        for n in range(number)
    ]
    before = NOW - timedelta(days=30)
    for start in range(0, number, 5_000):
        with app.db.write() as tx:
            readers.add(
                tx,
                made[start : start + 5_000],
                confirmed_at=before,
                consent_source="made up",
                import_id=None,
                now=before,
            )
    prepare(app.chain, WEEK)
    approve(app.chain, WEEK, by="bench", despite="made up")
    open_regular(app.chain, WEEK)
    prepare(app.chain, WEEK.next())
    look_ahead(app.chain, WEEK.next())  # what assembling does at the desk, and every tick


def pages_of(app: App) -> dict[str, str]:
    """The pages, by what they are called in the answer."""
    week = WEEK.next()
    with app.db.read() as tx:
        slug = max(editions.of_week(tx, str(week)).values(), key=lambda e: len(e.placements))
    edition = f"/desk/editions/{week}/{slug.specialization}"
    return {
        "this week": "/desk",
        "a week that has gone out": f"/desk/weeks/{WEEK}",
        "edition": edition,
        "its previews": f"{edition}/preview",
        "its mail": f"{edition}/mail",
        "approve one edition": f"/desk/weeks/{week}/approve?edition={slug.specialization}",
        "approve all": f"/desk/weeks/{week}/approve",
        "links of a week": f"/desk/weeks/{week}/links",
        "board": "/desk/board",
        "board, one week": f"/desk/board/{week}",
        "issues": "/desk/issues",
        "issue": f"/desk/issues/{WEEK}-regular",
        "cancel an issue": f"/desk/issues/{WEEK}-regular/cancel",
        "numbers": "/desk/numbers",
        "corrections": "/desk/corrections",
        "a correction": "/desk/corrections/4",
        "seed readers": "/desk/seeds",
        "stop": "/desk/stop",
        "people": "/desk/people",
        "sessions": "/desk/sessions",
        "log": "/desk/audit",
        "inbox": "/desk/inbox",
        "inbox, last page": "/desk/inbox?page=100",
        "inbox, any state": "/desk/inbox?state=any",
        "inbox, one tool": "/desk/inbox?tool=mlflow",
        "inbox, from feeds": "/desk/inbox?from=feed",
        "search, many hits": "/desk/inbox?state=any&q=workers",
        "search, no hit": "/desk/inbox?state=any&q=nowhere+to+be+found",
        "items and editions, many hits": "/desk/search?q=workers",
        "items and editions, last page": "/desk/search?q=workers&page=520",
        "items and editions, six words": "/desk/search?q=mlflow+first+week+breaks+changes+2026",
        "items and editions, no hit": "/desk/search?q=nowhere+to+be+found",
        "new item": "/desk/items/new",
        "item": "/desk/items/1",
        "history": "/desk/items/1/history",
    }


async def measure(
    app: App, requests: int, only: str, cold: Callable[[str], float]
) -> dict[str, dict[str, float]]:
    """Ask for each page again and again; first, median, slowest and processor time of each."""
    pages = {name: path for name, path in pages_of(app).items() if only in name}
    form = {
        "kind": "tool_change",
        "tool": "mlflow",
        "change": "release",
        "confidence": "high",
        "headline": "MLflow 3 is out",
        "date": "2026-08-24",
        "source_url": "https://example.org/notes",
    }
    found: dict[str, dict[str, float]] = {}
    transport = httpx.ASGITransport(app=create_app(app))
    async with httpx.AsyncClient(
        transport=transport, base_url="https://briefings.example", cookies={"desk": SECRET}
    ) as client:
        seal = re.findall(r'name="seal" value="([^"]+)"', (await client.get("/desk")).text)[0]
        for name, path in pages.items():
            found[name] = {"cold_ms": cold(path), **await _timed(client, "GET", path, requests)}
        if only:
            return found
        for name in ("preview", "reach"):
            found[name] = await _timed(
                client, "POST", f"/desk/items/{name}", requests, {**form, "seal": seal}
            )
        found["save a draft"] = await _timed(
            client, "POST", "/desk/items/new", requests, {**form, "seal": seal}
        )
        found |= await _approving(client, f"/desk/weeks/{WEEK.next()}", requests)
    return found


def in_a_new_process(folder: Path, url: str, path: str) -> float:
    """Have a new process ask for a page once."""
    command = [sys.executable, __file__, "--cold", path, "--folder", str(folder)]
    done = subprocess.run(  # noqa: S603 - this very file
        [*command, "--database", url], check=True, capture_output=True, text=True
    )
    return float(done.stdout.splitlines()[-1])


async def first_answer(app: App, path: str) -> float:
    """How long the first answer takes, after the program has warmed up as `serve` does."""
    web, told, heard = create_app(app), asyncio.Queue[Message](), asyncio.Queue[Message]()
    transport = httpx.ASGITransport(app=web)
    await told.put({"type": "lifespan.startup"})
    running = asyncio.create_task(
        web({"type": "lifespan", "asgi": {"version": "3.0"}}, told.get, heard.put)
    )
    await heard.get()
    await asyncio.sleep(WARM_SECONDS)
    async with httpx.AsyncClient(
        transport=transport, base_url="https://briefings.example", cookies={"desk": SECRET}
    ) as client:
        began = time.perf_counter()
        answer = await client.get(path)
        took = (time.perf_counter() - began) * 1000
    await told.put({"type": "lifespan.shutdown"})
    await running
    if answer.status_code != 200:  # noqa: PLR2004 - it was there
        raise SystemExit(f"{path} answered {answer.status_code}")
    return round(took, 1)


async def _approving(
    client: httpx.AsyncClient, week: str, requests: int
) -> dict[str, dict[str, float]]:
    """Approve all editions of a week and take that back, again and again."""
    names = ("approve all, the press", "undo that")
    spent: dict[str, list[tuple[float, float]]] = {name: [] for name in names}
    for _ in range(requests + 1):
        page = (await client.get(f"{week}/approve")).text
        form = {
            name: re.findall(rf'name="{name}" value="([^"]+)"', page)
            for name in ("edition", "hash", "seal")
        }
        form["seal"] = form["seal"][:1]
        back = {"seal": form["seal"], "edition": form["edition"]}
        for name, path, fields in zip(
            names, (f"{week}/approve", f"{week}/unapprove"), (form, back), strict=True
        ):
            began, work = time.perf_counter(), time.process_time()
            answer = await client.request("POST", path, data=fields)
            spent[name].append((time.perf_counter() - began, time.process_time() - work))
            if answer.status_code != 303:  # noqa: PLR2004 - on to the next page
                raise SystemExit(f"POST {path} answered {answer.status_code}")
    return {name: _told(one) for name, one in spent.items()}


async def _timed(
    client: httpx.AsyncClient,
    method: str,
    path: str,
    requests: int,
    form: dict[str, str] | None = None,
) -> dict[str, float]:
    spent: list[tuple[float, float]] = []
    for _ in range(requests + 1):
        began, work = time.perf_counter(), time.process_time()
        answer = await client.request(method, path, data=form)
        spent.append((time.perf_counter() - began, time.process_time() - work))
        if answer.status_code not in (200, 303):
            raise SystemExit(f"{method} {path} answered {answer.status_code}")
    return _told(spent)


def _told(spent: list[tuple[float, float]]) -> dict[str, float]:
    """Median, slowest and processor time, without the first, which fills what is kept."""
    took, used = ([seconds * 1000 for seconds in one] for one in zip(*spent[1:], strict=True))
    return {
        "median_ms": round(statistics.median(took), 1),
        "slowest_ms": round(max(took), 1),
        "cpu_ms": round(statistics.median(used), 1),
    }


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--items", type=int, default=20_000)
    parser.add_argument("--specializations", type=int, default=200)
    parser.add_argument("--readers", type=int, default=20_000)
    parser.add_argument("--requests", type=int, default=20)
    parser.add_argument("--database", default="")
    parser.add_argument("--only", default="", help="pages whose name holds this")
    parser.add_argument("--cold", help=argparse.SUPPRESS)
    parser.add_argument("--folder", type=Path, help=argparse.SUPPRESS)
    chosen = parser.parse_args()
    collect_rarely()  # as every command of `briefings` does at its start
    if chosen.cold:
        print(asyncio.run(first_answer(opened(chosen.folder, chosen.database), chosen.cold)))
        return
    with tempfile.TemporaryDirectory() as folder:
        app = installation(Path(folder), chosen.database, chosen.items, chosen.specializations)
        try:
            week_gone_out(app, chosen.readers)
            sign_in(app)
            cold = partial(in_a_new_process, Path(folder), chosen.database)
            pages = asyncio.run(measure(app, chosen.requests, chosen.only, cold))
        finally:
            app.db.dispose()
    print(
        json.dumps(
            {"items": chosen.items, "specializations": chosen.specializations, "pages": pages},
            indent=2,
        )
    )


if __name__ == "__main__":
    main()
