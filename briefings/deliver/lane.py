"""One lane: an SMTP connection from the greeting to its end; it never opens a second one.

aiosmtplib connects, greets, encrypts and logs in; then our own protocol takes over the transport.
"""

from __future__ import annotations

import asyncio
import socket
import ssl
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, cast

import aiosmtplib

from briefings.deliver.departures import Departures
from briefings.deliver.protocol import Conversation
from briefings.deliver.relay import Relay, verifying_context
from briefings.deliver.retry import judge
from briefings.deliver.terms import Callbacks, Ended, Limits
from briefings.deliver.wire import Extensions
from briefings.errors import BriefingsError, RelayRefuses
from briefings.model.reply import PauseIssue, PauseLane, Stage, StopLane, read_reply

if TYPE_CHECKING:
    from briefings.deliver.send_log import SendLog

_Connecting = asyncio.Task[tuple[asyncio.Transport, Extensions]]
Trouble = PauseLane | PauseIssue | StopLane


@dataclass(frozen=True, kw_only=True, slots=True)
class Opening:
    """How a lane connects: the name it greets with, seconds per step, and whom it trusts."""

    hello: str = ""
    """Empty: this machine's host name."""
    patience: float = 30.0
    trusted: ssl.SSLContext | None = None
    """None: the system's authorities, with certificate and name checked."""


@dataclass(frozen=True, kw_only=True, slots=True)
class LaneEnd:
    """How a lane ended; `opened` is false where the server never let us begin."""

    opened: bool
    reason: str
    accepted: int = 0
    trouble: Trouble | None = None
    stopped: bool = False
    failure: OSError | None = None


class Lane:
    """One connection; `run` it once, and open another lane for the next connection."""

    def __init__(
        self,
        *,
        relay: Relay,
        calls: Callbacks,
        log: SendLog,
        departures: Departures | None = None,
        limits: Limits | None = None,
        opening: Opening | None = None,
    ) -> None:
        """`departures` are those of all lanes with the same log."""
        self._relay = relay
        self._calls = calls
        self._log = log
        self._departures = departures or Departures(log, calls)
        self._limits = limits or Limits()
        self._opening = opening or Opening()
        self._conversation: Conversation | None = None
        self._stage = Stage.CONNECT
        self._ending: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    async def run(self) -> LaneEnd:
        """Connect, send until the conversation ends, and say why it ended; raises nothing else.

        Cancelling it ends the connection at once; a mail that may have left becomes unsure.
        """
        connecting = asyncio.ensure_future(self._connect())
        try:
            await asyncio.wait([connecting, self._ending], return_when=asyncio.FIRST_COMPLETED)
            if self._ending.done():
                await _abandon(connecting)
                return LaneEnd(opened=False, reason="drained before it was connected")
            transport, offered = connecting.result()
        except (aiosmtplib.SMTPException, RelayRefuses, OSError) as trouble:
            verdict = self._verdict_on(trouble)
            return LaneEnd(opened=False, reason=verdict.reason, trouble=verdict)
        except asyncio.CancelledError:
            await _abandon(connecting)
            raise
        talk = Conversation(
            calls=self._calls,
            log=self._log,
            departures=self._departures,
            offered=offered,
            limits=self._limits,
        )
        self._conversation = talk
        talk.begin(transport)
        try:
            ended = await asyncio.shield(talk.ended)
        except asyncio.CancelledError:
            talk.give_up("the sender was cancelled")
            raise
        return _end_of(ended)

    async def hung_up(self, within: float) -> None:
        """Wait for the connection to go after `run`, then cut it; `within` is in seconds.

        Left behind half closed, as TLS is for a while, it would trouble the end of the loop.
        """
        talk = self._conversation
        if talk is None:
            return
        await asyncio.wait([talk.closed], timeout=within)
        if not talk.closed.done():
            talk.cut()
            await asyncio.wait([talk.closed], timeout=within)

    @property
    def connected(self) -> bool:
        """Tell whether the connection is still there, closing or not."""
        return self._conversation is not None and not self._conversation.closed.done()

    def wake(self) -> None:
        """Tell the lane that `feed` has mail again."""
        if self._conversation is not None:
            self._conversation.wake()

    def drain(self) -> None:
        """Take no new mail; end after the open one is answered."""
        self._end_connecting()
        if self._conversation is not None:
            self._conversation.drain()

    def give_up(self, reason: str) -> None:
        """End at once; a mail whose last byte may have left becomes unsure."""
        self._end_connecting()
        if self._conversation is not None:
            self._conversation.give_up(reason)

    def _end_connecting(self) -> None:
        if not self._ending.done():
            self._ending.set_result(None)

    @property
    def talking(self) -> bool:
        """Tell whether the connection is open and logged in."""
        return self._conversation is not None and not self._conversation.ended.done()

    async def _connect(self) -> tuple[asyncio.Transport, Extensions]:
        relay, how = self._relay, self._opening
        trusted = how.trusted
        if trusted is None and relay.security != "none":
            trusted = verifying_context()
        client = aiosmtplib.SMTP(
            hostname=relay.host,
            port=relay.port,
            use_tls=relay.security == "tls",
            start_tls=False,
            tls_context=trusted,
            timeout=how.patience,
            local_hostname=how.hello or _own_name(),
        )
        try:
            await client.connect()
            await self._greet(client)
            if relay.security == "starttls":
                await self._encrypt(client, trusted)
            if relay.username is not None:
                self._stage = Stage.AUTH
                await client.login(relay.username, relay.password or "")
        except BaseException:
            transport = cast("asyncio.Transport | None", client.transport)
            client.close()
            if transport is not None:
                transport.abort()  # no farewell of TLS: it would outlive the loop
            raise
        if client.transport is None:  # pragma: no cover - closed right behind the last reply
            raise aiosmtplib.SMTPServerDisconnected("the server closed the connection")
        # uvloop's transports have the methods of asyncio.Transport without being one
        return cast("asyncio.Transport", client.transport), _offered(client)

    async def _greet(self, client: aiosmtplib.SMTP) -> None:
        self._stage = Stage.EHLO
        try:
            await client.ehlo()
        except aiosmtplib.SMTPHeloError:
            if not client.is_connected:
                raise
            await client.helo()  # RFC 5321 section 3.2: a server that knows no EHLO

    async def _encrypt(self, client: aiosmtplib.SMTP, trusted: ssl.SSLContext | None) -> None:
        self._stage = Stage.STARTTLS
        if not client.supports_extension("starttls"):
            raise RelayRefuses(
                f"The mail server {self._relay} offers no STARTTLS, so nothing was sent, no login "
                "either; somebody may be stripping it. Use smtps:// or ask whoever runs the server"
            )
        await client.starttls(tls_context=trusted)
        await self._greet(client)

    def _verdict_on(self, trouble: Exception) -> Trouble:
        relay = self._relay
        if isinstance(trouble, BriefingsError):
            return StopLane(str(trouble), alert=True)
        if (wrong := _encryption_trouble(trouble)) is not None:
            return StopLane(
                f"The mail server {relay} cannot be trusted ({wrong}); nothing was sent. "
                "Check its certificate, the host name in MAIL_URL, and the scheme",
                alert=True,
            )
        if isinstance(trouble, aiosmtplib.SMTPResponseException):
            try:
                verdict = judge(read_reply(trouble.code, trouble.message, self._stage))
            except ValueError:
                return PauseLane(f"The mail server {relay} does not speak SMTP: {trouble.message}")
            if isinstance(verdict, PauseIssue | StopLane | PauseLane):
                return replace(verdict, reason=f"{relay}: {verdict.reason}")
        if self._stage is Stage.AUTH and type(trouble) is aiosmtplib.SMTPException:
            return StopLane(f"{relay} offers no login that we know: {trouble}", alert=True)
        return PauseLane(f"{relay} at {self._stage}: {trouble}")


async def _abandon(connecting: _Connecting) -> None:
    """Cancel it and see its end: left behind, it would trouble the loop's own end."""
    connecting.add_done_callback(_hang_up)
    connecting.cancel()
    await asyncio.wait([connecting])


def _hang_up(connecting: _Connecting) -> None:
    """Close a connection that came about although it was cancelled (wait_for in 3.11 does that)."""
    if not connecting.cancelled() and connecting.exception() is None:
        connecting.result()[0].abort()


def _end_of(ended: Ended) -> LaneEnd:
    return LaneEnd(
        opened=True,
        reason=ended.reason,
        accepted=ended.accepted,
        trouble=ended.verdict,
        stopped=ended.stopped,
        failure=ended.failure,
    )


def _encryption_trouble(trouble: BaseException | None) -> str | None:
    """Return what is wrong with the encryption, where that is at the bottom of the trouble."""
    while trouble is not None:
        if isinstance(trouble, ssl.SSLCertVerificationError):
            return trouble.verify_message or str(trouble)
        if isinstance(trouble, ssl.SSLError) and not isinstance(
            trouble, ssl.SSLEOFError | ssl.SSLZeroReturnError
        ):
            return trouble.reason or str(trouble)
        trouble = trouble.__cause__ or trouble.__context__
    return None


def _offered(client: aiosmtplib.SMTP) -> Extensions:
    size = client.esmtp_extensions.get("size", "")
    return Extensions(
        pipelining=client.supports_extension("pipelining"),
        chunking=client.supports_extension("chunking"),
        smtputf8=client.supports_extension("smtputf8"),
        eightbit=client.supports_extension("8bitmime"),
        dsn=client.supports_extension("dsn"),
        size=client.supports_extension("size"),
        size_limit=int(size) if size.isdecimal() else 0,
    )


def _own_name() -> str:
    """Return this machine's name for EHLO; `localhost` where it has none that EHLO allows."""
    name = socket.gethostname()
    allowed = name.isascii() and all(part.isalnum() for part in name.replace("-", "x").split("."))
    return name if allowed else "localhost"
