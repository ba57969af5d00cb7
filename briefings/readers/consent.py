"""The words that readers agree to, by version; never who agreed (store/consents.py keeps that)."""

from __future__ import annotations

from collections.abc import Mapping

CONSENT: Mapping[str, str] = {
    "2026-11": (
        "Yes, send me one mail a week about what I chose here. I can leave at any time, with one "
        "press in every mail. You keep my address, my choice, and when and from which network I "
        "agreed, until I leave and ask you to delete it."
    ),
}
"""Every text that was ever shown: proofs name its version, so a text is added and never changed."""

PRESENT = max(CONSENT)
"""The version that the form shows now."""
