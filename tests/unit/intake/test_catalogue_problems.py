"""Every check of the catalogue fails here once, and says where, what, and what to write instead."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from briefings.intake import yaml_lines
from briefings.intake.catalogue import Problem, check_catalogue
from tests.unit.intake.catalogue_folder import FILES, plan, replaced, write

if TYPE_CHECKING:
    from pathlib import Path

BAKER, MILLER, TOOLS = "roles/baker.yaml", "roles/miller.yaml", "tools.yaml"
CONTEXT, TIERS, TEST = "context.yaml", "tiers.yaml", "assessment/baker.yaml"
SOUR = "specializations/sourdough.yaml"


def only(folder: Path, changes: dict[str, str | bytes | None]) -> Problem:
    problems = check_catalogue(write(folder, changes))
    assert len(problems) == 1, "\n".join(map(str, problems))
    return problems[0]


# file, text, its replacement, line, field, part of the message, part of the remedy
ONE_FIELD = [
    (BAKER, "name: Baker", "nmae: Baker\nname: Baker", 2, "nmae", "is not a field", "'name'"),
    (
        BAKER,
        "name: Baker",
        "zzz: 1\nname: Baker",
        2,
        "zzz",
        "is not a field",
        "use one of risk_level, ",
    ),
    (BAKER, "name: Baker\n", "", 1, "name", "is missing", "add `name: ...`"),
    (BAKER, "name: Baker", "name:", 2, "name", "is missing", "add `name: ...`"),
    (BAKER, "name: Baker", "name: no", 2, "name", "'no' is not a text", "in quotes"),
    (BAKER, "name: Baker", "name: 2026-08-17", 2, "name", "is not a text", "in quotes"),
    (BAKER, "name: Baker", "name: [Baker]", 2, "name", "a list is not a text", "one text"),
    (BAKER, "name: Baker", "name: {a: b}", 2, "name", "a group of fields is not", "one text"),
    (BAKER, "name: Baker", 'name: ""', 2, "name", "is empty", "delete the field"),
    (BAKER, "name: Baker", f"name: {'B' * 81}", 2, "name", "81 characters", "change it"),
    (BAKER, "name: Baker", 'name: "Ba\\aker"', 2, "name", "character U+0007", "change it"),
    (BAKER, "name: Baker", 'name: "Ba\\u202eker"', 2, "name", "character U+202E", "change it"),
    (BAKER, "name: Baker", 'name: "Ba\\Lker"', 2, "name", "character U+2028", "change it"),
    (BAKER, "name: Baker", "name: Baker\nname: Cook", 3, "name", "stands there twice", "keep one"),
    (BAKER, "name: Baker", "name: !!python/name:os.system x", 2, "name", "is not a text", "quotes"),
    (BAKER, "name: Baker", "name: Baker\n[a]: b", 3, "?", "is not a field", "use one of"),
    (BAKER, "[Bread Maker]", "Bread Maker", 4, "also_known_as", "is not a list", "`- ` before"),
    (BAKER, "[Bread Maker]", "[A, A]", 4, "also_known_as[2]", "twice in the list", "delete one"),
    (BAKER, "[Bread Maker]", "[miller]", 4, "also_known_as[1]", "also names", "truly has"),
    (BAKER, "risk_level: 3", "risk_level: 11", 5, "risk_level", "outside 0 to 10", "from 0 to 10"),
    (BAKER, "risk_level: 3", "risk_level: low", 5, "risk_level", "not a whole number", "0 to 10"),
    (BAKER, "risk_level: 3", "risk_level: 03", 5, "risk_level", "not a whole number", "0 to 10"),
    (BAKER, "risk_level: 3", "risk_level: [3]", 5, "risk_level", "a list is not", "0 to 10"),
    (BAKER, "risk_level: 3", "risk_level: 4", 6, "risk_category", "does not match", "write medium"),
    (BAKER, "category: low", "category: hgih", 6, "risk_category", "not allowed", "mean 'high'"),
    (BAKER, "category: low", "category: x", 6, "risk_category", "not allowed", "low, medium, high"),
    (BAKER, "to: 2027", "to: 2024", 10, "tasks_at_risk[1].to", "2024 is before 2025", "earlier"),
    (BAKER, "to: 2027", "to: 20270", 10, "tasks_at_risk[1].to", "outside 2000", "2000 to 2100"),
    (BAKER, "    to: 2027\n", "", 8, "tasks_at_risk[1].to", "is missing", "add `to: ...`"),
    (
        BAKER,
        "why: mach",
        "wyh: 1\n    why: m",
        11,
        "tasks_at_risk[1].wyh",
        "is not a field",
        "'why'",
    ),
    (BAKER, "related: [miller]", "related: [ba]", 17, "related[1]", "no role 'ba'", "use one of"),
    (BAKER, "related: [miller]", "related: [baker]", 17, "related[1]", "to itself", "delete"),
    (BAKER, "related: [miller]", "related: 7", 17, "related", "'7' is not a list", "`- ` before"),
    (BAKER, "industry: technology", "industry: tech", 3, "industry", "no industry", "technology"),
    (
        BAKER,
        "high: 2}",
        "high: 0}",
        14,
        "salary.growth_percent_per_year.high",
        "below 1",
        "smaller",
    ),
    (BAKER, "high: 50000", "high: 1", 15, "salary.senior_per_year.high", "$1 is below", "smaller"),
    (BAKER, "high: 50000", "high: 1e9", 15, "salary.senior_per_year.high", "not an", "digits only"),
    (BAKER, "high: 50000", "high: 1.234", 15, "salary.senior_per_year.high", "finer than", "round"),
    (BAKER, "currency: USD", "currency: usd", 13, "salary.currency", "not a currency", "as in USD"),
    (BAKER, "  currency: USD\n", "", 13, "salary.currency", "is missing", "add `currency"),
    (BAKER, "  source: profile\n", "", 13, "salary.source", "is missing", "add `source"),
    (MILLER, "name: Miller", "name: Miller\nsalary: 5", 3, "salary", "not a group", "field: value"),
    (CONTEXT, "    source: A survey\n", "", 5, "context[1].source", "is missing", "add `source"),
    (TOOLS, "slug: mill", "slug: Mill_1", 9, "tools[2].slug", "is not a slug", "hyphens"),
    (
        TOOLS,
        "slug: mill",
        "slug: oven",
        9,
        "tools[2].slug",
        "already in tools.yaml",
        "another slug",
    ),
    (TOOLS, "name: Mill", "name: OVEN", 10, "tools[2].name", "'OVEN' also names oven", "truly"),
    (TOOLS, "[baker, s", "[baler, s", 8, "tools[1].concerns[1]", "no specialization", "'baker'"),
    (TOOLS, "[baker, s", "[Baker!, s", 8, "tools[1].concerns[1]", "not a slug", "lower-case"),
    (
        TOOLS,
        "https://oven.example.org\n",
        "oven\n",
        5,
        "tools[1].project_url",
        "starts",
        "https://",
    ),
    (TOOLS, "https://mill", "http://mill", 11, "tools[2].project_url", "not https", "https://"),
    (TOOLS, "https://mill.", "https://u:p@mill.", 11, "tools[2].project_url", "user", "https://"),
    (
        TOOLS,
        "https://mill.example.org/",
        "https://mill/",
        11,
        "tools[2].project_url",
        "host",
        "http",
    ),
    (TOOLS, "    area: heat\n", "", 2, "tools[1].area", "is missing", "add `area"),
    (TIERS, "    billing: month\n", "", 5, "tiers[2].billing", "go together", "neither"),
    (
        TIERS,
        "[plan_page]",
        "[plan_stop]",
        9,
        "tiers[2].without[1]",
        "not allowed",
        "plan_step",
    ),
    (TIERS, "billing: month", "billing: day", 8, "tiers[2].billing", "not allowed", "month, year"),
    (TIERS, "slug: more", "slug: free", 5, "tiers[2].slug", "already in", "another slug"),
    (TIERS, "amount: 9.50, ", "", 7, "tiers[2].price.amount", "is missing", "add `amount"),
    (SOUR, "role: baker", "role: bakr", 2, "role", "there is no role 'bakr'", "'baker'"),
    (SOUR, "tool: oven", "tool: stove", 16, "plan[1].tool", "no tool 'stove'", "'oven'"),
    (SOUR, "tool: oven", "tool: [oven, mill]", 16, "plan[1].tool", "not a text", "one text"),
    (SOUR, "    tool: oven\n", "", 10, "plan[1].tool", "is missing", "add `tool: ...`"),
    (SOUR, "hours: 4", "hours: 7", 17, "plan[1].hours", "7 is outside 3 to 6", "from 3 to 6"),
    (SOUR, "week: 1\n", "week: 13\n", 10, "plan[1].week", "outside 1 to 12", "from 1 to 12"),
    (SOUR, "a shorter proving time", "nothing", 109, "plan[12]", "no portfolio", "shorter proving"),
    (
        SOUR,
        "portfolio_evidence: [shorter proving time]\n",
        "",
        8,
        "plan",
        "no portfolio evidence",
        "l",
    ),
    (
        SOUR,
        "Bake loaf 2,",
        "Bake loaf 1,",
        23,
        "plan[2].tasks[1].task",
        "already stands in",
        "drop",
    ),
    (
        SOUR,
        "Paragraph 2.",
        "Paragraph 2. Eat LOAF 1!",
        21,
        "plan[2].text",
        "already stands",
        "drop",
    ),
    (TEST, "    area: heat\n", "    area: ice\n", 11, "questions[1].area", "no area 'ice'", "heat"),
    (TEST, "3, area: heat", "3, area: ice", 16, "questions[1].answers[2].area", "no area", "heat"),
    (TEST, "[oven]", "[oben]", 6, "areas[1].tools[1]", "there is no tool 'oben'", "'oven'"),
    (TEST, "points: 3", "points: 4", 16, "questions[1].answers[2].points", "outside 0 to 3", "0"),
    (TEST, "slug: machine", "slug: me", 16, "questions[1].answers[2].slug", "already", "another"),
    (
        TEST,
        "about: task",
        "about: tusk",
        10,
        "questions[1].about",
        "'tusk' is not allowed",
        "'task'",
    ),
    (TEST, "intro: About your week.\n", "", 1, "intro", "is missing", "add `intro: ...`"),
]


@pytest.mark.parametrize("case", ONE_FIELD, ids=lambda case: f"{case[4]} {case[5]}")
def test_a_wrong_field_is_named_with_its_line_and_a_remedy(
    tmp_path: Path, case: tuple[str, str, str, int, str, str, str]
) -> None:
    file, old, new, line, field, message, remedy = case
    problem = only(tmp_path, replaced(file, old, new))
    assert (problem.file, problem.line, problem.field) == (file, line, field), problem
    assert message in problem.message, problem
    assert remedy in problem.remedy, problem
    assert str(problem).startswith(f"{file}:{line}: {field}: ")
    assert "\n" not in str(problem)


BOMB = "a: &a [x, x]\nb: [*a, *a]\n"
WHOLE_FILE = [
    (None, 1, "cannot be read: No such file or directory", "check the file"),
    (b"", 1, "has no fields", "field: value"),
    (b"- a\n- b\n", 1, "has no fields", "field: value"),
    (b"tools:\n  - slug: 'oven\n", 3, "is not YAML", "in quotes"),
    (b"tools:\n  - slug: a\n\tname: b\n", 3, "is not YAML", "mend the line"),
    (b"tools: []\n---\ntools: []\n", 2, "is not YAML", "mend the line"),
    (b"tools:\n  - \x07\n", 2, "holds a control character", "delete the character"),
    (b"tools:\n  - \x00\n", 2, "holds a control character", "delete the character"),
    (b"tools:\n  # caf\xe9\n", 2, "is not UTF-8", "save the file as UTF-8"),
    (BOMB.encode(), 1, "uses an anchor or alias", "write the value out"),
    (b"tools: *a\n", 1, "uses an anchor or alias", "write the value out"),
    (b"tools:\n  " + b"[" * 20 + b"]" * 20, 2, "is nested too deeply", "docs/catalogue.md"),
    (b"[" * 200_000, 1, "is nested too deeply", "docs/catalogue.md"),
    (b"#" * (256 * 1024 + 1), 1, "is larger than 262144 bytes", "split the file"),
]


@pytest.mark.parametrize("loader", ["CSafeLoader", "SafeLoader"])
@pytest.mark.parametrize("case", WHOLE_FILE, ids=lambda case: case[2])
def test_a_file_that_cannot_be_read_is_the_only_problem_whatever_parses_it(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    loader: str,
    case: tuple[bytes | None, int, str, str],
) -> None:
    content, line, message, remedy = case
    # libyaml is not in every build of PyYAML; both parsers must say the same.
    monkeypatch.setattr(yaml_lines, "_LOADER", getattr(yaml, loader, yaml.SafeLoader))
    problem = only(tmp_path, {TOOLS: content})
    assert (problem.file, problem.line, problem.field) == (TOOLS, line, "")
    assert message in problem.message
    assert remedy in problem.remedy
    assert str(problem).startswith(f"tools.yaml:{line}: {problem.message}; ")


@pytest.mark.parametrize("file", [CONTEXT, TOOLS, TIERS, BAKER, SOUR, TEST])
def test_a_broken_file_does_not_make_others_wrong(tmp_path: Path, file: str) -> None:
    assert only(tmp_path, {file: "a: [\n"}).file == file


def test_two_things_without_names_are_two_problems(tmp_path: Path) -> None:
    nameless = {n: FILES[n].replace("name: ", "# name: ") for n in (BAKER, MILLER)}
    problems = check_catalogue(write(tmp_path, {**nameless}))
    assert [(p.file, p.field, p.message) for p in problems] == [
        (BAKER, "name", "is missing"),
        (MILLER, "name", "is missing"),
    ]


def test_two_things_without_slugs_are_two_problems(tmp_path: Path) -> None:
    questions = FILES[TEST].replace("slug: me, ", "").replace("slug: machine, ", "")
    problems = check_catalogue(write(tmp_path, {TEST: questions}))
    assert [p.message for p in problems] == ["is missing", "is missing"]


@given(
    st.sampled_from(sorted(FILES)),
    st.integers(0, 40),
    st.sampled_from(
        [
            "",
            "x",
            "- x",
            "  a: b",
            "slug: 1",
            "text: [",
            "? y",
            "a\tb: c",
            "tasks: {}",
            "\x85",
            "---",
        ]
    )
    | st.text(max_size=30),
)
def test_no_line_that_an_editor_may_type_raises_anything(
    tmp_path_factory: pytest.TempPathFactory, file: str, line: int, typed: str
) -> None:
    lines = FILES[file].split("\n")
    lines[line % len(lines)] = typed
    content = "\n".join(lines).encode("utf-8", "surrogatepass")
    folder = write(tmp_path_factory.mktemp("catalogue"), {file: content})
    for problem in check_catalogue(folder):
        assert problem.line >= 1
        assert problem.remedy
        assert str(problem).isprintable()


def test_a_folder_that_is_not_there_is_named(tmp_path: Path) -> None:
    files = {problem.file for problem in check_catalogue(tmp_path / "nowhere")}
    assert files == {"context.yaml", "tools.yaml", "tiers.yaml", "roles"}


@pytest.mark.parametrize(
    "name", ["role/cook.yaml", "roles/cook.yml", "tool.yaml", "roles/a/b.yaml"]
)
def test_a_file_that_nothing_reads_is_reported(tmp_path: Path, name: str) -> None:
    problem = only(tmp_path, {name: "slug: cook\n"})
    assert problem.file == name
    assert "is not read from here" in problem.message
    assert "roles, specializations, assessment" in problem.remedy


def test_a_second_file_cannot_claim_a_slug(tmp_path: Path) -> None:
    problems = check_catalogue(write(tmp_path, {"roles/zmiller.yaml": FILES[MILLER]}))
    assert {(p.file, p.field) for p in problems} == {("roles/zmiller.yaml", "slug")}
    assert "role 'miller' is already in roles/miller.yaml" in [p.message for p in problems]
    assert "choose another slug" in [p.remedy for p in problems]


def test_a_file_is_called_after_its_slug(tmp_path: Path) -> None:
    problem = only(tmp_path, {"specializations/rye.yaml": FILES[SOUR], SOUR: None})
    assert (problem.line, problem.field) == (1, "slug")
    assert problem.message == "'sourdough' stands in a file of another name"
    assert problem.remedy == "call the file sourdough.yaml, or write `slug: rye`"


def test_a_specialization_cannot_take_the_slug_of_another_role(tmp_path: Path) -> None:
    written = "slug: miller\nrole: baker\nname: Miller\n"
    problem = only(tmp_path, {"specializations/miller.yaml": written})
    assert problem.message == "'miller' is the slug of another role"
    assert "write `role: miller`" in problem.remedy


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("  - week: 5\n", "  - week: 4\n", "the plan lacks week 5"),
        ("  - week: 12\n", "  - week: 1\n", "the plan lacks week 12"),
    ],
)
def test_a_plan_has_each_week_once(tmp_path: Path, old: str, new: str, message: str) -> None:
    problem = only(tmp_path, replaced(SOUR, old, new))
    assert (problem.line, problem.field, problem.message) == (9, "plan", message)
    assert problem.remedy == "write weeks 1 to 12, once each, in order"


def test_a_plan_of_eleven_weeks_is_not_whole(tmp_path: Path) -> None:
    problem = only(tmp_path, {SOUR: FILES[SOUR].replace(plan(), plan(11))})
    assert problem.message == "the plan lacks week 12"


def test_a_plan_out_of_order_is_named(tmp_path: Path) -> None:
    swapped = FILES[SOUR].replace("week: 3\n", "week: X\n").replace("week: 4\n", "week: 3\n")
    problem = only(tmp_path, {SOUR: swapped.replace("week: X\n", "week: 4\n")})
    assert problem.message == "the plan is out of order or repeats a week"


@pytest.mark.parametrize("tasks", [1, 5])
def test_a_plan_week_has_two_to_four_tasks(tmp_path: Path, tasks: int) -> None:
    second = "      - {task: Eat loaf 2, result: Loaf 2 is gone}\n"
    more = "".join(f"      - {{task: T{n}, result: R{n}}}\n" for n in range(tasks - 1))
    problem = only(tmp_path, replaced(SOUR, second, more))
    assert (problem.field, problem.message) == ("plan[2]", f"week has {tasks} tasks")
    assert "2 to 4 tasks" in problem.remedy


def test_no_sentence_stands_in_two_plans(tmp_path: Path) -> None:
    other = FILES[SOUR].replace("sourdough", "rye")
    for word in ("Headline", "Paragraph", "loaf", "Loaf"):
        other = other.replace(word, f"Rye {word}")
    other = other.replace("Rye Headline 7", "Headline 7").replace("It proves", "This proves")
    problem = only(tmp_path, {"specializations/rye.yaml": other})
    assert problem.file == SOUR
    assert problem.message.endswith(
        "already stands in specializations/rye.yaml at plan[7].headline"
    )


def test_marks_alone_are_no_sentence(tmp_path: Path) -> None:
    marks = FILES[SOUR].replace("Paragraph 2.", "...").replace("Paragraph 3.", "...")
    assert check_catalogue(write(tmp_path, {SOUR: marks})) == []


def test_seven_areas_are_too_many(tmp_path: Path) -> None:
    more = "".join(f"  - {{slug: area-{n}, name: Area}}\n" for n in range(6))
    problem = only(tmp_path, replaced(TEST, "questions:\n", f"{more}questions:\n"))
    assert (problem.field, problem.message) == ("areas", "has 7 areas")
    assert "at most 6" in problem.remedy


def test_an_area_stands_once(tmp_path: Path) -> None:
    more = "  - {slug: heat, name: Heat again}\n"
    problem = only(tmp_path, replaced(TEST, "questions:\n", f"{more}questions:\n"))
    assert problem.field == "areas[2].slug"


TASK = FILES[TEST].replace("    area: heat\n", "    area: heat\n    task: Kneading\n")


@pytest.mark.parametrize(
    ("old", "new", "field", "message", "remedy"),
    [
        (
            "task: Kneading",
            "task: Kneding",
            "task",
            "no such task at risk: 'Kneding'",
            "'Kneading'",
        ),
        ("about: task", "about: skill", "about", "names a task", "about: task"),
        (
            "points: 0",
            "points: 3}\n      - {slug: b, text: B, points: 0",
            "answers",
            "less time",
            "most",
        ),
    ],
)
def test_a_question_about_time_names_a_task_at_risk_and_goes_from_most_to_least(  # noqa: PLR0917 - a table
    tmp_path: Path, old: str, new: str, field: str, message: str, remedy: str
) -> None:
    assert check_catalogue(write(tmp_path / "right", {TEST: TASK})) == []
    problem = only(tmp_path / "wrong", {TEST: TASK.replace(old, new)})
    assert problem.field == f"questions[1].{field}"
    assert message in problem.message
    assert remedy in problem.remedy


def test_a_role_without_tasks_at_risk_has_no_assessment(tmp_path: Path) -> None:
    problem = only(
        tmp_path,
        {TEST: None, "assessment/miller.yaml": FILES[TEST].replace("role: baker", "role: miller")},
    )
    assert (problem.file, problem.field) == ("assessment/miller.yaml", "role")
    assert "no tasks at risk" in problem.message


def test_an_assessment_asks_something(tmp_path: Path) -> None:
    head = FILES[TEST].split("questions:")[0]
    problem = only(tmp_path, {TEST: head})
    assert (problem.message, problem.remedy) == ("there are no questions", "write at least one")


def test_a_question_stands_once_and_has_two_answers(tmp_path: Path) -> None:
    again = FILES[TEST] + (
        "  - {slug: knead, about: goal, text: 'What?', why: So, answers: [{slug: a, text: A}]}\n"
    )
    problems = check_catalogue(write(tmp_path, {TEST: again}))
    assert [(p.field, p.remedy) for p in problems] == [
        ("questions[2]", "add an answer"),
        ("questions[2].slug", "choose another slug"),
    ]


def test_somebody_must_be_able_to_read_for_nothing(tmp_path: Path) -> None:
    paid = FILES[TIERS].replace(
        "    includes: [All of it]", "    price: {amount: 1, currency: JPY}\n    billing: year"
    )
    problem = only(tmp_path, {TIERS: paid})
    assert (problem.message, problem.remedy) == (
        "there is no free tier",
        "add one with the slug `free` and without `price`",
    )


def test_a_catalogue_without_roles_says_so(tmp_path: Path) -> None:
    nothing = dict.fromkeys((BAKER, MILLER, TEST, SOUR))
    changes: dict[str, str | bytes | None] = {**nothing, TOOLS: "tools: []\n"}
    problem = only(tmp_path, changes)
    assert (problem.file, problem.message) == ("roles", "there is no role")


def test_all_problems_of_all_files_come_in_one_pass_in_order(tmp_path: Path) -> None:
    changes = replaced(BAKER, "name: Baker", "nmae: Baker")
    changes |= replaced(TOOLS, "area: heat", "area:")
    changes |= replaced(SOUR, "hours: 4", "hours: 99")
    problems = check_catalogue(write(tmp_path, changes))
    assert [(p.file, p.line, p.field) for p in problems] == [
        (BAKER, 1, "name"),
        (BAKER, 2, "nmae"),
        (SOUR, 17, "plan[1].hours"),
        (TOOLS, 7, "tools[1].area"),
    ]
