"""Whole mails: one balanced document, the same words in both parts, small, and as reviewed before."""

import os
import re
from dataclasses import replace

import pytest

from briefings.model.edition import FootBlock, HeadingBlock, ItemBlock, OverflowBlock
from briefings.render import lint
from briefings.render.lint import MOST_BYTES, read
from briefings.slots import decode_block
from tests.unit.render.samples import (
    ARGO,
    EARLIER,
    FEAST,
    GLOBAL_ALL,
    GLOBAL_SENIOR,
    GOLDEN,
    GRAFANA,
    RELATED,
    SAMPLES,
    TERRAFORM,
    TRAINER,
    UPDATE,
    US_ALL,
    US_SENIOR,
    VALUES,
    head,
    item,
    mail,
    mail_of,
    pay,
    plan,
    renderer,
    role_block,
    shown_of,
)

TWELVE = (
    *(TERRAFORM, ARGO, FEAST, TRAINER, GRAFANA, *EARLIER, UPDATE),
    pay(US_ALL, US_SENIOR, GLOBAL_ALL, GLOBAL_SENIOR),
    *(
        item(
            n,
            headline=f"Tool {n} has a new release with a headline of quite some length",
            do="read on.",
        )
        for n in (31, 32)
    ),
)


@pytest.mark.parametrize("name", SAMPLES)
def test_a_mail_has_nothing_that_the_lint_complains_about(name: str) -> None:
    made = mail_of(*SAMPLES[name])
    assert lint(made.html, made.text) == []


@pytest.mark.parametrize("name", SAMPLES)
def test_a_mail_holds_no_leftovers(name: str) -> None:
    made = mail_of(*SAMPLES[name])
    for part in (made.html, made.text):
        assert not re.search(r"\{\{|\}\}|\[\[|\]\]|\bNone\b|\bundefined\b|\bTrue\b|\bFalse\b", part)
        assert "<mj-" not in part
        assert "\ue000" not in part


@pytest.mark.parametrize("name", SAMPLES)
def test_a_mail_looks_as_it_did_when_somebody_last_looked(name: str) -> None:
    made = mail_of(*SAMPLES[name])
    # Line breaks only where no client shows them, so that a change can be read in a review.
    html = re.sub(r"(?=<(?:tr|td|th|table|p|h1|h2|ul|li|meta|style)\b)", "\n", made.html)
    for path, now in ((GOLDEN / f"{name}.html", html), (GOLDEN / f"{name}.txt", made.text)):
        if os.environ.get("UPDATE_GOLDEN") == "1":
            path.write_text(now, "utf-8")
        assert now == path.read_text("utf-8"), f"{path.name} changed: look at it, see docs/mail.md"


def test_twelve_items_and_every_other_part_stay_below_80_kb() -> None:
    assert len(TWELVE) == 12
    made = mail_of(head(), *TWELVE, role_block(), plan(), RELATED, FootBlock(asks=True))
    assert made.html_bytes < MOST_BYTES
    assert lint(made.html, made.text) == []


def test_two_roles_with_pay_and_updates_of_both_stay_below_80_kb() -> None:
    rows = (US_ALL, US_SENIOR, GLOBAL_ALL, GLOBAL_SENIOR)
    second = [
        replace(block, item=replace(block.item, id=90 + n))
        for n, block in enumerate((UPDATE, pay(*rows)))
    ]
    heading = HeadingBlock(text="DevOps Engineer")
    first = (*TWELVE[:8], UPDATE, pay(*rows))
    made = mail_of(
        *(head(), *first, heading, *second, OverflowBlock(count=3)),
        *(role_block(), plan(), RELATED, FootBlock(asks=True)),
    )
    assert made.html_bytes < MOST_BYTES


def test_both_parts_carry_the_same_links_headlines_and_figures() -> None:
    made = mail_of(*SAMPLES["full-week"])
    facts = read(made.html)
    assert set(facts.links) == set(re.findall(r"https?://\S+", made.text))
    assert len(facts.links) == 30
    for block in SAMPLES["full-week"]:
        if isinstance(block, ItemBlock):
            assert block.item.news.headline in made.text.splitlines()
    for figure in ("$170,320", "58", "$207,500", "0.8684"):
        assert figure in facts.words
        assert figure in made.text


def test_both_parts_have_the_same_order() -> None:
    made = mail_of(*SAMPLES["full-week"])
    facts = read(made.html)
    places = [made.text.index(" ".join(words.split())) for _, words in facts.headings]
    assert places == sorted(places)


def test_headings_are_one_h1_and_an_h2_per_item_and_part() -> None:
    headings = read(mail_of(*SAMPLES["full-week"]).html).headings
    assert [tag for tag, _ in headings] == ["h1"] + ["h2"] * 10


def test_the_head_knows_the_class_of_every_column() -> None:
    made = renderer()
    blocks = [made.render(spec) for sample in SAMPLES.values() for spec in sample]
    classes = {
        c for b in blocks for c in re.findall(r'class="(mj-column-[\w-]+)', decode_block(b.html))
    }
    first = decode_block(blocks[0].html)
    assert classes == {"mj-column-per-100", "mj-column-per-27", "mj-column-per-73"}
    assert all(f".{name} {{" in first for name in classes)


def test_the_head_covers_every_class_that_the_dark_needs() -> None:
    made = mail_of(*SAMPLES["full-week"], *SAMPLES["merged"])
    body = made.html.partition("<body")[2]
    drawn = set(re.findall(r'class="([du]-[a-z]+|q|k|y|rule|band|l|stamp|h1|u)"', body))
    assert drawn >= {"d-on", "d-off", "d-mine", "d-box", "d-todo", "d-yp", "d-yr", "u-security"}
    assert all(f".{name}" in made.html.partition("<body")[0] for name in drawn)


def test_every_drawing_is_hidden_from_readers_of_screens_and_no_layout_table_is_a_table() -> None:
    tables = re.findall(r"<table\b[^>]*>", mail_of(*SAMPLES["full-week"]).html)
    data = [table for table in tables if 'role="presentation"' not in table]
    assert len(data) == 2  # more rows of pay, related roles
    drawings = [table for table in tables if 'aria-hidden="true"' in table]
    assert all('role="presentation"' in table for table in drawings)
    assert len(drawings) >= 18


def test_data_tables_name_their_rows_and_columns() -> None:
    html = mail_of(*SAMPLES["full-week"]).html
    assert html.count('<th scope="row"') == 10
    assert html.count('scope="col"') == 5


def test_nothing_is_smaller_than_13_pixels_but_what_is_not_read() -> None:
    html = mail_of(*SAMPLES["full-week"]).html
    body = html.partition('role="article"')[2]
    sizes = {int(size) for size in re.findall(r"font-size:(\d+)", body)}
    assert {size for size in sizes if size < 13} == {0}


def test_no_image_no_web_font_and_no_other_fetch() -> None:
    html = mail_of(*SAMPLES["full-week"]).html
    assert not re.search(r"<img|@font-face|@import|url\(|fonts\.g", html)


def test_the_greeting_reads_well_without_a_name() -> None:
    named = mail_of(*SAMPLES["quiet"])
    assert "Hello Robin\n" in named.text
    nameless = mail_of(*SAMPLES["quiet"], values={**VALUES, "name": ""})
    assert re.search(r"^Hello ?$", nameless.text, re.MULTILINE)
    assert "Hello <br />" in nameless.html


def test_personal_links_stand_alone_on_their_lines() -> None:
    lines = mail_of(*SAMPLES["merged"]).text.splitlines()
    for name in ("preferences_url", "unsubscribe_url", "view_url"):
        assert f"  {VALUES[name]}" in lines


def test_text_lines_are_short_but_for_headlines_links_and_readers_values() -> None:
    made = mail_of(*SAMPLES["full-week"])
    whole = [b.item.news.headline for b in SAMPLES["full-week"] if isinstance(b, ItemBlock)]
    long = [line for line in made.text.splitlines() if len(line) > 72]
    assert all("http" in line or line in whole or "You get this" in line for line in long), long


def test_blocks_are_balanced_on_their_own_between_head_and_foot() -> None:
    made = renderer()
    blocks = [made.render(spec) for spec in SAMPLES["full-week"]]
    for block in blocks[1:-1]:
        assert read(mail([block]).html).wrong == [], block.kind
    assert read(mail(blocks[:1]).html).wrong != []
    assert read(mail([blocks[0], blocks[-1]]).html).wrong == []


def test_blocks_end_on_a_line_break_and_no_line_begins_with_a_dot() -> None:
    made = renderer()
    for spec in (*SAMPLES["full-week"], *SAMPLES["merged"]):
        block = made.render(spec)
        for part in (block.html, block.text):
            assert part.endswith(b"\r\n")
            assert not re.search(rb"^\.", part, re.MULTILINE)


def test_the_footer_says_why_how_to_leave_and_who_sent_it() -> None:
    made = mail_of(*SAMPLES["full-week"])
    for part in (read(made.html).words, made.text):
        flat = " ".join(part.split())
        assert "You get this because you signed up for MLOps Engineer and MLOps & AI Infr" in flat
        assert "Mondays at 08:00, your time." in flat
        assert "Sampletown" in flat
        assert "editors@briefings.example" in flat


@pytest.mark.parametrize(
    ("week", "past", "rest"),
    [("2025-W34", "63.46%", True), ("2026-W34", "62.26%", True), ("2026-W53", "98.11%", False)],
)
def test_the_year_rule_marks_the_share_of_52_or_53_weeks(week: str, past: str, rest: bool) -> None:
    html, _ = shown_of(head(week=week))
    assert f'class="d-yp" width="{past}"' in html
    assert ('<td class="d-yr"' in html) is rest


def test_the_first_week_of_a_year_has_no_past() -> None:
    assert '<td class="d-yp"' not in shown_of(head(week="2026-W01"))[0]
