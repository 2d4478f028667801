"""The table of a form: its heading (one to three rows) and its columns, wherever they stand."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field as member
from itertools import islice

from oneledger.domain.cells import cell_at, cell_name, is_blank
from oneledger.domain.findings import Finding
from oneledger.domain.forms import Field, Form, Rows
from oneledger.domain.headings import Headings
from oneledger.domain.layout_rows import answering_rows
from oneledger.domain.parsed import shown
from oneledger.domain.printed import heading
from oneledger.domain.remembered import once_a_form
from oneledger.domain.returns import CellValue, SheetCells
from oneledger.domain.rules import structural

DEEPEST = 3  # heading rows
HEADING_WITHIN = 300  # rows from the top; also where a list of facts must begin
MOST_ROWS = 5000  # a hundred times what a school finds; one who sends more has sent something else
_LEAST_SHARE = 0.3  # of the columns, for a row to be the heading


@dataclass(frozen=True)
class TablePlaces:
    columns: Mapping[str, int] = member(default_factory=dict)  # column key -> index
    rows: Sequence[int] = ()  # that hold answers
    heading: int = 0  # its last row
    span: range = range(0)  # heading and everything below that is no list of facts
    missing: frozenset[str] = frozenset()
    findings: Sequence[Finding] = ()


@dataclass(frozen=True)
class _Heading:
    first: int
    last: int
    columns: Mapping[int, Field]  # index -> field, each field once
    twice: Mapping[int, Field]


def find_table(sheet: SheetCells, form: Form) -> TablePlaces:
    if form.table is None:
        return TablePlaces()
    headings = _headings(form)
    found = _as_printed(sheet, headings) or _as_meant(sheet, headings)
    if found is None:
        return TablePlaces(missing=frozenset(column.key for column in form.columns))
    return _read(sheet, form, headings, found)


@once_a_form
def _headings(form: Form) -> Headings:
    return Headings(form.columns, heading)


def _as_printed(sheet: SheetCells, headings: Headings) -> _Heading | None:
    for index, row in enumerate(sheet.rows[:HEADING_WITHIN]):
        if headings.names_none(row):
            continue
        named = {column: fields[0] for column, cell in enumerate(row) if (fields := headings.exactly(cell))}
        if len(named) == len(headings.fields) == len({field.key for field in named.values()}):
            others = ((column, headings.meant(cell)) for column, cell in enumerate(row) if column not in named)
            return _Heading(index, index, named, {column: fields[0] for column, fields in others if fields})
    return None


def _as_meant(sheet: SheetCells, headings: Headings) -> _Heading | None:
    """The window of one to three rows that names most columns; of equals the shallowest, then the topmost."""
    named = [any(headings.meant(cell) for cell in row) for row in sheet.rows[:HEADING_WITHIN]]
    windows = (
        _window(sheet, headings, first, depth)
        for depth in range(1, DEEPEST + 1)
        for first in range(len(named) - depth + 1)
        if any(named[first : first + depth])
    )
    best = max(windows, key=lambda window: len(window.columns), default=None)
    wanted = len(headings.fields)
    if best is None or len(best.columns) < max(min(2, wanted), wanted * _LEAST_SHARE):
        return None
    return best


def _window(sheet: SheetCells, headings: Headings, first: int, depth: int) -> _Heading:
    rows = sheet.rows[first : first + depth]
    columns: dict[int, Field] = {}
    twice: dict[int, Field] = {}
    taken: set[str] = set()
    if len(rows) == depth and any(not is_blank(cell) for cell in rows[-1]):
        for column in range(max(len(row) for row in rows)):
            fields = _named_by(_stack(sheet, rows, first, column), headings)
            field = next((field for field in fields if field.key not in taken), None)
            if field is not None:
                columns[column] = field
                taken.add(field.key)
            elif fields:
                twice[column] = fields[0]
    return _Heading(first, first + depth - 1, columns, twice)


def _stack(sheet: SheetCells, rows: Sequence[Sequence[CellValue]], first: int, column: int) -> list[str]:
    """The heading texts above a column, top to bottom; a group heading merged across spreads over its columns."""
    texts = []
    for depth in range(len(rows)):
        text = cell_at(rows, depth, column)
        if is_blank(text) and len(rows) > 1:
            text = _spread(sheet, first + depth, column)
        if isinstance(text, str) and text.strip():
            texts.append(text)
    return texts


def _spread(sheet: SheetCells, row: int, column: int) -> CellValue:
    for top, left, bottom, right in sheet.merged:
        if top == row == bottom and left < column <= right:
            return cell_at(sheet.rows, top, left)
    return None


def _named_by(texts: Sequence[str], headings: Headings) -> list[Field]:
    """The lowest text first, then the texts read together: 上报 over 日期 is 上报日期."""
    for text in (*reversed(texts), "".join(texts)):
        fields = headings.meant(text)
        if fields:
            return fields
    return []


def _read(sheet: SheetCells, form: Form, headings: Headings, found: _Heading) -> TablePlaces:
    columns = {field.key: index for index, field in found.columns.items()}
    span = range(found.first, max(len(sheet.rows), found.last + 1))
    findings: list[Finding] = []
    rows = list(islice(answering_rows(sheet, form, found.last, columns, findings), MOST_ROWS + 1))
    if len(rows) > MOST_ROWS:
        findings.append(structural("WB-035", sheet.name, cell_name(rows.pop(), 0), limit=MOST_ROWS))
    missing = [column for column in form.columns if column.key not in columns]
    about_columns = [
        *_understood(sheet, headings, found),
        *_order(sheet, form, columns),
        *_absent(sheet, form, missing),
        *_outside(sheet, found, rows, missing),
    ]
    return TablePlaces(
        columns, rows, found.last, span, frozenset(column.key for column in missing), [*about_columns, *findings]
    )


def _understood(sheet: SheetCells, headings: Headings, found: _Heading) -> Iterator[Finding]:
    for index, field in found.columns.items():
        texts = _stack(sheet, sheet.rows[found.first : found.last + 1], found.first, index)
        if not any(headings.exactly(text) or not headings.renames(text, field) for text in (*texts, "".join(texts))):
            yield structural(
                "WB-023", sheet.name, cell_name(found.last, index), found=shown("".join(texts)), title=field.title
            )
    for index, field in found.twice.items():
        if any(not is_blank(cell_at(sheet.rows, row, index)) for row in range(found.last + 1, len(sheet.rows))):
            yield structural("WB-026", sheet.name, cell_name(found.last, index), title=field.title)


def _order(sheet: SheetCells, form: Form, columns: Mapping[str, int]) -> Iterator[Finding]:
    places = [columns[column.key] for column in form.columns if column.key in columns]
    if places != sorted(places):
        yield structural("WB-024", sheet.name)


def _absent(sheet: SheetCells, form: Form, missing: Sequence[Field]) -> Iterator[Finding]:
    table = form.table
    key = table.key if table and table.rows != Rows.OPEN else None  # without it no row can be told from another
    for column in missing:
        must = column.key == key or (column.required is not False and not column.locked)
        yield structural("WB-021" if must else "WB-022", sheet.name, title=column.title)


def _outside(sheet: SheetCells, found: _Heading, rows: Sequence[int], missing: Sequence[Field]) -> Iterator[Finding]:
    """Columns of the school's own: told once each. They may be one that was optional and is not found: then refused."""
    titles = "、".join(column.title for column in missing if column.required is False and not column.locked)
    known = found.columns.keys() | found.twice.keys()
    width = max((len(sheet.rows[row]) for row in (found.last, *rows)), default=0)
    for index in range(width):
        if index in known:
            continue
        title = "".join(_stack(sheet, sheet.rows[found.first : found.last + 1], found.first, index))
        first = next((row for row in rows if not is_blank(cell_at(sheet.rows, row, index))), None)
        at, text = (found.last, title) if title else (first, shown(cell_at(sheet.rows, first or 0, index)))
        if at is None:
            continue
        rule = "WB-030" if titles and first is not None else "WB-025" if title else "WB-029"
        words = {"titles": titles} if rule == "WB-030" else {}
        yield structural(rule, sheet.name, cell_name(at, index), found=shown(text), **words)
