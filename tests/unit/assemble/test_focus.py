"""A focus moves its items up inside their class, and nothing else (R10)."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from briefings.assemble.compose import compose
from briefings.assemble.focus import belongs, moved_up
from briefings.assemble.rank import urgency
from briefings.model.assessment import Assessment, SkillArea
from briefings.model.edition import Composition, ItemBlock
from briefings.model.news import Change, Item
from briefings.model.reader import Preferences
from tests.unit.assemble.make import CATALOGUE, W34, by_revision, item, role_update
from tests.unit.assemble.test_compose import DEVOPS, ML, editions

AREA = SkillArea(slug="gpus", name="GPUs", tools=("kubeflow",), tags=("gpu",))
ASSESSED = replace(
    CATALOGUE,
    assessments=(Assessment(role=ML, intro="", areas=(AREA,), questions=()),),
)


def block(each: Item) -> ItemBlock:
    return ItemBlock(item=each, why_you="", past=False)


def test_an_item_belongs_by_its_tool_or_by_a_tag() -> None:
    assert belongs(item(1, tool="kubeflow").news, AREA)
    assert belongs(item(1, tool="mlflow", tags=("x", "gpu")).news, AREA)
    assert not belongs(item(1, tool="mlflow", tags=("x",)).news, AREA)
    assert not belongs(role_update(2).news, AREA)


def carried(focus: str, *slugs: str, items: list[Item], catalogue: object = ASSESSED) -> list[int]:
    made = compose(
        Preferences(specializations=slugs, focus=focus),
        W34,
        editions(items, *slugs),
        {},
        by_revision(*items),
        catalogue,  # type: ignore[arg-type]
    )
    assert isinstance(made, Composition)
    return list(made.carried)


NEWS = [
    item(1, change=Change.SECURITY, tool="mlflow"),
    item(2, change=Change.SECURITY, tool="mlflow", tags=("gpu",)),
    item(3, change=Change.RELEASE, tool="mlflow"),
    item(4, change=Change.RELEASE, tool="mlflow"),
    item(5, change=Change.RELEASE, tool="mlflow", tags=("gpu",)),
]


def test_the_focus_comes_first_in_its_class_and_never_before_a_higher_one() -> None:
    plain = carried("", ML, items=NEWS)
    assert set(plain[:2]) == {1, 2}
    moved = carried("gpus", ML, items=NEWS)
    assert moved[0] == 2
    assert moved[2] == 5
    assert [n for n in moved if n not in (2, 5)] == [n for n in plain if n not in (2, 5)]


def test_a_focus_that_the_primary_role_does_not_have_changes_nothing() -> None:
    plain = carried("", ML, items=NEWS)
    assert carried("gone", ML, items=NEWS) == plain
    assert carried("gpus", ML, items=NEWS, catalogue=CATALOGUE) == plain
    aside = [replace(each, news=replace(each.news, targets=(ML, DEVOPS))) for each in NEWS]
    assert carried("gpus", DEVOPS, ML, items=aside) == carried("", DEVOPS, ML, items=aside)


def test_a_thirteenth_item_of_the_focus_takes_the_place_of_another_release() -> None:
    many = [item(n, change=Change.RELEASE, tool="mlflow") for n in range(1, 13)]
    many.append(item(13, change=Change.RELEASE, tool="mlflow", tags=("gpu",)))
    plain = carried("", ML, items=many)
    assert len(plain) == 12
    assert 13 not in plain
    assert 13 in carried("gpus", ML, items=many)


@given(st.lists(st.tuples(st.sampled_from([*Change]), st.booleans()), max_size=14))
def test_classes_keep_their_places_and_the_others_their_order(
    kinds: list[tuple[Change, bool]],
) -> None:
    blocks = [
        block(item(n, change=change, tool="mlflow", tags=("gpu",) if hit else ()))
        for n, (change, hit) in enumerate(kinds, 1)
    ]
    assert moved_up(blocks, None) == tuple(blocks)
    after = moved_up(blocks, AREA)
    classes = [urgency(each.item.news) for each in blocks]
    assert [urgency(each.item.news) for each in after] == classes
    for change in set(classes):
        own = [each for each in after if urgency(each.item.news) == change]
        before = [each for each in blocks if urgency(each.item.news) == change]
        first = [each for each in before if belongs(each.item.news, AREA)]
        rest = [each for each in before if not belongs(each.item.news, AREA)]
        assert own == first + rest
