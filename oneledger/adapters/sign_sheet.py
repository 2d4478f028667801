"""The small form on which an office may answer when asked for its signature: one opinion, and a reason a unit."""

from collections.abc import Iterable
from io import BytesIO

from openpyxl import Workbook
from openpyxl.styles import Alignment, Border, Font, PatternFill, Side
from openpyxl.worksheet.datavalidation import DataValidation
from openpyxl.worksheet.properties import PageSetupProperties

from oneledger.domain.signoff_answer import FORM_COLUMNS, FORM_SHEET, OPINION

_EDGE = Side(style="thin", color="BFBFBF")
_LINE = Border(left=_EDGE, right=_EDGE, top=_EDGE, bottom=_EDGE)
_OPEN = PatternFill("solid", fgColor="FFF9E5")
_HEAD = PatternFill("solid", fgColor="EEF2F7")
_WIDTHS = (16, 34, 16, 60)


def sign_sheet(title: str, office: str, label: str, units: Iterable[tuple[str, str, str]]) -> bytes:
    """``units``: code, name, how it stands."""
    book = Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.title = FORM_SHEET
    sheet.append([title])
    sheet.append(["审核单位", office])
    sheet.append(["所审数字", label])
    sheet.append([OPINION, None, None, "选“同意”“退回”或“暂缓”；退回的，在下面该单位的行里写理由，其余不用填"])
    sheet.append([])
    sheet.append(list(FORM_COLUMNS))
    for unit in units:
        sheet.append([*unit, None])
    sheet["A1"].font = Font(bold=True, size=14)
    sheet["B4"].fill = _OPEN
    sheet["B4"].border = _LINE
    choice = DataValidation(type="list", formula1='"同意,退回,暂缓"', allow_blank=True)
    sheet.add_data_validation(choice)
    choice.add("B4")
    for row in sheet.iter_rows(min_row=6):
        for cell in row:
            cell.border = _LINE
            cell.alignment = Alignment(wrap_text=True, vertical="center")
            if cell.row == 6:
                cell.fill, cell.font = _HEAD, Font(bold=True)
            elif cell.column == 4:
                cell.fill = _OPEN
            else:
                cell.number_format = "@"
    for letter, width in zip("ABCD", _WIDTHS, strict=True):
        sheet.column_dimensions[letter].width = width
    sheet.freeze_panes = "A7"
    sheet.print_title_rows = "6:6"
    sheet.page_setup.orientation, sheet.page_setup.paperSize, sheet.page_setup.fitToHeight = "landscape", 9, 0
    sheet.sheet_properties.pageSetUpPr = PageSetupProperties(fitToPage=True)
    written = BytesIO()
    book.save(written)
    return written.getvalue()
