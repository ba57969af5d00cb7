"""The command line: it reads arguments, calls the chain and prints; it decides nothing itself."""

from __future__ import annotations

import sys

OK, LEFT_OR_FAILED, MISUSED = 0, 1, 2


def main() -> None:
    """Run one command; every failure is one line on stderr and an exit code, never a traceback."""
    from briefings.collector import collect_rarely

    collect_rarely()
    from briefings.cli.app import run

    sys.exit(run(sys.argv[1:]))
