"""Makes the bytes of one letter: links signed, values filled in; it stores and sends nothing."""

from __future__ import annotations

from datetime import datetime
from urllib.parse import quote

from briefings.deliver.letterhead import letter_headers
from briefings.deliver.message import compose
from briefings.deliver.wire import Outgoing
from briefings.errors import UnsafeValue
from briefings.links import Purpose, page_url
from briefings.model.address import mailed_as
from briefings.model.catalogue import Catalogue
from briefings.model.letter import WHOLE, Letter, LetterKind
from briefings.pipeline.chain import Chain
from briefings.pipeline.letterpress import WHEN, names_of
from briefings.render.letters import LETTER_SLOTS
from briefings.slots import escape_text, mark, values_for

PAGES: dict[LetterKind, tuple[str, Purpose]] = {
    LetterKind.CONFIRM: ("confirm", Purpose.CONFIRM),
    LetterKind.SIGNIN: ("preferences", Purpose.SIGNIN),
    LetterKind.ADDRESS_OLD: ("address", Purpose.ADDRESS),
    LetterKind.ADDRESS_NEW: ("address", Purpose.ADDRESS),
    LetterKind.EXPORT: ("export", Purpose.EXPORT),
    LetterKind.ERASE: ("erase", Purpose.ERASE),
    LetterKind.DESK: ("desk/sign-in", Purpose.DESK),
}
"""The page that the link of a letter leads to, and what its token allows."""


def share_url(base_url: str, slug: str = "") -> str:
    """The address to pass on: the sign-up page, the same for everybody, without a token."""
    about = f"&about={quote(slug, safe='')}" if slug else ""
    return f"{base_url.rstrip('/')}/subscribe?from=friend{about}"


def finished(
    chain: Chain, catalogue: Catalogue, letter: Letter, instance: str, date: datetime
) -> Outgoing:
    """The letter as it goes on the wire, under a negative row number (see `letters`).

    Raises:
        UnsafeValue: its address cannot stand in a header or on the wire.
    """
    postmark = chain.postmark()
    if letter.kind in WHOLE:
        return _whole(letter, postmark.sender_address)
    sheet = chain.letters().render(letter.kind)
    values = _values(chain, catalogue, letter)
    subject = sheet.subject
    for name, value in values.items():
        subject = subject.replace(mark(name), escape_text(value))
    recipient = _on_the_wire(letter.recipient)
    headers = letter_headers(
        postmark,
        to=recipient,
        subject=subject,
        date=date,
        message_id=f"letter.{letter.id}.{instance[:8]}@{postmark.domain}",
    )
    laid_out = compose(headers, [sheet.text], [sheet.html])
    laid_out.check(LETTER_SLOTS)
    return Outgoing(
        delivery_id=-letter.id,
        sender=postmark.sender_address,
        recipient=recipient,
        content=laid_out.fill(values_for(laid_out.slots, values)),
        needs_utf8=not recipient.isascii(),
    )


def _whole(letter: Letter, sender: str) -> Outgoing:
    recipient = _on_the_wire(letter.recipient)
    return Outgoing(
        delivery_id=-letter.id,
        sender=sender,
        recipient=recipient,
        content=letter.payload["mail"].encode(),
        needs_utf8=not recipient.isascii(),
    )


def _values(chain: Chain, catalogue: Catalogue, letter: Letter) -> dict[str, str]:
    """What the slots of a letter stand for; a slot that a kind does not use stays empty."""
    base, sign = chain.postmark().base_url, chain.signer().sign
    slugs = [slug for slug in letter.payload.get("specializations", "").split(";") if slug]
    day, _, time = str(chain.schedule.send_at).partition(" ")
    values = {
        **dict.fromkeys(LETTER_SLOTS, ""),
        "specializations": names_of(catalogue, slugs) or "your work",
        "when": f"{WHEN[day]} at {time}, your time",
        **{name: letter.payload.get(name, "") for name in ("title", "what", "remedy")},
    }
    if letter.kind is LetterKind.WELCOME:
        reader = letter.subject_id
        values["link"] = page_url(base, "preferences", sign(Purpose.PREFERENCES, reader))
        values["leave"] = page_url(base, "unsubscribe", sign(Purpose.UNSUBSCRIBE, reader))
        values["share"] = share_url(base, slugs[0] if slugs else "")
    elif letter.kind in PAGES:
        page, purpose = PAGES[letter.kind]
        issued = int(letter.created_at.timestamp())
        values["link"] = page_url(base, page, sign(purpose, letter.subject_id, letter.id, issued))
    return values


def _on_the_wire(address: str) -> str:
    try:
        return mailed_as(address)
    except ValueError as wrong:
        raise UnsafeValue(f"The letter's address cannot be mailed: {wrong}.") from None
