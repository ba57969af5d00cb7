# ruff: noqa: PLR0917 - fixtures arrive as parameters
"""What happens to whom when the server says no, says nothing, or goes away."""

import asyncio
import errno
import os
import re

import pytest
import uvloop

from briefings.deliver.send_log import read_log
from briefings.deliver.terms import Limits
from briefings.model.reply import PauseIssue, PauseLane, Stage, StopLane

from .conftest import CHUNKED, PIPED, PLAIN, Fault, Point, mail

WAYS = pytest.mark.parametrize(
    "offered", [PLAIN, PIPED, CHUNKED], ids=["one by one", "pipelining", "chunking"]
)


def load(desk, count=3, **more):
    desk.mails = [mail(row, **more) for row in range(1, count + 1)]


@WAYS
@pytest.mark.parametrize(
    ("point", "reply", "kind", "stage"),
    [
        (Point.MAIL, "451 4.3.0 not now", "Deferred", Stage.MAIL),
        (Point.MAIL, "550 5.1.0 bad sender", "PauseIssue", Stage.MAIL),
        (Point.RCPT, "550 5.1.1 no such user", "Rejected", Stage.RCPT),
        (Point.RCPT, "450 4.2.0 greylisted", "Deferred", Stage.RCPT),
        (Point.RCPT, "550 5.7.1 relaying denied", "PauseIssue", Stage.RCPT),
        (Point.RECEIVED, "452 4.3.1 throttled", "Deferred", Stage.FINAL),
        (Point.RECEIVED, "454 4.7.0 throttled", "Deferred", Stage.FINAL),
        (Point.RECEIVED, "554 5.6.0 unreadable", "Rejected", Stage.FINAL),
        (Point.RECEIVED, "554 5.7.1 spam", "PauseIssue", Stage.FINAL),
    ],
)
async def test_a_refusal_of_one_mail_leaves_the_others_alone(
    serve, desk, lane_to, offered, point, reply, kind, stage
):
    load(desk, 4)
    async with serve(Fault(at=point, reply=reply, first=2, last=2), extensions=offered) as server:
        end = await lane_to(server).run()
    assert desk.kinds == {1: "Accepted", 2: kind, 3: "Accepted", 4: "Accepted"}
    outcome = desk.of(2)
    shown = outcome.reason if isinstance(outcome, PauseIssue) else str(outcome.reply)
    assert shown == f"{reply} (at {stage})"
    assert end.trouble is None
    assert server.connections == 1
    assert [a.message for a in server.accepted] == ["<1@test>", "<3@test>", "<4@test>"]


@pytest.mark.parametrize("offered", [PLAIN, PIPED], ids=["one by one", "pipelining"])
async def test_a_refused_go_ahead_is_about_its_mail(serve, desk, lane_to, offered):
    load(desk, 3)
    fault = Fault(at=Point.DATA, reply="452 4.3.1 disk", first=2, last=2)
    async with serve(fault, extensions=offered) as server:
        await lane_to(server).run()
    assert desk.kinds == {1: "Accepted", 2: "Deferred", 3: "Accepted"}


@WAYS
async def test_every_refused_recipient_is_named_and_no_body_is_spent_on_them(
    serve, desk, lane_to, offered, log
):
    load(desk, 20)
    refusal = Fault(at=Point.RCPT, reply="550-5.1.1 no\n550 5.1.1 such user", every=3, first=3)
    async with serve(refusal, extensions=offered) as server:
        await lane_to(server).run()
    refused = {row for row, kind in desk.kinds.items() if kind == "Rejected"}
    assert refused == {3, 6, 9, 12, 15, 18}
    assert len(server.accepted) == 14
    departed = {int(row) for row in re.findall(rb"D (\d+)", log.path.read_bytes())}
    assert departed == set(range(1, 21)) - refused
    assert set(read_log(log.path).answers) == set(range(1, 21))


async def test_a_go_ahead_after_every_recipient_failed_gets_a_lone_dot(serve, desk, lane_to):
    load(desk, 3)
    faults = (
        Fault(at=Point.RCPT, reply="550 5.1.1 no", first=2, last=2),
        Fault(at=Point.DATA, reply="354 go on anyway", first=2, last=2),
    )
    async with serve(*faults, extensions=PIPED) as server:
        await lane_to(server).run()
    assert desk.kinds == {1: "Accepted", 2: "Rejected", 3: "Accepted"}
    assert [a.message for a in server.accepted] == ["<1@test>", "<3@test>"]
    assert "." in server.commands  # the script said 354 and then read a command line


@WAYS
async def test_421_gives_every_mail_back_and_pauses_the_lane(serve, desk, lane_to, offered):
    load(desk, 5)
    async with serve(mails_per_connection=2, extensions=offered) as server:
        end = await lane_to(server).run()
    assert isinstance(end.trouble, PauseLane)
    assert end.accepted == 2
    assert desk.kinds == {1: "Accepted", 2: "Accepted", 3: "Returned"}
    assert len(desk.mails) == 2


@WAYS
async def test_421_after_the_last_byte_is_an_answer_and_nothing_is_unsure(
    serve, desk, lane_to, offered, log
):
    load(desk, 3)
    fault = Fault(at=Point.RECEIVED, reply="421 4.3.2 going down", close=True, first=2)
    async with serve(fault, extensions=offered) as server:
        end = await lane_to(server).run()
    assert isinstance(end.trouble, PauseLane)
    assert desk.kinds[2] == "Returned"
    assert "Unsure" not in desk.kinds.values()
    assert read_log(log.path).departed == frozenset()


@WAYS
@pytest.mark.parametrize("point", [Point.RECEIVED, Point.ACCEPTED])
async def test_a_close_after_the_last_byte_is_unsure_for_that_mail_only(
    serve, desk, lane_to, offered, point, log
):
    load(desk, 4)
    async with serve(Fault(at=point, close=True, first=2), extensions=offered) as server:
        end = await lane_to(server).run()
    assert desk.kinds[1] == "Accepted"
    assert desk.kinds[2] == "Unsure"
    assert set(list(desk.kinds.values())[2:]) <= {"Returned"}
    assert isinstance(end.trouble, PauseLane)
    assert read_log(log.path).departed == {2}


@WAYS
async def test_silence_after_the_last_byte_ends_unsure_when_patience_does(
    serve, desk, lane_to, offered
):
    load(desk, 3)
    limits = Limits(final=0.05, envelope=5, go_ahead=5)
    async with serve(Fault(at=Point.RECEIVED, hang=True, first=2), extensions=offered) as server:
        end = await lane_to(server, limits=limits).run()
    assert desk.kinds[2] == "Unsure"
    assert "no answer to final" in end.reason
    assert isinstance(end.trouble, PauseLane)


@pytest.mark.parametrize(
    ("point", "offered", "words"),
    [
        (Point.MAIL, PLAIN, "mail"),
        (Point.RCPT, PLAIN, "rcpt"),
        (Point.DATA, PLAIN, "data"),
        (Point.MAIL, PIPED, "mail"),
        (Point.RCPT, CHUNKED, "rcpt"),
        (Point.DATA, PIPED, "data"),
    ],
)
async def test_silence_before_the_body_burns_nobody(serve, desk, lane_to, point, offered, words):
    load(desk, 3)
    limits = Limits(envelope=0.05, go_ahead=0.05, final=5)
    async with serve(Fault(at=point, hang=True, first=2), extensions=offered) as server:
        end = await lane_to(server, limits=limits).run()
    assert desk.kinds == {1: "Accepted", 2: "Returned"}
    assert f"no answer to {words}" in end.reason
    assert isinstance(end.trouble, PauseLane)


@WAYS
@pytest.mark.parametrize("point", [Point.MAIL, Point.RCPT])
async def test_a_close_before_the_body_burns_nobody(serve, desk, lane_to, offered, point, log):
    load(desk, 3)
    async with serve(Fault(at=point, close=True, first=1), extensions=offered) as server:
        end = await lane_to(server).run()
    assert desk.kinds == {1: "Returned"}
    assert isinstance(end.trouble, PauseLane)
    assert b"D " not in log.path.read_bytes()


@WAYS
async def test_a_silent_close_between_mails_leaves_nothing_unsure(serve, desk, lane_to, offered):
    load(desk, 3)
    async with serve(Fault(at=Point.ANSWERED, close=True), extensions=offered) as server:
        end = await lane_to(server).run()
    assert desk.kinds[1] == "Accepted"
    assert set(desk.kinds.values()) <= {"Accepted", "Returned"}
    assert end.trouble is None
    assert end.accepted == 1


@pytest.mark.parametrize("loop", [asyncio.new_event_loop, uvloop.new_event_loop])
@WAYS
def test_a_close_in_mid_body_that_stopped_us_is_not_unsure(
    serve, desk, lane_to, offered, log, loop
):
    load(desk, 1, size=30_000_000, width=60_000)

    async def go():
        faults = Fault(at=Point.BODY, bytes=1000)
        async with serve(faults, extensions=tuple(w for w in offered if "SIZE" not in w)) as server:
            await lane_to(server).run()

    with asyncio.Runner(loop_factory=loop) as runner:
        runner.run(go())
    assert desk.kinds == {1: "Returned"}
    assert "middle of the body" in desk.of(1).reason
    assert read_log(log.path).departed == frozenset()


@pytest.mark.parametrize(
    "nonsense",
    [
        "hello there",
        "999 what",
        "250-never\n250-ends" + "\n250-x" * 200,
        "x" * 9000,
        "x" * 900_000,
        "354 more",
    ],
)
async def test_a_server_that_does_not_speak_smtp_costs_at_most_the_open_mail(
    serve, desk, lane_to, nonsense
):
    load(desk, 3)
    async with serve(Fault(at=Point.ACCEPTED, reply=nonsense), extensions=PIPED) as server:
        end = await lane_to(server).run()
    assert desk.kinds[1] == "Unsure"
    assert isinstance(end.trouble, PauseLane)
    assert "does not keep to SMTP" in end.reason


async def test_a_refused_reset_ends_the_lane(serve, desk, lane_to):
    load(desk, 3)
    faults = (
        Fault(at=Point.RCPT, reply="550 5.1.1 no"),
        Fault(at=Point.RSET, reply="500 5.5.1 no reset here"),
    )
    async with serve(*faults) as server:
        end = await lane_to(server).run()
    assert "RSET was refused" in end.reason
    assert desk.kinds == {1: "Rejected", 2: "Returned"}


async def test_a_goodbye_to_an_idle_lane_is_no_trouble(serve, desk, lane_to):
    load(desk, 1)
    fault = Fault(at=Point.ANSWERED, reply="421 4.4.2 idle for too long", close=True)
    async with serve(fault) as server:
        end = await lane_to(server, limits=Limits(idle=5)).run()
    assert desk.kinds == {1: "Accepted"}
    assert end.trouble is None


@WAYS
@pytest.mark.parametrize("when", ["departing", "answer"])
async def test_a_full_disk_stops_the_lane_before_the_body(
    serve, desk, lane_to, offered, log, monkeypatch, when
):
    load(desk, 3)
    real = os.write
    bad = b"D 2" if when == "departing" else b"A 3"

    def full(descriptor, data):
        if bad in bytes(data):
            raise OSError(errno.ENOSPC, "No space left on device")
        return real(descriptor, data)

    monkeypatch.setattr(os, "write", full)
    async with serve(extensions=offered) as server:
        end = await lane_to(server).run()
    monkeypatch.undo()
    assert end.stopped
    assert end.failure.errno == errno.ENOSPC
    if when == "departing":
        assert desk.kinds == {1: "Accepted", 2: "Returned"}
        assert len(server.accepted) == 1


@pytest.mark.parametrize(
    ("fault", "kind", "words"),
    [
        (Fault(at=Point.CONNECT, reply="554 5.3.2 no service"), PauseIssue, "at connect"),
        (Fault(at=Point.CONNECT, reply="450 busy", close=True), PauseLane, "busy"),
        (Fault(at=Point.CONNECT, reply="421 busy", close=True), PauseLane, "busy"),
        (Fault(at=Point.CONNECT, close=True), PauseLane, ""),
        (Fault(at=Point.CONNECT, reply="250 hello"), PauseLane, "250"),
        (Fault(at=Point.CONNECT, reply="what"), PauseLane, "does not speak SMTP"),
        (Fault(at=Point.EHLO, close=True), PauseLane, ""),
        (Fault(at=Point.EHLO, reply="421 no", close=True), PauseLane, "421"),
    ],
)
async def test_trouble_while_connecting_takes_no_mail(serve, desk, lane_to, fault, kind, words):
    load(desk, 1)
    async with serve(fault) as server:
        end = await lane_to(server).run()
    assert isinstance(end.trouble, kind)
    assert words in end.trouble.reason
    assert not end.opened
    assert desk.outcomes == []
    assert len(desk.mails) == 1


async def test_a_relay_that_is_down_takes_no_mail(serve, desk, lane_to):
    load(desk, 1)
    async with serve() as server:
        pass
    end = await lane_to(server).run()
    assert isinstance(end.trouble, PauseLane)
    assert len(desk.mails) == 1


async def test_a_server_that_never_greets_is_left(serve, desk, lane_to):
    async with serve(Fault(at=Point.CONNECT, hang=True)) as server:
        end = await lane_to(server, patience=0.05).run()
    assert isinstance(end.trouble, PauseLane)


async def test_a_wrong_password_stops_and_alerts(serve, desk, lane_to, certificate, trusted):
    load(desk, 1)
    async with serve(tls=certificate, login=("me", "right")) as server:
        url = "smtp+starttls://me:wrong-secret@127.0.0.1:{port}"
        end = await lane_to(server, url=url, trusted=trusted).run()
    assert isinstance(end.trouble, StopLane)
    assert end.trouble.alert
    assert "535" in end.trouble.reason
    assert "wrong-secret" not in repr(end)
    assert len(desk.mails) == 1


async def test_a_login_that_is_not_offered_stops_and_alerts(serve, lane_to, certificate, trusted):
    async with serve(tls=certificate) as server:
        url = "smtp+starttls://me:pw@127.0.0.1:{port}"
        end = await lane_to(server, url=url, trusted=trusted).run()
    assert isinstance(end.trouble, StopLane)
    assert "no login" in end.trouble.reason


async def test_a_stripped_starttls_never_sees_login_or_mail(
    serve, desk, lane_to, certificate, trusted
):
    load(desk, 1)
    async with serve(tls=certificate, starttls=False, login=("me", "geheim")) as server:
        url = "smtp+starttls://me:geheim@127.0.0.1:{port}"
        end = await lane_to(server, url=url, trusted=trusted).run()
    assert isinstance(end.trouble, StopLane)
    assert "STARTTLS" in end.trouble.reason
    assert [line for line in server.commands if not line.startswith(("EHLO", "QUIT"))] == []


async def test_a_refused_starttls_never_sees_login_or_mail(
    serve, desk, lane_to, certificate, trusted
):
    load(desk, 1)
    fault = Fault(at=Point.STARTTLS, reply="554 5.7.0 not today")
    async with serve(fault, tls=certificate, login=("me", "geheim")) as server:
        url = "smtp+starttls://me:geheim@127.0.0.1:{port}"
        end = await lane_to(server, url=url, trusted=trusted).run()
    assert isinstance(end.trouble, StopLane)
    assert not any(line.startswith(("AUTH", "MAIL")) for line in server.commands)


@pytest.mark.parametrize("scheme", ["smtp+starttls", "smtps"])
async def test_a_certificate_of_nobody_we_trust_stops_before_the_login(
    serve, desk, lane_to, certificate, scheme
):
    load(desk, 1)
    async with serve(tls=certificate, implicit_tls=scheme == "smtps", login=("me", "p")) as server:
        end = await lane_to(server, url=scheme + "://me:p@127.0.0.1:{port}").run()
    assert isinstance(end.trouble, StopLane)
    assert "cannot be trusted" in end.trouble.reason
    assert not any(line.startswith(("AUTH", "MAIL")) for line in server.commands)


async def test_an_expired_certificate_stops_with_its_reason(serve, lane_to, authority, trusted):
    import ssl
    from datetime import UTC, datetime

    old = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    leaf = authority.issue_cert("127.0.0.1", not_after=datetime(2020, 1, 1, tzinfo=UTC))
    leaf.configure_cert(old)
    async with serve(tls=old) as server:
        url = "smtp+starttls://127.0.0.1:{port}"
        end = await lane_to(server, url=url, trusted=trusted).run()
    assert isinstance(end.trouble, StopLane)
    assert "expired" in end.trouble.reason


async def test_tls_to_a_port_without_tls_says_so(serve, lane_to):
    async with serve() as server:
        end = await lane_to(server, url="smtps://127.0.0.1:{port}").run()
    assert isinstance(end.trouble, StopLane)
    assert "scheme" in end.trouble.reason
