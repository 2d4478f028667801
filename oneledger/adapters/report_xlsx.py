"""The consolidated workbook of an office: summary, returns, facts, rows of the units below, keys of the figures."""

import io
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from openpyxl import Workbook
from openpyxl.chart import Reference
from openpyxl.worksheet.pagebreak import Break
from openpyxl.worksheet.worksheet import Worksheet

from oneledger.adapters import report_sheets as look
from oneledger.adapters.xlsx_rows import BulkRows, Value, with_rows
from oneledger.domain.forms import LEVELS, Field, FieldType, Form
from oneledger.domain.report_columns import Column, FactLine, coverage_columns, fact_lines, summary_columns
from oneledger.domain.report_figures import Figures, SnapshotView, UnitBrief, own_part
from oneledger.domain.rollup import Rollup

PAGE_WIDTH = 165
"""Column widths, in characters, that one A4 page takes when printed at about four fifths."""

CHARTED = 40
"""Units one chart can show; beyond that, and for schools, the chart shows the four ways instead."""
MISSING_WIDTH = 50.0
FOUR_WAYS = ("已报", "零报告", "免报", "未报")
NOTES = (
    "注：1.按行政区划顺序排列，不作排名。2.0表示有报表而数为零，“—”表示没有相应报表或不适用；没有空格。",
    "　　3.报送率＝（已报＋零报告）÷（应报－免报）；各比率保留一位小数，截尾，不进位。",
)

UnitRow = tuple[UnitBrief, Mapping[str, Any]]


@dataclass(frozen=True)
class Register:
    """A further list, such as the register of appeals: what it is called, its columns, its lines."""

    sheet: str
    heads: Sequence[str]
    rows: Iterable[Sequence[Value]]


def consolidated_workbook(
    view: SnapshotView,
    rows: Mapping[str, Iterable[UnitRow]],
    forms: Mapping[str, Form],
    registers: Sequence[Register] = (),
) -> bytes:
    """``rows``: form -> (unit that wrote it, values) in administrative order; personal columns are left out here."""
    view = replace(view, as_of=view.as_of.astimezone(ZoneInfo(view.campaign.timezone)))
    book = Workbook()
    parts = _parts(view)
    columns, lines = summary_columns(view), fact_lines(view)
    _summary(book.worksheets[0], view, parts, columns)
    _returns(book.create_sheet("报送情况"), view, parts)
    if lines:
        _facts(book.create_sheet("基本情况"), view, parts, lines)
    bulk = [_row_sheet(book, view, form, rows[form.form]) for form in _shown(view, rows, forms)]
    bulk += [_register_sheet(book, view, each) for each in registers]
    _sources(book.create_sheet("指标出处"), view, columns, lines)
    made = io.BytesIO()
    book.save(made)
    return with_rows(made.getvalue(), bulk, view.as_of)


def _parts(view: SnapshotView) -> list[tuple[str, Rollup]]:
    own = own_part(view)
    return [*([("本级", own)] if own else []), *((unit.name, rollup) for unit, rollup in view.children)]


def _summary(sheet: Worksheet, view: SnapshotView, parts: Sequence[tuple[str, Rollup]], columns: list[Column]) -> None:
    sheet.title = "汇总"
    title = f"{view.campaign.title}{view.phase.title}情况汇总表"
    first = look.write_title(sheet, view, title, min(len(columns) + 2, 16), "份、个、人")
    heads = [("", "序号"), ("", "单位"), *((column.group, column.title) for column in columns)]
    row = look.write_heads(sheet, first, heads)
    body = row
    for no, (name, rollup) in enumerate(parts, start=1):
        _line(sheet, row, no, name, Figures(rollup), columns)
        row += 1
    _line(sheet, row, "", "合计", Figures(view.rollup), columns, font=look.BOLD)
    look.write_foot(sheet, row + 1, NOTES)
    widths = [5, 20, *(_width(column) for column in columns)]
    look.set_widths(sheet, widths)
    across = _pages_across(widths)
    look.set_print(sheet, (first, body - 1), f"C{body}", reviewed=view.is_reviewed, columns="A:B", across=across)


def _width(column: Column) -> float:
    return 7.5 if len(column.title) <= 4 else 9.5


def _pages_across(widths: Sequence[float]) -> int:
    """How many landscape pages hold such columns in print that can still be read."""
    return -(-round(sum(widths)) // PAGE_WIDTH)


def _line(
    sheet: Worksheet, row: int, no: int | str, name: str, figures: Figures, columns: Sequence[Column], **style: Any
) -> None:
    look.put(sheet, row, 1, no, **style)
    look.put(sheet, row, 2, name, **{"alignment": look.LEFT, **style})
    for at, column in enumerate(columns, start=3):
        number_format = look.SHARE if column.is_share else look.WHOLE
        look.put(sheet, row, at, column.tell(figures), **{"number_format": number_format, **style})


def _returns(sheet: Worksheet, view: SnapshotView, parts: Sequence[tuple[str, Rollup]]) -> None:
    columns = coverage_columns()
    extra = [("报送情况", "未报中待改正"), ("报送情况", "逾期报送"), ("", "未报单位")]
    first = look.write_title(sheet, view, f"{view.campaign.title}{view.phase.title}报送情况表", len(columns) + 5, "份")
    heads = [("", "序号"), ("", "单位"), *((column.group, column.title) for column in columns), *extra]
    row = body = look.write_heads(sheet, first, heads)
    for no, (name, rollup) in enumerate([*parts, ("合计", view.rollup)], start=1):
        is_total = no > len(parts)
        style = {"font": look.BOLD} if is_total else {}
        _line(sheet, row, "" if is_total else no, name, Figures(rollup), columns, **style)
        missing = dict.fromkeys(rollup.missing_units)
        named = "见上" if is_total and missing else "、".join(unit for _, unit in missing)
        at = len(columns) + 3
        look.put(sheet, row, at, rollup.coverage.in_correction, **style)
        look.put(sheet, row, at + 1, rollup.coverage.late, **style)
        look.put(sheet, row, at + 2, named or "无", **{"alignment": look.LEFT, **style})
        look.fit_height(sheet, row, named, MISSING_WIDTH)
        row += 1
    look.write_foot(sheet, row, NOTES)
    look.set_widths(sheet, [5, 22, *([8.0] * len(columns)), 9, 9, MISSING_WIDTH])
    look.set_print(sheet, (first, body - 1), f"C{body}", reviewed=view.is_reviewed)
    _chart(sheet, view, body, len(parts), row + len(NOTES) + 2)


def _chart(sheet: Worksheet, view: SnapshotView, body: int, count: int, at: int) -> None:
    """Completeness by child; of schools, which answer or do not, how many went which of the four ways."""
    sheet.row_breaks.append(Break(id=at - 1))
    if 0 < count <= CHARTED and any(unit.level != "school" for unit, _ in view.children):
        names = Reference(sheet, min_col=2, min_row=body, max_row=body + count - 1)
        values = Reference(sheet, min_col=8, min_row=body, max_row=body + count - 1)
        chart = look.bar_chart("各单位报送率", names, values, is_share=True)
    else:
        for offset, (way, column) in enumerate(zip(FOUR_WAYS, (4, 5, 6, 7), strict=True)):
            look.plain(sheet, at + offset, 1, way)
            look.plain(sheet, at + offset, 2, sheet.cell(body + count, column).value)  # type: ignore[arg-type]
        names = Reference(sheet, min_col=1, min_row=at, max_row=at + 3)
        values = Reference(sheet, min_col=2, min_row=at, max_row=at + 3)
        chart = look.bar_chart("报送状态（份）", names, values, is_share=False)
        at += 5
    sheet.add_chart(chart, f"A{at}")


def _facts(
    sheet: Worksheet, view: SnapshotView, parts: Sequence[tuple[str, Rollup]], lines: Sequence[FactLine]
) -> None:
    """Facts down, units across: the sum first, so that it stands on every page."""
    figures = [("合计", Figures(view.rollup)), *((name, Figures(rollup)) for name, rollup in parts)]
    heads = [("", "类别"), ("", "项目"), ("", "计量单位"), *(("", name) for name, _ in figures)]
    first = look.write_title(sheet, view, f"{view.campaign.title}基本情况汇总表", min(len(heads), 8))
    row = body = look.write_heads(sheet, first, heads, stubs=3)
    for line in lines:
        look.put(sheet, row, 1, line.group)
        look.put(sheet, row, 2, line.title, alignment=look.LEFT)
        look.put(sheet, row, 3, line.unit)
        for at, (_, each) in enumerate(figures, start=4):
            font = look.BOLD if at == 4 else look.BODY
            look.put(sheet, row, at, line.tell(each), number_format=look.WHOLE, font=font)
        row += 1
    look.write_foot(sheet, row, NOTES[:1])
    look.set_widths(sheet, [10, 30, 8, *([11.0] * len(figures))])
    across = _pages_across([48, *([11.0] * len(figures))])
    look.set_print(sheet, (first, body - 1), f"E{body}", reviewed=view.is_reviewed, columns="A:D", across=across)


def _shown(view: SnapshotView, rows: Mapping[str, Any], forms: Mapping[str, Form]) -> list[Form]:
    """Forms whose rows this level may see; above that level only counts go (domain.md 1.2)."""
    known = {form.form: form for form in forms.values()}
    tables = [known[name] for name in view.form_names if name in rows and name in known and known[name].table]
    return [form for form in tables if form.table and _may_see(view.unit.level, form.table.rollup.union_up_to)]


def _may_see(level: str, union_up_to: str) -> bool:
    return level in LEVELS and LEVELS.index(level) >= LEVELS.index(union_up_to)


def _row_sheet(book: Workbook, view: SnapshotView, form: Form, rows: Iterable[UnitRow]) -> BulkRows:
    columns = [column for column in form.columns if not column.personal]
    heads = ["序号", "单位", "单位代码", *(_head(column) for column in columns)]
    widths = [6, 22, 13, *(column.width or 14 for column in columns)]
    formats = [_format(column) for column in columns]
    title = f"{view.campaign.title}{form.title}（汇总）"
    path = _bulk_sheet(book, view, form.sheet, title, heads, widths, ["General"] * 3 + formats)
    found = (
        [no, unit.name, unit.code, *(_value(column, values.get(column.key)) for column in columns)]
        for no, (unit, values) in enumerate(rows, start=1)
    )
    return BulkRows(path, found, widths)


def _head(column: Field) -> str:
    return f"{column.title}（{column.unit}）" if column.unit and column.unit not in column.title else column.title


def _format(column: Field) -> str:
    kinds = {FieldType.DATE: look.DAY, FieldType.DATETIME: "yyyy-mm-dd hh:mm"}
    return kinds.get(column.type, look.WHOLE if column.type in (FieldType.INT, FieldType.NUMBER) else "General")


def _value(column: Field, value: Any) -> Value:
    """As typed cells: days as days also where they were stored as text; several choices in one cell with 、."""
    if isinstance(value, list | tuple):
        return "、".join(map(str, value))
    if isinstance(value, str) and column.type in (FieldType.DATE, FieldType.DATETIME):
        return _moment(value, is_day=column.type == FieldType.DATE)
    if isinstance(value, bool):
        return "是" if value else "否"
    return value if isinstance(value, int | float | date | None) else str(value)


def _moment(text: str, *, is_day: bool) -> Value:
    try:
        return date.fromisoformat(text[:10]) if is_day else datetime.fromisoformat(text)
    except ValueError:
        return text


def _register_sheet(book: Workbook, view: SnapshotView, register: Register) -> BulkRows:
    count = len(register.heads)
    title = f"{view.campaign.title}{register.sheet}"
    path = _bulk_sheet(book, view, register.sheet, title, register.heads, [16.0] * count, ["General"] * count)
    return BulkRows(path, register.rows, [16.0] * count)


def _bulk_sheet(
    book: Workbook, view: SnapshotView, name: str, title: str, heads: Sequence[str], widths: Sequence[float],
    formats: Sequence[str],
) -> str:  # fmt: skip
    """A sheet that ends with one styled sample row; returns its path in the zip."""
    sheet = book.create_sheet(name)
    first = look.write_title(sheet, view, title, min(len(heads), 9))
    row = look.write_heads(sheet, first, [("", head) for head in heads], stubs=min(len(heads), 3))
    for column, number_format in enumerate(formats, start=1):
        look.put(sheet, row, column, "样", alignment=look.LEFT, number_format=number_format)
    look.set_widths(sheet, widths)
    across = _pages_across(widths)
    look.set_print(sheet, (first, row - 1), f"C{row}", reviewed=view.is_reviewed, columns="A:B", across=across)
    return f"xl/worksheets/sheet{len(book.sheetnames)}.xml"


def _sources(sheet: Worksheet, view: SnapshotView, columns: Sequence[Column], lines: Sequence[FactLine]) -> None:
    """The key of each figure, as the trace takes it, and the snapshot's own number and hash."""
    first = look.write_title(sheet, view, "指标出处", 3)
    row = look.write_heads(sheet, first, [("", "工作表"), ("", "指标"), ("", "出处键")], stubs=3)
    found = [("汇总", f"{column.group}：{column.title}", column.key) for column in columns]
    found += [("基本情况", f"{line.group}：{line.title}", line.key) for line in lines]
    found += [("定稿", "编号", view.snapshot_id), ("定稿", "校验码", view.digest)]
    for at, words in enumerate(found, start=row):
        for column, word in enumerate(words, start=1):
            look.put(sheet, at, column, word, alignment=look.LEFT)
    look.set_widths(sheet, [14, 44, 70])
    look.set_print(sheet, (first, row - 1), f"A{row}", reviewed=view.is_reviewed)
