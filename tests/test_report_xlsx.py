"""The consolidated workbook: conventions of domain.md 2.3, privacy of 1.2 and 3.6, text that stays text."""

import io
import re
import zipfile
from datetime import date
from functools import cache

import pytest
from openpyxl import load_workbook

from oneledger.adapters.report_xlsx import Register, consolidated_workbook
from oneledger.domain.report import UnitBrief
from oneledger.domain.report_columns import summary_columns
from oneledger.domain.rollup import Coverage, Rollup, added
from tests.report_samples import FORMS, SCHOOLS, rectify_view, view

FIRST, SECOND = SCHOOLS[0][0], SCHOOLS[1][0]
ROW = {
    "problem_no": "2101-2021-0001", "found_on": "2021-03-05", "description": "操场北侧是监控盲区", "aspect7": "条件保障",
    "risk": "重大", "fix_mode": "限期整改", "n_pupils": 0, "method": ["巡查", "问卷"], "informant": "张三",
}  # fmt: skip
HOSTILE = ['=cmd|"/c calc"!A1', "+1+1", "-2", "@SUM(A1)", "\t=1", "<script>&amp;", "_x0041_", "{=1}", "#REF!"]


@cache
def plain():
    """The county's workbook with one row, read once for all tests that only look."""
    return book(rows={"ledger": [(FIRST, ROW)]})


def book(given=None, rows=None, registers=()):
    return load_workbook(io.BytesIO(made(given, rows, registers)))


def made(given=None, rows=None, registers=()):
    return consolidated_workbook(given or view(), rows or {}, FORMS, registers)


def table(sheet, head):
    """Rows below the numbered head line as tuples, up to the notes."""
    lines = [tuple(cell.value for cell in row) for row in sheet.iter_rows()]
    start = next(n for n, line in enumerate(lines) if line[0] == "甲") + 1
    return [line[: len(head)] for line in lines[start:] if line[1] is not None]


def line_of(sheet, name, column=1):
    return next([cell.value for cell in row] for row in sheet.iter_rows() if row[column].value == name)


def test_sheets_come_in_the_order_in_which_they_are_read():
    found = book(rows={"ledger": [], "selfcheck": []}).sheetnames
    assert found == ["汇总", "报送情况", "基本情况", "问题排查台账图", "问题排查台账", "政策清单自查", "指标出处"]


def test_the_summary_has_one_line_per_child_in_administrative_order_and_the_sum_last():
    names = [line[1] for line in table(plain()["汇总"], "甲乙")]
    assert names == ["本级", "第一小学", "第二小学", "第三小学", "第四小学", "合计"]


def test_a_reported_nought_not_applicable_and_not_come_all_differ():
    """2.3 and issue 5 F, 0 ≠ — ≠ blank: 第二小学 reported 0, 第三小学 owes its return, 第四小学 is exempt."""
    sheet = plain()["汇总"]
    at = 2 + [column.key for column in summary_columns(view())].index("ledger.rows")
    told = [line_of(sheet, name)[at] for name in ("第一小学", "第二小学", "第三小学", "第四小学", "合计")]
    assert told == [8, 0, None, "—", 8]
    assert "0表示报来的数为零，“—”表示不适用或免报，空白表示应报未报" in "".join(
        str(cell.value) for row in sheet.iter_rows() for cell in row
    )


def test_a_rate_is_stored_cut_off_so_that_no_program_rounds_it_up():
    given = view(rollup=Rollup(coverage=Coverage(returned=29_999, missing=1)), children=())
    rate = line_of(book(given)["汇总"], "合计")[7]
    assert (rate, f"{rate:.1%}") == (0.999, "99.9%")


def test_rectification_rate_is_closed_by_due():
    columns = {column.title: column.tell for column in summary_columns(rectify_view())}
    from oneledger.domain.report_figures import Figures

    figures = Figures(rectify_view().rollup)
    assert [columns[title](figures) for title in ("应整改", "已销号", "整改率")] == [1899, 1898, 0.999]


def test_columns_are_numbered_and_heads_are_printed_on_every_page():
    """2.3: columns 甲、乙、1、2…; A4 landscape; repeated heads; title, 填报单位（盖章） and 填报日期."""
    sheet = plain()["汇总"]
    assert [cell.value for cell in sheet[6]][:5] == ["甲", "乙", 1, 2, 3]
    assert (sheet.page_setup.orientation, int(sheet.page_setup.paperSize)) == ("landscape", 9)
    assert (sheet.print_title_rows, sheet.print_title_cols) == ("$4:$6", "$A:$B")
    assert sheet["C1"].value == "2021年虚拟省防范中小学生欺凌专项治理行动部署摸底情况汇总表"
    assert sheet["A2"].value == "填报单位（盖章）：和平区教育局"
    assert sheet["C3"].value == (
        "截至2021年3月19日17时　定稿（2021-03-19 17:00）　未经审核　单位：份、个、人\n填报日期：2021年3月19日"
    )


def test_a_wide_table_prints_on_several_pages_with_a_title_on_each():
    """The edge of a page cuts neither a title nor a group of columns."""
    sheet = plain()["汇总"]
    ends = [each.id for each in sheet.col_breaks.brk]
    assert [sheet.cell(1, end + 1).value for end in ends] == ["汇总（续1）", "汇总（续2）"]
    crossing = [each.coord for each in sheet.merged_cells.ranges for end in ends if each.min_col <= end < each.max_col]
    assert crossing == []
    assert 80 <= sheet.page_setup.scale <= 100


def test_figures_that_somebody_signed_for_carry_no_mark():
    assert "未经审核" not in book(view(is_reviewed=True))["汇总"]["C3"].value


def test_returns_show_the_four_ways_and_name_who_is_missing():
    sheet = plain()["报送情况"]
    assert line_of(sheet, "第三小学") == [4, "第三小学", 1, 0, 0, 0, 1, 0, 1, 0, "第三小学"]
    assert line_of(sheet, "合计") == [None, "合计", 5, 2, 1, 1, 1, 0.75, 1, 1, "见上"]


def owing(count):
    names = tuple((f"{n:04}", f"第{n}小学") for n in range(1, count + 1))
    return Rollup(coverage=Coverage(returned=2, missing=count), missing_units=names)


def test_more_missing_units_than_a_cell_holds_stand_on_a_sheet_of_their_own():
    children = ((UnitBrief("1", "东区", "county"), owing(7)), (UnitBrief("2", "西区", "county"), owing(1)))
    found = book(view(unit=UnitBrief("21", "某市", "city"), children=children, rollup=added(e for _, e in children)))
    assert [line_of(found["报送情况"], name)[10] for name in ("东区", "西区", "合计")] == [
        "第1小学、第2小学等7个单位，见“未报单位”表", "第1小学", "见上"
    ]  # fmt: skip
    assert table(found["未报单位"], "甲乙丙丁")[6:] == [(7, "东区", "第7小学", "0007"), (8, "西区", "第1小学", "0001")]


def test_no_more_are_missing_than_cells_hold_and_there_is_no_further_sheet():
    children = ((UnitBrief("1", "东区", "county"), owing(6)),)
    found = book(view(children=children, rollup=added(e for _, e in children)))
    assert line_of(found["报送情况"], "东区")[10] == "第1小学、第2小学、第3小学、第4小学、第5小学、第6小学"
    assert "未报单位" not in found.sheetnames
    row = next(cell.row for cell in found["报送情况"]["B"] if cell.value == "东区")
    assert found["报送情况"].row_dimensions[row].height > 20


def test_a_county_sees_the_four_ways_in_a_native_chart():
    sheet = plain()["报送情况"]
    chart = sheet._charts[0]
    assert len(sheet._charts) == 1
    assert chart.ser[0].val.numRef.f.endswith("$C$17:$C$20")
    assert [line_of(sheet, way)[2] for way in ("已报", "零报告", "免报", "未报")] == [2, 1, 1, 1]
    assert [point.v for point in chart.ser[0].val.numRef.numCache.pt] == [2, 1, 1, 1]


def test_a_city_sees_completeness_by_county_in_a_native_chart():
    children = tuple((UnitBrief(str(n), f"{n}区", "county"), rollup) for n, (_, rollup) in enumerate(SCHOOLS))
    rollup = added(each for _, each in children)
    city = view(unit=UnitBrief("210100", "沈阳市教育局", "city"), children=children, rollup=rollup)
    chart = book(city)["报送情况"]._charts[0]
    assert chart.ser[0].val.numRef.f == "'报送情况'!$H$7:$H$10"
    assert chart.ser[0].cat.strRef.f == "'报送情况'!$B$7:$B$10"
    shown = {point.idx: point.v for point in chart.ser[0].val.numRef.numCache.pt}
    assert shown == {0: 1.0, 1: 1.0, 2: 0.0}  # the fourth was exempt: nothing to show


def test_facts_go_down_units_go_across_and_the_sum_comes_first():
    sheet = plain()["基本情况"]
    assert [cell.value for cell in sheet[4]][3:] == ["合计", "本级", "第一小学", "第二小学", "第三小学", "第四小学"]
    assert line_of(sheet, "学生数") == ["规模", "学生数", "人", 2000, "—", 1200, 800, None, "—"]
    assert line_of(sheet, "其中寄宿生数") == ["规模", "其中寄宿生数", "人", 40, "—", 0, 40, None, "—"]
    assert line_of(sheet, "成立治理委员会") == ["机构", "成立治理委员会", "个", 1, "—", 1, 0, None, "—"]
    assert line_of(sheet, "明确工作机构") == ["机构", "明确工作机构", "个", 1, 1, "—", "—", "—", "—"]


def test_rows_are_united_with_the_unit_that_wrote_them():
    """1.2: rows are united, never summed."""
    sheet = book(rows={"ledger": [(FIRST, ROW), (SECOND, {**ROW, "problem_no": "2102-2021-0001"})]})["问题排查台账"]
    assert [line[:4] for line in table(sheet, "甲乙丙丁")] == [
        (1, "第一小学", "2101", "2101-2021-0001"),
        (2, "第二小学", "2102", "2102-2021-0001"),
    ]


def test_days_are_days_numbers_are_numbers_and_choices_stand_in_one_cell():
    sheet = plain()["问题排查台账"]
    values = {sheet.cell(4, cell.column).value: cell.value for cell in sheet[7]}
    assert values["排查日期"].date() == date(2021, 3, 5)
    assert values["涉及学生数（人）"] == 0
    assert values["排查方式"] == "巡查、问卷"


def test_personal_fields_never_leave_the_unit_that_wrote_them():
    content = made(rows={"ledger": [(FIRST, ROW)]})
    everything = "".join(zipfile.ZipFile(io.BytesIO(content)).read(name).decode() for name in _xml_parts(content))
    assert "监控盲区" in everything
    assert "反映人" not in everything
    assert "张三" not in everything


def _xml_parts(content):
    return [name for name in zipfile.ZipFile(io.BytesIO(content)).namelist() if name.endswith(".xml")]


@pytest.mark.parametrize(("level", "is_shown"), [("province", False), ("city", True), ("county", True)])
def test_rows_go_no_higher_than_the_form_allows(level, is_shown):
    given = view(unit=UnitBrief("1", "某局", level))
    assert ("问题排查台账" in book(given, rows={"ledger": [(FIRST, ROW)]}).sheetnames) == is_shown


def test_what_a_school_wrote_is_text_and_never_a_formula():
    rows = [(UnitBrief("1", words, "school"), {**ROW, "description": words}) for words in HOSTILE]
    content = made(rows={"ledger": rows})
    sheet = load_workbook(io.BytesIO(content))["问题排查台账"]
    last = 6 + len(rows)
    assert {cell.data_type for column in ("B", "F") for cell in sheet[column][6:last]} == {"s"}
    sheets = [name for name in _xml_parts(content) if name.startswith("xl/worksheets/")]
    assert [name for name in sheets if re.search(rb"<f[ >]", zipfile.ZipFile(io.BytesIO(content)).read(name))] == []


def test_a_units_name_is_text_in_every_sheet():
    hostile = tuple((UnitBrief(str(n), words, "school"), SCHOOLS[0][1]) for n, words in enumerate(HOSTILE))
    found = book(view(unit=UnitBrief("1", "=1+1", "county"), children=hostile, rollup=added(e for _, e in hostile)))
    kinds = {cell.data_type for sheet in found for row in sheet.iter_rows() for cell in row}
    assert kinds == {"s", "n"}


def test_words_too_long_for_a_cell_and_characters_no_xml_holds_are_cut_visibly():
    sheet = book(rows={"ledger": [(FIRST, {**ROW, "description": "一\x00二" + "长" * 40_000})]})["问题排查台账"]
    assert sheet["F7"].value.startswith("一二长")
    assert sheet["F7"].value.endswith("已截断）")


def test_no_rows_leave_a_head_without_a_sample():
    assert table(book(rows={"ledger": []})["问题排查台账"], "甲乙") == []


def test_a_long_text_makes_its_row_higher():
    sheet = book(rows={"ledger": [(FIRST, {**ROW, "description": "长" * 60}), (FIRST, ROW)]})["问题排查台账"]
    assert sheet.row_dimensions[7].height > sheet.row_dimensions[8].height


def test_every_column_and_fact_is_listed_with_its_key():
    keys = [line[2] for line in table(plain()["指标出处"], "甲乙丙")]
    assert {"coverage.missing", "ledger.rows[aspect7=工作机制]", "basics.pupils", "basics.committee=是"} <= set(keys)
    assert keys[-2:] == ["sample/deploy-0319", "9f2c" * 16]


def test_a_register_is_one_more_sheet():
    register = Register("申诉登记", ["序号", "受理日期", "结果"], [[1, date(2021, 3, 1), "=维持"]])
    sheet = book(registers=[register])["申诉登记"]
    assert sheet["C7"].value == "=维持"
    assert sheet["C7"].data_type == "s"


def test_the_same_figures_give_the_same_bytes():
    assert made(rows={"ledger": [(FIRST, ROW)]}) == made(rows={"ledger": [(FIRST, ROW)]})


def test_many_rows_are_numbered_and_typed_to_the_last():
    rows = [(FIRST, {**ROW, "n_pupils": n}) for n in range(1203)]
    sheet = book(rows={"ledger": rows})["问题排查台账"]
    head = [cell.value for cell in sheet[4]].index("涉及学生数（人）")
    lines = list(sheet.iter_rows(min_row=7))
    assert [(line[0].value, line[head].value) for line in lines] == [(n + 1, n) for n in range(1203)]
    assert {line[head].number_format for line in lines} == {"#,##0"}
    assert sheet.dimensions == f"A1:{lines[-1][-1].coordinate}"


def test_a_number_with_decimals_keeps_them_and_a_whole_one_shows_no_point():
    """#,##0.## would print 9 as “9.”."""
    sheet = book(rows={"ledger": [(FIRST, {**ROW, "n_pupils": 9.5}), (FIRST, {**ROW, "n_pupils": 9})]})["问题排查台账"]
    head = [cell.value for cell in sheet[4]].index("涉及学生数（人）")
    assert [(row[head].value, row[head].number_format) for row in sheet.iter_rows(min_row=7)] == [
        (9.5, "General"), (9, "#,##0")
    ]  # fmt: skip


def test_a_day_that_excel_cannot_count_stays_text():
    register = Register("登记", ["日期"], [[date(1900, 2, 28)], [date(1900, 3, 1)]])
    assert [cell.value for cell in book(registers=[register])["登记"]["A"]][6:] == ["1900-02-28", 61]


def test_two_lists_of_one_name_become_two_sheets():
    registers = [Register("申诉登记", ["序号"], [[1]]), Register("申诉登记", ["序号"], [[2]])]
    assert book(registers=registers).sheetnames[-3:-1] == ["申诉登记", "申诉登记_2"]
