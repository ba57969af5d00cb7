"""Commands over the catalogue: check the files, load them into the store."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from briefings.cli.shared import on_record, open_app, plural
from briefings.errors import Misconfigured

if TYPE_CHECKING:
    from briefings.store.catalogue import CatalogueReport

app = typer.Typer(help="Industries, roles, specializations, plans and tools.", no_args_is_help=True)

Folder = Annotated[Path, typer.Argument(help="Folder with roles/, specializations/, tools.yaml.")]


@app.command()
def check(folder: Folder) -> None:
    """Check the files and print every problem with file, line, field and remedy."""
    from briefings.intake.catalogue import check_catalogue

    problems = check_catalogue(folder)
    for problem in problems:
        print(problem)
    if problems:
        raise Misconfigured(f"{folder}: {plural(len(problems), 'problem')} to mend, see above.")
    print(f"{folder}: no problems.")


def summary(report: CatalogueReport) -> str:
    """Say in one line what loading came to."""
    changed = f" ({', '.join(report.changed)})" if report.changed else ""
    gone = f", no longer in the files: {', '.join(report.gone)}" if report.gone else ""
    return (
        f"Catalogue: {len(report.added)} new, {len(report.changed)} changed{changed}, "
        f"{len(report.same)} unchanged{gone}."
    )


@app.command()
def load(folder: Folder) -> None:
    """Load the files; loading the same files again changes nothing."""
    from briefings.pipeline import on_record_setup as acts

    with on_record(open_app().chain, "catalogue load", acts.CATALOGUE, whole=False) as record:
        done = acts.load_catalogue(record, folder)
    report = done.report
    print(summary(report))
    if done.drafts:
        print(f"{plural(done.drafts, 'draft role update')} made out of the changed profiles.")
