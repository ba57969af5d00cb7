"""Reads a mailed unsubscribe (RFC 2369) down to the tokens in it; it never says who has left.

Only the head of the mail counts. A body may quote a mail of ours with every link of its foot, and
whoever answers us has not left by that. Who the sender claims to be counts for nothing either.
"""

from __future__ import annotations

import re
from email import message_from_bytes, policy
from email.errors import HeaderParseError
from email.header import decode_header

LARGEST_HEAD = 64 * 1024
"""Bytes of a mail that are looked at; a head that is longer is nothing that a mail program made."""
MOST_TOKENS = 4
"""An address and a subject hold one each; many are somebody's trial."""

_TOKEN = re.compile(r"(?<![\w-])[\w-]{44}(?![\w-])", re.ASCII)
_ADDRESSED = ("delivered-to", "x-original-to", "to", "subject")
_END = re.compile(rb"\r?\n\r?\n")


def tokens_in(raw: bytes) -> tuple[str, ...]:
    """Give what may be tokens in the recipients and the subject of a mail, each once, in order.

    `raw` is the mail as a server hands it over; any bytes do. An answer that a machine gave by
    itself (RFC 3834) says nothing, and neither does a mail without a head.
    """
    head = _END.split(raw[:LARGEST_HEAD], maxsplit=1)[0] + b"\n\n"
    message = message_from_bytes(head, policy=policy.compat32)
    if str(message.get("auto-submitted", "")).strip().lower().startswith("auto-replied"):
        return ()
    values = [str(value) for name in _ADDRESSED for value in message.get_all(name, [])]
    found = [token for value in values for token in _TOKEN.findall(_in_words(value))]
    return tuple(dict.fromkeys(found))[:MOST_TOKENS]


def _in_words(value: str) -> str:
    """Undo encoded words (RFC 2047); what is none, or a broken one, stays as it is."""
    try:
        parts = decode_header(value)
    except (HeaderParseError, ValueError):
        return value
    return " ".join(
        part if isinstance(part, str) else part.decode("ascii", "replace") for part, _ in parts
    )
