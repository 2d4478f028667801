"""The list of facts: a number, a title, an answer in each row; or, without headings, a title and its answer beside."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field as member
from typing import NamedTuple

from oneledger.domain.cells import cell_at, cell_name, is_blank
from oneledger.domain.findings import Finding
from oneledger.domain.forms import Field, Form
from oneledger.domain.headings import Headings, heading_key
from oneledger.domain.layout_table import HEADING_WITHIN
from oneledger.domain.parsed import folded, shown, written
from oneledger.domain.printed import hint, label
from oneledger.domain.remembered import once_a_form
from oneledger.domain.returns import CellValue, SheetCells
from oneledger.domain.rules import structural
from oneledger.domain.workbooks import FACT_HEADINGS

_NO, _TITLE, _ANSWER, _UNIT, _HINT = _KEYS = [heading_key(text) for text in FACT_HEADINGS]
_LONGEST = 12
_NUMBER = re.compile(r"[A-Za-z]{0,2}-?0*(\d{1,3})")


@dataclass(frozen=True)
class FactPlaces:
    cells: Mapping[str, tuple[int, int]] = member(default_factory=dict)  # fact key -> the cell of its answer
    missing: frozenset[str] = frozenset()
    findings: Sequence[Finding] = ()
    adopted: frozenset[str] = frozenset()  # known by their number alone


class _Line(NamedTuple):
    row: int
    title: CellValue
    number: CellValue
    answer: tuple[int, int]
    unit: int | None = None  # the columns where unit and hint are printed
    hint: int | None = None


@once_a_form
def _headings(form: Form) -> Headings:
    return Headings(form.facts, label)


@once_a_form
def _hints(form: Form) -> dict[str, str]:
    return {fact.key: hint(fact) for fact in form.facts}


def find_facts(sheet: SheetCells, form: Form, table_span: range) -> FactPlaces:
    """``table_span``: the rows that belong to the table, where no fact is looked for."""
    if not form.facts:
        return FactPlaces()
    headings, hints = _headings(form), _hints(form)
    found = _heading_row(sheet.rows, table_span)
    lines = list(_lines(sheet, found, table_span) if found else _beside(sheet, headings, table_span))
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
        findings += _out_of_place(sheet, line, fact, hints[fact.key])
    named = set(cells)
    strays = [line for line in strays if not _adopt(sheet, line, form, headings, cells, findings)]
    missing = [fact for fact in form.facts if fact.key not in cells and not fact.locked]
    findings += [told for line in strays for told in _stray(sheet, line, headings, cells, missing)]
    findings += [
        structural("WB-022" if fact.required is False else "WB-027", sheet.name, title=fact.title) for fact in missing
    ]
    if found:
        findings += _outside(sheet, *found, lines)
    gone = frozenset(fact.key for fact in form.facts if fact.key not in cells)
    return FactPlaces(cells, gone, findings, frozenset(cells.keys() - named))


def _out_of_place(sheet: SheetCells, line: _Line, fact: Field, hint_of: str) -> list[Finding]:
    """An answer written where the unit or the hint stands would be lost without a word."""
    found = []
    for column, printed in ((line.unit, fact.unit), (line.hint, hint_of)):
        there = cell_at(sheet.rows, line.row, column) if column is not None else None
        if there is None or there == printed or is_blank(there) or folded(written(there)) == folded(printed):
            continue
        place = cell_name(line.row, column or 0)
        if is_blank(cell_at(sheet.rows, *line.answer)) and not fact.locked:
            words = {"title": fact.title, "place": cell_name(*line.answer)}
            found.append(structural("WB-038", sheet.name, place, found=shown(there), **words))
        elif column == line.unit:
            found.append(structural("WB-029", sheet.name, place, found=shown(there)))
    return found


def _outside(sheet: SheetCells, heading: int, columns: Mapping[str, int], lines: Sequence[_Line]) -> Iterator[Finding]:
    """Columns of the school's own beside the list, told once each."""
    known = {columns[key] for key in _KEYS if key in columns}
    width = max((len(sheet.rows[line.row]) for line in lines), default=0)
    for column in range(min(columns[_TITLE], columns[_ANSWER]), width):
        if column in known:
            continue
        written_in = [line.row for line in lines if not is_blank(cell_at(sheet.rows, line.row, column))]
        if not written_in:
            continue
        title = cell_at(sheet.rows, heading, column)
        rule, row = ("WB-029", written_in[0]) if is_blank(title) else ("WB-025", heading)
        yield structural(rule, sheet.name, cell_name(row, column), found=shown(cell_at(sheet.rows, row, column)))


def _renamed(sheet: SheetCells, line: _Line, fact: Field) -> Finding:
    return structural("WB-028", sheet.name, cell_name(*line.answer), found=shown(line.title), title=fact.title)


def _lines(sheet: SheetCells, found: tuple[int, Mapping[str, int]], table_span: range) -> Iterator[_Line]:
    first, columns = found
    number, beside = columns.get(_NO), (columns.get(_UNIT), columns.get(_HINT))
    titles, answers = columns[_TITLE], columns[_ANSWER]
    for row in range(first + 1, len(sheet.rows)):
        title = cell_at(sheet.rows, row, titles)
        if title is None or row in table_span or is_blank(title):
            continue
        no = cell_at(sheet.rows, row, number) if number is not None else None
        yield _Line(row, title, no, (row, answers), *beside)


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


def _adopt(
    sheet: SheetCells,
    line: _Line,
    form: Form,
    headings: Headings,
    cells: dict[str, tuple[int, int]],
    findings: list[Finding],
) -> bool:
    """A title we do not know, under a number that nothing else claims, is a fact renamed."""
    if headings.exactly(line.title) or headings.meant(line.title):
        return False
    number = _number_of(line)
    fact = next((fact for fact in form.facts if fact.no == number and fact.key not in cells), None)
    if fact is None:
        return False
    cells[fact.key] = line.answer
    findings += [_renamed(sheet, line, fact), *_out_of_place(sheet, line, fact, hint(fact))]
    return True


def _stray(
    sheet: SheetCells, line: _Line, headings: Headings, cells: Mapping[str, tuple[int, int]], missing: Sequence[Field]
) -> list[Finding]:
    """The heading again, a fact given twice, or a line of the school's own: which may be one that we miss."""
    answer = cell_at(sheet.rows, *line.answer)
    at, found = cell_name(*line.answer), shown(answer)
    if isinstance(line.title, str) and heading_key(line.title) == _TITLE:
        return [structural("WB-034", sheet.name, cell_name(line.row, line.answer[1] - 1))]
    if is_blank(answer):
        return []
    twice = headings.exactly(line.title) or headings.meant(line.title)
    if twice:
        same = answer == cell_at(sheet.rows, *cells[twice[0].key])
        return [] if same else [structural("WB-039", sheet.name, at, found=found, title=twice[0].title)]
    titles = "、".join(fact.title for fact in missing if fact.required is False)
    if titles:
        return [structural("WB-030", sheet.name, at, found=found, titles=titles)]
    return [structural("WB-029", sheet.name, at, found=found)]
