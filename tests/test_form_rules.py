"""Each cross rule of each form: a good answer that it lets pass, and the smallest change of it that it stops."""

from datetime import date, datetime
from typing import Any

import pytest

from oneledger.domain.expressions import compiled
from oneledger.domain.forms import CrossRule, Form
from tests.test_definitions import FORMS

CONTEXT: dict[str, Any] = {
    "phase_opens_on": date(2021, 2, 24),
    "phase_ends_on": date(2021, 3, 31),
    "rectify_ends_on": date(2021, 6, 30),
    "received_on": date(2021, 3, 12),
    "received_at": datetime.fromisoformat("2021-03-12T10:00"),
    "due_on_unit": date(2021, 3, 15),
    "table_rows": 1,
    "stage": "高中",
    "level": "school",
}
NOON = datetime.fromisoformat("2021-03-05T12:00")
YET_TO_COME = datetime.fromisoformat("2021-03-12T11:00")
BEFORE, OPENED, LATER, RECEIVED, AFTER = (
    date(2021, 2, 1), date(2021, 2, 24), date(2021, 3, 5), date(2021, 3, 12), date(2021, 4, 1),
)  # fmt: skip
EVENT = "已发生或正在发生的事件"

GOOD: dict[str, dict[str, Any]] = {
    "cover-v1": {"fill_date": LATER},
    "ledger-v1": {
        "zero_flag": "否", "found_on": LATER, "due_on": date(2021, 5, 31), "fix_mode": "限期整改", "item_type": EVENT,
        "severity": "情节严重或屡教不改", "n_pupils": 2, "reported_up": "是", "reported_on": LATER,
    },
    "incident-v1": {
        "report_kind": "首报", "occurred_at": datetime.fromisoformat("2021-03-05T11:00"), "found_at": NOON, "police_in": "是", "police_at": NOON,
        "inquiry_opened_at": NOON, "decided_at": NOON, "appealed_at": NOON, "reviewed_at": NOON, "judgement": "认定欺凌",
        "n_victims": 1,
    },
    "rectify-v1": {
        "found_on": OPENED, "due_on": AFTER, "resp_person": "德育副校长", "fix_mode": "限期整改", "state": "已销号",
        "done_on": LATER, "verified_on": LATER, "closed_on": LATER, "evidence_count": 1, "verifier": "校长",
        "verdict": "合格", "lookback_on": LATER, "lookback_result": "巩固",
    },
    "basics-v1": {
        "classes": 10, "pupils": 400, "boarders": 400, "pupils_checked": 400,
        "found_total": 7, "found_mechanism": 1, "found_rules": 1, "found_team": 1, "found_duty": 1,
        "found_publicity": 1, "found_discipline": 1, "found_conditions": 1, "fixed": 7,
        "cases": 6, "cases_light": 1, "cases_medium": 1, "cases_serious": 1, "cases_crime": 1, "cases_not": 1,
        "cases_pending": 1, "cases_over10": 1, "cases_outside": 4, "bullies": 4, "victims": 4,
        "talked_to": 4, "apologies": 1, "punished": 1, "admonished": 1, "counselled": 4, "reported_up": 2,
        "psych_intervened": 4, "psych_treated": 4,
        "committee": "是", "committee_parents": "是", "committee_experts": "否", "committee_students": "是",
        "law_head": "是", "law_visits": 1, "lessons": 1,
        "schools_managed": 3, "schools_checked": 3, "with_inspector": 3, "appeals": 2, "reviews": 2,
        "reviews_over15": 2, "published_on": LATER, "plan_published": "是", "bureau_plan": "是",
        "bureau_trainings": 1, "bureau_trainees": 20,
    },
    "selfcheck-v1": {"no": 15, "conclusion": "已落实", "evidence": "校发〔2021〕3号", "due_on": None},
    "inspection-v1": {
        "score": 4, "points": 5, "deduct_reason": "无记录", "members": "甲、乙", "inspected_on": LATER, "rectify_by": AFTER,
        "planned_bodies": "公安、检察", "joint_bodies": ["公安"],
    },
    "summary-v1": {
        "trainings": 2, "trainees": 40, "earlier_cases": 2, "earlier_fixed": 2, "recurred": 1, "lookback_result": "反弹",
        "lookback_on": LATER, "report_rule": "是", "joint_rule": "是", "assess_rule": "是", "circular_rule": "是",
    },
    "care-v1": {"updated_on": LATER},
    "setup-v1": {"plan_made": "是", "plan_made_on": LATER},
}  # fmt: skip

BREAKS: dict[str, dict[str, Any]] = {
    "CV-201": {"fill_date": BEFORE},
    "CV-202": {"fill_date": AFTER},
    "LG-201": {"zero_flag": "是"},
    "LG-202": {"table_rows": 0},
    "LG-203": {"due_on": OPENED},
    "LG-204": {"due_on": date(2021, 7, 1)},
    "LG-205": {"item_type": "苗头迹象"},
    "LG-206": {"item_type": "隐患点", "severity": None, "reported_up": "否"},
    "LG-207": {"reported_up": "否"},
    "LG-208": {"reported_on": OPENED},
    "LG-209": {"reported_on": AFTER},
    "LG-210": {"found_on": AFTER},
    "LG-211": {"found_on": BEFORE},
    "LG-212": {"n_pupils": 0},
    "LG-213": {"reported_up": None},
    "EV-201": {"occurred_at": datetime.fromisoformat("2021-03-05T13:00")},
    "EV-202": {"found_at": YET_TO_COME},
    "EV-203": {"police_at": YET_TO_COME},
    "EV-204": {"inquiry_opened_at": YET_TO_COME},
    "EV-205": {"decided_at": datetime.fromisoformat("2021-03-05T11:00")},
    "EV-206": {"decided_at": YET_TO_COME},
    "EV-207": {"reviewed_at": datetime.fromisoformat("2021-03-05T11:00")},
    "EV-208": {"reviewed_at": YET_TO_COME},
    "EV-209": {"appealed_at": YET_TO_COME},
    "EV-210": {"decided_at": None},
    "EV-211": {"n_victims": 0},
    "EV-212": {"police_in": "否"},
    "RC-201": {"done_on": BEFORE},
    "RC-202": {"verified_on": OPENED},
    "RC-203": {"closed_on": OPENED},
    "RC-204": {"done_on": AFTER},
    "RC-205": {"verified_on": AFTER},
    "RC-206": {"closed_on": AFTER},
    "RC-207": {"verifier": "德育副校长"},
    "RC-220": {"closed_by": "德育副校长"},
    "RC-208": {"evidence_count": 0},
    "RC-209": {"fix_mode": "长期坚持"},
    "RC-210": {"state": "阶段性完成"},
    "RC-211": {"verdict": "不合格退回"},
    "RC-212": {"verdict": "不合格退回"},
    "RC-213": {"state": "整改中"},
    "RC-214": {"new_due_on": AFTER},
    "RC-215": {"new_due_on": date(2021, 5, 1), "delay_reason": "等设备到货"},
    "RC-216": {"state": "整改中", "due_on": LATER},
    "RC-217": {"lookback_result": "反弹"},
    "RC-218": {"lookback_on": OPENED},
    "RC-219": {"lookback_on": AFTER},
    "BS-201": {"boarders": 401},
    "BS-202": {"pupils_checked": 401},
    "BS-203": {"pupils_checked": 399},
    "BS-204": {"pupils": 4000},
    "BS-205": {"found_total": 8},
    "BS-206": {"fixed": 8},
    "BS-207": {"cases": 7},
    "BS-208": {"cases_over10": 2},
    "BS-209": {"cases_outside": 5},
    "BS-210": {"victims": 0},
    "BS-211": {"cases_light": 0, "cases_medium": 0, "cases_serious": 0, "cases_crime": 0},
    "BS-212": {"reported_up": 7},
    "BS-213": {"reported_up": 1},
    "BS-214": {"talked_to": 3},
    "BS-215": {"counselled": 3},
    "BS-216": {"cases": 0},
    "BS-217": {"committee_students": "否"},
    "BS-218": {"committee": "否"},
    "BS-219": {"lessons": 0},
    "BS-220": {"law_head": "否"},
    "BS-221": {"schools_checked": 4},
    "BS-222": {"schools_checked": 2},
    "BS-223": {"reviews": 3},
    "BS-224": {"reviews_over15": 3},
    "BS-225": {"with_inspector": 4},
    "BS-226": {"published_on": AFTER},
    "BS-227": {"bureau_plan": "否"},
    "BS-228": {"bureau_trainings": 0},
    "BS-229": {"psych_treated": 5},
    "SC-201": {"evidence": None},
    "SC-202": {"problem": "预案没有演练过"},
    "SC-203": {"conclusion": "未落实", "due_on": BEFORE},
    "SC-204": {"conclusion": "不适用"},
    "IN-201": {"score": 6},
    "IN-202": {"deduct_reason": None},
    "IN-203": {"score": 5},
    "IN-204": {"members": "甲"},
    "IN-205": {"inspected_on": AFTER},
    "IN-206": {"inspected_on": BEFORE},
    "IN-207": {"rectify_by": OPENED},
    "IN-208": {"joint_bodies": None},
    "SM-201": {"trainings": 0},
    "SM-208": {"stage": "初中", "expelled": 1},
    "SM-202": {"trainees": 1},
    "SM-203": {"earlier_fixed": 3},
    "SM-204": {"recurred": 3},
    "SM-205": {"lookback_result": "巩固"},
    "SM-206": {"lookback_on": AFTER},
    "SM-207": {"assess_rule": "否"},
    "CR-201": {"updated_on": AFTER},
    "ST-201": {"plan_made_on": AFTER},
}

RULES = {rule.id: (reference, rule) for reference, form in FORMS.items() for rule in form.rules}


def is_broken(rule: CrossRule, values: dict[str, Any]) -> bool:
    applies = rule.when is None or compiled(rule.when).holds(values) is True
    return applies and compiled(rule.check).holds(values) is False


def broken(form: Form, values: dict[str, Any]) -> list[str]:
    return [rule.id for rule in form.rules if is_broken(rule, values)]


def test_every_rule_of_every_form_has_its_case_here():
    assert set(BREAKS) == set(RULES)


@pytest.mark.parametrize("reference", FORMS)
def test_a_good_answer_breaks_no_rule(reference):
    assert broken(FORMS[reference], CONTEXT | GOOD[reference]) == []


@pytest.mark.parametrize("reference", FORMS)
def test_an_empty_answer_breaks_no_cross_rule(reference):
    """That something must be filled in is said once, by the field that requires it."""
    assert broken(FORMS[reference], CONTEXT) == []


@pytest.mark.parametrize("rule_id", BREAKS)
def test_each_rule_stops_what_it_is_there_to_stop(rule_id):
    reference, rule = RULES[rule_id]
    assert is_broken(rule, CONTEXT | GOOD[reference] | BREAKS[rule_id])


@pytest.mark.parametrize(
    ("rule_id", "values"),
    [
        ("LG-201", {"zero_flag": "是", "table_rows": 0}),
        ("LG-204", {"due_on": date(2021, 12, 31), "fix_mode": "长期坚持"}),  # 长期坚持 outlasts the campaign
        ("LG-206", {"item_type": "工作短板", "severity": None, "reported_up": "否"}),
        ("RC-209", {"fix_mode": "长期坚持", "state": "阶段性完成"}),
        ("RC-213", {"state": "反弹"}),  # closed once, come back since
        ("RC-216", {"state": "延期", "due_on": LATER}),
        (
            "BS-216",
            {
                "cases": 0,
                "talked_to": None,
                "apologies": None,
                "punished": None,
                "admonished": None,
                "counselled": None,
                "reported_up": None,
            },
        ),  # blank where nothing happened
        ("BS-217", {"stage": "小学", "committee_students": "否"}),  # 004-B19: only the upper stage
        ("SC-201", {"conclusion": "部分落实", "evidence": None}),
        ("SC-204", {"conclusion": "不适用", "no": 37}),  # nobody to send to a special school
        ("IN-202", {"score": 5, "deduct_reason": None}),
    ],
)
def test_a_rule_lets_pass_what_it_should_not_stop(rule_id, values):
    reference, rule = RULES[rule_id]
    assert not is_broken(rule, CONTEXT | GOOD[reference] | values)


@pytest.mark.parametrize(
    ("reference", "key", "values", "expected"),
    [
        ("ledger-v1", "severity", {"item_type": EVENT}, True),
        ("ledger-v1", "severity", {"item_type": "工作短板"}, False),
        ("ledger-v1", "place", {"item_type": "隐患点"}, True),
        ("ledger-v1", "reported_on", {"reported_up": "是"}, True),
        ("ledger-v1", "reported_on", {"reported_up": "否"}, False),
        ("rectify-v1", "closed_by", {"state": "已销号"}, True),
        ("rectify-v1", "evidence_count", {"state": "整改中"}, False),
        ("rectify-v1", "delay_approver", {"state": "延期"}, True),
        ("rectify-v1", "lookback_result", {"lookback_on": LATER}, True),
        ("selfcheck-v1", "problem", {"conclusion": "未落实"}, True),
        ("selfcheck-v1", "measures", {"conclusion": "部分落实"}, True),
        ("selfcheck-v1", "resp_person", {"conclusion": "部分落实"}, True),
        ("selfcheck-v1", "due_on", {"conclusion": "已落实"}, False),
        ("selfcheck-v1", "brief", {"conclusion": "不适用"}, True),
        ("basics-v1", "talked_to", {"cases": 0}, False),
        ("basics-v1", "talked_to", {"cases": 1}, True),
        ("basics-v1", "published_url", {"plan_published": "是"}, True),
        ("basics-v1", "published_url", {"plan_published": "否"}, False),
        ("summary-v1", "joint_rule_no", {"joint_rule": "是"}, True),
        ("inspection-v1", "rectify_by", {"grade": "优秀"}, False),
    ],
)
def test_what_must_be_filled_in_depends_on_what_was_answered(reference, key, values, expected):
    form = FORMS[reference]
    field = next(field for field in (*form.facts, *form.columns) if field.key == key)
    assert isinstance(field.required, str)
    assert compiled(field.required).holds(CONTEXT | values) is expected
