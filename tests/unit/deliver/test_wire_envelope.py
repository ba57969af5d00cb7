import pytest
from hypothesis import given
from hypothesis import strategies as st

from briefings.deliver.wire import Extensions, Outgoing, check_content
from briefings.deliver.wire import envelope_lines as envelope
from briefings.errors import UnsafeValue


def mail(recipient="ada@example.org", sender="news@example.com", *, utf8=False):
    return Outgoing(
        delivery_id=1, sender=sender, recipient=recipient, content=b"A: b\r\n\r\n", needs_utf8=utf8
    )


def test_a_plain_server_gets_no_parameters():
    assert envelope(mail(), Extensions()) == (
        b"MAIL FROM:<news@example.com>\r\n",
        b"RCPT TO:<ada@example.org>\r\n",
    )


def test_offered_extensions_are_used():
    offered = Extensions(size=True, dsn=True, smtputf8=True, eightbit=True)
    assert envelope(mail("bj\u00f6rn@example.org", utf8=True), offered) == (
        b"MAIL FROM:<news@example.com> SIZE=8 RET=HDRS BODY=8BITMIME SMTPUTF8\r\n",
        "RCPT TO:<bj\u00f6rn@example.org>\r\n".encode(),
    )
    assert envelope(mail(utf8=True), Extensions(smtputf8=True))[0].endswith(b"> SMTPUTF8\r\n")


def test_a_letter_without_return_address_has_an_empty_sender():
    assert envelope(mail(sender=""), Extensions())[0] == b"MAIL FROM:<>\r\n"


@pytest.mark.parametrize(
    "address",
    [
        "",
        "a b@x.example",
        "a@x.example>\r\nDATA",
        "a\x00@x",
        "<a@x.example",
        "a@x\u2028y",
        "a" * 330,
    ],
)
def test_an_address_cannot_break_out_of_its_line(address):
    with pytest.raises(UnsafeValue):
        envelope(mail(address), Extensions())


def test_a_sender_cannot_break_out_of_its_line():
    with pytest.raises(UnsafeValue, match="sender"):
        envelope(mail(sender="a@x\r\nRCPT TO:<b@x>"), Extensions())


@pytest.mark.parametrize("field", ["recipient", "sender"])
def test_letters_beyond_ascii_need_a_mail_that_says_so(field):
    with pytest.raises(UnsafeValue, match="not ASCII"):
        envelope(mail(**{field: "\u00e4@example.org"}), Extensions())


@given(st.text(max_size=40), st.text(max_size=40))
def test_no_address_makes_a_second_command(sender, recipient):
    try:
        lines = envelope(mail(recipient, sender, utf8=True), Extensions())
    except UnsafeValue:
        return
    except UnicodeEncodeError:
        pytest.fail("a lone surrogate must be refused like any unsafe value")
    for line in lines:
        assert line.endswith((b">\r\n", b" SMTPUTF8\r\n"))
        assert line.count(b"\r") == line.count(b"\n") == line.count(b">") == 1


@pytest.mark.parametrize(
    "content", [b"no end", b".dot\r\n", b"a\r\n.dot\r\n", b"a\nb\r\n", b"a\rb\r\n"]
)
def test_content_that_would_need_stuffing_is_caught(content):
    with pytest.raises(ValueError, match=r"line|CRLF"):
        check_content(content)


def test_proper_content_passes():
    check_content(b"Subject: x\r\n\r\nhello.\r\n")
