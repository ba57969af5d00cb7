"""Slots: marking, encoding and filling, and headers that nobody can break out of."""

from __future__ import annotations

import email
import quopri
from email import policy
from email.header import decode_header, make_header

import pytest

from briefings.errors import UnsafeValue, WrongTemplate
from briefings.slots import (
    Sheet,
    address_header,
    decode_block,
    encode_block,
    encode_header_text,
    encode_slot,
    escape_html,
    escape_text,
    header_value,
    mark,
    slot,
    values_for,
)


def parsed(header: str, value: str):
    message = email.message_from_bytes(f"{header}: {value}\r\n\r\n".encode(), policy=policy.default)
    assert not message.defects
    assert not message[header].defects
    return message[header]


class TestMark:
    @pytest.mark.parametrize("name", ["", "Name", "a-b", "a b", "a1", "\ue001", "name\n"])
    def test_only_small_letters_and_underscores_name_a_slot(self, name):
        with pytest.raises(WrongTemplate, match="cannot name a slot"):
            mark(name)

    def test_stands_between_private_characters(self):
        assert mark("first_name") == "\ue000first_name\ue001"
        assert slot("head", "first_name") == b"\x02head:first_name\x03"


class TestEncodeBlock:
    def test_ends_every_line_in_crlf(self):
        assert encode_block("a\nb\r\nc\rd", "text") == b"a\r\nb\r\nc\r\nd\r\n"
        assert encode_block("a\n", "text") == b"a\r\n"
        assert encode_block("a\n\n", "text") == b"a\r\n\r\n"

    def test_nothing_stays_nothing(self):
        assert encode_block("", "html") == b""

    def test_breaks_long_lines_softly_at_76(self):
        lines = encode_block("x" * 200, "html").split(b"\r\n")
        assert lines == [b"x" * 75 + b"=", b"x" * 75 + b"=", b"x" * 50, b""]

    def test_never_cuts_an_escape(self):
        for shift in range(4):
            for line in encode_block("x" * shift + "=" * 200, "html").split(b"\r\n"):
                assert len(line) <= 76
                assert quopri.decodestring(line.removesuffix(b"=")).strip(b"x=") == b""

    def test_keeps_dots_and_from_off_the_beginning_of_lines(self):
        encoded = encode_block(".\n..a\nFrom here\nFrom\n" + "x" * 75 + ".y", "text")
        assert encoded == (
            b"=2E\r\n=2E.a\r\n=46rom here\r\nFrom\r\n" + b"x" * 75 + b"=\r\n=2Ey\r\n"
        )

    def test_a_dot_escaped_at_the_edge_does_not_lengthen_the_line(self):
        encoded = encode_block("." + "x" * 74 + "=y", "text")
        assert max(map(len, encoded.split(b"\r\n"))) <= 76
        assert quopri.decodestring(encoded) == b"." + b"x" * 74 + b"=y\r\n"

    def test_white_space_at_the_end_of_a_line_survives(self):
        assert encode_block("a \nb\t\n \nc d", "text") == b"a=20\r\nb=09\r\n=20\r\nc d\r\n"

    def test_a_slot_has_a_line_of_its_own(self):
        encoded = encode_block(f"Hello {mark('name')}, welcome\n{mark('name')}", "html")
        assert encoded == (
            b"Hello =\r\n\x02html:name\x03=\r\n, welcome\r\n\x02html:name\x03=\r\n\r\n"
        )

    def test_slots_may_touch(self):
        encoded = encode_block(mark("a") + mark("b"), "text")
        assert encoded == b"\x02text:a\x03=\r\n\x02text:b\x03=\r\n\r\n"

    @pytest.mark.parametrize(
        "bad",
        [
            "\x00",
            "\x02",
            "\x07",
            "\x0b",
            "\x1f",
            "\x7f",
            "\x85",
            "\x9b",
            "\ud800",
            "\ue000",
            "\ue001",
        ],
    )
    def test_refuses_what_no_mail_should_hold(self, bad):
        with pytest.raises(UnsafeValue, match=f"U\\+{ord(bad):04X}") as refusal:
            encode_block(f"{mark('name')} some{bad}thing", "html")
        assert "some" in str(refusal.value)
        assert str(refusal.value).isascii()

    @pytest.mark.parametrize("bad", ["\ue000name", "\ue000Na\ue001", "\ue000\ue000name\ue001"])
    def test_refuses_half_a_mark(self, bad):
        with pytest.raises(UnsafeValue, match=r"U\+E00"):
            encode_block(bad, "text")

    def test_is_read_back_with_its_slots(self):
        source = f'<p title="x = y">Grüße,\u2028 {mark("name")}!\n.\n</p>\n'
        assert decode_block(encode_block(source, "html")) == source


class TestEscape:
    def test_markup_is_harmless_in_html_only(self):
        assert escape_html("<b> & \"q\" 'a'") == "&lt;b&gt; &amp; &quot;q&quot; &#x27;a&#x27;"
        assert escape_text("<b> & \"q\" 'a'") == "<b> & \"q\" 'a'"

    @pytest.mark.parametrize("escape", [escape_html, escape_text])
    @pytest.mark.parametrize(
        ("value", "clean"),
        [
            ("a\r\nb", "a b"),
            ("a\u2028\u2029\x85\x0b\x0c\tb", "a b"),
            ("a\x00\x07\x1b\x7f\x9fb", "ab"),
            ("\u202egpj.exe\u202c", "gpj.exe"),
            ("\u2066x\u2069", "x"),
            ("\ue000name\ue001", "name"),
            ("\ud800x\udfff", "x"),
            ("شريف\u200f", "شريف\u200f"),
            ("👩\u200d🔬", "👩\u200d🔬"),
            ("e\u0301", "e\u0301"),
            ("", ""),
        ],
    )
    def test_values_stay_on_one_line_and_keep_to_themselves(self, escape, value, clean):
        assert escape(value) == clean


class TestEncodeSlot:
    @pytest.mark.parametrize(
        ("value", "encoded"),
        [
            ("", b""),
            ("Ada", b"Ada"),
            ("Zoë", b"Zo=C3=AB"),
            ("a=b", b"a=3Db"),
            (".hidden", b"=2Ehidden"),
            ("From me", b"=46rom me"),
            ("x" * 75 + "." + "y", b"x" * 75 + b"=\r\n=2Ey"),
            ("x" * 76, b"x" * 75 + b"=\r\nx"),
            ("x" * 74 + "=", b"x" * 74 + b"=\r\n=3D"),
            ("ends ", b"ends "),
        ],
    )
    def test_fits_between_soft_breaks(self, value, encoded):
        assert encode_slot(value) == encoded


class TestSheet:
    def test_fills_slots_in_headers_and_blocks(self):
        sheet = Sheet.of(
            [
                b"To: " + slot("raw", "to") + b"\r\nSubject: " + slot("head", "name") + b"\r\n\r\n",
                encode_block(f"<p>{mark('name')}</p>", "html"),
                encode_block("-- \n", "text"),
            ]
        )
        assert sheet.slots == {"raw:to", "head:name", "html:name"}
        values = values_for(sheet.slots, {"name": "Zoë <3"})
        filled = sheet.fill({**values, "raw:to": b"zoe@example.org"})
        assert filled == (
            b"To: zoe@example.org\r\nSubject: =?utf-8?b?Wm/DqyA8Mw==?=\r\n\r\n"
            b"<p>=\r\nZo=C3=AB &lt;3=\r\n</p>\r\n--=20\r\n"
        )
        assert sheet.size == len(filled) - len(b"zoe@example.org") - sum(map(len, values.values()))

    def test_without_slots_is_the_bytes_themselves(self):
        sheet = Sheet.of([b"a", b"b"])
        assert sheet.fill({}) == b"ab"
        assert sheet.size == 2

    def test_a_value_cannot_open_a_slot(self):
        sheet = Sheet.of([encode_block(mark("name"), "text")])
        filled = sheet.fill(values_for(sheet.slots, {"name": "\x02text:name\x03"}))
        assert filled == b"text:name=\r\n\r\n"

    @pytest.mark.parametrize("half", [b"\x02text:name", b"\x02name\x03", b"name\x03"])
    def test_refuses_half_a_mark(self, half):
        with pytest.raises(WrongTemplate, match="half a slot mark"):
            Sheet.of([b"before ", half])

    def test_names_the_slots_that_nobody_fills(self):
        sheet = Sheet.of([slot("html", "nmae"), slot("text", "nmae"), slot("head", "name")])
        sheet.check({"name", "nmae", "more"})
        with pytest.raises(WrongTemplate, match=r"slot nmae: use one of name, view_token\."):
            sheet.check({"name", "view_token"})

    def test_escapes_each_value_for_its_place(self):
        needed = ["html:name", "text:name", "head:name", "raw:name"]
        assert values_for(needed, {"name": "A & B", "other": "x"}) == {
            "html:name": b"A &amp; B",
            "text:name": b"A & B",
            "head:name": b"A & B",
        }

    def test_a_header_refuses_what_the_body_would_clean(self):
        assert values_for(["text:name"], {"name": "a\r\nBcc: b"}) == {"text:name": b"a Bcc: b"}
        with pytest.raises(UnsafeValue, match=r"U\+000D"):
            values_for(["head:name"], {"name": "a\r\nBcc: b"})


class TestHeaderValue:
    @pytest.mark.parametrize(
        "bad",
        [
            "\r",
            "\n",
            "\0",
            "\t",
            "\x1b",
            "\x7f",
            "\x85",
            "\x9f",
            "\u2028",
            "\u2029",
            "\udc80",
            "\ue000",
        ],
    )
    @pytest.mark.parametrize(
        "write", [header_value, encode_header_text, lambda v: address_header(v, "a@example.org")]
    )
    def test_refuses_to_break_out_of_a_header(self, write, bad):
        with pytest.raises(UnsafeValue, match=f"header cannot hold U\\+{ord(bad):04X}") as refusal:
            write(f"Hello{bad}Bcc: everyone@example.org")
        assert "Hello" in str(refusal.value)

    def test_is_the_value_itself(self):
        assert header_value("Grüße, 👋") == "Grüße, 👋"


class TestHeaderText:
    def test_plain_text_stays(self):
        assert encode_header_text("What changed: Kubernetes 1.34, MLflow") == (
            "What changed: Kubernetes 1.34, MLflow"
        )
        assert encode_header_text("") == ""

    def test_long_plain_text_folds_at_spaces(self):
        text = "word " * 40 + "end"
        lines = encode_header_text(text, column=9).split("\r\n")
        assert all(len(line) <= 76 for line in lines[1:])
        assert len(lines[0]) <= 76 - 9
        assert "".join(lines) == text

    def test_a_line_takes_76_characters_and_not_one_more(self):
        assert encode_header_text("a " + "b" * 75, column=20) == "a\r\n " + "b" * 75
        assert encode_header_text("a " + "b" * 73 + " c", column=20) == "a\r\n " + "b" * 73 + " c"
        assert encode_header_text("a " + "b" * 74 + " c", column=20) == (
            "a\r\n " + "b" * 74 + "\r\n c"
        )
        assert encode_header_text("a" * 50 + " b", column=24) == "a" * 50 + " b"
        assert encode_header_text("a" * 50 + " b", column=25) == "a" * 50 + "\r\n b"

    @pytest.mark.parametrize("column", [0, 9, 30, 52])
    def test_the_first_encoded_word_leaves_room_for_the_headers_name(self, column):
        for text in ("é" * 200, "Plain words, é " * 20):
            lines = encode_header_text(text, column).split("\r\n")
            assert column + len(lines[0]) <= 76

    @pytest.mark.parametrize(
        "text",
        [
            "Grüße",
            "=?utf-8?q?fake?=",
            "two  spaces",
            " leading",
            "trailing ",
            "y" * 1200,
            "日本語のニュース " * 30,
            "👩‍🔬" * 40,
            "Prices: 5 → 7 € in one week",
        ],
    )
    @pytest.mark.parametrize("column", [0, 9, 70])
    def test_everything_else_becomes_encoded_words(self, text, column):
        folded = encode_header_text(text, column)
        assert folded.isascii()
        assert folded.startswith("=?utf-8?")
        assert all(len(line) <= 76 for line in folded.split("\r\n"))
        assert str(parsed("Subject", folded)) == text

    def test_takes_the_shorter_of_the_two_encodings(self):
        assert "?q?" in encode_header_text("Mostly plain words, one é")
        assert "?b?" in encode_header_text("日本語")


class TestAddressHeader:
    @pytest.mark.parametrize(
        ("name", "header"),
        [
            ("", "ada@example.org"),
            ("  ", "ada@example.org"),
            ("Ada Lovelace", "Ada Lovelace <ada@example.org>"),
            ("Lovelace, Ada", '"Lovelace, Ada" <ada@example.org>'),
            ('Ada "Countess" \\ L.', '"Ada \\"Countess\\" \\\\ L." <ada@example.org>'),
            ("Zoë", "=?utf-8?b?Wm/Dqw==?= <ada@example.org>"),
            ("=?utf-8?q?x?=", "=?utf-8?b?PT91dGYtOD9xP3g/PQ==?= <ada@example.org>"),
            ("a@b.c", '"a@b.c" <ada@example.org>'),
        ],
    )
    def test_writes_a_mailbox(self, name, header):
        assert address_header(name, "ada@example.org") == header
        mailbox = parsed("To", header).addresses[0]
        assert mailbox.addr_spec == "ada@example.org"
        assert mailbox.display_name == name.strip()

    def test_long_names_fold(self):
        name = "Doña María de los Ángeles " * 12
        header = address_header(name, "maria@example.org")
        assert all(len(line) <= 76 for line in header.split("\r\n"))
        # Python's own parser of mailboxes leaves a space between encoded words; RFC 2047 does not.
        words = header.partition("<")[0]
        assert str(make_header(decode_header(words))).strip() == name.strip()
        assert parsed("To", header).addresses[0].addr_spec == "maria@example.org"

    def test_a_name_cannot_turn_the_address_around(self):
        assert address_header("\u202eevil\u2069", "a@example.org") == "evil <a@example.org>"

    @pytest.mark.parametrize(
        ("address", "written"),
        [
            ("a..b@example.org", '"a..b"@example.org'),
            (".a@example.org", '".a"@example.org'),
            ("a.@example.org", '"a."@example.org'),
            ('"a b"@example.org', '"a b"@example.org'),
            ("a+b@[127.0.0.1]", "a+b@[127.0.0.1]"),
            ("jürgen@bücher.example", "jürgen@bücher.example"),
            ("a@localhost", "a@localhost"),
        ],
    )
    def test_odd_addresses_stay_usable(self, address, written):
        assert address_header("", address) == written

    @pytest.mark.parametrize(
        "address",
        [
            *("", "nobody", "@example.org", "a@", "a b@example.org", "a@b@example.org"),
            *("a@example.org, b@example.org", "a@example.org>", "<a@example.org", "a@exa mple.org"),
            *("a@example..org", "a@.example.org", "a\u202e@example.org", "(c)a@example.org"),
            "a" * 250 + "@example.org",
        ],
    )
    def test_what_is_no_address_is_refused(self, address):
        with pytest.raises(UnsafeValue, match="no mail address"):
            address_header("Ada", address)
