"""What several commands share: options, the opened installation, progress; not a command."""

from __future__ import annotations

import sys
from collections.abc import Callable, Generator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from briefings.pipeline.chain import Chain
    from briefings.pipeline.mailboxes import Mailboxes
    from briefings.pipeline.recorded import Record
    from briefings.weeks import Week
    from briefings.wiring import App

WeekOption = Annotated[str, typer.Option("--week", help="ISO week, for instance 2026-W34.")]
MaybeWeek = Annotated[str | None, typer.Option("--week", help="ISO week, for instance 2026-W34.")]
Specializations = Annotated[
    list[str] | None, typer.Option("--specialization", help="A slug; may be given again.")
]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]
IssueOption = Annotated[str, typer.Option("--issue", help="Name such as 2026-W34-regular.")]


def open_app() -> App:
    """Open the installation that the environment describes."""
    from briefings.wiring import build

    return build()


def week_of(text: str) -> Week:
    """Read an ISO week."""
    from briefings.weeks import Week

    return Week.parse(text)


def who() -> str:
    """The person at the keyboard, as the audit log names them: the system's user."""
    import getpass

    try:
        return f"{getpass.getuser()} at the terminal"
    except (KeyError, OSError):  # a container's user needs no name
        return "somebody at the terminal"


@contextmanager
def on_record(chain: Chain, command: str, act: str, *, whole: bool = True) -> Generator[Record]:
    """Open a change that leaves its entry in the audit log; see `recorded`."""
    from briefings.pipeline.recorded import recorded

    with recorded(chain, by=who(), route=f"briefings {command}", act=act, whole=whole) as record:
        yield record


@contextmanager
def progress(label: str) -> Generator[Callable[[int, int | None], None]]:
    """Show a bar on stderr while work lasts longer than a second; nothing when not a terminal."""
    if not sys.stderr.isatty():
        yield lambda _done, _all: None
        return
    from rich.console import Console
    from rich.progress import (
        BarColumn,
        MofNCompleteColumn,
        Progress,
        ProgressColumn,
        Task,
        TextColumn,
        TimeRemainingColumn,
    )
    from rich.text import Text

    class Rate(ProgressColumn):
        """What is done in a second, over the last half minute."""

        def render(self, task: Task) -> Text:
            return Text(f"{task.speed:,.0f}/s" if task.speed else "")

    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        Rate(),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task(label, total=None)
        yield lambda done, whole: bar.update(task, completed=done, total=whole)


def plural(number: int, one: str, many: str | None = None) -> str:
    """Write `1 reader` or `2 readers`."""
    return f"{number:,} {one if number == 1 else many or one + 's'}"


def known_mailboxes(opened: App) -> Mailboxes:
    """What looks up who is suppressed; it writes nothing, and goes without a secret key, too."""
    from briefings.errors import WrongSetting
    from briefings.pipeline.mailboxes import Mailboxes

    try:
        secrets = opened.settings.secrets
    except WrongSetting:
        secrets = ""
    return Mailboxes.known(opened.db, secrets)
