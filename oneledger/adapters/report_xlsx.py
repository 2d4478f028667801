"""The consolidated workbook of an office: summary, returns, facts, rows of the units below, keys of the figures."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from functools import cache
from zoneinfo import ZoneInfo

from oneledger.adapters import report_looks as looks
from oneledger.adapters.report_book import Book
from oneledger.adapters.report_chart import Chart
from oneledger.adapters.report_looks import Look, bold
from oneledger.adapters.report_pictures import add_pictures
from oneledger.adapters.report_rows import Register, UnitRow, add_register, add_rows, shown_forms
from oneledger.adapters.report_sheets import Sheet
from oneledger.adapters.xlsx_rows import Value, columns, height_of, places
from oneledger.domain.absent import Part, parts_of, whole_of
from oneledger.domain.forms import Form
from oneledger.domain.phrases import listed
from oneledger.domain.report_columns import Column, FactLine, coverage_columns, fact_lines, summary_columns
from oneledger.domain.report_figures import Figures, SnapshotView
from oneledger.domain.rollup import Rollup

__all__ = ["Register", "consolidated_workbook"]

CHARTED = 40
"""Units one chart can show; beyond that, and for schools, the chart shows the four ways instead."""
NAMED = 6
"""Missing units named beside a unit's figures; where some unit has more, all stand on a sheet of their own."""
MISSING_SHEET = "未报单位"
FOUR_WAYS = {"已报": "returned", "零报告": "zero", "免报": "exempt", "未报": "missing"}
NOTES = (
    "注：1.按行政区划顺序排列，不作排名。2.0表示报来的数为零，“—”表示不适用或免报，空白表示应报未报。",
    "　　3.报送率＝（已报＋零报告）÷（应报－免报）；各比率保留一位小数，截尾，不进位。",
)


def consolidated_workbook(
    view: SnapshotView,
    rows: Mapping[str, Iterable[UnitRow]],
    forms: Mapping[str, Form],
    registers: Sequence[Register] = (),
) -> bytes:
    """``rows``: form -> (unit that wrote it, values) in administrative order; personal columns are left out here."""
    view = replace(view, as_of=view.as_of.astimezone(ZoneInfo(view.campaign.timezone)))
    book, parts = Book(view), parts_of(view)
    told, facts = summary_columns(view), fact_lines(view)
    _summary(book, parts, told)
    _returns(book, parts)
    if facts:
        _facts(book, parts, facts)
    add_pictures(book)
    for form in shown_forms(view, rows, forms):
        add_rows(book, form, rows[form.form])
    for register in registers:
        add_register(book, register)
    _sources(book, told, facts)
    return book.written()


def _summary(book: Book, parts: Sequence[Part], told: Sequence[Column]) -> None:
    heads = [("", "序号"), ("", "单位"), *((column.group, column.title) for column in told)]
    sheet = book.sheet("汇总", heads, [5, 26, *(_width(column) for column in told)])
    sheet.open(f"{book.view.campaign.title}{book.view.phase.title}情况汇总表", "份、个、人")
    lines = [[part.name, *_figures(part, told)] for part in [*parts, whole_of(book.view)]]
    _add_lines_with_sum(sheet, lines, _looks(told))
    sheet.close(NOTES)


def _width(column: Column) -> float:
    """Room for 100.0%, and for a head of two lines or one."""
    return max(6.5, min(len(column.title), 4) * 1.9, 8.5 * (len(column.title) > 8))


def _looks(told: Sequence[Column]) -> list[Look]:
    return [looks.CELL, looks.NAME, *(looks.RATE if column.is_share else looks.FIGURE for column in told)]


def _figures(part: Part, told: Sequence[Column]) -> list[Value]:
    """Where there is none: — or blank, never 0."""
    figures = Figures(part.rollup)
    return [part.absent(each.asked) if (number := each.tell(figures)) is None else number for each in told]


def _facts_of(part: Part, lines: Sequence[FactLine]) -> list[Value]:
    known = part.rollup.figures
    nobody_told, absent = known.keys().isdisjoint, cache(part.absent)
    return [
        known[line.key] if line.key in known else absent(line.asked) if nobody_told(line.keys) else 0 for line in lines
    ]


def _add_lines_with_sum(sheet: Sheet, lines: Sequence[list[Value]], wanted: Sequence[Look]) -> None:
    """Numbered; the last line is the sum."""
    where = columns(wanted)
    for no, line in enumerate(lines[:-1], start=1):
        sheet.add_line(where, [no, *line])
    sheet.add_line(columns(map(bold, wanted)), ["", *lines[-1]])


def _returns(book: Book, parts: Sequence[Part]) -> None:
    told, view = coverage_columns(), book.view
    extra = [("报送情况", "未报中待改正"), ("报送情况", "逾期报送"), ("", "未报单位")]
    heads = [("", "序号"), ("", "单位"), *((column.group, column.title) for column in told), *extra]
    sheet = book.sheet("报送情况", heads, [5, 26, *([7.0] * len(told)), 8, 8, 42])
    sheet.open(f"{view.campaign.title}{view.phase.title}报送情况表", "份")
    whole = "见上" if parts and view.rollup.missing_units else _named(view.rollup)
    lines = [_returned(part, told, _named(part.rollup)) for part in parts]
    lines.append(_returned(whole_of(view), told, whole))
    _add_lines_with_sum(sheet, lines, [*_looks(told), looks.FIGURE, looks.FIGURE, looks.NAME])
    sheet.close(NOTES)
    _chart(book, sheet, parts)
    everyone = parts or [whole_of(view)._replace(name="本级")]
    if any(len(_missing_of(part.rollup)) > NAMED for part in everyone):
        _missing(book, everyone)


def _returned(part: Part, told: Sequence[Column], missing: str) -> list[Value]:
    coverage = part.rollup.coverage
    return [part.name, *_figures(part, told), coverage.in_correction, coverage.late, missing]


def _missing_of(rollup: Rollup) -> list[tuple[str, str]]:
    """Code and name, each unit once."""
    return list(dict.fromkeys(rollup.missing_units))


def _named(rollup: Rollup) -> str:
    names = [name for _, name in _missing_of(rollup)]
    if len(names) > NAMED:
        return f"{listed(names, 2)}，见“{MISSING_SHEET}”表"
    return listed(names) or "无"


def _missing(book: Book, parts: Sequence[Part]) -> None:
    heads = [("", "序号"), ("", "所属单位"), ("", "未报单位"), ("", "单位代码")]
    sheet = book.sheet(MISSING_SHEET, heads, [5, 26, 44, 18], kept=0)
    sheet.open(f"{book.view.campaign.title}{book.view.phase.title}未报单位名单")
    where = columns([looks.CELL, looks.NAME, looks.NAME, looks.CELL])
    owing = [(part.name, name, code) for part in parts for code, name in _missing_of(part.rollup)]
    for no, unit in enumerate(owing, start=1):
        sheet.add_line(where, [no, *unit])


def _chart(book: Book, sheet: Sheet, parts: Sequence[Part]) -> None:
    """On a page of its own: completeness by child; of schools, which answer or do not, how many went which way."""
    sheet.skip_to_page()
    if 0 < len(parts) <= CHARTED and any(unit.level != "school" for unit, _ in book.view.children):
        rate = coverage_columns()[-1]
        rates = [(part.name, rate.tell(Figures(part.rollup))) for part in parts]
        chart = Chart("各单位报送率", sheet.name, ("B", "H"), sheet.body, rates, sheet.row, is_share=True)
    else:
        ways = [(way, getattr(book.view.rollup.coverage, name)) for way, name in FOUR_WAYS.items()]
        first = sheet.row
        for way in ways:
            sheet.add(places([(2, looks.LINE), (3, looks.LINE)]), way)
        chart = Chart("报送状态（份）", sheet.name, ("B", "C"), first, ways, sheet.row)
    book.draw(sheet, chart)


def _facts(book: Book, parts: Sequence[Part], lines: Sequence[FactLine]) -> None:
    """Facts down, units across: the sum first, so that it stands on every page."""
    everyone = [whole_of(book.view), *parts]
    heads = [("", title) for title in ("类别", "项目", "计量单位", *(part.name for part in everyone))]
    sheet = book.sheet("基本情况", heads, [9, 26, 7, *([9.6] * len(everyone))], kept=4)
    sheet.open(f"{book.view.campaign.title}基本情况汇总表", stubs=3)
    stubs = [looks.CELL, looks.NAME, looks.CELL, bold(looks.FIGURE)]
    where = columns([*stubs, *([looks.FIGURE] * len(parts))])
    numbers = zip(*(_facts_of(part, lines) for part in everyone), strict=True)
    for line, each in zip(lines, numbers, strict=True):
        stub = [line.group, line.title, line.unit]
        sheet.add(where, [*stub, *each], height_of(stub, sheet.room[: len(stub)]))  # numbers take one line
    sheet.close(NOTES[:1])


def _sources(book: Book, told: Sequence[Column], lines: Sequence[FactLine]) -> None:
    """The key of each figure, as the trace takes it, and the snapshot's own number and hash."""
    sheet = book.sheet("指标出处", [("", "工作表"), ("", "指标"), ("", "出处键")], [12, 38, 62], kept=0)
    sheet.open("指标出处", stubs=3)
    found = [("汇总", f"{column.group}：{column.title}", column.key) for column in told]
    found += [("基本情况", f"{line.group}：{line.title}", line.key) for line in lines]
    found += [("定稿", "编号", book.view.snapshot_id), ("定稿", "校验码", book.view.digest)]
    where = columns([looks.NAME] * 3)
    for words in found:
        sheet.add_line(where, words)
