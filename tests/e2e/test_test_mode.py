"""In test mode the owner gets everything under a banner, and no database serves tests and readers."""

from __future__ import annotations

from pathlib import Path

import pytest

from briefings.deliver.wire import check_content
from briefings.errors import Refused, WrongSetting
from briefings.pipeline.instance import backup, confirm, restore
from tests.e2e.town import Town, body, mail_server, parsed

SLUG = "mlops-engineer"
OWNER = "Olga Owner <owner@example.org>"


@pytest.fixture
def ready(town: Town) -> Town:
    town.news()
    town.readers(("ada@example.org", SLUG), ("bo@example.org", SLUG))
    town.approved()
    return town


def test_everything_goes_to_the_owner_under_a_banner_that_names_the_reader(ready: Town) -> None:
    with mail_server() as server:
        url = f"smtp://127.0.0.1:{server.port}"
        tried = ready.with_settings(test_mode="on", operator=OWNER, mail_url=url)
        tried.send()
        accepted, contents = list(server.accepted), list(server.contents)
    assert [each.recipient for each in accepted] == ["owner@example.org"] * 2
    for content in contents:
        check_content(content)
        mail = parsed(content)
        assert mail["to"] == "owner@example.org"
        assert mail["subject"].startswith("[TEST] ")
        assert "List-Unsubscribe" not in mail
        told = [name for name in ("ada@example.org", "bo@example.org") if name in body(mail)]
        assert len(told) == 1
        assert body(mail).startswith("*** Test mode: this mail was made for ")
        html = body(mail, "html")
        assert html.index("#B42318") < html.index("Terraform 1.15.9", html.index("<body"))
        assert told[0] in html
    assert tried.states() == {"accepted": 2}


def test_a_database_that_mailed_readers_refuses_test_mode(ready: Town) -> None:
    ready.send()
    with pytest.raises(Refused, match="This database mails readers"):
        ready.with_settings(test_mode="owner@example.org").send(None)


def test_a_database_of_tests_never_mails_readers(ready: Town) -> None:
    ready.with_settings(test_mode="owner@example.org").send()
    assert [mail["to"] for mail in ready.outbox()] == ["owner@example.org"] * 2
    with pytest.raises(Refused, match="used in test mode"):
        ready.send(None)


def test_a_confirmed_copy_of_the_real_one_may_be_used_for_tests(
    ready: Town, tmp_path: Path
) -> None:
    ready.send()
    backup(ready.app.chain, tmp_path / "copy.db")
    folder = tmp_path / "trial"
    folder.mkdir()
    trial = ready.with_settings(
        test_mode="owner@example.org", database_url=f"sqlite:///{folder}/subscribers.db"
    )
    restore(trial.app.chain, tmp_path / "copy.db")
    confirm(trial.app.chain)
    trial.send(None)
    with pytest.raises(Refused, match="used in test mode"):
        ready.with_settings(database_url=f"sqlite:///{folder}/subscribers.db").send(None)


def test_the_owner_is_the_operator_or_the_address_itself(ready: Town) -> None:
    assert ready.with_settings(test_mode="False").settings.test_owner is None
    assert ready.with_settings(test_mode="a@example.org").settings.test_owner == "a@example.org"
    with pytest.raises(WrongSetting, match="BRIEFINGS_OPERATOR"):
        ready.with_settings(test_mode="on").send()
    with pytest.raises(WrongSetting, match="off, on"):
        ready.with_settings(test_mode="maybe")
