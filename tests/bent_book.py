"""A workbook one may bend: its cells as a grid that people push about, everything else carried along as text.

Written for the deformations alone; nothing of the product's own reading or writing is used. Rows and columns from 1.
"""

import io
import re
import zipfile
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from functools import cache
from typing import NamedTuple
from xml.sax.saxutils import escape

from lxml import etree

_MAIN = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"
_REL = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_SHEET_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.worksheet+xml"

Place = tuple[int, int]
Span = tuple[int, int, int, int]  # first row and column, last row and column


class Cell(NamedTuple):
    """As in the XML: number of its style, its type, what stands inside."""

    style: str = ""
    kind: str = ""
    inside: str = ""

    @property
    def text(self) -> str:
        return _text_in(self.inside)


@cache
def _text_in(inside: str) -> str:
    return "".join(etree.fromstring(f"<c>{inside}</c>").itertext()) if inside else ""


Value = str | float | date | Cell | None


def letters(column: int) -> str:
    text = ""
    while column:
        column, rest = divmod(column - 1, 26)
        text = chr(65 + rest) + text
    return text


def name(row: int, column: int) -> str:
    return f"{letters(column)}{row}"


def place(ref: str) -> Place:
    word = ref.rstrip("0123456789")
    column = 0
    for letter in word:
        column = column * 26 + ord(letter) - 64
    return int(ref[len(word) :]), column


def serial(day: date, epoch: date = date(1899, 12, 30)) -> float:
    """Excel's number of a day; a moment has its share of the day behind the point."""
    if isinstance(day, datetime):
        return serial(day.date(), epoch) + (day.hour * 60 + day.minute) / 1440
    return (day - epoch).days


def _text(words: str) -> str:
    return f'<t xml:space="preserve">{escape(words)}</t>'


def written(value: Value, style: str = "") -> Cell:
    if value is None:
        return Cell(style)
    if isinstance(value, Cell):
        return value._replace(style=value.style or style)
    if isinstance(value, str):
        return Cell(style, "inlineStr", f"<is>{_text(value)}</is>")
    number = serial(value) if isinstance(value, date) else value
    return Cell(style, "", f"<v>{number!r}</v>")


def formula(text: str, result: float | str | None = None) -> Cell:
    """``result`` None: no program ever calculated it."""
    kind = "str" if isinstance(result, str) else ""
    return Cell(kind=kind, inside=f"<f>{escape(text)}</f>" + ("" if result is None else f"<v>{result}</v>"))


def error(code: str) -> Cell:
    return Cell(kind="e", inside=f"<v>{code}</v>")


def truth_value(value: bool) -> Cell:
    return Cell(kind="b", inside=f"<v>{int(value)}</v>")


def rich(*runs: str) -> Cell:
    """Text in several fonts."""
    pieces = "".join(f'<r><rPr><b/><sz val="12"/></rPr>{_text(run)}</r>' for run in runs)
    return Cell(kind="inlineStr", inside=f"<is>{pieces}</is>")


@dataclass
class Grid:
    cells: dict[Place, Cell] = field(default_factory=dict)
    rows: dict[int, str] = field(default_factory=dict)  # attributes besides the number
    merges: list[Span] = field(default_factory=list)
    before: str = f'<worksheet xmlns="{_MAIN[1:-1]}">'
    after: str = "</worksheet>"

    def copy(self) -> "Grid":
        return replace(self, cells=dict(self.cells), rows=dict(self.rows), merges=list(self.merges))

    def text(self, at: Place) -> str:
        return self.cells[at].text if at in self.cells else ""

    def put(self, at: Place, value: Value) -> None:
        """The style stays."""
        self.cells[at] = written(value, self.cells[at].style if at in self.cells else "")

    @property
    def last_row(self) -> int:
        return max((row for row, _ in self.cells), default=0)

    def find(self, *texts: str) -> Place:
        """The first cell, row by row, that says one of these."""
        return next(at for at in sorted(self.cells) if self.cells[at].inside and self.text(at) in texts)

    def find_all(self, text: str) -> list[Place]:
        return [at for at in sorted(self.cells) if self.cells[at].inside and self.text(at) == text]

    def move(self, to: Callable[[Place], Place | None]) -> None:
        """Every cell to its new place; None: it is gone. Merges go with their corners."""
        moved = ((to(at), cell) for at, cell in self.cells.items())
        self.cells = {at: cell for at, cell in moved if at is not None}
        heights = ((to((row, 1)), told) for row, told in self.rows.items())
        self.rows = {at[0]: told for at, told in heights if at is not None}
        corners = ((to(span[:2]), to(span[2:])) for span in self.merges)
        self.merges = [(*first, *last) for first, last in corners if first and last and last >= first]

    def insert_rows(self, at: int, count: int = 1) -> None:
        self.move(lambda here: (here[0] + count, here[1]) if here[0] >= at else here)

    def delete_row(self, row: int) -> None:
        self.move(lambda here: None if here[0] == row else (here[0] - (here[0] > row), here[1]))

    def order_rows(self, old: Iterable[int], new: Iterable[int]) -> None:
        to = dict(zip(old, new, strict=True))
        self.move(lambda here: (to.get(here[0], here[0]), here[1]))

    def copy_row(self, row: int, to: int) -> None:
        self.cells |= {(to, column): cell for (line, column), cell in self.cells.items() if line == row}

    def order_columns(self, old: Iterable[int], new: Iterable[int], rows: range) -> None:
        to = dict(zip(old, new, strict=True))
        self.move(lambda here: (here[0], to.get(here[1], here[1])) if here[0] in rows else here)

    def insert_column(self, at: int, rows: range) -> None:
        self.move(lambda here: (here[0], here[1] + (here[1] >= at)) if here[0] in rows else here)

    def delete_column(self, at: int, rows: range) -> None:
        def to(here: Place) -> Place | None:
            if here[0] not in rows:
                return here
            return None if here[1] == at else (here[0], here[1] - (here[1] > at))

        self.move(to)

    def replace_before(self, pattern: str, new: str) -> None:
        """In what stands above the rows: dimension, views, columns."""
        self.before, count = re.subn(pattern, new, self.before, count=1, flags=re.DOTALL)
        assert count, pattern

    def dimension(self, ref: str | None) -> None:
        self.replace_before(r"<dimension [^>]*/>", f'<dimension ref="{ref}"/>' if ref else "")

    def xml(self) -> bytes:
        by_row: dict[int, list[str]] = {row: [] for row in self.rows}
        for (row, column), cell in sorted(self.cells.items()):
            style = f' s="{cell.style}"' if cell.style else ""
            kind = f' t="{cell.kind}"' if cell.kind else ""
            by_row.setdefault(row, []).append(f'<c r="{name(row, column)}"{style}{kind}>{cell.inside}</c>')
        lines = (f'<row r="{row}"{self.rows.get(row, "")}>{"".join(by_row[row])}</row>' for row in sorted(by_row))
        refs = "".join(f'<mergeCell ref="{name(a, b)}:{name(c, d)}"/>' for a, b, c, d in self.merges)
        merges = f"<mergeCells>{refs}</mergeCells>" if refs else ""
        return f"{self.before}<sheetData>{''.join(lines)}</sheetData>{merges}{self.after}".encode()


def grid_of(xml: bytes) -> Grid:
    text = xml.decode("utf-8")
    before, rest = text.split("<sheetData>")
    data, after = rest.split("</sheetData>")
    merges = re.search(r"<mergeCells[^>]*>.*?</mergeCells>", after, re.DOTALL)
    grid = Grid(before=before, after=after.replace(merges[0], "") if merges else after)
    if merges:
        refs = re.findall(r'ref="([A-Z]+\d+):([A-Z]+\d+)"', merges[0])
        grid.merges = [(*place(first), *place(last)) for first, last in refs]
    for row in etree.fromstring(f'<rows xmlns="{_MAIN[1:-1]}">{data}</rows>'):
        told = {key: value for key, value in row.attrib.items() if key != "r"}
        grid.rows[int(row.get("r"))] = "".join(f' {key}="{value}"' for key, value in told.items())
        for cell in row:
            inside = "".join(etree.tostring(part, encoding="unicode", with_tail=False) for part in cell)
            inside = inside.replace(f' xmlns="{_MAIN[1:-1]}"', "")
            grid.cells[place(cell.get("r"))] = Cell(cell.get("s") or "", cell.get("t") or "", inside)
    return grid


@dataclass
class Sheet:
    name: str
    grid: Grid | None  # None: not looked at, as it came
    part: str
    state: str = ""


@dataclass
class Book:
    parts: dict[str, bytes]
    sheets: list[Sheet]
    strings: list[str] = field(default_factory=list)  # shared ones, as XML
    epoch: date = date(1899, 12, 30)

    def copy(self) -> "Book":
        sheets = [replace(sheet, grid=sheet.grid.copy() if sheet.grid else None) for sheet in self.sheets]
        return replace(self, parts=dict(self.parts), sheets=sheets, strings=list(self.strings))

    def sheet(self, title: str) -> Sheet:
        return next(sheet for sheet in self.sheets if sheet.name == title)

    def add(self, title: str, grid: Grid, at: int | None = None) -> Sheet:
        sheet = Sheet(title, grid, f"xl/worksheets/added{len(self.sheets)}.xml")
        self.sheets.insert(len(self.sheets) if at is None else at, sheet)
        return sheet

    def shared(self, *runs: str) -> Cell:
        """A text that stands in the workbook's shared strings, as Excel and WPS write every text."""
        pieces = f"<si>{_text(runs[0])}</si>" if len(runs) == 1 else (
            f"<si>{''.join(f'<r><rPr><b/></rPr>{_text(run)}</r>' for run in runs)}</si>"
        )  # fmt: skip
        self.strings.append(pieces)
        return Cell(kind="s", inside=f"<v>{len(self.strings) - 1}</v>")

    def saved(self) -> bytes:
        parts = dict(self.parts)
        listed, links, types = [], [], []
        for number, sheet in enumerate(self.sheets, 1):
            if sheet.grid:
                parts[sheet.part] = sheet.grid.xml()
            state = f' state="{sheet.state}"' if sheet.state else ""
            listed.append(
                f'<sheet xmlns:r="{_REL}" name="{escape(sheet.name)}" sheetId="{number}"{state} r:id="bent{number}"/>'
            )
            links.append(f'<Relationship Type="{_REL}/worksheet" Target="/{sheet.part}" Id="bent{number}"/>')
            if sheet.part.startswith("xl/worksheets/added"):
                types.append(f'<Override PartName="/{sheet.part}" ContentType="{_SHEET_TYPE}"/>')
        book = parts["xl/workbook.xml"].decode()
        book = re.sub(r"<sheets>.*</sheets>", f"<sheets>{''.join(listed)}</sheets>", book, flags=re.DOTALL)
        book = re.sub(r'<definedName name="_xlnm[^>]*>[^<]*</definedName>', "", book)  # they name sheets by number
        if self.epoch.year == 1904:
            book = book.replace("<workbookPr/>", '<workbookPr date1904="1"/>')
        parts["xl/workbook.xml"] = book.encode()
        _add(parts, "xl/_rels/workbook.xml.rels", "</Relationships>", links)
        _add(parts, "[Content_Types].xml", "</Types>", types)
        items = "".join(self.strings)
        parts["xl/sharedStrings.xml"] = f'<sst xmlns="{_MAIN[1:-1]}">{items}</sst>'.encode()
        return zipped(parts)


def _add(parts: dict[str, bytes], part: str, end: str, pieces: list[str]) -> None:
    parts[part] = parts[part].decode().replace(end, f"{''.join(pieces)}{end}").encode()


def zipped(parts: Mapping[str, bytes]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_STORED) as archive:
        for part, content in parts.items():
            archive.writestr(part, content)
    return buffer.getvalue()


def opened(content: bytes) -> Book:
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        parts = {each: archive.read(each) for each in archive.namelist()}
    links = etree.fromstring(parts["xl/_rels/workbook.xml.rels"])
    targets = {link.get("Id"): link.get("Target").removeprefix("/xl/") for link in links}
    sheets = [
        Sheet(each.get("name"), None, f"xl/{targets[each.get(f'{{{_REL}}}id')]}", each.get("state", ""))
        for each in etree.fromstring(parts["xl/workbook.xml"]).iter(f"{_MAIN}sheet")
    ]
    for sheet in sheets:
        if sheet.state != "veryHidden":
            sheet.grid = grid_of(parts[sheet.part])
    strings = re.findall(r"<si>.*?</si>", parts["xl/sharedStrings.xml"].decode(), re.DOTALL)
    return Book(parts, sheets, strings)
