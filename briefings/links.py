"""Signs and reads the tokens of personal links and builds their addresses; never looks a reader up.

A token says whose it is, what it allows and with which mail it came, so that a link needs no row
in the database (P8, R13). It is 44 characters of URL-safe base64 over 33 bytes:

    reader 5 | delivery 6 | issued 5 | first 16 of HMAC-SHA256 | code of the purpose 1

33 bytes fill 44 characters to the last bit, so a token has one spelling only; and as the last
byte is small the last character is a letter, which no mail program leaves off a link in plain text.
"""

from __future__ import annotations

import re
from base64 import urlsafe_b64decode
from binascii import b2a_base64
from dataclasses import dataclass
from enum import StrEnum
from hashlib import sha256
from hmac import compare_digest, digest
from typing import TYPE_CHECKING

from briefings.errors import Misconfigured, Refused, UnsafeValue, WrongSetting

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence


class Purpose(StrEnum):
    """What a token allows; for anything else it is worth nothing."""

    UNSUBSCRIBE = "unsubscribe"
    PREFERENCES = "preferences"
    VIEW = "view"
    PLAN = "plan"
    FEEDBACK = "feedback"
    CONFIRM = "confirm"
    SIGNIN = "signin"
    EXPORT = "export"
    ERASE = "erase"
    ADDRESS = "address"
    TIER = "tier"
    DESK = "desk"
    CALENDAR = "calendar"
    FEED = "feed"


_DAY = 86_400
LIFETIMES: dict[Purpose, int] = {
    Purpose.CONFIRM: 7 * _DAY,
    Purpose.SIGNIN: _DAY,
    Purpose.EXPORT: _DAY,
    Purpose.ERASE: _DAY,
    Purpose.ADDRESS: _DAY,
    Purpose.TIER: _DAY,
    Purpose.DESK: 10 * 60,
}
"""Seconds for which a token is good; those of a mail itself, unsubscribe first, never expire.

A sign-in letter comes once a day to an address, so its link lasts until the next one may come; it
opens no more than the settings link of any mail does.
"""

SHORTEST_SECRET = 32
"""Bytes that a secret key needs at least."""

_CODES = {
    Purpose.UNSUBSCRIBE: b"\x01",
    Purpose.PREFERENCES: b"\x02",
    Purpose.VIEW: b"\x03",
    Purpose.PLAN: b"\x04",
    Purpose.FEEDBACK: b"\x05",
    Purpose.CONFIRM: b"\x06",
    Purpose.SIGNIN: b"\x07",
    Purpose.EXPORT: b"\x08",
    Purpose.ERASE: b"\x09",
    Purpose.ADDRESS: b"\x0a",
    Purpose.TIER: b"\x0b",
    Purpose.DESK: b"\x0c",
    Purpose.CALENDAR: b"\x0d",
    Purpose.FEED: b"\x0e",
}
"""Part of every token ever mailed: never change or reuse one, and stay below 62 (3e)."""

_FORM = re.compile(r"[A-Za-z0-9_-]{44}")
_SIGNED = 16
_READER_BITS, _DELIVERY_BITS, _ISSUED_BITS = 40, 48, 40
_IPAD = bytes(each ^ 0x36 for each in range(256))
_URL_SAFE = bytes.maketrans(b"+/", b"-_")
_OPAD = bytes(each ^ 0x5C for each in range(256))


class BadToken(Refused):
    """The link is cut off, altered, or made for something else; its message can stand on a page."""


class ExpiredToken(BadToken):
    """The link was good once; the page can offer to mail a new one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Token:
    """What a link said, after its signature held."""

    reader_id: int
    delivery_id: int
    """0 when the link came with no delivery, as in a letter.

    In the address of a calendar or a feed: how often the reader made those anew.
    """
    issued: int
    """Seconds since 1970 UTC; 0 when nobody asks for the age."""


class Signer:
    """Signs with the first of its secrets and accepts all of them, so that keys can change.

    Every purpose has its own key, HMAC-SHA256(secret, purpose). Raises WrongSetting, without
    showing it, for a secret shorter than 32 bytes.
    """

    def __init__(self, secrets: Sequence[bytes]) -> None:
        if not secrets or any(len(secret) < SHORTEST_SECRET for secret in secrets):
            raise WrongSetting(
                f"SECRET_KEY needs {SHORTEST_SECRET} characters or more in each of its keys, the "
                "new one first: write NEW, or NEW,OLD while links signed with OLD are about."
            )
        self._keys = {
            purpose: [_Key(digest(secret, purpose.encode(), "sha256")) for secret in secrets]
            for purpose in Purpose
        }
        # One lookup per token: hashing a member of an enum costs a call into Python.
        self._signing = {
            purpose: (self._keys[purpose][0], _CODES[purpose], purpose in LIFETIMES)
            for purpose in Purpose
        }

    @classmethod
    def from_setting(cls, setting: str) -> Signer:
        """Read `NEW` or `NEW,OLD`, the form of SECRET_KEY and of the file that may hold it."""
        return cls([secret.strip().encode() for secret in setting.split(",")])

    def sign(self, purpose: Purpose, reader_id: int, delivery_id: int = 0, issued: int = 0) -> str:
        """A token of 44 characters; letters, digits, `-` and `_`, the last one a letter.

        `issued` is in seconds since 1970 UTC. Raises UnsafeValue for a number that does not fit,
        and Misconfigured when a token that expires is not told when it was issued.
        """
        if reader_id >> _READER_BITS or delivery_id >> _DELIVERY_BITS or issued >> _ISSUED_BITS:
            raise UnsafeValue(
                f"No token can hold reader {reader_id}, delivery {delivery_id}, issued {issued}."
            )
        key, code, expires = self._signing[purpose]
        if expires and not issued:
            raise Misconfigured(f"A token to {purpose} expires: say when it is issued.")
        content = (reader_id << 88 | delivery_id << 40 | issued).to_bytes(_SIGNED)
        return _spelled(content, key, code).decode()

    def signing(self, purposes: Sequence[Purpose]) -> Callable[[int, int], tuple[bytes, ...]]:
        """Make a function that signs for several purposes at once, for a reader and a delivery.

        Its tokens are those of `sign` as ASCII bytes, in the order of the purposes; a mail has
        several, and what they share is done once. Raises as `sign` does.
        """
        if any(purpose in LIFETIMES for purpose in purposes):
            raise Misconfigured("A token that expires needs to know when it is issued.")
        keys = [(self._keys[each][0], _CODES[each]) for each in purposes]

        def signed(reader_id: int, delivery_id: int) -> tuple[bytes, ...]:
            if reader_id >> _READER_BITS or delivery_id >> _DELIVERY_BITS:
                raise UnsafeValue(f"No token can hold reader {reader_id}, delivery {delivery_id}.")
            content = (reader_id << 88 | delivery_id << 40).to_bytes(_SIGNED)
            return tuple([_spelled(content, key, code) for key, code in keys])

        return signed

    def read(self, purpose: Purpose, token: str, now: int | None = None) -> Token:
        """What a token says, once its signature holds for this purpose under any of the secrets.

        `now` is in seconds since 1970 UTC; who reads a token that expires without it gets
        Misconfigured. Raises BadToken, or ExpiredToken, with a sentence for the reader.
        """
        if not _FORM.fullmatch(token):
            raise BadToken(
                "This link is not complete. Copy it from the mail again, up to its very end."
            )
        raw = urlsafe_b64decode(token)
        content, signature, code = raw[:_SIGNED], raw[_SIGNED:-1], raw[-1:]
        if code != _CODES[purpose]:
            raise BadToken("This link was made for another page. Open it as it stands in the mail.")
        if not any(compare_digest(key.sign(content), signature) for key in self._keys[purpose]):
            raise BadToken("This link is not one of ours, or it was changed on its way to you.")
        number = int.from_bytes(content)
        found = Token(
            reader_id=number >> 88,
            delivery_id=number >> 40 & (1 << _DELIVERY_BITS) - 1,
            issued=number & (1 << _ISSUED_BITS) - 1,
        )
        _check_age(purpose, found.issued, now)
        return found


class _Key:
    """One HMAC-SHA256 key with both of its pads hashed ahead, which halves the time per token."""

    def __init__(self, key: bytes) -> None:
        block = key.ljust(64, b"\0")
        self._inner = sha256(block.translate(_IPAD))
        self._outer = sha256(block.translate(_OPAD))

    def sign(self, content: bytes) -> bytes:
        inner = self._inner.copy()
        inner.update(content)
        outer = self._outer.copy()
        outer.update(inner.digest())
        return outer.digest()[:_SIGNED]


def _spelled(content: bytes, key: _Key, code: bytes) -> bytes:
    """A token in URL-safe base64."""
    raw = content + key.sign(content) + code
    return b2a_base64(raw, newline=False).translate(_URL_SAFE)


def one_click_url(base: str, token: str) -> str:
    """Where List-Unsubscribe points: POST leaves at once (RFC 8058), GET shows a button."""
    return _url(base, "unsubscribe", token)


def preferences_url(base: str, token: str) -> str:
    """The reader's own settings."""
    return _url(base, "preferences", token)


def view_url(base: str, token: str) -> str:
    """The web view of one mail."""
    return _url(base, "view", token)


def feedback_url(base: str, token: str) -> str:
    """What a reader says about one mail; `/yes`, `/no` or an item's number follow."""
    return _url(base, "feedback", token)


def plan_url(base: str, token: str) -> str:
    """The reader's 12-week plan."""
    return _url(base, "plan", token)


def item_url(base: str, item_id: int) -> str:
    """The public page of one item, the same for everybody."""
    return _url(base, "items", str(item_id))


def page_url(base: str, page: str, token: str) -> str:
    """The page that a letter leads to, such as `confirm`, under one token."""
    return _url(base, page, token)


def _url(base: str, page: str, last: str) -> str:
    return f"{base.rstrip('/')}/{page}/{last}"


def _check_age(purpose: Purpose, issued: int, now: int | None) -> None:
    lifetime = LIFETIMES.get(purpose)
    if lifetime is None:
        return
    if now is None:
        raise Misconfigured(f"A token to {purpose} expires: say what time it is.")
    if now >= issued + lifetime:
        raise ExpiredToken("This link has expired. Ask for a new one; it comes by mail at once.")
