"""The small form on which an office may answer when asked for its signature: one opinion, and a reason a unit."""

import re
from collections.abc import Iterable, Mapping
from functools import cache
from io import BytesIO
from typing import NamedTuple

from openpyxl import Workbook
from openpyxl.styles import Alignment, Border, Font, NamedStyle, PatternFill, Side
from openpyxl.worksheet.datavalidation import DataValidation
from openpyxl.worksheet.properties import PageSetupProperties

from oneledger.adapters import zip_parts
from oneledger.adapters.cell_text import element_text
from oneledger.adapters.workbook_master import PROPERTIES, clockless
from oneledger.domain.signoff_answer import FORM_COLUMNS, FORM_SHEET, OPINION

_EDGE = Side(style="thin", color="BFBFBF")
_LINE = Border(left=_EDGE, right=_EDGE, top=_EDGE, bottom=_EDGE)
_OPEN = PatternFill("solid", fgColor="FFF9E5")
_HEAD = PatternFill("solid", fgColor="EEF2F7")
_WRAPPED = Alignment(wrap_text=True, vertical="center")
_WIDTHS = (16, 34, 16, 60)
_TITLE, _OFFICE, _LABEL, _CODE, _NAME, _STATE = (
    f"@@oneledger:{each}@@" for each in ("title", "office", "label", "code", "name", "state")
)
_FIRST = 7  # the row of the first unit
_SHEET = "xl/worksheets/sheet1.xml"


def _styles() -> tuple[NamedStyle, NamedStyle, NamedStyle]:
    """Told by us, to be written by the office, heading. One style a cell: of four parts each costs as much."""
    told, open_, head = (NamedStyle(each, border=_LINE, alignment=_WRAPPED) for each in ("已列", "填写", "表头"))
    told.number_format, open_.fill, head.fill, head.font = "@", _OPEN, _HEAD, Font(bold=True)
    return told, open_, head


class _Master(NamedTuple):
    """The parts, deflated, that are the same in every form; of the sheet, what stands above the units and after."""

    parts: tuple[zip_parts.Part, ...]
    above: str
    unit: str
    rest: str


def sign_sheet(title: str, office: str, label: str, units: Iterable[tuple[str, str, str]]) -> bytes:
    """``units``: code, name, how it stands. openpyxl draws the form once; a city's has some hundred rows."""
    master = _master()
    rows = [
        _filled(master.unit.replace(f'{_FIRST}"', f'{number}"'), dict(zip((_CODE, _NAME, _STATE), unit, strict=True)))
        for number, unit in enumerate(units, start=_FIRST)
    ]
    above = _filled(master.above, {_TITLE: title, _OFFICE: office, _LABEL: label})
    above = above.replace(f'ref="A1:D{_FIRST}"', f'ref="A1:D{_FIRST + len(rows) - 1}"')
    sheet = zip_parts.packed(_SHEET, "".join([above, *rows, master.rest]).encode())
    return zip_parts.archived(sheet if each.name == sheet.name else each for each in master.parts)


def _filled(text: str, values: Mapping[str, str]) -> str:
    for place, value in values.items():
        text = text.replace(place, element_text(value))
    return text


@cache
def _master() -> _Master:
    texts = zip_parts.texts(_drawn())
    texts[PROPERTIES] = clockless(texts[PROPERTIES])
    sheet = texts[_SHEET].replace("<t>@@", '<t xml:space="preserve">@@')
    above, row, rest = re.split(rf'(<row r="{_FIRST}".*?</row>)', sheet, maxsplit=1)
    parts = tuple(zip_parts.packed(name, text.encode()) for name, text in texts.items())
    return _Master(parts, above, row, rest)


def _drawn() -> bytes:
    """With one row for a unit."""
    book = Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.title = FORM_SHEET
    sheet.append([_TITLE])
    sheet.append(["审核单位", _OFFICE])
    sheet.append(["所审数字", _LABEL])
    sheet.append([OPINION, None, None, "选“同意”“退回”或“暂缓”；退回的，在下面该单位的行里写理由，其余不用填"])
    sheet.append([])
    sheet.append(list(FORM_COLUMNS))
    sheet.append([_CODE, _NAME, _STATE, None])
    sheet["A1"].font = Font(bold=True, size=14)
    sheet["B4"].fill = _OPEN
    sheet["B4"].border = _LINE
    choice = DataValidation(type="list", formula1='"同意,退回,暂缓"', allow_blank=True)
    sheet.add_data_validation(choice)
    choice.add("B4")
    told, open_, head = _styles()
    for row in sheet.iter_rows(min_row=6):
        for cell in row:
            cell.style = head if cell.row == 6 else open_ if cell.column == 4 else told
    for letter, width in zip("ABCD", _WIDTHS, strict=True):
        sheet.column_dimensions[letter].width = width
    sheet.freeze_panes = "A7"
    sheet.print_title_rows = "6:6"
    sheet.page_setup.orientation, sheet.page_setup.paperSize, sheet.page_setup.fitToHeight = "landscape", 9, 0
    sheet.sheet_properties.pageSetUpPr = PageSetupProperties(fitToPage=True)
    written = BytesIO()
    book.save(written)
    return written.getvalue()
