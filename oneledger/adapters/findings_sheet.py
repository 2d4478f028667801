"""The first sheet of a marked-up workbook: every finding, with a link to its cell."""

from collections.abc import Collection, Sequence

from openpyxl.styles import PatternFill
from openpyxl.worksheet.hyperlink import Hyperlink
from openpyxl.worksheet.properties import PageSetupProperties
from openpyxl.worksheet.worksheet import Worksheet

from oneledger.adapters import workbook_styles as styles
from oneledger.adapters.cell_marks import COLOURS, is_address
from oneledger.adapters.cell_text import clean
from oneledger.adapters.workbook_styles import Look
from oneledger.domain.cells import column_name
from oneledger.domain.findings import Finding
from oneledger.domain.printed import FINDINGS_SHEET
from oneledger.domain.sheet_layout import LEAST_HEIGHT, height

HEADINGS = ("序号", "类别", "工作表", "单元格", "规则", "写的是", "应为", "怎么改")
_WIDTHS = (6.0, 8.0, 18.0, 9.0, 10.0, 30.0, 30.0, 50.0)
_WORDS = {"error": "差错", "query": "疑问", "note": "说明"}
_FIRST = 4  # row
_TEXT = Look(styles.LABEL.font, styles.LABEL.alignment, None, styles.BORDER, "@")


def is_list(sheet: Worksheet) -> bool:
    """Also a copy of it, such as 需要更正的问题 (2)."""
    return sheet.title.startswith(FINDINGS_SHEET) and sheet["A1"].value == FINDINGS_SHEET


def draw_list(sheet: Worksheet, findings: Sequence[Finding], names: Collection[str]) -> None:
    """``names``: the sheets that are there to link to."""
    last = len(HEADINGS)
    for row, text, look in ((1, FINDINGS_SHEET, styles.TITLE), (2, _summary(findings), styles.BELOW)):
        _put(sheet, row, 1, text, look)
        sheet.merge_cells(start_row=row, end_row=row, start_column=1, end_column=last)
        sheet.row_dimensions[row].height = height(text, sum(_WIDTHS)) + (10.0 if row == 1 else 0.0)
    for column, text in enumerate(HEADINGS, 1):
        _put(sheet, _FIRST - 1, column, text, styles.HEADING)
        sheet.column_dimensions[column_name(column - 1)].width = _WIDTHS[column - 1]
    for number, finding in enumerate(findings, 1):
        _draw_finding(sheet, number, finding, linked=finding.sheet in names)
    _set_page(sheet)


def _summary(findings: Sequence[Finding]) -> str:
    counts = {level: sum(finding.level == level for finding in findings) for level in _WORDS}
    said = {
        "error": "差错{}处（红色），必须改正",
        "query": "疑问{}处（黄色），请改正或在备注中说明",
        "note": "说明{}处，不必改",
    }
    listed = "；".join(said[level].format(count) for level, count in counts.items() if count)
    return f"{listed}。请在原表中改好，保存后直接回复邮件并附上本表；改过的单元格不必去掉颜色和批注，本页不必删除。"


def _draw_finding(sheet: Worksheet, number: int, finding: Finding, *, linked: bool) -> None:
    row = _FIRST + number - 1
    where = finding.sheet or "整个文件"
    texts = (_WORDS[finding.level], where, finding.cell, finding.rule, finding.found, finding.expected, finding.remedy)
    _put(sheet, row, 1, number, _TEXT)
    for column, text in enumerate(texts, 2):
        _put(sheet, row, column, text, _TEXT)
    if finding.level in COLOURS:
        sheet.cell(row, 2).fill = PatternFill("solid", fgColor=COLOURS[finding.level])
    if linked and is_address(finding.cell):
        place = f"'{finding.sheet.replace(chr(39), chr(39) * 2)}'!{finding.cell}"
        sheet.cell(row, 4).hyperlink = Hyperlink(ref=f"D{row}", location=place)
    pairs = zip(texts, _WIDTHS[1:], strict=True)
    sheet.row_dimensions[row].height = max(LEAST_HEIGHT, *(height(text, width) for text, width in pairs))


def _put(sheet: Worksheet, row: int, column: int, value: str | int, look: Look) -> None:
    """What a school wrote may start with = + - @ and stays text, also when someone edits the cell."""
    cell = sheet.cell(row, column)
    look.put_on(cell)
    if value == "":
        return
    cell.value = clean(value) if isinstance(value, str) else value
    if isinstance(value, str):
        cell.data_type = "s"
        cell.quotePrefix = value.startswith(("=", "+", "-", "@"))


def _set_page(sheet: Worksheet) -> None:
    sheet.freeze_panes = f"A{_FIRST}"
    sheet.print_title_rows = f"{_FIRST - 1}:{_FIRST - 1}"
    sheet.page_setup.paperSize, sheet.page_setup.orientation = sheet.PAPERSIZE_A4, "landscape"
    sheet.sheet_properties.pageSetUpPr = PageSetupProperties(fitToPage=True)
    sheet.page_setup.fitToHeight = 0
    sheet.page_margins.left = sheet.page_margins.right = 0.4
