"""How often something may happen before we stop listening; pure: counts come in as numbers."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import timedelta
from ipaddress import IPv4Address, ip_address, ip_network

HOUR = timedelta(hours=1)
DAY = timedelta(days=1)

_IPV4_PREFIX = 24
_IPV6_PREFIX = 56
"""What providers hand one household or office: counting single addresses would count nothing."""
_NOWHERE = "unknown"


@dataclass(frozen=True, slots=True, kw_only=True)
class Limit:
    """At most `most` uses of a name within a window that begins with the first one."""

    name: str
    most: int
    window: timedelta


def network_of(address: str) -> str:
    """The network that an IP address counts for: /24 of IPv4, /56 of IPv6, mapped ones as IPv4.

    What is no address (a Unix socket has none) counts as one network together.
    """
    try:
        found = ip_address(address.partition("%")[0])
    except ValueError:
        return _NOWHERE
    mapped = None if isinstance(found, IPv4Address) else found.ipv4_mapped
    plain = mapped or found
    prefix = _IPV4_PREFIX if isinstance(plain, IPv4Address) else _IPV6_PREFIX
    return str(ip_network((plain, prefix), strict=False))


def sign_up_limits(network: str, *, per_network: int, in_all: int) -> tuple[Limit, ...]:
    """The limits that a sign-up from a network falls under, per hour; they name no address."""
    return (
        Limit(name=f"sign-up from {network}", most=per_network, window=HOUR),
        Limit(name="sign-up", most=in_all, window=HOUR),
    )


def over(limits: Iterable[Limit], use: Callable[[Limit], int]) -> Limit | None:
    """The first limit that one more use is too much for, or None; `use` counts it."""
    return next((limit for limit in limits if use(limit) > limit.most), None)
