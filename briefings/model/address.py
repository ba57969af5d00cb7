"""Mail addresses: which can be mailed, and when two are one mailbox; it never sends anything."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from functools import lru_cache

import idna

LOCAL_OCTETS = 64  # RFC 5321 section 4.5.3.1.1
ADDRESS_OCTETS = 254  # RFC 5321 section 4.5.3.1.3: a path of 256 octets less its angle brackets
DOMAIN_OCTETS = 253  # RFC 1035 section 2.3.4, written without the root's dot

_ATOM = r"[a-z0-9!#$%&'*+/=?^_`{|}~-]"
_PLAIN = re.compile(rf"(?i:{_ATOM}+(\.{_ATOM}+)*)")
_LABEL = re.compile(r"(?!-)[a-z0-9-]{1,63}(?<!-)")
_ASCII_SPECIALS = frozenset('()<>[]:;@\\," ')


@dataclass(frozen=True, slots=True)
class Address:
    """An address as it is mailed, and the key under which a mailbox exists once."""

    text: str
    key: str


def parse_address(text: str) -> Address:
    """Read one bare address (RFC 5321 `Mailbox` without quoted local parts, plus RFC 6531 text).

    The domain may be international. Raises ValueError with the reason in one clause, never with
    the address in it. The key has both halves in lower case and writes the domain as IDNA does.
    It is lower case and not case folding, which would make one mailbox of susan@ and of the same
    name with a long s (U+017F): whoever owns the second would be taken for the first.
    """
    text = unicodedata.normalize("NFC", text.strip())
    if not text:
        raise ValueError("the address is empty")
    if any(unicodedata.category(letter) in _REFUSED for letter in text):
        raise ValueError("the address holds white space or a control character")
    local, at, domain = text.rpartition("@")
    if not at or not local or not domain:
        raise ValueError("an address has a name, one @ and a domain")
    if "@" in local:
        raise ValueError("an address has one @, this has more")
    _check_local(local)
    ascii_domain = _ascii_domain(domain)
    if len(local.encode()) + 1 + len(ascii_domain) > ADDRESS_OCTETS:
        raise ValueError(f"the address is longer than {ADDRESS_OCTETS} octets (RFC 5321)")
    key_local = unicodedata.normalize("NFC", local.lower())
    return Address(text=f"{local}@{domain.lower()}", key=f"{key_local}@{ascii_domain}")


def mailed_as(text: str) -> str:
    """Write an address as it goes on the wire: the domain in ASCII, the local part untouched.

    Only an address whose local part is beyond ASCII needs SMTPUTF8 then (RFC 6531). Raises
    ValueError as `parse_address` does.
    """
    local, _, domain = parse_address(text).text.rpartition("@")
    return f"{local}@{_ascii_domain(domain)}"


_REFUSED = frozenset({"Cc", "Cf", "Cs", "Zs", "Zl", "Zp"})


def _check_local(local: str) -> None:
    if len(local.encode()) > LOCAL_OCTETS:
        raise ValueError(f"the part before the @ is longer than {LOCAL_OCTETS} octets (RFC 5321)")
    if local.isascii():
        if not _PLAIN.fullmatch(local):
            raise ValueError("the part before the @ has a character or a dot where none may be")
    elif _ASCII_SPECIALS & set(local) or ".." in f".{local}.":
        raise ValueError("the part before the @ has a character or a dot where none may be")


@lru_cache(maxsize=4096)
def _ascii_domain(domain: str) -> str:
    """Write the domain in lower-case ASCII; ValueError with the reason when it is none."""
    if domain.isascii():
        written = domain.lower()
    else:
        try:
            written = idna.encode(domain, uts46=True).decode("ascii").lower()
        except (idna.IDNAError, UnicodeError):
            raise ValueError("the domain is no international domain name (IDNA)") from None
    labels = written.split(".")
    if len(labels) == 1:
        raise ValueError("the domain has no dot")
    if len(written) > DOMAIN_OCTETS or not all(_LABEL.fullmatch(label) for label in labels):
        raise ValueError("the domain is not a domain name")
    if labels[-1].isdigit():
        raise ValueError("the domain is a number, not a name")
    return written
