"""Gives the key under which a mailbox is stored once; it never checks that a mailbox exists."""

from __future__ import annotations

from briefings.model.address import parse_address
from briefings.store.codec import nfc


def mailbox_key(address: str) -> str:
    """Give the text by which two spellings of one mailbox are equal (model/address.py says how).

    An address that could not be mailed gets a key, too: nobody has it, so look-ups find nobody.
    """
    address = address.strip()
    if address.isascii():  # the key of such an address is itself in lower case, 30 times faster
        return address.lower()
    try:
        return parse_address(address).key
    except ValueError:
        return nfc(address.lower())
