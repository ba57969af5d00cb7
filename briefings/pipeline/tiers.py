"""Give a reader a tier: the one way in for operators and, later, for a payment provider.

It asks for no money and mails nothing; the tier is read when the next mail is claimed (R7).
"""

from __future__ import annotations

from dataclasses import dataclass

from briefings.errors import NotFound
from briefings.model.catalogue import Tier
from briefings.pipeline.chain import Chain
from briefings.pipeline.prepare import load_catalogue
from briefings.store import grants, readers
from briefings.store.grants import Grant


@dataclass(frozen=True, slots=True, kw_only=True)
class Granted:
    """What a grant came to; `written` is False when it had been made before.

    `changed` is False also when the reader had the tier, granted under another key.
    """

    reader_id: int
    tier: str
    before: str
    changed: bool
    written: bool


def grant(chain: Chain, email: str, tier: str, *, by: str, key: str = "") -> Granted:
    """Give a reader a tier, and write down who did.

    `key` names what this grant is for, such as the number of a payment provider's event: the same
    key again changes nothing, however often and however late it comes. Without a key, a reader who
    has the tier already is left as they are. Readers who end a paid tier are granted a free one.

    Raises:
        NotFound: no reader has this address, or the catalogue has no such tier.
        Temporary: the database is locked; nothing was changed.
    """
    now = chain.clock()
    with chain.db.write() as tx:
        reader = readers.by_email(tx, email)
        if reader is None:
            raise NotFound(f"There is no reader {email}: check the spelling.")
        offered = load_catalogue(tx).tiers
        if tier not in {each.slug for each in offered}:
            raise NotFound(
                f"The catalogue has no tier {tier!r}; it has "
                f"{', '.join(each.slug for each in offered) or 'none'}. See tiers.yaml."
            )
        unchanged = Granted(
            reader_id=reader.id,
            tier=reader.tier,
            before=reader.tier,
            changed=False,
            written=False,
        )
        if not key and reader.tier == tier:
            return unchanged
        said = Grant(tier=tier, before=reader.tier, by=by, at=now)
        version = reader.preferences_version  # every change of tier raises it
        made_for = f"{by} key {key}" if key else f"{by} reader {reader.id} version {version}"
        if not grants.add(tx, made_for, reader.id, said):
            return unchanged
        if reader.tier != tier:
            readers.set_tier(tx, reader.id, tier, now)
    return Granted(
        reader_id=reader.id,
        tier=tier,
        before=reader.tier,
        changed=reader.tier != tier,
        written=True,
    )


def tiers(chain: Chain) -> tuple[Tier, ...]:
    """Give the tiers of the catalogue, in its order."""
    with chain.db.read() as tx:
        return load_catalogue(tx).tiers
