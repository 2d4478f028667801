"""Merged cells among the answers: filled down where a text may stand for several rows, refused for keys and numbers."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field as member

from oneledger.domain.cells import cell_at, cell_name, is_blank
from oneledger.domain.findings import Finding
from oneledger.domain.forms import Field, FieldType, Table
from oneledger.domain.parsed import shown
from oneledger.domain.returns import CellValue, SheetCells
from oneledger.domain.rules import structural

Position = tuple[int, int]
Range = tuple[int, int, int, int]


@dataclass(frozen=True)
class Merged:
    filled: Mapping[Position, CellValue] = member(default_factory=dict)
    unclear: frozenset[Position] = frozenset()
    findings: Sequence[Finding] = ()


def touching(
    merged: Iterable[Range], facts: Collection[Position], rows: Sequence[int], columns: Collection[int]
) -> list[Range]:
    """Those that reach an answer. Nearly all that we draw ourselves, titles and hints, do not."""
    fact_columns = {column for _, column in facts}
    first, last = (rows[0], rows[-1]) if rows else (0, -1)
    return [
        (top, left, bottom, right)
        for top, left, bottom, right in merged
        if any(left <= column <= right for column in fact_columns)
        or (top <= last and bottom >= first and any(left <= column <= right for column in columns))
    ]


def read_merged(
    sheet: SheetCells, merges: Iterable[Range], answers: Mapping[Position, Field], table: Table | None
) -> Merged:
    key = table.key if table else None
    filled: dict[Position, CellValue] = {}
    unclear: set[Position] = set()
    findings: list[Finding] = []
    for merged in merges:
        inside = _answers_inside(merged, answers)
        top_left = merged[:2]
        value = cell_at(sheet.rows, *top_left)
        if not inside or inside == [top_left] or is_blank(value):
            continue
        fields = {answers[position].key: answers[position] for position in inside}
        field = next(iter(fields.values()))
        told = {"sheet": sheet.name, "cell": cell_name(*top_left), "found": shown(value)}
        if len(fields) == 1 and _may_fill(field, key) and top_left[1] == inside[0][1]:
            filled |= dict.fromkeys(inside, value)
            findings += [] if field.locked else [structural("WB-032", **told, value=value)]
        else:
            unclear |= set(inside)
            findings.append(structural("WB-031", **told))
    return Merged(filled, frozenset(unclear), findings)


def _may_fill(field: Field, key: str | None) -> bool:
    return field.key != key and (field.locked or field.type not in (FieldType.INT, FieldType.NUMBER))


def _answers_inside(merged: Range, answers: Mapping[Position, Field]) -> list[Position]:
    top, left, bottom, right = merged
    if (bottom - top + 1) * (right - left + 1) > len(answers):
        return sorted(at for at in answers if top <= at[0] <= bottom and left <= at[1] <= right)
    cells = ((row, column) for row in range(top, bottom + 1) for column in range(left, right + 1))
    return [at for at in cells if at in answers]
