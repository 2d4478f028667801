"""What goes wrong in a workbook between the school's desk and its mail: one oddity at a time, chosen by a seed."""

import random
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from oneledger.domain.forms import Field, FieldType, Form, Rows
from oneledger.domain.workbooks import META_SHEET
from rehearsal.behaviours import Fault
from rehearsal.books import Book, XmlBook
from rehearsal.filler import Meant, TablePlace, Values, find_facts, find_table, rows_of
from rehearsal.obligations import asks_known_rows
from rehearsal.sheet_cells import Place

_ADDED_COLUMN = "本校备注"
_IMPOSSIBLE = ("2021.13.5", "2021-02-30", "2021年6月31日")
_VAGUE = ("约5", "若干", "十几", "2-3")


@dataclass(frozen=True)
class Spot:
    """One cell that was filled in."""

    form: Form
    field: Field
    place: Place
    value: object


def spoil(book: Book, forms: Sequence[Form], meant: Meant, fault: Fault, rng: random.Random) -> None:
    """Raises LookupError where nothing in these forms can be spoilt so: see ``is_possible``."""
    match fault:
        case Fault.UNIT_IN_NUMBER:
            spot = rng.choice([each for each in _spots(book, forms, meant) if _is_count(each.field)])
            _put(book, spot, f"{spot.value}{spot.field.unit}")
        case Fault.VAGUE_NUMBER:
            spot = rng.choice([each for each in _spots(book, forms, meant) if _is_count(each.field)])
            _put(book, spot, rng.choice(_VAGUE))
        case Fault.BLANK_REQUIRED:
            _put(book, rng.choice([each for each in _spots(book, forms, meant) if each.field.required is True]), None)
        case Fault.IMPOSSIBLE_DATE:
            spot = rng.choice([each for each in _spots(book, forms, meant) if each.field.type == FieldType.DATE])
            _put(book, spot, rng.choice(_IMPOSSIBLE))
        case Fault.RENAMED_COLUMNS:
            _rename(book, forms, rng)
        case _ if isinstance(book, XmlBook):
            _operate(book, forms, meant, fault, rng)


def is_possible(fault: Fault, forms: Sequence[Form], rows: int) -> bool:  # noqa: PLR0911  one line a fault
    """Whether these forms can show the oddity. ``rows``: how many the unit's own tables have (open and prefilled)."""
    own = [form for form in forms if form.table is not None]
    match fault:
        case Fault.RENAMED_COLUMNS:
            return any(_renamable(form) for form in forms)
        case Fault.MOVED_COLUMNS | Fault.EXTRA_COLUMNS:
            return bool(own)
        case Fault.MERGED_CELLS:
            return rows > 1 and any(_mergeable(form) for form in own)
        case Fault.ROW_VANISHED:
            return any(asks_known_rows(form) for form in own)
        case Fault.UNIT_IN_NUMBER | Fault.VAGUE_NUMBER:
            return any(_is_count(fact) and fact.required is True for form in forms for fact in form.facts)
        case Fault.IMPOSSIBLE_DATE:
            return any(fact.type == FieldType.DATE and fact.required is True for form in forms for fact in form.facts)
    return True


def _put(book: Book, spot: Spot, value: str | None) -> None:
    book.sheet(spot.form.sheet).put(*spot.place, value)


def _is_count(field: Field) -> bool:
    return field.type == FieldType.INT and bool(field.unit) and not field.locked


def _spots(book: Book, forms: Sequence[Form], meant: Meant) -> Iterator[Spot]:
    """Every cell that was filled in, but for those of the zero report: they change what the rest must hold."""
    for form in forms:
        texts = book.sheet(form.sheet).texts()
        facts = meant.facts.get(form.form, {})
        for key, place in find_facts(form, texts).items():
            field = next(each for each in form.facts if each.key == key)
            if not field.locked and facts.get(key) is not None and key != form.zero_fact:
                yield Spot(form, field, place, facts[key])
        if form.table is not None and meant.rows.get(form.form):
            yield from _spots_of_rows(form, find_table(form, texts), texts, meant.rows[form.form])


def _spots_of_rows(form: Form, table: TablePlace, texts: Mapping[Place, str], rows: Sequence[Values]) -> Iterator[Spot]:
    lines = row_numbers(form, table, texts, rows)
    for line, values in zip(lines, rows, strict=True):
        for column in form.columns:
            if not column.locked and values.get(column.key) is not None:
                yield Spot(form, column, (line, table.columns[column.key]), values[column.key])


def row_numbers(form: Form, table: TablePlace, texts: Mapping[Place, str], rows: Sequence[Values]) -> list[int]:
    """The row of the sheet each row of the answer stands in."""
    if form.table is None or form.table.rows == Rows.OPEN:
        return [table.heading + number for number in range(1, len(rows) + 1)]
    printed = rows_of(form, texts, table)
    return [printed[str(values[form.table.key])] for values in rows]


def _renamable(form: Form) -> list[Field]:
    return [field for field in (*form.facts, *form.columns) if field.aliases]


def _rename(book: Book, forms: Sequence[Form], rng: random.Random) -> None:
    """Two headings in the school's own words; each among those the form knows."""
    choices = [(form, field) for form in forms for field in _renamable(form)]
    chosen = [
        (form, field, _heading_of(book, form, field)) for form, field in rng.sample(choices, min(2, len(choices)))
    ]
    for form, field, place in chosen:
        book.sheet(form.sheet).put(*place, rng.choice(field.aliases))


def _heading_of(book: Book, form: Form, field: Field) -> Place:
    texts = book.sheet(form.sheet).texts()
    if field in form.facts:
        row, column = find_facts(form, texts)[field.key]
        return row, column - 1
    table = find_table(form, texts)
    return table.heading, table.columns[field.key]


def _operate(book: XmlBook, forms: Sequence[Form], meant: Meant, fault: Fault, rng: random.Random) -> None:
    if fault is Fault.OLD_VERSION:
        _age(book, forms)
        return
    pairs = [(form, find_table(form, book.sheet(form.sheet).texts())) for form in forms if form.table is not None]
    match fault:
        case Fault.MOVED_COLUMNS:
            _move(book, *rng.choice(pairs), rng)
        case Fault.EXTRA_COLUMNS:
            _add_column(book, *rng.choice(pairs), rng)
        case Fault.MERGED_CELLS:
            _merge(book, forms, meant)
        case Fault.ROW_VANISHED:
            _delete_row(book, *next(pair for pair in pairs if asks_known_rows(pair[0])), rng)


def _age(book: XmlBook, forms: Sequence[Form]) -> None:
    """Last year's workbook: it calls itself an earlier version, and a heading is not what it was."""
    meta = book.sheet(META_SHEET)
    newest = forms[-1]
    for (row, column), text in list(meta.texts().items()):
        reference = f"{newest.form}-v{newest.version}"
        if reference in text.split(","):
            meta.put(row, column, text.replace(reference, f"{newest.form}-v{newest.version - 1}"))
    sheet = book.sheet(newest.sheet)
    titles = {field.title for field in (*newest.columns, *newest.facts)}
    place = next(place for place, text in sorted(sheet.texts().items()) if text.rstrip("*") in titles)
    sheet.put(*place, "旧栏目")


def _move(book: XmlBook, form: Form, table: TablePlace, rng: random.Random) -> None:
    """Two columns of the table change places, heading and all."""
    surgery = book.surgery(form.sheet)
    one, two = rng.sample(sorted(table.columns.values()), 2)
    surgery.reorder(range(table.heading, table.last + 1), {one: two, two: one})
    book.replace(form.sheet, surgery)


def _add_column(book: XmlBook, form: Form, table: TablePlace, rng: random.Random) -> None:
    surgery = book.surgery(form.sheet)
    at = rng.choice(sorted(table.columns.values())[2:])
    words = {table.heading: _ADDED_COLUMN, table.heading + 1: "已与年级组核对"}
    surgery.insert_column(range(table.heading, table.last + 1), at, words)
    book.replace(form.sheet, surgery)


def _delete_row(book: XmlBook, form: Form, table: TablePlace, rng: random.Random) -> None:
    printed = sorted(rows_of(form, book.sheet(form.sheet).texts(), table).values())
    surgery = book.surgery(form.sheet)
    surgery.delete_row(rng.choice(printed))
    book.replace(form.sheet, surgery)


def _mergeable(form: Form) -> list[Field]:
    """Columns of text that every row of the unit's own has."""
    is_own = form.table is not None and form.table.rows != Rows.FIXED
    texts = [column for column in form.columns if column.type == FieldType.TEXT and column.required is True]
    return [column for column in texts if is_own and not column.locked]


def with_twins(forms: Sequence[Form], meant: Meant) -> Meant:
    """The answer of a school that merges a cell over its first two rows: they say the same there."""
    for form in forms:
        rows = meant.rows.get(form.form, ())
        if form.table is not None and len(rows) > 1 and (columns := _mergeable(form)):
            key = columns[-1].key
            second = {**rows[1], key: rows[0][key]}
            return replace(meant, rows={**meant.rows, form.form: [rows[0], second, *rows[2:]]})
    return meant


def _merge(book: XmlBook, forms: Sequence[Form], meant: Meant) -> None:
    for form in forms:
        rows = meant.rows.get(form.form, ())
        if form.table is not None and len(rows) > 1 and (columns := _mergeable(form)):
            texts = book.sheet(form.sheet).texts()
            table = find_table(form, texts)
            first, second = row_numbers(form, table, texts, rows)[:2]
            surgery = book.surgery(form.sheet)
            surgery.merge(first, table.columns[columns[-1].key], second)
            book.replace(form.sheet, surgery)
            return
