"""What lies in the outbox of a small installation: letters, with the links in them."""

from __future__ import annotations

import asyncio
import re
from email import message_from_bytes, policy

import httpx

from briefings.pipeline.send import send_due
from tests.web.conftest import BASE, Installation


async def letters(site: Installation) -> list[tuple[str, str]]:
    """Send what is due; every letter of the outbox, oldest first, as (address, link's path)."""
    await asyncio.to_thread(send_due, site.app.chain, site.app.settings, None)
    files = (site.folder / "outbox" / "new").glob("-*")
    found = []
    for file in sorted(files, key=lambda path: -int(path.name.partition(".")[0])):
        mail = message_from_bytes(file.read_bytes(), policy=policy.default)
        text = mail.get_body(("plain",)).get_content()
        links = re.findall(rf"{BASE}(/\w+/[\w-]{{44}})", text)
        found.append((str(mail["to"]), links[0] if links else ""))
    return found


def hidden_in(page: httpx.Response) -> dict[str, str]:
    """The hidden fields of a page's forms, the last of each name."""
    return dict(re.findall(r'type="hidden" name="(\w+)" value="([^"]*)"', page.text))
