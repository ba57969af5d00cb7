"""Each check of preflight fires on what it is for, names the remedy, and is silent otherwise."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest

from briefings.desk.findings import Check, Finding, Severity, passed
from briefings.desk.links import MailedLink
from briefings.desk.preflight import Examined, Rendered, blocking, preflight
from briefings.model.links import LinkAnswer
from briefings.model.money import Money, PayFigure
from briefings.model.news import Change, Item, ItemState, Kind, News, PayRow

MONDAY = date(2026, 8, 24)
URL = "https://example.org/notes"
TOOL = News(
    kind=Kind.TOOL_CHANGE,
    headline="Terraform 1.15.9 closes a hole",
    summary="It updates go-slug.",
    date=date(2026, 8, 19),
    source_name="Terraform release notes",
    source_url=URL,
    tool="terraform",
    version="1.15.9",
    change=Change.SECURITY,
)
FIGURE = PayFigure(
    region="US",
    level="SE",
    year=2025,
    n=47,
    p25=Money.of(140_000, "USD"),
    median=Money.of(170_500, "USD"),
    p75=Money.of(200_000, "USD"),
    low_sample=False,
    period_note="",
    source="aijobs.net",
    source_url="https://aijobs.net/salaries",
    licence="CC0",
)
PAY = News(
    kind=Kind.SALARY_NEWS,
    headline="US median $170,500, flat on 2024",
    summary="The median salary of 47 answers is $170,500.",
    date=date(2026, 8, 18),
    source_name="aijobs.net",
    source_url="https://aijobs.net/salaries",
    role="mlops-engineer",
    pay=(PayRow(now=FIGURE),),
)
NOW = datetime(2026, 8, 24, tzinfo=UTC)
ANSWERED = LinkAnswer(url=URL, code=200, trouble="", at=NOW - timedelta(days=1))
LINK = MailedLink(url=URL, place=TOOL.headline, what="its source", item_id=1)
PAID = replace(LINK, url=PAY.source_url, place=PAY.headline, item_id=2)
FOOT = "Unsubscribe\n1 Test  Street\n"
MAIL = Rendered(
    html=FOOT,
    text=FOOT,
    size=60 * 1024,
    slots=frozenset({"html:unsubscribe_url", "text:unsubscribe_url"}),
)


def item(news: News, number: int = 1) -> Item:
    return Item(id=number, revision=1, state=ItemState.QUEUED, week="2026-W34", news=news)


GOOD = Examined(
    now=NOW,
    day=MONDAY,
    items=(item(TOOL), item(PAY, 2)),
    subject="Update Terraform this week",
    preheader="One security fix. Pay is flat.",
    intro="The one tool change below asks something of you.",
    last_subject="Check Argo",
    reported={"terraform": ("1.15.8",)},
    mailed=(LINK, PAID),
    links={
        URL: ANSWERED,
        PAY.source_url: replace(ANSWERED, url=PAY.source_url),
    },
    rendered=MAIL,
    postal_address="1 Test Street",
)


def with_news(news: News) -> Examined:
    return replace(GOOD, items=(item(news), *GOOD.items[1:]))


def answered(code: int | None, trouble: str = "") -> Examined:
    return replace(GOOD, links={**GOOD.links, URL: replace(ANSWERED, code=code, trouble=trouble)})


def only(seen: Examined) -> Finding:
    (found,) = preflight(seen)
    return found


def test_a_good_edition_has_no_finding() -> None:
    assert preflight(GOOD) == []


@pytest.mark.parametrize(
    ("lacking", "named"),
    [
        ({"source": " "}, "source"),
        ({"source_url": "aijobs.net"}, "source"),
        ({"year": 0}, "year"),
        ({"region": ""}, "region"),
        ({"level": ""}, "level"),
    ],
)
def test_a_pay_figure_that_lacks_something_blocks(lacking: dict[str, object], named: str) -> None:
    figure = replace(FIGURE, **lacking)
    found = only(
        replace(GOOD, items=(item(TOOL), item(replace(PAY, pay=(PayRow(now=figure),)), 2)))
    )
    assert (found.check, found.blocks, found.item_id) == (Check.PAY, True, 2)
    assert f"lacks {named}" in found.words
    assert found.remedy.startswith(f"Add {named}")


def test_the_figure_of_the_year_before_is_looked_at_too() -> None:
    row = PayRow(now=FIGURE, before=replace(FIGURE, year=2024, level=""))
    found = only(replace(GOOD, items=(item(TOOL), item(replace(PAY, pay=(row,)), 2))))
    assert "lacks level" in found.words


def test_salary_news_without_figure_or_source_blocks() -> None:
    bare = only(replace(GOOD, items=(item(TOOL), item(replace(PAY, pay=()), 2))))
    assert "without a figure" in bare.words
    nameless = only(replace(GOOD, items=(item(TOOL), item(replace(PAY, source_name=""), 2))))
    assert nameless.words == "it names no source"


@pytest.mark.parametrize(
    "text",
    [
        "Median pay is now $170,500.",
        "Salaries reach 120,000 USD.",
        "They earn EUR 90,000 a year.",
        "The average salary is $95k.",
    ],
)
def test_a_pay_figure_in_running_text_blocks(text: str) -> None:
    update = replace(TOOL, kind=Kind.ROLE_UPDATE, tool=None, version=None, change=None)
    found = only(with_news(replace(update, summary=text)))
    assert (found.check, found.blocks) == (Check.PAY, True)
    assert "Write it as salary news" in found.remedy
    said = only(replace(GOOD, intro=text))
    assert (said.check, said.place) == (Check.PAY, "The intro")


@pytest.mark.parametrize(
    "text",
    ["You pay $20 per seat from May on.", "The median latency falls to 20 ms.", "$5,000 off"],
)
def test_prices_of_tools_are_no_pay(text: str) -> None:
    assert preflight(with_news(replace(TOOL, summary=text))) == []


@pytest.mark.parametrize("field", ["headline", "summary", "do"])
def test_text_that_is_marked_as_unfinished_blocks_for_good(field: str) -> None:
    found = only(with_news(replace(TOOL, **{field: "Ask the maker [[TK]] for a date"})))
    assert (found.check, found.blocks, found.final) == (Check.UNFINISHED, True, True)
    assert "[[TK]]" in found.words
    assert "Write what is missing" in found.remedy


@pytest.mark.parametrize("field", ["subject", "preheader", "intro"])
def test_unfinished_words_of_the_edition_block_too(field: str) -> None:
    found = only(replace(GOOD, **{field: "TK"}))
    assert (found.check, found.item_id) == (Check.UNFINISHED, None)


@pytest.mark.parametrize("part", ["html", "text"])
def test_a_part_without_a_way_out_blocks_for_good(part: str) -> None:
    slots = MAIL.slots - {f"{part}:unsubscribe_url"}
    found = only(replace(GOOD, rendered=replace(MAIL, slots=slots)))
    assert (found.check, found.final) == (Check.FOOT, True)
    assert part in found.words
    assert "unsubscribe_url" in found.remedy


@pytest.mark.parametrize("part", ["html", "text"])
def test_a_part_without_the_postal_address_blocks_for_good(part: str) -> None:
    found = only(replace(GOOD, rendered=replace(MAIL, **{part: "Unsubscribe"})))
    assert (found.check, found.final) == (Check.FOOT, True)
    assert "BRIEFINGS_POSTAL_ADDRESS" in found.remedy


def test_the_postal_address_is_found_as_html_writes_it() -> None:
    html = "Unsubscribe 1 Test &lt;&amp;&gt; Street"
    mail = replace(MAIL, html=html, text="Unsubscribe\n1 Test <&>\nStreet")
    assert preflight(replace(GOOD, rendered=mail, postal_address="1 Test <&> Street")) == []


def test_a_mail_that_cannot_be_made_blocks_with_the_reason() -> None:
    found = only(replace(GOOD, rendered=None, trouble="item.mjml.j2:3 names no such thing"))
    assert (found.check, found.final) == (Check.RENDERING, True)
    assert "item.mjml.j2:3" in found.remedy


@pytest.mark.parametrize("code", [404, 410])
def test_a_link_to_a_page_that_is_gone_blocks(code: int) -> None:
    found = only(answered(code))
    assert (found.check, found.blocks, found.item_id) == (Check.LINK_GONE, True, 1)
    assert str(code) in found.words
    assert "Name an address that exists" in found.remedy


@pytest.mark.parametrize(
    ("code", "trouble", "said"), [(503, "", "answers 503"), (None, "no answer in 10 s", "10 s")]
)
def test_a_link_that_was_not_reached_is_advice(code: int | None, trouble: str, said: str) -> None:
    found = only(answered(code, trouble))
    assert (found.check, found.severity) == (Check.LINK, Severity.ADVISES)
    assert said in found.words
    assert "Open it in a browser" in found.remedy


def test_every_place_of_a_link_that_is_gone_is_named() -> None:
    tool = MailedLink(url=URL, place="Plan week 5", what="the address of Terraform")
    found = preflight(replace(answered(404), mailed=(LINK, PAID, tool)))
    assert [(one.place, one.item_id) for one in found] == [
        (TOOL.headline, 1),
        ("Plan week 5", None),
    ]
    assert found[1].words == "the address of Terraform answers 404: the page is gone"


def test_plan_steps_that_were_not_reached_are_one_advice() -> None:
    tools = [
        MailedLink(url=f"https://tool.example/{n}", place=f"Plan week {n}", what=f"address {n}")
        for n in (1, 2)
    ]
    busy = {each.url: replace(ANSWERED, url=each.url, code=429) for each in tools}
    seen = replace(GOOD, mailed=(LINK, PAID, *tools), links={**GOOD.links, **busy})
    found = only(seen)
    assert "2 beside the items could not be reached: Plan week 1, Plan week 2 (" in found.words
    assert "it answers 429" in found.words
    seen = replace(seen, links={**seen.links, tools[1].url: replace(ANSWERED, url=tools[1].url)})
    assert only(seen).words == "address 1 could not be reached (it answers 429)"


def test_links_that_were_never_tried_are_advice() -> None:
    found = only(replace(GOOD, links={}))
    assert (found.words, found.severity) == ("2 were never tried", Severity.ADVISES)
    assert found.remedy.startswith("Check the links, or open each of them")
    assert only(replace(GOOD, links={URL: ANSWERED})).words == "one was never tried"


def test_answers_of_more_than_a_week_ago_are_said_to_be_old() -> None:
    week = timedelta(days=7)
    assert preflight(replace(GOOD, now=ANSWERED.at + week)) == []
    found = only(replace(GOOD, now=ANSWERED.at + week + timedelta(seconds=1)))
    assert (found.check, found.severity) == (Check.LINK, Severity.ADVISES)
    assert found.words == "what 2 of 2 answered is old, the oldest of 23 Aug 2026"
    assert found.remedy == "Check the links again before you approve."


def test_without_a_network_there_is_one_advice_and_nothing_blocks() -> None:
    silent = replace(ANSWERED, code=None, trouble="the name example.org cannot be resolved")
    links = {URL: silent, PAID.url: replace(silent, url=PAID.url)}
    found = only(replace(GOOD, links=links))
    assert (found.place, found.severity) == ("The links", Severity.ADVISES)
    assert found.words.startswith("none of 2 could be reached (the name example.org")
    assert "You can approve without one" in found.remedy
    # A page that is gone stays gone, and does not prove a network when it is older.
    other = MailedLink(url="https://gone.example/", place="Gone", what="its source", item_id=3)
    gone = replace(ANSWERED, url=other.url, code=404, at=silent.at - timedelta(hours=1))
    seen = replace(GOOD, mailed=(LINK, PAID, other), links={**links, other.url: gone})
    assert [one.place for one in preflight(seen)] == ["Gone", "The links"]
    # What answered at the same time does: then the others are away, each for itself.
    fresh = replace(gone, at=silent.at)
    seen = replace(seen, links={**links, other.url: fresh})
    assert [one.item_id for one in preflight(seen)] == [3, 1, 2]


def test_an_item_whose_link_moved_for_good_is_advised_the_new_address() -> None:
    moved = replace(ANSWERED, moved_to="https://example.org/new")
    seen = replace(GOOD, links={**GOOD.links, URL: moved})
    found = only(seen)
    assert (found.check, found.severity, found.item_id) == (Check.LINK_MOVED, Severity.ADVISES, 1)
    assert found.line().endswith("for good. Use https://example.org/new")
    gone = replace(moved, code=410)
    assert only(replace(GOOD, links={**GOOD.links, URL: gone})).check is Check.LINK_GONE
    tool = MailedLink(url="https://tool.example/", place="Plan week 1", what="the address of it")
    step = {**GOOD.links, tool.url: replace(moved, url=tool.url)}
    assert preflight(replace(GOOD, mailed=(*GOOD.mailed, tool), links=step)) == []


def test_that_no_link_is_gone_is_said_only_of_links_that_are_known() -> None:
    said = "No link leads to a page that is gone"
    assert said in passed(preflight(GOOD))
    assert said not in passed(preflight(replace(GOOD, links={})))
    assert said not in passed(preflight(answered(404)))


@pytest.mark.parametrize("known", ["1.15.10", "1.16", "2.0.0"])
def test_a_version_older_than_one_already_reported_is_advice(known: str) -> None:
    found = only(replace(GOOD, reported={"terraform": ("1.15.8", known)}))
    assert (found.check, found.blocks) == (Check.OLD_VERSION, False)
    assert known in found.words
    assert "Leave it out" in found.remedy


def test_the_same_version_again_is_not_older() -> None:
    assert preflight(replace(GOOD, reported={"terraform": ("1.15.9.0",)})) == []


def test_an_old_item_is_advice() -> None:
    assert preflight(with_news(replace(TOOL, date=date(2026, 7, 27)))) == []
    found = only(with_news(replace(TOOL, date=date(2026, 7, 26))))
    assert (found.check, found.blocks) == (Check.OLD_ITEM, False)
    assert "29 days" in found.words
    assert "Leave it out" in found.remedy


@pytest.mark.parametrize(
    "twin",
    [
        replace(TOOL, headline="A hole in Terraform is closed", version="v1.15.9"),
        replace(TOOL, headline="Terraform 1.15.9 closes a hole!", version=None),
    ],
)
def test_two_items_on_one_event_are_advice(twin: News) -> None:
    found = only(replace(GOOD, items=(*GOOD.items, item(twin, 3))))
    assert (found.check, found.item_id) == (Check.ONE_EVENT, 3)
    assert "Join the two" in found.remedy


def test_two_releases_of_one_tool_are_two_events() -> None:
    other = replace(TOOL, headline="Terraform 1.16.1 closes a hole", version="1.16.1")
    assert preflight(replace(GOOD, items=(*GOOD.items, item(other, 3)))) == []


def test_a_picture_without_words_is_advice() -> None:
    html = FOOT + '<img src="a.png" alt=""><img src="b.png">'
    found = only(replace(GOOD, rendered=replace(MAIL, html=html)))
    assert (found.check, found.words[:1]) == (Check.PICTURE, "1")
    assert "alt text" in found.remedy


def test_last_weeks_subject_is_advice() -> None:
    found = only(replace(GOOD, last_subject="update  Terraform THIS week"))
    assert (found.check, found.blocks) == (Check.SUBJECT, False)
    assert "what is new" in found.remedy


@pytest.mark.parametrize(
    ("size", "said"), [(80, "80 KB is our limit"), (99, "our limit"), (100, "Gmail cuts at 102")]
)
def test_a_large_mail_is_advice_from_80_and_from_100_kilobytes(size: int, said: str) -> None:
    assert preflight(replace(GOOD, rendered=replace(MAIL, size=80 * 1024 - 1))) == []
    found = only(replace(GOOD, rendered=replace(MAIL, size=size * 1024)))
    assert (found.check, found.blocks) == (Check.SIZE, False)
    assert said in found.words
    assert "shorten" in found.remedy


@pytest.mark.parametrize("text", ["Act now: update", "Update!! today", "THIS WILL MAKE YOU RICH"])
def test_words_that_spam_filters_mark_are_advice(text: str) -> None:
    found = only(replace(GOOD, subject=text))
    assert (found.check, found.blocks, found.place) == (Check.SPAM, False, "The subject")
    assert found.remedy == "Say it plainly."


def test_what_blocks_comes_first() -> None:
    found = preflight(replace(answered(404), subject="Act now"))
    assert [one.blocks for one in found] == [True, False]
    assert blocking(found) == found[:1]
    assert found[0].line().startswith("Terraform 1.15.9 closes a hole: its source answers 404")
