"""Settings from the environment, checked once and frozen; nothing else reads the environment."""

from __future__ import annotations

import difflib
import re
from collections.abc import Mapping
from enum import StrEnum
from ipaddress import ip_network
from pathlib import Path
from typing import Annotated, Literal, Self
from urllib.parse import urlsplit

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    SecretStr,
    ValidationError,
)

from briefings.errors import Misconfigured, WrongSetting
from briefings.weeks import SendAt, zone

PREFIX = "BRIEFINGS_"
ON = "on"
SHORTEST_SECRET = 32

MAIL_FORMS = "maildir://FOLDER, smtp://, smtps:// or smtp+starttls://[user:password@]host[:port]"
_MAIL_SCHEMES = ("maildir", "smtp", "smtps", "smtp+starttls")
_CONTROL = re.compile(r"[\x00-\x1f\x7f\u0085\u2028\u2029]")


class Approval(StrEnum):
    """Who approves editions at the cut-off."""

    MANUAL = "manual"
    AUTO = "auto"


class LatePolicy(StrEnum):
    """What happens to a run that the tick finds too late."""

    SEND = "send"
    HOLD = "hold"
    SKIP = "skip"


def _plain(value: str) -> str:
    if _CONTROL.search(value):
        raise ValueError("a text without control characters or line breaks")
    return value.strip()


def _base_url(value: str) -> str:
    parts = urlsplit(_plain(value))
    if parts.scheme not in ("http", "https") or not parts.netloc or parts.query or parts.fragment:
        raise ValueError("http://host or https://host, without query")
    return value.strip().rstrip("/")


def _database_url(value: str) -> str:
    if not value.startswith(("sqlite:///", "postgresql+psycopg://", "postgresql://")):
        raise ValueError("sqlite:///FILE or postgresql://user:password@host/database")
    return value


def _mail_url(value: str) -> str:
    scheme, found, rest = _plain(value).partition("://")
    if not found or scheme not in _MAIL_SCHEMES or not rest:
        raise ValueError(MAIL_FORMS)
    return value.strip()


def _send_at(value: str) -> str:
    try:
        return str(SendAt.parse(value))
    except Misconfigured as wrong:
        raise ValueError("a weekday and a time such as MON 08:00") from wrong


def _zone(value: str) -> str:
    try:
        return zone(value).key
    except Misconfigured as wrong:
        raise ValueError(f"an IANA time zone such as Europe/Berlin ({wrong})") from wrong


def _bind(value: str) -> str:
    host, found, port = value.rpartition(":")
    if not found or not host or not port.isdigit() or int(port) > 65535:  # noqa: PLR2004 - 16 bit
        raise ValueError("host:port, for instance 127.0.0.1:8025")
    return value


def _test_mode(value: object) -> str:
    """Give "on", an address, or nothing for off."""
    text = _plain(str(value))
    if text.casefold() in ("", "off", "false", "no", "0"):
        return ""
    if text.casefold() in ("on", "true", "yes", "1"):
        return ON
    try:
        return _address(text)
    except ValueError:
        raise ValueError("off, on (everything goes to OPERATOR), or an address") from None


def _address(value: str) -> str:
    if "@" not in _plain(value) or value.strip().endswith("@"):
        raise ValueError("an address such as briefings@example.org or Name <briefings@example.org>")
    return value.strip()


def _networks(value: str) -> str:
    try:
        found = [ip_network(each.strip()) for each in _plain(value).split(",") if each.strip()]
    except ValueError as wrong:
        raise ValueError("networks such as 10.1.0.0/16, with commas") from wrong
    return ", ".join(map(str, found))


Plain = Annotated[str, AfterValidator(_plain)]
Address = Annotated[str, AfterValidator(_address)]


class Settings(BaseModel):
    """Everything an operator can set; what has no default is asked for by whoever needs it."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    database_url: Annotated[str, AfterValidator(_database_url)] = "sqlite:///subscribers.db"
    mail_url: Annotated[str, AfterValidator(_mail_url)] = "maildir://outbox"
    base_url: Annotated[str, AfterValidator(_base_url)] | None = None
    sender: Address | None = None
    reply_to: Address | None = None
    postal_address: Plain | None = None
    operator: Address | None = None
    secret_key: SecretStr | None = None
    secret_key_file: Path | None = None
    send_at: Annotated[str, AfterValidator(_send_at)] = "MON 08:00"
    timezone: Annotated[str, AfterValidator(_zone)] = "UTC"
    approval: Approval = Approval.MANUAL
    lanes: Annotated[int, Field(ge=1, le=256)] = 8
    rate: Annotated[float, Field(gt=0)] | None = None
    bind: Annotated[str, AfterValidator(_bind)] = "127.0.0.1:8025"
    state_dir: Path | None = None
    signups_per_network: Annotated[int, Field(ge=1)] = 30
    signups_per_hour: Annotated[int, Field(ge=1)] = 1000
    test_mode: Annotated[str, BeforeValidator(_test_mode)] = ""
    test_recipients: Plain = ""
    trusted_proxies: Plain = ""
    thin_minimum: Annotated[int, Field(ge=0, le=12)] = 3
    thin_fill_weeks: Annotated[int, Field(ge=0, le=8)] = 4
    thin_merge: bool = False
    late_policy: LatePolicy = LatePolicy.HOLD
    late_hours: Annotated[int, Field(ge=0, le=168)] = 24
    feeds: Literal["on", "off"] = "on"
    feed_networks: Annotated[str, AfterValidator(_networks)] = ""
    log_format: Literal["console", "json"] = "console"

    @classmethod
    def load(cls, environment: Mapping[str, str], **overrides: object) -> Self:
        """Read the `BRIEFINGS_` settings out of an environment.

        Raises:
            WrongSetting: a name is unknown or a value is outside what is allowed; the message
                names the setting and the allowed values and never a secret.
        """
        given = {
            name.removeprefix(PREFIX).lower(): value
            for name, value in environment.items()
            if name.startswith(PREFIX)
        }
        for name in given:
            if name not in cls.model_fields:
                close = difflib.get_close_matches(name, cls.model_fields, 1)
                hint = f"; did you mean {PREFIX}{close[0].upper()}?" if close else ""
                allowed = ", ".join(f"{field.upper()}" for field in cls.model_fields)
                raise WrongSetting(
                    f"{PREFIX}{name.upper()} is not a setting{hint} Known after {PREFIX}: {allowed}"
                )
        try:
            return cls.model_validate({**given, **overrides})
        except ValidationError as wrong:
            raise WrongSetting(_one_line(wrong)) from None

    @property
    def folder(self) -> Path:
        """`STATE_DIR`, by default the SQLite file's folder (or here, with another database)."""
        if self.state_dir is not None:
            return self.state_dir
        if self.database_url.startswith("sqlite:///"):
            return Path(self.database_url.removeprefix("sqlite:///")).parent
        return Path()

    @property
    def secrets(self) -> str:
        """The secret keys, newest first, joined by commas.

        Raises:
            WrongSetting: there is none, it is too short, or its file cannot be read.
        """
        if self.secret_key is not None:
            value, name = self.secret_key.get_secret_value(), "SECRET_KEY"
        elif self.secret_key_file is not None:
            name = "SECRET_KEY_FILE"
            try:
                value = self.secret_key_file.read_text(encoding="utf-8").strip()
            except OSError as wrong:
                raise WrongSetting(
                    f"{PREFIX}{name}: {self.secret_key_file} cannot be read ({wrong.strerror})"
                ) from None
        else:
            raise WrongSetting(missing("SECRET_KEY", "a random text of 32 characters or more"))
        if any(len(key.strip()) < SHORTEST_SECRET for key in value.split(",")):
            raise WrongSetting(
                f"{PREFIX}{name}: each key needs {SHORTEST_SECRET} characters or more"
            )
        return value

    @property
    def test_owner(self) -> str | None:
        """Who gets every mail in test mode; None when it is off.

        Raises:
            WrongSetting: it is on, and there is no operator.
        """
        if not self.test_mode:
            return None
        if self.test_mode == ON:
            return self.need("operator", "the address that gets every mail in test mode")
        return self.test_mode

    def need(self, field: str, example: str) -> str:
        """Return a setting without a default, or say how to set it.

        Raises:
            WrongSetting: it is not set.
        """
        value: object = getattr(self, field)
        if not isinstance(value, str):
            raise WrongSetting(missing(field.upper(), example))
        return value


def missing(name: str, example: str) -> str:
    """The one line that asks for a setting."""
    return f"{PREFIX}{name} is not set; set it to {example}"


def _plain_words(message: str) -> str:
    """Turn "Input should be less than 5" into "a value less than 5"."""
    return message.replace("Input should be", "a value").replace("a value a valid", "a")


def _one_line(wrong: ValidationError) -> str:
    first = wrong.errors(include_input=False, include_url=False)[0]
    name = PREFIX + str(first["loc"][0]).upper()
    context = first.get("ctx", {})
    allowed = context.get("error") or context.get("expected") or _plain_words(first["msg"])
    return f"{name} is wrong; allowed: {allowed}"
