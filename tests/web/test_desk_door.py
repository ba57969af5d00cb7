"""The door of the desk: every route asks a permission, and every act leaves one entry in the log."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from briefings.desk.permissions import GRANTS, ROUTES, Permission, may, permission_of
from briefings.errors import Misconfigured
from briefings.model.user import DeskRole
from briefings.web.desk.door import Door
from briefings.web.site import Site
from tests.web.conftest import Installation, copied
from tests.web.desk_of import ACTS, ANYBODY, LOOKS, PATHS, Desk, press, seal_in
from tests.web.test_no_get_writes import state

REFUSED = "That is not among your roles"


@pytest.fixture
def desk(made: Path, tmp_path: Path) -> Iterator[Desk]:
    for site in copied(made, tmp_path / "desk", demo=False):
        yield Desk(site)


def routes_of(site: Installation) -> set[str]:
    """Every route of the running program under /desk, as `POST /desk/people`."""
    app: object = site.web
    while not hasattr(app, "routes"):
        app = app._app
    found: set[str] = set()
    waiting = list(app.routes)
    while waiting:
        route = waiting.pop()
        below = getattr(route, "original_router", None)
        if below is not None:
            waiting.extend(below.routes)
        elif route.path.startswith("/desk"):
            found |= {f"{method} {route.path}" for method in route.methods if method != "HEAD"}
    return found


def test_the_permission_table_and_the_program_name_the_same_routes(desk: Desk) -> None:
    assert routes_of(desk.site) == set(ROUTES)
    assert {route for route in ROUTES if route.startswith("POST")} == set(ACTS) | set(LOOKS)
    assert not set(ACTS) & set(LOOKS)


def test_a_route_without_a_permission_cannot_be_registered(desk: Desk) -> None:
    door = Door(Site(app=desk.site.app, demo=False))
    with pytest.raises(Misconfigured, match="POST /desk/new has no line"):
        door.act("/desk/new", "do something new")
    with pytest.raises(Misconfigured, match="GET /desk/new has no line"):
        door.page("/desk/new")
    with pytest.raises(Misconfigured, match="not open to anybody"):
        door.open_act("/desk/people")
    with pytest.raises(Misconfigured):
        permission_of("DELETE /desk")


def test_each_role_may_what_the_issue_says_and_no_more() -> None:
    words = {role: {each.name for each in GRANTS[role]} for role in DeskRole}
    assert words == {
        DeskRole.VIEWER: {"LOOK"},
        DeskRole.AUTHOR: {"LOOK", "WRITE", "STOP"},
        DeskRole.EDITOR: {"LOOK", "WRITE", "STOP", "APPROVE", "AUDIT"},
        DeskRole.SENDER: {"LOOK", "WRITE", "STOP", "APPROVE", "AUDIT", "RELEASE"},
        DeskRole.OPERATOR: {"LOOK", "STOP", "GO", "RELEASE", "AUDIT", "PEOPLE"},
    }
    assert not may((), Permission.LOOK)
    assert may((), Permission.ANYBODY)
    assert may((DeskRole.VIEWER, DeskRole.OPERATOR), Permission.GO)


@pytest.mark.parametrize("role", DeskRole)
async def test_every_route_refuses_exactly_the_roles_that_may_not(
    desk: Desk, role: DeskRole
) -> None:
    async with desk.client(role) as client:
        before = desk.site.dump()
        for route, permission in ROUTES.items():
            if permission == ANYBODY or route == "POST /desk/sign-out":
                continue
            method, path = route.split(" ")
            for part, value in PATHS.items():
                path = path.replace(part, value)
            answer = await client.request(method, path)
            allowed = permission in GRANTS[role]
            assert (REFUSED not in answer.text) == allowed, (route, role)
            if not allowed:
                assert answer.status_code == 403
            elif method == "GET":
                assert answer.status_code in (200, 404), (route, answer.status_code)
            else:
                assert answer.status_code == 403, "without the seal of a page it must not act"
                assert "Nothing was changed" in answer.text
        assert desk.site.dump() == before


async def test_who_is_not_signed_in_is_sent_to_sign_in_and_changes_nothing(desk: Desk) -> None:
    before = desk.site.dump()
    async with desk.site.client(cookies={"desk": "made up"}) as client:
        for route, permission in ROUTES.items():
            method, path = route.split(" ")
            for part, value in PATHS.items():
                path = path.replace(part, value)
            if permission != ANYBODY:
                answer = await client.request(method, path)
                if method == "GET":
                    assert answer.status_code == 303
                    assert answer.headers["location"] == "/desk/sign-in"
                else:
                    assert answer.status_code == 403, route
    assert desk.site.dump() == before


async def test_every_act_leaves_exactly_one_entry_with_before_and_after(desk: Desk) -> None:
    async with desk.client(*DeskRole) as client, desk.site.client() as nobody:
        with desk.site.taken_back() as take_back:
            for route, sample in ACTS.items():
                open_to_all = ROUTES[route] is Permission.ANYBODY
                path, fields = sample(desk)
                before = desk.log()
                answer = await press(
                    nobody if open_to_all else client,
                    path,
                    fields,
                    seal_from="/desk/sign-in" if open_to_all else "/desk",
                )
                assert answer.status_code in (200, 303), (route, answer.text)
                new = desk.log()[len(before) :]
                assert len(new) == 1, (route, new)
                by, logged, subject, was, becomes = new[0]
                assert logged == route
                assert by.endswith("@desk.example"), route
                assert subject, route
                assert ((was or becomes) and was != becomes) or open_to_all, route
                take_back()


@pytest.mark.parametrize("route", LOOKS)
async def test_a_form_that_is_only_looked_at_needs_its_seal_and_changes_nothing(
    desk: Desk, route: str
) -> None:
    path = route.removeprefix("POST ")
    async with desk.client(*DeskRole) as client:
        seal = seal_in(await client.get("/desk"))
        before = desk.site.dump()
        assert (await client.post(path, data=dict(LOOKS[route]))).status_code == 403
        answer = await client.post(path, data={**LOOKS[route], "seal": seal})
        assert answer.status_code == 200
        assert desk.site.dump() == before


async def test_an_act_without_the_seal_of_this_very_session_does_nothing(desk: Desk) -> None:
    async with (
        desk.client(*DeskRole) as client,
        desk.client(*DeskRole, email="other@desk.example") as other,
    ):
        theirs, own = seal_in(await other.get("/desk")), seal_in(await client.get("/desk"))
        elsewhere = {"sec-fetch-site": "cross-site"}
        with desk.site.taken_back() as take_back:
            for route in ACTS:
                if ROUTES[route] == ANYBODY:
                    continue
                path, fields = ACTS[route](desk)
                before = desk.site.dump()
                for seal in ("", "made-up", theirs):
                    answer = await client.post(path, data={**fields, "seal": seal})
                    assert answer.status_code == 403, route
                answer = await client.post(path, data={**fields, "seal": own}, headers=elsewhere)
                assert answer.status_code == 403, route
                assert desk.site.dump() == before, route
                take_back()


async def test_a_failed_act_keeps_neither_change_nor_entry(desk: Desk) -> None:
    async with desk.client(DeskRole.OPERATOR) as client:
        before = desk.site.dump()
        answer = await press(client, "/desk/people", {"email": "a@b.example", "role": "king"})
        assert answer.status_code == 422
        assert "no role" in answer.text
        assert 'aria-describedby="role-told"' in answer.text
        fields = {"email": "a@b", "role": "author", "name": "Ann"}
        answer = await press(client, "/desk/people", fields)
        assert answer.status_code == 422
        assert re.search(r'value="a@b"[^>]*aria-invalid="true"', answer.text)
        assert "The address cannot be used" in answer.text
        fields = {"email": "a@b.example", "role": "author", "name": "x" * 81}
        answer = await press(client, "/desk/people", fields)
        assert re.search(r'value="x{81}"[^>]*aria-invalid="true"', answer.text)
        operator = desk.site.row("SELECT id FROM desk_user")[0]
        answer = await press(client, f"/desk/people/{operator}/remove")
        assert answer.status_code == 409
        assert "only operator" in answer.text
        assert (await press(client, "/desk/people/77/remove")).status_code == 404
        assert desk.site.dump() == before


async def test_looking_at_every_page_writes_nothing(desk: Desk) -> None:
    async with desk.client(*DeskRole) as client:
        desk.add("link@desk.example", DeskRole.AUTHOR)
        link = desk.link("link@desk.example")
        before = state(desk.site)
        for route in ROUTES:
            method, path = route.split(" ")
            if method == "GET":
                path = path.replace("/desk/sign-in/{token}", link)
                for part, value in PATHS.items():
                    path = path.replace(part, value)
                for asked in ("GET", "HEAD"):
                    answer = await client.request(asked, path)
                    assert answer.status_code in (200, 404), route
                    assert answer.headers["cache-control"] == "no-store"
        assert state(desk.site) == before


async def test_a_locked_database_is_told_and_nothing_happened(desk: Desk) -> None:
    async with desk.client(DeskRole.OPERATOR) as client:
        seal = seal_in(await client.get("/desk"))
        before = desk.site.dump()
        with desk.site.locked():
            answer = await client.post("/desk/stop", data={"seal": seal})
        assert answer.status_code == 503
        assert desk.site.dump() == before


async def test_every_page_of_the_desk_forbids_scripts_that_stand_in_it(desk: Desk) -> None:
    async with desk.client(
        *DeskRole, email="x+<script>@desk.example"[:0] or "x@desk.example"
    ) as client:
        for route in ROUTES:
            method, path = route.split(" ")
            if method == "GET" and "{" not in path:
                answer = await client.get(path)
                policy = answer.headers["content-security-policy"]
                assert "default-src 'none'" in policy
                assert "unsafe" not in policy
                assert "style=" not in answer.text
                assert "<script>" not in answer.text
