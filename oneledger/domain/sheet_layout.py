"""Where everything stands on a printed sheet: pure geometry, one for the master, the stamp and whoever fills it in.

Top to bottom: title, codes, unit, then the list of facts (headings, group rows, one row a fact), a spacer, the table
(one row of headings, its rows), and the lines below (see printed.BELOW_THE_TABLE). Rows and columns count from 1.
Widths are in characters of Excel's default font (a Chinese character is two), heights in points.
"""

from dataclasses import dataclass, field
from math import ceil

from oneledger.domain.forms import Field, FieldType, Form, Rows, Table
from oneledger.domain.printed import heading
from oneledger.domain.workbooks import FACT_HEADINGS

TITLE_ROW, CODE_ROW, UNIT_ROW, BODY_ROW = 1, 2, 3, 4
NO_COLUMN, LABEL_COLUMN, ANSWER_COLUMN, UNIT_COLUMN, HINT_COLUMN = range(1, 6)
FACT_WIDTHS = (6.0, 30.0, 30.0, 8.0, 38.0)  # of a sheet with facts only: A4 upright
FACT_WIDTHS_FOR_TEXT = (6.0, 24.0, 54.0, 8.0, 24.0)  # where an answer may be long
FACT_WIDTHS_OVER_A_TABLE = (6.0, 24.0, 20.0, 8.0, 10.0)  # at least; the hint spreads over the columns to the right
LINE_HEIGHT, ROW_PADDING, LEAST_HEIGHT = 14.5, 7.0, 22.0
MOST_HEIGHT = 400.0  # Excel ends at 409
PAGE_WIDTH = 250.0  # characters on one page (A4 on its side) that can still be read
PREFILLED_ROOM = 2  # in the master; each unit gets as many rows as it has


@dataclass(frozen=True)
class SheetLayout:
    columns: int
    widths: tuple[float, ...]
    facts: dict[str, int] = field(default_factory=dict)  # fact key -> row
    groups: dict[int, str] = field(default_factory=dict)  # row -> title of the group
    facts_heading: int | None = None
    table_heading: int | None = None
    table_rows: int = 0  # printed in the master
    below: int = BODY_ROW  # first row of the lines below

    @property
    def pages_wide(self) -> int:
        return ceil(sum(self.widths) / PAGE_WIDTH)

    @property
    def head_columns(self) -> int:
        """Columns on the first page: title, hints and notes stay there, or they would be printed over two."""
        share = sum(self.widths) / self.pages_wide
        fitting = [count for count in range(1, self.columns + 1) if sum(self.widths[:count]) <= share + 0.1]
        return max(fitting, default=self.columns)

    @property
    def first_row(self) -> int:
        """Of the table. Only where there is one."""
        return (self.table_heading or 0) + 1


def lay_out(form: Form) -> SheetLayout:
    facts, groups, row = _fact_rows(form)
    columns = max(len(FACT_HEADINGS) if facts or not form.columns else 0, len(form.columns))
    widths = _widths(form, columns)
    heading_row = BODY_ROW if facts else None
    if form.table is None:
        return SheetLayout(columns, widths, facts, groups, heading_row, below=row)
    top = row + 1 if facts else row
    rows = room(form.table)
    return SheetLayout(columns, widths, facts, groups, heading_row, top, rows, top + 1 + rows)


def room(table: Table, prefilled: int = 0) -> int:
    """Rows printed for a unit with that many rows of its own: never none, and an open table keeps its blank lines."""
    if table.rows == Rows.FIXED:
        return len(table.items)
    if table.rows == Rows.OPEN:
        return prefilled + max(table.room, 2)
    return prefilled or PREFILLED_ROOM


def _fact_rows(form: Form) -> tuple[dict[str, int], dict[int, str], int]:
    rows: dict[str, int] = {}
    groups: dict[int, str] = {}
    row, group = BODY_ROW + bool(form.facts), ""
    for fact in form.facts:
        if fact.group and fact.group != group:
            groups[row] = fact.group
            row += 1
        group = fact.group
        rows[fact.key] = row
        row += 1
    return rows, groups, row


def _widths(form: Form, columns: int) -> tuple[float, ...]:
    if not form.columns:
        return FACT_WIDTHS_FOR_TEXT if any(is_long(fact) for fact in form.facts) else FACT_WIDTHS
    widths = [column_width(column) for column in form.columns] + [10.0] * (columns - len(form.columns))
    if form.facts:
        least = list(FACT_WIDTHS_OVER_A_TABLE)
        least[ANSWER_COLUMN - 1] *= 2 if any(is_long(fact) for fact in form.facts) else 1
        widths = [max(pair) for pair in zip(widths, least, strict=False)] + widths[len(least) :]
    return tuple(widths)


_TYPE_WIDTHS = {
    FieldType.INT: 8.0, FieldType.NUMBER: 9.0, FieldType.DATE: 12.0, FieldType.DATETIME: 17.0, FieldType.YESNO: 7.0,
    FieldType.PHONE: 15.0, FieldType.EMAIL: 22.0, FieldType.URL: 26.0, FieldType.MULTI: 18.0,
}  # fmt: skip
_LONG_TEXT, _VERY_LONG_TEXT = 60, 200


def is_long(fact: Field) -> bool:
    return fact.type == FieldType.TEXT and (fact.max_len or 0) >= _VERY_LONG_TEXT


def answer_height(fact: Field, width: float) -> float:
    """Room to write half of what is allowed; the row grows with more."""
    return min(height("字" * ((fact.max_len or 0) // 2), width), 170.0) if is_long(fact) else LEAST_HEIGHT


def column_width(column: Field) -> float:
    """Its own width, or what its type needs, and enough to print the heading in three lines."""
    if column.width is not None:
        return column.width
    if column.type == FieldType.CHOICE:
        wanted = min(max(display_width(choice) for choice in column.choices), 16) + 4.0
    elif column.type == FieldType.TEXT:
        wanted = 30.0 if (column.max_len or 0) >= _LONG_TEXT else 14.0
    else:
        wanted = _TYPE_WIDTHS[column.type]
    return max(wanted, ceil(display_width(heading(column)) / 3) + 2.0)


_LAST_NARROW = "\u1fff"


def display_width(text: str) -> int:
    """Unit: characters of the default font; everything from the CJK blocks on counts two."""
    return len(text) if text.isascii() else len(text) + sum(map(_LAST_NARROW.__lt__, text))


def height(text: str, width: float) -> float:
    """Of a row that shows the whole text, wrapped. Excel does not measure merged cells by itself."""
    room = max(width - 1.5, 1)
    if 2 * len(text) <= room and "\n" not in text:  # one line, however wide its characters are
        lines = 1
    else:
        lines = sum(max(1, ceil(display_width(line) / room)) for line in text.split("\n"))
    return min(max(lines * LINE_HEIGHT + ROW_PADDING, LEAST_HEIGHT), MOST_HEIGHT)
