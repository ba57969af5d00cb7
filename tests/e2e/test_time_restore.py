"""A database put back from yesterday mails nobody who left, and nothing that may have gone (P10)."""

from __future__ import annotations

import contextlib
import shutil
from datetime import timedelta
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from briefings.errors import Misconfigured, NotConfirmed
from briefings.links import Token
from briefings.model.delivery import IssueKind, IssueState
from briefings.pipeline.approve import approve
from briefings.pipeline.halt import stop
from briefings.pipeline.high_water import HighWater, remembered
from briefings.pipeline.holidays import skip
from briefings.pipeline.instance import (
    backup,
    confirm,
    init,
    refuse_if_exchanged,
    restore,
    unconfirmed,
)
from briefings.pipeline.leaving import come_back, leave
from briefings.pipeline.left_log import LeftLog
from briefings.pipeline.mailboxes import Mailboxes
from briefings.pipeline.open_issue import open_regular
from briefings.pipeline.reader import erase_reader, suppress
from briefings.pipeline.runs import run_status
from briefings.store import deliveries, issues, readers, suppression
from tests.e2e.almanac import Almanac
from tests.e2e.test_time_welcome import signed_up
from tests.e2e.town import SECRET, WEEK

SLUG = "mlops-engineer"


def keys() -> str:
    return SECRET


def put_back(place: Almanac, copy: Path) -> None:
    restore(place.app.chain, copy, keys)
    confirm(place.app.chain, keys)


def by_link(place: Almanac, email: str) -> Token:
    """The unsubscribe link of a reader's newest mail, or one without a mail behind it."""
    own = place.known(email)
    with place.app.db.read() as tx:
        rows = deliveries.of_reader(tx, own.id, 1)
    return Token(reader_id=own.id, delivery_id=rows[0].id if rows else 0, issued=0)


def left(place: Almanac, email: str, secret: str = SECRET) -> None:
    log = LeftLog(place.app.chain.state_dir, secret)
    leave(place.app.chain, log, by_link(place, email))


def running(place: Almanac) -> Almanac:
    place.write_news(WEEK, "One", "Two", "Three")
    place.readers(*((f"{n}@example.org", SLUG) for n in ("ana", "bo", "cy")))
    place.at("2026-08-22T12:00")
    place.approved()
    place.tick()
    return place


def test_who_left_after_the_backup_stays_out(place: Almanac, tmp_path: Path) -> None:
    running(place)
    left(place, "ana@example.org")
    copy = tmp_path / "yesterday.db"
    backup(place.app.chain, copy)
    place.clock.forward(hours=5)
    left(place, "bo@example.org")
    restore(place.app.chain, copy, keys)
    with pytest.raises(NotConfirmed):
        place.send()
    assert place.known("bo@example.org").left_at is not None
    assert confirm(place.app.chain, keys).left == 0  # the restore did it; twice is once
    done = place.send()
    assert place.recipients() == ["cy@example.org"], done


def test_leaving_taken_back_after_the_backup_is_taken_back_again(
    place: Almanac, tmp_path: Path
) -> None:
    running(place)
    copy = tmp_path / "yesterday.db"
    backup(place.app.chain, copy)
    place.clock.forward(hours=5)
    token = by_link(place, "bo@example.org")
    left(place, "bo@example.org")
    place.clock.forward(minutes=5)
    come_back(place.app.chain, LeftLog(place.app.chain.state_dir, SECRET), token, (SLUG,))
    put_back(place, copy)
    assert place.known("bo@example.org").left_at is None


def test_what_the_backup_knows_is_not_done_again(place: Almanac, tmp_path: Path) -> None:
    """Bo left and signed up anew by another way, which writes no line: the backup knows better."""
    running(place)
    left(place, "bo@example.org")
    place.clock.forward(hours=1)
    with place.app.db.write() as tx:
        readers.rejoin(tx, place.known("bo@example.org").id, (SLUG,), place.clock())
    copy = tmp_path / "yesterday.db"
    backup(place.app.chain, copy)
    put_back(place, copy)
    assert place.known("bo@example.org").left_at is None


def test_lines_under_an_older_key_and_torn_lines_are_read(place: Almanac, tmp_path: Path) -> None:
    running(place)
    copy = tmp_path / "yesterday.db"
    backup(place.app.chain, copy)
    place.clock.forward(hours=5)
    left(place, "bo@example.org", secret="o" * 40)
    with (place.app.chain.state_dir / "left.log").open("a") as file:
        file.write("2026-08-22T17:00:00Z left 0123\nno line at all\nx left 0123 *\n")
    restore(place.app.chain, copy, lambda: f"{SECRET},{'o' * 40}")
    assert place.known("bo@example.org").left_at is not None


def test_who_was_erased_or_suppressed_after_the_backup_is_again(
    place: Almanac, tmp_path: Path
) -> None:
    running(place)
    chain = place.app.chain
    copy = tmp_path / "yesterday.db"
    backup(chain, copy)
    place.clock.forward(hours=5)
    boxes, log = Mailboxes.of(chain.db, SECRET), LeftLog(chain.state_dir, SECRET)
    erase_reader(chain, boxes, log, "ana@example.org")
    assert suppress(chain, boxes, log, "bo@example.org")
    assert suppress(chain, boxes, log, "stranger@example.org")
    for _ in range(2):
        restore(chain, copy, keys)
        assert confirm(chain, keys).left == 0
        boxes = Mailboxes.of(chain.db, SECRET)  # the backup may name mailboxes under another key
        with place.app.db.read() as tx:
            assert readers.by_email(tx, "ana@example.org") is None
            assert boxes.suppressed(tx, "ana@example.org") == "erased"
            assert boxes.suppressed(tx, "stranger@example.org") == "operator"
        assert place.known("bo@example.org").suppressed
    place.send()
    assert place.recipients() == ["cy@example.org"]
    # Ana comes back by her own wish: no later replay takes her out again.
    place.clock.forward(hours=31 * 24)
    with place.app.db.write() as tx:
        suppression.lift(tx, boxes.names("ana@example.org"))
    place.reader("ana@example.org")
    put_back(place, backed_up(place, tmp_path))
    assert place.known("ana@example.org").left_at is None


def backed_up(place: Almanac, folder: Path) -> Path:
    copy = folder / "today.db"
    backup(place.app.chain, copy)
    return copy


def test_without_the_key_nothing_is_restored(place: Almanac, tmp_path: Path) -> None:
    running(place)
    copy = tmp_path / "yesterday.db"
    backup(place.app.chain, copy)
    left(place, "bo@example.org")
    with pytest.raises(Misconfigured, match="SECRET_KEY"):
        restore(place.app.chain, copy)
    assert place.known("bo@example.org").left_at is not None


def test_a_run_that_may_have_gone_before_the_restore_waits_for_a_person(
    place: Almanac, tmp_path: Path
) -> None:
    running(place)
    copy = tmp_path / "yesterday.db"
    backup(place.app.chain, copy)
    place.at("2026-08-23T16:00")
    place.tick()
    place.at("2026-08-23T16:30")
    put_back(place, copy)
    place.tick()
    assert place.issues() == []
    with place.app.db.read() as tx:
        found = run_status(tx, place.app.chain, WEEK, place.clock())
    assert found.state == "held"
    assert "restored" in (found.reason or "")
    # The week after, which nobody had when the backup was made, goes by itself.
    place.write_news(WEEK.next(), "Four", "Five", "Six")
    place.approved(WEEK.next())
    place.at("2026-08-30T16:00")
    place.tick()
    assert [issue.name for issue in place.issues()] == ["2026-W35-regular"]


def test_waves_that_the_backup_calls_pending_do_not_leave_again(
    place: Almanac, tmp_path: Path
) -> None:
    running(place)
    place.at("2026-08-23T16:00")
    place.tick()
    copy = tmp_path / "yesterday.db"
    backup(place.app.chain, copy)
    place.at("2026-08-24T09:00")
    place.send(None, now=False)
    assert len(place.outbox()) == 3
    put_back(place, copy)
    place.tick()
    place.send(None, now=False)
    place.send(now=False)
    assert len(place.outbox()) == 3
    (issue,) = place.issues()
    assert issue.state is IssueState.PAUSED
    assert "restored" in (issue.reason or "")


def test_a_half_made_freeze_of_the_backup_is_not_carried_on_by_a_tick(
    place: Almanac, tmp_path: Path
) -> None:
    running(place)
    place.at("2026-08-23T16:00")
    with place.app.db.write() as tx:
        issues.create(
            tx,
            week=str(WEEK),
            kind=IssueKind.REGULAR,
            n=1,
            began=place.clock(),
            opened_by_tick=True,
            now=place.clock(),
        )
    copy = tmp_path / "yesterday.db"
    backup(place.app.chain, copy)
    put_back(place, copy)
    place.tick(times=2)
    place.send(None)
    assert [issue.state for issue in place.issues()] == [IssueState.FREEZING]
    assert not place.outbox()


def test_late_approvals_and_welcomes_of_the_backup_do_not_go_again(
    place: Almanac, tmp_path: Path
) -> None:
    place.write_news(WEEK, "One", "Two", "Three")
    place.reader("ana@example.org")
    place.drafts(WEEK)
    place.at("2026-08-23T17:00")
    open_regular(place.app.chain, WEEK, by_tick=True)
    place.clock.forward(hours=1)
    signed_up(place, "new@example.org")
    approve(place.app.chain, WEEK, [SLUG], by="tester")
    copy = tmp_path / "yesterday.db"
    backup(place.app.chain, copy)
    place.clock.forward(hours=2)
    put_back(place, copy)
    place.clock.now += timedelta(minutes=1)
    place.tick(times=2)
    assert [issue.name for issue in place.issues()] == ["2026-W34-regular"]
    assert place.edition_states(WEEK)[SLUG] == "held"


def test_a_further_confirmation_pauses_nothing(place: Almanac) -> None:
    running(place)
    place.at("2026-08-23T16:00")
    place.tick()
    assert confirm(place.app.chain, keys).paused == ()
    assert place.issues()[0].state is IssueState.OPEN


def copied_over(place: Almanac, copy: Path) -> Almanac:
    """Yesterday's file over the live one, the service down, without any command of ours."""
    place.app.db.dispose()
    for name in ("subscribers.db-wal", "subscribers.db-shm"):
        (place.folder / name).unlink(missing_ok=True)
    shutil.copy(copy, place.folder / "subscribers.db")
    return place.again()


def test_a_file_copied_over_the_live_one_sends_nothing_until_confirmed(
    place: Almanac, tmp_path: Path
) -> None:
    running(place)
    place.at("2026-08-23T16:00")
    place.tick()
    copy = tmp_path / "yesterday.db"
    backup(place.app.chain, copy)
    place.at("2026-08-24T09:00")
    place.send(None, now=False)
    assert len(place.outbox()) == 3
    left(place, "bo@example.org")
    old = copied_over(place, copy)
    old.tick(times=2)
    with pytest.raises(NotConfirmed, match="older than STATE_DIR"):
        old.send(None, now=False)
    assert unconfirmed(old.app.db, old.folder) is not None
    assert confirm(old.app.chain, keys).paused == ("2026-W34-regular",)
    assert old.known("bo@example.org").left_at is not None
    assert unconfirmed(old.app.db, old.folder) is None
    old.tick()
    old.send(None, now=False)
    assert len(old.outbox()) == 3
    # What was put aside meanwhile is the older one now.
    assert unconfirmed(copied_over(old, copy).app.db, old.folder) is not None


@pytest.mark.parametrize("what", ["stop", "skip"])
def test_one_decision_is_enough_to_recognise_an_older_file(
    place: Almanac, tmp_path: Path, what: str
) -> None:
    running(place)
    copy = tmp_path / "yesterday.db"
    backup(place.app.chain, copy)
    assert unconfirmed(place.app.db, place.folder) is None
    if what == "stop":
        stop(place.app.chain, by="ops")
    else:
        skip(place.app.chain, WEEK, reason="holidays", by="ed")
    assert "restore confirm" in (unconfirmed(copied_over(place, copy).app.db, place.folder) or "")


def test_the_newest_file_put_back_goes_on_by_itself(place: Almanac, tmp_path: Path) -> None:
    running(place)
    copy = tmp_path / "now.db"
    backup(place.app.chain, copy)
    new = copied_over(place, copy)
    new.at("2026-08-24T09:00")
    new.send(now=False)
    assert len(new.outbox()) == 3


def test_a_file_exchanged_under_a_sender_stops_it_before_the_next_claim(
    place: Almanac,
) -> None:
    running(place)
    place.at("2026-08-24T09:00")
    (place.folder / "high-water").write_text(f"{10**9:020}\n")
    with place.app.db.write() as tx, pytest.raises(NotConfirmed, match="exchanged"):
        refuse_if_exchanged(tx, place.app.chain, confirmed_id(place))


def confirmed_id(place: Almanac) -> str:
    return (place.folder / "instance").read_text(encoding="ascii").strip()


def test_the_mark_is_torn_or_gone_or_cannot_be_written(place: Almanac) -> None:
    """Then nothing is recognised, and nothing is stopped."""
    running(place)
    mark = place.folder / "high-water"
    assert remembered(place.folder) > 0
    mark.write_bytes(bytes(21))
    assert unconfirmed(place.app.db, place.folder) is None
    mark.unlink()
    mark.mkdir()
    with capture_logs() as logs:
        stop(place.app.chain, by="ops")
    assert [entry["log_level"] for entry in logs] == ["warning"]
    assert unconfirmed(place.app.db, place.folder) is None
    mark.rmdir()
    HighWater(place.folder).after_commit(7)
    HighWater(place.folder).after_commit(5)
    assert remembered(place.folder) == 7
    HighWater(place.folder / "nowhere").after_commit(5)


def test_a_unit_that_changes_nothing_fails_or_is_not_durable_raises_no_mark(place: Almanac) -> None:
    running(place)
    before = remembered(place.folder)
    with place.app.db.write() as tx:
        tx.rows("SELECT 1")
    with contextlib.suppress(RuntimeError), place.app.db.write() as tx:
        readers.leave(tx, 1, specializations=None, now=place.clock())
        raise RuntimeError
    # A power cut may take back what is not durable: it must not be known outside.
    with place.app.db.write(durable=False) as tx:
        readers.leave(tx, 1, specializations=None, now=place.clock())
    assert remembered(place.folder) == before


def test_a_new_database_beside_an_old_mark_may_be_set_up(place: Almanac) -> None:
    """Who deletes the database and begins anew is not stopped for ever."""
    running(place)
    place.app.db.dispose()
    for path in place.folder.glob("subscribers.db*"):
        path.unlink()
    fresh = place.again()
    assert init(fresh.app.chain)
    assert unconfirmed(fresh.app.db, fresh.folder) is None
