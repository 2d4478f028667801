"""The rows of a table that hold answers."""

import re
from collections.abc import Iterator, Mapping, Sequence

from oneledger.domain.cells import cell_at, cell_name, is_blank
from oneledger.domain.findings import Finding
from oneledger.domain.forms import Field, FieldType, Form, Rows
from oneledger.domain.parsed import folded, shown, written
from oneledger.domain.printed import BELOW_THE_TABLE
from oneledger.domain.returns import CellValue, SheetCells
from oneledger.domain.rules import structural

_LONGEST_TOTAL = 8
_LEAST_NUMBERED = 4
_COLUMN_NUMBER = re.compile(r"\(([0-9]{1,3})\)")  # in brackets: without them it may be an answer
_TOTALS = re.compile(r"(?:本[表页])?(?:合计|总计|小计|共计|累计)")
_REMARKS = re.compile(rf"\s*(?:{'|'.join(BELOW_THE_TABLE)}|注[:：]|备注[:：]|说明[:：])")
_SIGNERS = "负责人|审核人|填报人|填表人|制表人|联系电话|填报日期|填报单位|盖章"
_SIGNATURES = re.compile(rf"\s*(?:单位)?(?:主要)?(?:{_SIGNERS})[^:：]{{0,6}}[:：]")


def answering_rows(
    sheet: SheetCells, form: Form, heading_row: int, columns: Mapping[str, int], findings: list[Finding]
) -> Iterator[int]:
    """Blank rows, totals, notes and signatures are passed over; anything else unread is told."""
    own = _own_columns(form, columns)
    is_open = form.table is not None and form.table.rows == Rows.OPEN
    numbering = {columns[column.key] for column in form.columns if column.key in columns and _is_numbering(column)}
    for index in range(heading_row + 1, len(sheet.rows)):
        row = sheet.rows[index]
        if not row:
            continue
        filled = [(column, cell) for column, cell in enumerate(row) if cell is not None and not is_blank(cell)]
        if not filled:
            continue
        rule = _passed_over(filled, sheet.rows[heading_row])
        if rule is None and (any(column in own for column, _ in filled) if is_open else _is_printed_row(filled, own)):
            yield index
        elif rule:
            findings.append(structural(rule, sheet.name, cell_name(index, filled[0][0])))
        elif rule is None:
            said = [(column, cell) for column, cell in filled if column not in numbering or not _is_number(cell)]
            findings += [
                structural("WB-029", sheet.name, cell_name(index, column), found=shown(cell))
                for column, cell in said[:1]
            ]


def _own_columns(form: Form, columns: Mapping[str, int]) -> frozenset[int]:
    """A row is there when one of these is filled; what we print, and mere numbering, make no row of the unit's."""
    table = form.table
    if table is None or table.rows != Rows.OPEN:
        return frozenset(columns.values())
    return frozenset(
        columns[column.key]
        for column in table.columns
        if column.key in columns and not column.locked and not _is_numbering(column)
    )


def _is_printed_row(filled: Sequence[tuple[int, CellValue]], own: frozenset[int]) -> bool:
    """A printed row has its key; one lonely text under the table is a remark."""
    inside = [cell for column, cell in filled if column in own]
    return len(inside) > 1 or (len(inside) == 1 and (not isinstance(inside[0], str) or inside[0].strip().isascii()))


def _is_numbering(column: Field) -> bool:
    return column.type == FieldType.INT and folded(column.title) in ("序号", "编号", "行号")


def _is_number(cell: CellValue) -> bool:
    return isinstance(cell, int | float) or (isinstance(cell, str) and cell.strip().isdigit())


def _numbers_the_columns(filled: Sequence[tuple[int, CellValue]]) -> bool:
    """（1）（2）（3） under the heading, as printed forms have."""
    numbers = [_COLUMN_NUMBER.fullmatch(folded(written(cell))) for _, cell in filled]
    told = [int(number[1]) for number in numbers if number]
    return len(told) == len(filled) >= _LEAST_NUMBERED and told == list(range(told[0], told[0] + len(told)))


def _passed_over(filled: Sequence[tuple[int, CellValue]], heading_row: Sequence[CellValue]) -> str | None:
    """A rule id to be told, "" for what our own sheets carry, None for a row that may hold answers."""
    first = filled[0][1]
    if not isinstance(first, str):
        return None
    if len(first) < _LONGEST_TOTAL and _TOTALS.match(folded(first)):
        return "WB-033"
    if len(filled) == 1 and _REMARKS.match(first):
        return ""
    if all(isinstance(cell, str) and _SIGNATURES.match(cell) for _, cell in filled):
        return ""
    if _numbers_the_columns(filled):
        return "WB-034"
    same = sum(cell == cell_at([heading_row], 0, column) for column, cell in filled)
    return "WB-034" if same > 1 and same * 2 >= len(filled) else None
