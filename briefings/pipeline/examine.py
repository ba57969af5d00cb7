"""Gather what preflight looks at, for editions of a week; it opens no link and approves nothing.

Links count as they answered when they were last tried, so approving works without a network.
Making and reading the mails of 200 editions takes seconds, so what lasts of it is kept.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta

from briefings.desk.findings import Finding
from briefings.desk.links import link_findings
from briefings.desk.preflight import Examined, Rendered, blocking, lasting, ordered
from briefings.errors import BriefingsError, Misconfigured
from briefings.model.catalogue import Catalogue
from briefings.model.delivery import SkipReason
from briefings.model.edition import Composition, Edition, HeadBlock
from briefings.model.news import Item
from briefings.model.reader import Preferences
from briefings.pipeline.audience import Audience, gather
from briefings.pipeline.chain import Chain
from briefings.pipeline.kept_findings import Kept, keys_of, recall
from briefings.pipeline.mailed_links import EXAMINED, mailed_links
from briefings.pipeline.prepare import load_catalogue
from briefings.slots import Sheet, decode_block
from briefings.store import editions, link_checks, publishing
from briefings.weeks import Week

SAMPLE_PLAN_WEEK = 5
_REPORTED_WEEKS = 26


@dataclass(frozen=True, slots=True, kw_only=True)
class Looked:
    """An edition as preflight saw it: findings, bytes and head of its plain mail, its items.

    `head` is None where no reader would get a mail. `to_keep` holds what was found anew, under the
    key that says how long it stays true.
    """

    edition: Edition
    findings: tuple[Finding, ...]
    size: int
    head: HeadBlock | None
    items: tuple[Item, ...]
    to_keep: tuple[str, Kept] | None

    @property
    def blocking(self) -> list[Finding]:
        """What stops an approval."""
        return blocking(self.findings)


def examine(
    chain: Chain,
    week: Week,
    only: Sequence[str] = (),
    *,
    trying: Mapping[str, Edition] | None = None,
) -> dict[str, Looked]:
    """Look the stored editions of a week over, all that may go or those named, by specialization.

    `trying` holds editions that stand in the place of stored ones. What was kept of an edition is
    taken where nothing that it depends on is another since; nothing is written.
    """
    with chain.db.read() as tx:
        stored = {**editions.of_week(tx, str(week), only or None), **(trying or {})}
        stored = {s: e for s, e in stored.items() if not only or s in only}
        catalogue = load_catalogue(tx)
        audience = gather(tx, chain, week, catalogue, stored, going=EXAMINED, every_rhythm=False)
        since = Week.of(week.mail_monday - timedelta(weeks=_REPORTED_WEEKS))
        keys = keys_of(tx, chain, audience, since)
        known = recall(tx, week, keys)
        anew = [slug for slug in audience.editions if slug not in known]
        reported = publishing.versions_told(tx, anew, str(since), str(week)) if anew else {}
        mailed = {slug: mailed_links(audience, slug) for slug in audience.editions}
        links = link_checks.of(tx, {link.url for each in mailed.values() for link in each})
    now = chain.clock()
    looked: dict[str, Looked] = {}
    for slug, edition in audience.editions.items():
        found = known.get(slug)
        to_keep = None
        if found is None:
            found, whole = look(chain, audience, slug, reported=reported.get(slug, {}))
            to_keep = (keys[slug], found) if whole and slug in keys else None
        looked[slug] = Looked(
            edition=edition,
            findings=tuple(ordered([*found.findings, *link_findings(mailed[slug], links, now)])),
            size=found.size,
            head=found.head,
            items=_carried(audience, edition),
            to_keep=to_keep,
        )
    return looked


def look(
    chain: Chain, audience: Audience, slug: str, *, reported: Mapping[str, Sequence[str]]
) -> tuple[Kept, bool]:
    """Find what lasts in one edition of an audience; False where its mail could not be made."""
    edition = audience.editions[slug]
    made = audience.composition(
        (Preferences(specializations=(slug,)), _step(audience.catalogue, slug), frozenset())
    )
    mail = None if isinstance(made, SkipReason) else made
    rendered, trouble = _rendered(chain, mail)
    findings = lasting(
        Examined(
            now=chain.clock(),
            day=audience.week.mail_monday,
            items=_carried(audience, edition),
            subject=edition.subject or (mail.head.subject if mail else ""),
            preheader=edition.preheader or (mail.head.preheader if mail else ""),
            intro=edition.intro or (mail.head.intro if mail else ""),
            last_subject=audience.last_subjects.get(slug),
            reported=reported,
            rendered=rendered,
            trouble=trouble,
            postal_address=_postal_address(chain) if rendered else "",
        )
    )
    found = Kept(
        findings=tuple(findings),
        size=rendered.size if rendered else 0,
        head=mail.head if mail else None,
    )
    return found, not trouble


def _carried(audience: Audience, edition: Edition) -> tuple[Item, ...]:
    return tuple(audience.items[p.item_id, p.revision] for p in edition.placements)


def _step(catalogue: Catalogue, slug: str) -> int | None:
    return SAMPLE_PLAN_WEEK if catalogue.specialization(slug).plan else None


def _rendered(chain: Chain, mail: Composition | None) -> tuple[Rendered | None, str]:
    if mail is None:
        return None, ""
    try:
        blocks = [chain.renderer().render(spec) for spec in (mail.head, *mail.blocks)]
    except BriefingsError as wrong:
        mend = ". An operator has to mend that." if isinstance(wrong, Misconfigured) else ""
        return None, f"{str(wrong).rstrip('.')}{mend}" if mend else str(wrong)
    html, text = b"".join(b.html for b in blocks), b"".join(b.text for b in blocks)
    return (
        Rendered(
            html=decode_block(html),
            text=decode_block(text),
            size=len(html) + len(text),
            slots=Sheet.of([html, text]).slots,
        ),
        "",
    )


def _postal_address(chain: Chain) -> str:
    return chain.renderer().site.postal_address
