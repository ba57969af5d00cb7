"""A real scripted server, a real lane, a list of mails: what the tests of the wire share."""

from __future__ import annotations

import ssl
from dataclasses import dataclass, field

import pytest
import trustme

from briefings.deliver.lane import Lane, Opening
from briefings.deliver.pool import LanePool, Pace
from briefings.deliver.relay import Relay
from briefings.deliver.send_log import Owner, SendLog
from briefings.deliver.terms import Callbacks, Limits, Permission
from briefings.deliver.wire import Outgoing
from briefings.testing.script import Fault, Point, Script
from briefings.testing.smtp_server import ScriptedServer

QUICK = Limits(envelope=5, go_ahead=5, final=5, idle=0.05, lifetime=60, mails=1000)
PLAIN = ("8BITMIME",)
PIPED = ("PIPELINING", "SIZE 1000000", "SMTPUTF8", "8BITMIME", "DSN")
CHUNKED = (*PIPED, "CHUNKING")


def mail(
    row: int, recipient: str | None = None, *, size: int = 0, width: int = 24, **more
) -> Outgoing:
    line = b"line of the body".ljust(width - 2, b"x") + b"\r\n"
    body = line * (size // width)
    return Outgoing(
        delivery_id=row,
        sender="news@example.com",
        recipient=recipient or f"reader{row}@example.org",
        content=b"Message-ID: <%d@test>\r\nSubject: x\r\n\r\nhello\r\n" % row + body,
        **more,
    )


@dataclass
class Desk:
    """Stands where the sender stands: hands out mails, notes what became of them."""

    mails: list[Outgoing] = field(default_factory=list)
    outcomes: list[tuple[int, object]] = field(default_factory=list)
    permissions: dict[int, Permission] = field(default_factory=dict)
    on_done: object = None
    on_empty: object = None
    again: bool = False
    now: float = 0.0

    def feed(self):
        if self.mails:
            return self.mails.pop(0)
        if self.on_empty:
            self.on_empty()
        return None

    def done(self, one, outcome):
        self.outcomes.append((one.delivery_id, outcome))
        if self.again and type(outcome).__name__ == "Returned":
            self.mails.append(one)
        if self.on_done:
            self.on_done(one, outcome)

    def may_write(self, rows):
        return [self.permissions.get(row, Permission.WRITE) for row in rows]

    def fill_ahead(self, mails):
        """These are filled already."""

    @property
    def kinds(self) -> dict[int, str]:
        return {row: type(outcome).__name__ for row, outcome in self.outcomes}

    def of(self, row):
        return next(outcome for number, outcome in reversed(self.outcomes) if number == row)


@pytest.fixture
def desk():
    return Desk()


@pytest.fixture
def log(tmp_path):
    folder = tmp_path / "state"
    folder.mkdir()
    made = SendLog.create(folder, Owner(process="t", instance="i", host="h", boot="b", fence=1))
    yield made
    made.close(delete=False)


@pytest.fixture
def serve(tmp_path):
    def make(*faults: Fault, **script):
        options = {name: script.pop(name) for name in ("tls", "port") if name in script}
        return ScriptedServer(
            Script(faults=faults, **script), ledger=tmp_path / "ledger.txt", **options
        )

    return make


@pytest.fixture
def calls(desk):
    import time

    return Callbacks(
        feed=desk.feed,
        done=desk.done,
        may_write=desk.may_write,
        fill_ahead=desk.fill_ahead,
        clock=time.monotonic,
    )


@pytest.fixture
def lane_to(calls, log):
    def make(server, *, url="smtp://127.0.0.1:{port}", limits=QUICK, trusted=None, patience=5.0):
        return Lane(
            relay=Relay.parse(url.format(port=server.port)),
            calls=calls,
            log=log,
            limits=limits,
            opening=Opening(hello="client.example", patience=patience, trusted=trusted),
        )

    return make


FAST = Pace(
    open_every=0.05, open_soonest=0.005, first_wait=0.01, longest_wait=0.05, drain_within=0.2
)


@pytest.fixture
def pool_to(calls, log):
    def make(server, *, most=4, limits=QUICK, pace=FAST, **more):
        return LanePool(
            relay=Relay.parse(f"smtp://127.0.0.1:{server.port}"),
            calls=calls,
            log=log,
            most=most,
            limits=limits,
            opening=Opening(hello="client.example", patience=5.0),
            pace=pace,
            **more,
        )

    return make


@pytest.fixture(scope="session")
def authority():
    return trustme.CA()


@pytest.fixture
def certificate(authority):
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    authority.issue_cert("127.0.0.1").configure_cert(context)
    return context


@pytest.fixture
def trusted(authority):
    context = ssl.create_default_context()
    authority.configure_trust(context)
    return context


__all__ = ["CHUNKED", "PIPED", "PLAIN", "QUICK", "Desk", "Fault", "Point", "mail"]


@pytest.fixture(scope="session")
def founded(tmp_path_factory):
    """An installation with 40 readers and an approved week; copy it, leave it as it is."""
    from tests.smtp.office import build_founded

    return build_founded(tmp_path_factory.mktemp("founded"))
