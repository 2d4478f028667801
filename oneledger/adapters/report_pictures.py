"""Sheets of a consolidated workbook for people who look rather than read: aspects, rectification, map by day."""

from collections.abc import Sequence

from oneledger.adapters import report_looks as looks
from oneledger.adapters.report_book import Book
from oneledger.adapters.report_chart import Chart
from oneledger.adapters.report_lines import Lines
from oneledger.adapters.xlsx_rows import Value, columns
from oneledger.domain.day_map import DayMap
from oneledger.domain.forms import Form
from oneledger.domain.phrases import cut_share
from oneledger.domain.rectifying import Point
from oneledger.domain.report_figures import Figures, SnapshotView, column_of

ASPECT = "aspect7"
MAP_NOTES = (
    "注：1.各格为到当日为止已报（含零报告）占应报（不含免报）的比例；“—”表示没有应报材料。2.按行政区划顺序排列，不作排名。",
    "　　3.到期预计按近几个工作日的报送速度推算，只供催报参考；截止后不作预计。",
)


def add_pictures(book: Book) -> None:
    view = book.view
    for form in view.phase_forms:
        _aspects(book, form)
    if view.rectified:
        _rectified(book, view.rectified)
    if view.day_map and view.day_map.lines:
        _day_map(book, view.day_map)


def _aspects(book: Book, form: Form) -> None:
    """Of a table whose problems are sorted by aspect: as many as stand in the summary, 0 where there is none."""
    aspects = _aspects_of(book.view, form)
    if not aspects or not book.view.rollup.answered.get(form.form):
        return
    figures = Figures(book.view.rollup)
    counts = [(each, figures.rows(form, **{ASPECT: each})) for each in aspects]
    sheet = book.sheet(f"{form.sheet}图", [("", "所属方面"), ("", "条数")], [26, 12], kept=0)
    sheet.open(f"{form.title}按所属方面", "个", stubs=1)
    where, first = columns([looks.NAME, looks.FIGURE]), sheet.row
    for line in counts:
        sheet.add_line(where, line)
    sheet.row += 1
    book.draw(sheet, Chart(f"{form.title}：所属方面（个）", sheet.name, ("A", "B"), first, counts, sheet.row))


def _aspects_of(view: SnapshotView, form: Form) -> Sequence[str]:
    """The choices of the ledger; where the column is printed by us, it has none of its own."""
    counted = any(ASPECT in each for each in (form.table.rollup.count_by if form.table else ()))
    column = column_of(form, ASPECT) if counted else None
    ledger = column_of(view.problem_form, ASPECT) if view.problem_form else None
    if column is None or form.role not in ("problems", "progress"):
        return ()
    return column.allowed or (ledger.allowed if ledger else ())


def _rectified(book: Book, points: Sequence[Point]) -> None:
    sheet = book.sheet("整改进度", [("", "日期"), ("", "累计问题"), ("", "累计销号")], [26, 12, 12], kept=0)
    sheet.open("问题整改进度", "个", stubs=1)
    where, first = columns([looks.NAME, looks.FIGURE, looks.FIGURE]), sheet.row
    days = [f"{each.day.month}月{each.day.day}日" for each in points]
    for day, point in zip(days, points, strict=True):
        sheet.add_line(where, [day, point.found, point.closed])
    sheet.row += 1
    series = [("累计问题", "B", [each.found for each in points]), ("累计销号", "C", [each.closed for each in points])]
    book.draw(sheet, Lines("问题整改进度（个）", sheet.name, ("A", days), series, first, sheet.row))


def _day_map(book: Book, shown: DayMap) -> None:
    """County by day, coloured by the program that opens it; 到期预计 only before the deadline."""
    days = [("各工作日报送率", f"{day.month}月{day.day}日") for day in shown.days]
    ends = [("", "到期预计"), ("", "尚未报单位（个）")]
    heads = [("", "序号"), ("", "单位"), *days, *ends]
    sheet = book.sheet("报送进度", heads, [5, 18, *([6.5] * len(days)), 8, 8])
    sheet.open(f"{book.view.phase.title}报送进度表")
    where = columns([looks.CELL, looks.NAME, *([looks.RATE] * (len(days) + 1)), looks.FIGURE])
    first = sheet.row
    for no, (told, shares) in enumerate(shown.lines, start=1):
        expected: Value = "—" if shown.is_over else cut_share(told.expected, told.owed)
        cells: list[Value] = ["—" if each is None else int(each * 1000 + 1e-9) / 1000 for each in shares]
        sheet.add_line(where, [no, told.name, *cells, expected, len(told.open_units)])
    sheet.colour(first, 3, sheet.row - 1, 2 + len(days))
    sheet.close(MAP_NOTES)
