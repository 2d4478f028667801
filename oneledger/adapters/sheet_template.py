"""A sheet's XML, cut once at every cell a unit's own values go into. What is long and the same for many is
deflated only once."""

import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import groupby
from typing import Any, TypeVar

from oneledger.adapters.cell_xml import cell, rest_of_cell
from oneledger.adapters.zip_parts import Literal, literal
from oneledger.domain.cells import column_name
from oneledger.domain.forms import Field, Form, Rows, Table
from oneledger.domain.sheet_layout import (
    ANSWER_COLUMN,
    LEAST_HEIGHT,
    SheetLayout,
    height,
    lay_out,
    room,
)

_STANDING = re.compile(r'(<(?:row r|c r|mergeCell ref|dimension ref)="|\bsqref=")([^"]*)(?=")')


@dataclass(frozen=True)
class Place:
    """A blank cell: its address (or only the letters of its column) and the number of its style."""

    ref: str
    style: str
    field: Field
    key: str = ""  # of its value, where that is not the field's own


@dataclass(frozen=True)
class Tall:
    """The height of a row: as in the master, or as much as the value needs."""

    least: float
    width: float
    key: str


@dataclass(frozen=True)
class RowsTemplate:
    """Rows of a table that differ per unit."""

    table: Table
    first: int
    printed: int  # rows in the master
    blank: str  # those rows
    places: tuple[Place, ...]
    widths: tuple[float, ...]
    shapes: dict[frozenset[str], tuple[str, Sequence[tuple[str, Field, float]]]] = field(
        default_factory=dict, compare=False, repr=False
    )  # by the keys of its values: see ``_shape``


Piece = str | int | Place | Tall | Literal
_LONG = 500  # characters that are worth a literal of their own
_MOST_KEPT = 100  # ends of a sheet, by number of rows; shapes of a row
Kept = TypeVar("Kept")


@dataclass(frozen=True)
class SheetTemplate:
    """``above`` and ``below`` hold literal text, facts, and row numbers (int) that move with the table's end."""

    above: tuple[Piece, ...]
    rows: RowsTemplate | None
    below: tuple[str | int, ...] = ()
    key: str = ""  # of fixed rows
    _ends: dict[int, Literal] = field(default_factory=dict, compare=False, repr=False)

    def filled(self, facts: Mapping[str, Any], rows: Sequence[Mapping[str, Any]]) -> Iterator[bytes | Literal]:
        """The sheet's XML, piece by piece."""
        if self.rows is None:
            values = {**facts, **_beside(self.key, rows)}
            return _joined(_piece(piece, values, 0) for piece in self.above)
        shift = room(self.rows.table, len(rows)) - self.rows.printed
        above = (_piece(piece, facts, shift) for piece in self.above)
        written = (_row(self.rows, number, row) for number, row in enumerate(rows, self.rows.first))
        return _joined((*above, *written, self._end(self.rows, len(rows), shift)))

    def _end(self, template: RowsTemplate, printed: int, shift: int) -> Literal:
        """Blank rows and what stands below them: the same for all units with as many rows of their own."""
        if end := self._ends.get(printed):
            return end
        numbers = range(template.first + printed, template.first + template.printed + shift)
        blank = [_row(template, number, {}) for number in numbers] if printed else [template.blank]
        end = literal("".join((*blank, *(_text(each, {}, shift) for each in self.below))).encode())
        return _kept(self._ends, printed, end)


def _kept(known: dict[Any, Kept], key: Any, value: Kept) -> Kept:
    if len(known) >= _MOST_KEPT:
        known.clear()
    known[key] = value
    return value


def _joined(pieces: Iterable[str | Literal]) -> Iterator[bytes | Literal]:
    """Texts that follow one another are one."""
    for is_literal, some in groupby(pieces, lambda piece: isinstance(piece, Literal)):
        if is_literal:
            yield from some  # type: ignore[misc]
        else:
            yield "".join(some).encode()  # type: ignore[arg-type]


def _piece(piece: Piece, facts: Mapping[str, Any], shift: int) -> str | Literal:
    return piece if isinstance(piece, Literal) else _text(piece, facts, shift)


def _text(piece: str | int | Place | Tall, facts: Mapping[str, Any], shift: int) -> str:
    if isinstance(piece, str):
        return piece
    if isinstance(piece, int):
        return str(piece + shift)
    if isinstance(piece, Tall):
        value = facts.get(piece.key)
        return f"{max(piece.least, height(value, piece.width)) if isinstance(value, str) else piece.least:g}"
    return cell(piece.ref, piece.style, facts.get(piece.key or piece.field.key), piece.field)


def _beside(key: str, rows: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """What is printed for one unit in rows that are the same for everybody, each value under row and column."""
    return {_item_key(row.get(key), name): value for row in rows for name, value in row.items() if name != key}


def _item_key(row: Any, column: str) -> str:
    return f"{row}.{column}"


def _row(template: RowsTemplate, number: int, values: Mapping[str, Any]) -> str:
    """Without customHeight: Excel may make the row taller when the unit writes more."""
    keys = frozenset(key for key, value in values.items() if value is not None)
    shape, written = template.shapes.get(keys) or _kept(template.shapes, keys, _shape(template, keys))
    points, cells = LEAST_HEIGHT, []
    for key, column, width in written:
        value = values[key]
        cells.append(rest_of_cell(value, column))
        if isinstance(value, str):
            points = max(points, height(value, width))
    return shape.replace(_NUMBER, str(number)) % (f"{points:g}", *cells)


_NUMBER = "#"  # of a row, in the shape of it


def _shape(template: RowsTemplate, keys: Collection[str]) -> tuple[str, Sequence[tuple[str, Field, float]]]:
    """The XML of a row with a place (%s) for its height and for each of these values; and the values' keys in order,
    with their fields and the widths of their columns. Most cells of most rows are blank."""
    placed = list(zip(template.places, template.widths, strict=False))
    cells = (
        f'<c r="{place.ref}{_NUMBER}" s="{place.style}"{"%s" if place.field.key in keys else "/>"}'
        for place, _ in placed
    )
    written = [(place.field.key, place.field, width) for place, width in placed if place.field.key in keys]
    return f'<row r="{_NUMBER}" ht="%s">{"".join(cells)}</row>', written


def template_of(form: Form, xml: str) -> SheetTemplate:
    """Raises ValueError where the sheet is not as domain.sheet_layout has it: not the master of this spec."""
    layout = lay_out(form)
    if form.table is None or form.table.rows == Rows.FIXED:
        *pieces, rest = _cut_at_facts(xml, form.facts, layout)
        pieces += _cut_at_items(str(rest), form.table, layout)
        return SheetTemplate(_deflated(pieces), None, key=_key_of(form.table))
    start = xml.index(f'<row r="{layout.first_row}"')
    end = xml.index(f'<row r="{layout.below}"')
    last = layout.below - 1
    above = _cut_at_facts(xml[:start], form.facts, layout)
    return SheetTemplate(
        above=_deflated(
            each for piece in above for each in (_cut_at_rows(piece, last) if isinstance(piece, str) else [piece])
        ),
        rows=_rows_template(form.table, layout, xml[start:end]),
        below=tuple(_cut_at_rows(xml[end:], last)),
    )


def _deflated(pieces: Iterable[Piece]) -> tuple[Piece, ...]:
    return tuple(literal(each.encode()) if isinstance(each, str) and len(each) >= _LONG else each for each in pieces)


_BLANK = r's="(\d+)"(?: t="n")?\s*(?:/>|></c>)'


def _cut_at_facts(xml: str, facts: Sequence[Field], layout: SheetLayout) -> tuple[Piece, ...]:
    pieces: list[Piece] = []
    at = 0
    letters, width = column_name(ANSWER_COLUMN - 1), layout.widths[ANSWER_COLUMN - 1]
    for fact in facts:
        row = layout.facts[fact.key]
        found = re.compile(rf'(?s)(<row r="{row}" ht=")([\d.]+)(".*?)<c r="{letters}{row}" {_BLANK}').search(xml, at)
        if found is None:
            raise ValueError(f"the master has no blank cell {letters}{row} for {fact.key}")
        tall = Tall(float(found[2]), width, fact.key)
        pieces += (xml[at : found.end(1)], tall, found[3], Place(f"{letters}{row}", found[4], fact))
        at = found.end()
    return (*pieces, xml[at:])


def _key_of(table: Table | None) -> str:
    return table.key if table else ""


def _cut_at_items(xml: str, table: Table | None, layout: SheetLayout) -> tuple[Piece, ...]:
    """Cells of fixed rows that are printed for each unit."""
    columns = table.columns if table else ()
    ours = [(number, column) for number, column in enumerate(columns, 1) if column.prefill]
    pieces: list[Piece] = []
    at = 0
    for row, item in enumerate(table.items if table and ours else (), layout.first_row):
        no = item.values.get(_key_of(table), item.no)
        height_of = re.compile(rf'<row r="{row}" ht="([\d.]+)').search(xml, at)
        if height_of is None:
            raise ValueError(f"the master has no row {row}")
        tall = Tall(float(height_of[1]), layout.widths[ours[0][0] - 1], _item_key(no, ours[0][1].key))
        pieces += (xml[at : height_of.start(1)], tall)
        at = height_of.end(1)
        for number, column in ours:
            ref = f"{column_name(number - 1)}{row}"
            found = re.compile(rf'<c r="{ref}" {_BLANK}').search(xml, at)
            if found is None:
                raise ValueError(f"the master has no blank cell {ref} for {column.key}")
            pieces += (xml[at : found.start()], Place(ref, found[1], column, _item_key(no, column.key)))
            at = found.end()
    return (*pieces, xml[at:])


def _cut_at_rows(piece: str, last: int) -> list[str | int]:
    """Row numbers from the table's last row on, in addresses of rows, cells, merges, validations and the used range."""
    cut: list[str | int] = []
    at = 0
    for standing in _STANDING.finditer(piece):
        for number in re.finditer(r"\d+", standing[2]):
            if int(number[0]) >= last:
                begin = standing.start(2) + number.start()
                cut += (piece[at:begin], int(number[0]))
                at = begin + len(number[0])
    return [*cut, piece[at:]]


def _rows_template(table: Table, layout: SheetLayout, xml: str) -> RowsTemplate:
    places = []
    for number, column in enumerate(table.columns, 1):
        letters = column_name(number - 1)
        found = re.search(rf'<c r="{letters}{layout.first_row}" {_BLANK}', xml)
        if found is None:
            raise ValueError(f"the master has no blank cell {letters}{layout.first_row} for {column.key}")
        places.append(Place(letters, found[1], column))
    return RowsTemplate(table, layout.first_row, layout.table_rows, xml, tuple(places), layout.widths)
