"""Filled mails parse to exactly what went in, whatever readers are called and editors write."""

from __future__ import annotations

import email
import html
import quopri
from email import policy
from email.header import decode_header, make_header
from email.message import EmailMessage

from hypothesis import given
from hypothesis import strategies as st

from briefings.slots import (
    Sheet,
    address_header,
    decode_block,
    encode_block,
    encode_header_text,
    encode_slot,
    escape_html,
    escape_text,
    mark,
    slot,
    values_for,
)

ODD = [
    *("=", ".", "..", "\n.", "\r\n", "From ", "\nFrom ", " ", "\t", " \n", "<", ">", "&", '"', "'"),
    *(
        "=?utf-8?q?x?=",
        "{{",
        "=3D",
        "x" * 74,
        "x" * 75,
        "é" * 30,
        "👩‍🔬",
        "e\u0301\u0323",
        "שלום",
        "\u200f",
    ),
    *("مرحبا", "--", "\u2028", "\u00a0", "\ufeff", "None", "ß", "\U0010ffff"),
]
NAMES = ["name", "unsubscribe_url", "view_token"]
characters = st.characters(exclude_categories=["Cc", "Cs"], exclude_characters="\ue000\ue001")
prose = st.lists(st.sampled_from(ODD) | st.text(characters, max_size=40), max_size=25).map("".join)
values = st.lists(st.sampled_from(ODD) | st.text(max_size=60), max_size=8).map("".join)
values |= st.text(min_size=300, max_size=300)
one_line = st.lists(st.sampled_from(ODD) | st.text(max_size=60), max_size=8).map(
    lambda parts: escape_text("".join(parts))
)
sources = st.lists(prose | st.sampled_from(NAMES).map(mark), max_size=12).map("".join)


def with_unix_line_ends(text: str) -> str:
    return text.replace("\r\n", "\n").replace("\r", "\n")


def ended(text: str) -> str:
    return text if not text or text.endswith("\n") else text + "\n"


def filled_in(source: str, readers_values: dict[str, str], escape) -> str:
    for name, value in readers_values.items():
        source = source.replace(mark(name), escape(value))
    return source


@given(sources, sources, st.fixed_dictionaries(dict.fromkeys(NAMES, values)), one_line, one_line)
def test_a_filled_mail_parses_to_what_went_in(
    html_source, text_source, given_values, name, subject
):
    sheet = Sheet.of(
        [
            b"MIME-Version: 1.0\r\nSubject: " + encode_header_text(subject, 9).encode() + b"\r\n",
            b"To: " + slot("raw", "to") + b"\r\nX-Name: " + slot("head", "header_name") + b"\r\n",
            b'Content-Type: multipart/alternative; boundary="=_b"\r\n\r\n--=_b\r\n',
            b"Content-Type: text/plain; charset=utf-8\r\n",
            b"Content-Transfer-Encoding: quoted-printable\r\n\r\n",
            encode_block(text_source, "text"),
            b"\r\n--=_b\r\nContent-Type: text/html; charset=utf-8\r\n",
            b"Content-Transfer-Encoding: quoted-printable\r\n\r\n",
            encode_block(html_source, "html"),
            b"\r\n--=_b--\r\n",
        ]
    )
    sheet.check({*NAMES, "header_name", "to"})
    readers_values = {**given_values, "header_name": name}
    mail = sheet.fill(
        {
            **values_for(sheet.slots, readers_values),
            "raw:to": address_header(name, "reader@example.org").encode(),
        }
    )
    assert b"\x02" not in mail
    assert b"\r" not in mail.replace(b"\r\n", b"")
    assert b"\n" not in mail.replace(b"\r\n", b"")
    header, _, body = mail.partition(b"\r\n\r\n")
    assert all(len(line) <= 998 for line in header.split(b"\r\n"))
    assert all(len(line) <= 76 for line in body.split(b"\r\n"))
    assert mail.isascii()
    assert not any(line.startswith((b".", b"From ")) for line in mail.split(b"\r\n"))

    message = email.message_from_bytes(mail, policy=policy.default)
    assert isinstance(message, EmailMessage)
    assert not message.defects
    assert len(message.keys()) == 5
    text_part, html_part = message.iter_parts()
    for part, source, escape in (
        (text_part, text_source, escape_text),
        (html_part, html_source, escape_html),
    ):
        assert not part.defects
        # The line break before a boundary belongs to the boundary.
        expected = filled_in(ended(with_unix_line_ends(source)), readers_values, escape)
        assert with_unix_line_ends(part.get_content()) == expected


@given(sources)
def test_blocks_are_read_back_as_their_source(source):
    assert decode_block(encode_block(source, "html")) == ended(with_unix_line_ends(source))


@given(st.lists(prose, max_size=5))
def test_blocks_join_like_their_sources(parts):
    joined = "".join(ended(part) for part in parts)
    assert decode_block(b"".join(encode_block(part, "text") for part in parts)) == ended(
        with_unix_line_ends(joined)
    )


@given(values)
def test_any_value_fits_where_a_slot_was(value):
    escaped = escape_text(value)
    encoded = encode_slot(escaped)
    assert quopri.decodestring(encoded + b"=\r\n").decode() == escaped
    for line in encoded.split(b"=\r\n"):
        assert len(line) <= 75
        assert b"\r" not in line
        assert b"\n" not in line
        assert not line.startswith((b".", b"From "))


@given(values)
def test_escaped_html_shows_the_cleaned_value_and_nothing_else(value):
    escaped = escape_html(value)
    assert not set(escaped) & set("<>\"'")
    assert html.unescape(escaped) == html.unescape(html.escape(escape_text(value)))


@given(values)
def test_cleaning_twice_changes_nothing(value):
    assert escape_text(escape_text(value)) == escape_text(value)


@given(one_line, st.integers(0, 60))
def test_header_text_reads_back_exactly(text, column):
    folded = encode_header_text(text, column)
    assert folded.isascii()
    assert all(len(line) <= 998 for line in folded.split("\r\n"))
    header = email.message_from_bytes(f"Subject: {folded}\r\n\r\n".encode(), policy=policy.default)[
        "Subject"
    ]
    assert str(header) == text
    assert not header.defects


@given(one_line, st.sampled_from(["a@example.org", "x" * 60 + "@sub.example.org"]))
def test_a_mailbox_reads_back_as_one_mailbox(name, address):
    header = address_header(name, address)
    assert header.isascii()
    assert all(len(line) <= max(76, len(address) + 3) for line in header.split("\r\n"))
    parsed = email.message_from_bytes(f"To: {header}\r\n\r\n".encode(), policy=policy.default)["To"]
    assert not parsed.defects
    assert [each.addr_spec for each in parsed.addresses] == [address]
    shown = " ".join(name.split())
    if header.count("=?utf-8?") > 1:
        # Python's own parser leaves a space between encoded words, which RFC 2047 takes out.
        assert str(make_header(decode_header(header.rpartition("<")[0]))).strip() == shown
    else:
        assert parsed.addresses[0].display_name == shown
