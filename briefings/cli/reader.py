"""Commands about one reader."""

from __future__ import annotations

import json
from datetime import datetime
from typing import TYPE_CHECKING, Annotated

import typer

from briefings.cli.shared import known_mailboxes, on_record, open_app

if TYPE_CHECKING:
    from briefings.model.reader import Reader
    from briefings.pipeline.left_log import LeftLog
    from briefings.pipeline.mailboxes import Mailboxes
    from briefings.pipeline.reader import Dossier
    from briefings.wiring import App

app = typer.Typer(help="One reader: what they got, when, and why.", no_args_is_help=True)
Email = Annotated[str, typer.Argument(help="The reader's address.")]


@app.command()
def show(email: Email) -> None:
    """Show a reader: settings, consent with its proof, last mails and letters with their states."""
    from briefings.pipeline.reader import dossier

    opened = open_app()
    mailboxes = known_mailboxes(opened)
    with opened.db.read() as tx:
        found = dossier(tx, email, mailboxes)
    if found.reader is None:
        print(f"{email}: no reader")
    else:
        _print_reader(found.reader, found, opened.settings.timezone)
    if found.suppressed or (found.reader and found.reader.suppressed):
        print(f"  suppressed ({found.suppressed or 'marked on the row'}): gets nothing")
    if (waiting := found.waiting) is not None:
        print(
            f"  signed up {_at(waiting.asked_at)} from {waiting.asked_from} ({waiting.source}), "
            f"not confirmed; forgotten {_at(waiting.expires_at)}"
        )
    for letter in found.letters:
        reason = f" ({letter.reason})" if letter.reason else ""
        print(f"  letter {letter.kind}: {letter.state}{reason}, queued {_at(letter.created_at)}")


@app.command()
def export(email: Email) -> None:
    """Print everything that is kept about a reader as JSON."""
    from briefings.pipeline.reader import exported

    print(json.dumps(exported(open_app().chain, email), ensure_ascii=False, indent=1))


@app.command()
def erase(
    email: Email,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
) -> None:
    """Delete everything about a reader for good; a hash stays, so that no import brings it back."""
    from briefings.pipeline import on_record_readers as acts

    opened = open_app()
    mailboxes = _mailboxes(opened)
    if not yes:
        typer.confirm(f"Delete everything about {email} for good?", abort=True)
    with on_record(opened.chain, "reader erase", acts.ERASE) as record:
        acts.erase(record, mailboxes, _left_log(opened), email)
    print("Deleted. A code stays from which nobody can read the address.")


@app.command()
def suppress(email: Email) -> None:
    """Never mail an address again, whether or not it has a reader."""
    from briefings.pipeline import on_record_readers as acts

    opened = open_app()
    mailboxes = _mailboxes(opened)
    with on_record(opened.chain, "reader suppress", acts.SUPPRESS) as record:
        new = acts.suppress(record, mailboxes, _left_log(opened), email)
    if new:
        print(f"{email} gets no mail from now on.")
    else:
        print(f"{email} was suppressed before: nothing changed.")


@app.command()
def tier(
    email: Email,
    tier: Annotated[str, typer.Argument(help="A tier's slug, from tiers.yaml.")],
    key: Annotated[
        str, typer.Option("--key", help="What it is for: the same key again changes nothing.")
    ] = "",
) -> None:
    """Give a reader a tier; the next mail that is claimed follows it."""
    from briefings.pipeline import on_record_readers as acts

    with on_record(open_app().chain, "reader tier", acts.TIER) as record:
        # "operator" stands in the keys of all earlier grants, too.
        done = acts.give_tier(record, email, tier, by="operator", key=key)
    if done.changed:
        print(f"{email} has the tier {done.tier} from now on; before it was {done.before}.")
    else:
        print(f"{email} has the tier {done.tier}: nothing changed.")


@app.command()
def seed(
    email: Email,
    off: Annotated[bool, typer.Option("--off", help="Make it a reader like all others.")] = False,
) -> None:
    """Make a reader a seed reader: they get issues first where an editor chose that."""
    from briefings.pipeline import on_record_readers as acts

    act = acts.UNMARK_SEED if off else acts.MARK_SEED
    with on_record(open_app().chain, "reader seed", act) as record:
        changed = (acts.unmark_seed if off else acts.mark_seed)(record, email)
    now = "a reader like all others" if off else "a seed reader"
    print(f"{email} is {now}." if changed else f"{email} was {now} before: nothing changed.")


@app.command()
def seeds() -> None:
    """List the seed readers, the address first, with what they read."""
    from briefings.pipeline.seeding import marked

    for one in marked(open_app().chain):
        lost = "" if one.reads else "\tleft or suppressed: gets nothing"
        print(f"{one.email}\t{', '.join(one.specializations)}{lost}")


def _mailboxes(opened: App) -> Mailboxes:
    from briefings.pipeline.mailboxes import Mailboxes

    return Mailboxes.of(opened.db, opened.settings.secrets)


def _left_log(opened: App) -> LeftLog:
    from briefings.pipeline.left_log import LeftLog

    return LeftLog(opened.settings.folder, opened.settings.secrets)


def _print_reader(reader: Reader, found: Dossier, default_zone: str) -> None:
    chosen = reader.preferences
    print(f"{reader.email} (reader {reader.id})")
    print(f"  name: {reader.name or '-'}")
    print(f"  specializations: {', '.join(chosen.specializations) or '-'}")
    print(f"  time zone: {reader.timezone or default_zone + ' (the default)'}")
    print(f"  frequency: {chosen.frequency}")
    print(f"  tier: {reader.tier}")
    for one in found.grants:
        print(f"    granted {one.tier} (before {one.before}) {_at(one.at)} by {one.by}")
    if chosen.sections_off:
        print(f"  switched off: {', '.join(chosen.sections_off)}")
    if found.seed_since:
        print(f"  seed reader since {_at(found.seed_since)}")
    if reader.paused_until:
        print(f"  paused until {reader.paused_until}")
    confirmed = _at(reader.confirmed_at) if reader.confirmed_at else "-"
    print(f"  confirmed: {confirmed}, consent: {found.consent or '-'}")
    for proof in found.proofs:
        print(
            f"    asked {_at(proof.asked_at)} from {proof.asked_from}, confirmed "
            f"{_at(proof.confirmed_at)} from {proof.confirmed_from}, "
            f"text {proof.text_version}, by {proof.source}"
        )
    if reader.left_at:
        print(f"  left: {_at(reader.left_at)}")
    for row in found.deliveries:
        reason = f" ({row.reason})" if row.reason else ""
        when = f", due {_at(row.due_at)}" if row.due_at else ""
        settled = f", settled {_at(row.settled_at)}" if row.settled_at else ""
        print(f"  {row.issue}: {row.state}{reason}{when}{settled}")
    if not found.deliveries:
        print("  no mail yet")


def _at(moment: datetime) -> str:
    return f"{moment:%Y-%m-%d %H:%M} UTC"
