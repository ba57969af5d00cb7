"""Another MJML compiler reads the same sources: what it warns about, ours would drop silently."""

import re
from pathlib import Path

import mrml
import pytest

from briefings.render.renderer import SLOTS
from briefings.render.templates import environment, fill, load
from briefings.render.views import view
from briefings.slots import mark
from tests.unit.render.samples import SAMPLES, SITE, TEMPLATES


def source(sample: str) -> list[str]:
    made = environment(TEMPLATES, markup=True)
    found: list[str] = []
    for spec in SAMPLES[sample]:
        kind, data = view(spec, SITE)
        template = load(made, TEMPLATES, f"blocks/{kind}.mjml.j2")
        slots = {name: mark(name) for name in SLOTS}
        found.append(fill(template, TEMPLATES, {**data, "language": "en", "slots": slots}))
    return found


@pytest.mark.parametrize("sample", SAMPLES)
def test_it_has_no_warning_and_leaves_no_element(sample: str) -> None:
    for each in source(sample):
        output = mrml.to_html(each)
        assert [(w.kind, each[w.start : w.end]) for w in output.warnings] == []
        assert "<mj-" not in output.content


@pytest.mark.parametrize("sample", SAMPLES)
def test_it_reads_the_same_words(sample: str) -> None:
    for each in source(sample):
        words = re.sub(r"<[^>]+>|\s+", " ", mrml.to_html(each).content)
        for text in re.findall(r"<h2[^>]*>([^<]+)</h2>", each):
            assert text in words


def test_the_templates_are_where_the_package_looks() -> None:
    assert (Path(TEMPLATES) / "document.mjml.j2").is_file()
