import os
import subprocess
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from briefings.deliver.send_log import (
    LogReading,
    Owner,
    SendLog,
    boot_id,
    is_held,
    read_log,
    recover,
)
from briefings.errors import Misconfigured
from briefings.model.reply import Accepted, Deferred, Rejected, Returned, Stage, Unsure, read_reply

OWNER = Owner(process="p1", instance="i1", host="host one", boot="b1", fence=7)


@pytest.fixture
def log(tmp_path):
    made = SendLog.create(tmp_path, OWNER)
    yield made
    made.close(delete=False)


def reply(code=250, text="2.0.0 ok", stage=Stage.FINAL):
    return read_reply(code, text, stage)


def test_a_fresh_log_is_locked_and_names_its_owner(log, tmp_path):
    assert log.path == tmp_path / "send-p1.log"
    assert is_held(log.path)
    assert read_log(log.path) == LogReading(owner=OWNER, answers={}, departed=frozenset())
    assert [entry.name for entry in tmp_path.iterdir()] == ["send-p1.log"]


def test_departures_are_in_the_file_before_the_call_returns(log):
    log.departing(41)
    assert log.path.read_bytes().endswith(b"D 41\n")


def test_answers_go_along_with_the_next_departure_in_one_write(log):
    log.departing(1)
    log.answered(1, reply())
    assert b"A 1" not in log.path.read_bytes()
    log.departing(2)
    assert log.path.read_bytes().endswith(b"D 1\nA 1 250 2.0.0 final\nD 2\n")
    reading = read_log(log.path)
    assert reading.answers[1].code == 250
    assert reading.departed == {2}


def test_what_never_left_is_not_departed(log):
    log.departing(1)
    log.never_left(1)
    log.flush()
    log.flush()
    assert read_log(log.path).departed == frozenset()


def test_only_the_last_word_on_a_row_counts(log):
    log.departing(1)
    log.answered(1, reply(451, "later"))
    log.departing(1)
    reading = read_log(log.path)
    assert reading.answers == {}
    assert reading.departed == {1}


def test_reading_keeps_only_the_rows_asked_for(log):
    for row in range(50):
        log.departing(row)
        log.answered(row, reply())
    log.flush()
    assert sorted(read_log(log.path, rows={3, 4, 99}).answers) == [3, 4]


def test_a_torn_last_line_is_passed_over(log):
    log.departing(12)
    with log.path.open("ab") as more:
        more.write(b"A 12 25")
    assert read_log(log.path).departed == {12}


@pytest.mark.parametrize(
    "junk",
    [b"", b"\n", b"X 1\n", b"D x\n", b"A 1 250\n", b"A 1 250 - nowhere\n", b"A 1 \xff - final\n"],
)
def test_foreign_lines_are_passed_over(log, junk):
    log.departing(1)
    with log.path.open("ab") as more:
        more.write(junk)
    assert read_log(log.path).departed == {1}


@pytest.mark.parametrize(
    "header", [b"", b"something else\n", b"briefings-send-log\ta\tb\tc\td\tx\n"]
)
def test_a_log_without_its_header_proves_nothing(tmp_path, header):
    path = tmp_path / "send-x.log"
    path.write_bytes(header)
    reading = read_log(path)
    assert reading.owner is None
    assert isinstance(recover([1], reading, same_boot=True)[1], Unsure)


def test_the_lock_dies_with_its_process(tmp_path):
    program = (
        "import sys, os, signal\n"
        "from pathlib import Path\n"
        "from briefings.deliver.send_log import SendLog, Owner\n"
        "log = SendLog.create(Path(sys.argv[1]),"
        " Owner(process='dead', instance='i', host='h', boot='b', fence=1))\n"
        "log.departing(5)\n"
        "os.kill(os.getpid(), signal.SIGKILL)\n"
    )
    subprocess.run([sys.executable, "-c", program, str(tmp_path)], check=False)
    path = tmp_path / "send-dead.log"
    assert not is_held(path)
    assert read_log(path).departed == {5}


def test_closing_keeps_waiting_answers_and_lets_go(tmp_path):
    log = SendLog.create(tmp_path, OWNER)
    log.departing(1)
    log.answered(1, reply())
    log.close(delete=False)
    assert not is_held(log.path)
    assert 1 in read_log(log.path).answers


def test_closing_after_the_last_settle_deletes(tmp_path):
    log = SendLog.create(tmp_path, OWNER)
    log.close(delete=True)
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_cannot_be_written_is_named(tmp_path):
    with pytest.raises(Misconfigured, match="STATE_DIR"):
        SendLog.create(tmp_path / "absent", OWNER)


def test_a_failed_start_leaves_nothing_behind(tmp_path, monkeypatch):
    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(Misconfigured, match="No space left"):
        SendLog.create(tmp_path, OWNER)
    assert list(tmp_path.iterdir()) == []


def test_an_owner_cannot_break_the_header(tmp_path):
    with pytest.raises(ValueError, match="line break"):
        SendLog.create(tmp_path, Owner(process="p", instance="a\nb", host="h", boot="b", fence=1))


def test_a_full_disk_stops_the_departure_and_the_next_record_is_whole(log, monkeypatch):
    log.departing(1)
    log.answered(1, reply())
    real = os.write
    monkeypatch.setattr(os, "write", lambda fd, data: real(fd, data[:5]))
    with pytest.raises(OSError, match="No space left"):
        log.departing(2)
    monkeypatch.undo()
    log.departing(3)
    reading = read_log(log.path)
    assert reading.departed == {3}
    assert list(reading.answers) == [1]


def test_answers_and_silence_are_told_apart_after_a_crash():
    reading = LogReading(
        owner=OWNER,
        answers={
            1: reply(),
            2: reply(451, "4.2.0 later", Stage.RCPT),
            3: reply(550, "5.1.1 no", Stage.RCPT),
            4: reply(421, "bye", Stage.FINAL),
        },
        departed=frozenset({5}),
    )
    found = recover([1, 2, 3, 4, 5, 6], reading, same_boot=True)
    kinds = [type(found[row]) for row in (1, 2, 3, 4, 5, 6)]
    assert kinds == [Accepted, Deferred, Rejected, Returned, Unsure, Returned]


def test_silence_proves_nothing_after_a_power_cut_or_a_lost_log():
    reading = LogReading(owner=OWNER, answers={1: reply()}, departed=frozenset({2}))
    found = recover([1, 2, 3], reading, same_boot=False)
    assert [type(found[row]) for row in (1, 2, 3)] == [Accepted, Unsure, Unsure]
    assert isinstance(recover([1], None, same_boot=True)[1], Unsure)


def test_the_same_boot_needs_a_boot_and_a_host_that_agree():
    other = Owner(process="p2", instance="i1", host="host one", boot="b1", fence=8)
    assert OWNER.same_boot(other)
    assert not OWNER.same_boot(Owner(process="p", instance="i", host="x", boot="b1", fence=1))
    unknown = Owner(process="p", instance="i", host="h", boot="", fence=1)
    assert not unknown.same_boot(unknown)


def test_a_boot_has_one_name(tmp_path, monkeypatch):
    assert boot_id() == boot_id()
    monkeypatch.setattr("briefings.deliver.send_log._BOOT_FILE", tmp_path / "absent")
    monkeypatch.setattr("briefings.deliver.send_log._SYSCTL", tmp_path / "absent")
    assert not boot_id()
    program = tmp_path / "sysctl"
    program.write_text("#!/bin/sh\necho this-boot\n")
    program.chmod(0o700)
    monkeypatch.setattr("briefings.deliver.send_log._SYSCTL", program)
    assert boot_id() == "this-boot"


@given(
    st.lists(st.tuples(st.sampled_from("DAN"), st.integers(1, 6)), max_size=40), st.integers(0, 9)
)
def test_whatever_was_cut_off_no_answered_row_turns_unsent(tmp_path_factory, steps, cut):
    folder = tmp_path_factory.mktemp("log")
    log = SendLog.create(folder, OWNER)
    last: dict[int, str] = {}
    for kind, row in steps:
        if kind == "D":
            log.departing(row)
        elif kind == "A":
            log.answered(row, reply())
        else:
            log.never_left(row)
        last[row] = kind
    log.flush()
    log.close(delete=False)
    if cut and last:
        data = log.path.read_bytes()
        tail = data[: data[:-1].rfind(b"\n") + 1]
        log.path.write_bytes(data + b"A 1 25"[:cut] if cut < 6 else tail + data[len(tail) :])
    reading = read_log(log.path)
    for row, kind in last.items():
        assert (row in reading.answers) == (kind == "A")
        assert (row in reading.departed) == (kind == "D")
