"""From the inspectors' record to the school that mends: problem numbers, notice, sheet (000-25, 004-C9, 004-A14, 001-26)."""

import io
from datetime import date, datetime

import pytest
from docx import Document
from openpyxl import load_workbook

from oneledger.store import assignments, submissions
from tests.small_office import CITY, SCHOOL, at, make_campaign, opened
from tests.test_problem_life import checked, problem

INSPECT = {
    "phase": "inspect",
    "kind": "inspect",
    "title": "督导检查",
    "opens_on": "2021-07-01",
    "ends_on": "2021-07-30",
}
RECORD = {
    "members": "甲、乙", "joint_bodies": ["公安"], "inspected_on": date(2021, 7, 6), "methods": ["查阅资料"], "grade": "优秀",
    "feedback": "制度齐全，个别岗位责任没有写清楚。", "rectify_by": date(2021, 8, 20),
}  # fmt: skip


def campaign() -> dict:
    """Two phases and an inspection of every school of the county by the city."""
    plain = make_campaign("first", 2021)
    respondents = {"sample": "all", "answered_by": "city"}
    inspection = {
        "deliverable": "look",
        "title": "检查记录",
        "phase": "inspect",
        "duty": 3,
        "respondents": respondents,
        "forms": ["inspection-v1"],
    }
    duty = {"duty": 3, "phase": "inspect", "text": "督导检查", "actors": ["city"], "report_by": "2021-07-15"}
    plan = {"plan": "all", "seed": 1, "county_share": 1, "schools_per_county": 9, "joint_bodies": ["公安", "检察"]}
    return {
        **plain,
        "phases": [*plain["phases"], INSPECT],
        "duties": [*plain["duties"], duty],
        "deliverables": [*plain["deliverables"], inspection],
        "samples": [plan],
    }


@pytest.fixture
def office(database, tmp_path, monkeypatch):
    with opened(tmp_path, [campaign()], monkeypatch, database) as (only,):
        yield only


def inspected(office, **problems):
    """The city's record of the school: two points lost wherever a problem was found."""
    office.open("inspect", at("2021-07-01"))
    (asked,) = [mail for mail in office.mails("inspect-ask") if mail["To"].addresses[0].username == CITY]
    return asked, record(office, asked, at("2021-07-08"), **problems)


def record(office, asked, moment: datetime, **problems):
    table = office.here.forms["inspection-v1"].table
    found = {int(key.removeprefix("no_")): words for key, words in problems.items()}
    rows = [
        {"no": item.no, "score": item.values["points"] - 2 * (item.no in found), "problem_found": found.get(item.no),
         "deduct_reason": "记录不全" if item.no in found else None}
        for item in table.items
    ]  # fmt: skip
    return office.answer(asked, "look", SCHOOL, moment, facts={"inspection": RECORD}, rows={"inspection": rows})


def self_checked(office):
    asked = office.open("deploy", at("2021-03-01"))
    lacking = {
        "conclusion": "部分落实",
        "problem": "责任清单不全",
        "measures": "补写",
        "resp_person": "校长",
        "due_on": date(2021, 5, 1),
    }
    facts = {"ledger": {"zero_flag": "否"}}
    rows = {"ledger": [problem(1)], "selfcheck": checked(no_21=lacking)}
    office.answer(asked[SCHOOL], "find", SCHOOL, at("2021-03-10"), facts=facts, rows=rows)


def parts(mail):
    return {part.get_filename(): part.get_content() for part in mail.iter_attachments()}


def problems_of_inspection(office):
    with office.store.read() as connection:
        known = submissions.problems_of(connection, office.name, [SCHOOL])
    return [each for each in known if each.source.startswith("inspection/")]


def words_of(content: bytes) -> str:
    document = Document(io.BytesIO(content))
    cells = [cell.text for table in document.tables for row in table.rows for cell in row.cells]
    return "\n".join([*(paragraph.text for paragraph in document.paragraphs), *cells])


def test_what_the_school_said_of_itself_is_printed_and_compared(office):
    """004-B: one list, two views. The school claimed 21 in part and 48 in full; the inspectors found everything."""
    self_checked(office)
    asked, tally = inspected(office, no_1="委员会没有活动记录")
    book = load_workbook(io.BytesIO(next(content for name, content in parts(asked).items() if SCHOOL in name)))
    told = [cell.value for row in book["督导检查记录"].iter_rows() for cell in row]
    assert "21部分落实、48已落实" in told
    assert "公安、检察" in told  # 004-A14: who is to inspect together
    assert tally.accepted == 1
    with office.store.read() as connection:
        everyone = {each.unit: each for each in assignments.of_phase(connection, office.name, "inspect")}
        ((_, ledgers),) = submissions.ledgers(connection, [everyone[SCHOOL].accepted])
    rows = ledgers["inspection"]["rows"]
    assert [row["values"]["agrees_with_selfcheck"] for row in rows][:3] == ["自查偏高", "一致", "一致"]
    assert ledgers["inspection"]["facts"]["total_score"] == 98


def test_problems_found_get_numbers_owner_and_date_and_go_to_the_school_at_once(office):
    """000-25: notice and ledger in the transaction that accepts the record."""
    self_checked(office)
    inspected(office, no_1="委员会没有活动记录", no_3="法治副校长本学期没有到校")
    found = problems_of_inspection(office)
    assert [(each.source, each.values["resp_person"], each.due_on) for each in found] == [
        ("inspection/1", "校长", date(2021, 8, 20)), ("inspection/3", "校长", date(2021, 8, 20)),
    ]  # fmt: skip
    (mail,) = office.mails("supervise")
    assert mail["To"].addresses[0].username == SCHOOL
    files = parts(mail)
    notice = words_of(files[f"{SCHOOL}_整改通知书.docx"])
    for wanted in (
        *(each.problem_no for each in found),
        "法治副校长本学期没有到校",
        "会同公安",
        "检查得分96分",
        "2021年8月20日",
    ):
        assert wanted in notice
    sheet = next(content for name, content in files.items() if name.endswith(".xlsx"))
    printed = [row[0].value for row in load_workbook(io.BytesIO(sheet))["整改销号台账"].iter_rows()]
    assert [number for number in printed if str(number).startswith(SCHOOL)] == sorted(
        each.problem_no for each in office_problems(office) if each.is_open
    )


def office_problems(office):
    with office.store.read() as connection:
        return submissions.problems_of(connection, office.name, [SCHOOL])


def test_a_record_without_problems_brings_no_notice(office):
    inspected(office)
    assert (problems_of_inspection(office), office.mails("supervise")) == ([], [])


def test_a_second_version_keeps_the_numbers_and_withdraws_what_is_no_problem(office):
    """A number is given once: the corrected record says so in a second notice."""
    asked, _ = inspected(office, no_1="委员会没有活动记录", no_3="法治副校长本学期没有到校")
    before = problems_of_inspection(office)
    record(office, asked, at("2021-07-09"), no_3="法治副校长到校一次，没有讲课")
    after = problems_of_inspection(office)
    assert [each.problem_no for each in after] == [each.problem_no for each in before]
    assert [each.state for each in after] == ["已撤回", "未启动"]
    assert len(office.mails("supervise")) == 2


def test_the_school_closes_what_inspectors_found_on_the_sheet_that_came_with_the_notice(office):
    """It owed no sheet before: one is opened, due on the day of the notice."""
    inspected(office, no_1="委员会没有活动记录")
    (mail,) = office.mails("supervise")
    with office.store.read() as connection:
        (owed,) = assignments.of_respondent(connection, office.name, SCHOOL, ["mend"])
    assert owed.due_at == at("2021-08-20T17:00")
    sheet = {name: content for name, content in parts(mail).items() if name.endswith(".xlsx")}
    assert len(sheet) == 1
    (number,) = [each.problem_no for each in problems_of_inspection(office)]
    closing = {
        "problem_no": number, "state": "已销号", "done_on": date(2021, 8, 1), "evidence": "活动记录", "evidence_count": 1,
        "verifier": "副校长", "verified_by": "区教育局", "verified_on": date(2021, 8, 3), "verdict": "合格",
        "closed_by": "督学", "closed_on": date(2021, 8, 5),
    }  # fmt: skip
    tally = office.answer(mail, "mend", SCHOOL, at("2021-08-06"), rows={"rectify": [closing]})
    assert tally.accepted == 1
    assert [each.state for each in problems_of_inspection(office)] == ["已销号"]
