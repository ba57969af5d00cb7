"""Commands that measure: `bench send` sends made-up mails through the real path to a sink."""

from __future__ import annotations

import json
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from briefings.cli.bench_run import Measured

app = typer.Typer(
    help="Measure this machine with made-up readers; a temporary installation, nothing is kept.",
    no_args_is_help=True,
)


@app.callback()
def bench() -> None:
    """Keep `send` a command of its own name."""


@app.command()
def send(  # noqa: PLR0917 - typer passes them by name
    subscribers: Annotated[
        int, typer.Option("--subscribers", min=1, help="Made-up readers.")
    ] = 10_000,
    smtp: Annotated[
        str | None,
        typer.Option("--smtp", help="smtp://host:port of a sink; default: our own sink."),
    ] = None,
    senders: Annotated[
        int, typer.Option("--senders", min=1, max=8, help="Processes that send side by side.")
    ] = 1,
    lanes: Annotated[
        int, typer.Option("--lanes", min=1, max=256, help="Connections of each of them.")
    ] = 8,
    chunking: Annotated[
        bool, typer.Option("--chunking/--no-chunking", help="Whether our own sink offers BDAT.")
    ] = True,
    unsubscribes: Annotated[
        int,
        typer.Option("--unsubscribes", min=0, help="Readers a second who leave in the meantime."),
    ] = 0,
    freeze_only: Annotated[
        bool, typer.Option("--freeze-only", help="Open the issue and send 1,000 mails of it.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Import, approve, freeze and deliver to a sink; its readers are made up.

    Rates are taken between the first and the last acceptance, CPU is that of the whole `send`
    process from its start; of several senders the CPU and the memory of all are added.
    """
    from briefings.cli.bench_run import measure

    with tempfile.TemporaryDirectory(prefix="briefings-bench-") as folder:
        measured = measure(
            Path(folder),
            subscribers=subscribers,
            smtp=smtp,
            senders=senders,
            lanes=lanes,
            chunking=chunking,
            unsubscribes=unsubscribes,
            most=1_000 if freeze_only else 0,
        )
    if as_json:
        print(json.dumps(measured.as_document(), indent=1))
    else:
        _print(measured)


def _print(measured: Measured) -> None:
    for name, value in measured.as_document().items():
        if value is not None:
            print(f"{name.replace('_', ' '):<32} {value:>12,}")
