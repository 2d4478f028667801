"""Who comes to owe more within a phase is asked for that, and for nothing twice (004-C2, C4; 002-4)."""

from datetime import date

import pytest

from oneledger.adapters.mail_parse import parse_mail
from tests.small_office import OTHER, SCHOOL, at, make_campaign, opened

ROW = {
    "seq": 1, "found_on": date(2021, 3, 5), "item_type": "工作短板", "aspect7": "制度措施", "risk": "一般",
    "description": "应急预案多年没有修订，教师不熟悉", "measures": "修订预案并组织演练", "resp_dept": "德育处",
    "resp_person": "德育主任", "due_on": date(2021, 6, 1), "fix_mode": "限期整改",
}  # fmt: skip


@pytest.fixture
def office(tmp_path, monkeypatch):
    """The second phase opens soon after the first: every school owes a summary in it, those with problems a sheet."""
    made = make_campaign("overlap", 2021)
    made["phases"][1] |= {"opens_on": "2021-03-22"}
    find, mend = made["deliverables"]
    summary = {
        "deliverable": "sum",
        "title": "阶段总结",
        "respondents": {"levels": ["school"]},
        "forms": ["summary-v1"],
    }
    made["deliverables"] = [find | {"forms": ["ledger-v1"]}, mend, mend | summary]
    with opened(tmp_path, [made], monkeypatch) as (only,):
        yield only


def requests(office, unit):
    """Kind and workbooks of every request of the second phase, in the order planned."""
    mails = [mail for mail in office.mails("ask") if mail["To"].addresses[0].username == unit]
    kinds = {mail["X-OneLedger-Kind"]: parse_mail(mail.as_bytes()).parts for mail in mails}
    return [
        (kind, sorted(part.filename[:4] for part in parts if part.filename))
        for kind, parts in kinds.items()
        if "/rectify/" in kind
    ]


def test_a_school_whose_ledger_comes_late_gets_the_sheet_about_it_in_a_second_request(office):
    first = office.open("deploy", at("2021-03-01T09:00"))
    told = {"facts": {"ledger": {"zero_flag": "否"}}, "rows": {"ledger": [ROW]}}
    assert office.answer(first[SCHOOL], "find", SCHOOL, at("2021-03-10"), **told).accepted == 1
    office.open("rectify", at("2021-03-22T09:00"))
    assert office.answer(first[OTHER], "find", OTHER, at("2021-03-24"), **told).accepted == 1
    for moment in ("2021-03-25T09:00", "2021-03-25T09:00", "2021-03-26T09:00"):
        office.open("rectify", at(moment))
    assert requests(office, SCHOOL) == [("ask/rectify/rectify/1", ["QL02", "QL08"])]
    assert requests(office, OTHER) == [("ask/rectify/rectify/1", ["QL08"]), ("ask/rectify/rectify/2", ["QL02"])]
