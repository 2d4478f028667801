"""Inspections reckoned: totals, grades, and the self-check beside the scores (domain.md 1.7; 004-B, 004-C9, 000-25)."""

from datetime import date
from decimal import Decimal

import pytest
from pydantic import ValidationError

from oneledger.domain.forms import Form, asked_of
from oneledger.domain.returns import SheetCells, WorkbookCells, WorkbookMarks
from oneledger.domain.review import ReviewContext, review
from oneledger.domain.scoring import agreement_of, grade_of, grades_text, printed_rows, total_of
from oneledger.domain.workbooks import FACT_HEADINGS, Fill
from tests.test_definitions import FORMS

INSPECTION, SELFCHECK = FORMS["inspection-v1"], FORMS["selfcheck-v1"]
SCORING = INSPECTION.scoring
BESIDE = "19已落实", "21部分落实、48已落实"
HEAD = {
    "members": "甲、乙",
    "inspected_on": date(2021, 7, 1),
    "methods": "查阅资料",
    "feedback": "总体尚可，个别制度要补。",
}
FULL = [item.values["points"] for item in INSPECTION.table.items]
PRINTED = Fill("", "2121000123", "某小学", rows={"inspection": [
    {"no": number, "selfcheck": BESIDE[number - 1] if number < 3 else ""} for number in range(1, 17)
]})  # fmt: skip


def returned(scores=FULL, *, problem=None, typed=None, **facts):
    """The record as an inspector sends it back; ``problem`` in the first row."""
    rows = [[form_code] for form_code in (INSPECTION.title, "表号", "单位")]
    rows.append(list(FACT_HEADINGS))
    told = {"grade": "优秀", **HEAD, **facts}
    rows += [[fact.no, fact.title, told.get(fact.key), None, ""] for fact in INSPECTION.facts]
    rows += [[], [column.title for column in INSPECTION.columns]]
    for item, score in zip(INSPECTION.table.items, scores, strict=True):
        lost = isinstance(score, int | float) and score < item.values["points"]
        first = item.no == 1
        answers = {
            "score": score,
            "deduct_reason": "无记录" if lost else None,
            "problem_found": problem if first else None,
        }
        answers |= {"agrees_with_selfcheck": typed if first else None}
        rows.append([{**item.values, **answers}.get(column.key) for column in INSPECTION.columns])
    sheet = SheetCells(INSPECTION.sheet, rows)
    marks = WorkbookMarks(("token",), ("inspection-v1",), "liaoning-2021", "inspect", "2121000123")
    context = ReviewContext(
        "liaoning-2021", "inspect", received_on=date(2021, 7, 5), phase_opens_on=date(2021, 6, 23), printed=PRINTED,
        expected_forms=("inspection-v1",),
    )  # fmt: skip
    return review(WorkbookCells([sheet], marks), [INSPECTION], context)


def rules(verdict, *wanted):
    return [finding.rule for finding in verdict.findings if finding.rule in wanted]


@pytest.mark.parametrize(("total", "grade"), [
    ("100", "优秀"), ("90", "优秀"), ("89.5", "合格"), ("60", "合格"), ("59.5", "不合格"), ("0", "不合格"),
])  # fmt: skip
def test_grades_follow_the_thresholds(total, grade):
    assert grade_of(SCORING, Decimal(total)) == grade


def test_thresholds_are_data():
    strict = SCORING.model_copy(
        update={"grades": (SCORING.grades[0].model_copy(update={"least": 95.0}), *SCORING.grades[1:])}
    )
    assert grade_of(strict, Decimal(94)) == "合格"
    assert grades_text(strict) == "95分以上优秀，60分以上合格，其余不合格"


def test_halves_add_up_without_rounding():
    assert total_of(SCORING, [{"score": 0.1}] * 3) == Decimal("0.3")
    assert total_of(SCORING, [{"score": 1}, {"score": None}]) is None


@pytest.mark.parametrize("change", [
    {"grades": [{"title": "合格", "least": 60}]},  # nothing for 59
    {"grades": [{"title": "合格", "least": 60}, {"title": "优秀", "least": 90}, {"title": "不合格", "least": 0}]},
    {"total": "nothing_of_the_kind"},
])  # fmt: skip
def test_a_scoring_that_cannot_grade_is_a_fault_of_the_form(change):
    data = INSPECTION.model_dump(mode="json")
    with pytest.raises(ValidationError):
        Form.model_validate({**data, "scoring": {**data["scoring"], **change}})


def test_a_total_left_blank_is_added_by_the_system():
    verdict = returned()
    assert (verdict.verdict, verdict.ledgers["inspection"].facts["total_score"]) == ("accepted", 100)


def test_a_total_that_is_not_the_sum_is_returned():
    """SR-001"""
    verdict = returned(total_score=99)
    assert verdict.verdict == "returned"
    told = next(finding for finding in verdict.findings if finding.rule == "SR-001")
    assert (told.found, told.expected) == ("99", "100")
    assert rules(returned(total_score=100), "SR-001") == []


def test_a_grade_that_the_scores_do_not_give_is_returned():
    """SR-002; 89.5 is no 优秀."""
    scores = [FULL[0] - 6, FULL[1] - 4.5, *FULL[2:]]
    told = next(finding for finding in returned(scores).findings if finding.rule == "SR-002")
    assert (told.found, told.expected) == ("优秀", "合格")
    assert "89.5分" in told.remedy
    assert rules(returned(scores, grade="合格"), "SR-002") == []


def test_a_grade_is_not_judged_while_a_score_is_missing():
    assert rules(returned([None, *FULL[1:]], grade="不合格"), "SR-001", "SR-002") == []


def test_a_problem_found_needs_a_date_to_be_mended_by():
    """SR-003; 000-25."""
    scores = [4, *FULL[1:]]
    assert rules(returned(scores, problem="委员会没有活动记录"), "SR-003") == ["SR-003"]
    assert rules(returned(scores, problem="委员会没有活动记录", rectify_by=date(2021, 8, 1)), "SR-003") == []
    assert rules(returned(scores), "SR-003") == []


def test_what_the_unit_concluded_is_printed_beside_the_items_that_inspect_it():
    own = [{"no": 19, "conclusion": "已落实"}, {"no": 21, "conclusion": "部分落实"}, {"no": 48, "conclusion": "已落实"}]
    assert [row["selfcheck"] for row in printed_rows(INSPECTION, own, "no")][:3] == [*BESIDE, ""]
    assert printed_rows(INSPECTION, [], "no") == []


def test_one_list_two_views_follow_the_levels_of_the_self_check():
    """004-B: a measure taken from the schools' list is no longer printed beside the inspection."""
    items = [item for item in asked_of(SELFCHECK, "school").table.items if item.no != 48]
    own = [{"no": item.no, "conclusion": "已落实"} for item in items]
    assert printed_rows(INSPECTION, own, "no")[1]["selfcheck"] == "21已落实"


@pytest.mark.parametrize(("told", "score", "points", "expected"), [
    ("19已落实", 6, 6, "一致"),
    ("19已落实", 4.5, 6, "一致"),  # a quarter of the points: the tolerance itself
    ("19已落实", 4, 6, "自查偏高"),
    ("19部分落实", 6, 6, "自查偏低"),
    ("21部分落实、48已落实", 4, 5, "一致"),
    ("21未落实、48不适用", 5, 5, "自查偏低"),  # 不适用 claims nothing
    ("48不适用", 5, 5, "无自查可比"),
    ("", 5, 5, "无自查可比"),
    (None, 5, 5, "无自查可比"),
    ("19已落实", None, 6, None),
])  # fmt: skip
def test_agreement_is_reckoned_from_shares(told, score, points, expected):
    assert agreement_of(INSPECTION, {"selfcheck": told, "score": score, "points": points}) == expected


def test_agreement_is_never_typed():
    """SR-004 tells the disagreement as a note; what was typed in the cell is not taken (WB-051)."""
    verdict = returned([2, *FULL[1:]], grade="优秀", typed="一致")
    rows = verdict.ledgers["inspection"].rows
    assert [row.values["agrees_with_selfcheck"] for row in rows][:3] == ["自查偏高", "一致", "无自查可比"]
    told = next(finding for finding in verdict.findings if finding.rule == "SR-004")
    assert (told.level, told.remedy) == ("note", "系统比对为“自查偏高”：自查为19已落实，检查得2分（分值6分）。")
    assert verdict.verdict == "accepted"
