from datetime import UTC, datetime, timedelta

import pytest

from briefings.deliver.retry import RefusalWindow, expired, judge, next_attempt, outcome_of
from briefings.model.reply import (
    Accepted,
    Deferred,
    PauseIssue,
    PauseLane,
    Rejected,
    Returned,
    Stage,
    StopLane,
    Unsure,
    read_reply,
)

NOW = datetime(2026, 8, 24, 8, tzinfo=UTC)


@pytest.mark.parametrize(
    ("code", "text", "stage", "verdict"),
    [
        (250, "2.0.0 Ok: queued", Stage.FINAL, Accepted),
        (421, "4.3.2 shutting down", Stage.RCPT, PauseLane),
        (421, "too many connections", Stage.CONNECT, PauseLane),
        (421, "4.7.0 try again", Stage.FINAL, PauseLane),
        (450, "4.2.0 greylisted", Stage.RCPT, Deferred),
        (451, "local error", Stage.MAIL, Deferred),
        (452, "4.3.1 disk", Stage.DATA, Deferred),
        (454, "4.7.0 slow down", Stage.FINAL, Deferred),
        (450, "busy", Stage.CONNECT, PauseLane),
        (454, "TLS not available", Stage.STARTTLS, PauseLane),
        (454, "4.7.0 try later", Stage.AUTH, PauseLane),
        (535, "5.7.8 wrong password", Stage.AUTH, StopLane),
        (554, "5.7.0 refused", Stage.STARTTLS, StopLane),
        (554, "no SMTP service here", Stage.CONNECT, PauseIssue),
        (550, "who are you", Stage.EHLO, PauseIssue),
        (550, "5.1.0 sender refused", Stage.MAIL, PauseIssue),
        (550, "5.7.1 relaying denied", Stage.RCPT, PauseIssue),
        (554, "5.7.1 looks like spam", Stage.FINAL, PauseIssue),
        (550, "5.1.8 sender's domain not found", Stage.RCPT, PauseIssue),
        (550, "5.1.1 no such user", Stage.RCPT, Rejected),
        (552, "5.2.2 mailbox full", Stage.RCPT, Rejected),
        (550, "no such user", Stage.RCPT, Rejected),
        (552, "too many recipients", Stage.RCPT, Deferred),
        (554, "5.6.0 content", Stage.FINAL, Rejected),
    ],
)
def test_every_reply_has_the_verdict_of_p7(code, text, stage, verdict):
    assert isinstance(judge(read_reply(code, text, stage)), verdict)


def test_trouble_of_a_lane_gives_the_mail_back_and_burns_nobody():
    assert isinstance(outcome_of(read_reply(421, "bye", Stage.FINAL)), Returned)
    assert isinstance(outcome_of(read_reply(535, "no", Stage.AUTH)), Returned)
    assert isinstance(outcome_of(read_reply(250, "ok", Stage.FINAL)), Accepted)


def test_the_operator_can_read_which_step_was_refused():
    reply = read_reply(550, "5.1.1 no\x1b[31m such\u2028user", Stage.RCPT)
    assert str(reply) == "550 5.1.1 no [31m such user (at rcpt)"
    assert str(read_reply(354, "", Stage.DATA)) == "354 (at data)"


@pytest.mark.parametrize("code", [0, 199, 600, -1])
def test_a_number_outside_the_protocol_is_no_reply(code):
    with pytest.raises(ValueError, match="no SMTP reply code"):
        read_reply(code, "", Stage.MAIL)


def test_waits_double_from_five_minutes_to_four_hours():
    waits = [(next_attempt(n, NOW) - NOW) / timedelta(minutes=1) for n in (0, 1, 2, 3, 6, 7, 900)]
    assert waits == [5, 5, 10, 20, 160, 240, 240]


def test_jitter_only_lengthens_a_wait_and_by_a_tenth_at_most():
    assert next_attempt(1, NOW, jitter=0.5) - NOW == timedelta(minutes=5, seconds=15)


@pytest.mark.parametrize(
    ("first", "due_hours_ago", "ticked", "over"),
    [
        (48, 48, True, True),
        (47.9, 500, True, False),
        (48, 48, False, True),
        (None, 72, True, True),
        (None, 71.9, True, False),
        (None, 9000, False, False),
    ],
)
def test_a_delivery_expires_by_its_first_attempt_or_its_due_time(
    first, due_hours_ago, ticked, over
):
    first_at = None if first is None else NOW - timedelta(hours=first)
    due_at = NOW - timedelta(hours=due_hours_ago)
    assert expired(first_attempt_at=first_at, due_at=due_at, opened_by_tick=ticked, now=NOW) is over


def refusal(text="5.1.1 no such user"):
    return Rejected(read_reply(550, text, Stage.RCPT))


OK = Accepted(read_reply(250, "ok", Stage.FINAL))


def test_the_twentieth_equal_refusal_pauses_and_gives_all_twenty_back():
    window = RefusalWindow()
    for row in range(19):
        assert window.note(row, refusal()) is None
        assert window.note(1000 + row, OK) is None
    pause = window.note(19, refusal())
    assert pause is not None
    assert sorted(pause.rows) == list(range(20))
    assert "5.1.1" in pause.reason
    assert window.note(20, refusal()) is None


def test_refusals_that_differ_do_not_add_up():
    window = RefusalWindow()
    for row in range(60):
        assert window.note(row, refusal(f"5.1.{row % 4 + 1} no")) is None


def test_refusals_older_than_a_hundred_answers_are_forgotten():
    window = RefusalWindow()
    for row in range(19):
        window.note(row, refusal())
    for row in range(100):
        window.note(100 + row, OK)
    for row in range(19):
        assert window.note(300 + row, refusal()) is None


def test_what_is_no_answer_does_not_count():
    window = RefusalWindow()
    for row in range(200):
        assert window.note(row, Unsure("silence")) is None
        assert window.note(row, Returned("not sent")) is None


def test_an_agreement_ages_the_window_as_a_noted_answer_does():
    window = RefusalWindow()
    for row in range(19):
        assert window.note(row, refusal()) is None
    for row in range(19, 119):
        window.agreed(row)
    assert window.note(119, refusal()) is None
