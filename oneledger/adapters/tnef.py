"""winmail.dat: the envelope (TNEF) in which Outlook and Exchange hide attachments. Only files are taken out of it.

tnefparse, the one library for it, had its last release in January 2021 and raises on file names in GBK.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from struct import Struct, error

from oneledger.adapters.file_kinds import TNEF
from oneledger.adapters.plain_words import chinese

_START = 6  # signature and key
_HEAD = Struct("<BLL")  # level, attribute, length; its data and a checksum of two bytes follow
_NEXT_FILE, _TITLE, _DATA, _PROPERTIES = 0x00069002, 0x00018010, 0x0006800F, 0x00069005
_LONG_NAME, _SHORT_NAME, _DATA_AGAIN = 0x3707, 0x3704, 0x3701
_WIDTHS = {0x02: 4, 0x03: 4, 0x04: 4, 0x05: 8, 0x06: 8, 0x07: 8, 0x0A: 4, 0x0B: 4, 0x14: 8, 0x40: 8, 0x48: 16}
_VARIABLE = {0x0D, 0x1E, 0x1F, 0x102}
_UNICODE, _OBJECT = 0x1F, 0x0D
_OBJECT_KIND = 16  # bytes before an object that say what it is
_MOST_NESTED = 4  # mails in mails
_MANY = 0x1000
_NAMED = 0x8000  # properties with a name of their own
_MOST_PROPERTIES = 10_000


@dataclass
class _File:
    title: str = ""
    long_name: str = ""
    content: bytes = b""


def files_in(content: bytes, nested: int = 0) -> list[tuple[str, bytes]]:
    """(name, bytes), those of mails passed on in it too. A broken envelope gives what stands before the break."""
    files: list[_File] = []
    for attribute, data in _attributes(content):
        if attribute == _NEXT_FILE or (attribute in (_TITLE, _DATA) and not files):
            files.append(_File())
        if files:
            _take(files[-1], attribute, data)
    found: list[tuple[str, bytes]] = []
    for each in files:
        if each.content.startswith(TNEF) and nested < _MOST_NESTED:
            found += files_in(each.content, nested + 1)
        elif each.content:
            found.append((each.long_name or each.title, each.content))
    return found


def hides_something(content: bytes) -> bool:
    """It speaks of files, or is cut off. Most envelopes only say how the words looked."""
    at = _START
    for attribute, data in _attributes(content):
        if attribute in (_NEXT_FILE, _DATA):
            return True
        at += _HEAD.size + len(data) + 2
    return at != len(content)


def _attributes(content: bytes) -> Iterator[tuple[int, bytes]]:
    at = _START
    while at + _HEAD.size <= len(content):
        _, attribute, length = _HEAD.unpack_from(content, at)
        at += _HEAD.size
        if at + length > len(content):
            return
        yield attribute, content[at : at + length]
        at += length + 2


def _take(file: _File, attribute: int, data: bytes) -> None:
    if attribute == _TITLE:
        file.title = _words(data)
    elif attribute == _DATA:
        file.content = data
    elif attribute == _PROPERTIES:
        try:
            _take_properties(file, data)
        except (error, KeyError):  # cut off, or of a type nobody knows the width of
            return


def _take_properties(file: _File, data: bytes) -> None:
    for key, kind, value in _properties(data):
        if key == _LONG_NAME:
            file.long_name = value.decode("utf-16-le", "replace").rstrip("\0") if kind == _UNICODE else _words(value)
        elif key == _SHORT_NAME and not file.title:
            file.title = value.decode("utf-16-le", "replace").rstrip("\0") if kind == _UNICODE else _words(value)
        elif key == _DATA_AGAIN:
            held = value[_OBJECT_KIND:] if kind == _OBJECT else value
            file.content = held if held.startswith(TNEF) or not file.content else file.content


def _properties(data: bytes) -> Iterator[tuple[int, int, bytes]]:
    cursor = _Cursor(data)
    for _ in range(min(cursor.number(), _MOST_PROPERTIES)):
        told = cursor.number()
        kind, key = told & 0xFFFF, told >> 16
        if key >= _NAMED:
            cursor.skip_name()
        base = kind & ~_MANY
        is_counted = base in _VARIABLE or kind & _MANY
        for _ in range(min(cursor.number(), _MOST_PROPERTIES) if is_counted else 1):
            yield key, base, cursor.padded(cursor.number()) if base in _VARIABLE else cursor.padded(_WIDTHS[base])


class _Cursor:
    """Everything stands on places that four divides."""

    def __init__(self, data: bytes) -> None:
        self._data, self._at = data, 0

    def number(self) -> int:
        raw = self.padded(4)
        return int.from_bytes(raw, "little")

    def padded(self, length: int) -> bytes:
        raw = self._data[self._at : self._at + length]
        if len(raw) < length:
            raise error("cut off")
        self._at += length + -length % 4
        return raw

    def skip_name(self) -> None:
        self.padded(16)
        is_text = self.number() == 1
        self.padded(self.number() if is_text else 4)


def _words(raw: bytes) -> str:
    text = raw.partition(b"\0")[0]
    told = chinese(text)
    return told[0] if told else text.decode("latin-1")
