"""One command tells what a person got and agreed to; others hand it over, delete it, or block."""

from __future__ import annotations

import json
import sqlite3
from pathlib import Path

from briefings.model.address import parse_address
from briefings.pipeline.mailboxes import Mailboxes
from briefings.pipeline.signing_up import Limits, sign_up
from briefings.readers.signup import Request
from briefings.wiring import build
from tests.e2e.test_commands import PEOPLE, WEEK, Shell, loaded, one_line, shell
from tests.e2e.town import SECRET

__all__ = ["loaded", "shell"]

ANA = "ana@example.org"


def signed_up(email: str) -> None:
    opened = build()
    asked = Request(
        address=parse_address(email),
        specializations=("mlops-engineer",),
        timezone=None,
        source="form",
    )
    limits = Limits(per_network=9, in_all=9)
    sign_up(opened.chain, Mailboxes.of(opened.db, SECRET), limits, asked, asked_from="203.0.113.9")
    opened.db.dispose()


def test_a_reader_is_shown_with_consent_mails_and_letters(loaded: Shell) -> None:
    loaded("approve", "--week", WEEK)
    loaded("send", "--week", WEEK, "--now")
    signed_up(ANA)
    shown = loaded("reader", "show", "ANA@example.org").out
    assert "ana@example.org (reader 1)" in shown
    assert "consent: test" in shown
    assert "2026-W34-regular: accepted, due 2026-08-" in shown
    assert ", settled " in shown
    assert "letter signin: pending, queued " in shown


def test_an_address_that_only_signed_up_is_shown_too(loaded: Shell) -> None:
    signed_up("new@example.org")
    shown = loaded("reader", "show", "new@example.org").out
    assert "new@example.org: no reader" in shown
    assert "from 203.0.113.9 (form), not confirmed" in shown
    assert "letter confirm: pending" in shown
    assert loaded("reader", "erase", "new@example.org", "--yes").code == 0
    one_line(loaded("reader", "show", "new@example.org"), 1, "no reader")


def test_export_prints_json(loaded: Shell) -> None:
    data = json.loads(loaded("reader", "export", ANA).out)
    assert data["address"] == ANA
    assert data["settings"]["specializations"] == ["mlops-engineer"]
    one_line(loaded("reader", "export", "nobody@example.org"), 1, "nobody@example.org")


def test_erase_deletes_and_keeps_imports_out(loaded: Shell, tmp_path: Path) -> None:
    assert loaded("reader", "erase", ANA, "--yes").code == 0
    one_line(loaded("reader", "erase", ANA, "--yes"), 1, "There is no reader")
    assert ANA not in "\n".join(sqlite3.connect(tmp_path / "subscribers.db").iterdump())
    (tmp_path / "again.csv").write_text(PEOPLE)
    loaded("import", "subscribers", "again.csv", "--consent-source", "again")
    shown = loaded("reader", "show", ANA)
    assert "suppressed (erased)" in shown.out
    assert "no reader" in shown.out


def test_suppress_blocks_an_address_with_or_without_a_reader(loaded: Shell) -> None:
    for email in (ANA, "stranger@example.org"):
        assert "gets no mail from now on" in loaded("reader", "suppress", email).out
        assert "nothing changed" in loaded("reader", "suppress", email).out
        assert "suppressed (operator)" in loaded("reader", "show", email).out
    loaded("approve", "--week", WEEK)
    sent = loaded("send", "--week", WEEK, "--now")
    assert sent.code == 0
    assert "2026-W34-regular: skipped (suppressed)" in loaded("reader", "show", ANA).out


def test_erasing_without_a_key_says_what_to_set(loaded: Shell, monkeypatch) -> None:
    monkeypatch.delenv("BRIEFINGS_SECRET_KEY")
    one_line(loaded("reader", "erase", ANA, "--yes"), 2, "BRIEFINGS_SECRET_KEY")
    assert loaded("reader", "show", ANA).code == 0
