"""The archive's switches, grants, presses and answers: what the store keeps, and counts once."""

from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING

from briefings.model.feedback import WHOLE_MAIL, Answer
from briefings.model.reader import Section
from briefings.store import (
    answers,
    archive,
    blocks,
    corrections,
    grants,
    presses,
    publishing,
    readers,
)
from briefings.store.archive import EVERY_WEEK, Switch
from briefings.store.corrections import Correction
from briefings.store.grants import Grant
from tests.contracts.test_contract_deliveries import LATER, NOW, frozen, some_readers
from tests.contracts.test_contract_time import NEXT, WEEK, approved

if TYPE_CHECKING:
    from briefings.store.database import Database, Transaction


def published(tx: Transaction, slug: str, week: str = WEEK) -> None:
    approved(tx, slug, week)
    assert publishing.publish(tx, week, slug, issue_id=1, subject="s", now=NOW)
    assert archive.put(tx, week, slug, 7, NOW)


def said(slug: str, shown: bool, week: str = EVERY_WEEK) -> Switch:
    return Switch(specialization=slug, week=week, shown=shown, by="ed", at=NOW)


def weeks(tx: Transaction, slug: str) -> list[str]:
    return [each.week for each in archive.shown(tx, slug)]


def test_nothing_is_shown_before_an_editor_says_so_and_a_weeks_word_goes_first(
    database: Database,
) -> None:
    with database.write() as tx:
        for week in (WEEK, NEXT):
            published(tx, "mlops", week)
        published(tx, "other")
        assert archive.shown(tx) == []
        assert archive.switch(tx, said("mlops", True))
        assert not archive.switch(tx, said("mlops", True))
        assert weeks(tx, "mlops") == [NEXT, WEEK]
        assert [each.specialization for each in archive.shown(tx)] == ["mlops", "mlops"]
        assert archive.switch(tx, said("mlops", False, WEEK))
        assert weeks(tx, "mlops") == [NEXT]
        assert archive.get(tx, "mlops", WEEK) is None
        assert archive.switch(tx, said("mlops", False))
        assert archive.switch(tx, said("mlops", True, WEEK))
        assert weeks(tx, "mlops") == [WEEK]
        found = archive.get(tx, "mlops", WEEK)
        assert found is not None
        assert (found.briefing_id, found.at) == (7, NOW)
        assert [(each.week, each.shown) for each in archive.switches(tx)] == [
            (EVERY_WEEK, False),
            (WEEK, True),
        ]


def test_what_was_not_published_is_in_no_archive_and_a_copy_never_changes(
    database: Database,
) -> None:
    with database.write() as tx:
        approved(tx, "mlops")
        archive.put(tx, WEEK, "mlops", 7, NOW)
        archive.switch(tx, said("mlops", True))
        assert archive.shown(tx) == []
        assert publishing.publish(tx, WEEK, "mlops", issue_id=1, subject="s", now=NOW)
        assert not archive.put(tx, WEEK, "mlops", 8, LATER)
        assert [each.briefing_id for each in archive.shown(tx)] == [7]
        assert archive.stored_weeks(tx, "mlops") == [WEEK]


def test_a_key_grants_once_and_an_erased_reader_keeps_no_grant(database: Database) -> None:
    one = Grant(tier="plan", before="free", by="shop", at=NOW)
    with database.write() as tx:
        assert grants.add(tx, "event 1", 5, one)
        assert not grants.add(tx, "event 1", 6, one)
        back = Grant(tier="free", before="plan", by="shop", at=LATER)
        assert grants.add(tx, "event 2", 5, back)
        assert grants.of_reader(tx, 5) == [back, one]
        assert grants.of_reader(tx, 6) == []
        grants.forget(tx, 5)
        assert grants.of_reader(tx, 5) == []


def test_a_file_of_presses_is_in_the_totals_once(database: Database) -> None:
    day = date(2026, 8, 24)
    with database.write() as tx:
        assert presses.fold(tx, "a", {(1, day): 2, (2, day): 1}, NOW)
        assert not presses.fold(tx, "a", {(1, day): 2}, LATER)
        assert presses.fold(tx, "b", {(1, day): 1, (1, day + timedelta(days=1)): 4}, LATER)
        assert presses.fold(tx, "empty", {}, LATER)
        assert presses.of_items(tx) == {1: 7, 2: 1}
        assert presses.forget_folded(tx, LATER) == 1
        assert presses.fold(tx, "a", {}, LATER)


def test_readers_of_an_item_are_those_whose_mail_went(database: Database) -> None:
    issue = frozen(database, 4)
    with database.write() as tx:
        assert blocks.readers_by_item(tx, issue.id) == {}
        tx.execute("UPDATE delivery SET state = 'accepted' WHERE reader_id = 1")
        tx.execute("UPDATE delivery SET state = 'unsure' WHERE reader_id = 2")
        tx.execute("UPDATE delivery SET state = 'rejected' WHERE reader_id = 3")
        assert blocks.readers_by_item(tx, issue.id) == {1: 2, 2: 2}


def test_a_part_of_the_mail_is_switched_off_beside_the_others(database: Database) -> None:
    some_readers(database, 1)
    with database.write() as tx:
        for section in (Section.PAY, Section.TOOL_CHANGES, Section.PAY):
            reader = readers.get(tx, 1)
            assert reader is not None
            readers.switch_off(tx, reader, section, NOW)
        reader = readers.get(tx, 1)
        assert reader is not None
        assert reader.preferences.sections_off == (Section.TOOL_CHANGES, Section.PAY)


def test_corrections_of_items_come_oldest_first(database: Database) -> None:
    with database.write() as tx:
        for issue_id, item_id in ((5, 1), (3, 2), (4, 9)):
            corrections.add(
                tx,
                Correction(
                    issue_id=issue_id, item_id=item_id, item_revision=2, headline="h", note="n"
                ),
            )
        found = corrections.of_items(tx, [1, 2, 3])
        assert [(one.issue_id, one.item_id) for one in found] == [(3, 2), (5, 1)]
        assert corrections.of_items(tx, []) == []


def test_an_answer_counts_once_and_departures_go_both_ways(database: Database) -> None:
    with database.write() as tx:
        assert answers.count(tx, "code 1", 3, 9, Answer.LESS)
        assert not answers.count(tx, "code 1", 3, 9, Answer.MORE)
        assert answers.any_known(tx, ["code 9", "code 1"])
        assert not answers.any_known(tx, ["code 9"])
        assert not answers.any_known(tx, [])
        assert answers.count(tx, "code 2", 3, 9, Answer.LESS)
        assert answers.count(tx, "code 3", 3, WHOLE_MAIL, Answer.YES)
        assert answers.count(tx, "code 4", 4, 9, Answer.LESS)
        for by in (1, 1, -1):
            answers.count_departure(tx, 3, by)
        answers.count_departure(tx, 4, 1)
        answers.count_departure(tx, 4, -1)
        assert answers.of_issue(tx, 3) == {
            (WHOLE_MAIL, Answer.LEFT): 1,
            (WHOLE_MAIL, Answer.YES): 1,
            (9, Answer.LESS): 2,
        }
        assert answers.of_issue(tx, 4) == {(9, Answer.LESS): 1}
        assert answers.of_items(tx) == {(9, Answer.LESS): 3}
