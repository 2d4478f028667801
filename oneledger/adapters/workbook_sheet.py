"""One form drawn on one sheet of the master, after domain.sheet_layout."""

from copy import copy
from typing import Any

from openpyxl.cell.cell import Cell, MergedCell
from openpyxl.worksheet.dimensions import RowDimension
from openpyxl.worksheet.header_footer import HeaderFooterItem, _HeaderFooterPart as _FooterPart
from openpyxl.worksheet.properties import PageSetupProperties
from openpyxl.worksheet.worksheet import Worksheet

from oneledger.adapters import workbook_styles as styles
from oneledger.adapters.cell_text import clean
from oneledger.adapters.workbook_rules import ChoiceLists, validation
from oneledger.adapters.workbook_styles import Look
from oneledger.domain.cells import column_name
from oneledger.domain.forms import Field, Item, Rows, Table
from oneledger.domain.printed import DATE_LINE, INSTRUCTIONS, UNIT_LINE, heading, hint, label
from oneledger.domain.sheet_layout import (
    ANSWER_COLUMN,
    CODE_ROW,
    HINT_COLUMN,
    LABEL_COLUMN,
    LEAST_HEIGHT,
    NO_COLUMN,
    TITLE_ROW,
    UNIT_COLUMN,
    UNIT_ROW,
    SheetLayout,
    answer_height,
    display_width,
    height,
)
from oneledger.domain.workbooks import FACT_HEADINGS

UNIT_NAME_PLACE = "@@oneledger:unit_name@@"
_SPACER = 8.0
_FREEZE_HEIGHT, _FREEZE_WIDTH = 220.0, 48.0  # more than that frozen leaves a small screen no room to scroll


class GrowingRow(RowDimension):
    """A row with a height that Excel may outgrow when the unit writes more; a set height stays."""

    @property
    def customHeight(self) -> bool:  # noqa: N802  # openpyxl's name
        return False


class SheetDrawing:
    def __init__(self, sheet: Worksheet, layout: SheetLayout, lists: ChoiceLists) -> None:
        self.sheet = sheet
        self.layout = layout
        self.lists = lists
        self._worn: dict[Look, Cell | MergedCell] = {}

    def put(self, row: int, column: int, value: Any, look: Look) -> None:
        """Text never becomes a formula. A value that spans columns: see ``span``."""
        cell = self.sheet.cell(row, column)
        self.dress(cell, look)
        if value not in (None, ""):
            cell.value = clean(value) if isinstance(value, str) else value
            cell.data_type = "s" if isinstance(value, str) else cell.data_type

    def dress(self, cell: Cell | MergedCell, look: Look) -> None:
        """Copying a style is twenty times faster than setting it again."""
        worn = self._worn.setdefault(look, cell)
        if worn is cell:
            look.put_on(cell)
        else:
            cell._style = copy(worn._style)  # type: ignore[union-attr]  # noqa: SLF001  # no other way to share it

    def span(self, row: int, first: int, last: int, text: str, look: Look) -> None:
        for column in range(first, last + 1):
            self.dress(self.sheet.cell(row, column), look)
        self.put(row, first, text, look)
        if last > first:
            self.sheet.merge_cells(start_row=row, end_row=row, start_column=first, end_column=last)

    def tall(self, row: int, points: float, *, growing: bool = False) -> None:
        kind = GrowingRow if growing else RowDimension
        self.sheet.row_dimensions[row] = kind(self.sheet, index=row, ht=points)

    def rule(self, field: Field, column: int, first: int, last: int) -> None:
        rule = validation(field, self.lists)
        if rule is not None:
            letters = column_name(column - 1)
            rule.add(f"{letters}{first}:{letters}{last}")
            self.sheet.add_data_validation(rule)

    def width(self, first: int, last: int) -> float:
        return sum(self.layout.widths[first - 1 : last])


def draw_head(drawing: SheetDrawing, title: str, codes: str, document_no: str) -> None:
    last = drawing.layout.head_columns
    middle = _middle(drawing.layout.widths[:last])
    drawing.span(TITLE_ROW, 1, last, title, styles.TITLE)
    drawing.tall(TITLE_ROW, 30.0 + 24.0 * title.count("\n"))
    left = f"制发文号：{document_no}" if document_no else ""
    for row, texts in ((CODE_ROW, (left, codes)), (UNIT_ROW, (f"{UNIT_LINE}{UNIT_NAME_PLACE}", DATE_LINE))):
        drawing.span(row, 1, middle, texts[0], styles.LEFT_LINE)
        drawing.span(row, middle + 1, last, texts[1], styles.RIGHT_LINE)
        drawing.tall(row, LEAST_HEIGHT)


def _middle(widths: tuple[float, ...]) -> int:
    """The last column of the left part: about half, and the date line must fit into the rest."""
    room = display_width(DATE_LINE) + 2
    fitting = [count for count in range(1, len(widths)) if sum(widths[count:]) >= room]
    return min(fitting, key=lambda count: abs(sum(widths[:count]) - sum(widths) / 2), default=1)


def draw_facts(drawing: SheetDrawing, facts: tuple[Field, ...]) -> None:
    if drawing.layout.facts_heading is None:
        return
    for column, text in enumerate(FACT_HEADINGS, 1):
        last = drawing.layout.head_columns if column == HINT_COLUMN else column
        drawing.span(drawing.layout.facts_heading, column, last, text, styles.HEADING)
    drawing.tall(drawing.layout.facts_heading, LEAST_HEIGHT)
    for row, group in drawing.layout.groups.items():
        drawing.span(row, 1, drawing.layout.head_columns, group, styles.GROUP)
        drawing.tall(row, LEAST_HEIGHT)
    for fact in facts:
        _draw_fact(drawing, fact, drawing.layout.facts[fact.key])


def _draw_fact(drawing: SheetDrawing, fact: Field, row: int) -> None:
    last = drawing.layout.head_columns
    drawing.put(row, NO_COLUMN, fact.no, styles.CENTRED_LABEL)
    drawing.put(row, LABEL_COLUMN, label(fact), styles.LABEL)
    drawing.put(row, ANSWER_COLUMN, None, styles.answer(fact))
    drawing.put(row, UNIT_COLUMN, fact.unit or None, styles.CENTRED_LABEL)
    drawing.span(row, HINT_COLUMN, last, hint(fact), styles.HINT)
    needed = (
        height(label(fact), drawing.width(LABEL_COLUMN, LABEL_COLUMN)),
        height(hint(fact), drawing.width(HINT_COLUMN, last) * 1.15),
        answer_height(fact, drawing.width(ANSWER_COLUMN, ANSWER_COLUMN)),
    )
    drawing.tall(row, max(needed), growing=True)
    drawing.rule(fact, ANSWER_COLUMN, row, row)


def draw_table(drawing: SheetDrawing, table: Table | None) -> None:
    top = drawing.layout.table_heading
    if table is None or top is None:
        return
    if drawing.layout.facts:
        drawing.tall(top - 1, _SPACER)
    for column, field in enumerate(table.columns, 1):
        drawing.put(top, column, heading(field), styles.HEADING)
        drawing.rule(field, column, top + 1, top + drawing.layout.table_rows)
    pairs = zip((heading(field) for field in table.columns), drawing.layout.widths, strict=False)
    drawing.tall(top, max(height(text, width) for text, width in pairs) + 6.0)
    items: tuple[Item | None, ...] = table.items if table.rows == Rows.FIXED else (None,) * drawing.layout.table_rows
    for row, item in enumerate(items, top + 1):
        _draw_row(drawing, table, row, item)


def _draw_row(drawing: SheetDrawing, table: Table, row: int, item: Item | None) -> None:
    printed = item.values if item else {}
    points = LEAST_HEIGHT
    for column, field in enumerate(table.columns, 1):
        value = printed.get(field.key)
        drawing.put(row, column, value, styles.answer(field, printed=value is not None))
        if value is not None:
            points = max(points, height(str(value), drawing.width(column, column)))
    drawing.tall(row, points, growing=True)


def draw_below(drawing: SheetDrawing, lines: tuple[str, ...]) -> None:
    last = drawing.layout.head_columns
    for row, text in enumerate(lines, drawing.layout.below):
        drawing.span(row, 1, last, text, styles.BELOW_TITLE if text == INSTRUCTIONS else styles.BELOW)
        drawing.tall(row, height(text, drawing.width(1, last)))


def set_page(drawing: SheetDrawing, table: Table | None, foot: str) -> None:
    sheet, layout = drawing.sheet, drawing.layout
    for column, width in enumerate(layout.widths, 1):
        sheet.column_dimensions[column_name(column - 1)].width = width
    sheet.page_setup.paperSize = sheet.PAPERSIZE_A4
    sheet.page_setup.orientation = "landscape" if table else "portrait"
    sheet.sheet_properties.pageSetUpPr = PageSetupProperties(fitToPage=True)
    sheet.page_setup.fitToWidth = layout.pages_wide
    sheet.page_setup.fitToHeight = 0
    sheet.print_options.horizontalCentered = True
    margins = sheet.page_margins
    margins.left, margins.right, margins.top, margins.bottom = 0.4, 0.4, 0.5, 0.7
    margins.footer = 0.35
    sheet.HeaderFooter.oddFooter = HeaderFooterItem(_FooterPart(foot), None, _FooterPart("第 &P 页，共 &N 页"))
    _repeat_and_freeze(drawing, table)


def _repeat_and_freeze(drawing: SheetDrawing, table: Table | None) -> None:
    sheet, layout = drawing.sheet, drawing.layout
    top = layout.table_heading or layout.facts_heading
    if top is None:
        return
    sheet.print_title_rows = f"{top}:{top}"
    columns = _key_columns(table, layout.widths)
    if columns and layout.pages_wide > 1:
        sheet.print_title_cols = f"A:{column_name(columns - 1)}"
    above = sum(sheet.row_dimensions[row].ht or LEAST_HEIGHT for row in range(1, top + 1))
    row = top + 1 if above <= _FREEZE_HEIGHT else 1
    if row > 1 or columns:
        sheet.freeze_panes = f"{column_name(columns)}{row}"


def _key_columns(table: Table | None, widths: tuple[float, ...]) -> int:
    """How many columns on the left stay in sight: up to the one that identifies the row, if that is near."""
    if table is None:
        return 0
    count = [column.key for column in table.columns].index(table.key) + 1
    return count if count < len(table.columns) and sum(widths[:count]) <= _FREEZE_WIDTH else 0


def protect(sheet: Worksheet, table: Table | None) -> None:
    """Without a password: it guards against slips, and an officer who must can take it off. False means allowed."""
    sheet.protection.sheet = True
    sheet.protection.formatColumns = False
    sheet.protection.formatRows = False
    sheet.protection.insertRows = not (table is not None and table.rows == Rows.OPEN)
