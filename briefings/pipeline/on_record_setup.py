"""Acts on files, feeds, rules and the archive, each with its entry in the audit log.

Each is an act of another module, as in `on_record`. What changed nothing leaves no entry.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from briefings.feeds.fetch import Fetcher
from briefings.pipeline import archive, catalogue, feed_checks, instance, rules
from briefings.pipeline.archive import Switched
from briefings.pipeline.catalogue import Loaded
from briefings.pipeline.feed_checks import Checked
from briefings.pipeline.importing import ImportReport
from briefings.pipeline.instance import Confirmed
from briefings.pipeline.on_record import named
from briefings.pipeline.recorded import Record
from briefings.weeks import Week

ARCHIVE = "show or hide the archive"
CATALOGUE, IMPORT = "load the catalogue", "import a file"
CHECK_FEEDS, FEED_INTERVAL = "check feeds", "set how often a feed is asked"
CONFIRM = "confirm a restored database"
RULES = "store rules of time"
_SHOWN = {True: "on", False: "off", None: "nothing said"}


def switch_archive(record: Record, slug: str, week: Week | None, *, shown: bool) -> Switched:
    """Show published editions to anybody or no longer; raises what `archive.switch` does."""
    done = archive.switch(record.chain, slug, week, shown=shown, by=record.by)
    if done.changed:
        subject = f"archive of {slug}" + (f" {week}" if week else "")
        record.changed(subject, before=_SHOWN[done.before], after=_SHOWN[shown])
    return done


def store_rules(record: Record, texts: Sequence[str]) -> list[str]:
    """Store rules, all of them or none; gives what is said of each. See `rules.store_rule`."""
    before = rules.stored_rules(record.chain.db)
    told = [rules.store_rule(record.chain, text) for text in texts]
    after = rules.stored_rules(record.chain.db)
    changed = [name for name in rules.RULES if before.get(name) != after.get(name)]
    if changed:
        record.changed(
            ", ".join(name.upper() for name in changed),
            before="; ".join(before.get(name, "default") for name in changed),
            after="; ".join(after.get(name, "default") for name in changed),
        )
    return told


def set_interval(record: Record, tool: str, hours: int) -> None:
    """Ask a feed every so many hours; raises what `feed_checks.set_interval` does."""
    before = feed_checks.set_interval(record.chain, tool, hours)
    if before != hours:
        record.changed(f"feed of {tool}", before=f"every {before} h", after=f"every {hours} h")


def check_feeds(record: Record, fetcher: Fetcher, tool: str | None) -> list[Checked]:
    """Check one feed, or all that are due; raises what `feed_checks.check_now` does."""
    if tool is None:
        done = feed_checks.check_due(record.chain, fetcher)
    else:
        done = [feed_checks.check_now(record.chain, fetcher, tool)]
    if done:
        drafts = sum(len(one.drafts) for one in done)
        failed = sum(one.failed for one in done)
        record.changed(
            f"feed of {named([one.tool for one in done])}",
            before="",
            after=f"{len(done)} asked, {failed} failed, {drafts} drafts made",
        )
    return done


def load_catalogue(record: Record, folder: Path) -> Loaded:
    """Load the catalogue; raises what `catalogue.load_folder` does."""
    done = catalogue.load_folder(record.chain, folder)
    report = done.report
    if report.added or report.changed or report.gone:
        record.changed(
            "catalogue",
            before=f"{len(report.same) + len(report.changed) + len(report.gone)} entries",
            after=f"{len(report.added)} new, {len(report.changed)} changed, "
            f"{len(report.gone)} gone; {done.drafts} drafts made",
        )
    return done


def imported(record: Record, file: Path, done: ImportReport) -> None:
    """Write down what an import brought in; one that brought nothing leaves no entry."""
    if not done.bad and (done.added or done.items_made):
        after = f"{done.kind}: {done.added:,} new, {done.items_made:,} drafts made by comparison"
        record.changed(f"file {file.name}", before="", after=after)


def confirm_restored(record: Record, keys: Callable[[], str]) -> Confirmed:
    """Let this database send from here; raises what `instance.confirm` does."""
    before = instance.unconfirmed(record.chain.db, record.chain.state_dir)
    done = instance.confirm(record.chain, keys)
    if before is not None:
        after = f"may send; {len(done.paused)} issues wait, {done.left} readers changed again"
        record.changed("this database", before=before, after=after)
    return done
