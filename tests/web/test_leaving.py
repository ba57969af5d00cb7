"""Leaving: no GET does it, every POST of RFC 8058 does it at once, once, and on the disk."""

from __future__ import annotations

import pytest

from tests.web.conftest import Installation

FORM = {"content-type": "application/x-www-form-urlencoded"}
MULTIPART = (
    b'--x\r\nContent-Disposition: form-data; name="List-Unsubscribe"\r\n\r\nOne-Click\r\n--x--\r\n'
)


async def test_looking_at_the_page_changes_nothing_and_shows_one_button(
    installed: Installation,
) -> None:
    before = installed.dump()
    async with installed.client() as client:
        page = await client.get(installed.links("ada@example.org")["unsubscribe"])
        await client.head(installed.links("ada@example.org")["unsubscribe"])
    assert page.status_code == 200
    assert page.text.count("<button") == 1
    assert "Leave these briefings</button>" in page.text
    assert "No more mail about MLOps Engineer." in page.text
    assert installed.dump() == before


@pytest.mark.parametrize(
    ("headers", "body"),
    [
        (FORM, b"List-Unsubscribe=One-Click"),
        ({"content-type": "multipart/form-data; boundary=x"}, MULTIPART),
        ({"content-type": "multipart/form-data"}, MULTIPART),
        ({}, b""),
        ({"content-type": "application/json"}, b"{nonsense"),
        (FORM, b"\xff\xfe%zz&&&="),
    ],
    ids=["form", "multipart", "multipart without boundary", "no body", "json", "broken form"],
)
async def test_one_click_leaves_at_once_whatever_the_body(
    installed: Installation, headers: dict[str, str], body: bytes
) -> None:
    async with installed.client() as client:
        link = installed.links("ada@example.org")["unsubscribe"]
        answer = await client.post(link, content=body, headers=headers)
    assert answer.status_code == 200
    assert "You are out." in answer.text
    assert "set-cookie" not in answer.headers
    assert installed.standing("ada@example.org") == (["mlops-engineer"], True)
    assert installed.standing("bo@example.org")[1] is False
    assert [line[1] for line in installed.left_log()] == ["left"]
