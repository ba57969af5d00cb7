"""Rendering each block once, keys, memory, and what a renderer refuses at its start."""

import re
import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from briefings.errors import Misconfigured, WrongTemplate
from briefings.model.edition import BlockSpec, FootBlock, HeadingBlock, OverflowBlock
from briefings.render import SLOTS, Renderer, Site
from briefings.render.templates import environment, fill, load
from briefings.slots import decode_block
from tests.unit.render.samples import SAMPLES, SITE, TEMPLATES, head, item, plan, renderer


def test_forty_readers_in_eight_groups_over_twelve_items_render_each_block_once() -> None:
    made = renderer()
    items = [item(number) for number in range(12)]
    groups: list[tuple[BlockSpec, ...]] = [
        (head(f"Title {group % 2}"), *items[group : group + 5], plan(group % 3 + 1), FootBlock())
        for group in range(8)
    ]
    for reader in range(40):
        # Specs are made anew for every reader, as the freeze does.
        for spec in groups[reader % 8]:
            made.render(replace(spec))
    assert made.compiled == 2 + 12 + 3 + 1


def test_equal_specs_give_the_same_block_and_other_specs_another_key() -> None:
    made = renderer()
    first, second = made.render(item(1)), made.render(item(1))
    assert first is second
    keys = {made.render(spec).key for spec in (item(1), item(2), item(1, headline="Other"))}
    assert len(keys) == 3


def test_the_key_is_one_of_the_content() -> None:
    one, other = renderer().render(item(1)), renderer().render(item(1))
    assert one == other
    assert re.fullmatch("[0-9a-f]{64}", one.key)


def test_blocks_of_different_kinds_with_the_same_name_differ() -> None:
    made = renderer()
    assert made.render(HeadingBlock(text="x")).kind == "heading"
    assert made.render(OverflowBlock(count=1)).kind == "overflow"


def test_only_as_many_blocks_are_kept_as_asked_for() -> None:
    made = Renderer(TEMPLATES, SITE, keep=2)
    for number in (1, 2, 3):
        made.render(item(number))
    made.render(item(3))
    assert made.compiled == 3
    made.render(item(1))
    assert made.compiled == 4


def test_every_slot_of_the_templates_is_declared() -> None:
    made = renderer()
    found: set[str] = set()
    for sample in SAMPLES.values():
        for spec in sample:
            block = made.render(spec)
            for part in (block.html, block.text):
                found |= set(re.findall("\ue000([a-z_]+)\ue001", decode_block(part)))
    assert found == set(SLOTS)


def test_no_slot_begins_a_line() -> None:
    made = renderer()
    for sample in SAMPLES.values():
        for spec in sample:
            block = made.render(spec)
            for part in (block.html, block.text):
                assert not re.search("^\ue000", decode_block(part), re.MULTILINE)


def test_a_base_address_may_end_on_a_slash() -> None:
    site = Site(base_url="https://briefings.example/", postal_address="x")
    assert "https://briefings.example/items/1\n" in decode_block(
        Renderer(TEMPLATES, site).render(item(1)).text
    )


def test_without_a_reply_address_nothing_is_said_about_replies() -> None:
    site = Site(base_url="https://briefings.example", postal_address="x")
    block = Renderer(TEMPLATES, site).render(FootBlock())
    assert "Replies" not in decode_block(block.html) + decode_block(block.text)


def test_a_wrong_week_is_named() -> None:
    with pytest.raises(Misconfigured, match="2026-W54"):
        renderer().render(head(week="2026-W54"))


# --- wrong templates ---------------------------------------------------------------------------------


def broken(folder: Path, name: str, old: str, new: str) -> Path:
    """A copy of the templates with one change, or a new line at the end of a file."""
    copy = folder / "email"
    shutil.copytree(TEMPLATES, copy)
    path = copy / name
    source = path.read_text("utf-8")
    assert not old or old in source
    path.write_text(source.replace(old, new, 1) if old else source + new, "utf-8")
    return copy


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("", "{% if %}", r"heading\.mjml\.j2:\d+: Expected an expression"),
        ("{{ text|", "{{ text|attr('y')|", r"heading\.mjml\.j2:\d+: No filter named 'attr'"),
        (
            "{{ text|",
            "{{ text is callable }}{{ text|",
            r"heading\.mjml\.j2:\d+: No test named 'callable'",
        ),
        ("<mj-section", "<mj-wrapper", r"heading\.mjml\.j2:\d+: <mj-wrapper> is not among"),
        (
            "<mj-text>",
            '<mj-text gap="3">',
            r"heading\.mjml\.j2:\d+: <mj-text> has no attribute 'gap'",
        ),
        ("32px 20px 24px", "32px 20px 0", r"heading\.mjml\.j2:\d+: write 0px"),
        ("</h2>", "</h2><script>", r"heading\.mjml\.j2:6: <script> in a mail"),
        ("</h2>", "</h2><img src='x'>", r"heading\.mjml\.j2:6: <img>"),
        ("</h2>", "{{ text|safe }}</h2>", r"heading\.mjml\.j2:6: \| ?safe"),
        ("</h2>", "</h2><style>@import 'x'</style>", r"heading\.mjml\.j2:6: @import"),
    ],
)
def test_a_wrong_template_is_refused_at_the_start(
    tmp_path: Path, old: str, new: str, words: str
) -> None:
    with pytest.raises(WrongTemplate, match=words):
        Renderer(broken(tmp_path, "blocks/heading.mjml.j2", old, new), SITE)


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("{{ text|unbroken }}", "{{ txet }}", r"heading\.mjml\.j2:6: 'txet' is undefined"),
        ("{{ text|unbroken }}", "{{ text.__class__.__mro__ }}", r"heading\.mjml\.j2:6: .*unsafe"),
        ("{{ text|unbroken }}", "{{ text + 1 }}", r"heading\.mjml\.j2:6: .*"),
        ("{{ text|unbroken }}", "{{ range(3) }}", r"heading\.mjml\.j2:6: 'range' is undefined"),
        ("{{ text|unbroken }}", "\n{{ slots.name }}", r"heading\.mjml\.j2: a slot may not begin"),
        (
            "<mj-text>",
            '<mj-text padding="4px">',
            r"heading\.mjml\.j2: an mj-text with the comments lean",
        ),
        ("<mj-text>", "<mj-text", r"heading\.mjml\.j2: MJML cannot be read"),
        (
            "<mj-section",
            "<mj-raw><!--cut--></mj-raw><mj-section",
            r"heading\.mjml\.j2: extend document",
        ),
    ],
)
def test_a_template_that_asks_for_too_much_is_refused_when_it_is_filled(
    tmp_path: Path, old: str, new: str, words: str
) -> None:
    made = Renderer(broken(tmp_path, "blocks/heading.mjml.j2", old, new), SITE)
    with pytest.raises(WrongTemplate, match=words):
        made.render(HeadingBlock(text="x"))


def test_nothing_never_reads_as_a_word(tmp_path: Path) -> None:
    (tmp_path / "x.j2").write_text("a\n{{ text }}", "utf-8")
    template = load(environment(tmp_path, markup=True), tmp_path, "x.j2")
    with pytest.raises(WrongTemplate, match=r"x\.j2:2: a value is missing here"):
        fill(template, tmp_path, {"text": None})  # type: ignore[dict-item]


def test_mjml_that_comes_out_unread_is_refused(tmp_path: Path) -> None:
    # An element that the source does not show, so that only the result can give it away.
    old = "{{ text|unbroken }}"
    folder = broken(tmp_path, "blocks/heading.mjml.j2", old, "<{{ 'mj' }}-odd>x</{{ 'mj' }}-odd>")
    with pytest.raises(WrongTemplate, match=r"MJML did not know '<mj-odd>"):
        Renderer(folder, SITE).render(HeadingBlock(text="x"))


def test_a_missing_template_is_named(tmp_path: Path) -> None:
    folder = broken(tmp_path, "blocks/plan.txt.j2", "", "")
    (folder / "blocks/plan.txt.j2").unlink()
    with pytest.raises(WrongTemplate, match=r"blocks/plan\.txt\.j2: cannot be loaded"):
        Renderer(folder, SITE)


def test_a_missing_include_is_named_when_it_is_filled(tmp_path: Path) -> None:
    folder = broken(tmp_path, "blocks/heading.mjml.j2", "{{ text|unbroken }}", "{% include 'x' %}")
    with pytest.raises(WrongTemplate, match=r"heading\.mjml\.j2:6: 'x' not found"):
        Renderer(folder, SITE).render(HeadingBlock(text="x"))


def test_a_template_in_another_encoding_is_named(tmp_path: Path) -> None:
    folder = broken(tmp_path, "blocks/heading.txt.j2", "", "")
    (folder / "blocks/heading.txt.j2").write_bytes(b"caf\xe9")
    with pytest.raises(WrongTemplate, match=r"heading\.txt\.j2: not UTF-8 at byte 3"):
        Renderer(folder, SITE)


def test_templates_without_any_line_of_their_own_in_the_traceback(tmp_path: Path) -> None:
    folder = broken(
        tmp_path,
        "blocks/heading.mjml.j2",
        '{% extends "document.mjml.j2" %}',
        '{% extends "gone" %}',
    )
    with pytest.raises(WrongTemplate, match=r"heading\.mjml\.j2"):
        Renderer(folder, SITE).render(HeadingBlock(text="x"))
