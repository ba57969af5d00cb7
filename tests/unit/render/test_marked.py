"""The little Markdown of items: what is read, what stays as typed, and what never becomes a link."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from briefings.render.marked import Piece, in_html, in_words, pieces, unmarked


@pytest.mark.parametrize(
    ("text", "html", "words"),
    [
        ("Plain words.", "Plain words.", "Plain words."),
        ("a **b** c", "a <strong>b</strong> c", "a b c"),
        ("*a* `b<c` d", "<em>a</em> <code>b&lt;c</code> d", "a b<c d"),
        ("***both***", "<strong><em>both</em></strong>", "both"),
        ("snake_case_name and 2 * 3 * 4", "snake_case_name and 2 * 3 * 4", "snake_case_name and 2 * 3 * 4"),
        (
            "see [the notes](https://example.org/a?b=1&c=2).",
            'see <a href="https://example.org/a?b=1&amp;c=2" rel="noopener noreferrer">the notes</a>.',
            "see the notes https://example.org/a?b=1&c=2 .",
        ),
        ("[x](javascript:alert(1))", "[x](javascript:alert(1))", "[x](javascript:alert(1))"),
        ("[x](/here)", "x", "x"),
        ("<b>no</b> &amp; &lt;", "&lt;b&gt;no&lt;/b&gt; &amp;amp; &amp;lt;", "<b>no</b> &amp; &lt;"),
        ("# no head\n- no list", "# no head - no list", "# no head - no list"),
        ("![i](https://example.org/i.png)", None, None),
        ("", "", ""),
    ],
)  # fmt: skip
def test_it_is_read_so(text: str, html: str | None, words: str | None) -> None:
    assert "<img" not in in_html(text)
    if html is not None:
        assert in_html(text) == html
        assert in_words(text) == words


def test_a_line_that_is_cut_short_has_neither_marks_nor_addresses() -> None:
    text = "Set `--drain` and **read** the [notes](https://example.org/notes) first"
    assert unmarked(text) == "Set --drain and read the notes first"
    assert unmarked("2 * 3 < 7, a_b_c") == "2 * 3 < 7, a_b_c"


def test_words_without_marks_are_one_piece() -> None:
    assert pieces("Just  words, and more.") == (Piece(text="Just words, and more."),)


@given(st.text(alphabet="ab *_`[]()<>:/\\&\"'htps.\n", max_size=60))
def test_no_text_makes_another_tag(text: str) -> None:
    made = str(in_html(text))
    for tag in ("<strong>", "</strong>", "<em>", "</em>", "<code>", "</code>", "</a>"):
        made = made.replace(tag, "")
    while '<a href="http' in made:
        before, _, after = made.partition('<a href="http')
        made = before + after.partition(">")[2]
    assert "<" not in made
