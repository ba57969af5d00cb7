"""The one tree of exceptions: what a caller can do about a failure is its type, never a string.

BriefingsError
├── Misconfigured       a setting, a file or a call is wrong: a person must change it (exit code 2)
│   ├── WrongSetting    an environment variable is missing or outside its allowed values
│   ├── WrongCatalogue  a catalogue file breaks its schema; carries file, line and field
│   ├── WrongTemplate   a mail template does not compile or lint; carries file and line
│   └── WrongFile       an import file cannot be read at all (encoding, columns)
├── Refused             the request is well formed and may not be done now (exit code 1)
│   ├── NotFound        no such week, issue, specialization, reader or item
│   ├── Conflict        somebody else did it, or the content changed meanwhile
│   └── NotConfirmed    the database was restored or copied and nobody has confirmed it (P10)
├── Temporary           the same call may succeed later
│   ├── DatabaseBusy    the database stayed locked longer than the busy timeout
│   └── RelayTrouble    the next mail server is away, or says 421 or 4xx
└── Permanent           the same call will never succeed
    ├── RelayRefuses    the next mail server refuses us (5xx at connect, EHLO, AUTH, MAIL)
    └── UnsafeValue     a value cannot be put into a header, an address or a page (CR, LF, NUL)
"""

from __future__ import annotations

from enum import StrEnum, auto
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping


class Remedy(StrEnum):
    """What to do about a failure, where that is another act at the desk than on the command line.

    Each surface has words of its own for every member (`cli/remedies.py`, `web/desk/remedies.py`).
    """

    LET_ALL_GO_ON = auto()
    SEE_ISSUES = auto()
    SEE_ITEMS = auto()
    SEE_READER = auto()
    SEE_FEEDS = auto()
    SEE_PEOPLE = auto()
    NAME_DRAFTS = auto()
    NAME_ITEMS = auto()
    LOAD_CATALOGUE = auto()
    SAY_WHAT_WAS_WRONG = auto()
    SAY_WHAT_IS_RIGHT = auto()
    CANCEL_ISSUE = auto()
    OPEN_AGAIN = auto()
    APPROVE_WEEK = auto()
    LET_WEEK_GO = auto()
    WAIT_FOR_CUT_OFF = auto()
    MARK_A_SEED = auto()
    MIGRATE = auto()


class BriefingsError(Exception):
    """Base of all that the product raises on purpose; the message is one line.

    It says what happened and, where that is the same everywhere, what to do. Where it is not, it
    carries a remedy, which whoever shows it puts into words; `about` is the name that these fill in
    (an issue, a week).
    """

    def __init__(self, cause: str = "", remedy: Remedy | None = None, *, about: str = "") -> None:
        super().__init__(cause)
        self.remedy = remedy
        self.about = about

    def told(self, words: Mapping[Remedy, str]) -> str:
        """The message, and what to do in these words."""
        if self.remedy is None:
            return str(self)
        return f"{self} {words[self.remedy].format(about=self.about)}"


class Misconfigured(BriefingsError):  # noqa: N818 - the tree reads as states of the world
    """A setting, a file or a call is wrong; a person must change it before trying again."""


class WrongSetting(Misconfigured):
    """An environment variable is missing or outside its allowed values."""


class WrongCatalogue(Misconfigured):
    """A catalogue file breaks its schema; the message starts with `file:line: field:`."""


class WrongTemplate(Misconfigured):
    """A mail template does not compile, or compiles to something that a mail must not hold."""


class WrongFile(Misconfigured):
    """An import file cannot be read at all: missing, unreadable, wrong columns."""


class Refused(BriefingsError):  # noqa: N818 - see Misconfigured
    """The request is well formed and may not be done now."""


class NotFound(Refused):
    """There is no such week, issue, specialization, reader or item."""


class Conflict(Refused):
    """Somebody else did it first, or the content changed between looking and acting."""


class NotConfirmed(Refused):
    """The database was restored or copied, and no operator has confirmed it (P10)."""


class Temporary(BriefingsError):  # noqa: N818 - see Misconfigured
    """The same call may succeed later without anybody changing anything."""


class DatabaseBusy(Temporary):
    """The database stayed locked for longer than the busy timeout."""


class RelayTrouble(Temporary):
    """The next mail server is away, closes the connection, or answers 421 or 4xx."""


class Permanent(BriefingsError):  # noqa: N818 - see Misconfigured
    """The same call will never succeed."""


class RelayRefuses(Permanent):
    """The next mail server refuses us as a whole: 5xx at connect, EHLO, AUTH or MAIL FROM."""


class UnsafeValue(Permanent):
    """A value cannot be put where it was meant to go, because it would break out of it."""
