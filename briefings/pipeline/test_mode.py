"""Test mode: every mail goes to the owner under a banner that names its reader; it counts as usual.

States would then say "accepted" of readers who got nothing, so a database is either one that mails
readers or one for tests, from its first mail on (docs/decisions/0061).
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from email import message_from_bytes, policy
from email.message import EmailMessage
from email.utils import parseaddr
from html import escape

from briefings.deliver.message import CRLF, compose
from briefings.deliver.sender import Rows
from briefings.deliver.wire import Outgoing
from briefings.errors import Refused
from briefings.model.address import mailed_as
from briefings.model.reply import Outcome
from briefings.pipeline.chain import Chain
from briefings.pipeline.restored import restored_at
from briefings.slots import address_header, encode_block, encode_header_text, escape_text
from briefings.store import deliveries, instance, issues
from briefings.store.database import Transaction

KEY = "mails go to"
TEST, READERS = "the owner in test mode", "readers"
MARK = "[TEST]"
_KEPT = ("from", "reply-to", "date", "message-id", "auto-submitted", "mime-version")


def keep_apart(chain: Chain, *, test: bool) -> None:
    """Write down at the first mail what this database is for, and hold it to that.

    A copy that was restored and confirmed is another database, and may be chosen for tests.

    Raises:
        Refused: it mailed readers and is in test mode now, or the other way round.
    """
    with chain.db.write() as tx:
        own = f"{READERS} since {restored_at(tx) or 'the beginning'}"
        known = instance.get(tx, KEY)
        if known is None and test and _mailed(tx):
            known = own
        if test and known == own:
            raise Refused(
                "This database mails readers: in test mode its rows would say accepted for mails "
                "that they never got. Make a copy with `briefings backup` and `briefings restore`, "
                "and use TEST_MODE there."
            )
        if not test and known == TEST:
            raise Refused(
                "This database was used in test mode: its rows tell of mails that readers never "
                "got. Mail readers from a database that never was, or set TEST_MODE again."
            )
        wanted = TEST if test else own
        if known != wanted:
            instance.put(tx, KEY, wanted)


def _mailed(tx: Transaction) -> bool:
    return any(deliveries.states(tx, issue.id) for issue in issues.find(tx))


class AllToOwner:
    """`deliver.sender.Rows` around others: the same rows, each mail readdressed as it leaves."""

    def __init__(self, rows: Rows, owner: str) -> None:
        """Stand around `rows`; `owner` is an address with or without a name."""
        self._rows = rows
        self._owner = parseaddr(owner)[1]

    def turn(self, done: Sequence[tuple[int, Outcome]], *, more: bool) -> Sequence[int]:
        """See `Rows.turn`."""
        return self._rows.turn(done, more=more)

    def first(self) -> Sequence[int]:
        """See `Rows.first`."""
        return self._rows.first()

    def fill(self, row: int) -> Outgoing | None:
        """The mail of a row, for the owner."""
        made = self._rows.fill(row)
        return None if made is None else readdressed(made, self._owner)

    def gone(self) -> Collection[int]:
        """See `Rows.gone`."""
        return self._rows.gone()

    def may_send(self) -> bool:
        """See `Rows.may_send`."""
        return self._rows.may_send()


def readdressed(made: Outgoing, owner: str) -> Outgoing:
    """Give a mail to the owner: another envelope and `To`, a mark, a banner, no way to leave.

    Raises:
        UnsafeValue: the owner's address cannot stand in a header.
    """
    mail = message_from_bytes(made.content, policy=policy.default)
    assert isinstance(mail, EmailMessage)
    told = (
        f"Test mode: this mail was made for {escape_text(str(mail['to']))}. It went to you alone."
    )
    to = mailed_as(owner)
    headers = [
        *(f"{name}: {_raw(mail, name)}".encode() for name in _KEPT if mail[name]),
        b"To: " + address_header("", to).encode(),
        b"Subject: " + encode_header_text(f"{MARK} {mail['subject']}").encode("ascii"),
    ]
    text, html = _part(mail, "plain"), _part(mail, "html")
    banner = (
        '<div role="note" style="background:#B42318;color:#FFFFFF;padding:12px 20px;'
        f'font:bold 16px/24px Arial,sans-serif;">{escape(told)}</div>'
    )
    at = html.find(">", html.find("<body")) + 1
    content = compose(
        CRLF.join(headers) + CRLF,
        [encode_block(f"*** {told} ***\n\n{text}", "text")],
        [encode_block(f"{html[:at]}{banner}{html[at:]}", "html")],
    ).fill({})
    return made._replace(recipient=to, content=content, needs_utf8=not to.isascii())


def _raw(mail: EmailMessage, name: str) -> str:
    """A header as it stood, folded where it was."""
    return (
        next((str(value) for key, value in mail.raw_items() if key.lower() == name), "")
        .replace("\r\n", "\n")
        .replace("\n", "\r\n")
    )


def _part(mail: EmailMessage, kind: str) -> str:
    part = mail.get_body((kind,))
    return "" if part is None else str(part.get_content())
