"""The mail as the wire needs it, and the bytes of its envelope; it never opens a connection."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import NamedTuple

from briefings.errors import UnsafeValue
from briefings.model.reply import Reply, Stage, read_reply

_UNSAFE = re.compile(r"[\x00-\x20\x7f<>\u0080-\u009f\u2028\u2029]")
_ADDRESS_LIMIT = 320


class Outgoing(NamedTuple):
    """One finished mail for one reader; a named tuple, as one is made per mail.

    `content` is the complete message: lines end with CRLF, the last one too, and no line begins
    with a dot (the blocks are encoded that way), so DATA appends `.CRLF` and nothing is stuffed.
    The type does not check that, a pass over 46 KB would cost more than the splicing;
    `check_content` does, in tests and before a letter.
    """

    delivery_id: int
    """The delivery's row: an opaque key in logs and outcomes."""
    sender: str
    """Envelope sender; empty for a mail that must not bounce."""
    recipient: str
    content: bytes
    needs_utf8: bool = False
    """The recipient's local part or a header is not ASCII: needs SMTPUTF8 (RFC 6531)."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Extensions:
    """What the server offered in its EHLO reply, as far as a lane uses it."""

    pipelining: bool = False
    chunking: bool = False
    smtputf8: bool = False
    eightbit: bool = False
    dsn: bool = False
    size: bool = False
    size_limit: int = 0
    """Bytes; 0 when the server names none (RFC 1870 section 4)."""


def check_content(content: bytes) -> None:
    """Raise ValueError unless the bytes keep the contract of `Outgoing.content`."""
    if not content.endswith(b"\r\n"):
        raise ValueError("the message does not end with CRLF")
    if content.startswith(b".") or b"\n." in content:
        raise ValueError("a line begins with a dot; encode it as =2E")
    if content.count(b"\r\n") != content.count(b"\n") or content.count(b"\r") != content.count(
        b"\n"
    ):
        raise ValueError("a line ends with a lone CR or LF")


def envelope(mail: Outgoing, offered: Extensions) -> tuple[bytes, bytes] | Reply:
    """Return the MAIL and the RCPT line of a mail, or our own refusal in the server's place.

    Lines end with CRLF (RFC 5321 section 4.1.1). Refused is what the server says it cannot take
    (SIZE, SMTPUTF8), and an address that cannot go on the wire: one bad row stops no other.
    """
    size, limit = len(mail.content), offered.size_limit
    if limit and size > limit:
        text = f"5.3.4 not sent: {size} bytes, the mail server takes at most {limit}"
        return read_reply(552, text, Stage.RCPT)
    if mail.needs_utf8 and not offered.smtputf8:
        text = "5.6.7 not sent: the address needs SMTPUTF8, which the mail server lacks"
        return read_reply(553, text, Stage.RCPT)
    try:
        return envelope_lines(mail, offered)
    except UnsafeValue as trouble:
        return read_reply(553, f"5.1.3 not sent: {trouble}", Stage.RCPT)


def envelope_lines(mail: Outgoing, offered: Extensions) -> tuple[bytes, bytes]:
    """Return the MAIL and the RCPT line with the parameters that the server understands.

    Raises UnsafeValue for an address that would break out of its line, is empty, too long, or is
    not ASCII in a mail that does not ask for SMTPUTF8.
    """
    sender, recipient = mail.sender, mail.recipient
    if not recipient or len(recipient) > _ADDRESS_LIMIT or _UNSAFE.search(recipient):
        raise UnsafeValue(f"The recipient's address {recipient[:80]!r} cannot go on the wire")
    if len(sender) > _ADDRESS_LIMIT or _UNSAFE.search(sender):
        raise UnsafeValue(f"The envelope sender {sender[:80]!r} cannot go on the wire")
    options = ""
    if offered.size:
        options = f" SIZE={len(mail.content)}"
    if offered.dsn:
        options += " RET=HDRS"  # a bounce needs the headers, not 46 KB (RFC 3461 section 4.3)
    if mail.needs_utf8:
        options += " BODY=8BITMIME SMTPUTF8" if offered.eightbit else " SMTPUTF8"
    coding = "utf-8" if mail.needs_utf8 else "ascii"
    try:
        return (
            f"MAIL FROM:<{sender}>{options}\r\n".encode(coding),
            f"RCPT TO:<{recipient}>\r\n".encode(coding),
        )
    except UnicodeEncodeError as trouble:
        raise UnsafeValue(
            f"The address in {trouble.object[:100]!r} is not ASCII and the mail does not say so"
        ) from None
