"""Where mail goes: reads `MAIL_URL` for an SMTP server; never connects, never shows a secret."""

from __future__ import annotations

import ipaddress
import ssl
from dataclasses import dataclass, field
from typing import Literal
from urllib.parse import unquote, urlsplit

from briefings.errors import WrongSetting

_PORTS: dict[str, int] = {"smtp": 25, "smtps": 465, "smtp+starttls": 587}
_SECURITY: dict[str, Security] = {"smtp": "none", "smtps": "tls", "smtp+starttls": "starttls"}
_FORMS = (
    "smtp://host:port, smtps://user:password@host:port, smtp+starttls://user:password@host:port; "
    "write special characters of user and password as %XX"
)

Security = Literal["none", "tls", "starttls"]


@dataclass(frozen=True, kw_only=True, slots=True)
class Relay:
    """The next mail server; user name and password stay out of `repr`, `str` and messages."""

    host: str
    port: int
    security: Security
    username: str | None = field(default=None, repr=False)
    password: str | None = field(default=None, repr=False)

    def __str__(self) -> str:
        """Return `host:port`, the form for logs and messages."""
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"

    @classmethod
    def parse(cls, mail_url: str) -> Relay:
        """Read an `smtp://`, `smtps://` or `smtp+starttls://` address (RFC 3986 escapes).

        Default ports 25, 465, 587. Raises WrongSetting, without the value, which may hold a
        password; also for a login that would cross the network in clear.
        """
        try:
            parts = urlsplit(mail_url.strip())
            port, host = parts.port, parts.hostname
        except ValueError as trouble:
            raise _wrong(f"has a wrong host or port ({trouble})") from None
        if parts.scheme not in _SECURITY:
            raise _wrong(f"begins with {parts.scheme[:20]!r}")
        if not host or any(sign.isspace() or not sign.isprintable() for sign in host):
            raise _wrong("names no host")
        if port == 0:
            raise _wrong("names port 0")
        if parts.path not in ("", "/") or parts.query or parts.fragment:
            raise _wrong("has something behind the port")
        username = unquote(parts.username, errors="strict") if parts.username else None
        password = unquote(parts.password, errors="strict") if parts.password else None
        if (username is None) != (password is None):
            raise _wrong("has a user without a password, or the other way round")
        security = _SECURITY[parts.scheme]
        if username is not None and security == "none" and not _is_this_machine(host):
            raise _wrong("would send the password in clear")
        return cls(
            host=host,
            port=port or _PORTS[parts.scheme],
            security=security,
            username=username,
            password=password,
        )


def verifying_context(*, authorities: str | None = None) -> ssl.SSLContext:
    """Return a TLS context that checks certificate and host name, TLS 1.2 or newer.

    `authorities` is a PEM file used in place of the system's. Raises WrongSetting if unreadable.
    """
    try:
        context = ssl.create_default_context(cafile=authorities)
    except OSError as trouble:
        raise WrongSetting(
            f"The certificate file {authorities} cannot be read ({trouble}); name a PEM file"
        ) from None
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    return context


def _is_this_machine(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _wrong(what: str) -> WrongSetting:
    return WrongSetting(f"MAIL_URL {what}; allowed: {_FORMS}")
