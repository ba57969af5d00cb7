"""Turns frozen dataclasses into JSON text and back by their type hints; unknown fields are refused.

Text is normalised to NFC on the way in. Money, days and instants are written so that they read
the same for people: integers, ISO 8601. The text of equal values is equal, byte by byte.
"""

from __future__ import annotations

import dataclasses
import json
import types
import unicodedata
from datetime import date, datetime
from enum import Enum
from functools import lru_cache
from typing import TYPE_CHECKING, Any, TypeVar, Union, cast, get_args, get_origin, get_type_hints

if TYPE_CHECKING:
    from collections.abc import Callable

    from _typeshed import DataclassInstance

T = TypeVar("T")


def nfc(text: str) -> str:
    """Give text as Unicode normalisation form C."""
    return text if text.isascii() else unicodedata.normalize("NFC", text)


def dumps(value: DataclassInstance) -> str:
    """Write a dataclass as JSON text; TypeError for a value that no reader could restore."""
    return json.dumps(_plain(value), ensure_ascii=False, separators=(",", ":"), sort_keys=True)


def loads(kind: type[T], text: str) -> T:
    """Read what `dumps` wrote; ValueError names an unknown or missing field and its type."""
    return _reader(kind)(json.loads(text))


def dump_list(values: list[Any] | tuple[Any, ...]) -> str:
    """Write a flat list of text and numbers as JSON text."""
    return json.dumps(values, ensure_ascii=False, separators=(",", ":"))


def _plain(value: object) -> object:
    match value:
        case Enum():
            return value.value
        case str():
            return nfc(value)
        case None | bool() | int():
            return value
        case datetime() | date():
            return value.isoformat()
        case tuple() | list():
            return [_plain(part) for part in cast("tuple[object, ...]", value)]
        case _ if dataclasses.is_dataclass(value):
            return {
                field.name: _plain(getattr(value, field.name))
                for field in dataclasses.fields(value)
                if field.init
            }
        case _:
            raise TypeError(f"{type(value).__name__} cannot be stored as JSON")


@lru_cache(maxsize=256)
def _reader(kind: Any) -> Callable[[Any], Any]:  # noqa: PLR0911 - one per kind of hint
    """Make the function that restores one type from plain JSON."""
    origin, arguments = get_origin(kind), get_args(kind)
    if origin in {Union, types.UnionType}:
        (present,) = (part for part in arguments if part is not types.NoneType)
        read = _reader(present)
        return lambda plain: None if plain is None else read(plain)
    if origin is tuple and len(arguments) == 2 and arguments[1] is Ellipsis:  # noqa: PLR2004 - tuple[X, ...]
        each = _reader(arguments[0])
        return lambda plain: tuple(each(part) for part in plain)
    if origin is tuple:
        each_one = [_reader(part) for part in arguments]
        return lambda plain: tuple(read(part) for read, part in zip(each_one, plain, strict=True))
    if dataclasses.is_dataclass(kind):
        return _dataclass_reader(cast("type[DataclassInstance]", kind))
    if kind in {date, datetime}:
        return cast("Callable[[Any], Any]", kind.fromisoformat)
    if isinstance(kind, type) and issubclass(kind, Enum):
        return kind
    if kind in {str, int, bool}:
        return lambda plain: _exactly(kind, plain)
    raise TypeError(f"{kind} cannot be restored from JSON")


def _exactly(kind: type, plain: object) -> object:
    if type(plain) is not kind:
        raise ValueError(f"{plain!r} is not of type {kind.__name__}")
    return plain


def _dataclass_reader(kind: type[DataclassInstance]) -> Callable[[Any], Any]:
    hints = get_type_hints(kind)
    readers = {field.name: _reader(hints[field.name]) for field in dataclasses.fields(kind)}
    needed = {
        field.name
        for field in dataclasses.fields(kind)
        if field.default is dataclasses.MISSING and field.default_factory is dataclasses.MISSING
    }

    def read(plain: dict[str, Any]) -> object:
        unknown, missing = plain.keys() - readers.keys(), needed - plain.keys()
        if unknown or missing:
            wrong = f"unknown {sorted(unknown)}" if unknown else f"missing {sorted(missing)}"
            raise ValueError(f"stored {kind.__name__} does not fit this version: {wrong}")
        return kind(**{name: readers[name](part) for name, part in plain.items()})

    return read
