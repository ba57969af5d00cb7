"""What else goes wrong while an issue is sent: nothing is lost, nothing repeated, nobody burnt."""

from __future__ import annotations

import dataclasses
import os
import signal
import sqlite3
import ssl
import threading
import time
from collections import Counter
from collections.abc import Callable
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import pytest
import trustme

from briefings.errors import BriefingsError
from briefings.pipeline.control import pause, resend, resume
from briefings.pipeline.open_issue import open_regular
from briefings.pipeline.recovery import Recovery
from briefings.pipeline.send import send_due, serve_sending
from briefings.store import alerts, processes
from briefings.testing.ledger import read_ledger
from briefings.testing.script import Fault, Point, Script
from briefings.testing.smtp_server import ScriptedServer
from briefings.wiring import build
from tests.e2e.town import WEEK as THE_WEEK
from tests.e2e.town import Town, found, mail_server
from tests.smtp.office import READERS, WEEK, Office, ended, found_again, judge, served

ISSUE = "2026-W34-regular"
SLOW = Script(faults=(Fault(at=Point.RECEIVED, delay=0.05),))


def rows(folder: Path) -> dict[str, str]:
    town = found_again(folder)
    with town.app.db.read() as tx:
        found_rows = tx.rows(
            "SELECT reader.email, delivery.state FROM delivery "
            "JOIN reader ON reader.id = delivery.reader_id"
        )
    town.app.db.dispose()
    return {who: state for who, state in found_rows}  # noqa: C416 - rows are not pairs to ruff


def accepted(office: Office) -> Counter[str]:
    return Counter(one.recipient for one in read_ledger(office.folder / "ledger.txt"))


def small_town(folder: Path, readers: int = 5, **settings: object) -> Town:
    town = found(folder, **settings)
    town.news()
    town.readers(*[(f"r{n}@example.org", "mlops-engineer") for n in range(readers)])
    town.approved()
    return town


def stop_outside_of_a_unit(pid: int, folder: Path) -> None:
    """Stop a process where it does not hold the write lock, which nobody else could get then."""
    while True:
        os.kill(pid, signal.SIGSTOP)
        with closing(
            sqlite3.connect(folder / "subscribers.db", timeout=0.2, isolation_level=None)
        ) as beside:
            try:
                beside.execute("BEGIN IMMEDIATE")
                beside.execute("ROLLBACK")
            except sqlite3.OperationalError:
                os.kill(pid, signal.SIGCONT)
            else:
                return


# ---- processes ------------------------------------------------------------------------------


def test_sigterm_drains_and_leaves_nothing_unsure(founded: Path, tmp_path: Path):
    with served(founded, tmp_path, SLOW) as office:
        sending = office.start("none", 1, "send", "--week", WEEK, "--now")
        office.until(lambda: office.server.accepted_count >= 5)
        assert sending.pid
        os.kill(sending.pid, signal.SIGTERM)
        assert ended(sending) == 1
        states = Counter(rows(tmp_path).values())
        assert set(states) == {"accepted", "pending"}
        assert states["accepted"] == sum(accepted(office).values())
        office.on_server(lambda: setattr(office.server, "script", Script()))
        assert office.send() == 0
        assert judge(office, kills=0) == {"accepted": READERS}


def test_a_stopped_process_that_goes_on_later_sends_nothing(founded: Path, tmp_path: Path):
    """Its lease lapsed, its rows became unsure, a person had them sent again: it must stay quiet."""
    lease = 2.0
    # The server keeps the answer to the sixth mail, so no body is leaving when the process stops.
    withheld = Script(faults=(Fault(at=Point.ACCEPTED, first=6, hold=True),))
    with served(founded, tmp_path, withheld) as office:
        office.lanes = 1
        sending = office.start("lease", int(lease), "send", "--week", WEEK, "--now")
        office.until(lambda: office.server.accepted_count >= 6)
        assert sending.pid
        stop_outside_of_a_unit(sending.pid, tmp_path)
        stopped = time.monotonic()
        office.on_server(lambda: setattr(office.server, "script", Script()))
        office.on_server(office.server.release)
        claimed = [who for who, state in rows(tmp_path).items() if state == "claimed"]
        assert claimed
        assert office.send_with_work_left() == 1  # all but what the stopped one holds
        town = found_again(tmp_path)
        later = [0.0]
        chain = dataclasses.replace(town.app.chain, monotonic=lambda: later[0])
        recovery = Recovery(chain, host=os.uname().nodename, lease=lease)
        assert recovery.run() == []
        later[0] += 2.1 * lease
        (note,) = recovery.run()
        assert f"{len(claimed)} are unsure" in note
        assert resend(chain, ISSUE) == len(claimed)
        town.app.db.dispose()
        before_resend = accepted(office)
        assert office.send() == 0
        before = accepted(office)
        threading.Event().wait(max(0.0, stopped + 1.2 * lease - time.monotonic()))
        os.kill(sending.pid, signal.SIGCONT)
        assert ended(sending) in (0, 1)
        assert accepted(office) == before, "two processes sent one mail"
        repeated = {who for who, n in before.items() if n > 1}
        assert repeated <= set(claimed) & set(before_resend)
        assert Counter(rows(tmp_path).values()) == {"accepted": READERS}


def test_two_sends_at_once_make_one_issue_and_one_mail_each(founded: Path, tmp_path: Path):
    with served(founded, tmp_path, SLOW) as office:
        both = [office.start("none", 1, "send", "--week", WEEK, "--now") for _ in range(2)]
        assert {ended(one) for one in both} <= {0, 1}
        assert office.send() == 0
        assert judge(office, kills=0) == {"accepted": READERS}


def test_two_services_on_one_database_send_every_mail_once(tmp_path: Path):
    town = small_town(tmp_path, READERS)
    open_regular(town.app.chain, THE_WEEK)
    stopping = threading.Event()
    with mail_server(SLOW) as server:
        settings = town.with_settings(mail_url=f"smtp://127.0.0.1:{server.port}", lanes=2).settings
        apps = [build(settings, clock=town.clock, sleep=lambda _s: None) for _ in range(2)]
        services = [
            threading.Thread(target=serve_sending, args=(app.chain, settings, stopping))
            for app in apps
        ]
        for service in services:
            service.start()
        until(lambda: len(server.accepted) >= READERS)
        stopping.set()
        for service in services:
            service.join(20)
        assert len({one.recipient for one in server.accepted}) == len(server.accepted) == READERS
    assert town.states() == {"accepted": READERS}


def until(condition: Callable[[], bool], patience: float = 30.0) -> None:
    """Wait for something that happens in another thread."""
    end = time.monotonic() + patience
    while not condition():
        assert time.monotonic() < end
        threading.Event().wait(0.01)


def test_a_send_in_the_middle_of_a_send_and_a_pause_change_nothing(tmp_path: Path):
    town = small_town(tmp_path, 10)
    with mail_server(SLOW) as server:
        relayed = town.with_settings(mail_url=f"smtp://127.0.0.1:{server.port}", lanes=1)
        sending = threading.Thread(target=relayed.send)
        sending.start()
        until(lambda: len(server.accepted) >= 3)
        pause(town.app.chain, ISSUE, "a look")
        pause(town.app.chain, ISSUE, "a look")
        sending.join(20)
        gone = len(server.accepted)
        assert gone < 10
        assert town.states() == {"accepted": gone, "pending": 10 - gone}
        relayed.send()
        assert len(server.accepted) == gone
        resume(town.app.chain, ISSUE)
        resume(town.app.chain, ISSUE)
        relayed.send()
        relayed.send()
        assert Counter(one.recipient for one in server.accepted) == dict.fromkeys(
            [f"r{n}@example.org" for n in range(10)], 1
        )


# ---- what is left behind --------------------------------------------------------------------


@pytest.mark.parametrize("loss", ["log", "torn log", "boot", "host"])
def test_without_proof_claimed_rows_are_unsure(loss: str, founded: Path, tmp_path: Path):
    with served(founded, tmp_path) as office:
        assert office.send("after-D", 10) == -signal.SIGKILL
        claimed = [who for who, state in rows(tmp_path).items() if state == "claimed"]
        assert 0 < len(claimed) <= 16
        (log,) = tmp_path.glob("send-*.log")
        known = {who for who in claimed if who in accepted(office)}
        with sqlite3.connect(tmp_path / "subscribers.db") as db:
            if loss == "log":
                log.unlink()
            elif loss == "torn log":
                log.write_bytes(b"briefings-send-log\tx")
            elif loss == "boot":
                db.execute("UPDATE process SET boot_id = 'another'")
            else:
                db.execute("UPDATE process SET host = 'elsewhere', beat_at = 0")
        db.close()
        assert office.send() == 0
        states = judge(office, kills=len(claimed))
        answered = len(known) if loss == "boot" else 0
        assert states["unsure"] == len(claimed) - answered


# ---- the database ---------------------------------------------------------------------------


def test_a_full_disk_stops_with_one_line_and_loses_nothing(tmp_path: Path):
    town = small_town(tmp_path, 400)
    with town.app.db.write() as tx:
        (pages,) = tx.rows("PRAGMA page_count")[0]
        tx.rows(f"PRAGMA max_page_count = {pages + 2}")
    with mail_server() as server:
        relayed = dataclasses.replace(
            town, settings=town.with_settings(mail_url=f"smtp://127.0.0.1:{server.port}").settings
        )
        with pytest.raises(BriefingsError, match="free space on that disk"):
            relayed.send()
        assert not server.accepted
        with town.app.db.write() as tx:
            tx.rows("PRAGMA max_page_count = 1000000")
        relayed.send()
        assert len({one.recipient for one in server.accepted}) == len(server.accepted) == 400
    assert town.states() == {"accepted": 400}


def test_eight_writers_beside_it_stop_neither_sending_nor_each_other(tmp_path: Path):
    town = small_town(tmp_path, 60)
    over = threading.Event()
    written = Counter[int]()

    def write(number: int) -> None:
        with sqlite3.connect(tmp_path / "subscribers.db", isolation_level=None, timeout=10) as db:
            while not over.is_set():
                db.execute("BEGIN IMMEDIATE")
                db.execute("INSERT OR REPLACE INTO meta VALUES (?, 'x')", (f"writer {number}",))
                over.wait(0.003)
                db.execute("COMMIT")
                written[number] += 1
                over.wait(0.005)
        db.close()

    writers = [threading.Thread(target=write, args=(number,)) for number in range(8)]
    for writer in writers:
        writer.start()
    try:
        with mail_server() as server:
            town.with_settings(mail_url=f"smtp://127.0.0.1:{server.port}").send()
            assert len({one.recipient for one in server.accepted}) == len(server.accepted) == 60
    finally:
        over.set()
        for writer in writers:
            writer.join(10)
    assert town.states() == {"accepted": 60}
    assert len(written) == 8


@pytest.mark.parametrize(
    ("email", "name"),
    [
        ("x@example.org\r\nBcc: all@example.org", "X"),
        ("not an address", "X"),
        ("", "X"),
        ("x@example.org", "X\r\nBcc: all@example.org"),
        ("x@" + "a" * 300, "X"),
    ],
)
def test_a_poisoned_row_costs_only_itself(email: str, name: str, tmp_path: Path):
    town = small_town(tmp_path, 4)
    with town.app.db.write() as tx:
        tx.execute(
            "UPDATE reader SET email = :email, name = :name WHERE email = 'r1@example.org'",
            email=email,
            name=name,
        )
    with mail_server() as server:
        town.with_settings(mail_url=f"smtp://127.0.0.1:{server.port}").send()
        assert not [head for head in server.contents if b"\nBcc:" in head]
    states = town.states()
    assert states.pop("accepted") == 3
    assert sum(states.values()) == 1
    assert set(states) <= {"skipped", "rejected"}


# ---- the mail server ------------------------------------------------------------------------


def test_a_server_that_says_421_for_two_hours_is_left_and_burns_nobody(tmp_path: Path):
    town = small_town(tmp_path, 5)
    seconds = iter(range(0, 1_000_000, 2))
    script = Script(faults=(Fault(at=Point.MAIL, reply="421 4.3.2 not now", close=True),))
    with mail_server(script) as server:
        relayed = town.with_settings(mail_url=f"smtp://127.0.0.1:{server.port}")
        hurried = dataclasses.replace(relayed.app.chain, monotonic=lambda: float(next(seconds)))
        done = send_due(hurried, relayed.settings, THE_WEEK, ignore_hours=True)
        assert any("421" in note and "nobody was burnt" in note for note in done.notes)
        assert town.states() == {"pending": 5}
        town.clock.forward(hours=2)
        server.script = Script()
        relayed.send()
        assert len(server.accepted) == 5
    assert town.states() == {"accepted": 5}


def _refused(town: Town, url: str, server: ScriptedServer) -> tuple[str, list[str]]:
    """Send to a server that cannot be used; gives what is said, and the alerts."""
    relayed = town.with_settings(mail_url=url.format(port=server.port))
    done = send_due(relayed.app.chain, relayed.settings, THE_WEEK, ignore_hours=True)
    with town.app.db.read() as tx:
        told = [one.text for one in alerts.unmailed(tx)]
    return " ".join(done.notes), told


def test_a_stripped_starttls_never_sees_the_login_and_burns_nobody(
    tmp_path: Path, certificate: ssl.SSLContext
):
    town = small_town(tmp_path)
    script = Script(starttls=False, login=("me", "geheim"))
    with mail_server(script, tls=certificate) as server:
        said, told = _refused(town, "smtp+starttls://me:geheim@127.0.0.1:{port}", server)
    assert "STARTTLS" in said
    assert "STARTTLS" in told[0]
    assert "geheim" not in said + told[0]
    assert not [line for line in server.commands if line.startswith(("AUTH", "MAIL"))]
    assert town.states() == {"pending": 5}


@pytest.mark.parametrize("expired", [False, True], ids=["of nobody we trust", "expired"])
def test_a_bad_certificate_stops_before_the_login_and_burns_nobody(
    tmp_path: Path,
    authority: trustme.CA,
    monkeypatch: pytest.MonkeyPatch,
    expired: bool,
):
    town = small_town(tmp_path)
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    past = datetime(2020, 1, 1, tzinfo=UTC)
    authority.issue_cert("127.0.0.1", not_after=past if expired else None).configure_cert(context)
    if expired:
        authority.cert_pem.write_to_path(str(tmp_path / "ca.pem"))
        monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "ca.pem"))
    with mail_server(Script(login=("me", "geheim")), tls=context) as server:
        said, told = _refused(town, "smtp+starttls://me:geheim@127.0.0.1:{port}", server)
    assert ("expired" if expired else "certificate") in said
    assert told
    assert not [line for line in server.commands if line.startswith(("AUTH", "MAIL"))]
    assert town.states() == {"pending": 5}


def test_a_login_refused_in_mid_run_stops_alerts_and_the_rest_goes_later(
    tmp_path: Path,
    authority: trustme.CA,
    certificate: ssl.SSLContext,
    monkeypatch: pytest.MonkeyPatch,
):
    town = small_town(tmp_path, 30)
    authority.cert_pem.write_to_path(str(tmp_path / "ca.pem"))
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "ca.pem"))
    refusal = Fault(at=Point.AUTH, reply="535 5.7.8 password changed", first=2)
    script = Script(faults=(refusal,), login=("me", "pw"), mails_per_connection=10)
    url = "smtp+starttls://me:pw@127.0.0.1:{port}"
    with mail_server(script, tls=certificate) as server:
        town = town.with_settings(lanes=1)
        said, told = _refused(town, url, server)
        assert "535" in said
        assert "password changed" in told[0]
        assert town.states() == {"accepted": 10, "pending": 20}
        server.script = Script(login=("me", "pw"))
        _refused(town, url, server)
        assert len({one.recipient for one in server.accepted}) == len(server.accepted) == 30
    assert town.states() == {"accepted": 30}


def test_a_process_cleared_away_by_others_sends_nothing_more(tmp_path: Path):
    town = small_town(tmp_path, 30)
    with mail_server(SLOW) as server:
        relayed = town.with_settings(mail_url=f"smtp://127.0.0.1:{server.port}", lanes=1)
        sending = threading.Thread(
            target=send_due,
            args=(relayed.app.chain, relayed.settings, THE_WEEK),
            kwargs={"ignore_hours": True, "lease": 1.2},
        )
        sending.start()
        until(lambda: len(server.accepted) >= 3)
        with town.app.db.write() as tx:
            for process in processes.all(tx):
                processes.gone(tx, process.id)
        sending.join(20)
        assert len(server.accepted) < 30
        relayed.send()
        counted = Counter(one.recipient for one in server.accepted)
        assert max(counted.values()) == 1
    states = town.states()
    assert states["accepted"] + states.get("unsure", 0) == 30
