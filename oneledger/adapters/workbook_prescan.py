"""Guards before a workbook is parsed: what it is, and that it is no trap. Stream work on the zip, nothing believed.

The limits are no proof of safety (the child process of the reader is); they turn what would kill it into a sentence.
"""

import io
import re
import zipfile
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from xml.etree.ElementTree import ParseError
from xml.parsers.expat import ExpatError, ParserCreate

from oneledger.adapters.file_kinds import KINDS_OPENED, KINDS_READ, REFUSED, has_old_macros, sniff
from oneledger.adapters.ods_breaks import CONTENT, has_breaks
from oneledger.adapters.ods_scan import scan_ods
from oneledger.adapters.zip_guard import (
    DECLARES,
    MIB,
    MOST_BYTES,
    Trap,
    check_directory,
    has_macros,
    inflated,
    unzipped,
)
from oneledger.domain.findings import Finding
from oneledger.domain.rules import structural

_HEAD = 200
_BROKEN = (
    zipfile.BadZipFile, ExpatError, ParseError, zlib.error, ValueError, EOFError, NotImplementedError, OverflowError,
)  # fmt: skip
_ODS_PARTS = ("content.xml", "META-INF/manifest.xml")
_KEPT = re.compile(r"(?:xl/)?(?:_rels/)?workbook[0-9]*\.xml(?:\.rels)?|docProps/custom\.xml", re.IGNORECASE)
_KEPT_MOST = MIB
_MANIFEST, _ENCRYPTED = "META-INF/manifest.xml", b":encryption-data"  # of an ods
_SHEET = re.compile(r"xl/worksheets/[^/]+\.xml", re.IGNORECASE)
_FAR = re.compile(rb'r="([A-Z]{3,}[0-9]+|[A-Z]{1,2}[0-9]{6,})"[^>]*(?<!/)>(?!</)')
"""Filled, right of column ZZ or below row 99,999. Who writes his XML so as to slip past meets the child's limits."""
_CELL = re.compile(rb"<(?:\w+:)?c\s([^>/]*)>(.*?)</(?:\w+:)?c>", re.DOTALL)
_FORMULA = re.compile(rb"<(?:\w+:)?f[\s>/]")
_REFERENCE = re.compile(rb"""\br=["']([A-Z]{1,3}[0-9]{1,7})["']""")
_HIDDEN_ROW = re.compile(rb"""<(?:\w+:)?row\s[^>]*?\bhidden=["'](?:1|true)["'][^>]*>""")
_HIDDEN_COLUMN = re.compile(rb"""<(?:\w+:)?col\s[^>]*?\bhidden=["'](?:1|true)["'][^>]*>""")
_ROW_NUMBER = re.compile(rb"""\br=["']([0-9]{1,7})["']""")
_COLUMN_BOUNDS = [re.compile(rb"""\b%s=["']([0-9]{1,5})["']""" % name) for name in (b"min", b"max")]
_MOST_COLUMNS = 702  # no table is wider: what lies behind is WB-107
_VALUE = re.compile(rb"<(?:\w+:)?v[^>/]*>([^<]*)<")


@dataclass(frozen=True)
class SheetScan:
    """What the fast parser does not tell: it gives formulas without a result, and errors, as blanks."""

    without_result: Sequence[str] = ()  # cell names
    errors: Mapping[str, str] = field(default_factory=dict)  # cell name -> #N/A
    hidden_rows: Sequence[int] = ()  # from 0
    hidden_columns: Sequence[int] = ()
    merged: Sequence[tuple[int, int, int, int]] = ()  # of an ods; of others the parser tells them itself


@dataclass(frozen=True)
class Scan:
    kind: str  # xlsx, xls, ods; text: a table perhaps; zip, tnef: other files
    parts: Mapping[str, bytes] = field(default_factory=dict)  # the small ones that carry names and marks
    sheets: Mapping[str, SheetScan] = field(default_factory=dict)  # part name, or an ods' table name -> scan
    has_macros: bool = False


def prescan(content: bytes) -> Scan | Finding:
    """A finding is a refusal, one of WB-1xx."""
    if len(content) > MOST_BYTES:
        return structural("WB-102", limit=MOST_BYTES // MIB)
    kind = sniff(content)
    if kind == "zip":
        try:
            return _scan_zip(content)
        except Trap as trap:
            return trap.finding
        except _BROKEN:
            return structural("WB-108")
    if kind in REFUSED:
        return structural(REFUSED[kind])
    return Scan(kind, has_macros=kind == "xls" and has_old_macros(content))


def _scan_zip(content: bytes) -> Scan | Finding:
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        entries = archive.infolist()
    kind = _kind_of(content, entries)
    if kind in KINDS_OPENED:
        return Scan(kind)  # judged by who opens it, in words of its own
    check_directory(content, entries, archive.start_dir)
    if kind not in KINDS_READ:
        return structural(REFUSED[kind])
    parts: dict[str, bytes] = {}
    sheets: dict[str, SheetScan] = {}
    for name, part in unzipped(content, entries):
        if name.lower().endswith((".xml", ".rels", ".vml")):
            _check_part(name, part, parts, sheets)
        if kind == "ods" and name in _ODS_PARTS:
            ParserCreate().Parse(part, True)  # the fast parser goes round for ever where one is cut off
    return Scan(kind, parts, sheets, has_macros(entries))


def _kind_of(content: bytes, entries: Sequence[zipfile.ZipInfo]) -> str:
    names = {entry.filename.replace("\\", "/").lstrip("/").lower() for entry in entries}
    if "[content_types].xml" in names:
        if "xl/workbook.bin" in names:
            return "xlsb"
        folders = {name.partition("/")[0] for name in names}
        return "xlsx" if "xl" in folders else "word" if folders & {"word", "ppt"} else "unknown"
    if "xl/workbook.xml" in names:
        return "xlsx"  # damaged: for its parser to say
    first = next((entry for entry in entries if entry.filename == "mimetype"), None)
    kind = next(inflated(content, first), b"")[:80] if first is not None and first.file_size < _HEAD else b""
    if kind.startswith(b"application/vnd.oasis.opendocument.spreadsheet"):
        return "ods"
    return "word" if kind.startswith(b"application/vnd.oasis") else "zip"


def _check_part(name: str, xml: bytes, parts: dict[str, bytes], sheets: dict[str, SheetScan]) -> None:
    if b"!" in xml and DECLARES.search(xml):
        raise Trap(structural("WB-104"))
    if name == _MANIFEST and _ENCRYPTED in xml:
        raise Trap(structural("WB-106"))
    if (_KEPT.fullmatch(name) and len(xml) <= _KEPT_MOST) or (name == CONTENT and has_breaks(xml)):
        parts[name] = xml
    elif name == "content.xml":  # of an ods
        for table, told in scan_ods(xml):
            sheets[table] = SheetScan((), told.errors, told.hidden_rows, told.hidden_columns, told.merged)
    elif _SHEET.fullmatch(name):
        far = _FAR.search(xml)
        if far:
            raise Trap(structural("WB-107", at=far[1].decode()))
        without_result, errors = _scan_cells(xml)
        sheets[name] = SheetScan(without_result, errors, *_hidden(xml))


def _hidden(xml: bytes) -> tuple[Sequence[int], Sequence[int]]:
    if b'hidden="' not in xml:
        return (), ()
    rows = [int(number[1]) - 1 for tag in _HIDDEN_ROW.findall(xml) if (number := _ROW_NUMBER.search(tag))]
    columns: list[int] = []
    for tag in _HIDDEN_COLUMN.findall(xml):
        first, last = (int(found[1]) if (found := bound.search(tag)) else 0 for bound in _COLUMN_BOUNDS)
        columns += range(max(first - 1, 0), min(last, _MOST_COLUMNS))
    return rows, columns


def _scan_cells(xml: bytes) -> tuple[Sequence[str], Mapping[str, str]]:
    if b"f>" not in xml and b't="e"' not in xml:
        return (), {}
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
    return without_result, errors
