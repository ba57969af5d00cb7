"""Marks, encodes and fills what differs from reader to reader in a mail; never renders or sends.

A slot takes three forms. In rendered source (HTML or text) it is U+E000 name U+E001, see `mark`.
In an encoded block it is STX kind:name ETX, on a line of its own between soft breaks, so that any
encoded value fits. In a finished mail it is the value, escaped for where it stands:

    html  text or attribute value in the HTML part     text  one line of the text part
    head  unstructured header text                     raw   bytes that the caller has encoded
"""

from __future__ import annotations

import html
import re
from base64 import b64encode
from binascii import a2b_qp
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from briefings.errors import UnsafeValue, WrongTemplate

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence

Kind = Literal["html", "text", "head", "raw"]

_OPEN, _CLOSE = "\ue000", "\ue001"
_NAME = re.compile(r"[a-z_]+")
_MARK = re.compile(f"{_OPEN}([a-z_]+){_CLOSE}")
_SLOT = re.compile(rb"\x02((?:html|text|head|raw):[a-z_]+)\x03")
_DECODED_SLOT = re.compile("\x02[a-z]+:([a-z_]+)\x03")

_CONTROLS = "\x00-\x08\x0e-\x1f\x7f-\x84\x86-\x9f"
_BREAKS = "\t\n\x0b\x0c\r\x85\u2028\u2029"
_BIDI = "\u202a-\u202e\u2066-\u2069"
_NEVER = f"\ud800-\udfff{_OPEN}{_CLOSE}"
_UNSAFE_IN_BLOCK = re.compile(f"[{_CONTROLS}\x0b\x0c\x85{_NEVER}]")
_UNSAFE_IN_HEADER = re.compile(f"[{_CONTROLS}{_BREAKS}{_NEVER}]")
_SPACED_IN_VALUE = re.compile(f"[{_BREAKS}]+")
_DROPPED_IN_VALUE = re.compile(f"[{_CONTROLS}{_BIDI}{_NEVER}]")
_DIRTY_VALUE = re.compile(f"[{_CONTROLS}{_BREAKS}{_BIDI}{_NEVER}]")

_LINE = 75
"""Characters of an encoded line before its soft break `=` makes it 76 (RFC 2045, 6.7)."""
_SOFT_BREAK = b"=\r\n"
_TO_ENCODE = re.compile(rb"[^\t !-<>-~]+")
_REWRITTEN = (b".", b"From ")
"""Beginnings of a line that SMTP doubles, and that mailbox files and some relays rewrite."""


def mark(name: str) -> str:
    """The slot of this name as it stands in rendered source; names are `[a-z_]+`."""
    if not _NAME.fullmatch(name):
        raise WrongTemplate(f"{name!r} cannot name a slot: use small letters and underscores.")
    return f"{_OPEN}{name}{_CLOSE}"


def slot(kind: Kind, name: str) -> bytes:
    """The slot as it stands in encoded bytes, for headers that are written as bytes."""
    return b"\x02%b:%b\x03" % (kind.encode(), mark(name)[1:-1].encode())


def encode_block(source: str, kind: Literal["html", "text"]) -> bytes:
    """Rendered source as quoted-printable UTF-8 with its slots left open (RFC 2045, 6.7).

    Lines end in CRLF and have at most 76 characters; none begins with a dot or with `From `, now
    or when slots are filled, so the bytes serve DATA, BDAT and Maildir alike without dot-stuffing.
    Every block that is not empty ends on a hard line break, added where the source has none.
    Raises UnsafeValue for control characters, lone surrogates and half a slot mark.
    """
    if found := _UNSAFE_IN_BLOCK.search(bare := _MARK.sub("", source)):
        raise UnsafeValue(
            f"A block cannot hold {_code(found[0])} (near {_around(bare, found.start())}): "
            "take it out of the text."
        )
    lines = source.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    if not lines[-1]:
        lines.pop()
    return b"".join(_encode_line(line, kind) for line in lines)


def decode_block(encoded: bytes) -> str:
    """The source of an encoded block, filled or not; lines end in LF, open slots are marked."""
    source = a2b_qp(encoded).decode().replace("\r\n", "\n")
    return _DECODED_SLOT.sub(rf"{_OPEN}\1{_CLOSE}", source)


def escape_text(value: str) -> str:
    """A reader's value as it may stand on one line of text.

    Line and paragraph breaks and tabs become one space. Control characters, bidirectional
    embeddings, overrides and isolates (they would turn the text around the value, too), lone
    surrogates and our own marks go. Joiners and direction marks stay: names and emoji need them.
    """
    if not (value.isascii() and value.isprintable()) and _DIRTY_VALUE.search(value):
        return _DROPPED_IN_VALUE.sub("", _SPACED_IN_VALUE.sub(" ", value))
    return value


def escape_html(value: str) -> str:
    """A reader's value as text or as a quoted attribute value of HTML; cleaned as `escape_text`."""
    return html.escape(escape_text(value))


def encode_slot(value: str) -> bytes:
    """An escaped value as quoted-printable that fits between the soft breaks of its slot.

    No line of it has more than 75 characters, begins with a dot or `From `, and none breaks hard.
    """
    if value.isascii() and value.isprintable():  # five times as fast as the pattern
        encoded = value.encode().replace(b"=", b"=3D")
    else:
        encoded = _TO_ENCODE.sub(_hex, value.encode())
    if len(encoded) <= _LINE and not encoded.startswith(_REWRITTEN):
        return encoded
    return _wrap(encoded)


@dataclass(frozen=True, slots=True, kw_only=True)
class Sheet:
    """A mail with its slots open, cut so that filling it is one join of bytes."""

    pieces: tuple[bytes, ...]
    holes: tuple[tuple[int, str], ...]
    slots: frozenset[str]
    size: int
    """Bytes of the mail without its values."""

    @classmethod
    def of(cls, parts: Iterable[bytes]) -> Sheet:
        """Join headers and encoded blocks; raises WrongTemplate for half a slot mark."""
        pieces = _SLOT.split(b"".join(parts))
        constants, names = pieces[::2], [name.decode() for name in pieces[1::2]]
        if any(b"\x02" in piece or b"\x03" in piece for piece in constants):
            raise WrongTemplate("A mail holds half a slot mark: write slots with mark() or slot().")
        return cls(
            pieces=tuple(pieces),
            holes=tuple(zip(range(1, len(pieces), 2), names, strict=True)),
            slots=frozenset(names),
            size=sum(map(len, constants)),
        )

    def check(self, known: Collection[str]) -> None:
        """Raise WrongTemplate naming the slots without a value; `known` are names without kind."""
        unknown = sorted({each.partition(":")[2] for each in self.slots}.difference(known))
        if unknown:
            raise WrongTemplate(
                f"No value exists for the slot {', '.join(unknown)}: "
                f"use one of {', '.join(sorted(known))}."
            )

    def fill(self, values: Mapping[str, bytes]) -> bytes:
        """The mail with its slots filled; `values` by kind and name, encoded (`values_for`).

        A missing value is a KeyError: `check` has found it before the first mail.
        """
        pieces = list(self.pieces)
        for place, name in self.holes:
            pieces[place] = values[name]
        return b"".join(pieces)


def values_for(needed: Iterable[str], values: Mapping[str, str]) -> dict[str, bytes]:
    """The values of one reader, each escaped and encoded as the kind of its slot wants it.

    Keys of `needed` are `kind:name`, those of `values` are names. Slots of kind raw are left to
    the caller. Raises UnsafeValue when a header would break, KeyError when a value is missing.
    """
    filled: dict[str, bytes] = {}
    encoded: dict[str, bytes] = {}  # most values escape alike in both parts
    for each in needed:
        kind, _, name = each.partition(":")
        if kind == "head":
            filled[each] = encode_header_text(values[name]).encode()
        elif kind != "raw":
            escaped = escape_html(values[name]) if kind == "html" else escape_text(values[name])
            if escaped not in encoded:
                encoded[escaped] = encode_slot(escaped)
            filled[each] = encoded[escaped]
    return filled


def header_value(value: str) -> str:
    """The value itself, if it can stand in a header; UnsafeValue if it would end or garble it.

    Refused are all control characters, CR and LF among them, U+2028, U+2029, lone surrogates and
    our own marks (CVE-2026-1299: Python's generator writes some of them out).
    """
    if found := _UNSAFE_IN_HEADER.search(value):
        raise UnsafeValue(
            f"A header cannot hold {_code(found[0])} (near {_around(value, found.start())}): "
            "take it out of the text."
        )
    return value


_HEADER_LINE = 76
_PLAIN_TEXT = re.compile(r"[!-~]{1,900}(?: [!-~]{1,900})*")
_Q_ESCAPED = re.compile(rb"[^ A-Za-z0-9!*+/-]")
_SMALLEST_WORD = 24
"""Characters of an encoded word that holds one character of four bytes."""
_LONGEST_ADDRESS = 254
_ATOMS = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(?: [A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*")
_LOCAL_PART = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~.\x80-\U0010ffff-]+")
_QUOTED_LOCAL_PART = re.compile(r'"(?:[^"\\]|\\.)+"')
_LABEL = r"[A-Za-z0-9\x80-\U0010ffff_-]+"
_DOMAIN = re.compile(rf"\[[0-9A-Za-z:.]+\]|{_LABEL}(?:\.{_LABEL})*")
_QUOTED_NAME = 60


def encode_header_text(text: str, column: int = 20) -> str:
    """Unstructured header text, folded to lines of 76; `column` is where its first line begins.

    Plain ASCII stays as it is, folded at spaces. Everything else becomes encoded words (RFC 2047),
    also ASCII that looks like one, or whose spaces a reader of headers would swallow.
    Raises UnsafeValue as `header_value` does.
    """
    header_value(text)
    if not text or (_PLAIN_TEXT.fullmatch(text) and "=?" not in text):
        return _fold(text.split(" "), column)
    return _fold(_encoded_words(text, column), column)


def address_header(name: str, address: str, column: int = 4) -> str:
    """A mailbox for To, From or Reply-To: `name <address>` or the address alone (RFC 5322, 3.4).

    White space in the name collapses and bidirectional controls go. An address beyond ASCII stays
    as it is and needs SMTPUTF8. Raises UnsafeValue as `header_value` does, and for what is no
    address.
    """
    mailbox = _mailbox(header_value(address))
    phrase = " ".join(_DROPPED_IN_VALUE.sub("", header_value(name)).split())
    if not phrase:
        return mailbox
    if not phrase.isascii() or len(phrase) > _QUOTED_NAME or "=?" in phrase:
        words = _encoded_words(phrase, column)
    elif _ATOMS.fullmatch(phrase):
        words = [phrase]
    else:
        words = ['"' + phrase.replace("\\", r"\\").replace('"', r"\"") + '"']
    return _fold([*words, f"<{mailbox}>"], column)


def _encode_line(line: str, kind: Literal["html", "text"]) -> bytes:
    *pairs, tail = _MARK.split(line)
    encoded: list[bytes] = []
    for text, name in zip(pairs[::2], pairs[1::2], strict=True):
        if text:
            encoded += [_wrap(_TO_ENCODE.sub(_hex, text.encode())), _SOFT_BREAK]
        encoded += [slot(kind, name), _SOFT_BREAK]
    last = _TO_ENCODE.sub(_hex, tail.encode())
    if last.endswith((b" ", b"\t")):
        last = last[:-1] + b"=%02X" % last[-1]
    return b"".join([*encoded, _wrap(last), b"\r\n"])


def _hex(found: re.Match[bytes]) -> bytes:
    return b"".join([b"=%02X" % octet for octet in found[0]])


def _wrap(escaped: bytes) -> bytes:
    """Break softly so that no line has over 75 characters, or a beginning that relays rewrite."""
    lines: list[bytes] = []
    at = 0
    while True:
        first = b""
        if escaped.startswith(_REWRITTEN, at):
            first = b"=%02X" % escaped[at]
            at += 1
        end = at + _LINE - len(first)
        if end >= len(escaped):
            lines.append(first + escaped[at:])
            return _SOFT_BREAK.join(lines)
        if (cut := escaped.rfind(b"=", end - 2, end)) >= 0:
            end = cut  # an escape =XX stays whole
        lines.append(first + escaped[at:end])
        at = end


def _fold(words: Sequence[str], column: int) -> str:
    lines = [words[0]]
    for word in words[1:]:
        if column + len(lines[-1]) + 1 + len(word) > _HEADER_LINE:
            lines.append(word)
            column = 1
        else:
            lines[-1] += " " + word
    return "\r\n ".join(lines)


def _encoded_words(text: str, column: int) -> list[str]:
    """RFC 2047 words for one line each; the shorter of B and Q, no character cut in two."""
    octets = text.encode()
    as_q = len(octets) + 2 * len(_Q_ESCAPED.findall(octets)) <= len(octets) * 4 // 3
    words: list[str] = []
    chunk = b""
    room = max(_SMALLEST_WORD, _HEADER_LINE - column)
    for character in text:
        octets = character.encode()
        if len(_encoded_word(chunk + octets, as_q=as_q)) > room:
            words.append(_encoded_word(chunk, as_q=as_q))
            chunk, room = b"", _LINE
        chunk += octets
    return [*words, _encoded_word(chunk, as_q=as_q)]


def _encoded_word(chunk: bytes, *, as_q: bool) -> str:
    return f"=?utf-8?q?{_q(chunk)}?=" if as_q else f"=?utf-8?b?{b64encode(chunk).decode()}?="


def _q(chunk: bytes) -> str:
    return _Q_ESCAPED.sub(_hex, chunk).replace(b" ", b"_").decode()


def _mailbox(address: str) -> str:
    local, _, domain = address.rpartition("@")
    if (
        _DOMAIN.fullmatch(domain)
        and not _DIRTY_VALUE.search(address)
        and len(address.encode()) <= _LONGEST_ADDRESS
    ):
        if _QUOTED_LOCAL_PART.fullmatch(local):
            return address
        if _LOCAL_PART.fullmatch(local):
            # Some old addresses have dots where only a quoted string may have them.
            odd = local.startswith(".") or local.endswith(".") or ".." in local
            return f'"{local}"@{domain}' if odd else address
    raise UnsafeValue(
        f"{address[:80]!a} is no mail address that a header can hold: "
        "write it like name@example.org."
    )


def _code(character: str) -> str:
    return f"U+{ord(character):04X}"


def _around(text: str, at: int) -> str:
    return ascii(text[max(0, at - 15) : at + 16])
