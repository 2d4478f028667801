"""A received workbook that is being filled: through its XML, or by openpyxl as a stand-in for another program."""

import io
import zipfile
from collections.abc import Mapping
from datetime import date, datetime
from functools import lru_cache
from typing import Any, Protocol

from lxml import etree
from openpyxl import load_workbook
from openpyxl.worksheet.worksheet import Worksheet

from rehearsal.sheet_cells import Place, XmlSheet
from rehearsal.sheet_surgery import SheetSurgery

_MAIN = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"
_LINK = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}id"
_STRINGS = "xl/sharedStrings.xml"


class Sheet(Protocol):
    def texts(self) -> Mapping[Place, str]: ...
    def put(self, row: int, column: int, value: Any) -> None: ...


class Book(Protocol):
    """Sheets by name, hidden ones too."""

    @property
    def names(self) -> list[str]: ...
    def sheet(self, name: str) -> Sheet: ...
    def saved(self) -> bytes: ...


class XmlBook:
    """Only the sheets that are asked for are read; everything else is carried along as it came."""

    def __init__(self, content: bytes) -> None:
        self._archive = zipfile.ZipFile(io.BytesIO(content))
        self._replaced: dict[str, bytes] = {}  # part -> what it is now
        self._places = _sheet_parts(self._part("xl/workbook.xml"), self._part("xl/_rels/workbook.xml.rels"))
        self._sheets: dict[str, XmlSheet] = {}
        self._strings: list[str] | None = None

    @property
    def names(self) -> list[str]:
        return list(self._places)

    def _part(self, name: str) -> bytes:
        return self._replaced[name] if name in self._replaced else self._archive.read(name)

    def sheet(self, name: str) -> XmlSheet:
        if name not in self._sheets:
            self._sheets[name] = XmlSheet(self._part(self._places[name]), self._shared())
        return self._sheets[name]

    def surgery(self, name: str) -> SheetSurgery:
        """On the sheet as it is filled now; what comes of it has to be handed back."""
        return SheetSurgery(self.sheet(name).saved())

    def replace(self, name: str, surgery: SheetSurgery) -> None:
        self._replaced[self._places[name]] = surgery.saved()
        self._sheets.pop(name, None)

    def _shared(self) -> list[str]:
        if self._strings is None:
            has_strings = _STRINGS in self._archive.namelist()
            root = etree.fromstring(self._part(_STRINGS) if has_strings else b"<sst/>")
            self._strings = ["".join(part.text or "" for part in item.iter(f"{_MAIN}t")) for item in root]
        return self._strings

    def saved(self) -> bytes:
        filled = {self._places[name]: sheet.saved() for name, sheet in self._sheets.items()}
        buffer = io.BytesIO()
        with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
            for entry in self._archive.infolist():
                name = entry.filename
                kept = zipfile.ZipInfo(name, entry.date_time)  # the hour of filling would make the bytes differ
                content = filled.get(name) or self._part(name)
                archive.writestr(kept, content, zipfile.ZIP_DEFLATED, compresslevel=1)
        return buffer.getvalue()


@lru_cache(maxsize=256)
def _sheet_parts(workbook: bytes, relations: bytes) -> Mapping[str, str]:
    """Sheet name -> part of the zip."""
    links = etree.fromstring(relations)
    targets = {link.get("Id"): (link.get("Target") or "").removeprefix("/xl/") for link in links}
    sheets = etree.fromstring(workbook).iter(f"{_MAIN}sheet")
    return {str(sheet.get("name")): f"xl/{targets[sheet.get(_LINK)]}" for sheet in sheets}


class OpenpyxlSheet:
    def __init__(self, sheet: Worksheet) -> None:
        self._sheet = sheet

    def texts(self) -> dict[Place, str]:
        shown = {
            (cell.row, cell.column): _shown(cell.value)
            for row in self._sheet.iter_rows()
            for cell in row
            if cell.value is not None
        }
        return {place: text for place, text in shown.items() if text}

    def put(self, row: int, column: int, value: Any) -> None:
        self._sheet.cell(row, column).value = value


def _shown(value: Any) -> str:
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return value.date().isoformat() if isinstance(value, datetime) else str(value)


class OpenpyxlBook:
    """Slower by ten times, and written as another program writes: shared strings, its own order of parts."""

    def __init__(self, content: bytes) -> None:
        self._book = load_workbook(io.BytesIO(content))

    @property
    def names(self) -> list[str]:
        return list(self._book.sheetnames)

    def sheet(self, name: str) -> OpenpyxlSheet:
        sheet = self._book[name]
        assert isinstance(sheet, Worksheet)
        return OpenpyxlSheet(sheet)

    def saved(self) -> bytes:
        buffer = io.BytesIO()
        self._book.save(buffer)
        return buffer.getvalue()


def day_of(text: str) -> date | None:
    """A day as a cell shows it: Excel's number, or year-month-day."""
    try:
        return date.fromisoformat(text[:10]) if "-" in text else date.fromordinal(int(float(text)) + 693594)
    except ValueError:
        return None
