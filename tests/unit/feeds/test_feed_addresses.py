"""Which addresses a feed may be fetched from."""

from __future__ import annotations

import pytest

from briefings.feeds.addresses import Reach

PUBLIC = Reach()


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1",
        "127.9.9.9",
        "0.0.0.0",
        "10.0.0.1",
        "172.16.0.1",
        "192.168.1.1",
        "169.254.169.254",
        "100.64.0.1",
        "192.0.0.8",
        "198.18.0.1",
        "224.0.0.1",
        "240.0.0.1",
        "255.255.255.255",
        "::",
        "::1",
        "fe80::1",
        "fe80::1%1",
        "fc00::1",
        "fd12:3456::1",
        "ff02::1",
        "fec0::1",
        "::ffff:127.0.0.1",
        "::ffff:10.0.0.1",
        "64:ff9b::7f00:1",
        "64:ff9b::a9fe:a9fe",
        "64:ff9b:1::1",
        "2002:7f00:1::1",
        "2001:0:7f00:1::",
        "2001:db8::1",
    ],
)
def test_what_not_everybody_can_reach_is_refused(address: str) -> None:
    refusal = PUBLIC.refusal("https", [address])
    assert refusal is not None
    assert "public internet" in refusal


@pytest.mark.parametrize(
    "address", ["140.82.121.4", "2606:50c0:8000::154", "::ffff:140.82.121.4", "64:ff9b::8c52:7904"]
)
def test_what_everybody_can_reach_is_allowed_over_https_only(address: str) -> None:
    assert PUBLIC.refusal("https", [address]) is None
    assert PUBLIC.refusal("http", [address]) == "it is not https"


def test_one_private_address_among_public_ones_refuses_all() -> None:
    assert PUBLIC.refusal("https", ["140.82.121.4", "10.0.0.1"]) is not None
    assert PUBLIC.refusal("https", []) == "its name has no address"


def test_networks_of_ones_own_are_allowed_without_https_and_no_others() -> None:
    reach = Reach.parse("10.1.0.0/16, ::1")
    assert reach.refusal("http", ["10.1.2.3"]) is None
    assert reach.refusal("http", ["::1"]) is None
    assert reach.refusal("http", ["10.2.0.1"]) is not None
    assert reach.refusal("https", ["127.0.0.1"]) is not None
    with pytest.raises(ValueError, match="nonsense"):
        Reach.parse("nonsense")
