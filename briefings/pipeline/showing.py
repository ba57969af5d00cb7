"""The mail of an edition as a reader would get it, made-up or real; nothing is stored or counted.

Its links belong to nobody: whoever presses one in a preview changes nothing for a reader.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from briefings.deliver.message import Cover
from briefings.errors import NotFound, Refused
from briefings.model.catalogue import PLAN_WEEKS
from briefings.model.delivery import IssueKind, SkipReason
from briefings.model.edition import Composition
from briefings.model.reader import Preferences
from briefings.pipeline.audience import Audience, Key, gather
from briefings.pipeline.chain import Chain
from briefings.pipeline.examine import EXAMINED, SAMPLE_PLAN_WEEK
from briefings.pipeline.letterpress import Letter, fill, lay_out, names_of, personal
from briefings.pipeline.plan_moves import as_mailed
from briefings.pipeline.prepare import load_catalogue
from briefings.slots import Sheet, decode_block, values_for
from briefings.store import deliveries, editions, issues, readers
from briefings.weeks import Week, due_at, zone

SAMPLE_NAME = "Robin Sample"
SAMPLE_ADDRESS = "robin@example.org"
TEST_MARK = "[PREVIEW]"
PLAN, NO_PLAN, PLAN_OVER, HAD_IT = "plan", "no-plan", "plan-over", "had-it"
MADE_UP = {
    PLAN: f"Plan in week {SAMPLE_PLAN_WEEK}",
    NO_PLAN: "No plan",
    PLAN_OVER: "Plan finished",
    HAD_IT: "Had every item before",
}
"""Readers that nobody has to look for: their names in addresses, and in words."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Addressee:
    """Who a mail is shown for: an address, a name, the specializations that brought it.

    `known_as` says who it is where no address may stand: a made-up reader's name, or a number.
    """

    email: str
    name: str
    specializations: tuple[str, ...]
    known_as: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """A mail with its parts decoded, and whole as it would leave. `size` in bytes."""

    reader: Addressee
    subject: str
    preheader: str
    html: str
    text: str
    raw: bytes
    size: int


def show(chain: Chain, week: Week, slug: str, reader: str = PLAN, *, to: str = "") -> Shown:
    """Make the mail for one of MADE_UP, or for the reader with an address.

    `to` makes it a test mail for that address, and the subject says so.

    Raises:
        NotFound: there is no such edition, or nobody with this address.
        Refused: that reader would get no mail, with the reason.
    """
    with chain.db.read() as tx:
        catalogue = load_catalogue(tx)
        real = None if reader in MADE_UP else readers.by_email(tx, reader)
        if reader not in MADE_UP and (real is None or real.confirmed_at is None):
            raise NotFound(f"No confirmed reader has the address {reader}.")
        slugs = (slug,) if real is None else real.preferences.specializations
        stored = editions.of_week(tx, str(week), list(dict.fromkeys((slug, *slugs))))
        if slug not in stored:
            raise NotFound(f"{slug} has no edition for {week} yet: assemble the week first.")
        audience = gather(
            tx, chain, week, catalogue, stored, going=EXAMINED, every_rhythm=real is not None
        )
        if real is not None:
            had = deliveries.received(
                tx, audience.item_ids, real.id, real.id, before_week=str(week)
            )
            if not issues.find(tx, week=str(week), kind=IssueKind.REGULAR):
                real = as_mailed(tx, real, catalogue, week)
            decided = audience.decide(real, had.get(real.id, frozenset()))
            made = decided.composition or decided.reason or SkipReason.NOTHING_NEW
            who = Addressee(
                email=real.email,
                name=real.name,
                specializations=slugs,
                known_as=f"reader {real.id}",
            )
        else:
            made = audience.composition(_made_up(audience, slug, reader))
            who = Addressee(
                email=SAMPLE_ADDRESS, name=SAMPLE_NAME, specializations=slugs, known_as=reader
            )
    if isinstance(made, SkipReason):
        why = audience.silent.get(slug, made.value)
        raise Refused(f"{who.email} would get no mail of {week}: {why}.")
    return mail_of(chain, audience, made, who, to=to)


def mail_of(
    chain: Chain, audience: Audience, made: Composition, who: Addressee, *, to: str = ""
) -> Shown:
    """Render a composition as the mail of somebody; `to` as in `show`."""
    week, catalogue = audience.week, audience.catalogue
    rendered = [chain.renderer().render(spec) for spec in (made.head, *made.blocks)]
    primary = next(iter((*made.editions, *who.specializations)))
    letter = Letter(
        delivery_id=0,
        reader_id=0,
        email=to or who.email,
        name=who.name,
        issue=f"{week}-test-{int(chain.clock().timestamp())}" if to else f"{week}-preview",
        specializations=names_of(catalogue, who.specializations),
    )
    cover = Cover(
        subject=f"{TEST_MARK} {made.head.subject}" if to else made.head.subject,
        issue=letter.issue,
        specialization=primary,
        specialization_name=catalogue.specialization(primary).name,
    )
    usual = due_at(week, chain.schedule.send_at, zone(chain.schedule.timezone))
    laid_out = lay_out(chain, cover, rendered)
    return Shown(
        reader=who,
        subject=made.head.subject,
        preheader=made.head.preheader,
        html=parts_text(chain, [block.html for block in rendered], letter),
        text=parts_text(chain, [block.text for block in rendered], letter),
        raw=fill(chain, laid_out, letter, "preview", chain.clock() if to else usual),
        size=laid_out.size,
    )


def _made_up(audience: Audience, slug: str, reader: str) -> Key:
    """What the list of a made-up reader depends on; where there is no plan all have none."""
    steps = {PLAN: SAMPLE_PLAN_WEEK, PLAN_OVER: PLAN_WEEKS + 1}
    step = steps.get(reader) if audience.catalogue.specialization(slug).plan else None
    placed = audience.editions[slug].placements if slug in audience.editions else ()
    had = frozenset(p.item_id for p in placed) if reader == HAD_IT else frozenset[int]()
    return Preferences(specializations=(slug,)), step, had


def sample_letter(week: Week | str, specializations: str) -> Letter:
    """What fills a single block or a correction for a reader who does not exist."""
    return Letter(
        delivery_id=0,
        reader_id=0,
        email=SAMPLE_ADDRESS,
        name=SAMPLE_NAME,
        issue=f"{week}-preview",
        specializations=specializations,
    )


def parts_text(chain: Chain, encoded: Sequence[bytes], letter: Letter, *, when: str = "") -> str:
    """Fill encoded blocks of one part and decode them: what a mail program would show.

    `when` is the hour at which mails left when this one did; empty for now's.
    """
    sheet = Sheet.of(encoded)
    values = personal(chain, letter)
    values["when"] = when or values["when"]
    return decode_block(sheet.fill(values_for(sheet.slots, values)))
