"""The problem ledger from the school's answer to its closing, through the real review (issue 3 C; domain.md 1.3)."""

from dataclasses import replace
from datetime import date

import pytest
from sqlalchemy import select

from oneledger.store import problem_history, schema as t, submissions
from tests.small_office import SCHOOL, at, make_campaign, opened

GOOD_ROW = {
    "found_on": date(2021, 3, 5), "item_type": "工作短板", "aspect7": "制度措施", "risk": "一般", "measures": "修订预案并组织演练",
    "resp_dept": "德育处", "resp_person": "德育主任", "due_on": date(2021, 6, 1), "fix_mode": "限期整改",
}  # fmt: skip
CLOSING = {
    "state": "已销号", "done_on": date(2021, 5, 20), "evidence": "会议记录", "evidence_count": 2, "verifier": "副校长",
    "verified_by": "区教育局", "verified_on": date(2021, 5, 24), "verdict": "合格", "closed_by": "校长",
    "closed_on": date(2021, 5, 26),
}  # fmt: skip


def problem(number: int, **changes) -> dict:
    return {"seq": number, **GOOD_ROW, "description": f"第{number}处应急预案没有修订，教师不熟悉", **changes}


def checked(**lacking) -> list[dict]:
    """The school's 47 rows: in place, but for those named no_12={…}."""
    numbers = [1, *range(5, 51)]
    rows = {no: {"no": no, "conclusion": "已落实", "evidence": "校发〔2021〕3号"} for no in numbers}
    for key, values in lacking.items():
        rows[int(key.removeprefix("no_"))] |= {"evidence": None, **values}
    return list(rows.values())


@pytest.fixture
def lite(tmp_path, monkeypatch):
    """On SQLite alone: what does not touch the store's own rules."""
    with opened(tmp_path, [make_campaign("first", 2021)], monkeypatch) as (only,):
        yield only


@pytest.fixture
def office(database, tmp_path, monkeypatch):
    with opened(tmp_path, [make_campaign("first", 2021)], monkeypatch, database) as (only,):
        yield only


def found(office, asked, moment, *rows, **lacking):
    facts = {"ledger": {"zero_flag": "否" if rows else "是"}}
    return office.answer(
        asked[SCHOOL], "find", SCHOOL, moment, facts=facts, rows={"ledger": rows, "selfcheck": checked(**lacking)}
    )


def problems(office):
    with office.store.read() as connection:
        return submissions.problems_of(connection, office.name, [SCHOOL])


def history(office):
    with office.store.read() as connection:
        return {
            number[-4:]: [(each.deed, each.before, each.after) for each in events]
            for number, events in problem_history.of_problems(connection, office.name).items()
        }


def test_a_problem_goes_from_the_ledger_to_its_closing_with_every_step_kept(office):
    """000-17, 000-18: numbered, printed for the school, closed with evidence; 1.3: nothing of it is lost."""
    asked = office.open("deploy", at("2021-03-01"))
    assert found(office, asked, at("2021-03-10"), problem(1), problem(2)).accepted == 1
    assert [each.problem_no for each in problems(office)] == [f"{SCHOOL}-2021-0001", f"{SCHOOL}-2021-0002"]
    asked = office.open("rectify", at("2021-05-24"))
    rows = [
        {"problem_no": f"{SCHOOL}-2021-0001", **CLOSING},
        {"problem_no": f"{SCHOOL}-2021-0002", "state": "整改中", "progress": "正在修订"},
    ]
    assert office.answer(asked[SCHOOL], "mend", SCHOOL, at("2021-05-28"), rows={"rectify": rows}).accepted == 1
    assert [each.state for each in problems(office)] == ["已销号", "整改中"]
    assert history(office) == {
        "0001": [("opened", "", "未启动"), ("told", "未启动", "已销号")],
        "0002": [("opened", "", "未启动"), ("told", "未启动", "整改中")],
    }


def test_two_versions_of_one_return_in_one_look_are_recorded_one_after_the_other(office):
    """Returns of a look are written together; what the second changes is seen from where the first left it."""
    asked = office.open("deploy", at("2021-03-01"))[SCHOOL]
    replies = [
        office.reply(
            asked, "find", SCHOOL, at("2021-03-10"),
            facts={"ledger": {"zero_flag": "否"}}, rows={"ledger": rows, "selfcheck": checked()},
        )
        for rows in ([problem(1), problem(2)], [problem(1, risk="较大"), problem(3)])
    ]  # fmt: skip
    assert office.take_all(replies, at("2021-03-10")).accepted == 2
    assert history(office) == {
        "0001": [("opened", "", "未启动"), ("changed", "未启动", "未启动")],
        "0002": [("opened", "", "未启动"), ("withdrawn", "未启动", "已撤回")],
        "0003": [("opened", "", "未启动")],
    }
    with office.store.read() as connection:
        kept = connection.execute(select(t.submission.c.version).order_by(t.submission.c.id)).scalars().all()
    assert (kept, [each.submission for each in problems(office)]) == ([1, 2], [2, 1, 2])


def mended(office, asked, moment, number, **said):
    row = {"problem_no": f"{SCHOOL}-2021-{number:04d}", **said}
    rest = [
        {"problem_no": each.problem_no, "state": each.state}
        for each in problems(office)
        if each.problem_no != row["problem_no"] and each.is_open
    ]
    return office.answer(asked[SCHOOL], "mend", SCHOOL, moment, rows={"rectify": [row, *rest]})


@pytest.mark.parametrize(("said", "rule"), [
    ({"verifier": "德育主任"}, "RC-207"),  # the responsible person checks his own work
    ({"closed_by": "德育主任"}, "RC-220"),
    ({"evidence_count": 0}, "RC-208"),
    ({"verdict": "不合格退回"}, "RC-211"),
])  # fmt: skip
def test_nothing_is_closed_without_evidence_or_by_the_responsible_person(lite, said, rule):
    """1.3; the return goes back with the cell, and the problem stays as it was."""
    found(lite, lite.open("deploy", at("2021-03-01")), at("2021-03-10"), problem(1))
    tally = mended(lite, lite.open("rectify", at("2021-05-24")), at("2021-05-28"), 1, **{**CLOSING, **said})
    assert (tally.accepted, tally.returned, [each.state for each in problems(lite)]) == (0, 1, ["未启动"])
    assert rule in lite.mails("correction")[0].get_body(("plain",)).get_content()


def test_a_state_that_cannot_follow_is_told_with_its_cell(lite):
    """PL-001: what was begun is not 未启动 again."""
    found(lite, lite.open("deploy", at("2021-03-01")), at("2021-03-10"), problem(1))
    with lite.store.write() as connection:
        begun = [replace(each, state="整改中") for each in submissions.problems_of(connection, lite.name)]
        submissions.save_problems(connection, lite.name, begun, {each.problem_no for each in begun})
    asked = lite.open("rectify", at("2021-05-24"))
    assert mended(lite, asked, at("2021-05-28"), 1, state="未启动").returned == 1
    text = lite.mails("correction")[0].get_body(("plain",)).get_content()
    assert "PL-001" in text
    assert "这一条上次报的是“整改中”，不能改报“未启动”。" in text


def test_a_row_left_out_is_an_error_and_not_a_deletion(lite):
    """1.3: a row may never disappear between two returns."""
    found(lite, lite.open("deploy", at("2021-03-01")), at("2021-03-10"), problem(1), problem(2))
    found(lite, lite.open("deploy", at("2021-03-01")), at("2021-03-11"), problem(2))
    assert [each.state for each in problems(lite)] == ["已撤回", "未启动"]
    assert history(lite)["0001"] == [("opened", "", "未启动"), ("withdrawn", "未启动", "已撤回")]


def test_an_extension_moves_the_deadline_that_holds(lite):
    """1.3: reason, until, approver."""
    found(lite, lite.open("deploy", at("2021-03-01")), at("2021-03-10"), problem(1))
    asked = lite.open("rectify", at("2021-05-24"))
    extension = {
        "state": "延期",
        "progress": "等设备",
        "delay_reason": "设备采购周期较长",
        "new_due_on": date(2021, 6, 25),
    }
    assert mended(lite, asked, at("2021-05-28"), 1, **extension).returned == 1  # nobody approved it
    assert mended(lite, asked, at("2021-05-28"), 1, **extension, delay_approver="区教育局副局长").accepted == 1
    assert [(each.state, each.due_on) for each in problems(lite)] == [("延期", date(2021, 6, 25))]


def test_the_command_shows_number_state_deadline_and_history(lite):
    """oneledger problems CAMPAIGN --unit U --json."""
    from desk.problem_list import problem_list

    found(lite, lite.open("deploy", at("2021-03-01")), at("2021-03-10"), problem(1))
    told = problem_list(lite.name, at("2021-06-04"), SCHOOL)
    (only,) = told["problems"]
    assert [only[key] for key in ("problem_no", "state", "due_on", "is_overdue", "working_days_overdue")] == [
        f"{SCHOOL}-2021-0001", "未启动", "2021-06-01", True, 3,
    ]  # fmt: skip
    assert [(each["at"], each["deed"], each["by"]) for each in only["history"]] == [
        ("2021-03-10T00:00+08:00", "opened", SCHOOL)
    ]
    assert only["history"][0]["said"]["resp_person"] == "德育主任"
    assert problem_list(lite.name, at("2021-06-04"), "2121000002")["problems"] == []


LACKING = {"conclusion": "部分落实", "problem": "巡查记录不全，交接不清", "measures": "修订值班表并抽查", "resp_person": "安全办主任",
           "due_on": date(2021, 5, 10)}  # fmt: skip


def sources(office):
    return [(each.problem_no[-4:], each.source, each.state) for each in problems(office)]


def test_a_measure_not_in_place_opens_a_problem_by_itself_and_once(office):
    """domain.md 1.6: 部分落实 and 未落实 go into the ledger; returned again, they are the same problems."""
    asked = office.open("deploy", at("2021-03-01"))
    found(office, asked, at("2021-03-10"), problem(1), no_12=LACKING, no_17={**LACKING, "conclusion": "未落实"})
    assert sources(office) == [
        ("0001", "ledger", "未启动"), ("0002", "selfcheck/12", "未启动"), ("0003", "selfcheck/17", "未启动"),
    ]  # fmt: skip
    second = problems(office)[1]
    words = (
        "found_on",
        "description",
        "measures",
        "resp_person",
        "due_on",
        "aspect7",
        "risk",
        "fix_mode",
        "measure_no",
    )
    assert [second.values[key] for key in words] == [
        "2021-03-10", "巡查记录不全，交接不清", "修订值班表并抽查", "安全办主任", "2021-05-10", "宣传引导", "一般", "限期整改", 12,
    ]  # fmt: skip
    found(office, asked, at("2021-03-11"), problem(1), no_17={**LACKING, "measures": "重新排班"}, no_20=LACKING)
    assert sources(office) == [
        ("0001", "ledger", "未启动"), ("0002", "selfcheck/12", "已撤回"), ("0003", "selfcheck/17", "未启动"),
        ("0004", "selfcheck/20", "未启动"),
    ]  # fmt: skip
    assert problems(office)[2].values["measures"] == "重新排班"
    assert history(office)["0002"] == [("opened", "", "未启动"), ("withdrawn", "未启动", "已撤回")]


def test_such_a_problem_is_printed_for_the_school_and_closed_like_any_other(lite):
    found(lite, lite.open("deploy", at("2021-03-01")), at("2021-03-10"), no_12=LACKING)  # 零报告, and yet a problem
    asked = lite.open("rectify", at("2021-05-24"))
    closing = {**CLOSING, "verifier": "副校长"}
    assert mended(lite, asked, at("2021-05-28"), 1, **closing).accepted == 1
    assert sources(lite) == [("0001", "selfcheck/12", "已销号")]


def test_nothing_lacking_opens_nothing(lite):
    found(lite, lite.open("deploy", at("2021-03-01")), at("2021-03-10"))
    assert problems(lite) == []


LOOK_BACK = {"deliverable": "look", "title": "回头看", "phase": "inspect", "duty": 3, "forms": ["rectify-v1"],
             "respondents": {"levels": ["school"], "with_closed_problems": True}}  # fmt: skip


@pytest.mark.parametrize(("result", "state", "is_open"), [("巩固", "已销号", False), ("反弹", "反弹", True)])
def test_what_was_closed_is_printed_for_the_look_back_and_may_relapse(tmp_path, monkeypatch, result, state, is_open):
    """004-A4, 004-C6: only closed ones, under their numbers; a relapse opens the problem again."""
    plan = make_campaign("first", 2021)
    plan["phases"].append(
        {"phase": "inspect", "kind": "inspect", "title": "督导检查", "opens_on": "2021-07-01", "ends_on": "2021-07-31"}
    )
    plan["duties"].append(
        {"duty": 3, "phase": "inspect", "text": "回头看", "actors": ["school"], "report_by": "2021-07-15"}
    )
    plan["deliverables"].append(LOOK_BACK)
    with opened(tmp_path, [plan], monkeypatch) as (office,):
        found(office, office.open("deploy", at("2021-03-01")), at("2021-03-10"), problem(1), problem(2))
        assert mended(office, office.open("rectify", at("2021-05-24")), at("2021-05-28"), 1, **CLOSING).accepted == 1
        asked = office.open("inspect", at("2021-07-01"))
        assert list(asked) == [SCHOOL]
        row = {"problem_no": f"{SCHOOL}-2021-0001", **CLOSING, "state": state, "progress": "又出现了" if is_open else None,
               "lookback_on": date(2021, 7, 5), "lookback_result": result}  # fmt: skip
        assert office.answer(asked[SCHOOL], "look", SCHOOL, at("2021-07-08"), rows={"rectify": [row]}).accepted == 1
        (first, _) = problems(office)
        assert (first.state, first.is_open) == (state, is_open)
        assert history(office)["0001"][-1] == ("told", "已销号", state)
