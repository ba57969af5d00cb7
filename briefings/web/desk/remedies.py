"""What to do about a failure, in words for who works at the desk and has no shell; it does nothing.

Buttons and pages are named as they stand there.
"""

from __future__ import annotations

from collections.abc import Mapping

from briefings.errors import BriefingsError, NotConfirmed, Remedy, WrongSetting, WrongTemplate

WORDS: Mapping[Remedy, str] = {
    Remedy.LET_ALL_GO_ON: "An operator can let it go on, by the link at the top of the page.",
    Remedy.SEE_ISSUES: "See how it stands under Issues.",
    Remedy.SEE_ITEMS: "Look for it in the Inbox.",
    Remedy.SEE_READER: "An operator can look it up.",
    Remedy.SEE_FEEDS: "The catalogue says which tools have one.",
    Remedy.SEE_PEOPLE: "People shows who is.",
    Remedy.NAME_DRAFTS: "Tick the drafts that are meant.",
    Remedy.NAME_ITEMS: "Tick the items that are meant.",
    Remedy.LOAD_CATALOGUE: "An operator has to load it first.",
    Remedy.SAY_WHAT_WAS_WRONG: "Say in one sentence what was wrong and what is right.",
    Remedy.SAY_WHAT_IS_RIGHT: "Put a field right, or tick that the item is withdrawn; not both.",
    Remedy.CANCEL_ISSUE: "Cancel {about} under Issues.",
    Remedy.OPEN_AGAIN: "Do it again; if it fails again, tell an operator.",
    Remedy.APPROVE_WEEK: "Approve an edition of {about} first.",
    Remedy.LET_WEEK_GO: "The page of {about} has a button that takes that back.",
    Remedy.WAIT_FOR_CUT_OFF: "It opens by itself then.",
    Remedy.MARK_A_SEED: "Mark one on the page of seed readers, or approve without seed readers.",
    Remedy.MIGRATE: "An operator has to bring the database up to date.",
}
_OPERATORS = (WrongSetting, WrongTemplate, NotConfirmed)


def told(wrong: BriefingsError) -> str:
    """What went wrong and what to do, as a page of the desk says it."""
    words = wrong.told(WORDS)
    if isinstance(wrong, _OPERATORS):
        return f"Only an operator can mend this; tell them these words: {words}"
    return words
