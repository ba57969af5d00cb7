"""The lint of finished mails: every complaint has a mail that earns it."""

import pytest

from briefings.render import lint
from briefings.render.lint import read
from tests.unit.render.samples import SAMPLES, mail_of

GOOD = (
    '<!doctype html><html lang="en"><head><title>A title</title></head><body>'
    '<h1>A title</h1><p>See <a href="https://example.org/a">a</a>, 3 of 10.</p></body></html>'
)
TEXT = "A title\n\nSee a, 3 of 10.\n  https://example.org/a\n"


def test_a_small_mail_can_be_without_fault() -> None:
    assert lint(GOOD, TEXT) == []


@pytest.mark.parametrize(
    ("old", "new", "complaint"),
    [
        ("<!doctype html>", "", "the document does not begin with <!doctype html>"),
        (' lang="en"', "", "the document has no language"),
        (' lang="en"', ' lang="und"', "the document has no language"),
        ("<title>A title</title>", "<title> </title>", "the document has no title"),
        ("<h1>A title</h1>", "", "the document has 0 h1, not one"),
        ("<h1>A title</h1>", "<h1>A title</h1><h1>A title</h1>", "the document has 2 h1, not one"),
        ("<p>", "<h2> </h2><p>", "an empty h2"),
        ("<p>", '<p><img src="x">', "an <img> has no alt text"),
        ("<p>", "<p><script>1</script>", "<script> has no place in a mail"),
        ("<p>", "<form></form><p>", "<form> has no place in a mail"),
        ("<p>", '<link rel="stylesheet" href="x"><p>', "<link> has no place in a mail"),
        ("<p>", '<p onclick="x()">', "<p> has a script in onclick"),
        ("<p>", "<p><b>", "</p> closes what is not open inside <b>"),
        ("</html>", "</html></div>", "</div> closes what is not open"),
        ("</body></html>", "", "<html> is never closed"),
        ("</title>", "</title><style>@import 'x';</style>", "the style sheet fetches something"),
        ("<p>", "<p style=\"background:url('x')\">", "the style sheet fetches something"),
        (
            "<p>",
            "<!--[if mso]></p><![endif]--><p>",
            "in Outlook: </p> closes what is not open inside <body>",
        ),
        (
            "<p>",
            "<!--[if mso | IE]><table><![endif]--><p>",
            "in Outlook: </body> closes what is not open inside <table>",
        ),
        ("3 of 10", "4 of 10", "only HTML has the number 4"),
        ("3 of 10", "none of 10", "only the text has the number 3"),
        ("A title</h1>", "Another</h1>", "only HTML has the heading 'Another'"),
    ],
)
def test_a_fault_of_the_html_is_named(old: str, new: str, complaint: str) -> None:
    assert old in GOOD
    assert complaint in lint(GOOD.replace(old, new), TEXT)


@pytest.mark.parametrize("href", ["javascript:x", "mailto:a@example.org", "/a", ""])
def test_links_go_to_the_web(href: str) -> None:
    html = GOOD.replace("https://example.org/a", href)
    assert f"a link leads to {href!r}: use https" in lint(html, TEXT)


def test_a_link_without_an_address_is_named() -> None:
    assert "a link leads to 'nowhere': use https" in lint(
        GOOD.replace(' href="https://example.org/a"', ""), TEXT
    )


def test_links_of_both_parts_are_the_same() -> None:
    assert lint(GOOD, TEXT.replace("org/a", "org/b")) == [
        "only HTML links to https://example.org/a",
        "only the text links to https://example.org/b",
    ]


def test_an_address_in_a_sentence_is_no_link() -> None:
    html = GOOD.replace("<p>", "<p>https://example.org/b ")
    assert lint(html, f"{TEXT}https://example.org/b\n") == []


@pytest.mark.parametrize("pair", ["{{", "}}", "[[", "]]"])
def test_leftovers_are_found_in_both_parts(pair: str) -> None:
    found = lint(GOOD.replace("<p>", f"<p>{pair}"), f"{TEXT}{pair}\n")
    assert any(f"the HTML part holds {pair} near" in each for each in found)
    assert any(f"the text part holds {pair} near" in each for each in found)


def test_a_mail_that_clients_would_cut_is_too_large() -> None:
    found = lint(GOOD.replace("<p>", f"<p>{'word ' * 17_000}"), TEXT)
    assert [each for each in found if each.startswith("the HTML part has 8")]


def test_a_mail_with_control_characters_is_named() -> None:
    assert any("U+0007" in each for each in lint(GOOD.replace("<p>", "<p>\a"), TEXT))


def test_what_is_not_seen_counts_neither_as_words_nor_as_numbers() -> None:
    hidden = '<div style="display:none">77 <b>78</b></div><p aria-hidden="true">79</p><p>'
    html = GOOD.replace("<p>", hidden, 1)
    assert lint(html, TEXT) == []
    assert "7" not in read(html).words


def test_self_closing_elements_close() -> None:
    assert read("<body><p>a<br/>b</p><div/></body>").wrong == []


def test_a_lost_block_is_found() -> None:
    made, cut = SAMPLES["quiet"], SAMPLES["quiet"][:-1]
    assert lint(mail_of(*made).html, mail_of(*made).text) == []
    assert "<html> is never closed" in lint(mail_of(*cut).html, mail_of(*cut).text)
