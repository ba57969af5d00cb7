"""Rules of time that are stored with the installation; the environment wins at every start."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from briefings.config import PREFIX, Settings
from briefings.errors import Misconfigured
from briefings.pipeline.chain import Chain
from briefings.store import instance
from briefings.store.database import Database

RULES = (
    "send_at",
    "timezone",
    "approval",
    "thin_minimum",
    "thin_fill_weeks",
    "thin_merge",
    "late_policy",
    "late_hours",
)
"""Settings that may stand in the database, because everybody who ticks must agree on them."""
_KEY = "rule."


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """A rule with where it comes from: `environment` (locked), `stored` or `default`."""

    name: str
    value: str
    origin: str


def stored_rules(db: Database) -> dict[str, str]:
    """Give the rules that are stored, by field name."""
    with db.read() as tx:
        found = {name: instance.get(tx, _KEY + name) for name in RULES}
    return {name: value for name, value in found.items() if value}


def effective(settings: Settings, db: Database) -> Settings:
    """Complete settings with stored rules; what was given to `settings` wins.

    Raises:
        WrongSetting: a stored value is not allowed (any more).
    """
    stored = {n: v for n, v in stored_rules(db).items() if n not in settings.model_fields_set}
    if not stored:
        return settings
    checked = Settings.load({f"{PREFIX}{name.upper()}": value for name, value in stored.items()})
    return settings.model_copy(update={name: getattr(checked, name) for name in stored})


def store_rule(chain: Chain, text: str) -> str:
    """Store `NAME=VALUE` for the next start; an empty value goes back to the default.

    Raises:
        Misconfigured: it has no such form, or the name is no rule.
        WrongSetting: the value is not allowed.
    """
    name, found, value = text.partition("=")
    field = name.strip().removeprefix(PREFIX).lower()
    if not found or field not in RULES:
        known = ", ".join(rule.upper() for rule in RULES)
        raise Misconfigured(f"--set {text!r}: write NAME=VALUE with one of {known}.")
    if value.strip():
        Settings.load({f"{PREFIX}{field.upper()}": value.strip()})
    with chain.db.write() as tx:
        instance.put(tx, _KEY + field, value.strip())
    return f"{field.upper()} is stored; services take it up when they start."


def rules_of(chain: Chain, settings: Settings, environment: Mapping[str, str]) -> list[Rule]:
    """Every rule with its value and where it comes from, as the next start will see them."""
    stored = stored_rules(chain.db)
    return [_rule(name, settings, stored, environment) for name in RULES]


def _rule(
    name: str, settings: Settings, stored: Mapping[str, str], environment: Mapping[str, str]
) -> Rule:
    if f"{PREFIX}{name.upper()}" in environment:
        value, origin = str(getattr(settings, name)), "environment"
    elif name in stored:
        value, origin = stored[name], "stored"
    else:
        value, origin = str(Settings.model_fields[name].default), "default"
    return Rule(name=name.upper(), value=value, origin=origin)
