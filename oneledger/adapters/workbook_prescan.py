"""Guards before a workbook is parsed: what it is, and that it is no trap. Stream work on the zip, nothing believed.

The limits are no proof of safety (the child process of the reader is); they turn what would kill it into a sentence.
"""

import io
import re
import zipfile
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from oneledger.adapters.file_kinds import KINDS_READ, REFUSED, sniff
from oneledger.adapters.zip_guard import DECLARES, MIB, MOST_BYTES, Trap, check_directory, inflated, unzipped
from oneledger.domain.findings import Finding
from oneledger.domain.rules import structural

_HEAD = 200
_KEPT = re.compile(r"(?:xl/)?(?:_rels/)?workbook[0-9]*\.xml(?:\.rels)?|docProps/custom\.xml", re.IGNORECASE)
_KEPT_MOST = MIB
_SHEET = re.compile(r"xl/worksheets/[^/]+\.xml", re.IGNORECASE)
_FAR = re.compile(rb'r="([A-Z]{3,}[0-9]+|[A-Z]{1,2}[0-9]{6,})"[^>]*(?<!/)>(?!</)')
"""Filled, right of column ZZ or below row 99,999. Who writes his XML so as to slip past meets the child's limits."""
_CELL = re.compile(rb"<(?:\w+:)?c\s([^>/]*)>(.*?)</(?:\w+:)?c>", re.DOTALL)
_FORMULA = re.compile(rb"<(?:\w+:)?f[\s>/]")
_REFERENCE = re.compile(rb"""\br=["']([A-Z]{1,3}[0-9]{1,7})["']""")
_VALUE = re.compile(rb"<(?:\w+:)?v[^>/]*>([^<]*)<")


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
        except Trap as trap:
            return trap.finding
        except (zipfile.BadZipFile, zlib.error, ValueError, EOFError, NotImplementedError, OverflowError):
            return structural("WB-108")
    return Scan(kind) if kind in KINDS_READ else structural(REFUSED[kind])


def _scan_zip(content: bytes) -> Scan | Finding:
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        entries = archive.infolist()
        check_directory(content, entries, archive.start_dir)
    kind = _kind_of(content, entries)
    if kind not in KINDS_READ:
        return structural(REFUSED[kind])
    parts: dict[str, bytes] = {}
    sheets: dict[str, SheetScan] = {}
    for name, part in unzipped(content, entries):
        if name.lower().endswith((".xml", ".rels", ".vml")):
            _check_part(name, part, parts, sheets)
    return Scan(kind, parts, sheets)


def _kind_of(content: bytes, entries: Sequence[zipfile.ZipInfo]) -> str:
    names = {entry.filename.replace("\\", "/").lstrip("/").lower() for entry in entries}
    if "[content_types].xml" in names:
        if "xl/workbook.bin" in names:
            return "xlsb"
        folders = {name.partition("/")[0] for name in names}
        return "xlsx" if "xl" in folders else "word" if folders & {"word", "ppt"} else "unknown"
    first = next((entry for entry in entries if entry.filename == "mimetype"), None)
    kind = b"".join(inflated(content, first))[:80] if first is not None and first.file_size < _HEAD else b""
    if kind.startswith(b"application/vnd.oasis.opendocument.spreadsheet"):
        return "ods"
    return "word" if kind.startswith(b"application/vnd.oasis") else "zip"


def _check_part(name: str, xml: bytes, parts: dict[str, bytes], sheets: dict[str, SheetScan]) -> None:
    if b"!" in xml and DECLARES.search(xml):
        raise Trap(structural("WB-104"))
    if _KEPT.fullmatch(name) and len(xml) <= _KEPT_MOST:
        parts[name] = xml
    elif _SHEET.fullmatch(name):
        far = _FAR.search(xml)
        if far:
            raise Trap(structural("WB-107", at=far[1].decode()))
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
