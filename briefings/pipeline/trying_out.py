"""Queue a test mail: an edition as some reader would get it, to somebody of the desk.

It goes as a letter through the lanes of all mail, and is no delivery: no issue, no reader and no
item knows of it, and its links belong to nobody.
"""

from __future__ import annotations

from datetime import timedelta

from briefings.errors import Refused
from briefings.model.letter import LetterKind, NewLetter
from briefings.pipeline.chain import Chain
from briefings.pipeline.showing import PLAN, Shown, show
from briefings.store import letters, users
from briefings.store.mailbox import mailbox_key
from briefings.weeks import Week

LASTS = timedelta(days=1)


def mail_test(
    chain: Chain, week: Week, slug: str, *, reader: str = PLAN, to: str, allowed: str = ""
) -> Shown:
    """Queue the mail that `reader` would get (see `show`) for the address `to`; give what it is.

    `allowed` are addresses with commas between them, besides those of the desk.

    Raises:
        NotFound: there is no such edition or reader.
        Refused: the address is on no list, or that reader would get no mail.
    """
    now = chain.clock()
    with chain.db.read() as tx:
        known = {mailbox_key(each.email) for each in users.everybody(tx)}
    known |= {mailbox_key(each.strip()) for each in allowed.split(",") if "@" in each}
    if "@" not in to or mailbox_key(to) not in known:
        raise Refused(
            f"Test mails go to people of the desk and to TEST_RECIPIENTS; {to or 'nobody'} is "
            "neither."
        )
    shown = show(chain, week, slug, reader, to=to)
    with chain.db.write() as tx:
        letters.queue(
            tx,
            NewLetter(
                key=f"test:{week}:{slug}:{shown.reader.known_as}:{to}:{now.isoformat()}",
                kind=LetterKind.TEST_MAIL,
                recipient=to,
                subject_id=0,
                payload={"mail": shown.raw.decode()},
                expires_at=now + LASTS,
            ),
            now,
        )
    return shown
