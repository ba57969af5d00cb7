"""A scripted SMTP server for trying out a set-up: misbehaves as told and never delivers a mail.

python -m briefings.testing.smtp_server --port 2525 --ledger accepted.txt --script faults.json
"""

from __future__ import annotations

import argparse
import asyncio
import base64
import binascii
import signal
import ssl
import sys
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Self

from briefings.errors import BriefingsError
from briefings.testing.ledger import Acceptance, Ledger, message_key
from briefings.testing.script import Play, Point, Script, read_script

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import TracebackType

_STREAM_LIMIT = 1 << 26
_NAME = "scripted.example"


class _Over(Exception):  # noqa: N818 - a way out, not an error
    """The session ends here."""


class ScriptedServer:
    """The server as an async context manager; `port` is known inside, everything is closed after.

    What happened can be looked at: `connections` and `mails` count, `accepted` lists, `commands`
    and `contents` hold the dialogue when `keep` is set.
    """

    def __init__(
        self,
        script: Script | None = None,
        *,
        ledger: Path | None = None,
        tls: ssl.SSLContext | None = None,
        host: str = "127.0.0.1",
        port: int = 0,
        keep: bool = True,
    ) -> None:
        self.play = Play(script or Script())
        self.host = host
        self.port = port
        self.tls = tls
        self.keep = keep
        self.connections = 0
        self.open = 0
        self.most_open = 0
        self.mails = 0
        self.accepted: list[Acceptance] = []
        self.accepted_count = 0
        self.commands: list[str] = []
        self.contents: list[bytes] = []
        self._ledger = Ledger(ledger) if ledger else None
        self._server: asyncio.Server | None = None
        self._sessions: set[asyncio.Task[None]] = set()
        self._waiting: list[tuple[Callable[[], bool], asyncio.Future[None]]] = []
        self.released = asyncio.Event()

    @property
    def script(self) -> Script:
        """The script in play; assign another one to change the server while it runs."""
        return self.play.script

    @script.setter
    def script(self, script: Script) -> None:
        self.play = Play(script)

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self.stop()
        if self._ledger is not None:
            self._ledger.close()

    async def start(self) -> None:
        """Listen; on the port of the last time if it was stopped before."""
        self._server = await asyncio.start_server(
            self._serve,
            self.host,
            self.port,
            limit=_STREAM_LIMIT,
            ssl=self.tls if self.script.implicit_tls else None,
        )
        self.port = int(self._server.sockets[0].getsockname()[1])

    async def stop(self) -> None:
        """Close the port and every connection, as a relay that goes down does."""
        assert self._server is not None
        self._server.close()
        for session in self._sessions:
            session.cancel()
        await asyncio.gather(*self._sessions, return_exceptions=True)

    def release(self) -> None:
        """Let every fault with `hold` go on, now and later."""
        self.released.set()

    async def until(self, condition: Callable[[], bool]) -> None:
        """Wait until something on this server makes the condition true."""
        if condition():
            return
        waiting: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.append((condition, waiting))
        await waiting

    def happened(self) -> None:
        """Look again at what the waiters wait for."""
        for condition, waiting in self._waiting:
            if not waiting.done() and condition():
                waiting.set_result(None)
        self._waiting = [entry for entry in self._waiting if not entry[1].done()]

    def accept(self, content: bytes, recipients: list[str]) -> None:
        """Write the acceptance down, before the 250 goes out."""
        key = message_key(content)
        for recipient in recipients:
            acceptance = Acceptance(key, recipient)
            if self._ledger is not None:
                self._ledger.record(acceptance)
            if self.keep:
                self.accepted.append(acceptance)
            self.accepted_count += 1
        if self.keep:
            self.contents.append(content)
        self.happened()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._sessions.add(task)
        self.open += 1
        self.most_open = max(self.most_open, self.open)
        self.connections += 1
        session = _Session(self, self.connections, reader, writer)
        try:
            await session.run()
        except (
            _Over,
            ConnectionError,
            asyncio.IncompleteReadError,
            asyncio.CancelledError,  # `stop`: the streams of 3.11 report a cancelled session
            ssl.SSLError,
        ):
            pass
        finally:
            self.open -= 1
            self._sessions.discard(task)
            writer.close()
            self.happened()


class _Session:
    """One connection: greets, reads commands, strikes where the script says so."""

    def __init__(
        self,
        server: ScriptedServer,
        number: int,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
    ) -> None:
        self._server = server
        self._number = number
        self._reader = reader
        self._writer = writer
        self._encrypted = server.script.implicit_tls
        self._known = server.script.login is None
        self._mails = 0
        self._mail = 0
        self._sender: str | None = None
        self._recipients: list[str] = []
        self._chunks = bytearray()

    async def run(self) -> None:
        """Serve until the client or the script ends it."""
        limit = self._server.script.connections
        if limit and self._server.open > limit:
            await self._say("421 4.7.0 too many connections")
            raise _Over
        if not await self._strike(Point.CONNECT, self._number):
            await self._say(f"220 {_NAME} ESMTP")
        while line := await self._reader.readline():
            command = line.decode("utf-8", "surrogateescape").rstrip("\r\n")
            if self._server.keep:
                self._server.commands.append(command)
            self._server.happened()
            verb, _, rest = command.partition(" ")
            await self._answer(verb.upper(), rest)

    async def _answer(self, verb: str, rest: str) -> None:
        answers = {
            "EHLO": self._ehlo,
            "HELO": self._helo,
            "STARTTLS": self._starttls,
            "AUTH": self._auth,
            "MAIL": self._mail_from,
            "RCPT": self._rcpt_to,
            "DATA": self._data,
            "BDAT": self._bdat,
            "RSET": self._rset,
            "QUIT": self._quit,
        }
        if verb in answers:
            await answers[verb](rest)
        else:
            await self._say("250 2.0.0 Ok" if verb == "NOOP" else "500 5.5.2 unknown command")

    async def _rset(self, _: str) -> None:
        self._forget()
        if not await self._strike(Point.RSET, self._mail):
            await self._say("250 2.0.0 Ok")

    async def _quit(self, _: str) -> None:
        if not await self._strike(Point.QUIT, self._number):
            await self._say("221 2.0.0 Bye")
        raise _Over

    async def _helo(self, _: str) -> None:
        self._forget()
        await self._say(f"250 {_NAME}")

    async def _ehlo(self, _: str) -> None:
        self._forget()
        if await self._strike(Point.EHLO, self._number):
            return
        script = self._server.script
        words = [_NAME, *script.extensions]
        can_encrypt = self._server.tls is not None and script.starttls
        if can_encrypt and not self._encrypted:
            words.append("STARTTLS")
        if script.login is not None and (self._encrypted or self._server.tls is None):
            words.append("AUTH PLAIN LOGIN")
        await self._say("\n".join(f"250 {word}" for word in words))

    async def _starttls(self, _: str) -> None:
        if await self._strike(Point.STARTTLS, self._number):
            return
        if self._server.tls is None or self._encrypted:
            await self._say("502 5.5.1 not here")
            return
        await self._say("220 2.0.0 go on")
        await self._writer.start_tls(self._server.tls)
        self._encrypted = True

    async def _auth(self, rest: str) -> None:
        if await self._strike(Point.AUTH, self._number):
            return
        method, _, initial = rest.partition(" ")
        if method.upper() == "PLAIN":
            words = (initial and _decoded(initial)) or await self._ask("")
            given = tuple(words.split("\0")[1:])
        else:
            user = (initial and _decoded(initial)) or await self._ask("VXNlcm5hbWU6")
            given = (user, await self._ask("UGFzc3dvcmQ6"))
        self._known = given == self._server.script.login
        await self._say("235 2.7.0 welcome" if self._known else "535 5.7.8 wrong user or password")

    async def _ask(self, question: str) -> str:
        await self._say(f"334 {question}")
        return _decoded((await self._reader.readline()).decode("ascii", "replace").strip())

    async def _mail_from(self, rest: str) -> None:
        self._server.mails += 1
        self._mail = self._server.mails
        self._server.happened()
        if await self._strike(Point.MAIL, self._mail):
            return
        limit = self._server.script.mails_per_connection
        if limit and self._mails >= limit:
            await self._say("421 4.7.0 enough mails on this connection")
            raise _Over
        if not self._known:
            await self._say("530 5.7.0 log in first")
        elif self._sender is not None:
            await self._say("503 5.5.1 nested MAIL")
        elif self._too_big(rest):
            await self._say("552 5.3.4 message too big")
        else:
            self._sender = _address(rest)
            await self._say("250 2.1.0 Ok")

    async def _rcpt_to(self, rest: str) -> None:
        recipient = _address(rest)
        if await self._strike(Point.RCPT, self._mail, recipient):
            return
        if self._sender is None:
            await self._say("503 5.5.1 MAIL first")
            return
        self._recipients.append(recipient)
        await self._say("250 2.1.5 Ok")

    async def _data(self, _: str) -> None:
        if await self._strike(Point.DATA, self._mail, self._first_recipient):
            return
        if not self._recipients:
            await self._say(
                "503 5.5.1 RCPT first" if not self._sender else "554 5.5.1 no valid recipients"
            )
            return
        await self._say("354 go on")
        fault = self._server.play.fault(Point.BODY, self._mail, self._first_recipient)
        content = bytearray()
        while (line := await self._reader.readline()) != b".\r\n":
            if not line:
                raise _Over
            content += line[1:] if line.startswith(b".") else line
            if fault is not None and len(content) >= fault.bytes:
                raise _Over
        await self._close_mail(bytes(content))

    async def _bdat(self, rest: str) -> None:
        words = rest.upper().split()
        size = int(words[0])
        fault = self._server.play.fault(Point.BODY, self._mail, self._first_recipient)
        if fault is not None:
            await self._reader.readexactly(min(size, fault.bytes))
            raise _Over
        self._chunks += await self._reader.readexactly(size)
        if not self._recipients:
            await self._say("503 5.5.1 RCPT first")
        elif words[1:] == ["LAST"]:
            await self._close_mail(bytes(self._chunks))
        else:
            await self._say("250 2.0.0 Ok")

    async def _close_mail(self, content: bytes) -> None:
        recipients, first, number = self._recipients, self._first_recipient, self._mail
        self._forget()
        if await self._strike(Point.RECEIVED, number, first):
            return
        self._mails += 1
        self._server.accept(content, recipients)
        if not await self._strike(Point.ACCEPTED, number, first):
            await self._say(f"250 2.0.0 Ok: mail {number}")
        await self._strike(Point.ANSWERED, number, first)

    async def _strike(self, point: Point, number: int, recipient: str = "") -> bool:
        """Do what the script has for this point; tell whether that was the answer."""
        fault = self._server.play.fault(point, number, recipient)
        if fault is None:
            return False
        if fault.delay:
            await asyncio.sleep(fault.delay)
        if fault.hold:
            self._server.happened()
            await self._server.released.wait()
        if fault.hang:
            while await self._reader.read(65536):
                pass
            raise _Over
        if fault.reply is not None:
            await self._say(fault.reply)
        if fault.close:
            raise _Over
        return fault.reply is not None

    async def _say(self, text: str) -> None:
        lines = text.split("\n")
        framed = [f"{line[:3]}-{line[4:]}" for line in lines[:-1]] + lines[-1:]
        self._writer.write("".join(f"{line}\r\n" for line in framed).encode("utf-8"))
        await self._writer.drain()

    def _forget(self) -> None:
        self._sender = None
        self._recipients = []
        self._chunks = bytearray()

    @property
    def _first_recipient(self) -> str:
        return self._recipients[0] if self._recipients else ""

    def _too_big(self, rest: str) -> bool:
        limits = [word[5:] for word in self._server.script.extensions if word.startswith("SIZE ")]
        sizes = [word[5:] for word in rest.upper().split() if word.startswith("SIZE=")]
        return bool(limits and sizes and int(sizes[0]) > int(limits[0]))


def _address(rest: str) -> str:
    return rest.partition("<")[2].partition(">")[0]


def _decoded(word: str) -> str:
    with suppress(binascii.Error, ValueError):
        return base64.b64decode(word).decode("utf-8", "replace")
    return ""


def main(arguments: list[str] | None = None) -> int:
    """Run the server until SIGINT or SIGTERM; 2 for a script or a certificate that is wrong."""
    parser = argparse.ArgumentParser(prog="python -m briefings.testing.smtp_server")
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=2525, help="0: any free one, printed")
    parser.add_argument("--script", help="JSON, or the name of a file with JSON")
    parser.add_argument("--ledger", type=Path, help="file for one line per accepted mail")
    parser.add_argument("--certificate", type=Path, help="PEM with key and certificate, for TLS")
    given = parser.parse_args(arguments)
    try:
        script = _script_from(given.script)
        tls = _tls_from(given.certificate)
        return asyncio.run(_run(script, given.ledger, tls, given.host, given.port))
    except (BriefingsError, OSError) as trouble:
        print(trouble, file=sys.stderr)  # noqa: T201 - a command
        return 2


def _script_from(given: str | None) -> Script:
    if given is None:
        return Script()
    return read_script(given if given.lstrip().startswith("{") else Path(given).read_text("utf-8"))


def _tls_from(certificate: Path | None) -> ssl.SSLContext | None:
    if certificate is None:
        return None
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(certificate)
    return context


async def _run(
    script: Script, ledger: Path | None, tls: ssl.SSLContext | None, host: str, port: int
) -> int:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    server = ScriptedServer(script, ledger=ledger, tls=tls, host=host, port=port, keep=False)
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop.set)
    loop.add_signal_handler(signal.SIGUSR1, server.release)
    async with server:
        print(f"listening on {server.host}:{server.port}", flush=True)  # noqa: T201 - a command
        await stop.wait()
    print(f"{server.accepted_count} mails accepted on {server.connections} connections")  # noqa: T201 - a command
    return 0


if __name__ == "__main__":
    sys.exit(main())
