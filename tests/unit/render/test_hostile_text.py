"""Editors' text comes out as text, whatever it holds."""

import html
import re
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from briefings.model.edition import FootBlock, HeadingBlock
from briefings.render import lint
from briefings.render.lint import read
from tests.unit.render.samples import (
    MLOPS,
    US_ALL,
    head,
    item,
    mail_of,
    pay,
    plan,
    role_block,
    shown_of,
)

PAYLOADS = (
    "{{ 7 * 7 }}",
    "{% for c in ().__class__.__base__.__subclasses__() %}{{ c }}{% endfor %}",
    "{{ ''.__class__.__mro__[1].__subclasses__() }}",
    "{{ cycler.__init__.__globals__.os.popen('id').read() }}",
    "{{ lipsum.__globals__['os'].system('id') }}",
    "{{ self._TemplateReference__context }}",
    "{{ config }}{{ slots }}",
    "{{ '%s'|format(x) }}{{ ''.format_map(x) }}",
    "{# a comment #} ${7*7} #{7*7} <%= 7*7 %>",
    "{{{{ a }}}} [[[ b ]]] }}{{ ]][[",
    "<mj-raw><script>alert(1)</script></mj-raw>",
    "</mj-text></mj-column></mj-section><mj-section><mj-raw>x",
    "</title></head><body onload=alert(1)>",
    "<!-- a comment --> <!--cut--> --> <![endif]--> <!--[if mso]>",
    "<![CDATA[ data ]]>",
    '"><img src=x onerror=alert(1)>',
    "' onmouseover='alert(1)",
    "&lt;b&gt; &amp; &#123;&#123; &nbsp;",
    "back\\slash \\u{2060} \\n C:\\temp",
    "café naïve 日本語 🎉 עברית",
    "a\u2060b\u200bc \u202ereversed\u202c",
    "**bold** __init__ `code` [link](https://example.org)",
    "None of the jobs is gone",
)


def visible(text: str) -> str:
    """What a person sees of it: joiners have no width."""
    return " ".join(text.replace("\u2060", "").split())


@pytest.mark.parametrize("payload", PAYLOADS)
def test_text_is_shown_as_written_in_every_place(payload: str) -> None:
    specs = (
        head(payload, subject=payload, intro=payload, preheader=payload, specialization=payload),
        item(headline=payload, summary=payload, do=payload, why=payload, source_name=payload),
        replace(pay(US_ALL), growth_note=payload, role_name=payload),
        HeadingBlock(text=payload, note=payload),
        role_block(replace(MLOPS, name=payload, source=payload)),
        FootBlock(),
    )
    made = mail_of(*specs)
    facts = read(made.html)
    seen = visible(payload)
    assert facts.wrong == []
    assert visible(facts.title) == seen
    assert visible(facts.words).count(seen) >= 12
    assert visible(made.text).count(seen) >= 11
    label = re.search(r'aria-label="([^"]*)"', made.html)
    assert label is not None
    assert visible(html.unescape(label[1])) == seen
    assert [each for each in lint(made.html, made.text) if "number" not in each] == []


@pytest.mark.parametrize("pair", ["{{", "}}", "[[", "]]"])
def test_a_pair_is_parted_by_a_character_without_width(pair: str) -> None:
    made, text = shown_of(HeadingBlock(text=f"a{pair}b"))
    for part in (made, text):
        assert pair not in html.unescape(part)
        assert f"a{pair[0]}\N{WORD JOINER}{pair[1]}b" in part


def test_characters_that_are_not_text_disappear() -> None:
    made, text = shown_of(
        HeadingBlock(text="a\x00b\x1bc\ue000name\ue001d\ud800e\ufdd0f\x85g\u2028h\ti")
    )
    assert ">abcnamedef g h i<" in made
    assert "abcnamedef g h i\n" in text


def test_a_slot_cannot_be_smuggled_in() -> None:
    made, text = shown_of(HeadingBlock(text="\ue000unsubscribe_url\ue001"))
    assert "\ue000" not in made + text


def test_braces_in_a_link_are_percent_encoded() -> None:
    url = "https://example.org/{{x}}?a[[0]]=<b>&c='d'\"e"
    made = mail_of(head(), item(source_url=url, source_name="x"), FootBlock())
    assert lint(made.html, made.text) == []
    assert "https://example.org/%7B%7Bx%7D%7D?a%5B%5B0%5D%5D=%3Cb%3E&c=%27d%27%22e" in made.text


def test_templates_cannot_be_told_to_run_a_plan_either() -> None:
    step = plan().step
    hostile = replace(plan(), step=replace(step, headline="{{ 1 }}", text="<b>x</b>"))
    made, _ = shown_of(hostile)
    assert "<b>" not in made
    assert "&lt;b&gt;x&lt;/b&gt;" in made


@settings(max_examples=25)
@given(st.text(max_size=60))
def test_no_text_breaks_the_document(text: str) -> None:
    made = mail_of(
        head(text, subject=f"x{text}", intro=text),
        item(headline=f"x {text}", summary=text),
        FootBlock(),
    )
    assert [each for each in lint(made.html, made.text) if "empty h1" not in each] == []
