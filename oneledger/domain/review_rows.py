"""The rows of a table: which they are, whether any vanished or came twice, and what each of them says."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field as member
from typing import Any

from oneledger.domain.cells import cell_name
from oneledger.domain.cross_rules import RulePlan
from oneledger.domain.findings import Finding
from oneledger.domain.forms import Field, Rows, Table
from oneledger.domain.layout import Placed
from oneledger.domain.parsed import folded, shown, written
from oneledger.domain.returns import LedgerRow
from oneledger.domain.review_cells import CellReader, asked_in
from oneledger.domain.rules import structural
from oneledger.domain.workbooks import ADDED, Fill

Values = Mapping[str, Any]
_PROBLEM_NO = "problem.problem_no"  # by which rows of an open table that we printed are known again


@dataclass
class RowsReading:
    rows: list[LedgerRow] = member(default_factory=list)
    findings: list[Finding] = member(default_factory=list)


@dataclass(frozen=True)
class _Known:
    """The rows we printed, by the folded value of the column that tells them apart."""

    column: Field
    rows: Mapping[str, Values]


def read_rows(
    placed: Placed, table: Table, plan: RulePlan, scope: Values, broken: frozenset[str], printed: Fill | None
) -> RowsReading:
    """``broken``: facts whose value is not known, which no rule of a row may judge by."""
    known = _known(placed, table, printed)
    reader, asked = CellReader(placed), asked_in(placed.form).columns
    result = RowsReading()
    for line, ours in _recognised(placed, table, known, result.findings):
        places = {key: (line, column) for key, column in placed.table.columns.items()}
        reading = reader.read(asked, places, scope, ours)
        result.rows.append(LedgerRow(line + 1, reading.values))
        result.findings += reading.findings()
        if plan.of_row:
            values = {**scope, **reading.values}
            result.findings += plan.broken_by_row(values, broken | reading.broken, places, placed)
    if known and table.rows != Rows.OPEN and known.column.key in placed.table.columns:
        result.findings += _vanished(placed, known)
    return result


def _known(placed: Placed, table: Table, printed: Fill | None) -> _Known | None:
    if table.rows == Rows.FIXED:
        column = _column(table, table.key)
        beside = _printed_beside(placed, table, printed)
        items: list[dict[str, Any]] = [{table.key: item.no, **item.values} for item in table.items]
        return _Known(column, {(key := _fold(item[table.key])): item | beside(key) for item in items})
    if printed is None:
        return None
    ours = [column for column in table.columns if column.prefill == _PROBLEM_NO]
    if table.rows == Rows.OPEN and not ours:
        return None
    column = _column(table, table.key) if table.rows == Rows.PREFILLED else ours[0]
    rows = printed.rows.get(placed.form.form, ())
    return _Known(column, {_fold(row.get(column.key)): row for row in rows})


def _printed_beside(placed: Placed, table: Table, printed: Fill | None) -> Callable[[str], dict[str, Any]]:
    """What stands in a fixed row besides its item: what we printed for this unit, nothing where we reckon."""
    agreement = placed.form.agreement
    rows = printed.rows.get(placed.form.form, ()) if printed else ()
    ours = {_fold(row.get(table.key)): dict(row) for row in rows}
    reckoned: dict[str, Any] = {agreement.column: None} if agreement else {}
    return lambda key: ours.get(key, {}) | reckoned


def _column(table: Table, key: str) -> Field:
    return next(column for column in table.columns if column.key == key)


def _fold(value: Any) -> str:
    return folded(written(value))


def _recognised(
    placed: Placed, table: Table, known: _Known | None, findings: list[Finding]
) -> Iterator[tuple[int, Values | None]]:
    """Each line that counts as a row, with what we printed in it (None: not known)."""
    seen: dict[tuple[str, str], int] = {}
    columns = _telling_columns(table, known)
    nothing_printed = {column.key: None for column in table.columns if column.locked}
    for line in placed.table.rows:
        keys = [(column, _key_at(placed, column, line)) for column in columns]
        told = [_repeated(placed, column, line, seen[column.key, key], table) for column, key in keys
                if key and seen.setdefault((column.key, key), line) != line]  # fmt: skip
        findings += told
        ours = known.rows.get(keys[-1][1]) if known else None
        if table.rows == Rows.OPEN:
            yield line, nothing_printed if known and ours is None else ours
        elif any(finding.level == "error" for finding in told):
            continue
        elif known and ours is None:
            findings += _unknown(placed, known.column, line)
        else:
            yield line, ours


def _telling_columns(table: Table, known: _Known | None) -> list[Field]:
    """The key of the table and, last, the column by which rows of ours are known again."""
    key = _column(table, table.key)
    return [key, known.column] if known and known.column is not key else [key]


def _key_at(placed: Placed, column: Field, line: int) -> str:
    index = placed.table.columns.get(column.key)
    return "" if index is None else _fold(placed.at((line, index)))


def _repeated(placed: Placed, column: Field, line: int, first: int, table: Table) -> Finding:
    """A key given twice. A mere ordinal that a unit numbers its own rows with may be wrong without harm."""
    matters = column.locked or column.required is True or table.rows != Rows.OPEN
    place = (line, placed.table.columns[column.key])
    found = shown(placed.at(place))
    rule = "WB-054" if matters else "WB-057"
    return structural(rule, placed.sheet.name, cell_name(*place), found=found, title=column.title, line=first + 1)


def _unknown(placed: Placed, column: Field, line: int) -> Sequence[Finding]:
    index = placed.table.columns.get(column.key)
    if index is None or (line, index) in placed.unclear:
        return []  # the missing column, or the merged cell, was told already
    raw = placed.at((line, index))
    words = {"title": column.title, "key": shown(raw) or "空白"}
    return [structural("WB-053", placed.sheet.name, cell_name(line, index), found=shown(raw), **words)]


def _vanished(placed: Placed, known: _Known) -> list[Finding]:
    """A sheet that was printed again with more rows may come back as it was first printed: without any of them."""
    there = {_key_at(placed, known.column, line) for line in placed.table.rows}
    added = {key for key, row in known.rows.items() if row.get(ADDED)}
    wanted = known.rows.keys() - added if there.isdisjoint(added) else known.rows.keys()
    title = known.column.title
    return [
        structural("WB-052", placed.sheet.name, title=title, key=written(row[known.column.key]))
        for key, row in known.rows.items()
        if key in wanted and key not in there
    ]
