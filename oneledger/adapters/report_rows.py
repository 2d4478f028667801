"""Rows of the units below and other lists, in a consolidated workbook: united, never summed."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import lru_cache
from typing import Any

from oneledger.adapters import report_looks as looks
from oneledger.adapters.report_book import Book
from oneledger.adapters.xlsx_rows import Value, columns
from oneledger.domain.forms import LEVELS, Field, FieldType, Form
from oneledger.domain.report_figures import SnapshotView, UnitBrief

_DAYS = (FieldType.DATE, FieldType.DATETIME)
_AS_WRITTEN = frozenset({str, int, float, date, datetime, type(None)})
_OF_A_FORM = 0.875
"""Widths in a form are counted in a narrower font's digits."""

UnitRow = tuple[UnitBrief, Mapping[str, Any]]

_FORMATS = {
    FieldType.DATE: looks.DAY,
    FieldType.DATETIME: looks.MOMENT,
    FieldType.INT: looks.WHOLE,
    FieldType.NUMBER: looks.WHOLE,
}


@dataclass(frozen=True)
class Register:
    """A further list, such as the register of appeals: what it is called, its columns, its lines."""

    sheet: str
    heads: Sequence[str]
    rows: Iterable[Sequence[Value]]


def shown_forms(view: SnapshotView, rows: Mapping[str, Any], forms: Mapping[str, Form]) -> list[Form]:
    """Forms whose rows this level may see; above that level only counts go (domain.md 1.2)."""
    known = {form.form: form for form in forms.values()}
    tables = [known[name] for name in view.form_names if name in rows and name in known and known[name].table]
    return [form for form in tables if form.table and _may_see(view.unit.level, form.table.rollup.union_up_to)]


def _may_see(level: str, union_up_to: str) -> bool:
    return level in LEVELS and LEVELS.index(level) >= LEVELS.index(union_up_to)


def add_rows(book: Book, form: Form, rows: Iterable[UnitRow]) -> None:
    fields = [field for field in form.columns if not field.personal]
    heads = ["序号", "单位", "单位代码", *map(_head, fields)]
    widths = [5, 24, 12, *(round(_OF_A_FORM * (field.width or 14), 1) for field in fields)]
    formats = [looks.GENERAL] * 3 + [_FORMATS.get(field.type, looks.GENERAL) for field in fields]
    found = list(rows)
    title = f"{book.view.campaign.title}{form.title}（汇总）"
    _add_list(book, form.sheet, title, heads, widths, formats, _lines(fields, found), len(found))


def _lines(fields: Sequence[Field], rows: Iterable[UnitRow]) -> Iterator[list[Value]]:
    keys = [field.key for field in fields]
    kinds = [(at, field.type) for at, field in enumerate(fields, start=3)]
    told_otherwise = [(at, kind) for at, kind in kinds if kind in (*_DAYS, FieldType.MULTI)]
    for no, (unit, values) in enumerate(rows, start=1):
        line = [no, unit.name, unit.code, *map(values.get, keys)]
        for at, kind in told_otherwise:
            if line[at] is not None:
                line[at] = _value(kind, line[at])
        if not _AS_WRITTEN.issuperset(map(type, line)):
            line[3:] = [_value(kind, line[at]) for at, kind in kinds]
        yield line


def _head(field: Field) -> str:
    return f"{field.title}（{field.unit}）" if field.unit and field.unit not in field.title else field.title


def _value(kind: FieldType, value: Any) -> Value:
    """As typed cells: days as days also where they were stored as text; several choices in one cell with 、."""
    if value is None:
        return None
    if isinstance(value, str):
        return _moment(value, kind) if kind in _DAYS else value
    if isinstance(value, list | tuple):
        return "、".join(map(str, value))
    if isinstance(value, bool):
        return "是" if value else "否"
    return value if isinstance(value, int | float | date) else str(value)


@lru_cache(maxsize=2**12)
def _moment(text: str, kind: FieldType) -> Value:
    try:
        return date.fromisoformat(text[:10]) if kind == FieldType.DATE else datetime.fromisoformat(text)
    except ValueError:
        return text


def add_register(book: Book, register: Register) -> None:
    count, found = len(register.heads), list(register.rows)
    title = f"{book.view.campaign.title}{register.sheet}"
    formats = [looks.GENERAL] * count
    _add_list(book, register.sheet, title, register.heads, [14.0] * count, formats, found, len(found))


def _add_list(
    book: Book, name: str, title: str, heads: Sequence[str], widths: Sequence[float], formats: Sequence[str],
    lines: Iterable[Sequence[Value]], count: int,
) -> None:  # fmt: skip
    sheet = book.sheet(name, [("", head) for head in heads], widths)
    sheet.open(title, stubs=min(len(heads), 3))
    sheet.add_many(columns(looks.WRITTEN[each] for each in formats), lines, count)
