"""The languages that briefings are written in; it translates nothing."""

from __future__ import annotations

from collections.abc import Mapping

OFFERED: Mapping[str, str] = {"en": "English"}
"""By code; a reader may choose among these only. Templates and pages are written in English."""
