"""The order of items and the words that explain it to editors."""

from datetime import date

from briefings.assemble.rank import matching_tags, profile_of, ranked, reason
from briefings.model.news import Change, Confidence
from tests.unit.assemble.make import CATALOGUE, item, role_update, salary_news

PROFILE = profile_of(CATALOGUE.specialization("mlops-engineer"), CATALOGUE)


def order(*items: object) -> list[int]:
    return [each.id for each in ranked(items, PROFILE)]  # type: ignore[arg-type, union-attr]


def test_what_hits_the_reader_comes_first() -> None:
    mixed = [
        salary_news(7),
        role_update(6),
        item(5, change=Change.RELEASE),
        item(4, change=Change.PRICING),
        item(3, change=Change.DEPRECATION),
        item(2, change=Change.BREAKING),
        item(1, change=Change.SECURITY),
    ]
    assert order(*mixed) == [1, 2, 3, 4, 5, 6, 7]


def test_a_tool_change_without_a_change_counts_as_a_release() -> None:
    assert order(item(1, change=None), item(2, change=Change.PRICING)) == [2, 1]


def test_closeness_beats_confidence_and_confidence_beats_freshness() -> None:
    close = item(3, tool="mlflow", confidence=Confidence.LOW, day=date(2026, 8, 17))
    of_the_plan = item(4, tool="kubeflow", confidence=Confidence.LOW)
    tagged = item(5, tool="argo-workflows", tags=("drift",), confidence=Confidence.LOW)
    sure = item(6, tool="argo-workflows", day=date(2026, 8, 17))
    unsure = item(7, tool="argo-workflows", confidence=Confidence.MEDIUM, day=date(2026, 8, 23))
    assert order(unsure, sure, tagged, of_the_plan, close) == [3, 4, 5, 6, 7]


def test_a_named_skill_makes_a_tool_close() -> None:
    assert order(item(1, tool="kubeflow"), item(2, tool="feast")) == [2, 1]


def test_newest_first_and_then_the_number() -> None:
    old = item(1, day=date(2026, 8, 17))
    twin_a, twin_b = item(2, day=date(2026, 8, 20)), item(3, day=date(2026, 8, 20))
    assert order(twin_b, old, twin_a) == [2, 3, 1]


def test_tags_match_whole_words_in_singular_or_plural_and_never_across_statements() -> None:
    tags = ("feature-store", "workflow", "drift", "rift", "engineer-runs", "-", "clas", "ga")
    assert matching_tags(item(tags=tags).news, PROFILE) == ("drift", "feature-store", "workflow")


def test_the_place_is_explained_to_editors() -> None:
    news = item(change=Change.BREAKING, tags=("drift", "zzz"), day=date(2026, 8, 21)).news
    assert reason(news, PROFILE) == "breaking; tool of the role; tags drift; high; 21 Aug"
    assert reason(role_update().news, PROFILE) == "role update; high; 19 Aug"
    assert reason(salary_news().news, PROFILE) == "salary news; high; 19 Aug"
    assert reason(item(tool="kubeflow").news, PROFILE).startswith("release; tool of the plan;")
    assert reason(item(tool="terraform").news, PROFILE).startswith("release; other tool;")
