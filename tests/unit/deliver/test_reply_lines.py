import pytest
from hypothesis import given
from hypothesis import strategies as st

from briefings.deliver.replies import ReplyLines, parse_reply
from briefings.model.reply import Stage

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
