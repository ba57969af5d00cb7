"""Every colour of the mail is a token of the look, and every text on its ground can be read."""

import re

import pytest

from tests.unit.render.samples import TEMPLATES

INK, QUIET, PINE = "#14201C", "#4F5B56", "#0B5D4B"
LIGHT = {
    *(INK, QUIET, PINE, "#FFFFFF", "#E4F0EB", "#75827C", "#D5DBD6", "#566761", "#1B7862"),
    *("#B42318", "#84480A", "#FAF0DD", "#5B4A9E"),
}
DARK = {
    *("#141B18", "#0D1311", "#E7EDE9", "#A3AFA9", "#6F7D76", "#2B3631", "#74CDB2", "#15302A"),
    *("#FF9C8E", "#E8B767", "#35280F", "#C2B4F4"),
}


def luminance(colour: str) -> float:
    """WCAG 2.2, relative luminance."""
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    red, green, blue = [p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    lighter, darker = sorted((luminance(one), luminance(other)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def colours(dark: bool) -> set[str]:
    own = [*TEMPLATES.glob("*.j2"), *TEMPLATES.glob("blocks/*.j2")]
    files = [path for path in own if (path.name == "dark.mjml.j2") is dark]
    return {found for path in files for found in re.findall(r"#[0-9A-Fa-f]{6}\b", path.read_text())}


def test_templates_use_the_tokens_and_no_other_colour() -> None:
    assert colours(dark=False) == LIGHT
    assert colours(dark=True) == DARK


@pytest.mark.parametrize(
    ("text", "ground"),
    [
        *((INK, "#FFFFFF"), (QUIET, "#FFFFFF"), (PINE, "#FFFFFF"), (INK, "#E4F0EB")),
        *(
            (PINE, "#E4F0EB"),
            ("#FFFFFF", "#B42318"),
            ("#84480A", "#FAF0DD"),
            ("#5B4A9E", "#FFFFFF"),
        ),
        *(("#E7EDE9", "#141B18"), ("#A3AFA9", "#141B18"), ("#74CDB2", "#141B18")),
        *(("#E7EDE9", "#15302A"), ("#74CDB2", "#15302A"), ("#0D1311", "#FF9C8E")),
        *(("#E8B767", "#35280F"), ("#C2B4F4", "#141B18")),
    ],
)
def test_text_can_be_read(text: str, ground: str) -> None:
    assert contrast(text, ground) >= 4.5


@pytest.mark.parametrize(
    ("mark", "ground"),
    [
        ("#566761", "#FFFFFF"),
        ("#75827C", "#FFFFFF"),
        ("#566761", "#121212"),
        ("#1B7862", "#E4F0EB"),
        ("#1B7862", "#121212"),
    ],
)
def test_drawings_stand_out_also_when_the_client_inverts(mark: str, ground: str) -> None:
    assert contrast(mark, ground) >= 3
