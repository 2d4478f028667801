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


@pytest.fixture(params=["sqlite", "postgresql"])
def office(request, tmp_path, monkeypatch):
    url = ""
    if request.param == "postgresql":
        from tests.postgres import fresh_database

        url = fresh_database(request.getfixturevalue("postgres_url"))
    with opened(tmp_path, [campaign()], monkeypatch, url) as (only,):
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


def test_a_record_without_problems_brings_no_notice(office):
    inspected(office)
    assert (problems_of_inspection(office), office.mails("supervise")) == ([], [])
