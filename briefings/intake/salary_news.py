"""Draft salary news out of the comparison of two periods (R14); pure, and it averages nothing."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from briefings.intake.keys import import_key
from briefings.intake.tool_changes import KeyedNews
from briefings.model.catalogue import plain_name
from briefings.model.figures import reading_order, survey
from briefings.model.money import Direction, PayChange, PayFigure, compare
from briefings.model.news import Confidence, Kind, News, PayRow

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import date

    from briefings.model.catalogue import Catalogue, Role
    from briefings.model.figures import PayEntry

_REGION_WORDS = {"us": "the US", "global": "all countries of the survey"}
_LEVEL_WORDS = {"all": "all levels"}
_MOVES = {Direction.FLAT: "is flat", Direction.UP: "is up", Direction.DOWN: "is down"}


@dataclass(frozen=True, slots=True)
class _Pair:
    """A pay row with what the survey counted in both periods."""

    row: PayRow
    titles_differ: bool


def salary_news(
    from_file: Iterable[PayEntry],
    stored: Iterable[PayEntry],
    catalogue: Catalogue,
    *,
    on: date,
) -> list[KeyedNews]:
    """Compare the newest period of the file with the one before and draft one item per role.

    The period before is the latest earlier year in which the same survey has figures for the role,
    in the file or stored. A role without one gets no item, for a first figure is no change; nor
    does a role for which a later period is stored already. A level or region without an earlier
    figure stands in the item without comparison. `on` becomes the date of the items.
    """
    entries = list(from_file)
    newest = max((entry.figure.year for entry in entries), default=None)
    if newest is None:
        return []
    known = [*stored, *entries]  # the file speaks last, so its figures win over stored ones
    found: list[KeyedNews] = []
    for role in catalogue.roles:
        own = [entry for entry in known if entry.role == role.slug]
        current = [e for e in entries if e.role == role.slug and e.figure.year == newest]
        if not current or any(entry.figure.year > newest for entry in own):
            continue
        name = _name_to_use(role, current)
        pairs = _pairs(
            [entry for entry in current if plain_name(entry.role_name) == name],
            [entry for entry in own if plain_name(entry.role_name) == name],
        )
        if any(pair.row.before is not None for pair in pairs):
            found.append(_item(role, pairs, catalogue, on))
    return found


def _name_to_use(role: Role, entries: Sequence[PayEntry]) -> str:
    """Choose one of the names that the survey uses for the role: figures of two are never mixed."""
    names = {plain_name(entry.role_name) for entry in entries}
    ranked = [plain_name(each) for each in (role.name, role.slug, *role.also_known_as)]
    return next((each for each in ranked if each in names), min(names))


def _pairs(current: Sequence[PayEntry], own: Sequence[PayEntry]) -> list[_Pair]:
    """Set each figure beside that of the period before, in the order in which they are read."""
    latest = {_place(entry): entry for entry in current}
    surveys = {survey(entry.figure.source) for entry in latest.values()}
    before = {each: _period_before(each, latest.values(), own) for each in surveys}
    pairs: list[_Pair] = []
    for place, entry in sorted(latest.items(), key=lambda each: reading_order(each[1].figure)):
        earlier = before[survey(entry.figure.source)].get(place)
        if earlier is None:
            pairs.append(_Pair(PayRow(now=entry.figure), titles_differ=False))
            continue
        row = PayRow(now=entry.figure, before=earlier.figure)
        differ = bool(entry.titles and earlier.titles and entry.titles != earlier.titles)
        pairs.append(_Pair(row, differ))
    return pairs


_Place = tuple[str, str, str, str]


def _place(entry: PayEntry) -> _Place:
    figure = entry.figure
    return (
        survey(figure.source),
        plain_name(figure.region),
        plain_name(figure.level),
        figure.median.currency,
    )


def _period_before(
    wanted: str, current: Iterable[PayEntry], own: Sequence[PayEntry]
) -> Mapping[_Place, PayEntry]:
    newest = max(entry.figure.year for entry in current)
    earlier = [e for e in own if survey(e.figure.source) == wanted and e.figure.year < newest]
    year = max((entry.figure.year for entry in earlier), default=None)
    return {_place(entry): entry for entry in earlier if entry.figure.year == year}


def _item(role: Role, pairs: Sequence[_Pair], catalogue: Catalogue, on: date) -> KeyedNews:
    lead = next(pair for pair in pairs if pair.row.before is not None)
    assert lead.row.before is not None  # chosen so
    change = compare(_alike(lead.row.now, lead.row.before), lead.row.before)
    rows = tuple(pair.row for pair in pairs)
    news = News(
        kind=Kind.SALARY_NEWS,
        headline=_headline(role, lead.row.now, change),
        summary=_summary(lead, lead.row.before, change, pairs),
        date=on,
        source_name=lead.row.now.source,
        source_url=lead.row.now.source_url,
        confidence=_confidence(lead, change),
        targets=tuple(each.slug for each in catalogue.specializations_of(role.slug)),
        tags=("salary",),
        role=role.slug,
        pay=rows,
    )
    return KeyedNews(news, import_key("salary-news", role.slug, *_row_keys(rows)))


def _alike(now: PayFigure, before: PayFigure) -> PayFigure:
    """Write region and level as the earlier figure does, where only case or spaces differ."""
    if (now.region, now.level) == (before.region, before.level):
        return now
    return replace(now, region=before.region, level=before.level)


def _row_keys(rows: Sequence[PayRow]) -> list[str]:
    return [
        repr((figure.region, figure.level, figure.year, figure.n, figure.source))
        + repr((figure.p25, figure.median, figure.p75))
        for row in rows
        for figure in (row.now, row.before)
        if figure is not None
    ]


def _headline(role: Role, now: PayFigure, change: PayChange) -> str:
    where = {"us": " in the US", "global": " worldwide"}.get(
        plain_name(now.region), f" in {now.region}"
    )
    level = "" if plain_name(now.level) == "all" else f" ({now.level})"
    if change.direction is Direction.FLAT:
        return f"{role.name} pay{where}{level} is flat at {now.median}"
    return f"{role.name} pay{where}{level} {_MOVES[change.direction]} to {now.median}"


def _summary(lead: _Pair, before: PayFigure, change: PayChange, pairs: Sequence[_Pair]) -> str:
    now = lead.row.now
    region = _REGION_WORDS.get(plain_name(now.region), now.region)
    level = _LEVEL_WORDS.get(plain_name(now.level), f"{now.level} level")
    sentences = [
        (
            f"The median for {level} in {region} is {now.median} a year in {now.year} "
            f"(n = {now.n:,}), after {before.median} in {before.year} (n = {before.n:,})."
        ),
        f"The middle half earns {now.p25} to {now.p75}.",
        f"{_verdict(change)}: {change.reason}.",
    ]
    if change.caveats or lead.titles_differ:
        caveats = [*change.caveats]
        if lead.titles_differ:
            caveats.append("the two years count different job titles under this role")
        sentences.append(f"Compare with care: {'; '.join(caveats)}.")
    few = [_few(pair.row) for pair in pairs if pair is not lead and _is_small(pair.row)]
    if few:
        sentences.append(f"Few answers stand behind {'; '.join(few)}.")
    alone = sum(1 for pair in pairs if pair.row.before is None)
    if alone:
        sentences.append(
            f"{alone} of the {len(pairs)} figures below "
            f"{'has' if alone == 1 else 'have'} no earlier period to compare with."
        )
    return " ".join(sentences)


def _is_small(row: PayRow) -> bool:
    return row.now.small_sample or (row.before is not None and row.before.small_sample)


def _few(row: PayRow) -> str:
    region, level = row.now.region, row.now.level
    before = "" if row.before is None else f", {row.before.n:,} in {row.before.year}"
    return f"{region} {level} (n = {row.now.n:,} in {row.now.year}{before})"


def _verdict(change: PayChange) -> str:
    if change.direction is Direction.FLAT:
        return "That is flat"
    return f"That is {change.direction} {abs(change.percent)} %"


def _confidence(lead: _Pair, change: PayChange) -> Confidence:
    assert lead.row.before is not None  # the lead is a comparison
    if lead.row.now.small_sample or lead.row.before.small_sample:
        return Confidence.LOW
    return Confidence.MEDIUM if change.caveats or lead.titles_differ else Confidence.HIGH
