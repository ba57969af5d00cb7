"""Letters go before briefings through the same lanes, twice rather than never, and die with age."""

from __future__ import annotations

import threading
from datetime import timedelta

import pytest

from briefings.errors import NotConfirmed
from briefings.model.letter import WHILE_STOPPED, LetterKind, NewLetter
from briefings.pipeline import people
from briefings.pipeline.alerts import alert
from briefings.pipeline.halt import go, stop
from briefings.pipeline.letters import KEPT_FOR, tidy
from briefings.pipeline.mailboxes import Mailboxes
from briefings.pipeline.recorded import recorded
from briefings.pipeline.send import serve_sending
from briefings.pipeline.signing_in import ask
from briefings.store import instance, letters, processes
from briefings.testing.script import Fault, Point, Script
from tests.e2e.town import Town, body, mail_server

READER = ("ada@example.org", "mlops-engineer")


def queue(town: Town, to: str = "new@example.org", *, key: str = "", **more: object) -> int:
    now = town.clock()
    values: dict[str, object] = {
        "key": key or f"test:{to}",
        "kind": LetterKind.CONFIRM,
        "recipient": to,
        "subject_id": 7,
        "payload": {"specializations": "mlops-engineer;data-scientist"},
        "expires_at": now + timedelta(days=7),
        **more,
    }
    with town.app.db.write() as tx:
        number = letters.queue(tx, NewLetter(**values), now)  # pyright: ignore[reportArgumentType]
    assert number is not None
    return number


def states(town: Town) -> dict[str, int]:
    with town.app.db.read() as tx:
        return {state.value: count for state, count in letters.states(tx).items()}


def test_a_letter_goes_without_any_issue_and_once(town: Town) -> None:
    queue(town)
    town.send(None)
    town.send(None)
    (mail,) = town.outbox()
    assert mail["to"] == "new@example.org"
    assert mail["subject"] == "Confirm that you want Briefings"
    assert mail["auto-submitted"] == "auto-generated"
    assert mail["list-unsubscribe"] is None
    assert "MLOps Engineer and Data Scientist" in body(mail)
    assert "https://briefings.example/confirm/" in body(mail)
    assert states(town) == {"accepted": 1}


def test_letters_go_before_the_briefings_of_the_same_run(town: Town) -> None:
    town.news()
    town.readers(READER)
    town.approved()
    with mail_server() as server:
        other = town.with_settings(mail_url=f"smtp://127.0.0.1:{server.port}", lanes=1)
        queue(other)
        other.send()
        went = [mail.recipient for mail in server.accepted]
    assert went == ["new@example.org", "ada@example.org"]


def test_a_letter_to_an_international_address_goes_with_an_ascii_domain(town: Town) -> None:
    queue(town, "Ada+lists@Bücher.example")
    town.send(None)
    (mail,) = town.outbox()
    assert mail["to"] == "Ada+lists@xn--bcher-kva.example"


@pytest.mark.parametrize("to", ["a b@example.org", "x@y@z"])
def test_an_address_that_cannot_be_mailed_ends_rejected_and_stops_nobody(
    town: Town, to: str
) -> None:
    queue(town, to)
    queue(town, "fine@example.org")
    town.send(None)
    assert [mail["to"] for mail in town.outbox()] == ["fine@example.org"]
    assert states(town) == {"rejected": 1, "accepted": 1}


def relayed(town: Town, *faults: Fault) -> Town:
    with mail_server(Script(faults=faults)) as server:
        other = town.with_settings(mail_url=f"smtp://127.0.0.1:{server.port}", lanes=1)
        other.send(None)
        town.notes = [one.recipient for one in server.accepted]
        other.app.db.dispose()
    return town


def test_an_unsure_letter_goes_again(town: Town) -> None:
    queue(town)
    relayed(town, Fault(at=Point.ACCEPTED, close=True))
    assert town.notes == ["new@example.org"]
    assert states(town) == {"deferred": 1}
    town.clock.forward(minutes=6)
    relayed(town)
    assert town.notes == ["new@example.org"]
    assert states(town) == {"accepted": 1}


def test_a_letter_that_was_put_off_waits_its_five_minutes(town: Town) -> None:
    queue(town)
    relayed(town, Fault(at=Point.RCPT, reply="450 4.2.0 later"))
    assert states(town) == {"deferred": 1}
    town.clock.forward(minutes=4)
    relayed(town)
    assert town.notes == []
    town.clock.forward(minutes=2)
    relayed(town)
    assert town.notes == ["new@example.org"]


def test_a_letter_whose_reader_does_not_exist_ends(town: Town) -> None:
    queue(town)
    relayed(town, Fault(at=Point.RCPT, reply="550 5.1.1 no such user"))
    assert states(town) == {"rejected": 1}


def test_a_server_that_refuses_us_burns_no_letter(town: Town) -> None:
    queue(town)
    relayed(town, Fault(at=Point.MAIL, reply="550 5.7.1 go away"))
    assert states(town) in ({"deferred": 1}, {"pending": 1})


def test_a_letter_is_given_up_when_its_link_is_too_old(town: Town) -> None:
    queue(town, expires_at=town.clock() + timedelta(minutes=20))
    relayed(town, Fault(at=Point.RCPT, reply="450 4.2.0 later"))
    town.clock.forward(minutes=6)
    relayed(town, Fault(at=Point.RCPT, reply="450 4.2.0 later"))
    assert states(town) == {"deferred": 1}
    town.clock.forward(minutes=11)
    relayed(town, Fault(at=Point.RCPT, reply="450 4.2.0 later"))
    assert states(town) == {"expired": 1}


def test_a_letter_that_nobody_sent_in_time_expires(town: Town) -> None:
    queue(town, expires_at=town.clock() + timedelta(minutes=20))
    town.clock.forward(minutes=20)
    queue(town, "other@example.org")
    town.send(None)
    assert [mail["to"] for mail in town.outbox()] == ["other@example.org"]
    assert states(town) == {"expired": 1, "accepted": 1}


def test_what_a_dead_process_had_claimed_goes_again(town: Town) -> None:
    queue(town)
    with town.app.db.write() as tx:
        assert letters.claim(tx, fence=4711, now=town.clock(), limit=5)
    tidy(town.app.chain, town.clock())
    town.send(None)
    assert len(town.outbox()) == 1


def test_what_a_living_process_has_claimed_is_left_to_it(town: Town) -> None:
    queue(town)
    with town.app.db.write() as tx:
        alive = processes.register(
            tx, host="elsewhere", boot_id="b", log_path="/nowhere", now=town.clock()
        )
        letters.claim(tx, fence=alive.fence, now=town.clock(), limit=5)
    town.send(None)
    assert town.outbox() == []
    assert states(town) == {"claimed": 1}


def test_a_copied_database_sends_no_letter(town: Town) -> None:
    queue(town)
    with town.app.db.write() as tx:
        instance.set_instance_id(tx, "another one")
    with pytest.raises(NotConfirmed):
        town.send(None)
    assert town.outbox() == []


def test_a_finished_letter_is_forgotten_with_its_address(town: Town) -> None:
    queue(town)
    town.send(None)
    tidy(town.app.chain, town.clock() + KEPT_FOR)
    assert states(town) == {"accepted": 1}
    tidy(town.app.chain, town.clock() + KEPT_FOR + timedelta(seconds=1))
    assert states(town) == {}


def test_a_service_sends_a_letter_that_comes_while_it_idles(town: Town) -> None:
    stopping = threading.Event()
    arrived = threading.Event()
    folder = town.folder / "outbox" / "new"

    def run() -> None:
        serve_sending(town.app.chain, town.settings, stopping)

    thread = threading.Thread(target=run)
    thread.start()
    try:
        queue(town)
        for _ in range(200):
            if folder.is_dir() and any(folder.iterdir()):
                break
            arrived.wait(0.05)
    finally:
        stopping.set()
        thread.join(40)
    assert [mail["to"] for mail in town.outbox()] == ["new@example.org"]
    assert states(town) == {"accepted": 1}


def test_an_alert_reaches_the_operator_once(town: Town) -> None:
    alert(
        town.app.chain,
        "w34",
        "The edition of MLOps Engineer is held: its pay figure needs a source.",
    )
    town.send(None)
    assert town.outbox() == []
    told = town.with_settings(operator="Night watch <ops@example.org>")
    for _ in range(2):
        queue(told, f"{_}@example.org")
        told.send(None)
    mails = [mail for mail in told.outbox() if mail["to"] == "ops@example.org"]
    assert len(mails) == 1
    assert "The edition of MLOps Engineer is held" in mails[0]["subject"]
    assert "its pay figure needs a source" in body(mails[0])
    told.app.db.dispose()


def test_no_letter_to_a_reader_leaves_while_everything_is_stopped(town: Town) -> None:
    waits = set(LetterKind) - WHILE_STOPPED
    for kind in waits:
        queue(town, f"{kind}@example.org", kind=kind)
    stop(town.app.chain, by="tester")
    town.send(None)
    assert states(town) == {"pending": len(waits)}
    assert town.outbox() == []


def test_what_waited_leaves_when_everything_goes_on(town: Town) -> None:
    queue(town)
    stop(town.app.chain, by="tester")
    town.send(None)
    go(town.app.chain)
    town.send(None)
    assert states(town) == {"accepted": 1}


def test_links_into_the_desk_and_alerts_leave_while_everything_is_stopped(town: Town) -> None:
    told = town.with_settings(operator="ops@example.org")
    chain = told.app.chain
    with recorded(chain, by="test", route="test", act="add") as record:
        ana = people.add(
            record, "ana@example.org", name="", roles=["operator"], may_approve_own=True
        )
    stop(chain, by="tester")
    queue(told)
    alert(chain, "w34", "The mail server refuses us.")
    ask(
        chain,
        Mailboxes.of(told.app.db, told.settings.secrets),
        ana.email,
        browser="a secret",
        asked_from="192.0.2.1",
        route="test",
    )
    told.send(None)
    mails = {str(mail["to"]): body(mail) for mail in told.outbox()}
    assert mails.keys() == {"ana@example.org", "ops@example.org"}
    assert "https://briefings.example/desk/sign-in/" in mails["ana@example.org"]
    assert "refuses us" in mails["ops@example.org"]
    assert states(told) == {"accepted": 2, "pending": 1}
    told.app.db.dispose()
