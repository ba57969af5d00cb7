"""What to do about a failure, in words for the command line; it runs nothing."""

from __future__ import annotations

from collections.abc import Mapping

from briefings.errors import Remedy

WORDS: Mapping[Remedy, str] = {
    Remedy.LET_ALL_GO_ON: "`briefings go` lets it go on.",
    Remedy.SEE_ISSUES: "See `briefings status`.",
    Remedy.SEE_ITEMS: "See `briefings items list`.",
    Remedy.SEE_READER: "See `briefings reader show EMAIL`.",
    Remedy.SEE_FEEDS: "See `briefings feeds list`.",
    Remedy.SEE_PEOPLE: "`briefings users list` shows who is.",
    Remedy.NAME_DRAFTS: "Name item numbers (see `briefings items list`), or use --all.",
    Remedy.NAME_ITEMS: "Name item numbers: see `briefings items list`.",
    Remedy.LOAD_CATALOGUE: "Run `briefings catalogue load catalogue` first.",
    Remedy.SAY_WHAT_WAS_WRONG: "Say with --note in a sentence what was wrong, and what is right.",
    Remedy.SAY_WHAT_IS_RIGHT: "Say what is right (--headline, --summary, --do, --source-url) "
    "or use --withdraw, not both.",
    Remedy.CANCEL_ISSUE: "Run `briefings cancel --issue {about}`.",
    Remedy.OPEN_AGAIN: "Run the same command again; if it fails again, run `briefings doctor`.",
    Remedy.APPROVE_WEEK: "Run `briefings approve --week {about}` first.",
    Remedy.LET_WEEK_GO: "`briefings skip --week {about} --undo` takes that back.",
    Remedy.WAIT_FOR_CUT_OFF: "Use --now to freeze at once.",
    Remedy.MARK_A_SEED: "Mark one with `briefings reader seed EMAIL`, or leave --seed-first out.",
    Remedy.MIGRATE: "Run `briefings init`.",
}
