"""Commands that make and judge a week: assemble, preview, approve, simulate, status."""

from __future__ import annotations

import json
from datetime import UTC
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from briefings.cli import LEFT_OR_FAILED, OK
from briefings.cli.shared import (
    AsJson,
    MaybeWeek,
    Specializations,
    WeekOption,
    on_record,
    open_app,
    plural,
    progress,
    week_of,
)

if TYPE_CHECKING:
    from briefings.model.delivery import SeedsFirst
    from briefings.pipeline.approve import Approved
    from briefings.pipeline.runs import RunStatus
    from briefings.pipeline.status import IssueStatus, WeekStatus


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.command()(assemble)
    app.command()(preview)
    app.command()(preflight)
    app.command()(approve)
    app.command()(simulate)
    app.command()(status)


def assemble(
    week: WeekOption,
    specialization: Specializations = None,
    why: Annotated[
        bool, typer.Option("--why", help="Show why each item stands where it does.")
    ] = False,
) -> None:
    """Make the week's draft editions out of the queued items."""
    from briefings.pipeline import on_record as acts

    opened, own = open_app(), week_of(week)
    with (
        progress("Assembling") as bar,
        on_record(opened.chain, "assemble", acts.ASSEMBLE, whole=False) as record,
    ):
        done = acts.assemble(record, own, specialization or [], progress=bar)
    for edition in done.made:
        print(f"{edition.specialization}: draft with {plural(len(edition.placements), 'item')}")
        if why:
            for number, place in enumerate(edition.placements, 1):
                print(f"  {number:>2}. item {place.item_id} ({place.part}): {place.ranked}")
    for edition in done.kept:
        print(f"{edition.specialization}: {edition.state}, left as it is")
    for skip in done.skipped:
        print(f"{skip.specialization}: skipped, {skip.reason}")


def preview(
    week: WeekOption,
    specialization: Annotated[str, typer.Option("--specialization", help="A slug.")],
    out: Annotated[Path, typer.Option("--out", help="Folder for the three files.")],
) -> None:
    """Write one specialization's mail as .html, .txt and .eml, as a sample reader would get it."""
    from briefings.pipeline.preview import preview as make

    for path in make(open_app().chain, week_of(week), specialization, out):
        print(path)


def preflight(week: WeekOption, specialization: Specializations = None) -> int:
    """Look the week's editions over: what blocks an approval, and what you should look at."""
    from briefings.pipeline.examine import examine

    looked = examine(open_app().chain, week_of(week), specialization or [])
    for slug, one in looked.items():
        print(
            f"{slug}: {one.edition.state}, {plural(len(one.items), 'item')}, {one.size // 1024} KB"
        )
        for finding in one.findings:
            print(f"  {finding.severity}: {finding.line()}")
    blocked = sum(1 for one in looked.values() if one.blocking)
    print(f"{plural(blocked, 'edition')} blocked of {len(looked)}.")
    return LEFT_OR_FAILED if blocked else OK


def approve(
    week: WeekOption,
    specialization: Specializations = None,
    despite: Annotated[
        str, typer.Option("--despite", help="Why it may go although preflight blocks it.")
    ] = "",
    seed_first: Annotated[
        int | None,
        typer.Option(
            "--seed-first",
            min=1,
            max=10,
            help="First to so many seed readers of each edition; all others wait.",
        ),
    ] = None,
    release_at: Annotated[
        str | None,
        typer.Option("--release-at", help="ISO instant from which the others go by themselves."),
    ] = None,
) -> int:
    """Approve the week's drafts (or those named): their content is fixed from now on.

    What preflight blocks is not approved; the exit code is 1 then.
    """
    from briefings.cli.simulated import instant
    from briefings.errors import Misconfigured
    from briefings.model.delivery import SeedsFirst
    from briefings.pipeline import on_record as acts

    if release_at is not None and seed_first is None:
        raise Misconfigured("--release-at goes with --seed-first N: nothing waits without it.")
    opened = open_app()
    seeds = (
        None
        if seed_first is None
        else SeedsFirst(
            most=seed_first, release_at=instant(release_at, "--release-at") if release_at else None
        )
    )
    with on_record(opened.chain, "approve", acts.APPROVE, whole=False) as record:
        done = acts.approve(
            record, week_of(week), specialization or [], despite=despite, seeds=seeds
        )
    for slug in done.editions:
        print(f"{slug}: approved")
    for slug, reason in done.passed_over:
        print(f"{slug}: not approved, it is {reason}")
    print(f"{plural(len(done.editions), 'edition')} approved for {plural(done.readers, 'reader')}.")
    if seeds is not None and done.editions:
        print(_seeds_first(done, seeds))
    return LEFT_OR_FAILED if done.blocked else OK


def _seeds_first(done: Approved, seeds: SeedsFirst) -> str:
    """Say who gets it first, and what becomes of the others."""
    first, others = done.seeds, done.readers - done.seeds
    until = (
        "when you say `briefings release --issue I`"
        if seeds.release_at is None
        else f"at {seeds.release_at.astimezone(UTC):%Y-%m-%d %H:%M} UTC or by "
        "`briefings release --issue I`, whichever comes first"
    )
    return (
        f"First to {plural(first, 'seed reader')} when the issue opens; the other "
        f"{plural(others, 'reader')} {until}."
    )


def simulate(
    week: WeekOption,
    now: Annotated[
        str | None, typer.Option("--now", help="ISO instant; default: just before the freeze.")
    ] = None,
    diff: Annotated[bool, typer.Option("--diff", help="Set it beside the week before.")] = False,
    as_json: AsJson = False,
) -> None:
    """Show who would get what, when and why. Nothing is written and nothing is sent."""
    from briefings.cli import simulated
    from briefings.pipeline.simulate import compare, foresee
    from briefings.pipeline.simulate import simulate as plan

    opened, own = open_app(), week_of(week)
    runs = (
        [] if now is None else foresee(opened.chain, opened.settings, own, simulated.instant(now))
    )
    if diff:
        simulated.show_difference(compare(opened.chain, own), runs, as_json=as_json)
    else:
        simulated.show(plan(opened.chain, own), runs, as_json=as_json)


def status(week: MaybeWeek = None, as_json: AsJson = False) -> None:
    """Show a week's issues and editions as the rows say (default: the newest week)."""
    from briefings.pipeline.instance import unconfirmed
    from briefings.pipeline.runs import run_status
    from briefings.pipeline.status import as_document, newest_week, week_status
    from briefings.pipeline.watching import watch

    opened = open_app()
    why = unconfirmed(opened.db, opened.chain.state_dir)
    with opened.db.read() as tx:
        chosen = str(week_of(week)) if week else newest_week(tx) or str(opened.this_week())
        found = week_status(tx, chosen)
        run = run_status(tx, opened.chain, week_of(chosen), opened.chain.clock())
    watched = {
        one.issue.name: watch(opened.chain, one.issue.name) for one in found.issues if one.left
    }
    paces = {name: (one.per_second, one.through_at) for name, one in watched.items()}
    if as_json:
        document = {**as_document(found, run, paces), "unconfirmed": why}
        print(json.dumps(document, ensure_ascii=False, indent=1))
        return
    if why is not None:
        print(f"Nothing is sent from here. {why}")
    _print(found, run)
    for name, (per_second, through_at) in paces.items():
        if per_second:
            until = f"; what is due is through at {through_at:%H:%M:%S} UTC" if through_at else ""
            print(f"{name}: {per_second:,.1f} mails a second in the last minute{until}")


def _print(found: WeekStatus, run: RunStatus) -> None:
    if found.stopped:
        print(f"Everything is stopped {found.stopped}: `briefings go` lets it go on.")
    for held in found.waiting:
        print(f"The run of {held.week} waits for you: {held.reason}.")
    print(f"Week {found.week}")
    moved = f", moved to {run.moved_to}" if run.moved_to else ""
    reason = f" ({run.reason})" if run.reason else ""
    print(f"  run {run.state}{reason}{moved}; cut-off {run.cut_off:%Y-%m-%d %H:%M} UTC")
    for one in found.alerts:
        print(f"  ! {one.at:%Y-%m-%d %H:%M} UTC {one.text}")
    for edition in found.editions:
        reason = f" ({edition.reason})" if edition.reason else ""
        items = plural(len(edition.placements), "item")
        print(f"  {edition.specialization}: {edition.state}{reason}, {items}")
    if not found.editions:
        print("  no editions yet: run `briefings assemble`")
    for one in found.issues:
        print_issue(one)


def print_issue(one: IssueStatus) -> None:
    """Print one issue's counts in the words of the product."""
    reason = f": {one.issue.reason}" if one.issue.reason else ""
    state = "finished" if one.finished and not one.issue.reason else one.issue.state.value
    print(f"Issue {one.issue.name}: {state}{reason}, audience {one.issue.audience:,}")
    for name, number in one.states.items():
        if number:
            note = (
                " (the next mail server took them; nobody knows more)" if name == "accepted" else ""
            )
            print(f"  {number:>9,} {name.value}{note}")
    for why, number in one.reasons.items():
        print(f"            of the skipped {number:,}: {why}")
    if one.left and one.next_due:
        print(f"  next due {one.next_due:%Y-%m-%d %H:%M} UTC")
    if one.waiting:
        at = one.issue.release_at
        by_itself = f", or by themselves at {at:%Y-%m-%d %H:%M} UTC" if at else ""
        wait = "waits" if one.waiting == 1 else "wait"
        print(
            f"  first to {plural(sum(one.seeds.values()), 'seed reader')}; "
            f"{plural(one.waiting, 'mail')} {wait} until "
            f"`briefings release --issue {one.issue.name}`{by_itself}"
        )
    if not one.adds_up:
        print(
            f"  The states do not add up to the audience of {one.issue.audience:,}: "
            "run `briefings doctor`."
        )
