import pytest
from hypothesis import given
from hypothesis import strategies as st

from briefings.deliver.replies import CODES, ReplyLines, agreed_to, parse_reply
from briefings.deliver.retry import outcome_of
from briefings.model.reply import Accepted, Stage

SAID = b"250-2.1.0 one\r\n250 2.1.0 two\r\n354 go on\r\n550-5.1.1 no\r\n550 such user\r\n"
HEARD = [(250, "2.1.0", "one 2.1.0 two"), (354, None, "go on"), (550, "5.1.1", "no such user")]


@given(st.lists(st.integers(0, len(SAID)), max_size=8))
def test_replies_do_not_depend_on_how_the_bytes_arrive(cuts):
    lines, heard = ReplyLines(), []
    ends = [*sorted(cuts), len(SAID)]
    for start, end in zip([0, *ends], ends, strict=False):
        heard += [parse_reply(line, Stage.RCPT) for line in lines.cut(SAID[start:end])]
    assert [(one.code, one.enhanced, one.text) for one in heard] == HEARD
    assert not lines.endless


@pytest.mark.parametrize(
    "said", [b"x" * 9000, b"250-x\r\n" * 200, b"250-x\r\n" * 200 + b"250 x\r\n"]
)
def test_what_never_ends_is_noticed_and_not_kept(said):
    lines = ReplyLines()
    assert lines.cut(said) == []
    assert lines.endless


def test_replies_before_the_nonsense_still_count():
    lines = ReplyLines()
    assert lines.cut(b"250 ok\r\n" + b"x" * 9000) == [b"250 ok\r"]
    assert lines.endless


@given(st.binary(max_size=40))
def test_no_bytes_make_anything_but_a_reply_or_a_complaint(line):
    try:
        reply = parse_reply(line, Stage.FINAL)
    except ValueError:
        return
    assert 200 <= reply.code < 600
    assert reply.text.isprintable()


@given(
    st.one_of(
        st.binary(max_size=40),
        st.from_regex(rb"[245]\d{2}( [245]\.\d{1,3}\.\d{1,3})?( .{0,9})?\r", fullmatch=True),
    )
)
def test_a_yes_read_in_short_is_the_same_yes(line):
    short = agreed_to(line[:CODES])
    if short is not None:
        whole = outcome_of(parse_reply(line, Stage.FINAL))
        assert isinstance(whole, Accepted)
        assert (short.reply.code, short.reply.enhanced) == (whole.reply.code, whole.reply.enhanced)
        assert short.reply.stage is Stage.FINAL


@pytest.mark.parametrize(
    ("line", "status"),
    [
        (b"250 2.0.0 Ok: queued as 4F1\r", "2.0.0"),
        (b"250 OK id=1x\r", None),
        (b"250\r", None),
        (b"250 2.123.123 x", "2.123.123"),
    ],
)
def test_the_answers_of_common_servers_are_read_in_short(line, status):
    agreed = agreed_to(line[:CODES])
    assert agreed is not None
    assert (agreed.reply.code, agreed.reply.enhanced) == (250, status)


@pytest.mark.parametrize("line", [b"450 4.2.0 later", b"550 no", b"25", b"2500 x", b"354 go", b""])
def test_what_is_no_plain_yes_is_read_in_full(line):
    assert agreed_to(line[:CODES]) is None
