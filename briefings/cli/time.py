"""Commands about when: calendar, skip, move, stop, go, schedule; and correct, which cannot wait."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Annotated

import typer

from briefings.cli.shared import AsJson, WeekOption, on_record, open_app, plural, week_of

if TYPE_CHECKING:
    from briefings.pipeline.calendar import Ahead

Undo = Annotated[bool, typer.Option("--undo", help="Take it back.")]


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.command()(calendar)
    app.command()(skip)
    app.command()(move)
    app.command()(stop)
    app.command()(go)
    app.command()(schedule)
    app.command()(correct)


def calendar(
    weeks: Annotated[int, typer.Option("--weeks", help="How many.", min=1, max=52)] = 8,
    as_json: AsJson = False,
) -> None:
    """Show the weeks ahead: editions, what is thin or empty, and the waves in UTC."""
    from briefings.pipeline.calendar import as_document
    from briefings.pipeline.calendar import calendar as look

    found = look(open_app().chain, weeks)
    if as_json:
        print(json.dumps(as_document(found), ensure_ascii=False, indent=1))
        return
    for one in found:
        _print(one)


def _print(one: Ahead) -> None:
    run = one.run
    moved = f", moved to {run.moved_to}" if run.moved_to else ""
    reason = f" ({run.reason})" if run.reason else ""
    print(f"{one.week} ({one.week.label()}): {run.state}{reason}{moved}")
    print(f"  cut-off {run.cut_off:%a %Y-%m-%d %H:%M} UTC")
    if run.state == "skipped":
        return
    states: dict[str, int] = {}
    for edition in one.editions:
        states[edition.state.value] = states.get(edition.state.value, 0) + 1
    counted = ", ".join(f"{number} {name}" for name, number in states.items())
    print(f"  {plural(len(one.editions), 'edition')}: {counted}")
    for word, slugs in (("thin", one.thin), ("empty", one.empty)):
        if slugs:
            print(f"  {word}: {', '.join(slugs)}")
    for wave in one.waves:
        print(f"  {wave.due_at:%a %Y-%m-%d %H:%M} UTC  {wave.readers:>9,}")


def skip(
    week: WeekOption,
    reason: Annotated[str, typer.Option("--reason", help="Why, for the record.")] = "",
    undo: Undo = False,
) -> None:
    """Let a week make no mail (holidays); its items come with the next edition."""
    from briefings.pipeline import on_record as acts

    chain, own = open_app().chain, week_of(week)
    with on_record(chain, "skip", acts.SKIP) as record:
        words = acts.unskip(record, own) if undo else acts.skip(record, own, reason)
    print(words)


def move(
    week: WeekOption,
    to: Annotated[str | None, typer.Option("--to", help="A day such as 2026-12-29.")] = None,
    undo: Undo = False,
) -> None:
    """Let the mail of a week leave on another day, at the readers' usual hour."""
    from briefings.errors import Misconfigured
    from briefings.pipeline import on_record as acts

    if undo == (to is not None):
        raise Misconfigured("Name the day with --to 2026-12-29, or use --undo.")
    chain, own = open_app().chain, week_of(week)
    with on_record(chain, "move", acts.MOVE) as record:
        words = acts.move(record, own, to)
    print(words)


def stop() -> None:
    """Stop all mail now: nothing more starts, in any process, until `briefings go`."""
    from briefings.pipeline import on_record as acts

    with on_record(open_app().chain, "stop", acts.STOP) as record:
        paused = acts.stop(record)
    print(f"Everything is stopped; {plural(paused, 'issue')} paused. `briefings go` lets it go on.")


def go() -> None:
    """Let everything go on after `briefings stop`."""
    from briefings.pipeline import on_record as acts

    with on_record(open_app().chain, "go", acts.GO) as record:
        opened = acts.go(record)
    print(f"Mail may leave again; {plural(opened, 'issue')} open again.")


def schedule(
    change: Annotated[
        list[str] | None, typer.Option("--set", help="NAME=VALUE; may be given again.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Show the rules of time and where each comes from; --set stores one for the next start."""
    from briefings.pipeline import on_record_setup as acts
    from briefings.pipeline.rules import rules_of

    opened = open_app()
    if change:
        with on_record(opened.chain, "schedule", acts.RULES) as record:
            told = acts.store_rules(record, change)
        print("\n".join(told))
    found = rules_of(opened.chain, opened.settings, opened.environment)
    if as_json:
        print(
            json.dumps(
                {rule.name: {"value": rule.value, "from": rule.origin} for rule in found},
                indent=1,
            )
        )
        return
    for rule in found:
        print(f"{rule.name:<16} {rule.value:<20} {rule.origin}")


def correct(  # noqa: PLR0917 - the options of one command
    item: Annotated[int, typer.Option("--item", help="Its number in `items list`.")],
    note: Annotated[str, typer.Option("--note", help="One sentence: what was wrong, and right.")],
    headline: Annotated[str | None, typer.Option("--headline", help="The right one.")] = None,
    summary: Annotated[str | None, typer.Option("--summary", help="The right one.")] = None,
    do: Annotated[str | None, typer.Option("--do", help="What readers should do.")] = None,
    source_url: Annotated[str | None, typer.Option("--source-url", help="The right one.")] = None,
    withdraw: Annotated[bool, typer.Option("--withdraw", help="Take the item out.")] = False,
) -> None:
    """Put an item right: who got it is told, and mails that have not left go without it."""
    from briefings.pipeline import on_record as acts

    given = {"headline": headline, "summary": summary, "do": do, "source_url": source_url}
    changes = {name: value for name, value in given.items() if value is not None}
    with on_record(open_app().chain, "correct", acts.CORRECT, whole=False) as record:
        done = acts.correct(record, item, note=note, changes=changes, withdraw=withdraw)
    for week, slug in done.renewed:
        print(f"{slug} of {week}: changed, and its approval renewed")
    if done.recomposed:
        print(f"{plural(done.recomposed, 'mail')} will leave without the item.")
    if done.issue is None:
        print("Nobody got the item: there is nobody to tell.")
    elif done.waiting:
        print(f"{done.issue} waits for {plural(done.waiting, 'mail')} under way, then goes out.")
    else:
        print(f"{done.issue} tells {plural(done.readers, 'reader')}; `briefings send` delivers it.")
