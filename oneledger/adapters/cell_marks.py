"""Our marks in a school's own cells: a colour and a comment, put on and taken off again."""

import re
from collections.abc import Sequence

from openpyxl.cell.cell import Cell, MergedCell
from openpyxl.comments import Comment
from openpyxl.styles import PatternFill
from openpyxl.utils.cell import coordinate_to_tuple
from openpyxl.workbook import Workbook
from openpyxl.worksheet.worksheet import Worksheet

from oneledger.adapters.cell_text import clean
from oneledger.adapters.workbook_styles import OUR_COLOURS
from oneledger.domain.findings import Finding

AUTHOR = "一本账"
OPENING = "【更正提示】"  # of every comment of ours; programs drop authors, but no text
COLOURS = {"error": "FFFFB9BD", "query": "FFFFE066"}  # not Excel's own palette, so that no school's colour is taken off
_NO_COLOUR = "00000000"
_ADDRESS = re.compile(r"[A-Z]{1,3}[1-9]\d{0,6}")
_LAST_ROW, _LAST_COLUMN = 1_048_576, 16_384
_LINE = 24  # characters of a comment's line


def put_mark(sheet: Worksheet, address: str, findings: Sequence[Finding]) -> None:
    """The worst finding gives the colour; a note gives none. A comment of the school's own stays."""
    cell = _cell(sheet, address)
    if cell is None:
        return
    levels = {finding.level for finding in findings}
    colour = next((COLOURS[level] for level in COLOURS if level in levels), None)
    if colour:
        cell.fill = PatternFill("solid", fgColor=colour, bgColor=_own_colour(cell))
    if cell.comment is None:
        text = clean(OPENING + "\n".join(finding.sentence() for finding in findings))
        cell.comment = Comment(text, AUTHOR, height=40 + 18 * (1 + len(text) // _LINE), width=320)


def _cell(sheet: Worksheet, address: str) -> Cell | None:
    """None for what is no single cell. Of merged cells the top left one carries the mark."""
    if not is_address(address):
        return None
    cell = sheet[address]
    if isinstance(cell, MergedCell):
        merged = next(each for each in sheet.merged_cells.ranges if address in each)
        cell = sheet.cell(merged.min_row, merged.min_col)
    return cell if isinstance(cell, Cell) else None


def is_address(text: str) -> bool:
    if not _ADDRESS.fullmatch(text):
        return False
    row, column = coordinate_to_tuple(text)
    return row <= _LAST_ROW and column <= _LAST_COLUMN


def _own_colour(cell: Cell) -> str:
    """A solid fill shows no background colour: there the colour our form had waits until the mark is taken off."""
    shown = str(cell.fill.fgColor.rgb)
    return shown if cell.fill.fill_type == "solid" and shown in OUR_COLOURS else _NO_COLOUR


def take_off_marks(book: Workbook) -> None:
    """A colour of the school's own under a mark is lost: LibreOffice invents backgrounds, so only ours are trusted."""
    for sheet in book.worksheets:
        for cell in list(sheet._cells.values()):  # noqa: SLF001  # iter_rows would make every cell up to the corner
            if cell.comment is not None and (cell.comment.text or "").startswith(OPENING):
                cell.comment = None
            if cell.fill.fill_type == "solid" and cell.fill.fgColor.rgb in COLOURS.values():
                own = str(cell.fill.bgColor.rgb)
                cell.fill = PatternFill("solid", fgColor=own) if own in OUR_COLOURS else PatternFill()
