# ruff: noqa: PLR0917 - fixtures arrive as parameters
"""What a reader's mail looks like on the wire when nothing goes wrong."""

import asyncio

import pytest
import uvloop

from briefings.deliver.departures import Departures
from briefings.deliver.lane import _abandon, _own_name
from briefings.deliver.protocol import Conversation
from briefings.deliver.send_log import read_log
from briefings.deliver.terms import Limits, Permission
from briefings.deliver.wire import Extensions, check_content
from briefings.testing.ledger import read_ledger, repeated

from .conftest import CHUNKED, PIPED, PLAIN, QUICK, mail

WAYS = pytest.mark.parametrize(
    "offered", [PLAIN, PIPED, CHUNKED], ids=["one by one", "pipelining", "chunking"]
)


@WAYS
async def test_every_mail_arrives_once_and_whole(serve, desk, lane_to, offered, log, tmp_path):
    mails = [mail(row, size=46_000) for row in range(1, 31)]
    for one in mails:
        check_content(one.content)
    desk.mails = list(mails)
    async with serve(extensions=offered) as server:
        end = await lane_to(server).run()
    assert server.contents == [one.content for one in mails]
    assert [a.recipient for a in server.accepted] == [one.recipient for one in mails]
    assert set(desk.kinds.values()) == {"Accepted"}
    assert len(desk.outcomes) == 30
    assert (end.accepted, end.trouble) == (30, None)
    assert read_ledger(tmp_path / "ledger.txt") == server.accepted
    assert repeated(server.accepted) == {}
    assert sorted(read_log(log.path).answers) == list(range(1, 31))


@WAYS
def test_it_works_on_uvloop_as_well(serve, desk, lane_to, offered):
    desk.mails = [mail(row, size=200_000) for row in range(1, 11)]

    async def go():
        async with serve(extensions=offered) as server:
            await lane_to(server).run()
            return len(server.accepted)

    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        assert runner.run(go()) == 10
    assert set(desk.kinds.values()) == {"Accepted"}


@pytest.mark.parametrize("loop", [asyncio.new_event_loop, uvloop.new_event_loop])
@pytest.mark.parametrize(
    ("scheme", "implicit"), [("smtp+starttls", False), ("smtps", True)], ids=["starttls", "tls"]
)
@WAYS
def test_mail_is_encrypted_and_logged_in(
    serve, desk, lane_to, offered, certificate, trusted, scheme, implicit, loop
):
    desk.mails = [mail(row, size=46_000) for row in range(1, 6)]

    async def go():
        async with serve(
            extensions=offered, tls=certificate, implicit_tls=implicit, login=("me@x", "p/w:%")
        ) as server:
            url = scheme + "://me%40x:p%2Fw%3A%25@127.0.0.1:{port}"
            end = await lane_to(server, url=url, trusted=trusted).run()
            return end, server

    with asyncio.Runner(loop_factory=loop) as runner:
        end, server = runner.run(go())
    assert (end.accepted, end.trouble) == (5, None)
    first_mail = next(n for n, line in enumerate(server.commands) if line.startswith("MAIL"))
    if not implicit:
        assert server.commands.index("STARTTLS") < first_mail
    assert any(line.startswith("AUTH") for line in server.commands[:first_mail])


async def test_a_connection_that_is_slow_to_close_is_cut(
    serve, desk, lane_to, certificate, trusted
):
    desk.mails = [mail(1)]
    async with serve(tls=certificate) as server:
        lane = lane_to(server, url="smtp+starttls://127.0.0.1:{port}", trusted=trusted)
        await lane.run()
        assert lane.connected, "TLS takes leave of the other side before it goes"
        await lane.hung_up(0.0)
        await lane.hung_up(5.0)
        assert not lane.connected
    assert len(server.accepted) == 1


async def test_the_next_envelope_follows_the_dot_and_the_next_body_does_not(serve, desk, lane_to):
    from .conftest import Fault, Point

    desk.mails = [mail(1), mail(2)]
    async with serve(Fault(at=Point.ACCEPTED, first=1, last=1, hold=True), extensions=PIPED) as s:
        run = asyncio.create_task(lane_to(s).run())
        await s.until(lambda: len(s.accepted) == 1)
        assert desk.mails == []
        assert desk.outcomes == []
        s.release()
        await run
    assert desk.kinds == {1: "Accepted", 2: "Accepted"}


async def test_extensions_are_used_where_offered(serve, desk, lane_to):
    desk.mails = [mail(1), mail(2, "bj\u00f6rn@example.org", needs_utf8=True)]
    async with serve(extensions=PIPED) as server:
        await lane_to(server).run()
    lines = [line for line in server.commands if line.startswith("MAIL")]
    size = len(mail(1).content)
    assert lines[0] == f"MAIL FROM:<news@example.com> SIZE={size} RET=HDRS"
    assert lines[1].endswith("BODY=8BITMIME SMTPUTF8")


@WAYS
async def test_a_server_without_smtputf8_costs_only_the_reader_who_needs_it(
    serve, desk, lane_to, offered
):
    offered = tuple(word for word in offered if word != "SMTPUTF8")
    desk.mails = [mail(1), mail(2, "bj\u00f6rn@example.org", needs_utf8=True), mail(3)]
    async with serve(extensions=offered) as server:
        await lane_to(server).run()
    assert desk.kinds == {1: "Accepted", 2: "Rejected", 3: "Accepted"}
    assert "SMTPUTF8" in desk.of(2).reply.text


@WAYS
async def test_a_mail_over_the_servers_size_is_refused_by_us(serve, desk, lane_to, offered):
    offered = (*(word for word in offered if not word.startswith("SIZE")), "SIZE 5000")
    desk.mails = [mail(1), mail(2, size=9000), mail(3)]
    async with serve(extensions=offered) as server:
        await lane_to(server).run()
    assert desk.kinds == {1: "Accepted", 2: "Rejected", 3: "Accepted"}
    assert "at most 5000" in desk.of(2).reply.text


async def test_a_poisoned_address_costs_only_its_own_mail(serve, desk, lane_to):
    desk.mails = [mail(1), mail(2, "x@y.example>\r\nDATA"), mail(3)]
    async with serve(extensions=PIPED) as server:
        await lane_to(server).run()
    assert desk.kinds == {1: "Accepted", 2: "Rejected", 3: "Accepted"}


async def test_a_server_that_knows_only_helo_is_served(serve, desk, lane_to):
    from .conftest import Fault, Point

    desk.mails = [mail(1), mail(2)]
    async with serve(Fault(at=Point.EHLO, reply="502 5.5.1 what")) as server:
        await lane_to(server).run()
    assert desk.kinds == {1: "Accepted", 2: "Accepted"}
    assert "HELO client.example" in server.commands


@WAYS
async def test_a_connection_carries_so_many_mails_and_ends_with_quit(serve, desk, lane_to, offered):
    desk.mails = [mail(row) for row in range(1, 9)]
    async with serve(extensions=offered) as server:
        end = await lane_to(server, limits=Limits(mails=3)).run()
        assert (end.accepted, end.reason, end.trouble) == (3, "used up", None)
        assert len(desk.mails) == 5
        await server.until(lambda: "QUIT" in server.commands)


async def test_a_connection_lasts_so_many_seconds(serve, desk, lane_to):
    desk.mails = [mail(row) for row in range(1, 9)]
    async with serve() as server:
        end = await lane_to(server, limits=Limits(lifetime=0)).run()
    assert (end.accepted, end.reason) == (0, "used up")
    assert len(desk.mails) == 8


async def test_a_woken_lane_goes_on_over_the_same_connection(serve, desk, lane_to):
    desk.mails = [mail(1)]
    async with serve(extensions=PIPED) as server:
        lane = lane_to(server, limits=Limits(idle=5))
        run = asyncio.create_task(lane.run())
        await server.until(lambda: len(server.accepted) == 1)
        desk.mails = [mail(2)]
        lane.wake()
        await server.until(lambda: len(server.accepted) == 2)
        assert lane.talking
        lane.drain()
        end = await run
    assert (end.accepted, server.connections) == (2, 1)
    assert desk.kinds == {1: "Accepted", 2: "Accepted"}


async def test_an_idle_lane_hangs_up(serve, desk, lane_to):
    async with serve() as server:
        end = await lane_to(server, limits=QUICK).run()
        assert (end.reason, end.trouble) == ("idle", None)
        await server.until(lambda: "QUIT" in server.commands)


@WAYS
async def test_a_withdrawn_mail_leaves_no_body_and_the_others_go(
    serve, desk, lane_to, pool_to, offered
):
    desk.mails = [mail(1), mail(2), mail(3)]
    desk.permissions = {2: Permission.SKIP}
    desk.on_done = lambda *_: len(desk.outcomes) == 3 and pool.drain()
    async with serve(extensions=offered) as server:
        pool = pool_to(server, most=1)
        await pool.run()
    assert desk.kinds == {1: "Accepted", 2: "Returned", 3: "Accepted"}
    assert [a.message for a in server.accepted] == ["<1@test>", "<3@test>"]


@WAYS
async def test_a_lapsed_lease_stops_before_the_body(serve, desk, lane_to, offered, log):
    desk.mails = [mail(1), mail(2), mail(3)]
    desk.permissions = {2: Permission.STOP}
    async with serve(extensions=offered) as server:
        end = await lane_to(server).run()
    assert end.stopped
    assert desk.kinds == {1: "Accepted", 2: "Returned"}
    assert len(server.accepted) == 1
    assert b"D 2" not in log.path.read_bytes()


@pytest.mark.parametrize("loop", [asyncio.new_event_loop, uvloop.new_event_loop])
def test_a_mail_larger_than_every_buffer_arrives(serve, desk, lane_to, loop):
    desk.mails = [mail(1, size=30_000_000, width=60_000), mail(2)]

    async def go():
        async with serve(extensions=("PIPELINING",)) as server:
            await lane_to(server).run()

    with asyncio.Runner(loop_factory=loop) as runner:
        runner.run(go())
    assert desk.kinds == {1: "Accepted", 2: "Accepted"}


async def test_a_sender_may_drain_from_inside_any_of_its_answers(serve, desk, lane_to):
    async with serve(extensions=PIPED) as server:
        lane = lane_to(server, limits=Limits(idle=5))
        desk.mails = [mail(1)]
        desk.on_empty = lane.drain
        end = await lane.run()
        assert (end.reason, end.accepted) == ("drained", 1)
        lane = lane_to(server, limits=Limits(idle=5))
        desk.on_empty = lane.drain
        end = await lane.run()
    assert (end.reason, end.accepted) == ("drained", 0)


async def test_a_sender_may_give_up_from_inside_feed(serve, desk, lane_to, log):
    async with serve(extensions=PIPED) as server:
        lane = lane_to(server)
        desk.mails = [mail(1)]
        desk.on_empty = lambda: lane.give_up("enough")
        end = await lane.run()
    assert end.reason == "enough"
    assert desk.kinds == {1: "Unsure"}
    assert len(desk.outcomes) == 1


@WAYS
async def test_a_sender_may_give_up_when_it_gets_a_withdrawn_mail_back(
    serve, desk, lane_to, offered
):
    async with serve(extensions=offered) as server:
        lane = lane_to(server)
        desk.mails = [mail(1), mail(2)]
        desk.permissions = {1: Permission.SKIP}
        desk.on_done = lambda *_: lane.give_up("enough")
        end = await lane.run()
    assert end.reason == "enough"
    assert desk.kinds == {1: "Returned"}
    assert server.accepted == []


async def test_a_lane_that_is_ended_before_it_connects_takes_no_mail(serve, desk, lane_to):
    desk.mails = [mail(1)]
    async with serve() as server:
        lane = lane_to(server)
        lane.wake()
        lane.give_up("no")
        lane.give_up("no")
        end = await lane.run()
    assert not end.opened
    assert len(desk.mails) == 1
    assert lane.talking is False


async def test_a_connection_that_comes_about_after_all_is_hung_up(serve, lane_to):
    async with serve() as server:
        lane = lane_to(server)
        connecting = asyncio.ensure_future(lane._connect())
        await connecting
        await _abandon(connecting)
        await server.until(lambda: server.open == 0)
        assert connecting.result()[0].is_closing()


async def test_a_conversation_that_ended_before_it_began_closes_the_connection(
    serve, desk, calls, log
):
    def conversation():
        return Conversation(
            calls=calls,
            log=log,
            departures=Departures(log, calls),
            offered=Extensions(),
            limits=Limits(),
        )

    desk.mails = [mail(1)]
    loop = asyncio.get_running_loop()
    async with serve() as server:
        for closed in (False, True):
            transport, _ = await loop.create_connection(asyncio.Protocol, "127.0.0.1", server.port)
            talk = conversation()
            if closed:
                transport.close()
            else:
                talk.drain()
            talk.begin(transport)
            talk.data_received(b"250 late\r\n")
            talk.connection_lost(None)
            talk.give_up("again")
            ended = await talk.ended
            assert ended.accepted == 0
            assert transport.is_closing()
    assert desk.outcomes == []
    assert len(desk.mails) == 1


def test_a_machine_without_a_proper_name_greets_as_localhost(monkeypatch):
    monkeypatch.setattr("socket.gethostname", lambda: "my_laptop")
    assert _own_name() == "localhost"
    monkeypatch.setattr("socket.gethostname", lambda: "mail-1.example")
    assert _own_name() == "mail-1.example"
