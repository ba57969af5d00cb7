"""All commands under one name, and the one place that turns an exception into an exit code."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence

import typer

from briefings.cli import LEFT_OR_FAILED, MISUSED, OK
from briefings.cli import archive as archive_commands
from briefings.cli import bench as bench_commands
from briefings.cli import catalogue as catalogue_commands
from briefings.cli import demo as demo_commands
from briefings.cli import feeds as feed_commands
from briefings.cli import imports as import_commands
from briefings.cli import issues as issue_commands
from briefings.cli import items as item_commands
from briefings.cli import links as link_commands
from briefings.cli import numbers as numbers_commands
from briefings.cli import reader as reader_commands
from briefings.cli import service as service_commands
from briefings.cli import setup as setup_commands
from briefings.cli import time as time_commands
from briefings.cli import users as user_commands
from briefings.cli import week as week_commands
from briefings.cli.remedies import WORDS
from briefings.errors import BriefingsError, Misconfigured

app = typer.Typer(
    name="briefings",
    help="One mail a week about the reader's own job.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    add_completion=False,
)
demo_commands.register(app)
setup_commands.register(app)
service_commands.register(app)
week_commands.register(app)
issue_commands.register(app)
time_commands.register(app)
numbers_commands.register(app)
app.add_typer(catalogue_commands.app, name="catalogue")
app.add_typer(archive_commands.app, name="archive")
app.add_typer(import_commands.app, name="import")
app.add_typer(item_commands.app, name="items")
app.add_typer(feed_commands.app, name="feeds")
app.add_typer(link_commands.app, name="links")
app.add_typer(issue_commands.unsure, name="unsure")
app.add_typer(reader_commands.app, name="reader")
app.add_typer(user_commands.app, name="users")
app.add_typer(bench_commands.app, name="bench")


def run(arguments: Sequence[str]) -> int:
    """Run one command line and return its exit code: 0 done, 1 work left or failed, 2 wrong use."""
    try:
        code: object = app(args=list(arguments), standalone_mode=False)
    except BrokenPipeError:
        # The reader of our output went away (`| head`): nothing is wrong and nobody listens.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return OK
    except (BriefingsError, typer.TyperException, KeyboardInterrupt, typer.Abort, OSError) as end:
        return _explain(end)
    return code if isinstance(code, int) else OK


def _explain(end: BaseException) -> int:
    """Say in one line what ended a command, and give its exit code."""
    match end:
        case BriefingsError():
            _say(end.told(WORDS))
            return MISUSED if isinstance(end, Misconfigured) else LEFT_OR_FAILED
        case typer.TyperException():
            message = end.format_message().strip()
            if message:  # there is none when the help was shown in place of one
                _say(f"{message.rstrip('.')}. See `briefings --help`.")
            return MISUSED
        case OSError():
            where = f" {end.filename}" if end.filename else ""
            _say(f"{end.strerror or end}:{where} Check that it exists and may be written.")
        case _:
            _say("Stopped.")
    return LEFT_OR_FAILED


def _say(line: str) -> None:
    print(" ".join(line.split()), file=sys.stderr)
