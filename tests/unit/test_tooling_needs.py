"""The test run itself: what a machine lacks is said in one line, and nothing is skipped unseen in CI."""

from __future__ import annotations

import os
import socket
from pathlib import Path

import psycopg
import pytest
import pytest_socket

CONFTEST = Path(__file__).parents[1] / "conftest.py"
NEEDS_CHROMIUM = """
    import pytest

    @pytest.mark.needs("chromium")
    def test_looks_at_a_page():
        pass
"""


@pytest.fixture
def bare(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> pytest.Pytester:
    """A project with our conftest on a machine on which no program is found."""
    pytester.makeconftest(CONFTEST.read_text(encoding="utf-8"))
    pytester.makeini("[pytest]\nmarkers = needs(*names): x\n")
    monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")  # a third of the start-up time
    monkeypatch.setenv("PATH", str(pytester.path))
    monkeypatch.delenv("REQUIRE_ALL", raising=False)
    for name in [name for name in os.environ if name.startswith("COV")]:
        monkeypatch.delenv(name)
    return pytester


def test_a_test_without_its_program_is_skipped_with_a_line_that_names_the_remedy(
    bare: pytest.Pytester,
) -> None:
    bare.makepyfile(NEEDS_CHROMIUM)
    result = bare.runpytest_subprocess("-rs")
    result.assert_outcomes(skipped=1)
    result.stdout.fnmatch_lines(["SKIPPED*needs chromium, which is not installed: apt-get*"])


def test_under_require_all_that_skip_is_a_failure(
    bare: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("REQUIRE_ALL", "1")
    bare.makepyfile(NEEDS_CHROMIUM)
    result = bare.runpytest_subprocess()
    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines(["*REQUIRE_ALL=1 allows no skip. *needs chromium*"])
    assert result.ret == pytest.ExitCode.TESTS_FAILED


def test_under_require_all_any_other_skip_is_a_failure_too(
    bare: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    bare.makepyfile(
        test_inside="import pytest\ndef test_x():\n    pytest.skip('not today')",
        test_at_import="import pytest\npytest.importorskip('no_such_module')",
        test_fixture="def test_x(chromium_path):\n    pass",
    )
    bare.runpytest_subprocess().assert_outcomes(skipped=3)
    monkeypatch.setenv("REQUIRE_ALL", "1")
    result = bare.runpytest_subprocess("--continue-on-collection-errors")
    result.assert_outcomes(failed=1, errors=2)
    result.stdout.re_match_lines_random(
        [f".*REQUIRE_ALL=1 allows no skip.*{why}" for why in ("not today", "no_such", "chromium")]
    )


def test_an_expected_failure_stays_one_under_require_all(
    bare: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("REQUIRE_ALL", "1")
    bare.makepyfile("import pytest\n@pytest.mark.xfail\ndef test_x():\n    assert False")
    bare.runpytest_subprocess().assert_outcomes(xfailed=1)


def test_a_test_that_a_machine_may_skip_does_not_count_towards_coverage(
    bare: pytest.Pytester,
) -> None:
    program = bare.path / "chromium"
    program.touch(0o755)
    bare.makepyfile(counted="def f():\n    return 1\n\n\ndef g():\n    return 2\n")
    bare.makepyfile(
        "import counted\nimport pytest\n\n"
        "@pytest.mark.needs('chromium')\ndef test_f():\n    assert counted.f() == 1\n\n"
        "def test_g():\n    assert counted.g() == 2\n"
    )
    options = ("-p", "pytest_cov", "--cov=counted", "--cov-report=term-missing")
    result = bare.runpytest_subprocess(*options)
    result.assert_outcomes(passed=2)
    result.stdout.re_match_lines([r"counted\.py\s+4\s+1\s+75%\s+2"])


def test_a_need_that_nobody_knows_stops_the_run(bare: pytest.Pytester) -> None:
    bare.makepyfile(NEEDS_CHROMIUM.replace('"chromium"', '"chromuim"'))
    result = bare.runpytest_subprocess()
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines(["*needs(chromuim) is not one of*"])


def test_settings_of_the_person_at_the_keyboard_do_not_reach_a_test(
    bare: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("BRIEFINGS_MAIL_URL", "smtp://mail.example")
    monkeypatch.setenv("TZ", "Asia/Tokyo")
    bare.makepyfile(
        "import os\n"
        "def test_x():\n"
        "    assert not [name for name in os.environ if name.startswith('BRIEFINGS_')]\n"
        "    assert os.environ['TZ'] == 'Asia/Tokyo'"
    )
    bare.runpytest_subprocess().assert_outcomes(passed=1)


def test_only_loopback_can_be_reached() -> None:
    with (
        socket.socket() as far,
        # pytest-socket warns before it raises, and a warning is an error here
        pytest.raises(
            (pytest_socket.SocketConnectBlockedError, UserWarning), match=r"192\.0\.2\.1"
        ),
    ):
        far.connect(("192.0.2.1", 25))
    with socket.create_server(("127.0.0.1", 0)) as server:
        socket.create_connection(server.getsockname(), timeout=5).close()
    a, b = socket.socketpair()
    a.close()
    b.close()


@pytest.mark.needs("postgresql")
def test_each_test_gets_an_empty_postgresql_database(postgres_database: str) -> None:
    with psycopg.connect(postgres_database.replace("+psycopg", "")) as connection:
        tables = "SELECT count(*) FROM pg_tables WHERE schemaname = 'public'"
        assert connection.execute(tables).fetchone() == (0,)


@pytest.mark.needs("postfix")
def test_postfix_brings_its_load_programs(postfix_path: Path) -> None:
    assert {"smtp-source", "smtp-sink"} <= {path.name for path in postfix_path.iterdir()}


@pytest.mark.needs("chromium")
def test_chromium_is_a_program(chromium_path: Path) -> None:
    assert os.access(chromium_path, os.X_OK)
