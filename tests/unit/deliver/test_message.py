"""The header block and the MIME structure, judged by parsing the finished bytes."""

from __future__ import annotations

from datetime import UTC, datetime
from email import message_from_bytes, policy
from email.message import EmailMessage

import pytest

from briefings.deliver.message import (
    Cover,
    Postmark,
    boundary_of,
    compose,
    header_block,
    message_id,
    raw_values,
)
from briefings.errors import UnsafeValue, WrongSetting
from briefings.inbound.unsubscribes import tokens_in
from briefings.slots import address_header, encode_block, mark, values_for

MOMENT = datetime(2026, 8, 24, 6, 0, tzinfo=UTC)
TOKEN_URL = "https://briefings.example/unsubscribe/" + "AbC-_9" * 7 + "xY"


def postmark(**changes: str | None) -> Postmark:
    given: dict[str, str | None] = {
        "sender": "Briefings <news@briefings.example>",
        "reply_to": "Desk <desk@briefings.example>",
        "base_url": "https://briefings.example",
        **changes,
    }
    return Postmark(**given)  # pyright: ignore[reportArgumentType]


def cover(subject: str = "Update Terraform first") -> Cover:
    return Cover(
        subject=subject,
        issue="2026-W34-regular",
        specialization="mlops-engineer",
        specialization_name="MLOps Engineer",
    )


def finished(
    mark_: Postmark | None = None, subject: str = "Update Terraform first", name: str = "Robin"
) -> bytes:
    html = encode_block(f"<html lang='en'><p>Hello {mark('name')}.</p>\n", "html")
    text = encode_block(f"Hello {mark('name')}.\n", "text")
    sheet = compose(header_block(mark_ or postmark(), cover(subject)), [text, text], [html])
    values = values_for(sheet.slots, {"name": name})
    values |= raw_values(
        to=address_header(name, "robin@example.org"),
        date=MOMENT,
        message_id=message_id("2026-W34-regular", 7, "0123456789abcdef", "briefings.example"),
        one_click=TOKEN_URL,
    )
    return sheet.fill(values)


def parsed(content: bytes) -> EmailMessage:
    message = message_from_bytes(content, policy=policy.default)
    assert isinstance(message, EmailMessage)
    assert not message.defects
    assert not [defect for part in message.walk() for defect in part.defects]
    return message


def test_a_mail_is_text_then_html_in_one_alternative() -> None:
    message = parsed(finished())
    assert message.get_content_type() == "multipart/alternative"
    assert [part.get_content_type() for part in message.iter_parts()] == ["text/plain", "text/html"]
    for part in message.iter_parts():
        assert part["Content-Transfer-Encoding"] == "quoted-printable"
        assert part.get_content_charset() == "utf-8"
        assert "Hello Robin." in part.get_content()


def test_headers_say_who_what_and_how_to_leave() -> None:
    message = parsed(finished())
    assert message["From"] == "Briefings <news@briefings.example>"
    assert message["To"] == "Robin <robin@example.org>"
    assert message["Reply-To"] == "Desk <desk@briefings.example>"
    assert message["Date"].datetime == MOMENT
    assert message["Message-ID"] == "<2026-W34-regular.7.01234567@briefings.example>"
    assert "<mlops-engineer.briefings.example>" in message["List-Id"]
    assert message["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert message["Feedback-ID"] == "2026-W34-regular:mlops-engineer:briefing:briefings.example"
    assert message["Auto-Submitted"] == "auto-generated"
    assert message["MIME-Version"] == "1.0"


def test_the_way_out_stands_whole_in_its_raw_header() -> None:
    raw = finished()
    assert f"\r\nList-Unsubscribe: <{TOKEN_URL}>\r\n".encode() in raw
    assert b"mailto:" not in raw


def test_a_mailed_way_out_appears_only_with_an_inbound_mailbox_and_folds_between_uris() -> None:
    raw = finished(postmark(unsubscribe_mailbox="leave@briefings.example"))
    token = TOKEN_URL.rpartition("/")[2]
    expected = (
        f"List-Unsubscribe: <{TOKEN_URL}>,\r\n"
        f" <mailto:leave@briefings.example?subject=unsubscribe%20{token}>\r\n"
    )
    assert expected.encode() in raw
    assert tokens_in(f"Subject: unsubscribe {token}\r\n\r\n".encode()) == (token,)


def test_without_a_reply_mailbox_there_is_no_reply_header() -> None:
    assert parsed(finished(postmark(reply_to="")))["Reply-To"] is None


@pytest.mark.parametrize(
    "subject",
    ["Überall: 工具 changed — ✓", "=?utf-8?q?not_an_encoded_word?=", "a" * 60, "RTL שלום subject"],
)
def test_subjects_survive_encoding(subject: str) -> None:
    raw = finished(subject=subject)
    assert parsed(raw)["Subject"] == subject
    assert all(len(line) <= 998 for line in raw.split(b"\r\n"))


@pytest.mark.parametrize("evil", ["x\r\nBcc: a@b.example", "x\nY: z", "x\x00", "x\u2028y"])
def test_nothing_breaks_out_of_a_header(evil: str) -> None:
    with pytest.raises(UnsafeValue):
        finished(subject=evil)
    with pytest.raises(UnsafeValue):
        finished(name=evil)


def test_every_line_keeps_the_limits_and_none_begins_with_a_dot() -> None:
    raw = finished(name="." + "é" * 300)
    _, _, body = raw.partition(b"\r\n\r\n")
    assert all(len(line) <= 76 for line in body.split(b"\r\n"))
    assert b"\n." not in raw
    assert raw.endswith(b"--\r\n")
    assert raw.count(b"\n") == raw.count(b"\r\n") == raw.count(b"\r")


def test_boundaries_follow_the_content_and_cannot_occur_in_it() -> None:
    assert boundary_of([b"a"]) != boundary_of([b"b"])
    assert boundary_of([b"a"]).startswith(b"=_")


def test_a_sender_without_an_address_is_refused_by_name() -> None:
    with pytest.raises(WrongSetting, match="BRIEFINGS_SENDER"):
        _ = postmark(sender="nobody").sender_address


def test_a_domain_beyond_ascii_becomes_idna() -> None:
    assert postmark(sender="a@bücher.example").domain == "xn--bcher-kva.example"


def test_our_own_addresses_are_written_by_the_rules_that_readers_addresses_are() -> None:
    ours = postmark(sender="News <a@straße.example>", reply_to="Desk <b@straße.example>")
    assert ours.sender_address == "a@xn--strae-oqa.example"  # IDNA 2008: not strasse.example
    headers = header_block(ours, cover())
    assert b"From: News <a@xn--strae-oqa.example>\r\n" in headers
    assert b"Reply-To: Desk <b@xn--strae-oqa.example>\r\n" in headers
    with pytest.raises(WrongSetting, match="cannot be mailed"):
        _ = postmark(sender="a@bü..example").sender_address
