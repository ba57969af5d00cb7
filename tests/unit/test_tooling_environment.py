"""`make` on a machine as it comes: which Python is taken, what is said when none fits, and that a
build that was cut off is never believed. The interpreters here are small shell scripts."""

from __future__ import annotations

import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
TOOLS = ("sh", "sed", "cat", "cksum", "rm", "dirname", "mkdir", "chmod", "awk", "make")

# Answers the probe as a Python of some version, and "builds" environments that write down each call.
FAKE = """#!/bin/sh
case "$1" in
  -c) exec {real} -I -S -c "import sys
sys.version_info = ({version}, 1, 'final', 0)
sys._base_executable = '{path}'
{extra}
$2" ;;
  -m) echo "{name} $*" >> "{log}"
      mkdir -p "$3/bin"
      printf '%s\\n' '#!/bin/sh' 'echo "$*" >> "{log}"' '[ "$1" = -c ] || [ ! -e "{broken}" ]' > "$3/bin/python"
      chmod 755 "$3/bin/python" ;;
esac
"""


@dataclass(frozen=True, kw_only=True, slots=True)
class Machine:
    """A checkout and a PATH that holds the named Pythons and little else."""

    root: Path
    path: Path
    log: Path
    broken: Path

    def python(
        self, name: str, version: str, *, venv: bool = True, folder: Path | None = None
    ) -> Path:
        target = (folder or self.path) / name
        text = FAKE.format(
            real=sys.executable,
            version=version.replace(".", ", "),
            path=target,
            name=name,
            log=self.log,
            broken=self.broken,
            extra="" if venv else "sys.modules['ensurepip'] = None",
        )
        target.write_text(text, encoding="utf-8")
        target.chmod(0o755)
        return target

    def run(self, *command: str, **env: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            command,
            cwd=self.root,
            env={"PATH": str(self.path), **env},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
        )

    def build(self, what: str = "run", **env: str) -> subprocess.CompletedProcess[str]:
        return self.run("sh", "scripts/environment.sh", what, **env)

    def calls(self) -> list[str]:
        """What was asked of the Pythons since the last look, without the trial of an environment."""
        lines = self.log.read_text(encoding="utf-8").splitlines() if self.log.exists() else []
        self.log.unlink(missing_ok=True)
        return [line for line in lines if line != "-c pass"]


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    root, path = tmp_path / "a checkout", tmp_path / "bin"
    (root / "scripts").mkdir(parents=True)
    path.mkdir()
    for name in ("Makefile", "pyproject.toml", "scripts/environment.sh"):
        shutil.copy(ROOT / name, root / name)
    (root / "requirements.lock").write_text("# runtime\n")
    (root / "requirements-dev.lock").write_text("# dev\n")
    for tool in TOOLS:
        found = shutil.which(tool)
        assert found, f"{tool} is not installed"
        (path / tool).symlink_to(found)
    return Machine(root=root, path=path, log=tmp_path / "calls", broken=tmp_path / "broken")


def _one_line(done: subprocess.CompletedProcess[str]) -> str:
    assert done.returncode == 2
    assert done.stdout == ""
    assert done.stderr.count("\n") == 1
    return done.stderr


def test_the_newest_python_that_runs_is_taken(machine: Machine) -> None:
    shim = machine.path / "python3.13"  # a version manager's stand-in for a version that is absent
    shim.write_text("#!/bin/sh\necho 'python3.13: command not found' >&2\nexit 127\n")
    shim.chmod(0o755)
    machine.python("python3.12", "3, 12")
    machine.python("python3", "3, 11")
    done = machine.build()
    assert done.returncode == 0, done.stderr
    assert machine.calls()[0] == "python3.12 -m venv .venv"


def test_an_old_python3_is_passed_over_for_a_newer_one_of_another_name(machine: Machine) -> None:
    machine.python("python3", "3, 9")
    machine.python("python3.11", "3, 11")
    assert machine.build().returncode == 0
    assert machine.calls()[0] == "python3.11 -m venv .venv"


def test_a_python_that_is_too_old_is_named_with_what_to_install(machine: Machine) -> None:
    machine.python("python3", "3, 9")
    line = _one_line(machine.build())
    assert "Python 3.11 or newer is needed and python3 is 3.9" in line
    assert "install python3.11" in line


def test_a_python_without_venv_is_named_with_the_package_that_brings_it(machine: Machine) -> None:
    machine.python("python3", "3, 11", venv=False)
    assert "apt-get install python3.11-venv" in _one_line(machine.build())
    assert not (machine.root / ".venv").exists()


def test_a_machine_without_python_says_what_to_install(machine: Machine) -> None:
    assert "install Python 3.11 or newer" in _one_line(machine.build())


def test_make_says_it_too_and_ends_with_2(machine: Machine) -> None:
    done = machine.run("make", "demo")
    assert done.returncode == 2
    assert "install Python 3.11 or newer" in done.stderr
    assert "Traceback" not in done.stderr


def test_the_python_that_a_person_names_wins(machine: Machine, tmp_path: Path) -> None:
    machine.python("python3.13", "3, 13")
    chosen = machine.python("mine", "3, 11", folder=tmp_path)
    assert machine.build(PYTHON=str(chosen)).returncode == 0
    assert machine.calls()[0] == "mine -m venv .venv"


def test_a_named_python_that_does_not_run_is_not_replaced_by_another(machine: Machine) -> None:
    machine.python("python3.13", "3, 13")
    assert "PYTHON=/nowhere/python does not run" in _one_line(
        machine.build(PYTHON="/nowhere/python")
    )


def test_every_package_is_checked_by_its_hash_and_nothing_else_is_fetched(machine: Machine) -> None:
    machine.python("python3", "3, 11")
    machine.build()
    _, packages, project = machine.calls()
    assert "--require-hashes --only-binary :all: --no-deps -r requirements.lock" in packages
    assert "--no-deps --no-build-isolation --no-index -e ." in project


def test_a_second_run_does_nothing(machine: Machine) -> None:
    machine.python("python3", "3, 11")
    machine.build()
    machine.calls()
    done = machine.build()
    assert (done.returncode, done.stdout, done.stderr, machine.calls()) == (0, "", "", [])


def test_a_build_that_was_cut_off_is_made_again_from_the_start(machine: Machine) -> None:
    machine.python("python3", "3, 11")
    machine.broken.touch()
    done = machine.build()
    assert done.returncode == 2
    assert "requirements.lock could not be installed" in done.stderr
    (machine.root / ".venv" / "half").touch()
    machine.broken.unlink()
    machine.calls()
    assert machine.build().returncode == 0
    assert machine.calls()[0] == "python3 -m venv .venv"
    assert not (machine.root / ".venv" / "half").exists()


def test_the_tools_of_development_are_added_to_what_is_there(machine: Machine) -> None:
    machine.python("python3", "3, 11")
    machine.build("run")
    machine.calls()
    assert machine.build("dev").returncode == 0
    assert "-r requirements-dev.lock" in machine.calls()[0]
    machine.build("run")
    assert machine.calls() == []


def test_a_failed_addition_is_not_believed_either(machine: Machine) -> None:
    machine.python("python3", "3, 11")
    machine.build("run")
    machine.broken.touch()
    assert machine.build("dev").returncode == 2
    machine.broken.unlink()
    machine.calls()
    machine.build("run")
    assert machine.calls()[0] == "python3 -m venv .venv"


@pytest.mark.parametrize("name", ["requirements.lock", "requirements-dev.lock"])
def test_a_changed_lock_builds_anew(machine: Machine, name: str) -> None:
    machine.python("python3", "3, 11")
    machine.build()
    machine.calls()
    (machine.root / name).write_text("# changed\n")
    machine.build()
    assert machine.calls()[0] == "python3 -m venv .venv"


def test_a_changed_setting_of_a_tool_does_not(machine: Machine) -> None:
    machine.python("python3", "3, 11")
    machine.build()
    machine.calls()
    with (machine.root / "pyproject.toml").open("a") as file:
        file.write("# a setting\n")
    machine.build()
    assert machine.calls() == []


def test_a_checkout_that_was_moved_builds_anew(machine: Machine, tmp_path: Path) -> None:
    machine.python("python3", "3, 11")
    machine.build()
    machine.calls()
    moved = machine.root.rename(tmp_path / "elsewhere")
    subprocess.run(
        ["sh", "scripts/environment.sh"], cwd=moved, env={"PATH": str(machine.path)}, check=True
    )
    assert machine.calls()[0] == "python3 -m venv .venv"


def test_make_alone_lists_the_targets(machine: Machine) -> None:
    done = machine.run("make")
    assert done.returncode == 0
    listed = [line.split()[1] for line in done.stdout.splitlines()]
    assert {"help", "demo", "test", "lint", "types", "coverage", "bench", "lock", "clean"} <= {
        *listed
    }
    assert done.stdout == machine.run("make", "help").stdout


@pytest.mark.parametrize(
    ("options", "arguments"),
    [
        ([], ""),
        (["SERVE=0"], " --no-serve"),
        (["SERVE=1"], ""),
        (["SERVE=0", "WEEK=2026-W30"], " --week '2026-W30' --no-serve"),
    ],
)
def test_the_demo_takes_its_week_and_whether_to_serve(
    machine: Machine, options: list[str], arguments: str
) -> None:
    done = machine.run("make", "--dry-run", "demo", *options)
    command = done.stdout.splitlines()[-1].split()
    assert command == [".venv/bin/briefings", "demo", *arguments.split()]
