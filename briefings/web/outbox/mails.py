"""Reads the mails of a Maildir for the viewer; it never writes, moves or follows a link out of it.

Mails are named by a hash of their file name, so that no file name ever stands in an address.
Whatever a file holds, reading it ends in a mail or in a sentence.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from email import policy
from email.message import EmailMessage
from email.parser import BytesParser
from hashlib import sha256
from pathlib import Path

LISTED = 500
"""Mails on the list; opening that many costs some 0.3 s."""
_FOLDERS = ("new", "cur")
_LARGEST = 2 * 1024 * 1024
_HEAD = 64 * 1024
_KEY = re.compile(r"[0-9a-f]{20}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Listed:
    """A mail as the list shows it; `size` in bytes, `when` in UTC (Date header, else the file)."""

    key: str
    to: str
    subject: str
    when: datetime
    size: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Opened:
    """A mail taken apart. `html` and `text` are empty where it has no such part."""

    listed: Listed
    headers: tuple[tuple[str, str], ...]
    html: str
    text: str
    raw: str
    cut: bool


class Maildir:
    """The mails of a folder with new/ and cur/."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def newest(self) -> tuple[list[Listed], int]:
        """Give the newest mails, and how many there are in all."""
        found = sorted(self._files(), key=lambda path: path.name)
        dated = sorted(((_changed(path), path) for path in found), reverse=True)
        listed = [_listed(path) for _, path in dated[:LISTED]]
        listed.sort(key=lambda mail: mail.when, reverse=True)
        return listed, len(found)

    def get(self, key: str) -> Opened | None:
        """Give one mail, or None."""
        if not _KEY.fullmatch(key):
            return None
        path = next((path for path in self._files() if _key(path) == key), None)
        if path is None:
            return None
        with path.open("rb") as file:
            data = file.read(_LARGEST + 1)
        return _opened(path, data[:_LARGEST], cut=len(data) > _LARGEST)

    def _files(self) -> Iterator[Path]:
        for name in _FOLDERS:
            folder = self.folder / name
            if folder.is_dir():
                for path in folder.iterdir():
                    if path.is_file() and not path.is_symlink() and not path.name.startswith("."):
                        yield path


def _key(path: Path) -> str:
    # Flags stand behind ":2,": a mail keeps its address when it is read elsewhere.
    name = path.name.partition(":2,")[0]
    return sha256(name.encode("utf-8", "surrogateescape")).hexdigest()[:20]


def _changed(path: Path) -> float:
    try:
        return path.stat().st_mtime
    except OSError:
        return 0.0


def _listed(path: Path) -> Listed:
    with path.open("rb") as file:
        head = file.read(_HEAD).replace(b"\r\n", b"\n").partition(b"\n\n")[0]
    message = BytesParser(policy=policy.compat32).parsebytes(head + b"\n\n", headersonly=True)
    return _summary(path, dict(_headers(message.items())))


def _opened(path: Path, data: bytes, *, cut: bool) -> Opened:
    message = BytesParser(_class=EmailMessage, policy=policy.default).parsebytes(data)
    headers = _headers(message.raw_items())
    return Opened(
        listed=_summary(path, dict(headers)),
        headers=headers,
        html=_part(message, "html"),
        text=_part(message, "plain"),
        raw=data.decode("utf-8", "replace"),
        cut=cut,
    )


def _summary(path: Path, headers: dict[str, str]) -> Listed:
    by_name = {name.lower(): value for name, value in headers.items()}
    changed = datetime.fromtimestamp(_changed(path), UTC)
    return Listed(
        key=_key(path),
        to=by_name.get("to", ""),
        subject=by_name.get("subject", "") or "(no subject)",
        when=_date(by_name.get("date", "")) or changed,
        size=path.stat().st_size,
    )


def _date(value: str) -> datetime | None:
    from email.utils import parsedate_to_datetime

    try:
        found = parsedate_to_datetime(value)
        return (found if found.tzinfo else found.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def _headers(items: Iterable[tuple[str, object]]) -> tuple[tuple[str, str], ...]:
    from email.header import decode_header, make_header

    found: list[tuple[str, str]] = []
    for name, value in items:
        raw = " ".join(str(value).split())
        try:
            text = str(make_header(decode_header(raw)))
        except (LookupError, ValueError):
            text = raw
        found.append((str(name), text.encode("utf-8", "replace").decode()))
    return tuple(found)


def _part(message: EmailMessage, kind: str) -> str:
    """The first part of a kind that is no attachment, read as leniently as browsers do."""
    for part in message.walk():
        if part.get_content_type() == f"text/{kind}" and not part.is_attachment():
            payload = part.get_payload(decode=True)
            if isinstance(payload, bytes):
                return _decoded(payload, part.get_content_charset("utf-8"))
    return ""


def _decoded(payload: bytes, charset: str) -> str:
    try:
        return payload.decode(charset, "replace")
    except LookupError:
        return payload.decode("utf-8", "replace")
