"""The checks behind `make test`: locks without addresses, floors of coverage that can be missed."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parents[2]
PIN = re.compile(r"^(?P<name>[a-z0-9-]+)==(?P<version>[^ ;]+)(?: ; (?P<marker>[^\\]+?))? \\$")
HASH = re.compile(r"^    --hash=sha256:[0-9a-f]{64}( \\)?$")


def pins(lock: str) -> dict[str, str]:
    """The versions of a lock by name."""
    lines = (ROOT / lock).read_text(encoding="utf-8").splitlines()
    return {m["name"]: m["version"] for line in lines if (m := PIN.match(line))}


@pytest.mark.parametrize("lock", ["requirements.lock", "requirements-dev.lock"])
def test_a_lock_holds_names_versions_and_hashes_only(lock: str) -> None:
    for line in (ROOT / lock).read_text(encoding="utf-8").splitlines():
        known = PIN.match(line) or HASH.match(line) or line.lstrip().startswith("#") or not line
        assert known, line
        assert "://" not in line, line
        assert str(ROOT) not in line, line


def test_the_locks_answer_to_what_the_project_asks_for() -> None:
    declared = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    run = [*declared["project"]["dependencies"], *declared["build-system"]["requires"]]
    development = declared["project"]["optional-dependencies"]["dev"]
    for lock, asked in [
        ("requirements.lock", run),
        ("requirements-dev.lock", [*run, *development]),
    ]:
        locked = pins(lock)
        for requirement in map(Requirement, asked):
            name = canonicalize_name(requirement.name)
            assert name in locked, f"{lock} lacks {name}; run make lock"
            assert locked[name] in requirement.specifier, f"{lock}: {name}; run make lock"


def test_both_locks_hold_the_same_versions() -> None:
    assert pins("requirements.lock").items() <= pins("requirements-dev.lock").items()


FAKE_PIP_TOOLS = """#!/bin/sh
case "$*" in *version_info*) echo "$FAKE_VERSION"; exit ;; esac
while [ "$1" != --output-file ]; do shift; done
{ echo "$FAKE_LINE"; echo "# settings: $(env | grep -E '^PIP_' | sort | tr '\\n' ' ')"; } > "$2"
"""


def lock(
    root: Path, *, line: str = "jinja2==3.1.6", version: str = "3.11"
) -> subprocess.CompletedProcess[str]:
    """Run scripts/lock.sh in `root` on a machine whose pip has a mirror of its own."""
    for folder in (".venv/bin", "scripts"):
        (root / folder).mkdir(parents=True, exist_ok=True)
    shutil.copy(ROOT / "scripts" / "lock.sh", root / "scripts")
    python = root / ".venv" / "bin" / "python"
    python.write_text(FAKE_PIP_TOOLS, encoding="utf-8")
    python.chmod(0o755)
    settings = {
        "PATH": os.environ["PATH"],
        "PIP_INDEX_URL": "https://mirror.example/simple",
        "PIP_FIND_LINKS": "/srv/wheels",
        "PIP_PROXY": "proxy.example",
        "FAKE_LINE": line,
        "FAKE_VERSION": version,
    }
    command = ["sh", "scripts/lock.sh"]
    return subprocess.run(
        command, cwd=root, env=settings, capture_output=True, text=True, check=False
    )


def test_making_a_lock_leaves_the_machines_own_index_out(tmp_path: Path) -> None:
    assert lock(tmp_path).returncode == 0
    for name in ("requirements.lock", "requirements-dev.lock"):
        settings = (tmp_path / name).read_text(encoding="utf-8").splitlines()[1]
        assert settings.split() == [
            "#",
            "settings:",
            "PIP_CONFIG_FILE=/dev/null",
            "PIP_PROXY=proxy.example",
        ]


@pytest.mark.parametrize(
    "line",
    ["--index-url https://mirror.example/simple", "--find-links /srv/wheels", "x @ file:///srv/x"],
)
def test_a_lock_that_names_a_place_is_refused(tmp_path: Path, line: str) -> None:
    done = lock(tmp_path, line=line)
    assert done.returncode == 1
    assert line in done.stdout
    assert "names, versions and hashes only" in done.stderr


def test_a_lock_is_made_on_the_oldest_python_only(tmp_path: Path) -> None:
    done = lock(tmp_path, version="3.13")
    assert done.returncode == 2
    assert "make lock PYTHON=python3.11" in done.stderr
    assert not (tmp_path / "requirements.lock").exists()


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A small project with coverage measured in it by `measure`."""
    for name in [name for name in os.environ if name.startswith("COV")]:
        monkeypatch.delenv(name)
    (tmp_path / "briefings").mkdir()
    (tmp_path / "briefings" / "__init__.py").touch()
    shutil.copy(ROOT / "scripts" / "coverage_floor.py", tmp_path)
    settings = "[run]\nbranch = true\nsource = briefings\nrelative_files = true\n"
    (tmp_path / ".coveragerc").write_text(settings, encoding="utf-8")
    return tmp_path


def floor(project: Path, core: str, other: str) -> subprocess.CompletedProcess[str]:
    """Measure a run that imports both modules, then hold it against the floors."""
    (project / "briefings" / "weeks.py").write_text(core, encoding="utf-8")
    (project / "briefings" / "config.py").write_text(other, encoding="utf-8")
    (project / "start.py").write_text(
        "import briefings.weeks, briefings.config\n", encoding="utf-8"
    )
    measure = [sys.executable, "-m", "coverage", "run", "start.py"]
    subprocess.run(measure, cwd=project, check=True)
    command = [sys.executable, "coverage_floor.py"]
    return subprocess.run(command, cwd=project, capture_output=True, text=True, check=False)


def test_full_coverage_passes(project: Path) -> None:
    done = floor(project, "week = 34\n", "lanes = 8\n")
    assert done.returncode == 0, done.stderr
    assert "floor 100 %): met" in done.stdout


def test_one_branch_of_the_core_that_no_test_takes_is_named(project: Path) -> None:
    done = floor(project, "week = 34\nif week:\n    week = 35\nweek = 36\n", "lanes = 8\n")
    assert done.returncode == 1
    assert "briefings/weeks.py: 2->4" in done.stdout


def test_elsewhere_a_tenth_may_stay_uncovered_and_no_more(project: Path) -> None:
    tenth = "lanes = 8\n" * 16 + "def f():\n    return 1\n"
    assert floor(project, "", tenth).returncode == 0
    done = floor(project, "", tenth.replace("lanes = 8\n", "", 10))
    assert done.returncode == 1
    assert "(floor 90 %): 87.5 %" in done.stdout


def test_ci_requires_everything_and_passes_on_how_make_ended(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Run as somebody who is not root, so that apt is left alone whatever the machine lacks."""
    for name, text in {
        "make": '#!/bin/sh\necho "make $* REQUIRE_ALL=$REQUIRE_ALL"\nexit 7\n',
        "id": "#!/bin/sh\necho 1000\n",
        "apt-get": f"#!/bin/sh\ntouch {tmp_path}/apt-was-called\n",
        "python3": "#!/bin/sh\nexit 1\n",
    }.items():
        (tmp_path / name).write_text(text, encoding="utf-8")
        (tmp_path / name).chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=":")
    done = subprocess.run(
        ["bash", str(ROOT / ".ci" / "run")],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 7
    assert done.stdout.splitlines()[-1] == "make test REQUIRE_ALL=1"
    assert "python3-venv" in done.stdout
    assert "going on without" in done.stdout
    assert not (tmp_path / "apt-was-called").exists()
