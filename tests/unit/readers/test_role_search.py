"""People find their role whatever they type: short forms, typos, spaces, neighbouring names."""

from __future__ import annotations

import string
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from briefings.intake.catalogue import load_catalogue
from briefings.pipeline.profiles import index_of
from briefings.readers.search import ENOUGH, LONGEST, MOST, Findable, Index

CATALOGUE = load_catalogue(Path(__file__).parents[3] / "catalogue")
INDEX = index_of(CATALOGUE)
NAMES = [
    *((name, role.slug) for role in CATALOGUE.roles for name in (role.name, *role.also_known_as)),
    *((each.name, each.slug) for each in CATALOGUE.specializations if not each.general),
]


def keys(query: str) -> list[str]:
    return [found.key for found in INDEX.find(query)]


@pytest.mark.parametrize(
    ("query", "first"),
    [
        ("ml ops", "mlops-engineer"),
        ("MLOPS", "mlops-engineer"),
        ("ml-ops", "mlops-engineer"),
        ("mlops enginer", "mlops-engineer"),
        ("SRE", "devops-engineer"),
        ("site reliability", "devops-engineer"),
        ("devops", "devops-engineer"),
        ("dev ops", "devops-engineer"),
        ("devpos", "devops-engineer"),
        ("Full-Stack", "full-stack-developer"),
        ("fullstack engineer", "full-stack-developer"),
        ("data scientits", "data-scientist"),
        ("Scientist, Data", "data-scientist"),
        ("data analyst", "data-scientist"),
        ("cyber security", "cybersecurity-analyst"),
        ("security engineer", "cybersecurity-analyst"),
        ("information security", "cybersecurity-analyst"),
        ("frontend", "web-developer"),
        ("software developer", "software-engineer"),
        ("help desk", "it-support-specialist"),
        ("it support", "it-support-specialist"),
        ("cloud", "cloud-architect"),
        ("ai engineer", "ai-engineer"),
        ("llm", "llm-application-development"),
        ("multimodal", "multimodal-ai-autonomous-agents"),
        ("ai safety", "ai-safety-alignment"),
    ],
)
def test_what_people_type_leads_to_their_role(query: str, first: str) -> None:
    assert keys(query)[0] == first


@pytest.mark.parametrize("query", ["", "   ", "!?", "\x00", "e", "qqqqqq", "plumber", "nurse"])
def test_what_is_no_role_of_ours_finds_nothing(query: str) -> None:
    assert keys(query) == []


def test_a_neighbouring_job_is_named_as_such_and_comes_after_a_name_of_its_own() -> None:
    (found, *_) = INDEX.find("sre")
    assert found.near == "Site Reliability Engineer"
    assert INDEX.find("mlops")[0].near == ""
    own, near = Index(
        [
            Findable(key="near", names=("Miller",), near=("Baker",)),
            Findable(key="own", names=("Baker",)),
        ]
    ).find("baker")
    assert (own.key, near.key) == ("own", "near")
    assert own.score > near.score >= ENOUGH


def test_a_common_word_alone_is_not_enough_beside_one_that_nothing_has() -> None:
    assert keys("zoo engineer") == []
    assert len(keys("engineer")) > 3


def test_an_index_of_nothing_finds_nothing() -> None:
    assert Index([]).find("baker") == ()
    assert Index([Findable(key="x", names=("!!",))]).find("baker") == ()


@pytest.mark.parametrize(("name", "key"), NAMES)
def test_every_name_finds_its_own_first(name: str, key: str) -> None:
    assert keys(name)[0] == key


@given(st.sampled_from(NAMES), st.data())
def test_one_slip_of_the_finger_hides_no_name(named: tuple[str, str], data: st.DataObject) -> None:
    name, key = named
    letters = [place for place, letter in enumerate(name) if letter.isalpha()]
    long = [p for p in letters if len(word_at(name, p)) > 5]
    at = data.draw(st.sampled_from(long))
    letter = data.draw(st.sampled_from(string.ascii_lowercase))
    slips = [
        name[:at] + name[at + 1 :],
        name[:at] + letter + name[at + 1 :],
        name[:at] + letter + name[at:],
        name[:at] + name[at + 1 : at + 2] + name[at : at + 1] + name[at + 2 :],
    ]
    assert key in keys(data.draw(st.sampled_from(slips)))


def word_at(name: str, place: int) -> str:
    start = name.rfind(" ", 0, place) + 1
    return name[start:].split(" ", 1)[0]


@given(st.sampled_from(NAMES), st.sampled_from([" ", "-", "  ", "_", "/"]), st.booleans())
def test_case_and_what_stands_between_words_do_not_matter(
    named: tuple[str, str], between: str, upper: bool
) -> None:
    query = between.join(named[0].split(" "))
    assert keys(query.upper() if upper else query.lower())[0] == named[1]


@given(st.text(max_size=200))
def test_any_text_is_answered_within_bounds_and_alike_each_time(query: str) -> None:
    found = INDEX.find(query)
    assert found == INDEX.find(query)
    assert len(found) <= MOST
    assert all(ENOUGH <= each.score <= 100 for each in found)
    assert len({each.key for each in found}) == len(found)
    assert [each.score for each in found] == sorted((e.score for e in found), reverse=True)
    assert INDEX.find(query[:LONGEST]) == found
