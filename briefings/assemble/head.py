"""Write the head of a mail from what stands in it, so it never announces anything else (R2).

It only sees the blocks that a reader gets; counts are taken from them and from nothing else.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

from briefings.assemble.pay import pay_words
from briefings.assemble.rank import urgency
from briefings.assemble.subject import first_new, one_line
from briefings.model.catalogue import PLAN_WEEKS
from briefings.model.edition import ClosingBlock, HeadBlock, ItemBlock, PlanBlock
from briefings.model.news import Change, Kind

if TYPE_CHECKING:
    from collections.abc import Sequence

    from briefings.model.catalogue import Specialization
    from briefings.model.news import News
    from briefings.weeks import Week

PlanPart = PlanBlock | ClosingBlock

_NUMBERS = (
    *("no", "one", "two", "three", "four", "five", "six"),
    *("seven", "eight", "nine", "ten", "eleven", "twelve"),
)
_COUNTED: dict[Change | Kind, tuple[str, str]] = {
    Change.SECURITY: ("security fix", "security fixes"),
    Change.BREAKING: ("breaking change", "breaking changes"),
    Change.DEPRECATION: ("deprecation", "deprecations"),
    Change.PRICING: ("pricing change", "pricing changes"),
    Change.RELEASE: ("release", "releases"),
    Kind.ROLE_UPDATE: ("role update", "role updates"),
}
_UPDATE = "update"
_MEAN_UPDATE = ("update", "upgrade", "move to", "install")  # other acts keep the headline as title
_PLAN_OVER = "Your 12-week plan is over: what comes next"


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnWords:
    """An editor's subject, preview line and intro; empty words are made from the items."""

    subject: str = ""
    intro: str = ""
    preheader: str = ""


def number_word(count: int) -> str:
    """Write a count as a word up to twelve, then as digits."""
    return _NUMBERS[count] if count < len(_NUMBERS) else str(count)


def compose_head(
    week: Week,
    specialization: Specialization,
    items: Sequence[ItemBlock],
    plan: PlanPart | None,
    *,
    own: OwnWords,
    quiet: bool = False,
    last_subject: str | None = None,
    language: str = "en",
) -> HeadBlock:
    """Write subject, title, preview line and intro for one list of items and plan step.

    `items` are those of the mail in their order; with none there must be a plan part. `own` holds
    the editor's words when they fit this list. `quiet` says that none of the reader's editions
    had news of its own week. The subject has at most 60 characters, whole words, no control
    characters, and is never `last_subject`.
    """
    title = one_line(own.subject) or _title(items, plan, quiet=quiet)
    label = f"Week {week.number}"
    topic = one_line(own.subject) or (one_line(items[0].item.news.headline) if items else title)
    candidates = (
        topic,
        f"{label}: {topic}",
        f"{specialization.name}: {label.lower()}",
        f"{label}: {week.label()}",
    )
    return HeadBlock(
        week=str(week),
        specialization=specialization.name,
        subject=first_new(candidates, last_subject),
        title=title,
        preheader=one_line(own.preheader) or _preheader(items, plan, quiet=quiet),
        intro=one_line(own.intro) or _intro(items, plan, quiet=quiet),
        language=language,
    )


def _title(items: Sequence[ItemBlock], plan: PlanPart | None, *, quiet: bool) -> str:
    if items:
        return _acts(items) or one_line(items[0].item.news.headline)
    if isinstance(plan, PlanBlock):
        step = f"Week {plan.step.number} of your plan: {one_line(plan.step.headline)}"
        return f"A quiet week: your plan is in week {plan.step.number}" if quiet else step
    return _PLAN_OVER


def _acts(items: Sequence[ItemBlock]) -> str:
    """Lead with the act when a security fix is first: "Update Terraform first, then check Argo"."""
    acts = list(dict.fromkeys(act for block in items if (act := _act(block))))
    if not _act(items[0]).startswith(_UPDATE):
        return ""
    first = f"{_UPDATE.capitalize()}{acts[0].removeprefix(_UPDATE)}"
    return one_line(f"{first} first, then {acts[1]}" if len(acts) > 1 else f"{first} this week")


def _act(block: ItemBlock) -> str:
    """Say in three words what an item of the week asks for, if it is pressing and clear."""
    change, do = urgency(block.item.news), block.item.news.do.casefold()
    if block.past or block.tool is None:
        return ""
    if change is Change.SECURITY and do.startswith(_MEAN_UPDATE):
        return f"{_UPDATE} {block.tool.name}"
    return f"check {block.tool.name}" if change is Change.BREAKING else ""


def _preheader(items: Sequence[ItemBlock], plan: PlanPart | None, *, quiet: bool) -> str:
    fresh = [block.item.news for block in items if not block.past]
    counts = Counter(urgency(news) for news in fresh)
    said = [_counted(counts[place], *names) for place, names in _COUNTED.items() if counts[place]]
    sentences = [_sentence(", ".join(said))] if said else []
    if counts[Kind.SALARY_NEWS]:
        sentences.append(pay_words(fresh).short)
    if quiet:
        sentences.append("A quiet week.")
    if earlier := len(items) - len(fresh):
        sentences.append(_sentence(f"{_counted(earlier, 'item', 'items')} from earlier weeks"))
    sentences += _plan_short(plan)
    return " ".join(sentences)


def _intro(items: Sequence[ItemBlock], plan: PlanPart | None, *, quiet: bool) -> str:
    fresh = [block.item.news for block in items if not block.past]
    sentences = ["A quiet week: none of your tools changed."] if quiet else []
    sentences += _below(items, fresh)
    clauses: list[str] = []
    if any(news.kind is Kind.SALARY_NEWS for news in fresh):
        clauses.append(pay_words(fresh).clause)
    clauses += _plan_clause(plan, alone=not items)
    if clauses:
        sentences.append(_sentence(", and ".join(clauses)))
    return " ".join(sentences)


def _below(items: Sequence[ItemBlock], fresh: Sequence[News]) -> list[str]:
    """Say what is below and how much of it asks for something, earlier items included."""
    tools = [block.item.news for block in items if block.item.news.kind is Kind.TOOL_CHANGE]
    asking = sum(1 for news in tools if news.do)
    if any(news.kind is Kind.TOOL_CHANGE for news in fresh):
        return [_asked(len(tools), asking)]
    if updates := sum(1 for news in fresh if news.kind is Kind.ROLE_UPDATE):
        return [_stands(updates, *_COUNTED[Kind.ROLE_UPDATE])]
    if fresh or not items:
        return []
    below = _stands(len(items), "item from earlier weeks", "items from earlier weeks")
    if not asking:
        return [below]
    some = "it" if len(items) == 1 else number_word(asking)
    verb = "asks" if asking == 1 else "ask"
    return [f"{below[:-1]}, and {some} {verb} something of you."]


def _stands(count: int, one: str, many: str) -> str:
    return _sentence(f"{_counted(count, one, many)} {'is' if count == 1 else 'are'} below")


def _asked(tools: int, asking: int) -> str:
    """Say how many of the tool changes below want something done."""
    these = f"the {number_word(tools)} tool changes below"
    if tools == 1:
        return f"The one tool change below asks {'something' if asking else 'nothing'} of you."
    if asking == 0:
        return f"None of {these} asks anything of you."
    if asking == tools:
        return f"Every one of {these} asks something of you."
    verb = "asks" if asking == 1 else "ask"
    others = f"the other {number_word(tools - asking)}"
    return _sentence(f"{number_word(asking)} of {these} {verb} something of you; {others} can wait")


def _plan_short(plan: PlanPart | None) -> list[str]:
    if plan is None:
        return []
    if isinstance(plan, PlanBlock):
        return [f"Plan week {plan.step.number} of {PLAN_WEEKS}."]
    return ["Your plan is over: what comes next."]


def _plan_clause(plan: PlanPart | None, *, alone: bool) -> list[str]:
    if plan is None:
        return []
    if isinstance(plan, PlanBlock):
        return ["your plan step is below" if alone else f"your plan is in week {plan.step.number}"]
    return ["your 12-week plan is over, and what comes next is below"]


def _counted(count: int, one: str, many: str) -> str:
    return f"{number_word(count)} {one if count == 1 else many}"


def _sentence(text: str) -> str:
    return f"{text[:1].upper()}{text[1:]}."
