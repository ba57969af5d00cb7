"""Name all that lasting findings depend on, so that kept ones are asked for; it looks at nothing.

Left out are only the answers of links and the clock, which are looked at every time. What is named
too much costs a second look; what were left out would be believed when it is wrong.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from hashlib import sha256
from importlib.metadata import version
from pathlib import Path

import briefings
from briefings.desk.findings import Finding
from briefings.errors import BriefingsError
from briefings.model.edition import HeadBlock
from briefings.pipeline.audience import Audience
from briefings.pipeline.chain import Chain
from briefings.store import catalogue as catalogues
from briefings.store import editions, findings, publishing
from briefings.store.codec import dumps, loads
from briefings.store.database import Transaction
from briefings.weeks import Week

_MAKERS = ("babel", "jinja2", "markdown-it-py", "mjml-python", "nh3", "rapidfuzz")
"""Packages that decide what a mail looks like, and what is found in it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """What is kept of an edition: its lasting findings, and bytes and head of its plain mail."""

    findings: tuple[Finding, ...]
    size: int
    head: HeadBlock | None


def keys_of(tx: Transaction, chain: Chain, audience: Audience, told_since: Week) -> dict[str, str]:
    """Give the key of each edition of an audience; none where no mail can be made at all.

    `told_since` is the first week whose versions count as reported.
    """
    try:
        mails = chain.renderer().fingerprint
    except BriefingsError:
        return {}
    week = str(audience.week)
    told = publishing.published(tx, audience.editions.keys(), str(told_since), week)
    common = repr(
        (
            program(),
            mails,
            catalogues.fingerprint(tx),
            chain.thin,
            week,
            str(told_since),
            publishing.content_version(tx),
        )
    )
    return {
        slug: sha256(
            repr(
                (
                    common,
                    slug,
                    editions.content_hash(edition),
                    [
                        (item.state.value, item.week)
                        for item in (
                            audience.items[p.item_id, p.revision] for p in edition.placements
                        )
                    ],
                    audience.last_subjects.get(slug),
                    told.get(slug, ()),
                )
            ).encode()
        ).hexdigest()
        for slug, edition in audience.editions.items()
    }


def recall(tx: Transaction, week: Week, keys: Mapping[str, str]) -> dict[str, Kept]:
    """Give what is kept under these keys, by specialization."""
    found = findings.kept(tx, str(week), keys)
    return {slug: loads(Kept, document) for slug, document in found.items()}


def keep(tx: Transaction, week: Week, found: Mapping[str, tuple[str, Kept]]) -> None:
    """Keep (key, findings) of editions, in place of what was kept."""
    findings.keep(tx, str(week), {slug: (key, dumps(one)) for slug, (key, one) in found.items()})


@cache
def program() -> str:
    """Name this program by its own source and the versions of what it makes mails with."""
    return named(Path(briefings.__file__).parent)


def named(home: Path) -> str:
    """Name a program whose source lies in a folder."""
    made = sha256(repr([(name, version(name)) for name in _MAKERS]).encode())
    for path in sorted(home.rglob("*.py")):
        made.update(b"\0%b\0%b" % (str(path.relative_to(home)).encode(), path.read_bytes()))
    return made.hexdigest()
