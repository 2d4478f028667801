"""Every finding at once, at its cell, with what to do (DESIGN 3.5); a refusal without a finding is a defect."""

from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest
from hypothesis import given, strategies as st

from oneledger.domain.findings import Finding
from oneledger.domain.forms import CrossRule
from oneledger.domain.returns import LedgerRow, SheetCells
from oneledger.domain.review import review
from oneledger.domain.rules import STRUCTURAL, structural
from oneledger.domain.workbooks import Fill, printed_again
from tests.make_returns import (
    CODE,
    COVER,
    FORMS,
    GOOD_FACTS,
    GOOD_ROWS,
    LEDGER,
    RECTIFY,
    SELFCHECK,
    make_cells,
    make_context,
    make_sheet,
    told,
)

LG, SC, RC, CV = "问题排查台账", "政策清单自查", "整改销号台账", "封面"


def ledger_sheet(rows=None, zero="否", **changes):
    return make_sheet(LEDGER, {"zero_flag": zero}, rows, **changes)


def reviewed(*sheets, forms=FORMS, marks=None, **context):
    cells = make_cells(*sheets, forms=forms)
    if marks:
        cells = replace(cells, marks=replace(cells.marks, **marks))
    return review(cells, forms, make_context(forms, **context))


def row(**changes):
    """A good row of the ledger, with changes by column key."""
    values = dict(zip([column.key for column in LEDGER.columns], GOOD_ROWS["ledger"][0], strict=True))
    return list((values | changes).values())


def test_a_good_return_is_accepted_with_typed_values():
    result = reviewed()
    assert (result.verdict, result.findings, result.is_zero) == ("accepted", [], False)
    ledger = result.ledgers["ledger"]
    assert (ledger.form, ledger.version, ledger.sheet, ledger.facts, ledger.fact_cells) == (
        "ledger",
        2,
        LG,
        {"zero_flag": "否"},
        {"zero_flag": "C5"},
    )
    assert ledger.rows == [
        LedgerRow(
            8,
            {
                "seq": 1,
                "problem_no": None,
                "found_on": date(2021, 3, 1),
                "description": "门岗登记不全",
                "n_pupils": 3,
                "risk": "一般",
                "methods": ["巡查", "问卷"],
                "due_on": date(2021, 4, 1),
            },
        ),
        LedgerRow(
            9,
            {
                "seq": 2,
                "problem_no": None,
                "found_on": date(2021, 3, 2),
                "description": "三楼走廊无人巡查",
                "n_pupils": None,
                "risk": "较大",
                "methods": None,
                "due_on": None,
            },
        ),
    ]
    assert ledger.columns["due_on"] == "H"
    assert result.ledgers["cover"].facts == GOOD_FACTS["cover"] | {"pupils": 860}
    assert [each.values["conclusion"] for each in result.ledgers["selfcheck"].rows] == ["已落实"] * 3


@pytest.mark.parametrize(
    ("marks", "finding"),
    [
        ({"campaign": "henan-2020"}, structural("WB-001", found="henan-2020", expected="liaoning-2021")),
        ({"phase": "rectify"}, structural("WB-002", found="rectify", expected="deploy")),
        (
            {"forms": ("cover-v1", "ledger-v1", "selfcheck-v1")},
            structural("WB-003", found="ledger-v1", expected="ledger-v2"),
        ),
    ],
)
def test_another_campaigns_phases_or_versions_workbook_is_refused_with_the_right_one_attached(marks, finding):
    result = reviewed(marks=marks)
    assert (result.verdict, result.ledgers, result.findings) == ("refused", {}, [finding])
    assert finding.remedy.endswith("请用本次回信所附的表格填写后寄回。")


def test_a_workbook_with_none_of_the_forms_is_refused():
    cells = make_cells()
    cells.sheets[:] = [SheetCells("课程表", [["语文", "数学"]])]
    result = review(cells, FORMS, make_context())
    assert (result.verdict, told(result.findings)) == ("refused", [("WB-005", "", "", "error")])


def test_answers_pasted_into_a_new_file_are_read_and_its_missing_marks_told():
    result = reviewed(marks={"tokens": (), "campaign": "", "phase": "", "unit_code": "", "forms": ()})
    assert (result.verdict, told(result.findings)) == ("accepted", [("WB-004", "", "", "note")])


def test_an_old_format_is_read_with_a_warning():
    """Errors in formulas of xls and ods come out blank."""
    result = review(replace(make_cells(), kind="xls"), FORMS, make_context())
    assert (result.verdict, result.findings) == (
        "accepted",
        [structural("WB-006", kind="xls", caution="其中出错的公式会读成空白，请核对。")],
    )


def test_a_workbook_of_another_unit_is_not_judged_here():
    assert reviewed(marks={"unit_code": "9999999999"}).verdict == "accepted"


def test_all_findings_come_at_once_in_the_order_of_the_sheets_with_what_to_do():
    result = reviewed(
        make_sheet(COVER, GOOD_FACTS["cover"] | {"filler": None, "pupils": "约800", "fill_date": date(2021, 3, 11)}),
        ledger_sheet([
            row(found_on="2021.13.5", n_pupils="３人", risk="严重"),
            row(description="短", due_on=date(2021, 2, 1)),
            row(risk="重大", n_pupils=0.0, due_on=None, description="   "),
        ]),
    )  # fmt: skip
    assert result.verdict == "returned"
    assert result.findings == [
        Finding("CV-002", CV, "C8", "", "1—20 字的文字", "填报人：必填，现在是空白，请填写。"),
        Finding("CV-005", CV, "C11", "约800", "0—20000 的整数（单位：人）", "学生数：不是准确的数，请填准确的数字。"),
        Finding("CV-201", CV, "C10", "2021-03-11", "", "填报日期晚于我们收到本表的日子。请填实际填表的日期。"),
        Finding("LG-003", LG, "C8", "2021.13.5", "日期，如 2021-03-05", "排查日期：没有 13 月，请改正。"),
        Finding("LG-005", LG, "E8", "３人", "", "按 3 读取。", "note"),
        Finding(
            "LG-006", LG, "F8", "严重", "“一般”、“较大”、“重大”之一", "风险等级：不在可选范围内，请从下拉列表中选择。"
        ),
        structural("WB-057", LG, "A9", found="1", title="序号", line=8),
        Finding("LG-004", LG, "D9", "短", "5—100 字的文字", "问题表现：只有 1 字，不足 5 字，请改正。"),
        Finding("LG-201", LG, "H9", "2021-02-01", "", "整改时限早于排查日期。请改成排查日期当天或以后的日期。"),
        structural("WB-057", LG, "A10", found="1", title="序号", line=8),
        Finding("LG-004", LG, "D10", "", "5—100 字的文字", "问题表现：必填，现在是空白，请填写。"),
        Finding("LG-008", LG, "H10", "", "日期，如 2021-03-05", "整改时限：必填，现在是空白，请填写。"),
        Finding("LG-202", LG, "E10", "0", "", "重大问题涉及的学生数是0。请填人数，或说明原因。", "query", asked=1),
    ]
    assert [each.values["n_pupils"] for each in result.ledgers["ledger"].rows] == [3, 3, 0]


def test_a_finding_reads_as_one_sentence():
    finding = reviewed(ledger_sheet([row(found_on="2021.13.5")])).findings[0]
    assert finding.sentence() == (
        "问题排查台账!C8（LG-003）：写的是“2021.13.5”，应为日期，如 2021-03-05。排查日期：没有 13 月，请改正。"
    )


def test_good_rows_are_kept_beside_bad_ones():
    result = reviewed(ledger_sheet([row(), row(seq=2, risk="严重")]))
    assert [(each.line, each.values["risk"]) for each in result.ledgers["ledger"].rows] == [(8, "一般"), (9, None)]


def test_a_query_alone_does_not_return_the_workbook():
    result = reviewed(ledger_sheet([row(risk="重大", n_pupils=0.0)]))
    assert (result.verdict, told(result.findings)) == ("accepted", [("LG-202", LG, "E8", "query")])


def test_a_rule_does_not_judge_by_a_value_that_could_not_be_read():
    result = reviewed(ledger_sheet([row(risk="重大", n_pupils="若干", due_on="无")]))
    assert told(result.findings) == [("LG-005", LG, "E8", "error"), ("LG-008", LG, "H8", "error")]
    asks = CrossRule(
        id="LG-203", check="filled(n_pupils) and filled(due_on)", cell="risk", message="人数和时限要同时填写。"
    )
    form = LEDGER.model_copy(update={"rules": (asks,)})
    assert told(reviewed(ledger_sheet([row(n_pupils="若干")]), forms=(form,)).findings) == [
        ("LG-005", LG, "E8", "error")
    ]


@pytest.mark.parametrize(
    ("zero", "rows", "finding", "is_zero"),
    [
        ("是", [], [], True),
        ("是", [row()], [structural("WB-055", LG, "C5", found="是", count=1)], False),
        ("否", [], [structural("WB-056", LG, "C5", found="否")], False),
        ("是", [[1.0], [2.0], [3.0]], [], True),  # numbered lines without answers
    ],
)
def test_a_zero_report_has_no_rows_and_any_other_has(zero, rows, finding, is_zero):
    result = reviewed(ledger_sheet(rows, zero))
    assert (result.findings, result.is_zero, result.ledgers["ledger"].is_zero) == (finding, is_zero, is_zero)


def test_silence_is_not_zero():
    result = reviewed(ledger_sheet([], None))
    assert (told(result.findings), result.is_zero) == ([("LG-031", LG, "C5", "error")], False)


def test_a_form_that_judges_its_zero_report_itself_is_not_judged_twice():
    own = CrossRule(
        id="LG-203",
        when="zero_flag == '是'",
        check="table_rows == 0",
        cell="zero_flag",
        message="选了零报告，却填了问题。",
    )
    form = LEDGER.model_copy(update={"rules": (*LEDGER.rules, own)})
    assert told(reviewed(ledger_sheet([row()], "是"), forms=(form,)).findings) == [("LG-203", LG, "C5", "error")]


@pytest.mark.parametrize("changed", ["别的学校", "望湖路小学（东校区）"])
def test_what_we_printed_is_kept_and_a_change_told(changed):
    result = reviewed(make_sheet(COVER, GOOD_FACTS["cover"] | {"unit_name": changed}))
    assert result.findings == [
        structural("WB-051", CV, "C6", found=changed, title="填报单位（盖章）", ours="望湖路小学")
    ]
    assert (result.verdict, result.ledgers["cover"].facts["unit_name"]) == ("accepted", "望湖路小学")


@pytest.mark.parametrize("same", ["望湖路小学", " 望湖路 小学 ", None])
def test_what_we_printed_is_not_called_changed_for_blanks_or_when_deleted(same):
    result = reviewed(make_sheet(COVER, GOOD_FACTS["cover"] | {"unit_name": same}))
    assert (result.findings, result.ledgers["cover"].facts["unit_name"]) == ([], "望湖路小学")


def test_where_nobody_knows_what_was_printed_the_sheet_is_believed():
    result = reviewed(make_sheet(COVER, GOOD_FACTS["cover"] | {"unit_name": "别的学校"}), printed=None)
    assert (result.findings, result.ledgers["cover"].facts["unit_name"]) == ([], "别的学校")


def fixed_rows(*numbers, title=None):
    return [[number, title or f"第{int(number)}条措施", "已落实", None] for number in numbers]


@pytest.mark.parametrize(
    ("rows", "findings"),
    [
        (fixed_rows(9.0, 1.0, 8.0), []),
        (fixed_rows("１", " 8", 9), []),
        (fixed_rows(1.0, 9.0), [structural("WB-052", SC, title="序号", key="8")]),
        (fixed_rows(1.0, 8.0, 9.0, 51.0), [structural("WB-053", SC, "A8", found="51", title="序号", key="51")]),
        (fixed_rows(1.0, 8.0, 9.0, 8.0), [structural("WB-054", SC, "A8", found="8", title="序号", line=6)]),
        ([*fixed_rows(1.0, 8.0, 9.0), ["以上情况属实"]], [structural("WB-029", SC, "A8", found="以上情况属实")]),
        (
            [*fixed_rows(1.0, 8.0, 9.0), [None, "加的一条", "已落实"]],
            [structural("WB-053", SC, "A8", title="序号", key="空白")],
        ),
    ],
)
def test_printed_rows_neither_vanish_nor_grow(rows, findings):
    result = reviewed(make_sheet(SELFCHECK, {}, rows))
    assert result.findings == findings
    assert {each.values["no"] for each in result.ledgers["selfcheck"].rows} <= {1, 8, 9}


def test_a_changed_measure_is_read_as_ours():
    result = reviewed(make_sheet(SELFCHECK, {}, [*fixed_rows(1.0), *fixed_rows(8.0, title="改了字"), *fixed_rows(9.0)]))
    assert result.findings == [structural("WB-051", SC, "B6", found="改了字", title="工作措施", ours="第8条措施")]
    assert result.ledgers["selfcheck"].rows[1].values["title"] == "第8条措施"


def test_a_problem_may_not_vanish_between_two_returns():
    gone = reviewed(make_sheet(RECTIFY, {}, GOOD_ROWS["rectify"][1:]), forms=(RECTIFY,))
    assert (gone.verdict, gone.findings) == (
        "returned",
        [structural("WB-052", RC, title="问题编号", key=f"{CODE}-2021-0001")],
    )
    assert (
        gone.findings[0].remedy
        == "缺少“问题编号”为“2121000123-2021-0001”的一行。原有的行不能删，请补回；没有进展也要保留。"
    )
    strange = reviewed(
        make_sheet(RECTIFY, {}, [*GOOD_ROWS["rectify"], ["2121000999-2021-0001", None, "整改中"]]), forms=(RECTIFY,)
    )
    assert told(strange.findings) == [("WB-053", RC, "A7", "error")]


@pytest.mark.parametrize(
    ("kept", "verdict"),
    [
        ([0, 1, 2], "accepted"),  # the later printing, whole
        ([0, 1], "accepted"),  # the earlier one: what was added crossed it in the post, and stays open in the ledger
        ([0, 2], "returned"),  # the later one with a row gone
        ([1, 2], "returned"),
        ([0], "returned"),
    ],
)
def test_a_sheet_printed_again_with_more_rows_may_come_back_in_either_printing(kept, verdict):
    """domain.md 1.3: a row never vanishes; but nobody is asked for a row that was not on the sheet it filled in."""
    rows = [[f"{CODE}-2021-000{no}", "2021年5月1日", "整改中"] for no in (1, 2, 3)]
    printed = [{"problem_no": each[0]} for each in rows]
    first = Fill("t", CODE, "", rows={"rectify": printed[:2]})
    again = printed_again(first.as_data(), replace(first, rows={"rectify": printed}))
    fill = replace(first, rows=again["rows"])
    result = reviewed(make_sheet(RECTIFY, {}, [rows[no] for no in kept]), forms=(RECTIFY,), printed=fill)
    assert (result.verdict, {each.rule for each in result.findings if each.level == "error"}) == (
        verdict, {"WB-052"} if verdict == "returned" else set(),
    )  # fmt: skip


def test_a_deadline_of_ours_in_other_words_is_the_same_and_another_is_told():
    rows = [[f"{CODE}-2021-0001", "2021年5月1日", "整改中"], [f"{CODE}-2021-0002", "2021年6月30日", "整改中"]]
    result = reviewed(make_sheet(RECTIFY, {}, rows), forms=(RECTIFY,))
    assert told(result.findings) == [("WB-051", RC, "B6", "note")]
    assert [each.values["due_on"] for each in result.ledgers["rectify"].rows] == [date(2021, 5, 1), date(2021, 5, 2)]


def test_without_a_record_of_what_was_printed_the_rows_are_taken_as_they_are():
    result = reviewed(make_sheet(RECTIFY, {}, GOOD_ROWS["rectify"][1:]), forms=(RECTIFY,), printed=None)
    assert (result.verdict, len(result.ledgers["rectify"].rows)) == ("accepted", 1)


def test_our_number_of_a_problem_is_kept_and_one_the_school_made_up_is_not():
    printed = Fill("t", CODE, "", rows={"ledger": [{"problem_no": f"{CODE}-2021-0007", "description": "旧问题"}]})
    result = reviewed(
        ledger_sheet([row(problem_no=f"{CODE}-2021-0007"), row(seq=2, problem_no="QL-1"), row(seq=3, problem_no=f"{CODE}-2021-0007")]),
        forms=(LEDGER,), printed=printed,
    )  # fmt: skip
    assert [each.values["problem_no"] for each in result.ledgers["ledger"].rows] == [
        f"{CODE}-2021-0007",
        None,
        f"{CODE}-2021-0007",
    ]
    assert result.findings == [
        structural("WB-051", LG, "B9", found="QL-1", title="问题编号", ours="空白"),
        structural("WB-054", LG, "B10", found=f"{CODE}-2021-0007", title="问题编号", line=8),
    ]


def test_a_formula_without_a_result_is_no_blank():
    result = reviewed(ledger_sheet([row(n_pupils=None)], formulas_without_value=["E8"]))
    assert told(result.findings) == [("WB-041", LG, "E8", "error")]
    assert told(reviewed(ledger_sheet([row(n_pupils="#REF!")])).findings) == [("LG-005", LG, "E8", "error")]


def test_a_merged_number_is_told_once_and_not_called_missing():
    sheet = ledger_sheet(
        [row(risk="重大"), row(seq=2, risk="重大", n_pupils=None, due_on=None)], merged=[(7, 4, 8, 4), (7, 7, 8, 7)]
    )
    result = reviewed(sheet)
    assert told(result.findings) == [("WB-031", LG, "E8", "error"), ("WB-032", LG, "H8", "note")]
    rows = result.ledgers["ledger"].rows
    assert [(each.values["due_on"], each.values["n_pupils"]) for each in rows] == [(date(2021, 4, 1), None)] * 2


def test_a_missing_column_is_told_once_and_not_in_every_row():
    sheet = ledger_sheet([row(), row(seq=2)])
    for cells in sheet.rows[6:9]:
        del cells[5]
    assert told(reviewed(sheet).findings) == [("WB-021", LG, "", "error")]


def test_pupils_data_in_free_text_is_an_error_and_masked_where_it_is_quoted():
    result = reviewed(ledger_sheet([row(description="学生王某（210102201203051237）多次离校")]))
    assert told(result.findings) == [("PD-001", LG, "D8", "error")]
    assert "201203051234" not in result.findings[0].found


def test_a_persons_own_field_may_hold_a_number():
    assert reviewed(make_sheet(COVER, GOOD_FACTS["cover"] | {"filler": "李四13912345678"})).verdict == "accepted"


CELLS = st.none() | st.floats() | st.booleans() | st.dates() | st.datetimes() | st.times() | st.text(max_size=9) | st.sampled_from(
    ["序号", "问题编号", "排查日期*", "风险等级*", "填写内容", "项目", "合计", "注：", "重大", "/", "#N/A", "3起", 1.0, 2.0]
)  # fmt: skip


@given(
    st.lists(st.lists(CELLS, max_size=9), max_size=12),
    st.lists(
        st.tuples(*[st.integers(0, 12)] * 4).map(
            lambda four: (*map(min, four[:2], four[2:]), *map(max, four[:2], four[2:]))
        ),
        max_size=3,
    ),
    st.integers(0, 12),
)
def test_whatever_the_cells_hold_there_is_a_verdict_and_never_one_without_a_reason(rows, merged, keep):
    sheet = ledger_sheet(merged=merged)
    sheet.rows[keep:] = rows
    result = reviewed(sheet)
    errors = [finding for finding in result.findings if finding.level == "error"]
    assert (result.verdict == "accepted") == (not errors)
    assert all(finding.remedy.endswith("。") for finding in result.findings)


def test_every_structural_rule_has_a_sentence_and_a_test():
    cited = "".join(path.read_text(encoding="utf-8") for path in Path(__file__).parent.glob("test_*.py"))
    assert [rule for rule in STRUCTURAL if rule not in cited] == []
    assert [rule for rule, told in STRUCTURAL.items() if not told.sentence.endswith("。")] == []
