"""The header block of a letter; never of a briefing, which names its list and the way out."""

from __future__ import annotations

from datetime import datetime
from email.utils import format_datetime

from briefings.deliver.message import CRLF, Postmark, mailbox
from briefings.slots import address_header, encode_header_text, header_value


def letter_headers(
    postmark: Postmark, *, to: str, subject: str, date: datetime, message_id: str
) -> bytes:
    """Return the header lines of one letter, ending on a line break; nothing is left open.

    `to` is a bare address: nobody's name is known before they confirmed. Auto-Submitted keeps
    other machines from answering (RFC 3834). Raises UnsafeValue for what would break a header.
    """
    lines = [
        b"From: " + mailbox(postmark.sender).encode("utf-8"),
        b"To: " + address_header("", to).encode("utf-8"),
        *([b"Reply-To: " + mailbox(postmark.reply_to).encode()] if postmark.reply_to else []),
        b"Subject: " + encode_header_text(subject, 9).encode("ascii"),
        b"Date: " + format_datetime(date).encode("ascii"),
        b"Message-ID: <" + header_value(message_id).encode("ascii") + b">",
        b"Auto-Submitted: auto-generated",
        b"MIME-Version: 1.0",
    ]
    return CRLF.join(lines) + CRLF
