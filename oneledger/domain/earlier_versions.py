"""A return beside what the same unit returned before: reasons it gave for its queries, rows that are gone."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from oneledger.domain.cells import cell_at
from oneledger.domain.findings import Finding
from oneledger.domain.forms import Form, Rows
from oneledger.domain.parsed import folded, shown, written
from oneledger.domain.printed import FINDINGS_SHEET, REASON_HEADING
from oneledger.domain.returns import Ledger, SheetCells, WorkbookCells
from oneledger.domain.rules import structural

MOST_TIMES = 2  # a query is put to a unit; left unanswered, it stays open for its office
LONGEST_REASON = 200
_PLACE = ("规则", "工作表", "单元格")
_ROWS_NAMED = 10

Place = tuple[str, str, str]  # rule, sheet, cell


@dataclass(frozen=True)
class Earlier:
    """A version that was judged before. ``rows``: form -> the values of its rows, by line."""

    findings: Sequence[Finding]
    rows: Mapping[str, Mapping[int, Mapping[str, Any]]] = field(default_factory=dict)


def answered(findings: Sequence[Finding], cells: WorkbookCells, earlier: Sequence[Earlier]) -> list[Finding]:
    """Queries with the reason the unit gave now, or gave before for the same words in the same place."""
    if not any(finding.level == "query" for finding in findings):
        return list(findings)
    now = dict(_reasons(cells))
    before = [each for version in earlier for each in version.findings if each.level == "query"]
    return [_answered(each, now, before) if each.level == "query" else each for each in findings]


def _answered(query: Finding, now: Mapping[Place, str], before: Sequence[Finding]) -> Finding:
    same = [each for each in before if _words(each) == _words(query)]
    reason = now.get(_place(query)) or next((each.reason for each in reversed(same) if each.reason), "")
    return replace(query, reason=reason, asked=1 + max((each.asked for each in same), default=0))


def _place(finding: Finding) -> Place:
    return finding.rule, finding.sheet, finding.cell


def _words(finding: Finding) -> tuple[Place, str]:
    return _place(finding), finding.found


def _reasons(cells: WorkbookCells) -> Iterator[tuple[Place, str]]:
    for sheet in cells.sheets:
        if sheet.name.startswith(FINDINGS_SHEET):
            yield from _reasons_of(sheet)


def _reasons_of(sheet: SheetCells) -> Iterator[tuple[Place, str]]:
    """Columns by their headings, so that a moved or inserted one does no harm."""
    top = next((no for no, row in enumerate(sheet.rows) if REASON_HEADING in row and set(_PLACE) <= set(row)), None)
    if top is None:
        return
    headings = sheet.rows[top]
    columns = [headings.index(name) for name in (*_PLACE, REASON_HEADING)]
    for line in range(top + 1, len(sheet.rows)):
        rule, name, cell, reason = (_text(cell_at(sheet.rows, line, column)) for column in columns)
        if rule and reason:
            yield (rule, "" if name == "整个文件" else name, cell), reason[:LONGEST_REASON]


def _text(value: Any) -> str:
    return " ".join(written(value).split()) if value is not None else ""


def gone_rows(ledgers: Mapping[str, Ledger], forms: Sequence[Form], earlier: Sequence[Earlier]) -> list[Finding]:
    """Rows of an open table that were right when they last came, and did not come again: asked about, never deleted
    in silence. A zero report says itself that there are none."""
    last = next((version for version in reversed(earlier) if version.rows and not _asks_for_rows(version)), None)
    if last is None:
        return []
    found = (_gone(form, ledgers[form.form], last) for form in forms if form.form in ledgers)
    return [finding for finding in found if finding is not None]


def _asks_for_rows(version: Earlier) -> bool:
    """It lacked some itself, and nobody said why: the version before it is what there was."""
    return any(each.rule == "WB-058" and each.is_open for each in version.findings)


def _gone(form: Form, ledger: Ledger, last: Earlier) -> Finding | None:
    if form.table is None or form.table.rows is not Rows.OPEN or ledger.is_zero:
        return None
    key = form.table.key
    personal = {column.key for column in form.columns if column.personal}  # not kept, so not compared
    now = [{name: value for name, value in row.values.items() if name not in personal} for row in ledger.rows]
    there = {words for row in now for words in _known_by(row, key)}
    faulty = {each.cell for each in last.findings if each.level == "error" and each.sheet == ledger.sheet}
    lines = {int("".join(filter(str.isdigit, cell))) for cell in faulty if cell}
    gone = [
        row
        for line, row in last.rows.get(form.form, {}).items()
        if line not in lines and there.isdisjoint(_known_by(row, key))
    ]
    if not gone:
        return None
    names = [written(row.get(key)) if row.get(key) is not None else "空白" for row in gone[:_ROWS_NAMED]]
    keys = "、".join(names) + ("等" if len(gone) > _ROWS_NAMED else "")
    title = next(column.title for column in form.columns if column.key == key)
    return structural(
        "WB-058", ledger.sheet, found=f"少了{title}{shown(keys)}", count=len(gone), title=title, keys=keys
    )


def _known_by(row: Mapping[str, Any], key: str) -> set[str]:
    """Its number, and what it says besides: who numbers his rows anew has lost none."""
    said = "\n".join(
        f"{name}={_fold(value)}" for name, value in sorted(row.items()) if name != key and value is not None
    )
    return {_fold(row.get(key)), said} - {""}


def _fold(value: Any) -> str:
    """The same for a value as it was read and as it was kept."""
    if isinstance(value, list | tuple):
        return folded("、".join(map(str, value)))
    return folded(str(value) if isinstance(value, datetime) else written(value))
