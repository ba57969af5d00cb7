"""Show where the mails of a week lead, and what each address answered last; it tries none."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from briefings.model.links import LinkAnswer
from briefings.pipeline.chain import Chain
from briefings.pipeline.link_checks import LATELY, due_again, links_of_editions
from briefings.pipeline.prepare import load_catalogue
from briefings.store import link_checks
from briefings.weeks import Week


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where a link stands: in the edition of a specialization, by an item or by a step."""

    slug: str
    name: str
    place: str
    item_id: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class WeekLink:
    """An address, its newest answer where it was ever tried, and the places that lead there."""

    url: str
    answer: LinkAnswer | None
    places: tuple[Place, ...]

    @property
    def state(self) -> str:
        """How it stands, in a word: gone, away, moved, there, or untried."""
        answer = self.answer
        if answer is None:
            return "untried"
        if answer.gone:
            return "gone"
        if not answer.served:
            return "away"
        return "moved" if answer.moved and self.of_an_item else "there"

    @property
    def of_an_item(self) -> bool:
        """Whether an item leads there, which an editor may put right."""
        return any(place.item_id is not None for place in self.places)


@dataclass(frozen=True, slots=True, kw_only=True)
class WeekLinks:
    """All addresses of a week's editions, each once; `due` a press would try, the rest was lately.

    `editions` counts those that may go.
    """

    week: Week
    editions: int
    links: tuple[WeekLink, ...]
    due: int

    @property
    def counts(self) -> Mapping[str, int]:
        """How many stand how, what is wrong first."""
        names = ("gone", "away", "moved", "there", "untried")
        return {name: len(self.of_state(name)) for name in names}

    def of_state(self, state: str) -> list[WeekLink]:
        """The links that stand so."""
        return [link for link in self.links if link.state == state]


def week_links(chain: Chain, week: Week) -> WeekLinks:
    """Look at the links of a week; one that nobody assembled has none."""
    with chain.db.read() as tx:
        mailed = links_of_editions(tx, chain, week)
        names = {each.slug: each.name for each in load_catalogue(tx).specializations}
        places: dict[str, list[Place]] = {}
        for slug, links in mailed.items():
            for link in links:
                place = Place(slug=slug, name=names[slug], place=link.place, item_id=link.item_id)
                places.setdefault(link.url, []).append(place)
        answers = link_checks.of(tx, places)
    return WeekLinks(
        week=week,
        editions=len(mailed),
        links=tuple(
            WeekLink(url=url, answer=answers.get(url), places=tuple(stands))
            for url, stands in places.items()
        ),
        due=len(due_again(places, answers, chain.clock(), LATELY)),
    )
