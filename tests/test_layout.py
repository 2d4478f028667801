"""Answers found by headings, wherever they stand (domain.md 5.2: columns moved, renamed, merged cells, totals)."""

from datetime import date

import pytest
from hypothesis import given, strategies as st

from oneledger.domain.cells import cell_name, column_name, position
from oneledger.domain.headings import Headings, heading_key
from oneledger.domain.layout import locate, place
from oneledger.domain.layout_table import MOST_ROWS
from oneledger.domain.printed import FINDINGS_SHEET, heading
from oneledger.domain.returns import SheetCells
from tests.make_returns import COVER, FORMS, GOOD_ROWS, LEDGER, RECTIFY, SELFCHECK, make_cells, make_sheet, row_of, told


def columns_of(placed):
    return {key: column_name(index) for key, index in placed.table.columns.items()}


AS_SENT = {
    "seq": "A",
    "problem_no": "B",
    "found_on": "C",
    "description": "D",
    "n_pupils": "E",
    "risk": "F",
    "methods": "G",
    "due_on": "H",
}


def test_a_sheet_as_sent_is_found_without_a_word():
    layout = locate(make_cells(), FORMS)
    assert [(name, placed.sheet.name) for name, placed in layout.placed.items()] == [
        (form.form, form.sheet) for form in FORMS
    ]
    assert layout.findings == []
    assert [list(placed.findings) for placed in layout.placed.values()] == [[], [], []]
    ledger = layout.placed["ledger"]
    assert (columns_of(ledger), [row + 1 for row in ledger.table.rows], ledger.facts.cells) == (
        AS_SENT,
        [8, 9],
        {"zero_flag": (4, 2)},
    )


@given(st.permutations(range(8)))
def test_columns_may_stand_anywhere(order):
    sheet = make_sheet(LEDGER)
    first = row_of(sheet, "序号")
    for row in sheet.rows[first : first + 3]:
        row[:] = [row[old] for old in order]
    placed = place(LEDGER, sheet)
    keys = list(AS_SENT)
    assert columns_of(placed) == {keys[old]: column_name(new) for new, old in enumerate(order)}
    assert told(placed.findings) == ([] if order == sorted(order) else [("WB-024", "问题排查台账", "", "note")])


def rename(sheet, old, new):
    row = row_of(sheet, old)
    sheet.rows[row][sheet.rows[row].index(old)] = new


@pytest.mark.parametrize(
    ("old", "new", "notes"),
    [
        ("问题表现*", "问题表现", []),
        ("问题表现*", "问 题\n表 现 ＊", []),
        ("问题表现*", "问题表现（不写姓名）", []),
        ("涉及学生数\n（人）", "涉及学生数(人数)", []),
        ("问题表现*", "存在问题", [("WB-023", "问题排查台账", "D7", "note")]),  # an alias
        ("排查日期*", "发现日期", [("WB-023", "问题排查台账", "C7", "note")]),
        # not found, and yet perhaps there: what is in it must not be lost
        ("排查方式", "排查途径", [("WB-022", "问题排查台账", "", "note"), ("WB-030", "问题排查台账", "G7", "error")]),
        ("问题表现*", "情况说明", [("WB-021", "问题排查台账", "", "error"), ("WB-025", "问题排查台账", "D7", "note")]),
    ],
)
def test_a_renamed_column_is_read_by_its_aliases_and_told(old, new, notes):
    sheet = make_sheet(LEDGER)
    rename(sheet, old, new)
    assert told(place(LEDGER, sheet).findings) == notes


def test_a_column_of_the_schools_own_is_told_and_not_read():
    sheet = make_sheet(LEDGER)
    first = row_of(sheet, "序号")
    sheet.rows[first].insert(3, "班主任")
    for row in sheet.rows[first + 1 : first + 3]:
        row.insert(3, "张三")
    sheet.rows[first + 1].append("表外的话")
    placed = place(LEDGER, sheet)
    assert told(placed.findings) == [("WB-025", "问题排查台账", "D7", "note"), ("WB-029", "问题排查台账", "J8", "note")]
    assert columns_of(placed)["due_on"] == "I"


@pytest.mark.parametrize(
    ("second", "findings"),
    [
        ("乙", [("WB-026", "问题排查台账", "I7", "error")]),
        (None, []),
    ],
)
def test_a_column_given_twice_is_refused_when_the_second_has_answers(second, findings):
    sheet = make_sheet(LEDGER)
    first = row_of(sheet, "序号")
    sheet.rows[first].append("风险等级")
    sheet.rows[first + 1].append(second)
    assert told(place(LEDGER, sheet).findings) == findings


def test_a_heading_of_two_rows_is_read_together():
    sheet = make_sheet(LEDGER)
    first = row_of(sheet, "序号")
    sheet.rows[first] = ["序号", "问题编号", "排查", None, "问题表现", "涉及学生数", "风险等级", "整改时限"]
    sheet.rows.insert(first + 1, [None, None, "日期", "方式", None, None, None, None])
    sheet.merged.append((first, 2, first, 3))
    placed = place(LEDGER, sheet)
    assert columns_of(placed) == {
        "seq": "A",
        "problem_no": "B",
        "found_on": "C",
        "methods": "D",
        "description": "E",
        "n_pupils": "F",
        "risk": "G",
        "due_on": "H",
    }
    assert [row + 1 for row in placed.table.rows] == [9, 10]


def test_totals_notes_repeated_headings_and_signatures_are_no_rows():
    sheet = make_sheet(LEDGER)
    after = row_of(sheet, "序号") + 3
    sheet.rows[after:after] = [
        ["合计", None, None, None, 3.0],
        [heading(column) for column in LEDGER.columns],
        [],
        [3.0, None, None, None],  # mere numbering
        ["单位负责人：张三", None, "填报人：李四"],
        ["注：以上情况属实"],
        ["以上情况属实"],
        [None, None, None, "写在注的下面", 1.0],  # still an answer: nothing is lost
    ]
    placed = place(LEDGER, sheet)
    assert [row + 1 for row in placed.table.rows] == [8, 9, 17]
    assert told(placed.findings) == [
        ("WB-033", "问题排查台账", "A10", "note"),
        ("WB-034", "问题排查台账", "A11", "note"),
        ("WB-029", "问题排查台账", "A16", "note"),
    ]


def test_a_million_blank_rows_under_the_table_are_nothing():
    sheet = make_sheet(LEDGER)
    sheet.rows.extend([[None, " ", ""]] * 1000)
    assert len(place(LEDGER, sheet).table.rows) == 2


def test_a_table_of_thousands_of_rows_is_cut_and_told():
    sheet = make_sheet(LEDGER, rows=GOOD_ROWS["ledger"][:1] * (MOST_ROWS + 3))
    placed = place(LEDGER, sheet)
    assert (len(placed.table.rows), told(placed.findings)) == (
        MOST_ROWS,
        [("WB-035", "问题排查台账", "A5008", "error")],
    )


@pytest.mark.parametrize(
    ("column", "finding", "filled"),
    [
        ("description", ("WB-032", "问题排查台账", "D8", "note"), "门岗登记不全"),
        ("n_pupils", ("WB-031", "问题排查台账", "E8", "error"), None),
        ("seq", ("WB-031", "问题排查台账", "A8", "error"), None),  # the key of the table
    ],
)
def test_merged_cells_are_filled_down_for_text_and_refused_for_keys_and_numbers(column, finding, filled):
    sheet = make_sheet(LEDGER)
    first = row_of(sheet, "序号") + 1
    index = list(AS_SENT).index(column)
    sheet.rows[first + 1][index] = None
    sheet.merged.append((first, index, first + 1, index))
    placed = place(LEDGER, sheet)
    assert told(placed.findings) == [finding]
    assert placed.at((first + 1, index)) == filled
    assert ((first + 1, index) in placed.unclear) == (filled is None)


def test_a_merged_key_is_refused_even_where_it_is_text():
    sheet = make_sheet(RECTIFY)
    sheet.merged.append((4, 0, 5, 0))
    placed = place(RECTIFY, sheet)
    assert (told(placed.findings), placed.unclear) == ([("WB-031", "整改销号台账", "A5", "error")], {(4, 0), (5, 0)})


def test_a_cell_merged_across_columns_is_refused():
    sheet = make_sheet(LEDGER)
    first = row_of(sheet, "序号") + 1
    sheet.merged.append((first, 3, first, 4))
    assert told(place(LEDGER, sheet).findings) == [("WB-031", "问题排查台账", "D8", "error")]


def test_a_merged_block_of_blanks_or_of_one_answer_is_no_matter():
    sheet = make_sheet(LEDGER)
    first = row_of(sheet, "序号") + 1
    sheet.merged.extend([(first, 6, first + 40, 6), (first + 2, 0, first + 2, 7), (0, 0, 0, 7), (first, 3, first, 3)])
    sheet.rows[first][6] = sheet.rows[first + 1][6] = None
    assert told(place(LEDGER, sheet).findings) == []


def test_facts_are_found_by_their_titles_in_any_order():
    sheet = make_sheet(COVER)
    heading_row = row_of(sheet, "填写内容")
    sheet.rows[heading_row + 1 : -2] = reversed(sheet.rows[heading_row + 1 : -2])
    for row in sheet.rows:
        row.insert(0, None)
    placed = place(COVER, sheet)
    assert {key: placed.at(where) for key, where in placed.facts.cells.items()} == {
        "unit_name": "望湖路小学",
        "filler": "张老师",
        "phone": "024-86891234",
        "fill_date": date(2021, 3, 5),
        "pupils": 860.0,
    }
    assert list(placed.findings) == []


@pytest.mark.parametrize(
    ("title", "findings"),
    [
        ("办公电话", [("WB-028", "封面", "C9", "note")]),  # an alias
        ("单位座机", [("WB-028", "封面", "C9", "note")]),  # known by its number
    ],
)
def test_a_renamed_fact_is_known_by_alias_or_number(title, findings):
    sheet = make_sheet(COVER)
    rename(sheet, "联系电话", title)
    placed = place(COVER, sheet)
    assert told(placed.findings) == findings
    assert placed.at(placed.facts.cells["phone"]) == "024-86891234"


@pytest.mark.parametrize(
    ("gone", "findings"),
    [
        ([], [("WB-029", "封面", "C9", "note")]),
        (["填报人*"], [("WB-029", "封面", "C8", "note"), ("WB-027", "封面", "", "error")]),
        # a line nobody knows, and an optional one missing: it may be that one
        (["学生数"], [("WB-030", "封面", "C9", "error"), ("WB-022", "封面", "", "note")]),
    ],
)
def test_missing_facts_are_told_and_strange_ones_not_read(gone, findings):
    sheet = make_sheet(COVER)
    for title in gone:
        del sheet.rows[row_of(sheet, title)]
    sheet.rows.insert(row_of(sheet, "联系电话"), [None, "食堂人数", 12.0])
    assert told(place(COVER, sheet).findings) == findings


@pytest.mark.parametrize(
    ("title", "column", "finding"),
    [
        ("填报人*", 3, ("WB-038", "封面", "D8", "error")),  # where the unit is printed
        ("填报日期", 4, ("WB-038", "封面", "E10", "error")),  # where the hint is
        ("联系电话", 3, ("WB-029", "封面", "D9", "note")),  # besides its answer
        ("联系电话", 6, ("WB-029", "封面", "G9", "note")),
    ],
)
def test_what_is_written_beside_its_cell_is_told_and_an_answer_is_asked_for_in_its_place(title, column, finding):
    sheet = make_sheet(COVER, {"phone": "024-86891234"})
    row = sheet.rows[row_of(sheet, title)]
    row[column:] = [None] * (column - len(row)) + ["张老师"]
    assert told(place(COVER, sheet).findings) == [finding]


@pytest.mark.parametrize(("second", "findings"), [("乙", [("WB-039", "封面", "C9", "error")]), ("甲", []), (None, [])])
def test_a_fact_given_twice_is_refused_where_the_two_differ(second, findings):
    sheet = make_sheet(COVER, {"filler": "甲"})
    row = row_of(sheet, "填报人*")
    sheet.rows.insert(row + 1, [2.0, "填报人*", second])
    assert told(place(COVER, sheet).findings) == findings


def test_a_column_and_a_heading_again_in_a_list_are_told():
    sheet = make_sheet(COVER)
    heading_row = row_of(sheet, "填写内容")
    for number, row in enumerate(sheet.rows[heading_row:-2]):
        row.insert(2, "上期数" if number == 0 else 5.0 if number == 4 else None)
    sheet.rows.insert(heading_row + 3, list(sheet.rows[heading_row]))
    assert told(place(COVER, sheet).findings) == [("WB-034", "封面", "C7", "note"), ("WB-025", "封面", "C4", "note")]


def test_answers_in_hidden_rows_columns_and_sheets_are_read_and_told():
    sheet = make_sheet(LEDGER, hidden=True, hidden_rows=frozenset({4, 8, 30}), hidden_columns=frozenset({1, 3, 40}))
    layout = locate(make_cells(sheet), FORMS)
    assert told(layout.findings) == [("WB-016", "问题排查台账", "", "note")]
    assert told(layout.placed["ledger"].findings) == [
        ("WB-036", "问题排查台账", "C5", "note"),
        ("WB-037", "问题排查台账", "D7", "note"),
    ]
    assert len(layout.placed["ledger"].table.rows) == 2


def test_a_sheet_is_not_taken_for_another_by_its_numbers():
    """Every list has a number 3: of a cover without its titles nothing is known."""
    sheet = make_sheet(COVER)
    for row in sheet.rows[row_of(sheet, "填写内容") + 1 : -2]:
        row[1:2] = ["某一栏"]
    assert place(COVER, sheet).share == 0


def test_facts_without_their_headings_are_found_beside_their_titles():
    sheet = make_sheet(COVER)
    del sheet.rows[row_of(sheet, "填写内容")]
    placed = place(COVER, sheet)
    assert placed.at(placed.facts.cells["filler"]) == "张老师"
    assert list(placed.findings) == []


def test_facts_of_the_same_title_are_told_apart_by_number():
    twice = COVER.model_copy(
        update={"facts": tuple(fact.model_copy(update={"title": "人数"}) for fact in COVER.facts[1:3])}
    )
    sheet = make_sheet(twice, {"filler": "甲", "phone": "乙"})
    swapped = row_of(sheet, "甲")
    sheet.rows[swapped], sheet.rows[swapped + 1] = sheet.rows[swapped + 1], sheet.rows[swapped]
    placed = place(twice, sheet)
    assert [placed.at(placed.facts.cells[key]) for key in ("filler", "phone")] == ["甲", "乙"]


def test_a_renamed_sheet_is_known_by_its_headings():
    cells = make_cells(SheetCells("Sheet1", make_sheet(LEDGER).rows))
    del cells.sheets[1]
    layout = locate(cells, FORMS)
    assert layout.placed["ledger"].sheet.name == "Sheet1"
    assert told(layout.findings) == [("WB-012", "Sheet1", "", "note")]


def test_the_list_of_findings_that_we_sent_back_is_none_of_the_answers():
    assert locate(make_cells(SheetCells(FINDINGS_SHEET, [["序号", "工作表"], [1.0, "封面"]])), FORMS).findings == []


def test_a_missing_sheet_a_sheet_without_headings_and_a_strange_sheet_are_told():
    cells = make_cells(
        SheetCells("问题排查台账", [["门岗登记不全"]]),
        SheetCells("课程表", [["语文"]]),
        SheetCells("Sheet3", [[None, " "]]),
    )
    del cells.sheets[2]
    layout = locate(cells, FORMS)
    assert list(layout.placed) == ["cover"]
    assert told(layout.findings) == [
        ("WB-015", "问题排查台账", "", "error"),
        ("WB-011", "", "", "error"),
        ("WB-014", "课程表", "", "note"),
    ]


@pytest.mark.parametrize(
    ("first_answer", "findings"),
    [
        ("另一份", [("WB-013", "问题排查台账 (2)", "", "error")]),
        ("门岗登记不全", []),
    ],
)
def test_a_second_copy_of_a_sheet_matters_only_when_it_differs(first_answer, findings):
    copy = make_sheet(LEDGER)
    copy.rows[row_of(copy, "序号") + 1][3] = first_answer
    assert told(locate(make_cells(SheetCells("问题排查台账 (2)", copy.rows)), FORMS).findings) == findings


def test_a_form_whose_table_lost_its_heading_keeps_its_facts():
    form = COVER.model_copy(update={"table": SELFCHECK.table, "sheet": "封面"})
    assert told(place(form, make_sheet(COVER)).findings) == [("WB-015", "封面", "", "error")]


def test_a_fixed_table_cannot_do_without_its_key():
    sheet = make_sheet(SELFCHECK)
    rename(sheet, "序号", "排序")
    assert told(place(SELFCHECK, sheet).findings) == [
        ("WB-021", "政策清单自查", "", "error"),
        ("WB-025", "政策清单自查", "A4", "note"),
    ]


def test_headings_that_only_a_remark_tells_apart_need_the_remark():
    head, deputy = (
        COVER.facts[1].model_copy(update={"title": "负责人（正职）"}),
        COVER.facts[2].model_copy(update={"title": "负责人（副职）"}),
    )
    headings = Headings([head, deputy], heading)
    assert [headings.meant(text) for text in ("负责人(副职)", "负责人", "")] == [[deputy], [], []]
    assert heading_key(" 一、负责人 （正职）*：") == "负责人(正职)"


@given(st.integers(0, 20000), st.integers(0, 20000))
def test_cell_names_go_both_ways(row, column):
    assert position(cell_name(row, column)) == (row, column)


def test_cell_names():
    assert [cell_name(*place) for place in ((0, 0), (6, 20), (8, 25), (0, 26), (1048575, 16383))] == [
        "A1",
        "U7",
        "Z9",
        "AA1",
        "XFD1048576",
    ]
