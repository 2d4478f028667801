"""How a school fills in the workbook it received: it reads the words printed there and writes beside or below them."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from oneledger.domain.forms import Field, FieldType, Form, Rows
from rehearsal.books import Book, OpenpyxlBook, Sheet, XmlBook, day_of
from rehearsal.sheet_cells import Place

_NO, _ITEM, _ANSWER = "编号", "项目", "填写内容"
_UNIT_IN_BRACKETS = re.compile(r"\n（[^（）]*）$")
_END_OF_TABLE = ("注：", "单位负责人：", "填表说明")

Texts = Mapping[Place, str]
Values = Mapping[str, Any]


class CannotFillError(Exception):
    """The sheet lacks words that a person would look for: the rehearsal found a fault of the workbook."""


@dataclass(frozen=True)
class Meant:
    """What a unit wants to say. Keys: form name, then fact key, or rows of column key -> value."""

    facts: Mapping[str, Values] = field(default_factory=dict)
    rows: Mapping[str, Sequence[Values]] = field(default_factory=dict)


@dataclass(frozen=True)
class Habit:
    """How one writer types: ``days``: "" as a day of Excel's own, else a format of strftime; numbers as text or not."""

    days: str = ""
    numbers_as_text: bool = False
    with_openpyxl: bool = False


@dataclass(frozen=True)
class TablePlace:
    heading: int
    columns: Mapping[str, int]
    last: int  # row of the table, blank ones counted


def words(text: str) -> str:
    """A heading without the star, the unit of measure and blanks."""
    return _UNIT_IN_BRACKETS.sub("", text.strip().removesuffix("*")).strip()


def open_book(content: bytes, habit: Habit) -> Book:
    return OpenpyxlBook(content) if habit.with_openpyxl else XmlBook(content)


def find_facts(form: Form, texts: Texts) -> dict[str, Place]:
    """Fact key -> the cell of its answer: right of its number and its title."""
    heads = {words(text): place for place, text in texts.items() if text in (_NO, _ITEM, _ANSWER)}
    if not form.facts:
        return {}
    if len(heads) < 3:
        raise CannotFillError(f"{form.sheet}: no list of facts")
    item, answer = heads[_ITEM][1], heads[_ANSWER][1]
    top = heads[_ITEM][0]
    rows = {words(text): row for (row, column), text in sorted(texts.items()) if column == item and row > top}
    missing = [fact.title for fact in form.facts if fact.title not in rows]
    if missing:
        raise CannotFillError(f"{form.sheet}: no fact {'、'.join(missing)}")
    return {fact.key: (rows[fact.title], answer) for fact in form.facts}


def find_table(form: Form, texts: Texts) -> TablePlace:
    """The row that names every column, each wherever it stands."""
    titles = {column.title: column.key for column in form.columns}
    by_row: dict[int, dict[str, int]] = {}
    for (row, column), text in texts.items():
        if (key := titles.get(words(text))) is not None:
            by_row.setdefault(row, {}).setdefault(key, column)
    heading = max(by_row, key=lambda row: len(by_row[row]), default=0)
    if heading == 0 or len(by_row[heading]) < len(titles):
        raise CannotFillError(f"{form.sheet}: no heading with all of {'、'.join(titles)}")
    ends = [row for (row, _), text in texts.items() if row > heading and text.startswith(_END_OF_TABLE)]
    return TablePlace(heading, by_row[heading], min(ends, default=heading + 1) - 1)


def rows_of(form: Form, texts: Texts, table: TablePlace) -> dict[str, int]:
    """Printed rows: the text in the column that tells them apart -> row."""
    assert form.table is not None
    column = table.columns[form.table.key]
    numbered = range(table.heading + 1, table.last + 1)
    return {texts[row, column].strip(): row for row in numbered if (row, column) in texts}


def fill(book: Book, forms: Iterable[Form], meant: Meant, habit: Habit) -> None:
    """Raises CannotFillError where a sheet is not one a person could fill."""
    for form in forms:
        if form.sheet not in book.names:
            raise CannotFillError(f"no sheet {form.sheet}")
        sheet = book.sheet(form.sheet)
        texts = sheet.texts()
        _fill_facts(sheet, form, texts, meant.facts.get(form.form, {}), habit)
        if form.table is not None:
            _fill_table(sheet, form, texts, meant.rows.get(form.form, ()), habit)


def _fill_facts(sheet: Sheet, form: Form, texts: Texts, facts: Values, habit: Habit) -> None:
    places = find_facts(form, texts)
    for fact in form.facts:
        place = places[fact.key]
        if not fact.locked and fact.key in facts and not _stands(fact, facts[fact.key], texts.get(place, "")):
            sheet.put(*place, typed(fact, facts[fact.key], habit))


def _stands(field_: Field, value: Any, text: str) -> bool:
    """What was printed from an earlier return and still holds is left as it is."""
    if value is None or not text:
        return value is None and not text
    return day_of(text) == value if isinstance(value, date) else text == str(typed(field_, value, Habit()))


def _fill_table(sheet: Sheet, form: Form, texts: Texts, rows: Sequence[Values], habit: Habit) -> None:
    table = find_table(form, texts)
    for row, values in _placed(form, texts, table, rows):
        for column in form.columns:
            if not column.locked:
                sheet.put(row, table.columns[column.key], typed(column, values.get(column.key), habit))


def _placed(form: Form, texts: Texts, table: TablePlace, rows: Sequence[Values]) -> list[tuple[int, Values]]:
    assert form.table is not None
    if form.table.rows == Rows.OPEN:
        return [(table.heading + number, values) for number, values in enumerate(rows, 1)]
    printed = rows_of(form, texts, table)
    key = form.table.key
    missing = [str(values[key]) for values in rows if str(values[key]) not in printed]
    if missing:
        raise CannotFillError(f"{form.sheet}: no row {'、'.join(missing)}")
    return [(printed[str(values[key])], values) for values in rows]


def typed(field_: Field, value: Any, habit: Habit) -> Any:
    """What goes into the cell."""
    if isinstance(value, list | tuple):
        return "、".join(value)
    if isinstance(value, date):
        return value.strftime(habit.days) if habit.days else value
    if field_.type in (FieldType.INT, FieldType.NUMBER) and habit.numbers_as_text and value is not None:
        return f"{value:g}" if isinstance(value, float) else str(value)
    return value
