"""The loop as a person goes it: role page, assessment, sign-up, confirmation, plan, done, the next mail."""

from __future__ import annotations

import threading
from email import message_from_bytes, policy
from typing import TYPE_CHECKING

import pytest

from briefings.pipeline.approve import approve
from briefings.pipeline.importing import ImportKind, import_file
from briefings.pipeline.prepare import load_catalogue, prepare
from briefings.pipeline.send import send_due
from tests.browser.test_reader_pages import tab_to
from tests.browser.test_sign_up_pages import newest_link, serious
from tests.web.conftest import WEEK, Installation, copied

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from playwright.sync_api import Browser, Page

pytestmark = pytest.mark.needs("chromium")
ADA, NEW = "ada@example.org", "new@example.org"
NEWS = """\
tool,version,released_on,kind,headline,summary,source_url,tags
MLflow,9.1,2026-08-26,release,MLflow 9.1 keeps more,It keeps more.,https://example.org/1,tracking
Kubeflow Trainer,9.2,2026-08-26,release,Trainer 9.2 shares cards,It does.,https://example.org/2,gpu
Feast,9.3,2026-08-26,security,Feast 9.3 closes a hole,It closes it.,https://example.org/3,security
"""


@pytest.fixture
def installed(made: Path, tmp_path: Path) -> Iterator[Installation]:
    """A real installation, not the demo: its week goes on with the clock."""
    yield from copied(made, tmp_path / "loop", demo=False)


def send_next_week(installed: Installation) -> dict[str, str]:
    """Queue, approve and send the week after; the text of each reader's mail by address."""
    chain, week = installed.app.chain, WEEK.next()
    file = installed.folder / "news.csv"
    file.write_text(NEWS, encoding="utf-8")
    with installed.app.db.read() as tx:
        catalogue = load_catalogue(tx)
    import_file(
        installed.app.db,
        catalogue,
        ImportKind.TOOL_CHANGES,
        file,
        now=chain.clock(),
        week=week,
        encoding="utf-8",
        as_draft=False,
        dry_run=False,
        consent_source=None,
        progress=lambda _done, _all: None,
        sleep=lambda _seconds: None,
    )
    prepare(chain, week)
    approve(chain, week, by="test")
    installed.clock.go(days=7)
    folder = installed.folder / "outbox" / "new"
    before = set(folder.iterdir())
    send_due(chain, installed.app.settings, week, ignore_hours=True)
    mails = [
        message_from_bytes(f.read_bytes(), policy=policy.default)
        for f in folder.iterdir()
        if f not in before
    ]
    return {
        str(mail["to"].addresses[0].addr_spec): mail.get_body(("plain",)).get_content()
        for mail in mails
    }


def answer_everything(page: Page) -> None:
    """Say that everything goes well but GPUs, and that GPUs are the goal; then see the result."""
    while page.url.rpartition("/")[2] != "result":
        heading = page.get_by_role("heading", level=1).inner_text()
        answers = page.get_by_role("radio")
        if "GPUs" in heading:
            answers.first.check()
        elif "want more of" in heading:
            page.get_by_label("GPUs and large training runs").check()
        else:
            answers.last.check()
        page.locator("main button.btn").first.click()


def test_from_the_role_page_to_the_next_weeks_mail(
    site: str, page: Page, installed: Installation
) -> None:
    page.goto(site + "/roles/mlops-engineer")
    page.get_by_role("link", name="Check your own risk, free").click()
    page.get_by_role("link", name="Begin").click()
    answer_everything(page)
    page.get_by_role("heading", name="Your exposure is").wait_for()
    assert page.get_by_label("Focus").input_value() == "gpus"
    page.get_by_label("Email").fill(NEW)
    page.get_by_label("Keep my answers").check()
    page.get_by_label("Yes, send me").check()
    installed.clock.go(seconds=5)
    page.get_by_role("button", name="Send me the link").click()
    page.get_by_role("heading", name="Look into your mailbox").wait_for()
    page.goto(site + newest_link(installed, "confirm"))
    page.get_by_role("button", name="Confirm and start").click()
    page.get_by_role("link", name="Open your plan").click()
    page.get_by_role("checkbox").first.check()
    page.get_by_role("button", name="Mark week 1 done").click()
    said = page.get_by_role("status").inner_text()
    assert said == "Week 1 is done. Your mail of Monday 31 August brings week 2."

    mails: list[dict[str, str]] = []
    sending = threading.Thread(target=lambda: mails.append(send_next_week(installed)))
    sending.start()  # in a thread of its own: the browser keeps an event loop in this one
    sending.join()
    mine, adas = mails[0][NEW], mails[0][ADA]
    assert "YOUR PLAN: WEEK 2 OF 12" in mine
    assert "YOUR PLAN: WEEK 6 OF 12" in adas
    headlines = ("Feast 9.3 closes", "Trainer 9.2 shares", "MLflow 9.1 keeps")
    # Security first for both; then the focus leads its class, where Ada has the role's own tool.
    assert sorted(headlines, key=mine.index) == list(headlines)
    assert sorted(headlines, key=adas.index) == [headlines[0], headlines[2], headlines[1]]
    path = mine.partition("/plan/")[2].split()[0]
    page.goto(f"{site}/plan/{path}")
    assert "From Monday 31 August" in page.locator("#now").inner_text()


def test_a_question_and_the_plan_need_nothing_but_the_keyboard(
    site: str, page: Page, installed: Installation
) -> None:
    page.goto(site + "/assessment/mlops-engineer?q=1")
    page.get_by_role("radio").first.focus()
    page.keyboard.press("ArrowDown")
    tab_to(page, "Next question")
    page.keyboard.press("Enter")
    page.get_by_text("Question 2 of 13").wait_for()
    tab_to(page, "Back")
    page.keyboard.press("Enter")
    page.get_by_text("Question 1 of 13").wait_for()
    assert page.get_by_role("radio").nth(1).is_checked()
    page.goto(site + installed.links(ADA)["plan"])
    tab_to(page, "Move it to next week")
    page.keyboard.press("Enter")
    page.get_by_role("status").filter(has_text="Moved back by a week.").wait_for()
    tab_to(page, "Begin again at week 1")
    page.keyboard.press("Enter")
    tab_to(page, "Take away all marks")
    page.keyboard.press("Enter")
    page.get_by_role("status").filter(has_text="begins again at week 1").wait_for()


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [360, 1280])
def test_no_page_of_the_loop_has_a_serious_violation_or_is_too_wide(
    site: str, browser: Browser, installed: Installation, scheme: str, width: int
) -> None:
    context = browser.new_context(
        bypass_csp=True, color_scheme=scheme, viewport={"width": width, "height": 800}
    )
    page = context.new_page()
    wrong: dict[str, list[str]] = {}

    def look(name: str) -> None:
        found = serious(page)
        over = int(page.evaluate("document.documentElement.scrollWidth")) - width
        if over > 0:
            found.append(f"too wide by {over}")
        if found:
            wrong[name] = found

    role = site + "/assessment/mlops-engineer"
    for name in ("/assessment", "/assessment/mlops-engineer", "/assessment/data-scientist"):
        page.goto(site + name)
        look(name)
    page.goto(role + "/result")
    look("no result")
    page.goto(role + "?q=1")
    page.locator("main button.btn").click()
    look("nothing chosen")
    answer_everything(page)
    look("result")
    page.get_by_role("button", name="Send me the link").click()
    look("the form sent back")
    page.goto(site + installed.links(ADA)["plan"])
    look("plan")
    page.get_by_role("button", name="Mark week 5 done").click()
    for row in page.locator("summary").all():
        row.click()
    look("plan, everything open")
    installed.clock.go(days=70)
    page.goto(site + installed.links(ADA)["plan"])
    look("plan, over")
    context.close()
    assert wrong == {}
