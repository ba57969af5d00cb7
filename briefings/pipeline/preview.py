"""One specialization's mail for a sample reader, as files; it stores and sends nothing."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

from briefings.deliver.message import Cover
from briefings.errors import Refused
from briefings.model.delivery import SkipReason
from briefings.model.reader import Preferences
from briefings.pipeline.chain import Chain
from briefings.pipeline.letterpress import Letter, fill, lay_out, names_of, personal
from briefings.pipeline.simulate import audience_of
from briefings.slots import Sheet, decode_block, values_for
from briefings.weeks import Week, due_at, zone

SAMPLE_NAME = "Robin Sample"
SAMPLE_ADDRESS = "robin@example.org"
SAMPLE_PLAN_WEEK = 5


def preview(chain: Chain, week: Week, specialization: str, out: Path) -> list[Path]:
    """Write `WEEK-SPECIALIZATION.html`, `.txt` and `.eml` into a folder.

    Raises:
        NotFound: there is no such specialization.
        Refused: nobody of this specialization would get a mail that week.
    """
    with chain.db.read() as tx:
        audience, _frozen = audience_of(tx, chain, week)
    profile = audience.catalogue.specialization(specialization)
    step = SAMPLE_PLAN_WEEK if profile.plan else None
    own = Preferences(specializations=(specialization,))
    made = audience.composition((own, step, frozenset()))
    if isinstance(made, SkipReason):
        reason = audience.silent.get(specialization, made.value)
        raise Refused(f"There is no mail of {specialization} for {week}: {reason}.")
    rendered = [chain.renderer().render(spec) for spec in (made.head, *made.blocks)]
    cover = Cover(
        subject=made.head.subject,
        issue=f"{week}-preview",
        specialization=specialization,
        specialization_name=profile.name,
    )
    letter = Letter(
        delivery_id=0,
        reader_id=0,
        email=SAMPLE_ADDRESS,
        name=SAMPLE_NAME,
        issue=cover.issue,
        specializations=names_of(audience.catalogue, (specialization,)),
    )
    date = due_at(week, chain.schedule.send_at, zone(chain.schedule.timezone))
    files = {
        "html": parts_text(chain, [block.html for block in rendered], letter).encode(),
        "txt": parts_text(chain, [block.text for block in rendered], letter).encode(),
        "eml": fill(chain, lay_out(chain, cover, rendered), letter, "preview", date),
    }
    out.mkdir(parents=True, exist_ok=True)
    return [write(out / f"{week}-{specialization}.{end}", data) for end, data in files.items()]


def parts_text(chain: Chain, encoded: Sequence[bytes], letter: Letter, *, when: str = "") -> str:
    """Fill encoded blocks of one part and decode them: what a mail program would show.

    `when` is the hour at which mails left when this one did; empty for now's.
    """
    sheet = Sheet.of(encoded)
    values = personal(chain, letter)
    values["when"] = when or values["when"]
    return decode_block(sheet.fill(values_for(sheet.slots, values)))


def write(path: Path, data: bytes) -> Path:
    """Write a whole file or none: to a neighbour first, then renamed over it."""
    beside = path.with_name(f".{path.name}.{os.getpid()}")
    beside.write_bytes(data)
    beside.replace(path)
    return path
