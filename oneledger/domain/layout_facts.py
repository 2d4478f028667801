"""The list of facts: a number, a title, an answer in each row; or, without headings, a title and its answer beside."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field as member

from oneledger.domain.cells import cell_at, cell_name, is_blank
from oneledger.domain.findings import Finding
from oneledger.domain.forms import Field, Form
from oneledger.domain.headings import Headings, heading_key
from oneledger.domain.layout_table import HEADING_WITHIN
from oneledger.domain.parsed import folded, shown, written
from oneledger.domain.printed import label
from oneledger.domain.returns import CellValue, SheetCells
from oneledger.domain.rules import structural
from oneledger.domain.workbooks import FACT_HEADINGS

_NO, _TITLE, _ANSWER, _UNIT = (heading_key(text) for text in FACT_HEADINGS[:4])
_LONGEST = 12
_NUMBER = re.compile(r"[A-Za-z]{0,2}-?0*(\d{1,3})")


@dataclass(frozen=True)
class FactPlaces:
    cells: Mapping[str, tuple[int, int]] = member(default_factory=dict)  # fact key -> the cell of its answer
    missing: frozenset[str] = frozenset()
    findings: Sequence[Finding] = ()


@dataclass(frozen=True)
class _Line:
    row: int
    title: CellValue
    number: CellValue
    answer: tuple[int, int]
    unit: tuple[int, int] | None = None  # the cell where the unit is printed


def find_facts(sheet: SheetCells, form: Form, table_span: range) -> FactPlaces:
    """``table_span``: the rows that belong to the table, where no fact is looked for."""
    if not form.facts:
        return FactPlaces()
    headings = Headings(form.facts, label)
    lines = list(_lines(sheet, headings, table_span))
    cells: dict[str, tuple[int, int]] = {}
    findings: list[Finding] = []
    strays: list[_Line] = []
    for line in lines:
        fact = _fact_of(line, headings, cells)
        if fact is None:
            strays.append(line)
            continue
        cells[fact.key] = line.answer
        if not headings.exactly(line.title) and headings.renames(line.title, fact):
            findings.append(_renamed(sheet, line, fact))
        findings += _beside_its_place(sheet, line, fact)
    for line in strays:
        findings += _adopted_or_stray(sheet, line, form, cells)
    missing = [fact for fact in form.facts if fact.key not in cells]
    findings += [
        structural("WB-022" if fact.required is False else "WB-027", sheet.name, title=fact.title)
        for fact in missing
        if not fact.locked
    ]
    return FactPlaces(cells, frozenset(fact.key for fact in missing), findings)


def _beside_its_place(sheet: SheetCells, line: _Line, fact: Field) -> list[Finding]:
    """An answer written where the unit stands would be lost without a word."""
    there = cell_at(sheet.rows, *line.unit) if line.unit else None
    if line.unit is None or is_blank(there) or not is_blank(cell_at(sheet.rows, *line.answer)):
        return []
    if folded(written(there)) == folded(fact.unit):
        return []
    return [structural("WB-029", sheet.name, cell_name(*line.unit), found=shown(there))]


def _renamed(sheet: SheetCells, line: _Line, fact: Field) -> Finding:
    return structural("WB-028", sheet.name, cell_name(*line.answer), found=shown(line.title), title=fact.title)


def _lines(sheet: SheetCells, headings: Headings, table_span: range) -> Iterator[_Line]:
    found = _heading_row(sheet.rows, table_span)
    if found is None:
        yield from _beside(sheet, headings, table_span)
        return
    first, columns = found
    number, unit = columns.get(_NO), columns.get(_UNIT)
    for row in range(first + 1, len(sheet.rows)):
        title = cell_at(sheet.rows, row, columns[_TITLE])
        if row in table_span or is_blank(title):
            continue
        no = cell_at(sheet.rows, row, number) if number is not None else None
        yield _Line(row, title, no, (row, columns[_ANSWER]), None if unit is None else (row, unit))


def _heading_row(rows: Sequence[Sequence[CellValue]], table_span: range) -> tuple[int, dict[str, int]] | None:
    for index, row in enumerate(rows[:HEADING_WITHIN]):
        if index in table_span:
            continue
        texts = ((column, cell) for column, cell in enumerate(row) if isinstance(cell, str) and len(cell) < _LONGEST)
        keys = {heading_key(cell): column for column, cell in texts}
        if _TITLE in keys and _ANSWER in keys:
            return index, keys
    return None


def _beside(sheet: SheetCells, headings: Headings, table_span: range) -> Iterator[_Line]:
    """No headings: the answer is taken from the cell to the right of each title."""
    widths = {(top, left): right - left for top, left, _, right in sheet.merged}
    for row, cells in enumerate(sheet.rows[:HEADING_WITHIN]):
        if row in table_span:
            continue
        for column, cell in enumerate(cells):
            if headings.exactly(cell) or headings.meant(cell):
                number = cells[column - 1] if column else None
                yield _Line(row, cell, number, (row, column + 1 + widths.get((row, column), 0)))


def _number_of(line: _Line) -> int | None:
    match = _NUMBER.fullmatch(written(line.number))
    return int(match[1]) if match else None


def _fact_of(line: _Line, headings: Headings, taken: Mapping[str, object]) -> Field | None:
    named = headings.exactly(line.title) or headings.meant(line.title)
    free = [fact for fact in named if fact.key not in taken]
    if len(free) > 1:
        number = _number_of(line)
        return next((fact for fact in free if fact.no == number), free[0])
    return free[0] if free else None


def _adopted_or_stray(sheet: SheetCells, line: _Line, form: Form, cells: dict[str, tuple[int, int]]) -> list[Finding]:
    """A title we do not know, under a number that nothing else claims, is a fact renamed."""
    number = _number_of(line)
    fact = next((fact for fact in form.facts if fact.no == number and fact.key not in cells), None)
    if fact is not None:
        cells[fact.key] = line.answer
        return [_renamed(sheet, line, fact)]
    answer = cell_at(sheet.rows, *line.answer)
    if is_blank(answer):
        return []
    return [structural("WB-029", sheet.name, cell_name(*line.answer), found=shown(answer))]
