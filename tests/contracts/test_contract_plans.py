"""Marks of a plan, kept answers, a focus and what a sign-up carries come back as they went in."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

from briefings.model.assessment import Carried
from briefings.store import kept_assessments, outcomes, own_addresses, plan_marks, readers, signups
from briefings.store.database import Database
from briefings.store.kept_assessments import Kept
from briefings.store.outcomes import Span
from briefings.store.signups import NewSignUp
from briefings.weeks import Week, plan_week
from tests.contracts.test_contract_readers import NOW, add, new

LATER = NOW + timedelta(hours=1)
EVERYBODY = Span(after=0, upto=9, confirmed_before=NOW, readers=2)


def test_marks_are_replaced_plan_by_plan_and_keep_their_instant(database: Database) -> None:
    with database.write() as tx:
        plan_marks.replace(tx, 1, "mlops-engineer", [(1, 0, "done"), (1, 2, "done")], NOW)
        plan_marks.replace(tx, 1, "other", [(3, 0, "easy")], NOW)
        plan_marks.replace(tx, 2, "mlops-engineer", [(9, 0, "done")], NOW)
        plan_marks.replace(
            tx, 1, "mlops-engineer", [(2, 1, "done"), (1, 0, "easy"), (1, 2, "done")], LATER
        )
    with database.read() as tx:
        assert plan_marks.of_reader(tx, 1) == {
            "mlops-engineer": ((1, 0, "easy"), (1, 2, "done"), (2, 1, "done")),
            "other": ((3, 0, "easy"),),
        }
        at = tx.rows("SELECT at FROM plan_mark WHERE reader_id = 1 ORDER BY week, task")
        assert at[1] < at[0]  # the tick was there before, the changed mark is new
    with database.write() as tx:
        assert plan_marks.erase(tx, 1) == 4
        assert plan_marks.of_reader(tx, 1) == {}
        assert plan_marks.of_plan(tx, 2, "mlops-engineer") == ((9, 0, "done"),)


def test_who_is_done_with_the_step_of_a_monday_is_found_as_the_calendar_counts(
    database: Database,
) -> None:
    """Every day of a week as a start, every step, some snoozes: as `plan_week` says."""
    week = Week.parse("2026-W34")
    expected: list[int] = []
    starts = [week.mail_monday - timedelta(days=n) for n in range(-15, 40)]
    add(database, *(new(f"r{n}@example.org") for n in range(len(starts) + 3)))
    with database.write() as tx:
        for n, start in enumerate(starts):
            reader = readers.by_email(tx, f"r{n}@example.org")
            assert reader is not None
            readers.set_plan(tx, reader.id, start, n % 3 - 1, NOW)
            step = n % 7 + 1
            plan_marks.replace(tx, reader.id, "x", [(step, 0, "done"), (9, 1, "done")], NOW)
            if plan_week(start, week, n % 3 - 1) == step:
                expected.append(reader.id)
        late, ticked, gone = (
            reader.id
            for n in range(len(starts), len(starts) + 3)
            if (reader := readers.by_email(tx, f"r{n}@example.org")) is not None
        )
        plan_marks.replace(tx, late, "x", [(1, 0, "done")], NOW)  # who has started no plan
        readers.set_plan(tx, ticked, week.mail_monday, 0, NOW)
        plan_marks.replace(tx, ticked, "x", [(1, 1, "done")], NOW)  # a task, not the step
        readers.set_plan(tx, gone, week.mail_monday, 0, NOW)
        plan_marks.replace(tx, gone, "x", [(1, 0, "done")], NOW)
        tx.execute("UPDATE reader SET left_at = 1 WHERE id = :id", id=gone)
    assert len(expected) > 4
    with database.read() as tx:
        found = plan_marks.reached(tx, week.mail_monday, 0, 3)
        assert found == expected[:3]
        assert plan_marks.reached(tx, week.mail_monday, found[-1], 99) == expected[3:]


def test_addresses_that_were_made_anew_carry_the_next_number(database: Database) -> None:
    with database.write() as tx:
        assert (own_addresses.number(tx, 1), own_addresses.of_reader(tx, 1)) == (0, None)
        own_addresses.renew(tx, 1, NOW)
        own_addresses.renew(tx, 1, LATER)
        own_addresses.renew(tx, 2, NOW)
    with database.read() as tx:
        assert own_addresses.of_reader(tx, 1) == own_addresses.Renewed(number=2, at=LATER)
        assert own_addresses.number(tx, 2) == 1
    with database.write() as tx:
        assert own_addresses.erase(tx, 1) == 1
        assert own_addresses.erase(tx, 1) == 0
        assert own_addresses.number(tx, 1) == 0


def test_answers_are_kept_once_per_role_until_they_are_erased(database: Database) -> None:
    first = Kept(role="mlops-engineer", answers={"a": "b"}, exposure=40, at=NOW)
    again = Kept(role="mlops-engineer", answers={"a": "ü"}, exposure=None, at=LATER)
    other = Kept(role="baker", answers={}, exposure=0, at=NOW)
    with database.write() as tx:
        for kept in (first, again, other):
            kept_assessments.put(tx, 1, kept)
        kept_assessments.put(tx, 2, first)
        assert kept_assessments.of_reader(tx, 1) == (other, again)
        assert kept_assessments.erase(tx, 1) == 2
        assert kept_assessments.of_reader(tx, 1) == ()
        assert kept_assessments.of_reader(tx, 2) == (first,)


def test_a_focus_and_a_moved_plan_are_a_new_version_of_the_reader(database: Database) -> None:
    add(database, new("ada@example.org"), new("bo@example.org"))
    with database.write() as tx:
        before = readers.by_email(tx, "ada@example.org")
        assert before is not None
        wanted = replace(before.preferences, focus="gpus")
        readers.set_preferences(tx, before.id, wanted, before.timezone, None, NOW)
        readers.set_plan(tx, before.id, date(2026, 8, 24), -1, NOW)
        after = readers.get(tx, before.id)
        assert after is not None
        assert after.preferences == wanted
        assert (after.plan_started_on, after.plan_snoozes) == (date(2026, 8, 24), -1)
        assert after.preferences_version == before.preferences_version + 2
    with database.read() as tx:
        assert len(outcomes.unknown(tx, 1, EVERYBODY)) == 2
    with database.write() as tx:
        readers.set_plan(tx, after.id, date(2026, 8, 3), 0, NOW)
        bo = readers.by_email(tx, "bo@example.org")
        assert bo is not None
        assert len(outcomes.unknown(tx, 1, EVERYBODY)) == 2  # the focus alone sets them apart
        readers.erase(tx, after.id, NOW)
        gone = readers.get(tx, after.id)
        assert gone is not None
        assert gone.preferences.focus == ""


def test_a_sign_up_carries_its_result_and_a_later_one_without_drops_it(
    database: Database,
) -> None:
    asked = NewSignUp(
        email="new@example.org",
        specializations=("mlops-engineer",),
        timezone=None,
        source="form",
        consent_text="2026-11",
        asked_at=NOW,
        asked_from="127.0.0.1",
        expires_at=NOW + timedelta(days=7),
        carried=Carried(
            role="mlops-engineer", focus="gpus", starts_plan=True, answers=(("a", "b"),)
        ),
    )
    with database.write() as tx:
        number = signups.put(tx, asked)
        found = signups.get(tx, number)
        assert found is not None
        assert found.carried == asked.carried
        signups.put(tx, replace(asked, carried=None))
        found = signups.get(tx, number)
        assert found is not None
        assert found.carried is None
