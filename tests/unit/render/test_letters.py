"""Letters look like the mail, say one thing, and leave every value to the moment of sending."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest

from briefings.errors import WrongTemplate
from briefings.model.letter import LetterKind
from briefings.render import Site, lint
from briefings.render.letters import LETTER_SLOTS, LetterRenderer
from briefings.render.lint import read
from briefings.slots import decode_block, mark

TEMPLATES = Path(__file__).parents[3] / "templates" / "email"
SITE = Site(base_url="https://briefings.example/", postal_address="1 <Test> Street {{ now }}")
LINK = "https://briefings.example/page/" + "x" * 44
VALUES = {
    "link": LINK,
    "leave": LINK + "leave",
    "share": "https://briefings.example/subscribe?about=mlops-engineer",
    "specializations": "MLOps Engineer and Data Scientist",
    "when": "Mondays at 08:00, your time",
    "title": "The mail server refuses us",
    "what": "It answered 535 to our login.",
    "remedy": "Look at the user name and the password in MAIL_URL.",
}

WITH_TEMPLATE = [kind for kind in LetterKind if kind is not LetterKind.TEST_MAIL]
"""A test mail is a briefing, stored whole."""


def parts(kind: LetterKind, renderer: LetterRenderer | None = None) -> tuple[str, str]:
    sheet = (renderer or LetterRenderer(TEMPLATES, SITE)).render(kind)
    html, text = decode_block(sheet.html), decode_block(sheet.text)
    for name, value in VALUES.items():
        html, text = html.replace(mark(name), value), text.replace(mark(name), value)
    return html, text


def copied(folder: Path) -> Path:
    return Path(shutil.copytree(TEMPLATES, folder / "email"))


def test_every_slot_has_a_value_in_these_tests() -> None:
    assert set(VALUES) == set(LETTER_SLOTS)


@pytest.mark.parametrize("kind", WITH_TEMPLATE)
def test_a_letter_is_clean_in_both_parts(kind: LetterKind) -> None:
    html, text = parts(kind)
    assert lint(html, text) == []
    assert "\ue000" not in html + text
    facts = read(html)
    assert facts.lang == "en"
    subject = LetterRenderer(TEMPLATES, SITE).render(kind).subject
    assert facts.title == subject.replace(mark("title"), VALUES["title"])
    assert "1 <Test> Street" in facts.words
    assert "1 <Test> Street" in text
    assert "{{" not in html + text


@pytest.mark.parametrize("kind", [kind for kind in WITH_TEMPLATE if kind is not LetterKind.ALERT])
def test_a_letter_has_one_button_and_its_address_in_plain_words(kind: LetterKind) -> None:
    html, text = parts(kind)
    facts = read(html)
    assert facts.links.count(LINK) == 1
    assert LINK in facts.words
    assert re.search(rf"^  {LINK}$", text, re.MULTILINE)


def test_the_letter_to_a_stranger_says_what_happens_if_they_do_nothing() -> None:
    for kind in (LetterKind.CONFIRM, LetterKind.SIGNIN, LetterKind.ADDRESS_NEW, LetterKind.ERASE):
        for part in parts(kind):
            assert "do nothing" in " ".join(part.split())


def test_a_kind_is_rendered_once() -> None:
    renderer = LetterRenderer(TEMPLATES, SITE)
    assert renderer.render(LetterKind.CONFIRM) is renderer.render(LetterKind.CONFIRM)


def test_a_text_without_its_subject_is_named(tmp_path: Path) -> None:
    folder = copied(tmp_path)
    (folder / "letters" / "confirm.txt.j2").write_text("Hello\n", encoding="utf-8")
    with pytest.raises(WrongTemplate, match=r"confirm\.txt\.j2:1: begin with Subject"):
        LetterRenderer(folder, SITE).render(LetterKind.CONFIRM)


def test_a_template_that_does_not_parse_stops_the_start(tmp_path: Path) -> None:
    folder = copied(tmp_path)
    (folder / "letters" / "alert.mjml.j2").write_text("{% block %}", encoding="utf-8")
    with pytest.raises(WrongTemplate, match=r"alert\.mjml\.j2:1"):
        LetterRenderer(folder, SITE)


def test_what_mjml_would_drop_is_refused(tmp_path: Path) -> None:
    folder = copied(tmp_path)
    frame = folder / "letters" / "frame.mjml.j2"
    frame.write_text(frame.read_text("utf-8") + '<mj-text gap="1">x</mj-text>', encoding="utf-8")
    with pytest.raises(WrongTemplate, match="has no attribute 'gap'"):
        LetterRenderer(folder, SITE)
