"""The schools' own way with a workbook, checked by openpyxl, which neither made the master nor filled it in."""

import io
import random
import time
from datetime import date, datetime
from types import SimpleNamespace

import pytest
from openpyxl import Workbook, load_workbook

from oneledger.adapters.workbook_reader import WorkbookReader
from oneledger.domain.forms import Form, Rows
from oneledger.domain.returns import WorkbookCells
from oneledger.domain.review import ReviewContext, review
from rehearsal.authoring import Author
from rehearsal.behaviours import VERDICTS, Fault
from rehearsal.books import XmlBook
from rehearsal.filler import CannotFillError, Habit, Meant, fill, find_facts, find_table, open_book, rows_of
from rehearsal.opening import opened_rows
from rehearsal.received import with_printed_keys
from rehearsal.sheet_surgery import SheetSurgery
from rehearsal.spoiling import is_possible, spoil, with_twins
from tests.rehearsal_world import (
    DUE_ON,
    WRITTEN_ON,
    campaign,
    definitions,
    make_piece,
    make_unit,
    printed_rows,
    stamped,
)

HABITS = [Habit(), Habit(days="%Y年%m月%d日", numbers_as_text=True), Habit(with_openpyxl=True)]
SCHOOL = make_unit()
WORKBOOKS = [
    ("school-deploy", "school"), ("city-deploy", "city"), ("province-deploy", "province"), ("school-rectify", "school"),
    ("county-rectify", "county"), ("inspection", "school"), ("lookback", "school"),
]  # fmt: skip


@pytest.fixture(scope="module")
def author(tmp_path_factory):
    return Author(definitions(), 7, tmp_path_factory.mktemp("village"), 0.0)


@pytest.fixture(scope="module")
def reader():
    with WorkbookReader() as opened:
        yield opened


def _problems(author: Author, earlier) -> list[dict]:
    """What a unit wrote in its ledger, then what its other sheets opened."""
    meant = author.meant(earlier)
    day = meant.facts["cover"]["fill_date"]
    opened = [row for form in author.forms_of(earlier) for _, row in opened_rows(form, meant, day)]
    return [*meant.rows.get("ledger", ()), *opened]


def _filled(author: Author, deliverable: str, unit, *, habit=Habit(), fault=Fault.NONE, seed=1):  # noqa: B008
    """The workbook sent, filled in and spoilt; what was meant, and what had been printed."""
    piece = make_piece(deliverable, unit)
    forms, meant = author.forms_of(piece), author.meant(piece)
    rows = {}
    if piece.history:
        rows = printed_rows(_problems(author, piece.history[-1]), unit)
    content, printed = stamped(deliverable, unit, rows)
    if fault is Fault.MERGED_CELLS:
        meant = with_twins(forms, meant)
    book = open_book(content, habit)
    meant, amiss = with_printed_keys(book, forms, meant)
    assert amiss == []
    fill(book, forms, meant, habit)
    if fault:
        spoil(book, forms, meant, fault, random.Random(seed))
    return SimpleNamespace(content=book.saved(), forms=forms, meant=meant, printed=printed)


def _judged(done, deliverable: str, unit, reader):
    phase = campaign().phase(campaign().deliverable(deliverable).phase)
    cells = reader.read(done.content)
    assert isinstance(cells, WorkbookCells), cells
    context = ReviewContext(
        campaign().campaign, phase.phase, unit.code, unit.name, unit.level, unit.stage, phase.opens_on, phase.ends_on,
        campaign().phase("rectify").ends_on, WRITTEN_ON[phase.phase], DUE_ON[phase.phase],
        tuple(f"{form.form}-v{form.version}" for form in done.forms), done.printed,
    )  # fmt: skip
    return review(cells, done.forms, context)


def _texts(sheet) -> dict[tuple[int, int], str]:
    cells = {(cell.row, cell.column): cell.value for row in sheet.iter_rows() for cell in row}
    return {place: str(value) for place, value in cells.items() if value is not None}


def _read_back(done, form: Form) -> tuple[dict, list[dict]]:
    """Facts and rows as openpyxl finds them under the printed words."""
    sheet = load_workbook(io.BytesIO(done.content))[form.sheet]
    texts = _texts(sheet)
    facts = {key: sheet.cell(*place).value for key, place in find_facts(form, texts).items()}
    if form.table is None:
        return facts, []
    table = find_table(form, texts)
    lines = rows_of(form, texts, table).values()
    if form.table.rows == Rows.OPEN:
        lines = range(table.heading + 1, table.heading + 1 + len(done.meant.rows.get(form.form, ())))
    return facts, [{key: sheet.cell(line, column).value for key, column in table.columns.items()} for line in lines]


def _as_cell(value: object) -> object:
    if isinstance(value, list):
        return "、".join(value)
    return datetime(value.year, value.month, value.day) if isinstance(value, date) else value  # noqa: DTZ001


@pytest.mark.parametrize(("deliverable", "level"), WORKBOOKS)
def test_what_was_meant_stands_in_the_workbook(author, deliverable, level):
    done = _filled(author, deliverable, make_unit(level))
    for form in done.forms:
        facts, rows = _read_back(done, form)
        meant = {key: _as_cell(value) for key, value in done.meant.facts.get(form.form, {}).items()}
        free = [fact.key for fact in form.facts if not fact.locked]
        assert {key: facts[key] for key in free} == {key: meant[key] for key in free}
        keys = [column.key for column in form.columns if not column.locked]
        meant_rows = [{key: _as_cell(row[key]) for key in keys} for row in done.meant.rows.get(form.form, ())]
        assert [{key: row[key] for key in keys} for row in rows] == meant_rows


@pytest.mark.parametrize(("deliverable", "level"), WORKBOOKS)
@pytest.mark.parametrize("habit", HABITS)
def test_the_review_accepts_it_however_it_was_typed(author, reader, deliverable, level, habit):
    unit = make_unit(level)
    verdict = _judged(_filled(author, deliverable, unit, habit=habit), deliverable, unit, reader)
    assert (verdict.verdict, [each.sentence() for each in verdict.findings if each.level == "error"]) == (
        "accepted",
        [],
    )


@pytest.mark.parametrize("deliverable", ["school-deploy", "school-rectify"])
@pytest.mark.parametrize("fault", [fault for fault in Fault if fault not in (Fault.NONE, Fault.COLLEAGUES_FILE)])
def test_every_oddity_meets_the_verdict_that_is_stated(author, reader, deliverable, fault):
    piece = make_piece(deliverable, SCHOOL)
    rows = len(author.meant(piece).rows.get("ledger", ()) or author.meant(piece).rows["rectify"])
    if not is_possible(fault, author.forms_of(piece), rows):
        assert (deliverable, fault) in {
            ("school-deploy", Fault.ROW_VANISHED), ("school-rectify", Fault.MERGED_CELLS),
            ("school-rectify", Fault.UNIT_IN_NUMBER), ("school-rectify", Fault.VAGUE_NUMBER),
        }  # fmt: skip
        return
    done = _filled(author, deliverable, SCHOOL, fault=fault)
    assert _judged(done, deliverable, SCHOOL, reader).verdict == VERDICTS[fault]


@pytest.mark.parametrize("fault", [Fault.MOVED_COLUMNS, Fault.EXTRA_COLUMNS, Fault.RENAMED_COLUMNS, Fault.MERGED_CELLS])
def test_a_sheet_bent_but_readable_still_says_the_same(author, reader, fault):
    done = _filled(author, "school-deploy", SCHOOL, fault=fault, seed=3)
    ledger = _judged(done, "school-deploy", SCHOOL, reader).ledgers["ledger"]
    told = [{key: value for key, value in row.values.items() if value is not None} for row in ledger.rows]
    meant = [{key: value for key, value in row.items() if value is not None} for row in done.meant.rows["ledger"]]
    assert told == meant


def test_a_deleted_row_takes_its_cells_and_merges_with_it(author):
    done = _filled(author, "school-rectify", SCHOOL, fault=Fault.ROW_VANISHED)
    form = done.forms[1]
    whole, rest = stamped("school-rectify", SCHOOL, done.printed.rows)[0], done.content
    before, after = (load_workbook(io.BytesIO(each))[form.sheet] for each in (whole, rest))
    assert after.max_row == before.max_row - 1
    lowest = [max(merge.max_row for merge in sheet.merged_cells.ranges) for sheet in (before, after)]
    assert lowest[1] == lowest[0] - 1


def _small_sheet() -> bytes:
    """Written with shared strings, as Excel does."""
    book = Workbook()
    sheet = book.active
    assert sheet is not None
    for row in (
        ["编号", "项目", "填写内容"],
        [1, "单位代码", None],
        [None, None, None],
        ["序号", "问题", "人数"],
        [1, "甲", 3],
    ):
        sheet.append(row)
    sheet.cell(2, 3).number_format = sheet.cell(3, 1).number_format = "@"
    sheet.merge_cells("A3:B3")
    buffer = io.BytesIO()
    book.save(buffer)
    return buffer.getvalue()


def test_shared_strings_are_read_and_inline_strings_written():
    book = XmlBook(_small_sheet())
    sheet = book.sheet("Sheet")
    assert sheet.texts()[2, 2] == "单位代码"
    sheet.put(2, 3, "0012<&>")
    again = load_workbook(io.BytesIO(book.saved())).active
    assert (again["C2"].value, again["C2"].number_format, again["B4"].value) == ("0012<&>", "@", "问题")


def test_columns_change_places_in_the_rows_named_and_nowhere_else():
    book = XmlBook(_small_sheet())
    surgery = book.surgery("Sheet")
    surgery.reorder(range(4, 6), {2: 3, 3: 2})
    surgery.insert_column(range(4, 6), 2, {4: "备注"})
    book.replace("Sheet", surgery)
    rows = [[cell.value for cell in row] for row in load_workbook(io.BytesIO(book.saved())).active.iter_rows()]
    assert rows[0] == ["编号", "项目", "填写内容", None]
    assert rows[3:] == [["序号", "备注", "人数", "问题"], [1, None, 3, "甲"]]


def test_merging_keeps_only_the_upper_text():
    surgery = SheetSurgery(XmlBook(_small_sheet()).sheet("Sheet").saved())
    surgery.merge(4, 2, 5)
    book = XmlBook(_small_sheet())
    book.replace("Sheet", surgery)
    sheet = load_workbook(io.BytesIO(book.saved())).active
    assert {str(each) for each in sheet.merged_cells.ranges} == {"A3:B3", "B4:B5"}
    assert sheet["B5"].value is None


def test_a_workbook_without_the_words_cannot_be_filled():
    form = definitions().forms_of("lookback", "school")[1]
    with pytest.raises(CannotFillError, match="no sheet"):
        fill(XmlBook(_small_sheet()), [form], Meant(), Habit())
    with pytest.raises(CannotFillError, match="no fact"):
        find_facts(form, XmlBook(_small_sheet()).sheet("Sheet").texts())


def test_a_workbook_is_filled_in_a_few_milliseconds(author):
    """The aim is 15; a busy machine may take several times as long, a mistake would take fifty times."""
    piece = make_piece("school-deploy", SCHOOL)
    forms, meant, content = author.forms_of(piece), author.meant(piece), stamped("school-deploy", SCHOOL)[0]
    begun = time.process_time()
    for _ in range(10):
        book = open_book(content, Habit())
        fill(book, forms, meant, Habit())
        book.saved()
    assert (time.process_time() - begun) / 10 < 0.1
