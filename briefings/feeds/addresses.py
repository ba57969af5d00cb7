"""Say which network addresses we may ask; it never resolves or connects.

The address of a feed or a source comes from a catalogue, from people and from redirects, so it can
name a machine behind our own firewall (server-side request forgery). Only what is reachable from
everywhere is allowed.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from ipaddress import (
    IPv4Address,
    IPv4Network,
    IPv6Address,
    IPv6Network,
    ip_address,
    ip_network,
)

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network

_NAT64 = IPv6Network("64:ff9b::/96")
_TUNNELS = (
    IPv6Network("2001::/32"),  # Teredo
    IPv6Network("2002::/16"),  # 6to4
    IPv6Network("64:ff9b:1::/48"),  # NAT64 of one site
    IPv6Network("fec0::/10"),  # site-local
)
_SHARED = (IPv4Network("100.64.0.0/10"), IPv4Network("192.0.0.0/24"))
_LAST_32 = 0xFFFF_FFFF


@dataclass(frozen=True, slots=True, kw_only=True)
class Reach:
    """What may be asked: the public internet over https, and networks of one's own.

    With `http` the public internet may also be asked in the clear: for pages that people are sent
    to, of which we believe no word.
    """

    own: tuple[Network, ...] = ()
    http: bool = False

    @classmethod
    def parse(cls, networks: str, *, http: bool = False) -> Reach:
        """Read networks such as `10.1.0.0/16, 127.0.0.1`; ValueError names the wrong one."""
        own = tuple(ip_network(each.strip()) for each in networks.split(",") if each.strip())
        return cls(own=own, http=http)

    def refusal(self, scheme: str, addresses: Sequence[str]) -> str | None:
        """Say why a host with these addresses may not be asked, or None when it may.

        One address that is not public refuses them all: a name that mixes them is a trap.
        """
        found = [ip_address(each) for each in addresses]
        if not found:
            return "its name has no address"
        if all(self._is_own(each) for each in found):
            return None
        for each in found:
            if not is_public(each):
                return f"{each} is not an address of the public internet"
        return None if scheme == "https" or self.http else "it is not https"

    def _is_own(self, address: Address) -> bool:
        return any(address in network for network in self.own)


def is_public(address: Address) -> bool:
    """Say whether everybody can reach an address; an IPv4 address inside IPv6 counts as itself."""
    if isinstance(address, IPv6Address):
        if address.scope_id:
            return False
        if address.ipv4_mapped is not None:
            return is_public(address.ipv4_mapped)
        if address in _NAT64:
            return is_public(IPv4Address(int(address) & _LAST_32))
        if any(address in tunnel for tunnel in _TUNNELS):
            return False
    elif any(address in shared for shared in _SHARED):
        return False
    return address.is_global and not (
        address.is_multicast or address.is_reserved or address.is_unspecified
    )
