"""A tier is read at the claim: without the plan in it there is no trace of one in the mail (R7)."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from datetime import date
from pathlib import Path

import pytest

from briefings.errors import NotFound
from briefings.pipeline.catalogue import load_folder
from briefings.pipeline.open_issue import open_regular
from briefings.pipeline.reader import exported
from briefings.pipeline.tiers import grant
from tests.e2e.test_commands import Shell, loaded, one_line, shell
from tests.e2e.town import ROOT, WEEK, Town, body, found

__all__ = ["loaded", "shell"]

ANA, BEA = "ana@example.org", "bea@example.org"
STARTED = date(2026, 7, 27)


@pytest.fixture
def town(tmp_path: Path) -> Town:
    """Two readers in their fifth week, under the shipped example of paid tiers."""
    made = found(tmp_path)
    folder = tmp_path / "catalogue"
    folder.mkdir()
    for path in (ROOT / "catalogue").iterdir():
        (folder / path.name).symlink_to(path)
    (folder / "tiers.yaml").unlink()
    (folder / "tiers.yaml").symlink_to(ROOT / "catalogue" / "tiers.example.yaml")
    load_folder(made.app.chain, folder)
    made.news()
    made.readers((ANA, "mlops-engineer"), (BEA, "mlops-engineer"), plan_started_on=STARTED)
    return made


def mails(town: Town) -> dict[str, str]:
    return {
        message["to"].addresses[0].addr_spec: str(message["subject"])
        + body(message, "plain")
        + body(message, "html")
        for message in town.outbox()
    }


def test_a_reader_without_the_plan_gets_the_mail_and_no_trace_of_it(town: Town) -> None:
    grant(town.app.chain, BEA, "plan", by="operator")
    town.approved()
    town.send()
    assert town.states() == {"accepted": 2}
    found = mails(town)
    assert "week 5 of 12" in found[BEA]
    assert "Terraform 1.15.9" in found[ANA]
    assert "plan" not in found[ANA].casefold().replace("plane", "")


def test_granting_after_the_freeze_changes_the_mail_that_is_claimed_next(town: Town) -> None:
    town.approved()
    open_regular(town.app.chain, WEEK, before_cut_off=True)
    grant(town.app.chain, ANA, "plan", by="shop", key="event-1")
    town.send()
    found = mails(town)
    assert "week 5 of 12" in found[ANA]
    assert "week 5 of 12" not in found[BEA]


def test_taking_a_tier_back_after_the_freeze_takes_the_step_out_and_leaves_the_rest(
    town: Town,
) -> None:
    grant(town.app.chain, ANA, "plan", by="operator")
    town.approved()
    open_regular(town.app.chain, WEEK, before_cut_off=True)
    grant(town.app.chain, ANA, "free", by="operator")
    town.send()
    assert "Terraform 1.15.9" in mails(town)[ANA]
    assert "week 5 of 12" not in mails(town)[ANA]


def test_a_payment_that_is_told_of_twice_counts_once_however_late(town: Town) -> None:
    chain = town.app.chain
    assert grant(chain, ANA, "plan", by="shop", key="event-1").changed
    assert not grant(chain, ANA, "plan", by="shop", key="event-1").changed
    assert grant(chain, ANA, "free", by="shop", key="event-2").changed
    late = grant(chain, ANA, "plan", by="shop", key="event-1")
    assert (late.tier, late.changed) == ("free", False)
    assert not grant(chain, ANA, "free", by="operator").changed
    granted = exported(chain, ANA)["settings"]["tiers_granted"]  # pyright: ignore[reportIndexIssue]
    assert [(one["tier"], one["before"], one["by"]) for one in granted] == [
        ("free", "plan", "shop"),
        ("plan", "free", "shop"),
    ]


@pytest.mark.parametrize(
    ("email", "tier", "words"),
    [("nobody@example.org", "plan", "no reader"), (ANA, "gold", "it has free, plan")],
)
def test_a_grant_to_nobody_or_of_nothing_is_refused(
    town: Town, email: str, tier: str, words: str
) -> None:
    with pytest.raises(NotFound, match=words):
        grant(town.app.chain, email, tier, by="operator")
    with closing(sqlite3.connect(town.folder / "subscribers.db")) as connection:
        assert connection.execute("SELECT COUNT(*) FROM tier_grant").fetchone() == (0,)


def test_the_operator_grants_and_sees_what_was_granted(loaded: Shell) -> None:
    assert "nothing changed" in loaded("reader", "tier", ANA, "free").out
    one_line(loaded("reader", "tier", ANA, "gold"), 1, "it has free")
    assert "tier: free" in loaded("reader", "show", ANA).out
    assert "granted" not in loaded("reader", "show", ANA).out
