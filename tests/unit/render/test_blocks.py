"""What single blocks show, state by state, in both parts."""

import re
from dataclasses import replace
from datetime import date

import pytest

from briefings.errors import Misconfigured, UnsafeValue
from briefings.model.catalogue import RiskCategory, Role, TaskAtRisk
from briefings.model.edition import ClosingBlock, HeadingBlock, OverflowBlock, RelatedBlock
from briefings.model.money import Money
from briefings.model.news import Change, Kind, PayRow
from briefings.render.lint import read
from tests.unit.render.samples import (
    AI_ENGINEER,
    ARGO,
    EARLIER,
    FEAST,
    GLOBAL_ALL,
    GLOBAL_SENIOR,
    MLOPS,
    MONDAY,
    RELATED,
    TERRAFORM,
    UPDATE,
    US_ALL,
    US_SENIOR,
    figure,
    item,
    pay,
    plan,
    role_block,
    shown_of,
)


def words(html: str) -> str:
    return " ".join(read(f"<body>{html}</body>").words.split())


def widths(html: str) -> list[list[float]]:
    """The widths of the cells of every drawing, row by row, in percent."""
    tables = re.findall(r'<table[^>]*aria-hidden="true"[^>]*>(.*?)</table>', html, re.DOTALL)
    found = [re.findall(r'width="([\d.]+)%"', table) for table in tables]
    return [[float(width) for width in row] for row in found]


@pytest.mark.parametrize(
    ("change", "label", "drawn"),
    [
        (Change.SECURITY, "Security fix", 'class="u-security" bgcolor="#B42318"'),
        (Change.BREAKING, "Breaking change", 'class="u-breaking" bgcolor="#FAF0DD"'),
        (Change.DEPRECATION, "Deprecation", "border:1px dashed #5B4A9E"),
        (Change.PRICING, "Pricing", '<span style="font-weight:600">Pricing'),
        (Change.RELEASE, "Release", '<span style="font-weight:600">Release'),
        (None, "Tool news", '<span style="font-weight:600">Tool news'),
    ],
)
def test_urgency_is_ink_and_a_word(change: Change | None, label: str, drawn: str) -> None:
    html, text = shown_of(item(change=change))
    assert drawn in html
    assert text.splitlines()[1] == f"{label.upper()}, Tue 18 August"


def test_items_of_the_past_have_quiet_labels() -> None:
    for block in EARLIER:
        html, _ = shown_of(block)
        assert 'class="u' not in html
        assert "font-weight:600" not in html
        assert re.search(r">\s*(Breaking change|Security fix|Release)\s*<", html)


def test_headlines_of_releases_are_quieter_but_still_headings() -> None:
    release, _ = shown_of(FEAST)
    fix, _ = shown_of(TERRAFORM)
    assert "font:700 16px/24px 'Segoe UI'" in release
    assert "font:700 20px/26px Georgia" in fix
    assert release.count("<h2") == fix.count("<h2") == 1


def test_an_item_says_what_to_do_why_and_whence() -> None:
    html, text = shown_of(ARGO)
    shown = words(html)
    assert "Do: tell users before you upgrade, and fetch saved CLI tokens again." in shown
    assert "Why you: MLOps Engineer covers workflow orchestration." in shown
    assert "Source: Argo Workflows release notes" in shown
    lines = text.splitlines()
    assert lines[1:4] == [
        "BREAKING CHANGE, Fri 21 August",
        "Argo Workflows 4.1.2 changes SSO tokens and signs users out once",
        "  https://briefings.example/items/12",
    ]
    assert "Do: tell users before you upgrade, and fetch saved CLI tokens again." in lines
    assert "Why you: MLOps Engineer covers workflow orchestration." in lines
    assert lines[-4] == "  https://github.com/argoproj/argo-workflows/releases/tag/v4.1.2"
    assert lines[-3:-1] == ["More or less like this?", "  \ue000feedback_url\ue001/12"]


def test_nothing_to_do_and_no_summary_leave_no_trace() -> None:
    html, text = shown_of(item(summary="", why=" "))
    assert "Do:" not in html + text
    assert '<p style="margin:0"></p>' not in html
    assert "Why you" not in html + text


def test_the_headline_links_to_our_page_and_the_source_to_the_source() -> None:
    html, _ = shown_of(TERRAFORM)
    assert read(html).links == [
        "https://briefings.example/items/11",
        "https://github.com/hashicorp/terraform/releases/tag/v1.15.9",
        "\ue000feedback_url\ue001/11",
    ]


def test_a_date_of_another_year_names_it() -> None:
    assert "Wed 31 December 2025" in shown_of(item(date=date(2025, 12, 31)))[1]


def test_version_numbers_and_dotted_names_stay_on_one_line() -> None:
    html, _ = shown_of(TERRAFORM)
    for name in ("1.15.9", "CVE-2026-14978", ".terraformignore"):
        assert f'<span style="white-space:nowrap">{name}</span>' in html


def test_a_role_update_says_so() -> None:
    html, text = shown_of(UPDATE)
    assert ">Role update</strong>" in html
    assert text.splitlines()[1] == "ROLE UPDATE, Mon 17 August"
    quiet, _ = shown_of(replace(UPDATE, past=True))
    assert ">Role update</strong>" not in quiet


@pytest.mark.parametrize(
    "url",
    [
        "javascript:alert(1)",
        "ftp://example.org/",
        "",
        "//example.org",
        "https:///x",
        "http://[",
        "https://example.org/a b",
    ],
)
def test_a_link_that_is_no_web_address_is_refused_with_its_item(url: str) -> None:
    with pytest.raises(UnsafeValue, match="item 7"):
        shown_of(item(7, source_url=url))


# --- pay ---------------------------------------------------------------------------------------------


def test_pay_shows_every_figure_with_n_year_region_and_source() -> None:
    html, text = shown_of(pay(US_ALL))
    for part in (words(html), " ".join(text.split())):
        for said in (
            *("US, all levels", "$170,320", "n = 58", "middle half $121,250 to $207,500"),
            *("$170,500", "n = 47", "2025: about January to early July 2025"),
            *("Figures of 2024: aijobs.net salary survey", "Figures of 2025: aijobs.net"),
            "two sources, not averaged.",
        ):
            assert said in part
        assert "full year" not in part


def test_pay_lies_on_one_scale_with_round_ends() -> None:
    html, _ = shown_of(pay(US_ALL))
    assert "$100k" in html
    assert "$240k" in html
    before, now, _ = widths(html)
    assert before == [15.18, 35.05, 26.56]  # gap, box, box; stroke and last gap take the rest
    assert now == [26.94, 23.41, 32.57]


def test_pay_without_an_earlier_figure_has_one_line_per_row() -> None:
    html, text = shown_of(pay(PayRow(now=US_ALL.now), PayRow(now=US_SENIOR.now), growth=False))
    assert len(widths(html)) == 3
    assert "2024" not in words(html)
    assert "two sources" not in html + text


def test_rows_over_all_levels_are_drawn_first() -> None:
    html, _ = shown_of(pay(US_SENIOR, GLOBAL_ALL, US_ALL))
    drawn, _, table = html.partition("More rows")
    assert "Global, all levels" in drawn
    assert "US, all levels" in drawn
    assert "US, senior level" in table


def test_many_answers_are_counted_in_thousands() -> None:
    _, text = shown_of(pay(PayRow(now=figure(2025, 2048, (100000, 149000, 190000)))))
    assert "n = 2,048," in text


def test_two_rows_are_drawn_and_the_rest_is_a_table() -> None:
    rows = (
        US_ALL,
        US_SENIOR,
        GLOBAL_ALL,
        GLOBAL_SENIOR,
        PayRow(now=figure(2025, 40, (1000, 2000, 3000))),
    )
    html, text = shown_of(pay(*rows))
    assert len(widths(html)) == 5
    assert html.count('<th scope="row"') == 3
    table = html.partition("More rows")[2]
    assert "Global, senior level" in table
    assert "$170,000" in table
    assert "- 2024: $170,000, n = 47, middle half $113,900 to $205,000" in text


def test_equal_quartiles_leave_only_the_stroke() -> None:
    html, _ = shown_of(pay(PayRow(now=figure(2025, 40, (150000, 150000, 150000)))))
    assert "d-box" not in html
    assert widths(html)[0] == [50.0]
    assert 'class="d-on" width="4"' in html


def test_a_small_sample_is_dashed_and_says_so() -> None:
    html, text = shown_of(pay(PayRow(now=figure(2025, 13, (124000, 139700, 160000)))))
    assert "d-dash" in html
    assert "dashed #566761" in html
    assert "d-box" not in html
    assert "small sample" in words(html)
    assert "n = 13, small sample, middle half" in text


def test_small_samples_stay_out_of_a_mail_that_has_others() -> None:
    few = PayRow(now=figure(2025, 13, (124000, 139700, 160000), level="entry"))
    fewer = PayRow(before=figure(2024, 13, (1000, 2000, 3000), level="mid"), now=US_ALL.now)
    html, text = shown_of(pay(few, US_ALL, fewer))
    assert "small sample" not in html + text
    assert "n = 13" not in text
    assert len(widths(html)) == 3


def test_small_samples_in_the_table_say_so() -> None:
    few = [PayRow(now=figure(2025, n, (124000, 139700, 160000))) for n in (11, 12, 13)]
    html, text = shown_of(pay(*few))
    assert "small sample" in html.partition("More rows")[2]
    assert "n = 13, small sample" in text


def test_another_currency_never_shares_the_scale() -> None:
    euro = figure(2025, 40, (60000, 70000, 80000), region="Germany")
    euro = replace(
        euro, p25=Money.of(60000, "EUR"), median=Money.of(70000, "EUR"), p75=Money.of(80000, "EUR")
    )
    html, _ = shown_of(pay(US_ALL, PayRow(now=euro)))
    assert "€70,000" in html.partition("More rows")[2]
    assert len(widths(html)) == 3


def test_small_amounts_are_written_out_at_the_ends() -> None:
    html, _ = shown_of(pay(PayRow(now=figure(2025, 40, (10, 20, 30)))))
    assert "$5<" in html
    assert "$35<" in html
    assert "k</td>" not in html


def test_a_scale_from_nothing_has_a_plain_zero() -> None:
    html, _ = shown_of(pay(PayRow(now=figure(2025, 40, (1000, 20000, 90000)))))
    assert ">$0<" in html
    assert ">$120k<" in html


def test_the_source_of_the_news_stands_once() -> None:
    _, cited = shown_of(pay(US_ALL))
    assert "Source:" not in cited
    _, own = shown_of(
        pay(US_ALL, source_url="https://example.org/report", source_name="Our report")
    )
    assert "Source: Our report" in own


def test_pay_names_its_role_if_it_is_known() -> None:
    assert "Yearly pay, MLOps Engineer." in shown_of(pay(US_ALL))[1]
    assert "Yearly pay." in shown_of(replace(pay(US_ALL), role_name=""))[1]


# --- role --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("level", "word"), [(0, "low"), (3, "low"), (4, "medium"), (7, "high"), (10, "high")]
)
def test_risk_is_a_number_a_word_and_as_many_cells(level: int, word: str) -> None:
    html, text = shown_of(
        role_block(replace(MLOPS, risk_level=level, risk_category=None, tasks_at_risk=()))
    )
    assert f"<strong>{word} risk</strong></h2>" in html
    assert f"{level} of 10, {word} risk" in words(html)
    assert f"{level} of 10, {word} risk" in text
    assert html.count('class="d-on"') == level
    assert html.count('class="d-off"') == 10 - level
    assert [30.0, 30.0, 40.0] in widths(html)


def test_a_role_without_a_level_shows_its_category_in_words() -> None:
    html, text = shown_of(role_block(AI_ENGINEER))
    assert ">Low risk</h2>" in html
    assert "d-on" not in html
    assert "\nLow risk\nLow is 0 to 3 of 10" in text
    assert "AI Engineer" in words(html)
    assert "Source:" not in html + text


def test_the_category_can_come_from_the_specialization() -> None:
    bare = replace(AI_ENGINEER, risk_category=None)
    assert "High risk" in shown_of(role_block(bare, risk_category=RiskCategory.HIGH))[0]


def test_a_role_without_any_word_on_risk_is_refused() -> None:
    with pytest.raises(Misconfigured, match="ai-engineer has neither"):
        shown_of(role_block(replace(AI_ENGINEER, risk_category=None)))


def test_with_tasks_the_heading_is_theirs() -> None:
    html, _ = shown_of(role_block())
    assert html.count("<h2") == 1
    assert "3</strong> of 10, <strong>low risk</strong></p>" in html


def test_tasks_lie_on_a_line_of_years_with_the_time_that_passed() -> None:
    html, text = shown_of(role_block())
    _, _, standard, monitoring, _, years = widths(html)  # the first two are the gauge's
    assert monitoring == [66.1, 8.9, 25.0]
    assert standard == [25.0, 41.1, 33.9]
    assert years == [25.0, 25.0, 25.0, 25.0]
    assert "Next to go, this year: basic model monitoring set-up" in words(html)
    flat = " ".join(text.split())
    assert "- Basic model monitoring set-up, 2024\N{EN DASH}2026: ML platforms ship" in flat
    assert "Source: role impact profile." in words(html)
    for part in (html, text):
        assert "/roles/mlops-engineer" in part


def test_tasks_before_and_after_their_years() -> None:
    early, _ = shown_of(role_block(today=date(2023, 5, 1)))
    assert "by 2026: basic" in words(early)
    assert early.count('class="d-on"') == 3  # the gauge, no task
    late, _ = shown_of(role_block(today=date(2029, 5, 1)))
    assert "Work that has gone to machines" in words(late)
    assert "d-todo" not in late


def test_many_years_have_fewer_labels() -> None:
    long = TaskAtRisk(task="AI evaluation", first_year=2020, last_year=2035, why="")
    html, text = shown_of(role_block(replace(MLOPS, tasks_at_risk=(long,))))
    labels = re.findall(r">(20\d\d)</td>", html)
    assert labels == ["2020", "2023", "2026", "2029", "2032", "2035"]
    assert "by 2035: AI evaluation" in words(html)
    assert "- AI evaluation, 2020\N{EN DASH}2035\n" in text


# --- plan, related, headings -------------------------------------------------------------------------


@pytest.mark.parametrize("number", [1, 5, 12])
def test_the_plan_shows_the_whole_step(number: int) -> None:
    html, text = shown_of(plan(number))
    assert html.count('class="d-mine"') == number + 1
    assert html.count('class="d-off"') == 12 - number
    for part in (words(html), " ".join(text.split())):
        assert "Kubernetes for ML workloads, part one (sample step)" in part
        assert "Watch one training job for a day. Done when: a table of asked" in part
        assert "about 4 hours" in part
        assert "Tool: Kubernetes" in part
    assert f"Your plan: week {number} of 12" in html
    assert "https://kubernetes.io/" in text.split()
    assert "/plan" not in html


def test_one_hour_is_singular() -> None:
    assert "about 1 hour\n" in shown_of(plan(hours=1))[1]


def test_the_end_of_the_plan_says_what_is_left_of_it() -> None:
    html, text = shown_of(ClosingBlock(specialization="x", portfolio_evidence=("lower cost",)))
    assert html.count('class="d-mine"') == 12
    assert "What to show for it:" in html
    assert "- lower cost" in text
    bare, _ = shown_of(ClosingBlock(specialization="x", portfolio_evidence=()))
    assert "What to show" not in bare


def test_related_roles_have_numbers_and_ten_cells_each() -> None:
    html, text = shown_of(RELATED)
    assert html.count('<td bgcolor="#566761"></td>') == 3 + 3 + 4 + 5 + 6 + 6 + 7 + 7
    assert html.count('<td style="border:1px solid #75827C"></td>') == 80 - 41
    assert "- Web Developer: 7 of 10, high" in text


def test_related_roles_without_a_level_have_a_word() -> None:
    roles = (("AI Engineer", None, "low"), ("Prompt Engineer", None, None), ("Tester", 5, None))
    html, text = shown_of(RelatedBlock(roles=roles))
    assert "AI Engineer low" in words(html)
    assert "- Prompt Engineer: not rated" in text
    assert "- Tester: 5 of 10, medium" in text


@pytest.mark.parametrize(
    ("count", "line"),
    [
        (1, "1 more item this week: read it in the browser"),
        (3, "3 more items this week: read them in the browser"),
    ],
)
def test_items_that_did_not_fit_are_counted(count: int, line: str) -> None:
    html, text = shown_of(OverflowBlock(count=count))
    assert line in words(html)
    assert line in text


def test_a_heading_stands_with_or_without_a_note() -> None:
    html, text = shown_of(HeadingBlock(text="Earlier", note="New to you"))
    assert "New to you." in html
    assert text.splitlines()[1:3] == ["Earlier", "New to you."]
    bare, _ = shown_of(HeadingBlock(text="DevOps Engineer"))
    assert '<p class="q"' not in bare


def test_pay_is_a_kind_of_its_own() -> None:
    html, text = shown_of(pay(US_ALL))
    assert pay(US_ALL).item.news.kind is Kind.SALARY_NEWS
    assert ">Pay</strong>" in html
    assert text.splitlines()[1] == "PAY"


def test_a_role_is_drawn_on_the_monday_of_the_mail() -> None:
    assert role_block().today == MONDAY
    role = Role(slug="x", name="X", industry="t", risk_level=1)
    assert "X" in shown_of(role_block(role))[0]
