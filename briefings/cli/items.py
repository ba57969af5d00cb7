"""Commands over items: list them, queue drafts, withdraw."""

from __future__ import annotations

from typing import Annotated

import typer

from briefings.cli.shared import MaybeWeek, on_record, open_app, plural

app = typer.Typer(help="The news: draft, queued, withdrawn.", no_args_is_help=True)

Ids = Annotated[list[int] | None, typer.Argument(help="Item numbers from `items list`.")]
AllDrafts = Annotated[bool, typer.Option("--all", help="All drafts (with --week: of that week).")]


@app.command("list")
def list_(
    week: MaybeWeek = None,
    state: Annotated[str | None, typer.Option(help="draft, queued or withdrawn.")] = None,
    limit: Annotated[int, typer.Option(help="At most this many.", min=1)] = 200,
) -> None:
    """List items, newest first: number, state, week, kind, headline and whom it reaches."""
    from briefings.pipeline.items import listing

    rows, total = listing(open_app().chain, week=week, state=state, limit=limit)
    for row in rows:
        reaches = ", ".join(row.reaches) or "nobody"
        print(
            f"{row.item.id:>6}  {row.item.state:<9}  {row.item.week}  {row.label:<11}  "
            f"{row.item.news.headline}  -> {reaches}"
        )
    print(
        plural(total, "item")
        + (f", {len(rows)} shown (--limit)" if total > len(rows) else "")
        + "."
    )


@app.command()
def queue(ids: Ids = None, week: MaybeWeek = None, every: AllDrafts = False) -> None:
    """Queue drafts: each goes into the week that rule R3 gives it, or into --week."""
    from briefings.pipeline import on_record as acts

    with on_record(open_app().chain, "items queue", acts.TRIAGE) as record:
        done = acts.queue(record, ids or [], week=week, every=every)
    for item_id, stored in done:
        print(f"{item_id}: queued for {stored}")
    print(plural(len(done), "item") + " queued.")


@app.command()
def withdraw(ids: Ids = None) -> None:
    """Take items out; approvals of editions that carry them are void until renewed."""
    from briefings.pipeline import on_record as acts

    with on_record(open_app().chain, "items withdraw", acts.TRIAGE, whole=False) as record:
        done = acts.withdraw(record, ids or [])
    for week, slug in done.voided:
        print(f"The approval of {slug} for {week} is void: approve it again without the item.")
    for name in done.gone:
        print(f"Issue {name} is frozen: mails of it may carry the item.")
    print(plural(done.items, "item") + " withdrawn.")
