"""Guards before a workbook is parsed: what it is, and that it is no trap. Stream work on the zip, nothing believed.

The limits are no proof of safety (the child process of the reader is); they turn what would kill it into a sentence.
"""

import io
import re
import zipfile
import zlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from oneledger.adapters.file_kinds import KINDS_READ, REFUSED, sniff
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
_HEAD = 200
_LOCAL_HEADER = 30
_KEPT = re.compile(r"(?:xl/)?(?:_rels/)?workbook[0-9]*\.xml(?:\.rels)?|docProps/custom\.xml", re.IGNORECASE)
_KEPT_MOST = MIB
_SHEET = re.compile(r"xl/worksheets/[^/]+\.xml", re.IGNORECASE)
_MACROS = re.compile(r"vbaproject\.bin$|/macrosheets/", re.IGNORECASE)
_DECLARES = re.compile(rb"<!(?:DOCTYPE|ENTITY)|<\x00!\x00[DE]\x00|\x00<\x00!\x00[DE]", re.IGNORECASE)
_FAR = re.compile(rb'r="([A-Z]{3,}[0-9]+|[A-Z]{1,2}[0-9]{6,})"[^>]*(?<!/)>(?!</)')
"""Filled, right of column ZZ or below row 99,999. Who writes his XML so as to slip past meets the child's limits."""
_CELL = re.compile(rb"<(?:\w+:)?c\s([^>/]*)>(.*?)</(?:\w+:)?c>", re.DOTALL)
_FORMULA = re.compile(rb"<(?:\w+:)?f[\s>/]")
_REFERENCE = re.compile(rb"""\br=["']([A-Z]{1,3}[0-9]{1,7})["']""")
_VALUE = re.compile(rb"<(?:\w+:)?v[^>/]*>([^<]*)<")


class _Trap(Exception):  # noqa: N818  never leaves this module
    def __init__(self, finding: Finding) -> None:
        super().__init__(finding.rule)
        self.finding = finding


@dataclass(frozen=True)
class SheetScan:
    """What the fast parser does not tell: it gives formulas without a result, and errors, as blanks."""

    without_result: Sequence[str] = ()  # cell names
    errors: Mapping[str, str] = field(default_factory=dict)  # cell name -> #N/A


@dataclass(frozen=True)
class Scan:
    kind: str  # xlsx, xls or ods
    parts: Mapping[str, bytes] = field(default_factory=dict)  # the small ones that carry names and marks
    sheets: Mapping[str, SheetScan] = field(default_factory=dict)  # part name -> scan


def prescan(content: bytes) -> Scan | Finding:
    """A finding is a refusal: one of WB-101 to WB-128."""
    if len(content) > MOST_BYTES:
        return structural("WB-102", limit=MOST_BYTES // MIB)
    kind = sniff(content)
    if kind == "zip":
        try:
            return _scan_zip(content)
        except _Trap as trap:
            return trap.finding
        except (zipfile.BadZipFile, zlib.error, ValueError, EOFError, NotImplementedError, OverflowError):
            return structural("WB-108")
    return Scan(kind) if kind in KINDS_READ else structural(REFUSED[kind])


def _scan_zip(content: bytes) -> Scan | Finding:
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        entries = archive.infolist()
        _check_directory(content, entries, archive.start_dir)
    kind = _kind_of(content, entries)
    if kind not in KINDS_READ:
        return structural(REFUSED[kind])
    parts: dict[str, bytes] = {}
    sheets: dict[str, SheetScan] = {}
    unzipped = 0
    for entry in entries:
        chunks = []
        for chunk in _inflated(content, entry):
            unzipped += len(chunk)
            if unzipped > min(MOST_UNZIPPED, max(RATIO_COUNTS_FROM, MOST_RATIO * len(content))):
                raise _Trap(structural("WB-103"))
            chunks.append(chunk)
        name = entry.filename.replace("\\", "/").lstrip("/")
        if name.lower().endswith((".xml", ".rels", ".vml")):
            _check_part(name, b"".join(chunks), parts, sheets)
    return Scan(kind, parts, sheets)


def _check_directory(content: bytes, entries: Sequence[zipfile.ZipInfo], directory: int) -> None:
    """Against too many entries, two under one name, passwords, and entries that share bytes (CVE-2024-0450)."""
    if len(entries) > MOST_ENTRIES or len({entry.filename for entry in entries}) < len(entries):
        raise _Trap(structural("WB-104"))
    if any(entry.flag_bits & 1 for entry in entries):
        raise _Trap(structural("WB-106"))
    if any(_MACROS.search(entry.filename) for entry in entries):
        raise _Trap(structural("WB-105"))
    end = 0
    for entry in sorted(entries, key=lambda entry: entry.header_offset):
        if entry.header_offset < end or entry.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
            raise _Trap(structural("WB-104"))
        end = _data_of(content, entry) + entry.compress_size
    if end > directory:
        raise _Trap(structural("WB-104"))


def _data_of(content: bytes, entry: zipfile.ZipInfo) -> int:
    header = content[entry.header_offset : entry.header_offset + _LOCAL_HEADER]
    if len(header) < _LOCAL_HEADER or not header.startswith(b"PK\x03\x04"):
        raise _Trap(structural("WB-108"))
    lengths = int.from_bytes(header[26:28], "little") + int.from_bytes(header[28:30], "little")
    return entry.header_offset + _LOCAL_HEADER + lengths


def _kind_of(content: bytes, entries: Sequence[zipfile.ZipInfo]) -> str:
    names = {entry.filename.replace("\\", "/").lstrip("/").lower() for entry in entries}
    if "[content_types].xml" in names:
        if "xl/workbook.bin" in names:
            return "xlsb"
        folders = {name.partition("/")[0] for name in names}
        return "xlsx" if "xl" in folders else "word" if folders & {"word", "ppt"} else "unknown"
    first = next((entry for entry in entries if entry.filename == "mimetype"), None)
    kind = b"".join(_inflated(content, first))[:80] if first is not None and first.file_size < _HEAD else b""
    if kind.startswith(b"application/vnd.oasis.opendocument.spreadsheet"):
        return "ods"
    return "word" if kind.startswith(b"application/vnd.oasis") else "zip"


def _inflated(content: bytes, entry: zipfile.ZipInfo) -> Iterator[bytes]:
    """In chunks of bounded size, whatever the headers promise."""
    start = _data_of(content, entry)
    data = content[start : start + entry.compress_size]
    if entry.compress_type == zipfile.ZIP_STORED:
        yield data
        return
    inflater = zlib.decompressobj(-15)
    while data and not inflater.eof:
        yield inflater.decompress(data, _CHUNK)
        data = inflater.unconsumed_tail
    yield inflater.flush(_CHUNK)


def _check_part(name: str, xml: bytes, parts: dict[str, bytes], sheets: dict[str, SheetScan]) -> None:
    if b"!" in xml and _DECLARES.search(xml):
        raise _Trap(structural("WB-104"))
    if _KEPT.fullmatch(name) and len(xml) <= _KEPT_MOST:
        parts[name] = xml
    elif _SHEET.fullmatch(name):
        far = _FAR.search(xml)
        if far:
            raise _Trap(structural("WB-107", at=far[1].decode()))
        sheets[name] = _scan_cells(xml)


def _scan_cells(xml: bytes) -> SheetScan:
    if b"f>" not in xml and b't="e"' not in xml:
        return SheetScan()
    without_result: list[str] = []
    errors: dict[str, str] = {}
    for attributes, body in _CELL.findall(xml):
        is_error = b't="e"' in attributes
        if not is_error and b"f" not in body:
            continue
        place, value = _REFERENCE.search(attributes), _VALUE.search(body)
        if place is None:
            continue
        if is_error:
            errors[place[1].decode()] = value[1].decode("ascii", "replace") if value else "#N/A"
        elif (
            (value is None or not value[1])
            and (value is None or b't="str"' not in attributes)
            and _FORMULA.search(body)
        ):
            without_result.append(place[1].decode())
    return SheetScan(without_result, errors)
