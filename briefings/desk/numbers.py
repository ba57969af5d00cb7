"""Rates of what readers pressed, beside one another; pure, and None where a group is too small."""

from __future__ import annotations


def rate(number: int | None, of: int, *, per: int) -> float | None:
    """How many there are for each `per`; None when the number may not be shown."""
    return None if number is None or not of else per * number / of


def verdict(own: float | None, usual: float | None, *, more: int, less: int) -> str:
    """Whether a section earns its place: its rate beside that of all sections together."""
    if own is None or not usual:
        return ""
    if own >= usual:
        return "earns its place"
    words = "pressed less than others" if own >= usual / 2 else "pressed less than half as often"
    return f"{words}, and more want less of it than more" if less > more else words


def ruler(largest: float) -> int:
    """The end of a ruler that has room for the largest figure: 1, 2 or 5 times a power of ten."""
    power = 1
    while True:
        for step in (1, 2, 5):
            if power * step >= largest:
                return power * step
        power *= 10
