"""Draft role updates out of metrics that changed; one source at a time, for sources disagree."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING

from briefings.intake.exposure import metric_key
from briefings.intake.keys import import_key
from briefings.intake.tool_changes import KeyedNews
from briefings.model.figures import PREVIOUS, Mapping, Metric, metric_words, number, written
from briefings.model.news import Confidence, Kind, News

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import date

    from briefings.model.catalogue import Catalogue, Role

_SHORT = {
    "ilo_genai_mean_score": "generative-AI exposure score",
    "ilo_exposure_category": "generative-AI exposure category",
}
_COUNTS = ("no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")
_LISTED = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class MetricChange:
    """A metric with what it was before: in the same file, or in an earlier import."""

    now: Metric
    value_before: str
    year_before: int


def metric_changes(from_file: Iterable[Metric], stored: Iterable[Metric]) -> list[MetricChange]:
    """Find what changed. A first figure is no change, an older year than the stored one neither.

    `X_previous` beside `X` of the same source and occupation is the figure before, as is a stored
    figure that differs; the later of the two counts. Rows that were stored already bring nothing,
    so a second import of a file finds no change.
    """
    latest_stored: dict[_Place, Metric] = {}
    known: set[str] = set()
    for metric in stored:
        known.add(metric_key(metric))
        held = latest_stored.get(_place(metric))
        if held is None or metric.year >= held.year:
            latest_stored[_place(metric)] = metric
    latest: dict[_Place, Metric] = {}
    fresh: set[_Place] = set()
    for metric in from_file:
        place = _place(metric)
        if metric_key(metric) not in known:
            fresh.add(place)
        held = latest.get(place)
        if held is None or metric.year >= held.year:
            latest[place] = metric
    changes: list[MetricChange] = []
    for place, metric in latest.items():
        if metric.metric.endswith(PREVIOUS):
            continue
        previous_place = place.with_metric(metric.metric + PREVIOUS)
        if place not in fresh and previous_place not in fresh:
            continue
        before = _before(metric, latest.get(previous_place), latest_stored.get(place))
        if before is None:
            continue
        changes.append(MetricChange(now=metric, value_before=before.value, year_before=before.year))
    return changes


def _before(now: Metric, previous: Metric | None, stored: Metric | None) -> Metric | None:
    found = [
        each
        for each in (stored, previous)
        if each is not None and each.year <= now.year and not _equal(each.value, now.value)
    ]
    return max(found, key=lambda each: each.year, default=None)


def metric_news(
    changes: Iterable[MetricChange], catalogue: Catalogue, *, on: date
) -> list[KeyedNews]:
    """Draft one role update per role and source; `on` becomes the date of the items."""
    grouped: dict[tuple[str, str], list[MetricChange]] = defaultdict(list)
    for change in changes:
        grouped[change.now.role, change.now.source].append(change)
    return [_item(catalogue.role(role), own, catalogue, on) for (role, _), own in grouped.items()]


@dataclass(frozen=True, slots=True)
class _Place:
    """What a metric is about; its value and year come and go."""

    role: str
    role_name: str
    source: str
    code_system: str
    code: str
    occupation: str
    metric: str

    def with_metric(self, metric: str) -> _Place:
        return _Place(
            self.role,
            self.role_name,
            self.source,
            self.code_system,
            self.code,
            self.occupation,
            metric,
        )


def _place(metric: Metric) -> _Place:
    return _Place(
        metric.role,
        metric.role_name,
        metric.source,
        metric.code_system,
        metric.code,
        metric.occupation,
        metric.metric,
    )


def _equal(one: str, other: str) -> bool:
    first, second = number(one), number(other)
    return one == other if first is None or second is None else first == second


def _item(role: Role, changes: Sequence[MetricChange], catalogue: Catalogue, on: date) -> KeyedNews:
    first = changes[0].now
    proxy = any(change.now.mapping is Mapping.PROXY for change in changes)
    news = News(
        kind=Kind.ROLE_UPDATE,
        headline=_headline(role, changes),
        summary=_summary(role, changes),
        date=on,
        source_name=first.source,
        source_url=first.source_url,
        confidence=Confidence.MEDIUM if proxy else Confidence.HIGH,
        targets=tuple(each.slug for each in catalogue.specializations_of(role.slug)),
        tags=("ai-exposure",),
        role=role.slug,
    )
    key = import_key(
        "metric-news",
        role.slug,
        *(
            part
            for change in changes
            for part in (metric_key(change.now), change.value_before, change.year_before)
        ),
    )
    return KeyedNews(news, key)


def _headline(role: Role, changes: Sequence[MetricChange]) -> str:
    metrics = {change.now.metric for change in changes}
    verb = _verb(changes)
    direct = all(change.now.mapping is Mapping.DIRECT for change in changes)
    if len(metrics) > 1:
        return f"{role.name}: {_count(len(changes))} figures change in one source"
    what = _short(changes[0].now.metric)
    if direct and len(changes) == 1:
        only = changes[0]
        if number(only.now.value) is None:
            return f"{role.name}: {what} changes"
        return (
            f"{role.name}: {what} {verb} from {written(only.value_before, only.now.scale)} "
            f"to {written(only.now.value, only.now.scale)}"
        )
    near = "occupation" if direct else "neighbouring occupation"
    whom = f"a {near}" if len(changes) == 1 else f"{_count(len(changes))} {near}s"
    return f"{role.name}: {what} {verb} for {whom}"


def _summary(role: Role, changes: Sequence[MetricChange]) -> str:
    by_metric: dict[str, list[MetricChange]] = defaultdict(list)
    for change in changes:
        by_metric[change.now.metric].append(change)
    sentences = [_sentence(metric, own) for metric, own in list(by_metric.items())[:_LISTED]]
    more = sum(len(own) for own in list(by_metric.values())[_LISTED:])
    if more:
        sentences.append(f"{more} more figures of this source change, too.")
    proxies = {c.now.occupation for c in changes if c.now.mapping is Mapping.PROXY}
    directs = {c.now.occupation for c in changes if c.now.mapping is Mapping.DIRECT}
    if proxies:
        lead = "It is a neighbouring occupation" if len(proxies) == 1 else "They are neighbours"
        if directs:
            lead = f"{_listed(sorted(proxies))} {'is' if len(proxies) == 1 else 'are'} only near"
            sentences.append(f"{lead} to {role.name}.")
        else:
            sentences.append(f"{lead}: the source has no figure for {role.name} itself.")
    return " ".join(sentences)


def _sentence(metric: str, changes: Sequence[MetricChange]) -> str:
    scale = changes[0].now.scale
    unit = f" (on a scale of {scale})" if scale in {"0-1", "0-10"} else f" ({scale})"
    if number(changes[0].now.value) is None:
        unit = ""
    told = [f"{_told(change)} for {_occupation(change.now)}" for change in changes[:_LISTED]]
    more = f", and {len(changes) - _LISTED} more" if len(changes) > _LISTED else ""
    words = metric_words(metric)
    return f"The {words}{unit} is {'; '.join(told)}{more}."


def _told(change: MetricChange) -> str:
    now = written(change.now.value, change.now.scale)
    before = written(change.value_before, change.now.scale)
    if change.year_before == change.now.year:
        return f"{now} in {change.now.year}, where the source said {before} until now,"
    return f"{now} in {change.now.year} after {before} in {change.year_before}"


def _occupation(metric: Metric) -> str:
    near = "the neighbouring occupation " if metric.mapping is Mapping.PROXY else ""
    code = f" ({metric.code_system} {metric.code})" if any(map(str.isdigit, metric.code)) else ""
    return f"{near}{metric.occupation}{code}"


def _verb(changes: Sequence[MetricChange]) -> str:
    moves: set[str] = set()
    for change in changes:
        now, before = number(change.now.value), number(change.value_before)
        if now is None or before is None:
            return "changes"
        moves.add("rises" if now > before else "falls")
    return moves.pop() if len(moves) == 1 else "moves"


def _short(metric: str) -> str:
    return _SHORT.get(metric) or metric_words(metric)


def _count(number_of: int) -> str:
    return _COUNTS[number_of] if number_of < len(_COUNTS) else str(number_of)


def _listed(names: Sequence[str]) -> str:
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"
