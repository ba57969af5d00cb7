# ruff: noqa: PLR0917 - fixtures arrive as parameters
"""Many lanes to one server: opening, shrinking, waiting, draining."""

import asyncio

import pytest

from briefings.deliver.pool import Caps, LearnedCaps, Pace
from briefings.deliver.rate import TokenBucket
from briefings.deliver.relay import Relay
from briefings.deliver.terms import Limits, Permission
from briefings.model.reply import PauseIssue, StopLane
from briefings.testing.ledger import repeated

from .conftest import FAST, PIPED, Fault, Point, mail

STEADY = Limits(idle=5)


def finish_after(desk, count, pool_of):
    """Drain the pool when so many mails have found an end that is not `Returned`."""

    def check(*_):
        settled = {row for row, kind in desk.kinds.items() if kind != "Returned"}
        if len(settled) == count:
            pool_of().drain()

    desk.on_done = check


async def run_all(server, desk, pool_to, count, **options):
    desk.mails = [mail(row) for row in range(1, count + 1)]
    desk.again = True
    pool = pool_to(server, **options)
    finish_after(desk, count, lambda: pool)
    return pool, await pool.run()


async def test_lanes_open_one_after_another_up_to_their_number(serve, desk, pool_to):
    async with serve(extensions=PIPED) as server:
        _, end = await run_all(server, desk, pool_to, 3000, most=3)
    assert end.accepted == len(server.accepted) == 3000
    assert server.most_open == 3
    assert repeated(server.accepted) == {}
    assert (end.trouble, end.stopped) == (None, False)


async def test_an_untried_server_gets_one_lane_until_it_accepts(serve, desk, pool_to):
    desk.mails = [mail(row) for row in range(1, 50)]
    pace = Pace(open_every=0.0, open_soonest=0.001, drain_within=0.05)
    async with serve(Fault(at=Point.ACCEPTED, hold=True)) as server:
        pool = pool_to(server, pace=pace, limits=Limits(final=0.2, envelope=0.2, idle=1))
        run = asyncio.create_task(pool.run())
        await server.until(lambda: len(server.accepted) == 1)
        assert server.connections == 1
        assert pool.open_lanes == 1
        server.release()
        await server.until(lambda: server.connections > 1)
        pool.drain()
        await run


async def test_a_connection_cap_is_learned_and_burns_nobody(serve, desk, pool_to, tmp_path):
    learned = LearnedCaps(tmp_path / "caps.json")
    async with serve(connections=2, extensions=PIPED) as server:
        _, end = await run_all(server, desk, pool_to, 2000, most=6, learned=learned)
        relay = Relay.parse(f"smtp://127.0.0.1:{server.port}")
        assert end.accepted == 2000
        assert set(desk.kinds.values()) == {"Accepted"}
        assert learned.of(relay).lanes == 2
        before = server.connections
        desk.outcomes.clear()
        await run_all(server, desk, pool_to, 300, most=6, learned=learned)
        assert server.connections - before <= 4


async def test_a_refusal_for_one_lane_more_is_a_cap_too(serve, desk, pool_to):
    fault = Fault(at=Point.CONNECT, reply="554 5.7.1 too many connections", close=True, first=3)
    async with serve(fault, extensions=PIPED) as server:
        _, end = await run_all(server, desk, pool_to, 2000, most=6)
    assert end.trouble is None
    assert end.accepted == 2000


async def test_421_after_so_many_mails_is_learned_as_a_limit(serve, desk, pool_to, tmp_path):
    learned = LearnedCaps(tmp_path / "caps.json")
    async with serve(mails_per_connection=7, extensions=PIPED) as server:
        _, end = await run_all(server, desk, pool_to, 70, most=1, learned=learned)
        assert end.accepted == 70
        assert learned.of(Relay.parse(f"smtp://127.0.0.1:{server.port}")).mails == 7
        assert repeated(server.accepted) == {}
    enough = sum(kind == "Returned" for kind in (type(o).__name__ for _, o in desk.outcomes))
    assert enough <= 2


async def test_two_hours_of_421_burn_nobody(serve, desk, pool_to):
    fault = Fault(at=Point.MAIL, reply="421 4.3.2 later", close=True, times=12)
    async with serve(fault, extensions=PIPED) as server:
        _, end = await run_all(server, desk, pool_to, 20, most=4)
    assert end.accepted == 20
    assert set(desk.kinds.values()) == {"Accepted"}
    assert repeated(server.accepted) == {}


async def test_a_relay_that_is_down_at_start_is_waited_for(serve, desk, pool_to):
    server = serve(extensions=PIPED)
    await server.start()
    await server.stop()
    desk.mails = [mail(row) for row in range(1, 6)]
    waiting = asyncio.Event()
    pool = pool_to(server, jitter=lambda: waiting.set() or 0.5)
    finish_after(desk, 5, lambda: pool)
    run = asyncio.create_task(pool.run())
    await waiting.wait()
    assert str(server.port) in pool.trouble
    assert desk.outcomes == []
    async with server:
        end = await run
    assert end.accepted == 5
    assert pool.trouble is None


async def test_a_relay_that_goes_away_in_the_middle_costs_at_most_the_open_mails(
    serve, desk, pool_to
):
    server = serve(extensions=PIPED)
    desk.mails = [mail(row) for row in range(1, 1001)]
    desk.again = True
    await server.start()
    pool = pool_to(server, most=4)
    finish_after(desk, 1000, lambda: pool)
    run = asyncio.create_task(pool.run())
    await server.until(lambda: len(server.accepted) >= 300)
    await server.stop()
    async with server:
        await run
    unsure = [row for row, kind in desk.kinds.items() if kind == "Unsure"]
    assert len(unsure) <= 4
    assert set(desk.kinds.values()) <= {"Accepted", "Unsure"}
    assert repeated(server.accepted) == {}
    assert len(server.accepted) >= 1000 - len(unsure)


async def test_a_login_refused_in_mid_run_stops_and_is_reported(
    desk, log, calls, certificate, trusted, serve
):
    from briefings.deliver.lane import Opening
    from briefings.deliver.pool import LanePool

    desk.mails = [mail(row) for row in range(1, 101)]
    fault = Fault(at=Point.AUTH, reply="535 5.7.8 password changed", first=2)
    async with serve(fault, tls=certificate, login=("me", "pw")) as server:
        pool = LanePool(
            relay=Relay.parse(f"smtp+starttls://me:pw@127.0.0.1:{server.port}"),
            calls=calls,
            log=log,
            most=1,
            limits=Limits(mails=10),
            opening=Opening(hello="c.example", trusted=trusted),
            pace=FAST,
        )
        end = await pool.run()
    assert isinstance(end.trouble, StopLane)
    assert end.trouble.alert
    assert end.accepted == 10
    assert set(desk.kinds.values()) == {"Accepted"}


async def test_a_server_that_refuses_us_at_connect_is_reported_and_burns_nobody(
    serve, desk, pool_to
):
    desk.mails = [mail(1)]
    async with serve(Fault(at=Point.CONNECT, reply="554 5.7.1 go away")) as server:
        end = await pool_to(server).run()
    assert isinstance(end.trouble, PauseIssue)
    assert "go away" in end.reason
    assert (desk.outcomes, len(desk.mails)) == ([], 1)


async def test_a_lapsed_lease_stops_every_lane(serve, desk, pool_to):
    desk.mails = [mail(row) for row in range(1, 2001)]
    desk.permissions = dict.fromkeys(range(500, 2001), Permission.STOP)
    async with serve(extensions=PIPED) as server:
        end = await pool_to(server, most=3).run()
    assert end.stopped
    assert "lease" in end.reason
    assert all(int(a.message[1:-6]) < 500 for a in server.accepted)
    assert set(desk.kinds.values()) == {"Accepted", "Returned"}


async def test_a_drain_lets_the_open_mail_finish_and_gives_the_next_back(serve, desk, pool_to):
    desk.mails = [mail(row) for row in range(1, 10)]
    async with serve(Fault(at=Point.ACCEPTED, hold=True), extensions=PIPED) as server:
        pool = pool_to(server, most=1, pace=Pace(drain_within=5), limits=STEADY)
        run = asyncio.create_task(pool.run())
        await server.until(lambda: len(server.accepted) == 1)
        pool.drain()
        pool.drain()
        server.release()
        end = await run
    assert end.reason == "drained"
    assert desk.kinds == {1: "Accepted", 2: "Returned"}
    assert len(server.accepted) == 1


async def test_a_drain_ends_unsure_only_what_the_server_leaves_unanswered(serve, desk, pool_to):
    desk.mails = [mail(row) for row in range(1, 10)]
    async with serve(Fault(at=Point.ACCEPTED, hang=True), extensions=PIPED) as server:
        pool = pool_to(server, most=1, pace=Pace(drain_within=0.02), limits=STEADY)
        run = asyncio.create_task(pool.run())
        await server.until(lambda: len(server.accepted) == 1)
        pool.drain()
        await run
    assert desk.kinds == {1: "Unsure", 2: "Returned"}


async def test_a_goodbye_in_place_of_the_answer_ends_a_drain(serve, desk, pool_to):
    desk.mails = [mail(row) for row in range(1, 10)]
    fault = Fault(at=Point.RECEIVED, hold=True, reply="421 4.3.2 bye", close=True)
    async with serve(fault, extensions=PIPED) as server:
        pool = pool_to(server, most=1, pace=Pace(drain_within=5), limits=STEADY)
        run = asyncio.create_task(pool.run())
        await server.until(lambda: sum(server.play.struck) == 1)
        pool.drain()
        server.release()
        end = await run
    assert end.reason == "drained"
    assert desk.kinds == {1: "Returned", 2: "Returned"}


async def test_cancelling_while_connecting_takes_no_mail(serve, desk, pool_to):
    desk.mails = [mail(1)]
    async with serve(Fault(at=Point.CONNECT, hold=True)) as server:
        run = asyncio.create_task(pool_to(server).run())
        await server.until(lambda: server.connections == 1)
        run.cancel()
        with pytest.raises(asyncio.CancelledError):
            await run
    assert desk.outcomes == []


async def test_a_drain_while_connecting_ends_at_once(serve, desk, pool_to):
    desk.mails = [mail(1)]
    async with serve(Fault(at=Point.CONNECT, hold=True)) as server:
        pool = pool_to(server)
        run = asyncio.create_task(pool.run())
        await server.until(lambda: server.connections == 1)
        pool.drain()
        end = await run
        server.release()
    assert end.reason == "drained"
    assert desk.outcomes == []


async def test_cancelling_settles_every_mail_that_was_taken(serve, desk, pool_to):
    desk.mails = [mail(row) for row in range(1, 10)]
    async with serve(Fault(at=Point.ACCEPTED, hang=True), extensions=PIPED) as server:
        run = asyncio.create_task(pool_to(server, most=1).run())
        await server.until(lambda: len(server.accepted) == 1)
        run.cancel()
        with pytest.raises(asyncio.CancelledError):
            await run
    assert desk.kinds == {1: "Unsure", 2: "Returned"}


async def test_new_mail_wakes_a_pool_that_had_nothing_to_do(serve, desk, pool_to):
    async with serve(extensions=PIPED) as server:
        pool = pool_to(server, limits=Limits(idle=0.02))
        finish_after(desk, 2, lambda: pool)
        run = asyncio.create_task(pool.run())
        await server.until(lambda: "QUIT" in server.commands)
        desk.mails = [mail(1), mail(2)]
        pool.wake()
        await run
    assert desk.kinds == {1: "Accepted", 2: "Accepted"}


async def test_the_rate_holds_for_all_lanes_together(serve, desk, pool_to, calls):
    bucket = TokenBucket(200, calls.clock)
    began = calls.clock()
    async with serve(extensions=PIPED) as server:
        pool, end = await run_all(server, desk, pool_to, 40, most=4, bucket=bucket)
    assert end.accepted == pool.accepted == 40
    assert calls.clock() - began >= 39 / 200 - 0.001


async def test_a_rate_is_not_spent_on_mail_that_is_not_there(serve, desk, pool_to, calls):
    bucket = TokenBucket(0.001, calls.clock, tokens=1)
    async with serve(extensions=PIPED) as server:
        pool = pool_to(server, bucket=bucket, limits=Limits(idle=5))
        empty = asyncio.Event()
        desk.on_empty = empty.set
        finish_after(desk, 1, lambda: pool)
        run = asyncio.create_task(pool.run())
        await empty.wait()
        desk.mails = [mail(1)]
        pool.wake()
        end = await run
    assert end.accepted == 1


def test_caps_survive_a_restart_and_a_broken_file_is_an_empty_one(tmp_path):
    path = tmp_path / "caps.json"
    here, there = Relay.parse("smtp://a.example"), Relay.parse("smtp://b.example")
    LearnedCaps(path).learn(here, Caps(lanes=3, mails=100))
    LearnedCaps(path).learn(there, Caps(lanes=1))
    assert LearnedCaps(path).of(here) == Caps(lanes=3, mails=100)
    assert LearnedCaps(path).of(there) == Caps(lanes=1)
    for broken in ("", "[]", '{"a.example:25": 4}', '{"a.example:25": {"lanes": -2}}', "{"):
        path.write_text(broken)
        assert LearnedCaps(path).of(here) == Caps()


def test_caps_that_cannot_be_written_stop_nobody(tmp_path):
    LearnedCaps(tmp_path / "absent" / "caps.json").learn(Relay.parse("smtp://a.example"), Caps())
