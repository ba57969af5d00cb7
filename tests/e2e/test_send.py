"""From approved editions to mails: who gets one, who does not, and what the rows say afterwards."""

from __future__ import annotations

import dataclasses
from datetime import timedelta
from pathlib import Path

import pytest

from briefings.errors import NotConfirmed, Refused
from briefings.model.reader import Section
from briefings.pipeline.control import accept, cancel, pause, resend, resume, unsure_rows
from briefings.pipeline.instance import backup, confirm, restore
from briefings.pipeline.open_issue import open_regular
from briefings.store import alerts, readers
from briefings.store.instants import stored
from briefings.testing.script import Fault, Point, Script
from tests.e2e.town import WEEK, Town, body, found, mail_server


def smtp(town: Town, port: int, **more: object) -> Town:
    return town.with_settings(mail_url=f"smtp://127.0.0.1:{port}", **more)


def ready(town: Town, count: int = 5) -> Town:
    town.news()
    town.readers(*[(f"r{n}@example.org", "mlops-engineer") for n in range(count)])
    town.approved()
    return town


def test_every_reader_gets_one_mail_with_the_news_that_concerns_them(town: Town) -> None:
    town.news()
    town.readers(
        ("ml@example.org", "mlops-engineer"),
        ("ds@example.org", "data-scientist"),
        ("both@example.org", "data-scientist;devops-engineer"),
        ("web@example.org", "web-developer"),
    )
    town.approved()
    town.send()
    mails = {mail["To"].addresses[0].addr_spec: body(mail) for mail in town.outbox()}
    assert set(mails) == {"ml@example.org", "ds@example.org", "both@example.org"}
    assert "Terraform 1.15.9 closes a hole" in mails["ml@example.org"]
    assert "KServe 0.20 drops an old API" in mails["ml@example.org"]
    assert "MLflow 3.11 is out" in mails["ds@example.org"]
    assert "KServe" not in mails["ds@example.org"]
    assert "MLflow 3.11 is out" in mails["both@example.org"]
    assert "Grafana 13.2 is here" in mails["both@example.org"]
    assert town.states() == {"accepted": 3, "skipped": 1}
    assert town.state_of("web@example.org") == ("skipped", "nothing new")


def test_sending_again_changes_nothing(town: Town) -> None:
    ready(town)
    town.send()
    before = sorted(path.name for path in (town.folder / "outbox" / "new").iterdir())
    town.send()
    town.send(None)
    assert sorted(path.name for path in (town.folder / "outbox" / "new").iterdir()) == before
    assert town.states() == {"accepted": 5}


def test_nothing_opens_before_the_cut_off_without_being_told(town: Town) -> None:
    ready(town)
    town.clock.forward(days=-3)
    with pytest.raises(Refused, match="cut-off of 2026-W34 is 2026-08-23 16:00 UTC"):
        town.send(now=False)
    assert not town.outbox()
    town.send(now=True)
    assert town.states() == {"accepted": 5}


def test_mails_leave_at_the_readers_hour(town: Town) -> None:
    town.news()
    town.readers(("east@example.org", "mlops-engineer"), timezone="Pacific/Auckland")
    town.readers(("west@example.org", "mlops-engineer"), timezone="America/Los_Angeles")
    town.approved()
    town.clock.now = town.clock.now.replace(day=23, hour=20)
    town.send(now=False)
    assert [m["To"].addresses[0].addr_spec for m in town.outbox()] == ["east@example.org"]
    assert town.states() == {"accepted": 1, "pending": 1}
    town.clock.forward(hours=18.9)
    town.send(now=False)
    assert len(town.outbox()) == 1
    town.clock.forward(hours=0.2)
    town.send(now=False)
    assert town.states() == {"accepted": 2}


def test_nothing_approved_is_nothing_sent(town: Town) -> None:
    town.news()
    town.readers(("a@example.org", "mlops-engineer"))
    with pytest.raises(Refused, match="Nothing of 2026-W34 is approved"):
        town.send()
    assert not town.outbox()


def test_who_leaves_after_the_freeze_gets_no_mail(town: Town) -> None:
    ready(town, 2)
    open_regular(town.app.chain, WEEK)
    with town.app.db.write() as tx:
        leaver = readers.by_email(tx, "r1@example.org")
        assert leaver is not None
        assert readers.leave(tx, leaver.id, specializations=None, now=town.clock())
    town.send()
    assert [m["To"].addresses[0].addr_spec for m in town.outbox()] == ["r0@example.org"]
    assert town.state_of("r1@example.org") == ("skipped", "left")


def test_who_confirms_after_the_freeze_began_has_no_row_even_holding_an_item(town: Town) -> None:
    ready(town, 3)
    with town.app.db.write() as tx:
        late = readers.by_email(tx, "r1@example.org")
        assert late is not None
        tx.execute(
            "UPDATE reader SET confirmed_at = :later WHERE id = :id",
            later=stored(town.clock() + timedelta(hours=1)),
            id=late.id,
        )
        tx.execute(
            "INSERT INTO received (item_id, reader_id, delivery_id) "
            "SELECT MIN(item_id), :id, 4711 FROM placement",
            id=late.id,
        )
    town.send()
    assert town.states() == {"accepted": 2}


def test_changed_preferences_after_the_freeze_make_the_list_anew(town: Town) -> None:
    town.news()
    town.readers(("a@example.org", "mlops-engineer;data-scientist"))
    town.approved()
    open_regular(town.app.chain, WEEK)
    with town.app.db.write() as tx:
        reader = readers.by_email(tx, "a@example.org")
        assert reader is not None
        chosen = dataclasses.replace(
            reader.preferences,
            specializations=("data-scientist",),
            sections_off=(Section.RELATED,),
        )
        readers.set_preferences(tx, reader.id, chosen, "UTC", None, town.clock())
    town.send()
    (mail,) = town.outbox()
    assert "MLflow 3.11 is out" in body(mail)
    assert "Terraform" not in body(mail)
    assert town.states() == {"accepted": 1}


def test_one_refused_reader_stops_nobody_else(town: Town) -> None:
    ready(town)
    script = Script(faults=(Fault(at=Point.RCPT, recipient="r2@*", reply="550 5.1.1 unknown"),))
    with mail_server(script) as server:
        smtp(town, server.port).send()
        assert sorted(a.recipient for a in server.accepted) == [
            f"r{n}@example.org" for n in (0, 1, 3, 4)
        ]
    assert town.states() == {"accepted": 4, "rejected": 1}
    state, reason = town.state_of("r2@example.org")
    assert state == "rejected"
    assert reason is not None
    assert "5.1.1" in reason


def test_a_later_please_is_tried_again_when_its_time_comes(town: Town) -> None:
    ready(town, 3)
    script = Script(
        faults=(Fault(at=Point.RCPT, recipient="r1@*", times=1, reply="450 4.2.0 greylisted"),)
    )
    with mail_server(script) as server:
        relayed = smtp(town, server.port)
        relayed.send()
        assert town.states() == {"accepted": 2, "deferred": 1}
        relayed.send()
        assert len(server.accepted) == 2
        town.clock.forward(minutes=6)
        relayed.send()
        assert len(server.accepted) == 3
    assert town.states() == {"accepted": 3}


def test_a_lost_answer_is_unsure_and_goes_again_only_by_a_persons_word(town: Town) -> None:
    ready(town, 3)
    script = Script(faults=(Fault(at=Point.ACCEPTED, first=2, last=2, close=True),))
    with mail_server(script) as server:
        relayed = smtp(town, server.port, lanes=1)
        relayed.send()
        assert town.states() == {"accepted": 2, "unsure": 1}
        (row,) = unsure_rows(relayed.app.chain, "2026-W34-regular")
        assert row.email
        relayed.send()
        assert len(server.accepted) == 3
        assert resend(relayed.app.chain, "2026-W34-regular") == 1
        relayed.send()
        assert len(server.accepted) == 4
    assert town.states() == {"accepted": 3}


def test_unsure_can_be_taken_as_accepted(town: Town) -> None:
    ready(town, 1)
    script = Script(faults=(Fault(at=Point.ACCEPTED, close=True, times=1),))
    with mail_server(script) as server:
        smtp(town, server.port).send()
    assert accept(town.app.chain, "2026-W34-regular") == 1
    assert town.states() == {"accepted": 1}


def test_a_relay_that_refuses_everything_burns_nobody(town: Town) -> None:
    ready(town, 5)
    script = Script(faults=(Fault(at=Point.RCPT, reply="550 5.7.1 policy"),))
    with mail_server(script) as server:
        done = smtp(town, server.port).send()
    assert town.states() == {"pending": 5}
    (issue,) = done.issues
    assert issue.state == "paused"
    assert "5.7.1" in (issue.reason or "")
    assert_told(town, "5.7.1")
    with mail_server() as server:
        relayed = smtp(town, server.port)
        relayed.send()
        assert not server.accepted
        resume(relayed.app.chain, issue.name)
        relayed.send()
        assert len(server.accepted) == 5


def test_twenty_equal_refusals_are_about_us_and_taken_back(town: Town) -> None:
    ready(town, 40)
    script = Script(faults=(Fault(at=Point.RCPT, reply="554 no"),))
    with mail_server(script) as server:
        done = smtp(town, server.port).send()
    assert town.states() == {"pending": 40}
    assert done.issues[0].state == "paused"
    assert_told(town, "554")


def assert_told(town: Town, words: str) -> None:
    """The operator hears of a pause, once for the same words of a day."""
    with town.app.db.read() as tx:
        (told,) = alerts.unmailed(tx)
    assert "Paused, nobody was burnt" in told.text
    assert words in told.text


def test_pause_and_cancel(town: Town) -> None:
    ready(town, 3)
    chain = town.app.chain
    open_regular(chain, WEEK)
    assert "paused" in pause(chain, "2026-W34-regular", "a look first")
    assert "already" in pause(chain, "2026-W34-regular", "again")
    town.send()
    assert not town.outbox()
    assert "3 mails will not leave" in cancel(chain, "2026-W34-regular")
    assert town.states() == {"skipped": 3}
    with pytest.raises(Refused, match="cancelled"):
        resume(chain, "2026-W34-regular")
    with pytest.raises(Refused, match="cancelled"):
        pause(chain, "2026-W34-regular", "too late")


def test_a_copied_installation_sends_nothing_until_confirmed(town: Town, tmp_path: Path) -> None:
    ready(town, 2)
    chain = town.app.chain
    copy = tmp_path / "backup.db"
    backup(chain, copy)
    restore(chain, copy)
    with pytest.raises(NotConfirmed, match="restore confirm"):
        town.send()
    assert not town.outbox()
    confirm(chain)
    town.send()
    assert town.states() == {"accepted": 2}


def test_an_installation_that_was_never_set_up_says_so(tmp_path: Path) -> None:
    town = found(tmp_path)
    (tmp_path / "instance").unlink()
    with pytest.raises(NotConfirmed):
        town.send()


def test_a_domain_beyond_ascii_needs_no_extension_of_the_server(town: Town) -> None:
    town.news()
    town.readers(("zoe@bücher.example", "mlops-engineer"), ("é@example.org", "mlops-engineer"))
    town.approved()
    with mail_server(Script(extensions=("PIPELINING",))) as server:
        smtp(town, server.port).send()
        assert [a.recipient for a in server.accepted] == ["zoe@xn--bcher-kva.example"]
    assert town.states() == {"accepted": 1, "rejected": 1}
    state, reason = town.state_of("é@example.org")
    assert state == "rejected"
    assert reason
