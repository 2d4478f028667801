"""The draft goes with the receipt that leaves a school nothing to return in the phase (003; issue 3 G)."""

import io
from copy import deepcopy

import pytest
from docx import Document

from tests.small_office import SCHOOL, at, make_campaign, opened

LEDGER = {"ledger": {"zero_flag": "是"}}
CARE = {
    "care": {"left_behind": 3, "shy": 2, "in_hardship": 1, "other_weak": 0, "watched": 0, "spots": 2, "spots_manned": 1,
             "monitored": "是", "care_talks": 9, "care_visits": 4, "care_counselled": 1, "updated_on": at("2021-03-04").date()},
}  # fmt: skip


@pytest.fixture
def office(tmp_path, monkeypatch):
    """Two workbooks in a phase that wants drafts; the next phase wants none."""
    made = make_campaign("drafts", 2021)
    made["phases"][0]["school_draft"] = "school_report"
    find = made["deliverables"][0]
    made["deliverables"] = [
        find | {"forms": ["ledger-v1"]},
        find | {"deliverable": "care", "title": "重点关注", "forms": ["care-v1"]},
    ]
    with opened(tmp_path, [made], monkeypatch) as offices:
        yield offices[0]


def asked(office):
    """The school's request, once with each of its two workbooks."""
    mail = office.open("deploy", at("2021-03-01T09:00"))[SCHOOL]
    return [_with_only(mail, code) for code in ("QL01", "QL09")]


def _with_only(mail, code):
    one = deepcopy(mail)
    one.set_payload([part for part in one.get_payload() if (part.get_filename() or code).startswith(code)])
    return one


def drafts(mails):
    """Unit and paragraphs of every Word file among the mails, in order."""
    files = [(mail["To"].addresses[0].username, part) for mail in mails for part in mail.iter_attachments()]
    return [
        (unit, [each.text for each in Document(io.BytesIO(part.get_content())).paragraphs])
        for unit, part in files
        if part.get_filename().endswith(".docx")
    ]


def test_the_draft_goes_with_the_last_receipt_and_tells_of_all_returns(office):
    find, care = asked(office)
    office.answer(find, "find", SCHOOL, at("2021-03-05T09:00"), facts=LEDGER)
    assert drafts(office.mails("receipt")) == []  # one workbook is still owed
    office.answer(care, "care", SCHOOL, at("2021-03-05T10:00"), facts=CARE)
    ((unit, text),) = drafts(office.mails("receipt"))
    assert unit == SCHOOL
    assert "望湖路小学防范学生欺凌工作情况报告" in text
    whole = "\n".join(text)
    assert "经排查没有发现问题，已作零报告。" in whole
    assert "摸清学校周边容易出事的地点2处，其中1处已安排专人值守。" in whole
    assert (
        "附件“2121000001_工作情况报告草稿.docx”由系统按你单位已报的数字起草"
        in office.mails("receipt")[1].get_body(("plain",)).get_content()
    )


def test_a_later_version_brings_a_new_draft_and_only_with_its_own_receipt(office):
    find, care = asked(office)
    office.answer(find, "find", SCHOOL, at("2021-03-05T09:00"), facts=LEDGER)
    office.answer(care, "care", SCHOOL, at("2021-03-05T10:00"), facts=CARE)
    office.answer(care, "care", SCHOOL, at("2021-03-06T10:00"), facts={"care": CARE["care"] | {"spots": 5}})
    made = drafts(office.mails("receipt"))
    assert ["地点2处" in "".join(text) for _, text in made] == [True, False]
    assert "地点5处" in "".join(made[1][1])
    assert len(office.mails("receipt")) == 3


def test_a_faulty_return_brings_no_draft(office):
    find, care = asked(office)
    office.answer(find, "find", SCHOOL, at("2021-03-05T09:00"), facts=LEDGER)
    office.answer(care, "care", SCHOOL, at("2021-03-05T10:00"), facts={"care": CARE["care"] | {"spots": None}})
    assert drafts([*office.mails("receipt"), *office.mails("correction")]) == []
