"""The fastest server we can make of Python: counts mails for benchmarks, keeps and checks nothing.

    python -m briefings.testing.sink --port 2526 [--no-chunking] [--expect 60000]

With `--expect` it ends after so many mails and prints one JSON line: count, rate between the
first and the last acceptance, and its own CPU seconds, so that one sees who the bottleneck was.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import signal
import sys
import time
from dataclasses import dataclass, field

_BUFFER = 1 << 18
_END = b"\r\n.\r\n"


@dataclass(slots=True)
class Tally:
    """What all connections together took in; instants are monotonic seconds."""

    expect: int = 0
    count: int = 0
    first: float = 0.0
    last: float = 0.0
    full: asyncio.Event = field(default_factory=asyncio.Event)

    def accept(self) -> None:
        """Count one acceptance."""
        self.last = time.monotonic()
        self.count += 1
        if self.count == 1:
            self.first = self.last
        if self.count == self.expect:
            self.full.set()

    @property
    def rate(self) -> float:
        """Mails a second between the first and the last acceptance."""
        return (self.count - 1) / (self.last - self.first) if self.last > self.first else 0.0


class Sink(asyncio.BufferedProtocol):
    """One connection: skips bodies without copying them, answers what came in one write."""

    def __init__(self, tally: Tally, *, chunking: bool) -> None:
        self._tally = tally
        self._hello = b"250-sink\r\n250-PIPELINING\r\n250-SIZE 0\r\n250-8BITMIME\r\n"
        self._hello += b"250-CHUNKING\r\n250 SMTPUTF8\r\n" if chunking else b"250 SMTPUTF8\r\n"
        self._buffer = bytearray(_BUFFER)
        self._view = memoryview(self._buffer)
        self._held = 0
        self._skip = 0
        self._last_chunk = False
        self._in_data = False
        self._transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Greet."""
        assert isinstance(transport, asyncio.Transport) or hasattr(transport, "write")
        self._transport = transport  # pyright: ignore[reportAttributeAccessIssue] - see lane.py
        self._say(b"220 sink\r\n")

    def get_buffer(self, sizehint: int) -> memoryview:
        """Offer the room behind what is not yet read."""
        del sizehint
        return self._view[self._held :]

    def buffer_updated(self, nbytes: int) -> None:
        """Read commands and skip bodies in what came; keep an unfinished line for the next time."""
        end = self._held + nbytes
        start, answers = 0, bytearray()
        while start < end:
            if self._skip:
                taken = min(self._skip, end - start)
                self._skip -= taken
                start += taken
                if not self._skip and self._last_chunk:
                    self._tally.accept()
                    answers += b"250 2.0.0 Ok\r\n"
                continue
            if self._in_data:
                found = self._buffer.find(_END, start, end)
                if found < 0:
                    start = max(start, end - len(_END) + 1)
                    break
                start = found + len(_END)
                self._in_data = False
                self._tally.accept()
                answers += b"250 2.0.0 Ok\r\n"
                continue
            found = self._buffer.find(b"\n", start, end)
            if found < 0:
                break
            answers += self._answer(bytes(self._view[start:found]).upper())
            start = found + 1
        self._held = end - start
        if self._held and start:
            self._buffer[: self._held] = self._buffer[start:end]
        if answers:
            self._say(bytes(answers))

    def _answer(self, line: bytes) -> bytes:
        verb = line[:4]
        if verb == b"BDAT":
            words = line.split()
            self._skip, self._last_chunk = int(words[1]), len(words) > 2  # noqa: PLR2004 - BDAT n LAST
            return b""
        if verb == b"DATA":
            self._in_data = True
            return b"354 go on\r\n"
        if verb == b"EHLO":
            return self._hello
        return b"221 2.0.0 Bye\r\n" if verb == b"QUIT" else b"250 2.0.0 Ok\r\n"

    def _say(self, answers: bytes) -> None:
        if self._transport is not None:
            self._transport.write(answers)


async def serve(tally: Tally, *, host: str, port: int, chunking: bool) -> asyncio.Server:
    """Listen; every connection counts into one tally."""
    loop = asyncio.get_running_loop()
    return await loop.create_server(lambda: Sink(tally, chunking=chunking), host, port)


def main(arguments: list[str] | None = None) -> int:
    """Run until so many mails came, or SIGTERM; prints the result."""
    parser = argparse.ArgumentParser(prog="python -m briefings.testing.sink")
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=2526)
    parser.add_argument("--no-chunking", action="store_true")
    parser.add_argument("--expect", type=int, default=0)
    given = parser.parse_args(arguments)
    run = _run(given.host, given.port, given.expect, chunking=not given.no_chunking)
    try:
        import uvloop
    except ImportError:
        tally = asyncio.run(run)
    else:
        tally = uvloop.run(run)
    result = {
        "mails": tally.count,
        "mails_per_second": round(tally.rate, 1),
        "first": tally.first,
        "sink_cpu_seconds": round(time.process_time(), 2),
    }
    print(json.dumps(result))  # noqa: T201 - a command
    return 0


async def _run(host: str, port: int, expect: int, *, chunking: bool) -> Tally:
    tally = Tally(expect=expect)
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, tally.full.set)
    server = await serve(tally, host=host, port=port, chunking=chunking)
    port = int(server.sockets[0].getsockname()[1])
    print(f"listening on {host}:{port}", file=sys.stderr, flush=True)  # noqa: T201 - a command
    await tally.full.wait()
    server.close()
    return tally


if __name__ == "__main__":
    sys.exit(main())
