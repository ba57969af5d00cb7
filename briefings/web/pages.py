"""Turns page templates into responses in one look; it knows no route and reads no database."""

from __future__ import annotations

import mimetypes
from dataclasses import dataclass
from datetime import date, datetime
from hashlib import sha256
from pathlib import Path

from babel.dates import format_date, format_datetime
from fastapi import Response
from fastapi.responses import HTMLResponse
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from briefings.assemble.head import number_word
from briefings.model.catalogue import Specialization
from briefings.model.figures import Metric, metric_words, number, written
from briefings.model.news import Change, News
from briefings.readers.figures import MetricGroup
from briefings.render.compiled import Compiled
from briefings.render.marked import in_html, unmarked
from briefings.render.words import listed, opening
from briefings.web.navigation import entries
from briefings.weeks import Week

_COMPILED = Compiled()
_HERE = Path(__file__).parent
_YEAR = 365 * 86_400
MOST_DESCRIBED = 300
"""Characters of a description; search engines show about half of them."""
_REGIONS = {"us": "United States", "global": "all countries of the survey"}


@dataclass(frozen=True, slots=True, kw_only=True)
class StaticFile:
    """A file that pages link to; its address holds the hash of its content."""

    address: str
    content: bytes
    media_type: str


class Pages:
    """The page templates and the static files they name, read once."""

    def __init__(self, *, demo: bool, postal_address: str, base_host: str) -> None:
        self._static = {file.name: _static(file) for file in (_HERE / "static").iterdir()}
        self._by_address = {file.address: file for file in self._static.values()}
        self._templates = Environment(
            loader=FileSystemLoader(_HERE / "pages"),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
            bytecode_cache=_COMPILED,
        )
        self._templates.filters.update(
            day=day,
            day_and_month=day_and_month,
            week_day=week_day,
            day_and_time=day_and_time,
            marked=in_html,
            unmarked=unmarked,
            moment=moment,
            web_link=web_link,
            tone=tone,
            short_day=short_day,
            capitalize_first=opening,
            number_word=number_word,
            page_of=page_of,
            metric_words=metric_words,
            metric_value=metric_value,
            metric_range=metric_range,
            region=region,
        )
        navigation = entries(demo=demo)
        self._common: dict[str, object] = {
            "static": self._address,
            "demo": demo,
            "postal_address": postal_address,
            "base_host": base_host,
            "section": "",
            "navigation": navigation,
            "sections": {entry.section for entry in navigation},
            "canonical": "",
            "description": "",
            "personal": True,
        }

    def show(self, name: str, week: Week, status: int = 200, **values: object) -> HTMLResponse:
        """Render a page; `week` is the one marked in the masthead."""
        return HTMLResponse(self.text(name, week=week, **values), status_code=status)

    def text(self, name: str, **values: object) -> str:
        """Render a template to text."""
        return self._templates.get_template(name).render({**self._common, **values})

    def load_all(self) -> None:
        """Compile every template, so that no visitor waits for it."""
        for name in self._templates.list_templates(extensions=("html",)):
            self._templates.get_template(name)

    def _address(self, name: str) -> str:
        return self._static[name].address

    def message(
        self, week: Week, status: int, title: str, lead: str, hint: str = "", *, way: str = ""
    ) -> HTMLResponse:
        """Show a page that says one thing: what happened, then what now; `way` is where it goes on.

        It is the sign-up form, where a confirmation came too late.
        """
        return self.show(
            "message.html",
            week,
            status,
            title=title,
            lead=lead,
            hint=hint,
            way=way,
            way_words="Send me a new one",
        )

    def static(self, address: str) -> Response | None:
        """Give a static file by its whole address, to be kept for a year; None for another one."""
        file = self._by_address.get(address)
        if file is None:
            return None
        return Response(
            file.content,
            media_type=file.media_type,
            headers={"cache-control": f"public, max-age={_YEAR}, immutable"},
        )


def day(when: date) -> str:
    """Write "19 August 2026"."""
    return format_date(when, "d MMMM y", locale="en_GB")


def short_day(when: date) -> str:
    """Write "19 Aug 2026"."""
    return format_date(when, "d MMM y", locale="en_GB")


def page_of(specialization: Specialization) -> str:
    """The address of a specialization: a general one shares the page of its role."""
    kind = "roles" if specialization.general else "specializations"
    return f"/{kind}/{specialization.slug}"


def region(name: str) -> str:
    """Write out where pay was paid, in the words of the survey or in ours."""
    return _REGIONS.get(name.casefold(), name)


def metric_value(metric: Metric) -> str:
    """Write a figure as its scale wants it."""
    return written(metric.value, metric.scale)


def metric_range(group: MetricGroup) -> str:
    """Write what a measure says of all its occupations: a value, or the least to the most."""
    values = {number(row.value) for row in group.rows}
    if None in values:
        return listed(dict.fromkeys(row.value for row in group.rows))
    ends = sorted({row.value for row in group.rows}, key=lambda value: number(value) or 0)
    return " to ".join(dict.fromkeys(written(value, group.scale) for value in (ends[0], ends[-1])))


def moment(when: datetime) -> str:
    """Write "24 August 2026, 06:00 UTC" for an instant in UTC."""
    return f"{format_datetime(when, 'd MMMM y, HH:mm', locale='en_GB')} UTC"


def day_and_time(when: datetime) -> str:
    """Write "Mon 24 August 2026, 08:00" for an instant on its own clock."""
    return format_datetime(when, "EEE d MMMM y, HH:mm", locale="en_GB")


def tone(news: News) -> str:
    """The class of an item's label; what is no change of a tool is a bare word."""
    return (news.inked or Change.RELEASE).value


def described(text: str) -> str:
    """Cut a text between sentences, or between words, to what search engines may show of it."""
    if len(text) <= MOST_DESCRIBED:
        return text
    cut = text[:MOST_DESCRIBED]
    whole = cut.rpartition(". ")[0]
    return f"{whole}." if whole else f"{cut.rpartition(' ')[0]} ..."


def web_link(url: str) -> str:
    """The address of a source, or nowhere if it is not one that a browser may follow from here."""
    return url if url.startswith(("https://", "http://")) else "#"


def _static(file: Path) -> StaticFile:
    content = file.read_bytes()
    media_type, _ = mimetypes.guess_type(file.name)
    return StaticFile(
        address=f"/static/{sha256(content).hexdigest()[:16]}/{file.name}",
        content=content,
        media_type=media_type or "application/octet-stream",
    )


def day_and_month(when: date) -> str:
    """Write "19 August"."""
    return format_date(when, "d MMMM", locale="en_GB")


def week_day(when: date) -> str:
    """Write "Monday 24 August"."""
    return format_date(when, "EEEE d MMMM", locale="en_GB")
