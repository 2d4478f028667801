import hashlib
import os
import subprocess
import sys
from pathlib import Path

import pytest
from openpyxl import Workbook

from oneledger.adapters.workbook_master import build_master
from oneledger.adapters.workbook_rules import ChoiceLists, validation
from oneledger.domain.forms import Field, FieldType, Rows, Table
from oneledger.domain.printed import DATE_LINE, FOOT, heading, hint, label
from oneledger.domain.sheet_layout import column_width, display_width, height, lay_out
from oneledger.domain.workbooks import CUSTOM_PROPERTY, DEFINED_NAME, META_SHEET
from oneledger.settings import load_form
from tests.make_workbooks import make_fixed, make_form, make_spec, merges, opened, quick, rules, texts

CONFIG = Path(__file__).parent.parent / "config"


@pytest.fixture(scope="module")
def book():
    return opened(build_master(make_spec(make_form(), make_fixed())))


def column_with(**words) -> Field:
    return Field(**{"no": 1, "key": "answer", "title": "答"} | words)


def rule_of(**words) -> tuple | None:
    """Type, formulas and prompt of the validation of one column."""
    rule = validation(column_with(**words), ChoiceLists(Workbook()))
    return rule and (rule.type, rule.formula1, rule.formula2, rule.prompt)


def test_a_sheet_prints_head_facts_table_notes_and_signatures_from_top_to_bottom(book):
    assert texts(book["台账"]) == {
        "A1": "问题排查台账",
        "A2": "制发文号：辽教〔2021〕1号", "D2": "表号：QL-01　版本：v2",
        "A3": "填报单位（盖章）：@@oneledger:unit_name@@", "D3": DATE_LINE,
        "A4": "编号", "B4": "项目", "C4": "填写内容", "D4": "单位", "E4": "填写说明",
        "A5": 31, "B5": "是否零报告*", "E5": "没有问题选“是”",
        "A7": "问题编号", "B7": "排查日期*", "C7": "问题表现*", "D7": "涉及学生数\n（人）", "E7": "占比", "F7": "风险等级*",
        "G7": "排查方式", "H7": "发现时间",
        "A12": "注：1．一行写一个问题。\n　　2．不写姓名。",
        "A13": FOOT,
    }  # fmt: skip


def test_the_cover_groups_its_facts_and_tells_how_to_fill_and_answer(book):
    cover = texts(book["封面"])
    assert cover["A1"] == "2021年专项治理行动\n全面部署　报表封面"
    assert [cover.get(f"A{row}") for row in range(4, 13)] == ["编号", "基本信息", 1, 2, "填报信息", 3, 4, 5, "填表说明"]
    assert [cover[f"A{row}"] for row in range(13, 21)] == [
        "1．本簿共3张表：本页和《问题排查台账》（QL-01，见“台账”页）、《自查表》（QL-05，见“自查”页）。",
        "2．请于2021年3月15日17:00前报送。填好保存后，直接回复原邮件并附上本表（xlsx 格式）；不要另写新邮件，不要转成图片、PDF 或其他格式。",
        "3．白色、浅黄色单元格由填报单位填写，表头带 * 的为必填项；灰色单元格已由上级填好，请勿改动。",
        "4．不要改表头、工作表名称和列的次序，不要增删列，不要合并单元格，不要写公式。",
        "5．“台账”页行不够时，在表中间插入行。",
        "6．没有问题的，请在“台账”页的“是否零报告”选“是”（零报告），表格留空后照常回复；不回复不等于零报告。",
        "7．数字只填阿拉伯数字，不写单位和“约”“余”“若干”；没有的填 0，不要留空；日期写成 2021-03-05。",
        "8．涉及学生的只填人数。",
    ]


def test_only_answer_cells_are_unlocked(book):
    unlocked = {
        sheet.title: {cell.coordinate for row in sheet.iter_rows() for cell in row if not cell.protection.locked}
        for sheet in book.worksheets
    }
    assert unlocked == {
        "封面": {"C9", "C10", "C11"},
        "台账": {"C5"} | {f"{column}{row}" for column in "BCDEFGH" for row in range(8, 12)},
        "自查": {"C5", "C6", "C7"},
        META_SHEET: set(),
    }


def test_every_form_is_protected_without_a_password_and_rows_may_be_inserted_where_a_table_is_open(book):
    assert {
        sheet.title: (
            sheet.protection.sheet,
            sheet.protection.password,
            sheet.protection.insertRows,
            sheet.protection.formatColumns,
            sheet.protection.formatRows,
        )
        for sheet in book.worksheets[:3]
    } == {
        "封面": (True, None, True, False, False),
        "台账": (True, None, False, False, False),
        "自查": (True, None, True, False, False),
    }


def test_fixed_rows_are_printed_with_their_own_text(book):
    assert [[cell.value for cell in row] for row in book["自查"]["A4:C7"]] == [
        ["序号", "工作措施", "自查结论*"],
        [1, "措施1" * 4, None],
        [2, "措施2" * 8, None],
        [3, "措施3" * 12, None],
    ]


def test_required_answers_are_lightly_filled_and_printed_cells_grey(book):
    fills = [book["台账"][f"{column}8"].fill.fgColor.rgb for column in "ABCD"]
    assert fills == ["FFF2F2F2", "FFFFF9E3", "FFFFF9E3", "00000000"]


def test_codes_are_text_days_are_days_and_counts_are_whole(book):
    assert [book["台账"][f"{column}8"].number_format for column in "ABCDEFGH"] == [
        "@", "yyyy-mm-dd", "@", "0", "General", "@", "@", "yyyy-mm-dd hh:mm",
    ]  # fmt: skip


@pytest.mark.parametrize(("words", "expected"), [
    ({"type": "yesno"}, ("list", '"是,否"', None, "填“是”或“否”")),
    ({"type": "choice", "choices": ("甲", "乙")}, ("list", '"甲,乙"', None, "选一项：甲、乙")),
    ({"type": "multi", "choices": ("甲", "乙")}, (None, None, None, "可多选，用顿号隔开：甲、乙")),
    ({"type": "int", "min": 0, "max": 9}, ("whole", "0", "9", "整数，0至9")),
    ({"type": "int"}, ("whole", "-1000000000000", "1000000000000", "整数")),
    ({"type": "number", "min": 0.5}, ("decimal", "0.5", "1000000000000", "数字，不少于0.5")),
    ({"type": "date"}, ("date", "36526", "73050", "日期，如 2021-03-05")),
    ({"type": "text", "min_len": 10, "max_len": 300}, ("textLength", "10", "300", "10至300字")),
    ({"type": "text", "help": "写清什么问题"}, (None, None, None, "写清什么问题")),
    ({"type": "text"}, None),
    ({"type": "int", "locked": True}, None),
])  # fmt: skip
def test_what_excel_checks_while_the_unit_types(words, expected):
    assert rule_of(**words) == expected


@pytest.mark.parametrize(
    "choices", [tuple(f"选项{number:03d}" for number in range(60)), ("甲,乙", "丙"), ('"甲"', "乙")]
)
def test_a_list_too_long_or_too_odd_for_a_validation_stands_under_a_hidden_name(choices):
    form = make_form(facts=(ZERO_LIKE.model_copy(update={"choices": choices}),), zero_fact=None)
    made = opened(build_master(make_spec(form)))
    name = made.defined_names["_oneledger_list_1"]
    assert rules(made["台账"])["C5"][:2] == ("list", "_oneledger_list_1")
    assert (name.hidden, name.attr_text) == (True, f"'_meta'!$D$1:$D${len(choices)}")
    assert tuple(made[META_SHEET].cell(row, 4).value for row in range(1, len(choices) + 1)) == choices


ZERO_LIKE = Field(no=31, key="kind", title="类别", type=FieldType.CHOICE, choices=("甲",))


def test_what_excel_would_call_damage_is_never_written():
    form = make_form(facts=(ZERO_LIKE.model_copy(update={"title": "题" * 90, "help": "说" * 400}),), zero_fact=None)
    (rule,) = [
        each
        for each in opened(build_master(make_spec(form)))["台账"].data_validations.dataValidation
        if str(each.sqref) == "C5"
    ]
    assert (len(rule.promptTitle), len(rule.prompt), len(rule.error), len(rule.errorTitle)) == (32, 255, 255, 7)


def test_a_wide_table_lies_on_its_side_with_its_heading_on_every_page_and_in_sight(book):
    sheet = book["台账"]
    assert (sheet.page_setup.orientation, sheet.page_setup.paperSize, sheet.page_setup.fitToWidth) == (
        "landscape",
        9,
        1,
    )
    assert (sheet.page_setup.fitToHeight, sheet.sheet_properties.pageSetUpPr.fitToPage) == (0, True)
    assert (sheet.print_title_rows, sheet.freeze_panes) == ("$7:$7", "B8")


def test_facts_alone_stand_upright(book):
    assert (book["封面"].page_setup.orientation, book["封面"].print_title_rows) == ("portrait", "$4:$4")


def test_a_table_too_wide_for_one_page_takes_two_and_its_title_stays_on_the_first():
    columns = tuple(column_with(no=number, key=f"c{number}", title=f"列{number}", width=50) for number in range(1, 10))
    form = make_form(table=Table(rows=Rows.OPEN, columns=columns, key="c1", room=2), facts=(), zero_fact=None)
    sheet = opened(build_master(make_spec(form)))["台账"]
    assert (sheet.page_setup.fitToWidth, sheet.print_title_cols) == (2, None)
    assert {area for area in merges(sheet) if area.startswith("A1:")} == {"A1:D1"}


def test_no_answer_cell_is_merged(book):
    assert merges(book["台账"]) == {"A1:H1", "A2:C2", "D2:H2", "A3:C3", "D3:H3", "E4:H4", "E5:H5", "A12:H12", "A13:H13"}


def test_the_workbook_carries_its_marks_where_no_one_sees_them(book):
    assert [[cell.value for cell in row] for row in book[META_SHEET]["A1:B5"]] == [
        ["campaign", "liaoning-2021"],
        ["phase", "deploy"],
        ["unit_code", "@@oneledger:unit_code@@"],
        ["token", "@@oneledger:token@@"],
        ["forms", "cover-v1,ledger-v2,selfcheck-v1"],
    ]
    assert book[META_SHEET].sheet_state == "veryHidden"
    assert book.custom_doc_props[CUSTOM_PROPERTY].value == "@@oneledger:token@@"
    assert (book.defined_names[DEFINED_NAME].value, book.defined_names[DEFINED_NAME].hidden) == (
        '"@@oneledger:token@@"',
        True,
    )
    assert book.security.lockStructure is True


def test_text_in_a_definition_never_becomes_a_formula():
    made = opened(build_master(make_spec(make_form(title="=1+1", notes=("=2",)))))
    assert [(made["台账"]["A1"].value, made["台账"]["A1"].data_type)] == [("=1+1", "s")]


def test_the_same_spec_gives_the_same_bytes_in_every_process():
    program = (
        "import hashlib; from tests.make_workbooks import *; from oneledger.adapters.workbook_master import build_master;"
        "print(hashlib.sha256(build_master(make_spec(make_form(), make_fixed()))).hexdigest())"
    )
    elsewhere = subprocess.run(
        [sys.executable, "-c", program],
        env=os.environ | {"PYTHONHASHSEED": "1"},
        check=True,
        text=True,
        capture_output=True,
        cwd=CONFIG.parent,
    ).stdout.strip()
    assert elsewhere == hashlib.sha256(build_master(make_spec(make_form(), make_fixed()))).hexdigest()


def test_a_column_is_as_wide_as_told_or_as_its_content_and_heading_need():
    assert [column_width(column_with(**words)) for words in (
        {"width": 33}, {"type": "int"}, {"max_len": 300}, {"type": "yesno", "title": "是否已经上报上级主管部门"},
        {"type": "choice", "choices": ("一般", "已发生或正在发生的事件")},
    )] == [33, 8, 30, 10, 20]  # fmt: skip


def test_a_chinese_character_is_two_wide_and_text_wraps_into_height():
    assert display_width("QL-01 台账") == 10
    assert [height("台账", 10), height("台" * 20, 11.5), height("一\n二", 50)] == [22.0, 65.0, 36.0]


def test_long_answers_get_room_to_write():
    fact = column_with(title="经验做法", max_len=2000, required=True)
    form = make_form(facts=(fact,), table=None, zero_fact=None)
    sheet = opened(build_master(make_spec(form)))["台账"]
    assert (sheet.row_dimensions[5].height, sheet.column_dimensions["C"].width) == (170.0, 54.0)
    assert (label(fact), hint(fact)) == ("经验做法*", "不超过2000字")


def test_every_form_of_ours_can_be_built_and_read_back_where_the_layout_says():
    names = sorted(path.stem for path in (CONFIG / "forms").glob("*.yaml") if not path.stem.startswith("cover"))
    forms = tuple(load_form(CONFIG, name) for name in names)
    master = build_master(make_spec(*forms, cover=load_form(CONFIG, "cover-v1")))
    for form in forms:
        rows, layout = quick(master, form.sheet), lay_out(form)
        assert [rows[row - 1][1] for row in layout.facts.values()] == [label(fact) for fact in form.facts]
        if form.table is not None:
            assert rows[layout.first_row - 2][: len(form.columns)] == [heading(column) for column in form.columns]
