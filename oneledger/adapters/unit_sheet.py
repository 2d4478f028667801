"""The list of units as a file: xlsx (also xls, ods) or csv in, and the template that people fill in."""

import csv
import io
import re
from collections.abc import Iterable, Iterator, Sequence
from datetime import date, datetime
from itertools import count
from pathlib import Path
from typing import Any

from openpyxl import Workbook
from openpyxl.styles import Font, PatternFill
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.datavalidation import DataValidation
from openpyxl.worksheet.worksheet import Worksheet
from python_calamine import CalamineError, CalamineWorkbook

from oneledger.adapters.cell_text import clean
from oneledger.domain.errors import DefinitionError
from oneledger.domain.unit_headings import LEVEL_WORDS, STAGES, all_headings, field_of, heading_of, row_of
from oneledger.domain.units import Unit

Rows = Iterator[tuple[int, list[str]]]

_NOTES = (
    "一行一个单位，从省（市、县）到学校都写在同一张表里，先后不限。",
    "单位代码：省、市、县填 6 位行政区划代码，学校填 10 位学校标识码。",
    "上级代码(属地)：由谁收表就填谁的代码；最高一级留空。市直、省直学校直接填市、省的代码。",
    "主管代码：主管部门与属地上级不同时才填，如技工学校。",
    "层级：省、市、县、学校。开发区填“县”，并在类别里写“开发区”。",
    f"学段：{'、'.join(STAGES)}。",
    "近年发生过欺凌事件：是 或 留空，用于“回头看”。",
    "邮箱：一格一个，至少一个；第二、第三位联系人写在带 2、3 的列。",
    "再次导入同一张表，只改动有变化的单位；表中不再出现的单位只提示，不删除。",
)

_RUNS = re.compile(r"'*[=+\-@\t\r＝＋－＠]")
_INERT = re.compile(r"^'(?='*[=+\-@\t\r＝＋－＠])")


def read_unit_rows(path: Path) -> Iterator[tuple[int, dict[str, str]]]:
    """(line number, {heading: cell text}) for every line below the heading that is not empty.

    Lines above the heading (a title, a note) are passed over. A heading that comes twice gets a number, so that a
    second 邮箱 becomes 邮箱2. Raises DefinitionError for a file without a heading, or that cannot be opened.
    """
    rows = _csv_rows(path) if path.suffix.lower() == ".csv" else _sheet_rows(path)
    for _, texts in rows:
        if {"code", "name"} <= {field_of(text) for text in texts}:
            break
    else:
        raise DefinitionError([f"{path.name}: 找不到表头（含“单位代码”“单位名称”的一行），请照单位表模板填写"])
    headings = _numbered(texts)
    for line, cells in rows:
        if any(cells):
            yield line, {heading: text for heading, text in zip(headings, cells, strict=False) if heading}


def _csv_rows(path: Path) -> Rows:
    reader = csv.reader(io.StringIO(_decoded(path), newline=""))
    line = 1
    for cells in reader:
        yield line, [_INERT.sub("", cell).strip() for cell in cells]
        line = reader.line_num + 1


def _decoded(path: Path) -> str:
    """UTF-8, with or without its mark, or what Excel and WPS in China write: GB 18030."""
    try:
        content = path.read_bytes()
    except FileNotFoundError as fault:
        raise DefinitionError([f"{path}: 没有这个文件"]) from fault
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        pass
    try:
        return content.decode("gb18030")
    except UnicodeDecodeError as fault:
        raise DefinitionError(
            [f"{path.name}: 既不是 UTF-8 也不是 GB 18030 编码，请用 WPS 或 Excel 另存为 xlsx"]
        ) from fault


def _sheet_rows(path: Path) -> Rows:
    """The first sheet only; the template keeps its notes on the second."""
    try:
        with CalamineWorkbook.from_path(path) as workbook:
            grid = workbook.get_sheet_by_index(0).to_python(skip_empty_area=False)
    except (CalamineError, OSError) as fault:
        raise DefinitionError([f"{path.name}: 打不开，请另存为 xlsx 或 csv（{fault}）"]) from fault
    for line, cells in enumerate(grid, start=1):
        yield line, [_text(cell) for cell in cells]


def _text(cell: Any) -> str:
    """Codes that a spreadsheet turned into numbers come back as their digits, dates as 2021-03-05."""
    if isinstance(cell, float) and cell.is_integer():
        return str(int(cell))
    if isinstance(cell, datetime | date):
        return cell.isoformat()[:10]
    return str(cell).strip()


def _numbered(headings: Sequence[str]) -> list[str]:
    seen: dict[str, int] = {}
    numbered = []
    for heading in headings:
        seen[heading] = seen.get(heading, 0) + 1
        numbered.append(heading if seen[heading] == 1 else f"{heading}{seen[heading]}")
    return numbered


def write_unit_template(path: Path) -> None:
    """An empty list of units with its notes; .csv or .xlsx by the name."""
    write_units(path, [])


def write_units(path: Path, units: Iterable[Unit]) -> None:
    """The list of units as a file that `read_unit_rows` reads back."""
    headings = all_headings()
    rows = [[row.get(heading, "") for heading in headings] for row in map(row_of, units)]
    if path.suffix.lower() == ".csv":
        with path.open("w", encoding="utf-8-sig", newline="") as file:
            csv.writer(file).writerows([headings, *([_inert(text) for text in row] for row in rows)])
    else:
        _write_xlsx(path, headings, rows)


def _inert(text: str) -> str:
    """A spreadsheet would run what begins like a formula; people see the mark, and reading takes it off again."""
    text = clean(text)
    return f"'{text}" if _RUNS.match(text) else text


def _write_text(cell: Any, text: str) -> None:
    """Never a formula, whatever it begins with."""
    cell.value = clean(text)
    cell.data_type = "s"


def _write_xlsx(path: Path, headings: list[str], rows: list[list[str]]) -> None:
    workbook = Workbook()
    sheet = workbook.worksheets[0]
    sheet.title = "单位表"
    sheet.append(headings)
    for row in rows:
        sheet.append([None] * len(row))
        for column, text in enumerate(row, start=1):
            if text:
                _write_text(sheet.cell(sheet.max_row, column), text)
    _dress(sheet, headings)
    notes = workbook.create_sheet("填写说明")
    for note in _NOTES:
        notes.append([note])
    notes.column_dimensions["A"].width = 90
    workbook.save(path)


def _dress(sheet: Worksheet, headings: list[str]) -> None:
    sheet.freeze_panes = "C2"
    for column, heading in zip(count(1), headings, strict=False):
        letter = get_column_letter(column)
        sheet.column_dimensions[letter].width = 26 if "邮箱" in heading or "名称" in heading else 14
        sheet.column_dimensions[letter].number_format = "@"  # codes and phones stay text
        cell = sheet.cell(1, column)
        cell.font = Font(bold=True)
        cell.fill = PatternFill("solid", fgColor="DDEBF7")
    _offer(sheet, headings, "level", [words[0] for words in LEVEL_WORDS.values()])
    _offer(sheet, headings, "stage", STAGES)


def _offer(sheet: Worksheet, headings: list[str], name: str, choices: Sequence[str]) -> None:
    letter = get_column_letter(headings.index(heading_of(name)) + 1)
    rule = DataValidation(type="list", formula1=f'"{",".join(choices)}"', allow_blank=True)
    rule.add(f"{letter}2:{letter}40000")
    sheet.add_data_validation(rule)
