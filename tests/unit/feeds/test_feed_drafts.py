"""What a draft proposes: kind, version and words out of release titles and notes as projects write them."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from briefings.feeds.drafts import SUMMARY_LENGTH, draft, headline, summary
from briefings.feeds.entries import Entry
from briefings.feeds.guess import guess_change, guess_version
from briefings.feeds.pace import LONGEST, next_check
from briefings.model.catalogue import Tool
from briefings.model.news import Change, Confidence, Kind

TODAY = date(2026, 8, 24)
MLFLOW = Tool(
    slug="mlflow",
    name="MLflow",
    aliases=("ml-flow",),
    project_url="https://mlflow.org",
    source_name="MLflow release notes",
    area="experiment tracking",
    concerns=("mlops-engineer",),
)


@pytest.mark.parametrize(
    ("title", "notes", "version", "change", "words"),
    [
        ("v1.15.9", "SECURITY: go-slug was updated for CVE-2026-14978", "1.15.9", Change.SECURITY, "CVE-2026-14978"),
        ("2.17.0", "Artifact look-ups validate the namespace (GHSA-abcd-1234-efgh)", "2.17.0", Change.SECURITY, "GHSA"),
        ("Argo CD v3.1.2", "# Security\nThis is a security fix release", "3.1.2", Change.SECURITY, "Security"),
        ("v4.0.1", "Fixes a vulnerability in the SSO handler\nBREAKING: sessions end", "4.0.1", Change.SECURITY, "vulnerability"),
        ("v4.1.2", "## Breaking changes\nSSO tokens have to be fetched again", "4.1.2", Change.BREAKING, "Breaking changes"),
        ("v0.27.0", "feat(sdk)!: drop the old hooks", "0.27.0", Change.BREAKING, "feat(sdk)!"),
        ("0.27", "Dropped support for Python 3.9", "0.27", Change.BREAKING, "Dropped support for"),
        ("v2.3.0", "The client no longer supports protobuf 4", "2.3.0", Change.BREAKING, "no longer supports"),
        ("v5.2.0", "### Removed\n- the importers API", "5.2.0", Change.BREAKING, "Removed"),
        ("v3.0.0", "Lots of new things", "3.0.0", Change.BREAKING, "begins a major version"),
        ("v1.36.0", "The flag --cloud-provider is deprecated", "1.36.0", Change.DEPRECATION, "deprecated"),
        ("12.2.10", "12.2 reaches end of support with this patch", "12.2.10", Change.DEPRECATION, "end of support"),
        ("June update", "New pricing for hosted runners", None, Change.PRICING, "New pricing"),
        ("v3.2.1", "Bug fixes and improvements", "3.2.1", Change.RELEASE, "nothing in the notes"),
        ("v3.2.1", "No breaking changes. Bug fixes.", "3.2.1", Change.RELEASE, "nothing"),
        ("v3.2.1", "There are no known breaking changes", "3.2.1", Change.RELEASE, "nothing"),
        ("v3.2.1", "Breaking changes: none", "3.2.1", Change.RELEASE, "nothing"),
        ("v3.2.1", "A non-breaking change to the parser", "3.2.1", Change.RELEASE, "nothing"),
        ("v3.2.1", "Adds a securityContext to pods, and a security group option", "3.2.1", Change.RELEASE, "nothing"),
        ("v2.0.0-rc.1", "Please try it", "2.0.0-rc.1", Change.RELEASE, "test version"),
        ("2026.0.0", "Yearly numbers", "2026.0.0", Change.RELEASE, "nothing"),
        ("v0.0.0", "First", "0.0.0", Change.RELEASE, "nothing"),
    ],
)  # fmt: skip
def test_the_kind_is_guessed_with_the_words_that_say_so(
    title: str, notes: str, version: str | None, change: Change, words: str
) -> None:
    assert guess_version(title, "") == version
    guess = guess_change(title, notes, version)
    assert guess.change is change, guess.reason
    assert words in guess.reason


@pytest.mark.parametrize(
    ("title", "link", "version"),
    [
        ("Kubernetes v1.36.0-beta.1", "", "1.36.0-beta.1"),
        ("KFP SDK 2.17.0", "", "2.17.0"),
        ("sdk/2.8.0", "", "2.8.0"),
        ("Release of the summer", "https://github.com/a/b/releases/tag/sdk-2.8.0", "2.8.0"),
        ("Summer", "https://github.com/a/b/releases/tag/kustomize%2Fv5.1.0", "5.1.0"),
        ("Summer", "https://github.com/a/b/releases/tag/nightly", None),
        ("Summer", "https://example.org/10.0.0.1/", None),
        ("Airflow 3", "", None),
        ("13.2.0 (2026-08-18)", "", "13.2.0"),
    ],
)
def test_the_version_comes_from_the_title_or_the_tag(
    title: str, link: str, version: str | None
) -> None:
    assert guess_version(title, link) == version


@pytest.mark.parametrize(
    ("title", "version", "words"),
    [
        ("v3.2.0", "3.2.0", "MLflow 3.2.0 is out"),
        ("MLflow 3.2.0", "3.2.0", "MLflow 3.2.0 is out"),
        ("ml-flow v3.2.0 (2026-08-18)", "3.2.0", "MLflow 3.2.0 is out"),
        ("MLflow 3.2.0: traces for agents", "3.2.0", "MLflow 3.2.0: traces for agents"),
        ("Release 3.2.0", "3.2.0", "MLflow 3.2.0 is out"),
        ("Nightly", None, "MLflow: Nightly"),
        ("", None, "MLflow has a new release"),
    ],
)
def test_a_headline_names_tool_and_version_once(
    title: str, version: str | None, words: str
) -> None:
    assert headline(title, MLFLOW, version) == words


def test_a_summary_is_the_first_lines_that_say_something() -> None:
    notes = "# What's Changed\nFaster search\n- Traces for agents.\nFull Changelog: https://x"
    assert summary(notes) == "Faster search. Traces for agents."
    assert summary("") == ""
    long = summary("word " * 200)
    assert len(long) <= SUMMARY_LENGTH
    assert long.endswith("word\u2026")
    assert len(summary("\n".join(["a line of some length here"] * 60))) <= SUMMARY_LENGTH


def entry(**more: object) -> Entry:
    given = {
        "key": "k",
        "title": "v3.2.0",
        "notes": "Faster search",
        "link": "https://github.com/mlflow/mlflow/releases/tag/v3.2.0",
        "day": date(2026, 8, 20),
    } | more
    return Entry(**given)  # type: ignore[arg-type]


def test_a_draft_is_a_tool_change_with_its_source_and_its_reason() -> None:
    proposed = draft(entry(), MLFLOW, TODAY)
    news = proposed.news
    assert (news.kind, news.tool, news.version, news.change) == (
        Kind.TOOL_CHANGE,
        "mlflow",
        "3.2.0",
        Change.RELEASE,
    )
    assert (news.date, news.source_url, news.source_name) == (
        date(2026, 8, 20),
        "https://github.com/mlflow/mlflow/releases/tag/v3.2.0",
        "MLflow release notes",
    )
    assert news.confidence is Confidence.MEDIUM
    assert proposed.why == "Guessed release: nothing in the notes says more than a release."


@pytest.mark.parametrize("day", [None, TODAY + timedelta(days=3)])
def test_a_day_that_cannot_be_is_replaced_and_told(day: date | None) -> None:
    proposed = draft(entry(day=day, link=""), MLFLOW, TODAY)
    assert proposed.news.date == TODAY
    assert proposed.news.source_url == "https://mlflow.org"
    assert "day of the check" in proposed.why


def test_failures_double_the_time_up_to_a_week_and_the_server_may_ask_for_more() -> None:
    six = timedelta(hours=6)
    assert [next_check(six, n) for n in range(4)] == [six, 2 * six, 4 * six, 8 * six]
    assert next_check(six, 1_000) == LONGEST
    assert next_check(six, 1, timedelta(days=1)) == timedelta(days=1)
    assert next_check(six, 0, timedelta(days=400)) == LONGEST
    assert next_check(six, 1, timedelta(minutes=1)) == 2 * six
