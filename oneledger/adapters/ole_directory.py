"""The names in the root folder of an OLE file (xls, et, doc, msg). Whatever a table has embedded lies deeper.

Nothing in it is believed: chains may go in circles and numbers may point anywhere.
"""

import struct
from collections.abc import Iterator

_MOST_SECTORS = 2000  # of a directory, 4 entries each; a table with every embedded thing has a few dozen
_ENTRY = 128
_DIFAT_IN_HEADER = 109
_LAST = 0xFFFFFFFA  # numbers from here on are marks, not sectors


def root_names(content: bytes) -> frozenset[str]:
    """In lower case; empty where the directory cannot be read."""
    try:
        directory = b"".join(_directory(content))
        entries = [directory[at : at + _ENTRY] for at in range(0, len(directory) - _ENTRY + 1, _ENTRY)]
        return frozenset(_siblings(entries, _number(entries[0], 76)))
    except (struct.error, IndexError, ValueError):
        return frozenset()


def _number(raw: bytes, at: int) -> int:
    return int(struct.unpack_from("<L", raw, at)[0])


def _sector(content: bytes, number: int) -> bytes:
    size = 1 << min(content[30], 16)
    start = (number + 1) * size
    sector = content[start : start + size]
    if number >= _LAST or len(sector) < min(size, _ENTRY):
        raise ValueError("no such sector")
    return sector


def _directory(content: bytes) -> Iterator[bytes]:
    table = list(_table_sectors(content))
    number, per_sector = _number(content, 48), (1 << min(content[30], 16)) // 4
    for _ in range(_MOST_SECTORS):
        if number >= _LAST:
            return
        yield _sector(content, number)
        number = _number(_sector(content, table[number // per_sector]), number % per_sector * 4)


def _table_sectors(content: bytes) -> Iterator[int]:
    """Where the table of chains lies: in the header, and for large files in sectors of their own."""
    yield from struct.unpack_from(f"<{_DIFAT_IN_HEADER}L", content, 76)
    number = _number(content, 68)
    for _ in range(_MOST_SECTORS):
        if number >= _LAST:
            return
        sector = _sector(content, number)
        *told, number = struct.unpack(f"<{len(sector) // 4}L", sector)
        yield from told


def _siblings(entries: list[bytes], first: int) -> Iterator[str]:
    waiting, seen = [first], set()
    while waiting:
        number = waiting.pop()
        if number >= len(entries) or number in seen:
            continue
        seen.add(number)
        entry = entries[number]
        length = min(max(int.from_bytes(entry[64:66], "little") - 2, 0), 62)
        yield entry[:length].decode("utf-16-le", "replace").lower()
        waiting += [_number(entry, 68), _number(entry, 72)]
