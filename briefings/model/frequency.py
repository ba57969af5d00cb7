"""How often a reader wants mail; names the choices and never decides who is due (weeks.py does)."""

from __future__ import annotations

from enum import StrEnum


class Frequency(StrEnum):
    """The rhythm that a reader chose; which weeks it means stands in rule R9."""

    WEEKLY = "weekly"
    FORTNIGHTLY = "fortnightly"
    MONTHLY = "monthly"
