"""A mailed unsubscribe is read by its recipient and subject, whatever else the mail holds."""

from __future__ import annotations

from email.message import EmailMessage

import pytest
from hypothesis import given
from hypothesis import strategies as st

from briefings.inbound.unsubscribes import LARGEST_HEAD, tokens_in

ONE, TWO = "A" * 20 + "-b_9" + "C" * 20, "z" * 44


def mail(**headers: str) -> bytes:
    message = EmailMessage()
    for name, value in {"From": "ada@example.org", "To": "leave@news.example", **headers}.items():
        message[name.replace("_", "-")] = value
    message.set_content(f"> https://briefings.example/unsubscribe/{TWO}\n")
    return message.as_bytes()


@pytest.mark.parametrize(
    "headers",
    [
        {"Subject": f"unsubscribe {ONE}"},
        {"Subject": f"Re: UNSUBSCRIBE {ONE}."},
        {"Subject": f"désabonner {ONE}"},
        {"To": f"leave+{ONE}@news.example"},
        {"To": f'"Leave" <leave+{ONE}@news.example>'},
        {"Delivered_To": f"leave+{ONE}@news.example", "Subject": f"unsubscribe {ONE}"},
    ],
)
def test_the_token_is_found_where_a_mail_program_puts_it(headers: dict[str, str]) -> None:
    assert tokens_in(mail(**headers)) == (ONE,)


@pytest.mark.parametrize(
    "raw",
    [
        mail(Subject="unsubscribe"),
        mail(Subject=f"unsubscribe {ONE[:-1]}"),
        mail(Subject=f"unsubscribe {ONE}x"),
        mail(Subject=f"unsubscribe {ONE}", Auto_Submitted="auto-replied (vacation)"),
        mail(X_Note=ONE, References=f"<{ONE}@news.example>"),
        b"",
        b"\r\n\r\n" + ONE.encode(),
        b"X: " + b"y" * LARGEST_HEAD + b"\r\nSubject: " + ONE.encode() + b"\r\n\r\n",
        b"Subject: =?utf-8?b?AAA?= =?utf-8?x?y?=\r\n\r\n",
    ],
)
def test_nothing_else_in_a_mail_counts(raw: bytes) -> None:
    assert tokens_in(raw) == ()


def test_a_mail_full_of_tokens_is_no_way_to_try_many() -> None:
    many = " ".join(f"{number:044d}" for number in range(99))
    assert len(tokens_in(b"Subject: " + many.encode() + b"\r\n\r\n")) == 4


@given(st.binary(max_size=300))
def test_no_bytes_break_it(raw: bytes) -> None:
    assert len(tokens_in(raw)) <= 4
    assert len(tokens_in(b"Subject: " + raw)) <= 4
