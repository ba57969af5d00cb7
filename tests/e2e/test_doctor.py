"""Every check of `doctor` in which it fails, and names the remedy; and one in which nothing fails."""

from __future__ import annotations

import shutil
import socket
from collections.abc import Callable
from pathlib import Path

import pytest

from briefings.config import Settings
from briefings.pipeline.doctor import Check, Verdict, examine
from briefings.store import issues
from tests.e2e.town import ROOT, SECRET, WEEK, Town, found

Examine = Callable[..., dict[str, Check]]


@pytest.fixture
def sound(tmp_path: Path) -> Town:
    shutil.copytree(ROOT / "catalogue", tmp_path / "catalogue")
    shutil.copytree(ROOT / "templates" / "email", tmp_path / "templates")
    town = found(tmp_path)
    yield town  # pyright: ignore[reportReturnType]
    town.app.db.dispose()


@pytest.fixture
def look(sound: Town) -> Examine:
    def call(**changes: object) -> dict[str, Check]:
        given = {**sound.settings.model_dump(), "secret_key": SECRET, **changes}
        checks = examine(
            Settings.load({}, **given),
            templates=sound.folder / "templates",
            catalogue_folder=sound.folder / "catalogue",
        )
        return {check.name: check for check in checks}

    return call


def bad(checks: dict[str, Check], name: str, *words: str, misconfigured: bool = True) -> None:
    check = checks[name]
    assert check.verdict is Verdict.BAD
    assert check.remedy
    assert check.misconfigured is misconfigured
    for word in words:
        assert word in f"{check.finding} {check.remedy}"
    others = [c.name for c in checks.values() if c.verdict is Verdict.BAD and c.name != name]
    assert not others


def test_a_sound_installation_has_nothing_to_mend(look: Examine) -> None:
    assert {check.verdict for check in look().values()} == {Verdict.GOOD}


@pytest.mark.parametrize("name", ["base_url", "postal_address"])
def test_a_missing_setting(look: Examine, name: str) -> None:
    bad(look(**{name: None}), f"setting {name.upper()}", f"BRIEFINGS_{name.upper()} is not set")


def test_a_missing_sender_is_named_twice_over(look: Examine) -> None:
    checks = look(sender=None)
    assert checks["setting SENDER"].verdict is Verdict.BAD
    assert checks["sender's address"].verdict is Verdict.BAD


def test_a_missing_secret_comes_with_a_way_to_make_one(look: Examine) -> None:
    bad(look(secret_key=None), "setting SECRET_KEY", "token_hex")


def test_no_mailbox_for_answers_is_a_note(look: Examine) -> None:
    assert look(reply_to=None)["setting REPLY_TO"].verdict is Verdict.NOTE


def test_a_state_folder_that_is_a_file(look: Examine, sound: Town) -> None:
    path = sound.folder / "state"
    path.write_text("in the way")
    checks = look(state_dir=path)
    assert checks["state folder"].verdict is Verdict.BAD
    assert "state" in checks["state folder"].finding
    assert checks["confirmation"].verdict is Verdict.BAD


def test_an_outbox_that_is_a_file(look: Examine, sound: Town) -> None:
    path = sound.folder / "post"
    path.write_text("in the way")
    bad(look(mail_url=f"maildir://{path}"), "outbox", "cannot be written")


def test_a_folder_that_is_nearly_full(look: Examine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("briefings.pipeline.doctor.SMALLEST_SPACE", 1 << 62)
    checks = look()
    assert "Make room" in checks["state folder"].remedy
    assert checks["state folder"].verdict is Verdict.BAD


def test_a_database_that_is_none(look: Examine, sound: Town) -> None:
    path = sound.folder / "text.db"
    path.write_text("no database " * 200)
    bad(look(database_url=f"sqlite:///{path}", state_dir=sound.folder), "database", "DATABASE_URL")


def test_an_empty_database(look: Examine, sound: Town) -> None:
    path = sound.folder / "empty.db"
    checks = look(database_url=f"sqlite:///{path}", state_dir=sound.folder)
    bad(checks, "database", "briefings init", misconfigured=False)


def test_an_old_schema(look: Examine, sound: Town) -> None:
    sound.app.db.downgrade_one()
    check = look()["database"]
    assert check.verdict is Verdict.BAD
    assert check.remedy


def test_a_copied_database(look: Examine, sound: Town) -> None:
    (sound.folder / "instance").write_text("another\n")
    bad(look(), "confirmation", "restore confirm", misconfigured=False)


def test_a_store_without_catalogue(look: Examine, sound: Town) -> None:
    with sound.app.db.write() as tx:
        tx.execute("DELETE FROM catalogue_entry")
    bad(look(), "stored catalogue", "catalogue load", misconfigured=False)


def test_an_issue_that_does_not_add_up(look: Examine, sound: Town) -> None:
    sound.news()
    sound.readers(("a@example.org", "mlops-engineer"), ("b@example.org", "mlops-engineer"))
    sound.approved()
    sound.send()
    with sound.app.db.write() as tx:
        number = issues.find(tx, week=str(WEEK))[0].id
        tx.execute("DELETE FROM delivery WHERE issue_id = :id AND reader_id = 1", id=number)
    bad(look(), "issue 2026-W34-regular", "add up to 2", misconfigured=False)


def test_a_broken_template(look: Examine, sound: Town) -> None:
    path = sound.folder / "templates" / "blocks" / "foot.mjml.j2"
    path.write_text(path.read_text() + "{% if %}")
    bad(look(), "mail templates", "foot.mjml.j2")


def test_a_broken_catalogue_file(look: Examine, sound: Town) -> None:
    path = sound.folder / "catalogue" / "roles" / "mlops-engineer.yaml"
    path.write_text(path.read_text() + "\nrisk_levle: 3\n")
    bad(look(), "catalogue files", "mlops-engineer.yaml", "catalogue check")


def test_a_mail_server_that_is_away(look: Examine) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port = taken.getsockname()[1]
    checks = look(mail_url=f"smtp://127.0.0.1:{port}")
    bad(checks, "mail server", "does not answer", misconfigured=False)


def test_a_mail_server_that_answers(look: Examine) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        checks = look(mail_url=f"smtp://127.0.0.1:{server.getsockname()[1]}")
    assert checks["mail server"].verdict is Verdict.GOOD


def test_a_mail_url_that_cannot_be_read(look: Examine) -> None:
    bad(look(mail_url="smtp://host:port"), "mail server", "BRIEFINGS_MAIL_URL")
