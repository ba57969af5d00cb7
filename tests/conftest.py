"""What every test starts from: an empty BRIEFINGS_ environment, loopback only, and real servers.

`@pytest.mark.needs("chromium")` (or "postgresql", "postfix") names what a test cannot do without.
Where it is absent the test is skipped with one line that says how to install it; under REQUIRE_ALL=1
every skip is a failure, so nothing goes unseen in CI.
"""

from __future__ import annotations

import os
import pwd
import shutil
import signal
import socket
import subprocess
import tempfile
import uuid
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import hypothesis
import pytest

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterator

hypothesis.settings.register_profile(
    "briefings",
    deadline=None,  # a busy machine is not a failure
    max_examples=60,
    database=None,  # a failure prints its example; write it down as a test
    # CI judges a change by the same examples each time; new ones are looked for at the desk.
    derandomize=os.environ.get("CI") == "true",
)
hypothesis.settings.load_profile("briefings")


LONGEST = 400
"""Seconds after which a test that hangs fails, so that a run always comes to its end."""


@pytest.fixture(autouse=True)
def bounded() -> Iterator[None]:
    def too_long(_number: int, _frame: object) -> None:
        raise TimeoutError(f"the test ran for {LONGEST} seconds")

    before = signal.signal(signal.SIGALRM, too_long)
    signal.alarm(LONGEST)
    yield
    signal.alarm(0)
    signal.signal(signal.SIGALRM, before)


def _chromium() -> Path | None:
    names = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
    return next((Path(path) for name in names if (path := shutil.which(name))), None)


def _postgresql() -> Path | None:
    """The folder that holds initdb and postgres, the newest where there are several."""
    beside = sorted(
        Path("/usr/lib/postgresql").glob("*/bin/initdb"),
        key=lambda path: int(path.parts[-3]) if path.parts[-3].isdigit() else 0,
    )
    if beside:
        return beside[-1].parent
    found = shutil.which("initdb")
    return Path(found).resolve().parent if found else None


def _postfix() -> Path | None:
    """The folder that holds smtp-source and smtp-sink."""
    found = shutil.which("smtp-sink", path=os.environ.get("PATH", "") + ":/usr/sbin")
    return Path(found).parent if found else None


NEEDS: dict[str, tuple[Callable[[], Path | None], str]] = {
    "chromium": (_chromium, "apt-get install chromium"),
    "postgresql": (_postgresql, "apt-get install postgresql"),
    "postfix": (_postfix, "apt-get install postfix (only smtp-source and smtp-sink are used)"),
}


def _require_all() -> bool:
    return os.environ.get("REQUIRE_ALL") == "1"


def _found(name: str) -> Path:
    find, remedy = NEEDS[name]
    path = find()
    if path is None:
        pytest.skip(f"needs {name}, which is not installed: {remedy}")
    return path


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        for marker in item.iter_markers("needs"):
            if unknown := set(marker.args) - set(NEEDS):
                message = f"{item.nodeid}: needs({', '.join(sorted(unknown))}) is not one of {sorted(NEEDS)}"
                raise pytest.UsageError(message)
        if item.get_closest_marker("needs"):
            # The floors of coverage are reached without the tests that a machine may skip.
            item.add_marker(pytest.mark.no_cover)


def pytest_runtest_setup(item: pytest.Item) -> None:
    for marker in item.iter_markers("needs"):
        for name in marker.args:
            _found(name)


def _fail_if_skipped(report: pytest.TestReport | pytest.CollectReport) -> None:
    if _require_all() and report.skipped and not hasattr(report, "wasxfail"):
        reason = report.longrepr[2] if isinstance(report.longrepr, tuple) else report.longrepr
        report.outcome = "failed"
        report.longrepr = f"REQUIRE_ALL=1 allows no skip. {reason}"


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport() -> Generator[None, pytest.TestReport, pytest.TestReport]:
    report = yield
    _fail_if_skipped(report)
    return report


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report() -> Generator[None, pytest.CollectReport, pytest.CollectReport]:
    report = yield
    _fail_if_skipped(report)
    return report


@pytest.fixture(autouse=True)
def _clean_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """No setting of the person at the keyboard reaches a test."""
    for name in [name for name in os.environ if name.startswith("BRIEFINGS_")]:
        monkeypatch.delenv(name)


@pytest.fixture(scope="session")
def chromium_path() -> Path:
    """The Chromium program; as root it has to be started with --no-sandbox."""
    return _found("chromium")


@pytest.fixture(scope="session")
def postfix_path() -> Path:
    """The folder that holds smtp-source and smtp-sink."""
    return _found("postfix")


def _as_postgres() -> tuple[list[str], int | None]:
    """The prefix that leaves root behind, which PostgreSQL refuses, and the user id it leads to."""
    if os.geteuid() != 0:
        return [], None
    names = {user.pw_name for user in pwd.getpwall()}
    user = "postgres" if "postgres" in names else "nobody"
    return ["runuser", "-u", user, "--"], pwd.getpwnam(user).pw_uid


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def _run(command: list[str]) -> None:
    done = subprocess.run(
        command, cwd="/", stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False
    )
    if done.returncode:
        message = f"{' '.join(command)} ended with {done.returncode}: {done.stdout}{done.stderr}"
        raise RuntimeError(message)


@pytest.fixture(scope="session")
def postgres() -> Iterator[str]:
    """An empty PostgreSQL server of this run: a SQLAlchemy URL; it is stopped at the end."""
    programs = _found("postgresql")
    prefix, owner = _as_postgres()
    # Not below pytest's own folder, which another user cannot enter.
    home = Path(tempfile.mkdtemp(prefix="briefings-pg-"))
    if owner is not None:
        os.chown(home, owner, -1)
    data, control = home / "data", [*prefix, str(programs / "pg_ctl"), "-D", str(home / "data")]
    try:
        initdb = ["-U", "briefings", "-A", "trust", "-E", "UTF8", "--locale=C", "--no-sync"]
        _run([*prefix, str(programs / "initdb"), "-D", str(data), *initdb])
        port = _free_port()
        options = (
            f"-c listen_addresses=127.0.0.1 -c port={port} -c unix_socket_directories={home} "
            "-c fsync=off -c synchronous_commit=off -c full_page_writes=off"
        )
        _run([*control, "-w", "-t", "30", "-l", str(home / "log"), "-o", options, "start"])
        yield f"postgresql+psycopg://briefings@127.0.0.1:{port}/postgres"
    finally:
        if (data / "postmaster.pid").exists():
            _run([*control, "-w", "-m", "immediate", "stop"])
        shutil.rmtree(home, ignore_errors=True)


@contextmanager
def database_on(server: str, template: str = "template1") -> Generator[str]:
    """A database of its own on a server, a copy of the template: a SQLAlchemy URL."""
    import psycopg

    name = f"test_{uuid.uuid4().hex}"
    plain = server.replace("+psycopg", "")
    with psycopg.connect(plain, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name} TEMPLATE {template}".encode())
    yield server.rsplit("/", 1)[0] + "/" + name
    with psycopg.connect(plain, autocommit=True) as connection:
        connection.execute(f"DROP DATABASE {name} WITH (FORCE)".encode())


@pytest.fixture
def postgres_database(postgres: str) -> Iterator[str]:
    """A database of its own for one test, empty: a SQLAlchemy URL."""
    with database_on(postgres) as url:
        yield url
