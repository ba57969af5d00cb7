"""The documents and the program say the same: what has no line in a guide fails here, and so does
a guide that names what does not exist. Commands in the guides are run, as a person would."""

from __future__ import annotations

import ast
import json
import os
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import unquote

import pytest
import typer

from briefings import cli
from briefings.cli.app import app
from briefings.cli.app import run as app_run
from briefings.config import PREFIX, Settings
from briefings.model.delivery import IssueKind, IssueState, SkipReason, State
from briefings.model.edition import EditionState
from briefings.model.news import ItemState
from briefings.model.reader import Section

if TYPE_CHECKING:
    from collections.abc import Iterator
    from enum import StrEnum

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
GUIDES = sorted([ROOT / "README.md", ROOT / "CHANGELOG.md", *DOCS.rglob("*.md")])
LARGEST_PICTURE = 200 * 1024


def text_of(path: Path) -> str:
    return path.read_text("utf-8")


def name_of(path: Path) -> str:
    return str(path.relative_to(ROOT))


def fences(text: str) -> list[tuple[str, str]]:
    """The code blocks of a document: language and content."""
    return re.findall(r"^```(\w*)\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)


def prose(text: str) -> str:
    return re.sub(r"^```.*?^```$", "", text, flags=re.MULTILINE | re.DOTALL)


def table(path: Path, head: str) -> dict[str, list[str]]:
    """The table whose first column is called so: the first cell's code, or its words, to the rest."""
    lines = iter(text_of(path).splitlines())
    for line in lines:
        if line.startswith(f"| {head} |"):
            break
    else:
        pytest.fail(f"{name_of(path)} has no table with a column {head!r}")
    next(lines)
    rows: dict[str, list[str]] = {}
    for line in lines:
        if not line.startswith("|"):
            break
        first, *rest = [cell.strip() for cell in line.strip().strip("|").split(" | ")]
        assert rest, line
        assert all(rest), f"an empty cell: {line}"
        rows[first.strip("`")] = rest
    return rows


# --- settings ------------------------------------------------------------------------------------


def test_every_setting_has_a_line_with_its_default_and_no_line_names_another():
    rows = table(DOCS / "operators.md", "name after `BRIEFINGS_`")

    real_names = {name.upper() for name in Settings.model_fields}
    assert real_names - set(rows) == set(), "give each a line in docs/operators.md, Settings"
    assert set(rows) - real_names == set(), "docs/operators.md names what is no setting"
    for name, (default, _) in rows.items():
        real = Settings.model_fields[name.lower()].default
        shown = {
            None: ("none", "the SQLite file's folder"),
            False: ("off",),
            "": ("none",),
        }.get(real, (f"`{real}`", str(real)))
        assert default in shown, f"{name} is {real!r}, the guide says {default}"


def test_guides_name_no_setting_that_does_not_exist():
    known = {PREFIX + name.upper() for name in Settings.model_fields} | {"BRIEFINGS_ENV", PREFIX}
    for path in [*GUIDES, *(ROOT / "deploy").rglob("*")]:
        if path.is_file():
            used = set(re.findall(r"\bBRIEFINGS_[A-Z_]*", text_of(path)))
            assert used <= known, f"{name_of(path)}: {used - known}"


# --- commands ------------------------------------------------------------------------------------


def commands() -> dict[str, set[str]]:
    """Every command by its words, with its options."""
    found: dict[str, set[str]] = {}

    def walk(command: object, words: tuple[str, ...]) -> None:
        below = getattr(command, "commands", None)
        if below:
            for name, each in below.items():
                walk(each, (*words, name))
        else:
            options = {o for p in command.params for o in p.opts if o.startswith("--")}
            found[" ".join(words)] = options - {"--help"}

    walk(typer.main.get_command(app), ())
    return found


COMMANDS = commands()


def test_every_command_and_option_has_a_line():
    lines = [line for line in text_of(DOCS / "commands.md").splitlines() if line.startswith("| `")]
    for command, options in COMMANDS.items():
        heads = [
            found[1]
            for line in lines
            if (found := re.match(rf"\| `briefings {re.escape(command)}((?: [^`]*)?)` \|", line))
        ]
        assert heads, f"`briefings {command}` is not in commands.md"
        missing = options - set(re.findall(r"--[a-z-]+", " ".join(heads)))
        assert not missing, f"`briefings {command}`: {missing} is not in commands.md"


def code_of(path: Path) -> str:
    """All code of a guide, a block or a span after the other."""
    spans = re.findall(r"(?<!`)`([^`\n]+)`(?!`)", prose(text_of(path)))
    return "\n".join([*spans, *(block for _, block in fences(text_of(path)))])


def typed() -> Iterator[tuple[str, str]]:
    """Every `briefings ...` in code of any guide: where, and the words."""
    for path in GUIDES:
        for code in code_of(path).splitlines():
            for found in re.finditer(r"(?:^|&& |\|\| )briefings( [^&|#]*)", code):
                yield name_of(path), found[1].strip()


def test_guides_name_no_command_and_no_option_that_does_not_exist():
    seen = list(typed())
    for where, words in seen:
        if words.split()[0] in ("COMMAND", "--help"):
            continue
        known = [c for c in COMMANDS if words == c or words.startswith(f"{c} ")]
        group = [c for c in COMMANDS if c.startswith(f"{words} ")]
        assert known or group, f"{where}: `briefings {words}` is no command"
        options = set().union(*(COMMANDS[c] for c in known))
        extra = set(re.findall(r"(?<!\S)\[?(--[a-z-]+)", words)) - options
        assert not extra, f"{where}: `briefings {words}` takes no {extra}"
    assert len(seen) > 60, "the guides show commands; none were found"


def test_exit_codes_are_those_of_the_program():
    rows = table(DOCS / "commands.md", "code")

    assert set(rows) == {str(code) for code in (cli.OK, cli.LEFT_OR_FAILED, cli.MISUSED)}


# --- words ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("guide", "head", "words"),
    [
        ("operators.md", "state", State),
        ("operators.md", "reason of a skip", SkipReason),
        ("operators.md", "state of an issue", IssueState),
        ("editors.md", "state of an item", ItemState),
        ("editors.md", "state of an edition", EditionState),
    ],
)
def test_every_state_and_reason_is_explained(guide: str, head: str, words: type[StrEnum]):
    explained, real = set(table(DOCS / guide, head)), {word.value for word in words}
    assert real - explained == set(), f"give each a line in docs/{guide}"
    assert explained - real == set(), f"docs/{guide} explains what does not exist"


def test_every_kind_of_issue_is_named():
    text = text_of(DOCS / "operators.md")

    assert all(f"`{kind}`" in text for kind in IssueKind)


def test_readers_are_told_of_every_part_that_they_can_switch():
    parts = " ".join(table(DOCS / "readers.md", "part"))

    words = {
        Section.TOOL_CHANGES: "tool changes",
        Section.ROLE_UPDATES: "role updates",
        Section.PAY: "pay",
        Section.PLAN: "your plan",
        Section.RELATED: "near your role",
    }
    assert set(words) == set(Section)
    assert all(word in parts for word in words.values())


# --- the site ------------------------------------------------------------------------------------


def paths(routes: list[object]) -> Iterator[str]:
    for route in routes:
        below = getattr(route, "original_router", None)
        if below is None:
            yield route.path
        else:
            yield from paths(below.routes)


@pytest.fixture
def routes(tmp_path: Path) -> set[str]:
    from briefings.web.app import create_app
    from briefings.wiring import build

    made = build(
        Settings.load(
            {},
            database_url=f"sqlite:///{tmp_path}/s.db",
            mail_url=f"maildir://{tmp_path}/outbox",
            secret_key="k" * 32,
        )
    )
    try:
        site: object = create_app(made, demo=True)
        while not hasattr(site, "routes"):
            site = site._app
        return set(paths(site.routes))
    finally:
        made.db.dispose()


def test_every_address_of_the_site_is_described_and_no_other(routes: set[str]):
    rows = {
        **table(DOCS / "operators.md", "address"),
        **table(DOCS / "operators.md", "other addresses"),
    }
    described = {path for cell in rows for path in re.findall(r"/[\w./{}:-]*", cell)}

    real = {route.replace(":path", "") for route in routes}
    assert real - described == set(), "give each a line in docs/operators.md, What to watch"
    assert described - real == set(), "docs/operators.md names what the site does not have"


def test_the_metrics_are_called_as_the_guide_says(tmp_path: Path):
    from briefings.web.ops.metrics import Metrics
    from briefings.wiring import build

    made = build(Settings.load({}, database_url=f"sqlite:///{tmp_path}/s.db"))
    try:
        metrics = Metrics(made)
        metrics.answered("/", "GET", 200)
        told = metrics.text(0).decode()
    finally:
        made.db.dispose()
    real = set(re.findall(r"^# TYPE (briefings_\w+)", told, re.MULTILINE))
    named = set(re.findall(r"`(briefings_\w+)`", text_of(DOCS / "operators.md")))

    assert named == {name for name in real if not name.endswith("_created")}


# --- parts ---------------------------------------------------------------------------------------


def test_the_parts_that_the_architecture_names_exist():
    text = text_of(DOCS / "architecture.md")
    _, chain = fences(text)[0]
    modules = set(re.findall(r"^ (\w+)", chain, re.MULTILINE))
    packages = set(table(DOCS / "architecture.md", "package"))

    assert len(modules) > 5
    for module in modules:
        assert (ROOT / f"briefings/pipeline/{module}.py").is_file(), module
    real = {
        f"{path.name}/" if path.is_dir() else path.name
        for path in (ROOT / "briefings").iterdir()
        if path.suffix == ".py" or (path / "__init__.py").exists()
    }
    real.discard("__init__.py")
    assert real - packages == set(), "give each a line in docs/architecture.md, Packages"
    assert packages - real == set(), "docs/architecture.md names what does not exist"


# --- links, samples, pictures --------------------------------------------------------------------


def anchor(heading: str) -> str:
    """The name that a heading gets, as the usual renderers make it."""
    kept = re.sub(r"[^\w\- ]", "", re.sub(r"[`*]", "", heading).lower())
    return kept.strip().replace(" ", "-")


def anchors(path: Path) -> set[str]:
    return {anchor(head) for head in re.findall(r"^#+ (.+)$", prose(text_of(path)), re.MULTILINE)}


@pytest.mark.parametrize("path", GUIDES, ids=name_of)
def test_links_between_documents_lead_somewhere(path: Path):
    text = prose(text_of(path))
    targets = re.findall(r"\]\(([^)\s]+)\)", text) + re.findall(r'(?:src|srcset)="([^"]+)"', text)
    for target in targets:
        if target.startswith(("https://", "http://")):
            continue
        where, _, part = unquote(target).partition("#")
        file = path.parent / where if where else path
        assert file.exists(), f"{target} is not there"
        assert file.resolve().is_relative_to(ROOT.resolve()), target
        if part:
            assert part in anchors(file), f"{target}: no such heading"


def test_every_document_is_in_the_index():
    index = text_of(DOCS / "README.md")
    missing = [
        p.name for p in DOCS.glob("*.md") if p.name != "README.md" and f"({p.name})" not in index
    ]

    assert missing == []


def test_every_decision_is_in_its_index_under_its_title_and_has_a_number_of_its_own():
    folder = DOCS / "decisions"
    files = sorted(folder.glob("0*.md"))
    index = text_of(folder / "README.md")
    for file in files:
        title = text_of(file).splitlines()[0].removeprefix("# ")
        assert title.startswith(f"{file.name[:4]} ")
        assert f"- [{title}]({file.name})" in index, f"{file.name} is not in the index"

    assert len({file.name[:4] for file in files}) == len(files)


@pytest.mark.parametrize("path", GUIDES, ids=name_of)
def test_samples_of_json_python_and_toml_can_be_read(path: Path):
    for language, block in fences(text_of(path)):
        if language == "json":
            json.loads(block)
        if language == "python":
            ast.parse(block)


@pytest.mark.parametrize("path", GUIDES, ids=name_of)
def test_code_blocks_are_closed(path: Path):
    assert len(re.findall(r"^```", text_of(path), re.MULTILINE)) % 2 == 0


def test_pictures_are_small_and_are_shown_somewhere():
    everything = "".join(text_of(path) for path in GUIDES)
    for picture in (DOCS / "pictures").iterdir():
        assert picture.stat().st_size < LARGEST_PICTURE, picture.name
        assert f"pictures/{picture.name}" in everything, picture.name


# --- commands are run ----------------------------------------------------------------------------


class Clone:
    """A folder with what a clone and its `.venv` hold, and a shell in it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        for name in ("catalogue", "examples", "templates", "deploy"):
            shutil.copytree(ROOT / name, folder / name)
        (folder / ".venv").symlink_to(Path(sys.executable).parent.parent)

    def run(self, *scripts: str) -> str:
        """Run lines as one shell would, up to the first that fails; what it printed."""
        path = f"{self.folder}/.venv/bin:{os.environ['PATH']}"
        done = subprocess.run(
            ["sh", "-eu", "-c", "\n".join(scripts)],
            cwd=self.folder,
            env={**os.environ, "PATH": path},
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, f"{done.stdout[-2000:]}\n{done.stderr[-2000:]}"
        assert "Traceback" not in done.stderr
        return done.stdout


@pytest.fixture
def clone(tmp_path: Path) -> Clone:
    return Clone(tmp_path)


def shell(path: Path) -> list[str]:
    found = [block for language, block in fences(text_of(path)) if language == "sh"]
    assert found
    return found


def test_the_readme_can_be_followed(clone: Clone):
    told = clone.run("briefings demo --no-serve", *shell(ROOT / "README.md"))

    assert len(list((clone.folder / "outbox/new").iterdir())) == 13
    assert "Everything that was looked at is in order." in told


def test_make_demo_is_what_the_readme_says():
    makefile = text_of(ROOT / "Makefile")

    assert "briefings demo" in makefile.partition("\ndemo:")[2].partition("\n\n")[0]
    named = {
        target
        for path in GUIDES
        for target in re.findall(r"^make ([a-z][a-z-]*)", code_of(path), re.MULTILINE)
    }
    assert named <= set(re.findall(r"^([a-z-]+):", makefile, re.MULTILINE))


def test_the_guide_for_operators_can_be_followed(clone: Clone):
    told = clone.run(*shell(DOCS / "operators.md"))

    assert "would be new" in told
    assert "Restored. Nothing is sent until you run `briefings restore confirm`." in told
    assert "its id is not the one in STATE_DIR" in told
    assert "Confirmed: this database may send from here." in told
    assert re.search(r"/desk/sign-in/[\w-]{44}$", told.rstrip())


def test_the_guide_for_editors_can_be_followed_and_json_looks_as_shown(
    clone: Clone, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
):
    # In this process: these are plain commands, and each start of the program takes a second.
    monkeypatch.chdir(clone.folder)
    for name, value in SETTINGS.items():
        monkeypatch.setenv(name, value)

    def run(line: str) -> str:
        words = shlex.split(line)
        assert words[0] == "briefings", line
        assert app_run(words[1:]) == 0, f"{line}: {capsys.readouterr().err}"
        return capsys.readouterr().out

    run("briefings init")
    run("briefings catalogue load catalogue")
    run("briefings import subscribers examples/subscribers.csv --consent-source examples")
    for block in shell(DOCS / "editors.md"):
        for line in block.splitlines():
            run(line)
    run("briefings send --week 2026-W34 --now")
    status, simulation = (
        json.loads(block)
        for language, block in fences(text_of(DOCS / "commands.md"))
        if language == "json"
    )

    assert shape(json.loads(run("briefings status --week 2026-W34 --json"))) == shape(status)
    assert shape(json.loads(run("briefings simulate --week 2026-W34 --json"))) == shape(simulation)
    suffixes = {file.suffix for file in (clone.folder / "preview").iterdir()}
    assert suffixes == {".html", ".txt", ".eml"}


SETTINGS = {
    "BRIEFINGS_BASE_URL": "https://briefings.example.org",
    "BRIEFINGS_SENDER": "Briefings <briefings@example.org>",
    "BRIEFINGS_POSTAL_ADDRESS": "1 High Street, Example",
    "BRIEFINGS_SECRET_KEY": "k" * 32,
}


def shape(value: object) -> object:
    """The names in a JSON value, one of each list; names that are data are left out."""
    match value:
        case dict():
            return {name: shape(each) for name, each in value.items() if name != "skipped"}
        case [first, *_]:
            return [shape(first)]
        case _:
            return None


# --- deploy --------------------------------------------------------------------------------------


def test_units_start_commands_that_exist_and_are_hardened_alike():
    units = sorted((ROOT / "deploy/systemd").glob("*.service"))
    hardening = set()
    for unit in units:
        text = text_of(unit)
        command = re.search(
            r"^ExecStart=/opt/briefings/\.venv/bin/briefings (\w+)$", text, re.MULTILINE
        )
        assert command is not None
        assert command[1] in COMMANDS
        hardening.add(text.partition("NoNewPrivileges=")[2])

    assert len(units) == 4
    assert len(hardening) == 1


def test_the_example_of_an_environment_is_taken_by_the_program(clone: Clone):
    example = text_of(ROOT / "deploy/briefings.env.example")
    taken = clone.run(
        "set -a; . deploy/briefings.env.example; set +a",
        "python -c 'import os; from briefings.config import Settings; s = Settings.load(os.environ);"
        " print(s.sender, s.postal_address, sep=chr(10))'",
    )

    assert taken.splitlines() == [
        "Briefings <briefings@example.org>",
        "Example Ltd, 1 High Street, Example Town",
    ]
    names = re.findall(r"^#?BRIEFINGS_(\w+)=", example, re.MULTILINE)
    assert {name.lower() for name in names} <= set(Settings.model_fields)


def test_a_command_gets_the_settings_and_the_folder_of_the_service(clone: Clone):
    folder = clone.folder / "service"
    folder.mkdir()
    (clone.folder / "key").write_text("k" * 40)
    settings = (
        text_of(ROOT / "deploy/briefings.env.example")
        .replace("/var/lib/briefings", str(folder))
        .replace("/etc/briefings/secret.key", str(clone.folder / "key"))
    )
    (clone.folder / "env").write_text(settings)

    clone.run(
        "BRIEFINGS_ENV=env deploy/systemd/briefings-run init".replace(
            "=env", f"={clone.folder}/env"
        )
    )

    assert (folder / "subscribers.db").is_file()
    assert (folder / "instance").is_file()


def test_the_image_is_built_from_the_locks_and_from_files_that_exist():
    text = text_of(ROOT / "deploy/Dockerfile")

    assert "--require-hashes --only-binary :all: --no-deps -r requirements.lock" in text
    images = re.findall(r"^FROM (\S+)", text, re.MULTILINE)
    assert images
    assert not any("/" in image for image in images)
    ignored = text_of(ROOT / "deploy/Dockerfile.dockerignore")
    for copied in re.findall(r"^COPY (\S+) ", text, re.MULTILINE):
        assert (ROOT / copied).exists()
        assert f"!{copied}\n" in ignored
