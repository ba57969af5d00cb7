"""All commands under one name, and the one place that turns an exception into an exit code."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence

import click
import typer

from briefings.cli import LEFT_OR_FAILED, MISUSED, OK
from briefings.cli import catalogue as catalogue_commands
from briefings.cli import demo as demo_commands
from briefings.cli import imports as import_commands
from briefings.cli import issues as issue_commands
from briefings.cli import items as item_commands
from briefings.cli import reader as reader_commands
from briefings.cli import service as service_commands
from briefings.cli import setup as setup_commands
from briefings.cli import week as week_commands
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
app.add_typer(catalogue_commands.app, name="catalogue")
app.add_typer(import_commands.app, name="import")
app.add_typer(item_commands.app, name="items")
app.add_typer(issue_commands.unsure, name="unsure")
app.add_typer(reader_commands.app, name="reader")


def run(arguments: Sequence[str]) -> int:
    """Run one command line and return its exit code: 0 done, 1 work left or failed, 2 wrong use."""
    try:
        code: object = app(args=list(arguments), standalone_mode=False)
    except BriefingsError as failure:
        _say(str(failure))
        return MISUSED if isinstance(failure, Misconfigured) else LEFT_OR_FAILED
    except click.exceptions.Exit as leaving:
        return leaving.exit_code
    except click.ClickException as misuse:
        misuse.show()
        return MISUSED
    except (KeyboardInterrupt, click.Abort):
        _say("Stopped.")
        return LEFT_OR_FAILED
    except BrokenPipeError:
        # The reader of our output went away (`| head`): nothing is wrong and nobody listens.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return OK
    except OSError as trouble:
        where = f" {trouble.filename}" if trouble.filename else ""
        _say(f"{trouble.strerror or trouble}:{where} Check that it exists and may be written.")
        return LEFT_OR_FAILED
    return code if isinstance(code, int) else OK


def _say(line: str) -> None:
    print(" ".join(line.split()), file=sys.stderr)
