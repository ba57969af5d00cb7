"""Single values of an import file, read strictly; every refusal says which column and why."""

from __future__ import annotations

import difflib
import re
import unicodedata
from datetime import date
from typing import TYPE_CHECKING, TypeVar
from urllib.parse import urlsplit

from briefings.weeks import FIRST_YEAR, LAST_YEAR

if TYPE_CHECKING:
    from collections.abc import Collection
    from enum import StrEnum

HEADLINE_LENGTH = 300
SUMMARY_LENGTH = 4_000
NAME_LENGTH = 120
URL_LENGTH = 2_000
LIST_LENGTH = 50
TAG_LENGTH = 60
SHOWN_LENGTH = 80
WHOLE_LENGTH = 18

# Controls (C0, C1, DEL) but tab and line ends, line and paragraph separators, byte-order mark,
# direction overrides, and what is left of bytes that are not in the file's encoding.
_CONTROL = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069\ufeff]"
)
_ESCAPED_BYTE = re.compile("[\udc80-\udcff]")
_LONE_SURROGATE = re.compile("[\ud800-\udfff]")
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_NOT_IN_URL = re.compile(r'[\s<>"{}|\\^`]')
_HOST_LABEL = re.compile(r"(?!-)[\w-]{1,63}(?<!-)")

_E = TypeVar("_E", bound="StrEnum")


class BadField(ValueError):  # noqa: N818 - the name of the thing in the error file
    """One value that cannot be taken; `reason` is a clause for the person who mends the file."""

    def __init__(self, column: str, reason: str, value: str = "") -> None:
        super().__init__(f"{column}: {reason}")
        self.column = column
        self.reason = reason
        self.value = value


def shown(value: str, length: int = SHOWN_LENGTH) -> str:
    """Write a value so that it fits a line and can do no harm on a terminal or in a sheet."""
    safe = "".join(
        letter if letter.isprintable() else letter.encode("unicode_escape").decode("ascii")
        for letter in value[: length + 1]
    )
    return safe if len(safe) <= length else safe[: length - 3] + "..."


def text(column: str, value: str, *, longest: int, required: bool = True) -> str:
    """Give the value as NFC text on one line; runs of white space, line ends too, become a space.

    Raises BadField for control characters, bytes of another encoding, too long or missing text.
    """
    foreign = _ESCAPED_BYTE.search(value)
    if foreign is not None:
        raise BadField(
            column,
            f"byte 0x{ord(foreign[0]) - 0xDC00:02X} does not fit the encoding of the file: "
            "save it as UTF-8, or name its encoding with --encoding",
            value,
        )
    control = _CONTROL.search(value) or _LONE_SURROGATE.search(value)
    if control is not None:
        raise BadField(column, f"holds the control character U+{ord(control[0]):04X}", value)
    if len(value) > 4 * longest:  # white space is folded below; do not fold a field of megabytes
        raise BadField(column, f"has {len(value):,} characters, at most {longest:,} fit", value)
    line = unicodedata.normalize("NFC", " ".join(value.split()))
    if len(line) > longest:
        raise BadField(column, f"has {len(line):,} characters, at most {longest:,} fit", value)
    if required and not line:
        raise BadField(column, "is empty")
    return line


def day(column: str, value: str) -> date:
    """Read a date as YYYY-MM-DD that exists; BadField otherwise."""
    line = text(column, value, longest=40)
    if not _DATE.fullmatch(line) or not line.isascii():
        raise BadField(column, "is not a date like 2026-08-21 (YYYY-MM-DD)", value)
    try:
        found = date.fromisoformat(line)
    except ValueError:
        raise BadField(column, "is a date that does not exist", value) from None
    if not FIRST_YEAR <= found.year <= LAST_YEAR:
        raise BadField(column, f"is outside the years {FIRST_YEAR} to {LAST_YEAR}", value)
    return found


def url(column: str, value: str) -> str:
    """Give an http or https address with a host and without credentials; BadField otherwise."""
    line = text(column, value, longest=URL_LENGTH)
    if _NOT_IN_URL.search(line):
        raise BadField(
            column, "has a space or a character that a URL writes with % (RFC 3986)", value
        )
    try:
        parts = urlsplit(line)
        host, port = parts.hostname or "", parts.port
    except ValueError:
        raise BadField(column, "is not a URL: its host or port is broken", value) from None
    if parts.scheme not in {"http", "https"}:
        raise BadField(column, "is not a URL that starts with https:// or http://", value)
    if parts.username is not None or parts.password is not None:
        raise BadField(column, "holds a user name or a password before the host", value)
    labels = host.removesuffix(".").split(".")
    named = len(labels) > 1 and all(_HOST_LABEL.fullmatch(label) for label in labels)
    if port == 0 or not (named or ":" in host):
        raise BadField(column, "has no host like github.com", value)
    return line


def whole(column: str, value: str, *, least: int = 0, most: int = 10**12) -> int:
    """Read a whole number in plain digits between two bounds, both inclusive."""
    line = text(column, value, longest=200)
    if not (line.isascii() and line.isdigit() and len(line) <= WHOLE_LENGTH):
        raise BadField(column, "is not a whole number in plain digits, like 170320", value)
    number = int(line)
    if not least <= number <= most:
        raise BadField(column, f"is not between {least:,} and {most:,}", value)
    return number


def year(column: str, value: str) -> int:
    """Read a year from 1900 on."""
    line = text(column, value, longest=40)
    if not re.fullmatch(r"[0-9]{4}", line):
        raise BadField(column, "is not a year like 2025", value)
    return whole(column, line, least=FIRST_YEAR, most=LAST_YEAR)


def yes_or_no(column: str, value: str) -> bool:
    """Read yes or no, also as true or false, 1 or 0."""
    line = text(column, value, longest=40).casefold()
    if line in {"yes", "y", "true", "1"}:
        return True
    if line in {"no", "n", "false", "0"}:
        return False
    raise BadField(column, "is neither yes nor no", value)


def choice(column: str, value: str, kinds: type[_E]) -> _E:
    """Read one of a closed list of words, in any case; BadField names the closest."""
    line = text(column, value, longest=200)
    try:
        return kinds(line.casefold())
    except ValueError:
        words = [kind.value for kind in kinds]
        reason = f"is not one of {', '.join(words)}{close(line.casefold(), words)}"
        raise BadField(column, reason, value) from None


def words(column: str, value: str) -> tuple[str, ...]:
    """Read a list separated by `;`; empty parts and repetitions are dropped, the order is kept."""
    parts = [part.strip() for part in text(column, value, longest=4_000, required=False).split(";")]
    found = tuple(dict.fromkeys(part for part in parts if part))
    if len(found) > LIST_LENGTH:
        raise BadField(column, f"lists {len(found)} things, at most {LIST_LENGTH} fit", value)
    long = next((part for part in found if len(part) > TAG_LENGTH), None)
    if long is not None:
        raise BadField(column, f"lists something longer than {TAG_LENGTH} characters", long)
    return found


def close(asked: str, known: Collection[str]) -> str:
    """Give "; did you mean X?" when known words look like the one asked for, else nothing."""
    folded = {word.casefold(): word for word in known}
    near = difflib.get_close_matches(asked[:100].casefold(), folded, n=2, cutoff=0.6)
    return f"; did you mean {' or '.join(folded[word] for word in near)}?" if near else ""
