"""Every deformation, on every form it fits, read the real way, ends as it must (domain.md 5.2); and the tests can fail."""

import pytest
from hypothesis import given, settings, strategies as st

from oneledger.adapters.workbook_reader import WorkbookReader
from oneledger.domain import layout, layout_rows, layout_table, review_cells, review_form, review_rows, values
from oneledger.domain.headings import Headings
from oneledger.domain.layout_merged import Merged
from oneledger.domain.parsed import BLANK, Parsed
from oneledger.domain.review import review
from tests.bent_compare import complaints
from tests.bent_specimens import ALL, bend, specimen
from tests.deformation_table import DEFORMATIONS, PAGE, on_the_page, section

BY_NAME = {each.name: each for each in DEFORMATIONS}
CASES = [(each, form) for each in DEFORMATIONS for form in each.forms]


@pytest.fixture(scope="module")
def reader():
    with WorkbookReader(renew_after=10_000) as shared:
        yield shared


def ended(reader, deformation, form):
    bent = bend(specimen(form))
    expected = list(deformation.bend(bent))
    result = review(reader.read(bent.book.saved()), bent.specimen.forms, bent.specimen.context)
    return complaints(bent, deformation.outcome, expected, result)


@pytest.mark.parametrize(("deformation", "form"), CASES, ids=[f"{each.name}-{form}" for each, form in CASES])
def test_no_deformation_is_misread_in_silence(reader, deformation, form):
    assert ended(reader, deformation, form) == []


@pytest.mark.parametrize("form", ALL)
def test_what_was_filled_in_rightly_is_read_without_a_word(reader, form):
    """Writing and reading is identity."""
    bent = bend(specimen(form))
    result = review(reader.read(bent.book.saved()), bent.specimen.forms, bent.specimen.context)
    assert complaints(bent, "equal", [], result) == []


@settings(max_examples=25)
@given(form=st.sampled_from(["ledger", "rectify", "selfcheck", "inspection"]), data=st.data())
def test_no_order_of_columns_changes_a_value(reader, form, data):
    bent = bend(specimen(form))
    columns = sorted(bent.headings[column.key][1] for column in bent.form.columns)
    order, rows = data.draw(st.permutations(columns)), bent.table
    bent.move(lambda grid: grid.order_columns(columns, order, rows))
    result = review(reader.read(bent.book.saved()), bent.specimen.forms, bent.specimen.context)
    rules = [] if order == columns else ["WB-024"]
    assert ([finding.rule for finding in result.findings], result.verdict) == (rules, "accepted")
    assert [row.values for row in result.ledgers[form].rows] == list(bent.rows)


def test_there_are_enough_of_them_and_each_is_tried_on_three_forms():
    assert len(BY_NAME) == len(DEFORMATIONS) >= 60
    assert [each.name for each in DEFORMATIONS if len(set(each.forms)) < 3] == []


def test_the_table_of_deformations_in_the_documents_is_current():
    assert on_the_page(PAGE.read_text(encoding="utf-8")) == section(), "run python -m tests.deformation_table"


def cells_are_read(patch, wrongly):
    """``wrongly``: like values.parse."""
    for module in (review_form, review_rows):
        patch.setattr(module, "asked_in", review_cells.asked_in.__wrapped__)  # what was read rightly is not remembered
    patch.setattr(review_cells, "reader_of", lambda field: lambda raw: wrongly(field, raw))


def plant_none_is_zero(patch):
    cells_are_read(
        patch, lambda field, raw: Parsed(0) if raw == "无" and field.type == "int" else values.parse(field, raw)
    )


def plant_about_is_exact(patch):
    cells_are_read(
        patch, lambda field, raw: values.parse(field, raw.removeprefix("约") if isinstance(raw, str) else raw)
    )


def plant_faults_are_blanks(patch):
    cells_are_read(patch, lambda field, raw: BLANK if (told := values.parse(field, raw)).fault else told)


def plant_notes_are_dropped(patch):
    cells_are_read(patch, lambda field, raw: values.parse(field, raw)._replace(note=None))


def plant_merged_cells_are_ignored(patch):
    patch.setattr(layout, "read_merged", lambda *_: Merged())


def plant_columns_by_position(patch):
    def by_position(sheet, form):
        found = layout_table.find_table(sheet, form)
        places = {column.key: index for index, column in enumerate(form.columns)} if found.columns else {}
        return layout_table.TablePlaces(places, found.rows, found.heading, found.span)

    patch.setattr(layout, "find_table", by_position)


def plant_totals_are_rows(patch):
    patch.setattr(layout_rows, "_passed_over", lambda *_: None)


def plant_aliases_are_unknown(patch):
    real = Headings.meant
    patch.setattr(Headings, "meant", lambda self, text: [each for each in real(self, text) if text not in each.aliases])


def plant_days_count_from_1900(patch):
    patch.setattr(review_cells, "since_1900", lambda number: number)


def plant_formulas_without_result_are_blank(patch):
    patch.setattr(review_cells.CellReader, "_is_riddle", lambda *_: False)


def plant_strange_columns_are_passed_over(patch):
    patch.setattr(layout_table, "_outside", lambda *_: [])


def plant_second_sheets_are_passed_over(patch):
    patch.setattr(layout, "_left_over", lambda *_: [])


PLANTED = [
    (plant_none_is_zero, "number-none-in-words"),
    (plant_about_is_exact, "number-about"),
    (plant_faults_are_blanks, "date-impossible-month"),
    (plant_faults_are_blanks, "number-about"),
    (plant_notes_are_dropped, "number-with-its-unit"),
    (plant_notes_are_dropped, "date-serial-without-format"),
    (plant_merged_cells_are_ignored, "merged-text"),
    (plant_merged_cells_are_ignored, "merged-numbers"),
    (plant_columns_by_position, "columns-reversed"),
    (plant_columns_by_position, "column-blank"),
    (plant_totals_are_rows, "total-at-the-end"),
    (plant_totals_are_rows, "heading-again"),
    (plant_aliases_are_unknown, "column-by-an-alias"),
    (plant_days_count_from_1900, "date-serial-from-1904-without-format"),
    (plant_formulas_without_result_are_blank, "number-formula-without-result"),
    (plant_strange_columns_are_passed_over, "column-optional-renamed"),
    (plant_second_sheets_are_passed_over, "sheet-twice-changed"),
]


@pytest.mark.parametrize(("plant", "name"), PLANTED, ids=[f"{plant.__name__[6:]}-{name}" for plant, name in PLANTED])
def test_a_planted_fault_is_caught(reader, monkeypatch, plant, name):
    """What was right before goes wrong with the fault, on at least one form: the comparison can fail."""
    plant(monkeypatch)
    assert [form for form in BY_NAME[name].forms if ended(reader, BY_NAME[name], form)] != []
