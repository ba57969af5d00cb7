"""The editors' guide: its examples load, and it names every field that the loader reads."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from briefings.intake.catalogue import check_catalogue, load_catalogue
from tests.unit.intake.catalogue_folder import write

ROOT = Path(__file__).parents[3]
GUIDE = (ROOT / "docs" / "catalogue.md").read_text(encoding="utf-8")
EXAMPLES = {
    match[1]: match[2] for match in re.finditer(r"```yaml\n# (\S+)\n(.*?)```", GUIDE, re.DOTALL)
}
READERS = sorted((ROOT / "briefings" / "intake").glob("catalogue_parts.py"))
FIELDS = sorted(
    {
        name
        for path in READERS
        for name in re.findall(
            r'\.(?:text|texts|slug|slugs|url|whole|choice|money|currency|table|tables)\(\s*"(\w+)"',
            path.read_text(encoding="utf-8"),
        )
    }
)


@pytest.fixture
def guide(tmp_path: Path) -> Path:
    folder = tmp_path / "catalogue"
    for name, content in EXAMPLES.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content, encoding="utf-8")
    return folder


def test_the_examples_of_the_guide_are_a_right_catalogue(guide: Path) -> None:
    assert [str(problem) for problem in check_catalogue(guide)] == []
    assert len(EXAMPLES) == 7


def test_the_guide_says_the_words_that_its_examples_give(guide: Path) -> None:
    catalogue = load_catalogue(guide)
    words = " ".join(GUIDE.split())
    sourdough, baker = catalogue.specialization("sourdough"), catalogue.specialization("baker")
    oven, mill = catalogue.tools
    for sentence in (catalogue.why(sourdough, oven, ()), catalogue.why(baker, oven, ())):
        assert f'"{sentence}"' in words
    assert catalogue.why(sourdough, mill, ()) == "Sourdough covers flour."


def test_the_message_in_the_guide_is_the_one_that_the_check_gives(guide: Path) -> None:
    role = guide / "roles" / "baker.yaml"
    text = role.read_text(encoding="utf-8").replace("also_known_as", "# also_known_as")
    role.write_text(re.sub(r"risk_category: low.*", "risk_category: medium", text))
    (problem,) = check_catalogue(guide)
    shown = re.sub(r":\d+:", ":N:", str(problem))
    assert shown in re.sub(r":\d+:", ":N:", GUIDE)


@pytest.mark.parametrize("field", FIELDS)
def test_the_guide_names_every_field(field: str) -> None:
    assert re.search(rf"\b{field}\b", GUIDE), f"docs/catalogue.md does not say what {field} is"


def test_the_step_in_the_guide_is_one_of_a_real_kind(tmp_path: Path) -> None:
    step = re.search(r"```\n(plan:\n.*?)```", GUIDE, re.DOTALL)
    assert step is not None
    written = "slug: miller\nrole: miller\nname: Miller\nportfolio_evidence: [a loaf]\n" + step[1]
    problems = check_catalogue(write(tmp_path, {"specializations/miller.yaml": written}))
    assert {problem.field for problem in problems} == {"plan", "plan[1]", "plan[1].tool"}
