"""What a reader can say about a mail and its items; never who said it."""

from __future__ import annotations

from enum import StrEnum

WHOLE_MAIL = 0
"""In place of an item's number: the mail as a whole."""


class Answer(StrEnum):
    """Answers about an item (more, less), about a mail (yes, no), and leaving by its link."""

    MORE = "more"
    LESS = "less"
    YES = "yes"
    NO = "no"
    LEFT = "left"


ABOUT_ITEM = (Answer.MORE, Answer.LESS)
ABOUT_MAIL = (Answer.YES, Answer.NO)
