"""Guards for any zip a stranger sends (xlsx, ods, docx): nothing its headers promise is believed."""

import re
import zipfile
import zlib
from collections.abc import Iterator, Sequence

from oneledger.domain.findings import Finding
from oneledger.domain.rules import structural

MIB = 2**20
MOST_BYTES = 20 * MIB
MOST_UNZIPPED = 100 * MIB
MOST_RATIO = 100
"""Unzipped to zipped. Legal sheets come to 10-40: measured 21 for a million blank rows with a height of their own, 37
with every attribute Excel writes, 12 for rows of formatted cells. Deflate itself can reach 1,030."""
RATIO_COUNTS_FROM = 10 * MIB  # less can do no harm, and a small sheet of equal rows may be regular beyond measure
MOST_ENTRIES = 2000

_CHUNK = MIB
_LOCAL_HEADER = 30
_MACROS = re.compile(r"vbaproject\.bin$|/macrosheets/", re.IGNORECASE)
DECLARES = re.compile(rb"<!(?:DOCTYPE|ENTITY)|<\x00!\x00[DE]\x00|\x00<\x00!\x00[DE]", re.IGNORECASE)


class Trap(Exception):  # noqa: N818  caught by whoever scans; never leaves the adapters
    def __init__(self, finding: Finding) -> None:
        super().__init__(finding.rule)
        self.finding = finding


def check_directory(content: bytes, entries: Sequence[zipfile.ZipInfo], directory: int) -> None:
    """Against too many entries, two under one name, passwords, and entries that share bytes (CVE-2024-0450)."""
    if len(entries) > MOST_ENTRIES or len({entry.filename for entry in entries}) < len(entries):
        raise Trap(structural("WB-104"))
    if any(entry.flag_bits & 1 for entry in entries):
        raise Trap(structural("WB-106"))
    end = 0
    for entry in sorted(entries, key=lambda entry: entry.header_offset):
        if entry.header_offset < end or entry.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
            raise Trap(structural("WB-104"))
        end = data_of(content, entry) + entry.compress_size
    if end > directory:
        raise Trap(structural("WB-104"))


def has_macros(entries: Sequence[zipfile.ZipInfo]) -> bool:
    """Of an Office file. Nobody here would run them."""
    return any(_MACROS.search(entry.filename) for entry in entries)


def data_of(content: bytes, entry: zipfile.ZipInfo) -> int:
    header = content[entry.header_offset : entry.header_offset + _LOCAL_HEADER]
    if len(header) < _LOCAL_HEADER or not header.startswith(b"PK\x03\x04"):
        raise Trap(structural("WB-108"))
    lengths = int.from_bytes(header[26:28], "little") + int.from_bytes(header[28:30], "little")
    return entry.header_offset + _LOCAL_HEADER + lengths


def unzipped(
    content: bytes, entries: Sequence[zipfile.ZipInfo], *, most: int = MOST_UNZIPPED
) -> Iterator[tuple[str, bytes]]:
    """Every part under its plain name, as long as all of them together stay within the limits; else a Trap."""
    most, total = min(most, max(RATIO_COUNTS_FROM, MOST_RATIO * len(content))), 0
    for entry in entries:
        chunks = []
        for chunk in inflated(content, entry):
            total += len(chunk)
            if total > most:
                raise Trap(structural("WB-103"))
            chunks.append(chunk)
        yield entry.filename.replace("\\", "/").lstrip("/"), b"".join(chunks)


def inflated(content: bytes, entry: zipfile.ZipInfo) -> Iterator[bytes]:
    """In chunks of bounded size, whatever the headers promise."""
    start = data_of(content, entry)
    data = content[start : start + entry.compress_size]
    if entry.compress_type == zipfile.ZIP_STORED:
        yield data
        return
    inflater = zlib.decompressobj(-15)
    while data and not inflater.eof:
        yield inflater.decompress(data, _CHUNK)
        data = inflater.unconsumed_tail
    yield inflater.flush(_CHUNK)
