import io
import zipfile
from datetime import date, datetime

import pytest
from hypothesis import given, settings, strategies as st

from oneledger.adapters.cell_text import CUT, EXCEL_LIMIT, clean
from oneledger.adapters.workbook_master import build_master
from oneledger.adapters.workbook_stamp import prepare, stamp
from oneledger.adapters.zip_parts import archived, literal, pieced
from oneledger.domain.cells import column_name
from oneledger.domain.forms import Rows
from oneledger.domain.printed import FOOT
from oneledger.domain.sheet_layout import lay_out
from oneledger.domain.workbooks import CUSTOM_PROPERTY, DEFINED_NAME, META_SHEET
from oneledger.settings import load_form
from tests.conftest import CONFIG
from tests.make_workbooks import (
    UNIT,
    looks,
    make_fill,
    make_fixed,
    make_form,
    make_row,
    make_spec,
    merges,
    opened,
    quick,
    rules,
    texts,
)

OPEN = make_spec(make_form(), make_fixed())
MASTER = build_master(OPEN)
PLAN = prepare(MASTER, OPEN)
RECTIFY = make_spec(make_form(Rows.PREFILLED, facts=(), zero_fact=None))
RECTIFY_PLAN = prepare(build_master(RECTIFY), RECTIFY)
HALF_PAST_TWO = datetime.fromisoformat("2021-03-05T14:30")
FIRST = 5  # row of the table in RECTIFY


def rectify(*rows) -> bytes:
    return stamp(RECTIFY_PLAN, make_fill(rows={"ledger": rows}))


def cover_with(value) -> bytes:
    return stamp(PLAN, make_fill(facts={"cover": {"filler": value}}))


def test_the_stamped_workbook_is_the_master_but_for_the_fill():
    master, stamped = opened(MASTER), opened(stamp(PLAN, make_fill(facts={"cover": {"unit_name": UNIT}})))
    assert stamped.sheetnames == master.sheetnames
    for sheet in master.worksheets:
        other = stamped[sheet.title]
        assert (looks(other), rules(other), merges(other)) == (looks(sheet), rules(sheet), merges(sheet))
        assert (other.protection.sheet, other.sheet_state, other.freeze_panes, other.print_title_rows) == (
            sheet.protection.sheet, sheet.sheet_state, sheet.freeze_panes, sheet.print_title_rows,
        )  # fmt: skip
        assert {key: each.width for key, each in other.column_dimensions.items()} == {
            key: each.width for key, each in sheet.column_dimensions.items()
        }
    changed = {
        (sheet.title, cell): value
        for sheet in stamped.worksheets
        for cell, value in texts(sheet).items()
        if value != master[sheet.title][cell].value
    }
    unit_line = f"填报单位（盖章）：{UNIT}"
    assert changed == {
        ("封面", "A3"): unit_line, ("台账", "A3"): unit_line, ("自查", "A3"): unit_line, ("封面", "C7"): UNIT,
        (META_SHEET, "B3"): "2121000123", (META_SHEET, "B4"): "ol1.abc234",
    }  # fmt: skip


def test_the_marks_are_in_three_places():
    book = opened(stamp(PLAN, make_fill(token="t<&>", unit_name="甲<&>校")))
    assert [book[META_SHEET]["B3"].value, book[META_SHEET]["B4"].value] == ["2121000123", "t<&>"]
    assert book.custom_doc_props[CUSTOM_PROPERTY].value == "t<&>"
    assert (book.defined_names[DEFINED_NAME].value, book.defined_names[DEFINED_NAME].hidden) == ('"t<&>"', True)
    assert book["台账"]["A3"].value == "填报单位（盖章）：甲<&>校"


def test_two_libraries_read_the_same_answers():
    content = rectify(make_row(1, n_pupils=3, share=0.25, seen_at=HALF_PAST_TWO), make_row(2))
    by_openpyxl = [[cell.value for cell in row] for row in opened(content)["台账"]["A5:H6"]]
    by_calamine = [[value if value != "" else None for value in row] for row in quick(content, "台账")[4:6]]
    assert by_openpyxl == [
        ["2121000123-2021-0001", datetime.fromisoformat("2021-03-01"), None, 3, 0.25, "较大", None, HALF_PAST_TWO],
        ["2121000123-2021-0002", datetime.fromisoformat("2021-03-02"), None, None, None, "较大", None, None],
    ]
    assert by_calamine == [
        ["2121000123-2021-0001", date(2021, 3, 1), None, 3, 0.25, "较大", None, HALF_PAST_TWO],
        ["2121000123-2021-0002", date(2021, 3, 2), None, None, None, "较大", None, None],
    ]


@pytest.mark.parametrize(("value", "expected"), [
    (2121000123, "2121000123"),  # a number in a field of text
    (True, "是"),
    (False, "否"),
    (["巡查", "家访"], "巡查、家访"),
    (date(2021, 3, 5), "2021-03-05"),
    (HALF_PAST_TWO, "2021-03-05 14:30"),
    ("", None),
    (None, None),
])  # fmt: skip
def test_a_field_of_text_gets_text(value, expected):
    assert opened(cover_with(value))["封面"]["C9"].value == expected


@pytest.mark.parametrize(("value", "expected"), [
    (0, 0),
    (-3, -3),
    (2.5, 2.5),
    (110105194912310021, "110105194912310021"),  # Excel would forget the last digits
    (float("nan"), "nan"),
    ("约5", "约5"),
])  # fmt: skip
def test_a_field_of_numbers_gets_numbers_that_excel_can_hold(value, expected):
    content = stamp(PLAN, make_fill(facts={"cover": {"n_pupils": value}}))
    assert opened(content)["封面"]["C11"].value == expected


def test_a_day_before_excel_counts_right_is_written_as_text():
    content = stamp(PLAN, make_fill(facts={"cover": {"fill_date": date(1900, 2, 28)}}))
    assert opened(content)["封面"]["C10"].value == "1900-02-28"


@pytest.mark.parametrize(("hostile", "expected"), [
    ("=cmd|'/c calc'!A0", "=cmd|'/c calc'!A0"),
    ("+1", "+1"),
    ("-1+1", "-1+1"),
    ("@SUM(A1)", "@SUM(A1)"),
    ("a]]>b<c>&amp;\"'", "a]]>b<c>&amp;\"'"),
    ("甲\x00\x08\x0b\x1f\ufffe乙", "甲乙"),
    ("甲\ud800乙", "甲乙"),
    ("一\r\n二\r三", "一\n二\n三"),
    ("  前后  ", "  前后  "),
    ("😀𬭎", "😀𬭎"),
    ("@@oneledger:token@@", "@@oneledger:token@@"),
    ("长" * 40_000, "长" * (EXCEL_LIMIT - len(CUT)) + CUT),
    ("😀" * 20_000, "😀" * ((EXCEL_LIMIT - len(CUT)) // 2) + CUT),  # two of Excel's units each
])  # fmt: skip
def test_hostile_text_comes_back_as_text(hostile, expected):
    content = cover_with(hostile)
    cell = opened(content)["封面"]["C9"]
    assert (cell.value, cell.data_type) == (expected, "s")
    assert quick(content, "封面")[8][2] == expected


def test_what_looks_like_an_escape_is_read_as_it_was_written():
    assert quick(cover_with("_x0041_"), "封面")[8][2] == "_x0041_"


@given(st.text(max_size=40))
@settings(max_examples=150, deadline=None)
def test_writing_and_reading_a_text_changes_nothing_but_what_xml_forbids(text):
    assert quick(cover_with(text), "封面")[8][2] == clean(text)


def test_the_same_fill_gives_the_same_bytes_without_a_clock():
    fill = make_fill(facts={"cover": {"filler": "张"}}, rows={"ledger": [make_row()]})
    content = stamp(PLAN, fill)
    assert content == stamp(prepare(build_master(OPEN), OPEN), fill)
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        assert (archive.testzip(), {entry.date_time for entry in archive.infolist()}) == (None, {(1980, 1, 1, 0, 0, 0)})


@given(st.lists(st.tuples(st.binary(max_size=70_000) | st.binary(max_size=70), st.booleans()), max_size=6))
@settings(max_examples=150, deadline=None)
def test_a_part_in_pieces_some_deflated_before_is_read_as_one(pieces):
    """RFC 1951: blocks follow one another, whoever made them and when."""
    part = pieced("a.xml", [literal(raw) if is_literal else raw for raw, is_literal in pieces])
    with zipfile.ZipFile(io.BytesIO(archived([part]))) as archive:
        assert archive.read("a.xml") == b"".join(raw for raw, _ in pieces)


def test_the_end_of_a_sheet_kept_for_many_units_is_that_of_a_new_plan():
    for count in (3, 1, 3, 0, 2, 1):
        fill = make_fill(rows={"ledger": [make_row(1, problem_no=str(number)) for number in range(count)]})
        assert stamp(RECTIFY_PLAN, fill) == stamp(prepare(build_master(RECTIFY), RECTIFY), fill)


def test_only_the_parts_that_differ_differ():
    with (
        zipfile.ZipFile(io.BytesIO(stamp(PLAN, make_fill()))) as one,
        zipfile.ZipFile(io.BytesIO(stamp(PLAN, make_fill(token="other", facts={"cover": {"filler": "张"}})))) as other,
    ):
        assert one.namelist() == other.namelist()
        differing = {name for name in one.namelist() if one.read(name) != other.read(name)}
    assert differing == {
        "docProps/custom.xml", "xl/workbook.xml", "xl/sharedStrings.xml", "xl/worksheets/sheet1.xml",
    }  # fmt: skip


@pytest.mark.parametrize("count", [1, 2, 3, 40])
def test_a_prefilled_table_has_as_many_rows_as_the_unit_and_the_lines_below_follow(count):
    sheet = opened(rectify(*(make_row(1, problem_no=str(number)) for number in range(count))))["台账"]
    below = FIRST + count
    assert [sheet.cell(row, 1).value for row in range(FIRST, below)] == [str(number) for number in range(count)]
    assert texts(sheet)[f"A{below}"].startswith("注：1．")
    assert (sheet[f"A{below + 1}"].value, sheet.max_row) == (FOOT, below + 1)
    assert merges(sheet) == {
        "A1:H1",
        "A2:C2",
        "D2:H2",
        "A3:C3",
        "D3:H3",
        f"A{below}:H{below}",
        f"A{below + 1}:H{below + 1}",
    }


def test_every_row_of_a_prefilled_table_looks_like_the_first_and_is_checked_like_it():
    sheet = opened(rectify(*(make_row(1, problem_no=str(number)) for number in range(40))))["台账"]
    styles = looks(sheet)
    for row in range(FIRST + 1, FIRST + 40):
        assert [styles[f"{column}{row}"] for column in "ABCDEFGH"] == [
            styles[f"{column}{FIRST}"] for column in "ABCDEFGH"
        ]
    last = FIRST + 39
    assert set(rules(sheet)) == {f"{column}{FIRST}:{column}{last}" for column in "BCDEFGH"}


def test_a_unit_without_rows_of_its_own_gets_blank_ones():
    sheet = opened(rectify())["台账"]
    assert [[cell.value for cell in row] for row in sheet["A5:B6"]] == [[None, None], [None, None]]
    assert sheet["A7"].value.startswith("注：")


def test_an_open_table_keeps_its_blank_rows_below_the_prefilled_ones():
    rows = [make_row(1, problem_no=str(number)) for number in range(6)]
    sheet = opened(stamp(PLAN, make_fill(rows={"ledger": rows})))["台账"]
    assert [sheet.cell(row, 1).value for row in range(8, 19)] == [
        *"012345",
        None,
        None,
        None,
        None,
        "注：1．一行写一个问题。\n　　2．不写姓名。",
    ]
    assert looks(sheet)["B17"] == looks(sheet)["B8"]


def test_a_long_value_makes_its_row_taller_and_excel_may_make_it_taller_still():
    content = stamp(
        PLAN, make_fill(facts={"cover": {"unit_name": "校" * 40}}, rows={"ledger": [make_row(description="乱" * 60)]})
    )
    book = opened(content)
    assert (book["封面"].row_dimensions[7].height, book["封面"].row_dimensions[6].height) == (50.5, 22.0)
    assert (book["台账"].row_dimensions[8].height, book["台账"].row_dimensions[9].height) == (79.5, 22.0)
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        assert '<row r="8" ht="79.5">' in archive.read("xl/worksheets/sheet2.xml").decode()


def test_what_the_workbook_does_not_ask_for_is_left_out():
    fill = make_fill(
        facts={"cover": {"stranger": 1}, "other": {"a": 1}},
        rows={"ledger": [make_row(county="和平区")], "selfcheck": [{"conclusion": "已落实"}], "other": [{}]},
    )
    plain = make_fill(rows={"ledger": [make_row()]})
    assert [texts(sheet) for sheet in opened(stamp(PLAN, fill)).worksheets] == [
        texts(sheet) for sheet in opened(stamp(PLAN, plain)).worksheets
    ]


def test_a_master_of_another_spec_is_refused():
    with pytest.raises(ValueError, match="no blank cell C12 for lessons"):
        prepare(MASTER, make_spec(make_form(), make_fixed(), cover=_longer_cover()))


def _longer_cover():
    cover = OPEN.cover
    return cover.model_copy(
        update={"facts": (*cover.facts, cover.facts[-1].model_copy(update={"key": "lessons", "no": 9}))}
    )


def test_the_self_check_is_printed_beside_the_rows_of_an_inspection():
    """004-B: one list, two views; each conclusion beside its own item, the rest of the sheet as in the master."""
    form = load_form(CONFIG, "inspection-v1")
    spec = make_spec(form)
    plan = prepare(build_master(spec), spec)
    rows = [{"no": item.no, "selfcheck": f"{item.no}已落实"} for item in form.table.items if item.no != 2]
    blank, stamped = (opened(stamp(plan, make_fill(rows=fill)))[form.sheet] for fill in ({}, {"inspection": rows}))
    column = column_name([each.key for each in form.columns].index("selfcheck"))
    top = lay_out(form).first_row
    changed = {
        cell.coordinate: cell.value for row in stamped for cell in row if cell.value != blank[cell.coordinate].value
    }
    assert changed == {f"{column}{top + row['no'] - 1}": row["selfcheck"] for row in rows}
    assert looks(stamped) == looks(blank)
