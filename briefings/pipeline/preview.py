"""One specialization's mail for a sample reader, as files; it stores and sends nothing."""

from __future__ import annotations

import os
from pathlib import Path

from briefings.errors import Refused
from briefings.model.delivery import SkipReason
from briefings.model.reader import Preferences
from briefings.pipeline.chain import Chain
from briefings.pipeline.examine import SAMPLE_PLAN_WEEK
from briefings.pipeline.showing import SAMPLE_ADDRESS, SAMPLE_NAME, Addressee, mail_of
from briefings.pipeline.simulate import audience_of
from briefings.weeks import Week


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
    made = audience.composition((Preferences(specializations=(specialization,)), step, frozenset()))
    if isinstance(made, SkipReason):
        reason = audience.silent.get(specialization, made.value)
        raise Refused(f"There is no mail of {specialization} for {week}: {reason}.")
    who = Addressee(email=SAMPLE_ADDRESS, name=SAMPLE_NAME, specializations=(specialization,))
    mail = mail_of(chain, audience, made, who)
    files = {"html": mail.html.encode(), "txt": mail.text.encode(), "eml": mail.raw}
    out.mkdir(parents=True, exist_ok=True)
    return [write(out / f"{week}-{specialization}.{end}", data) for end, data in files.items()]


def write(path: Path, data: bytes) -> Path:
    """Write a whole file or none: to a neighbour first, then renamed over it."""
    beside = path.with_name(f".{path.name}.{os.getpid()}")
    beside.write_bytes(data)
    beside.replace(path)
    return path
