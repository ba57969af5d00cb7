"""A mail's bytes: header block and MIME structure around encoded blocks; never what the blocks say.

The header lines are written here and not by `email.policy`, because `policy.SMTP` turns a long
List-Unsubscribe into an encoded word, which breaks one-click unsubscribing (RFC 8058). Folding
happens between URIs only. Sources: RFC 5322, 2045, 2046, 2047, 2369, 2919, 3834, 8058.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from email.utils import format_datetime, parseaddr

from briefings.errors import WrongSetting
from briefings.model.address import mailed_as
from briefings.slots import Sheet, address_header, encode_header_text, header_value, slot

CRLF = b"\r\n"


@dataclass(frozen=True, slots=True, kw_only=True)
class Postmark:
    """What all mails of an installation share. `sender` and `reply_to` are RFC 5322 mailboxes."""

    sender: str
    reply_to: str
    base_url: str
    unsubscribe_mailbox: str | None = None
    brand: str = "Briefings"

    @property
    def sender_address(self) -> str:
        """The bare address for MAIL FROM.

        Raises:
            WrongSetting: the setting holds no address, or one that cannot be mailed.
        """
        address = parseaddr(self.sender)[1]
        if "@" not in address:
            raise WrongSetting(f"BRIEFINGS_SENDER: no address in {self.sender!r}")
        return on_the_wire(address)

    @property
    def domain(self) -> str:
        """The domain of the sender, in ASCII; message and list identifiers end with it."""
        return self.sender_address.rpartition("@")[2]


@dataclass(frozen=True, slots=True, kw_only=True)
class Cover:
    """What all mails of one briefing share: subject, the list it belongs to and its issue."""

    subject: str
    issue: str
    specialization: str
    specialization_name: str


def mailbox(setting: str) -> str:
    """Write a `Name <address>` setting as a header value, encoded where it must be."""
    name, address = parseaddr(setting)
    return address_header(name, on_the_wire(address))


def on_the_wire(address: str) -> str:
    """Write an address of ours as it is mailed, its domain by IDNA 2008.

    Raises:
        WrongSetting: nobody can mail to it.
    """
    if address.isascii():
        return address
    try:
        return mailed_as(address)
    except ValueError as wrong:
        raise WrongSetting(f"{address!r} cannot be mailed: {wrong}") from None


def header_block(postmark: Postmark, cover: Cover) -> bytes:
    """Return the header lines of a briefing with slots left open, ending on a line break.

    Slots: raw `to`, `date`, `message_id` and `one_click`. List-Unsubscribe offers the https way
    always and the mailed way only where an inbound mailbox is configured (RFC 2369, 8058), with
    the raw slot `leave_token`; inbound/unsubscribes.py reads what comes back.
    """
    unsubscribe = b"<" + slot("raw", "one_click") + b">"
    if postmark.unsubscribe_mailbox:
        address = header_value(postmark.unsubscribe_mailbox)
        # The token says who leaves; the subject is one that a person would understand.
        unsubscribe += b",\r\n <mailto:" + address.encode("ascii") + b"?subject=unsubscribe%20"
        unsubscribe += slot("raw", "leave_token") + b">"
    host = postmark.domain
    lines = [
        b"From: " + mailbox(postmark.sender).encode("utf-8"),
        b"To: " + slot("raw", "to"),
        *([b"Reply-To: " + mailbox(postmark.reply_to).encode()] if postmark.reply_to else []),
        b"Subject: " + encode_header_text(cover.subject).encode("ascii"),
        b"Date: " + slot("raw", "date"),
        b"Message-ID: <" + slot("raw", "message_id") + b">",
        b"List-Id: "
        + encode_header_text(f"{postmark.brand} for {cover.specialization_name}").encode("ascii")
        + f"\r\n <{cover.specialization}.{host}>".encode("ascii"),
        b"List-Unsubscribe: " + unsubscribe,
        b"List-Unsubscribe-Post: List-Unsubscribe=One-Click",
        f"Feedback-ID: {cover.issue}:{cover.specialization}:briefing:{host}".encode("ascii"),
        b"Auto-Submitted: auto-generated",
        b"MIME-Version: 1.0",
    ]
    return CRLF.join(lines) + CRLF


def boundary_of(parts: Sequence[bytes]) -> bytes:
    """Make a boundary out of the content; `=_` cannot occur in quoted-printable (RFC 2045 6.7)."""
    digest = hashlib.sha256()
    for part in parts:
        digest.update(part)
    return b"=_" + digest.hexdigest()[:24].encode("ascii")


def compose(headers: bytes, text: Sequence[bytes], html: Sequence[bytes]) -> Sheet:
    """Lay headers and encoded blocks out as multipart/alternative, text first, slots still open.

    Every block ends on CRLF, has lines of at most 76 bytes, and none begins with a dot, so the
    sheet's bytes serve DATA (RFC 5321, nothing to stuff), BDAT (RFC 3030) and a Maildir alike.
    """
    mark = boundary_of([*text, *html])
    part = b"Content-Type: text/%s; charset=utf-8\r\nContent-Transfer-Encoding: quoted-printable"
    opening = (
        headers + b'Content-Type: multipart/alternative; boundary="' + mark + b'"\r\n\r\n--' + mark
    )
    return Sheet.of(
        [
            opening + CRLF + part % b"plain" + CRLF + CRLF,
            *text,
            b"\r\n--" + mark + CRLF + part % b"html" + CRLF + CRLF,
            *html,
            b"\r\n--" + mark + b"--\r\n",
        ]
    )


def message_id(issue: str, delivery_id: int, instance: str, domain: str) -> str:
    """The Message-ID without its angle brackets: stable per delivery, so a repeat can be seen."""
    return f"{issue}.{delivery_id}.{instance[:8]}@{domain}"


def raw_values(*, to: str, date: datetime, message_id: str, one_click: str) -> dict[str, bytes]:
    """The values of the header slots of one mail; `to` is a header mailbox (`address_header`).

    Raises:
        UnsafeValue: a value would end or garble its header.
    """
    values = {
        "to": to,
        "message_id": message_id,
        "one_click": one_click,
        "leave_token": one_click.rpartition("/")[2],
    }
    known = {f"raw:{name}": value.encode("utf-8") for name, value in values.items()}
    known["raw:date"] = format_datetime(date).encode("ascii")
    return known
