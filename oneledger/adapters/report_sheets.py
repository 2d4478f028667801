"""How a sheet of a consolidated workbook looks: title, units, numbered columns, rules, and how it prints."""

from collections.abc import Mapping, Sequence
from copy import copy
from typing import Any
from weakref import WeakKeyDictionary

from openpyxl.chart import BarChart, Reference
from openpyxl.chart.label import DataLabelList
from openpyxl.styles import Alignment, Border, Font, PatternFill, Side
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.cell_range import CellRange
from openpyxl.worksheet.properties import PageSetupProperties
from openpyxl.worksheet.worksheet import Worksheet

from oneledger.adapters.cell_text import clean
from oneledger.adapters.xlsx_rows import LINE_PT, MOST_LINES, characters_per_line
from oneledger.domain.phrases import NOT_APPLICABLE, day_text, moment_text
from oneledger.domain.report_figures import SnapshotView

_THIN = Side(style="thin", color="808080")
RULES = Border(left=_THIN, right=_THIN, top=_THIN, bottom=_THIN)
HEAD_FILL = PatternFill("solid", fgColor="EAF0F7")
TITLE, BODY, BOLD, SMALL = (
    Font(name="黑体", size=16),
    Font(name="宋体", size=10),
    Font(name="宋体", size=10, bold=True),
    Font(name="宋体", size=9, color="606060"),
)
CENTRE = Alignment(horizontal="center", vertical="center", wrap_text=True)
LEFT = Alignment(horizontal="left", vertical="center", wrap_text=True)
NO_RULES, NO_FILL, MIDDLE = Border(), PatternFill(), Alignment(vertical="center")
_LOOKS: WeakKeyDictionary[Any, dict[tuple[Any, ...], tuple[Any, ...]]] = WeakKeyDictionary()  # by workbook
WHOLE, SHARE, DAY = "#,##0.##", "0.0%", "yyyy-mm-dd"


def put(sheet: Worksheet, row: int, column: int, value: Any, **style: Any) -> None:
    """Text is stored as text whatever it begins with; None is —, never blank and never 0."""
    cell = sheet.cell(row, column)
    if isinstance(value, str):
        cell.value = clean(value)
        cell.data_type = "s"
    else:
        cell.value = NOT_APPLICABLE if value is None else value
    _dress(cell, style)


def _dress(cell: Any, style: Mapping[str, Any]) -> None:
    """openpyxl hashes whole style objects for every cell; a look used before in this workbook is copied instead."""
    parts = (
        style.get("font", BODY),
        style.get("border", RULES),
        style.get("alignment", CENTRE),
        style.get("fill", NO_FILL),
        style.get("number_format", "General"),
    )
    looks = _LOOKS.setdefault(cell.parent.parent, {})
    key = tuple(part if isinstance(part, str) else id(part) for part in parts)
    if key not in looks:
        cell.font, cell.border, cell.alignment, cell.fill, cell.number_format = parts
        looks[key] = (cell._style, parts)  # noqa: SLF001  the parts are kept, so that no id is used again
    cell._style = copy(looks[key][0])  # noqa: SLF001


def plain(sheet: Worksheet, row: int, column: int, words: str, **style: Any) -> None:
    """Words beside the table, without rules."""
    put(sheet, row, column, words, **{"border": NO_RULES, "alignment": MIDDLE, **style})


def merge(sheet: Worksheet, top: int, left: int, bottom: int, right: int) -> None:
    """openpyxl's own merge draws the borders again, cell by cell; ours were drawn when the cells were put."""
    for row in range(top, bottom + 1):
        for column in range(left, right + 1):
            if (row, column) != (top, left) and (row, column) in sheet._cells:  # noqa: SLF001
                sheet.cell(row, column).value = None
    sheet.merged_cells.add(CellRange(min_row=top, min_col=left, max_row=bottom, max_col=right).coord)


def write_title(sheet: Worksheet, view: SnapshotView, title: str, width: int, units: str = "") -> int:
    """Title, 填报单位, 截至, the mark of figures nobody has signed for. Returns the first free row."""
    merge(sheet, 1, 1, 1, width)
    plain(sheet, 1, 1, title, font=TITLE, alignment=CENTRE)
    sheet.row_dimensions[1].height = 30
    measured = f"　单位：{units}" if units else ""
    mark = "" if view.is_reviewed else "　未经审核"
    plain(sheet, 2, 1, f"填报单位（盖章）：{view.unit.name}")
    plain(
        sheet,
        3,
        1,
        f"截至{moment_text(view.as_of)}　{view.label}{mark}{measured}　填报日期：{day_text(view.as_of)}",
    )
    return 4


def write_heads(sheet: Worksheet, row: int, heads: Sequence[tuple[str, str]], stubs: int = 2) -> int:
    """Group over title, equal groups merged; then 甲 乙 for the stubs, 1 2 3 for the rest. Returns the next row."""
    for column, (group, title) in enumerate(heads, start=1):
        for at, words in ((row, group or title), (row + 1, title)):
            put(sheet, at, column, words, font=BOLD, fill=HEAD_FILL)
        number = "甲乙丙丁"[column - 1] if column <= stubs else column - stubs
        put(sheet, row + 2, column, number, font=SMALL)
    _merge_heads(sheet, row, [group for group, _ in heads])
    sheet.row_dimensions[row + 1].height = 42
    return row + 3


def _merge_heads(sheet: Worksheet, row: int, groups: Sequence[str]) -> None:
    start = 0
    for end in range(1, len(groups) + 1):
        if end < len(groups) and groups[end] == groups[start] and groups[start]:
            continue
        if not groups[start]:
            merge(sheet, row, start + 1, row + 1, start + 1)
        elif end - start > 1:
            merge(sheet, row, start + 1, row, end)
        start = end


def write_foot(sheet: Worksheet, row: int, notes: Sequence[str]) -> None:
    for offset, note in enumerate(notes):
        plain(sheet, row + offset, 1, note, font=SMALL)
    people = "单位负责人：　　　　　　审核人：　　　　　　填报人：　　　　　　联系电话：　　　　　　"
    plain(sheet, row + len(notes), 1, people)


def fit_height(sheet: Worksheet, row: int, words: str, width: float) -> None:
    """Room for words that wrap."""
    lines = -(-len(words) // characters_per_line(width))
    if lines > 1:
        sheet.row_dimensions[row].height = LINE_PT * min(lines, MOST_LINES)


def set_widths(sheet: Worksheet, widths: Sequence[float]) -> None:
    for column, width in enumerate(widths, start=1):
        sheet.column_dimensions[get_column_letter(column)].width = width


def set_print(
    sheet: Worksheet, heads: tuple[int, int], frozen: str, *, reviewed: bool, columns: str = "", across: int = 1
) -> None:
    """A4 landscape, heads on every page; ``columns`` are repeated where a table runs over several pages across."""
    sheet.page_setup.orientation, sheet.page_setup.paperSize = "landscape", "9"
    sheet.page_setup.fitToWidth, sheet.page_setup.fitToHeight = across, 0
    sheet.sheet_properties.pageSetUpPr = PageSetupProperties(fitToPage=True)
    sheet.print_title_rows = f"{heads[0]}:{heads[1]}"
    if columns:
        sheet.print_title_cols = columns
    sheet.freeze_panes = frozen
    sheet.print_options.horizontalCentered = True
    header, footer = sheet.oddHeader, sheet.oddFooter
    assert header is not None
    assert footer is not None
    header.left.text = "内部资料　注意保管" + ("" if reviewed else "　未经审核")
    footer.center.text = "— &P —"
    margins = copy(sheet.page_margins)
    margins.left = margins.right = 0.5
    margins.top, margins.bottom = 0.8, 0.7
    sheet.page_margins = margins


def bar_chart(title: str, names: Reference, values: Reference, *, is_share: bool) -> BarChart:
    """Horizontal bars, first unit on top, numbers at their ends."""
    chart = BarChart()
    chart.type, chart.style, chart.title, chart.legend = "bar", 10, title, None
    chart.add_data(values, titles_from_data=False)
    chart.set_categories(names)
    chart.gapWidth = 60
    chart.x_axis.scaling.orientation = "maxMin"
    chart.x_axis.delete = chart.y_axis.delete = False
    chart.y_axis.scaling.min = 0
    chart.y_axis.majorGridlines = None
    chart.y_axis.number_format = "0%" if is_share else "#,##0"
    if is_share:
        chart.y_axis.scaling.max = 1
    chart.dataLabels = DataLabelList()
    chart.dataLabels.showVal = True
    for other in ("showSerName", "showCatName", "showLegendKey", "showPercent"):
        setattr(chart.dataLabels, other, False)
    count = values.max_row - values.min_row + 1
    chart.height, chart.width = min(17, max(6, round(1.8 + 0.6 * count))), 22
    return chart
