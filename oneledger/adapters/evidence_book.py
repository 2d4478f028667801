"""The contents of an evidence pack as a workbook: one sheet a list, printed on A4 across."""

import io
from collections.abc import Mapping, Sequence

from openpyxl import Workbook
from openpyxl.cell import Cell
from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE
from openpyxl.styles import Alignment, Border, Font, PatternFill, Side
from openpyxl.utils import get_column_letter

_LINE = Side(style="thin", color="999999")
_BORDER = Border(left=_LINE, right=_LINE, top=_LINE, bottom=_LINE)
_HEAD = PatternFill("solid", start_color="E8EEF4")
_WIDEST = 60

Sheets = Mapping[str, tuple[Sequence[str], Sequence[Sequence[object]]]]
"""Title -> (heads, rows)."""


def evidence_book(sheets: Sheets) -> bytes:
    book = Workbook()
    book.remove(book.worksheets[0])
    for title, (heads, rows) in sheets.items():
        sheet = book.create_sheet(title)
        for number, row in enumerate([heads, *rows], start=1):
            for column, value in enumerate(row, start=1):
                _write(sheet.cell(number, column), value, is_head=number == 1)
        for column in range(1, len(heads) + 1):
            texts = (str(row[column - 1] or "") for row in [heads, *rows])
            sheet.column_dimensions[get_column_letter(column)].width = min(_WIDEST, max(map(_width, texts)) + 2)
        sheet.freeze_panes = "A2"
        sheet.print_title_rows = "1:1"
        sheet.page_setup.orientation, sheet.page_setup.paperSize = "landscape", 9
        sheet.page_setup.fitToHeight, sheet.sheet_properties.pageSetUpPr.fitToPage = 0, True
    content = io.BytesIO()
    book.save(content)
    return content.getvalue()


def _width(text: str) -> int:
    return sum(2 if ord(character) > 0x2E80 else 1 for character in text)


def _write(cell: Cell, value: object, *, is_head: bool) -> None:
    """Always as text: what people wrote is never a formula."""
    cell.value = ILLEGAL_CHARACTERS_RE.sub("", str("" if value is None else value))
    cell.data_type, cell.border = "s", _BORDER
    cell.font, cell.alignment = Font(name="宋体", bold=is_head), Alignment(wrap_text=True, vertical="center")
    if is_head:
        cell.fill = _HEAD
