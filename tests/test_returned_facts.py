"""A form asks only what is not known yet (domain.md 5.2: 填表负担; issue 3 H)."""

from datetime import date

import pytest
from pydantic import ValidationError

from oneledger.adapters.mail_parse import parse_mail
from oneledger.domain.forms import RETURNED, Field, FieldType, Form
from oneledger.domain.returned_facts import known_facts, printed_again
from rehearsal.filler import Habit, open_book
from tests.small_office import OTHER, SCHOOL, at, make_campaign, opened
from tests.test_definitions import FORMS

FORM = Form(
    form="basics", version=1, code="QL-03", title="基本情况", prefix="BS", sheet="基本情况",
    facts=(
        Field(no=1, key="pupils", title="学生数", type=FieldType.INT, prefill=RETURNED),
        Field(no=2, key="committee", title="是否成立委员会", type=FieldType.YESNO, prefill=RETURNED),
        Field(no=3, key="head", title="负责人", personal=True, prefill=RETURNED),
        Field(no=4, key="mode", title="方式", type=FieldType.CHOICE, choices=("自查", "互查"), prefill=RETURNED),
        Field(no=5, key="made_on", title="日期", type=FieldType.DATE, prefill=RETURNED),
        Field(no=6, key="lessons", title="专题教育", type=FieldType.INT),
    ),
)  # fmt: skip
TOLD = {"pupils": 860, "committee": "是", "head": "负责人", "mode": "自查", "made_on": "2021-03-05", "lessons": 4}


def told(**changes):
    return {"basics": {"facts": TOLD | changes, "rows": []}}


def test_what_lasts_is_known_and_what_happened_in_a_phase_is_asked_again():
    assert known_facts("now", [FORM], [("now", told())]) == {
        "basics": {"pupils": 860, "committee": "是", "head": "负责人", "mode": "自查", "made_on": date(2021, 3, 5)}
    }


def test_the_later_answer_counts():
    assert known_facts("now", [FORM], [("now", told()), ("now", told(pupils=900))])["basics"]["pupils"] == 900


def test_of_an_earlier_campaign_neither_names_nor_numbers_nor_days_are_printed():
    """PIPL 6: a name was given for that campaign; a number of another year might be left standing."""
    assert known_facts("now", [FORM], [("before", told())]) == {"basics": {"committee": "是", "mode": "自查"}}


def test_a_choice_that_is_no_longer_offered_is_not_printed():
    assert "mode" not in known_facts("now", [FORM], [("now", told(mode="抽查"))])["basics"]


def test_a_sheet_gets_only_what_it_asks():
    assert printed_again(
        FORM.model_copy(update={"facts": FORM.facts[:1]}), {"basics": {"pupils": 8, "mode": "自查"}}
    ) == {"pupils": 8}


def test_what_a_unit_may_correct_is_never_locked():
    with pytest.raises(ValidationError, match="cannot be locked"):
        Field(no=1, key="pupils", title="学生数", prefill=RETURNED, locked=True)


def test_the_doings_of_a_period_are_never_printed_again():
    """Screening, cases, training and inspection are told anew each time."""
    groups = {fact.group for fact in FORMS["basics-v1"].facts if fact.prefill == RETURNED}
    assert groups == {"A 规模", "B 机构", "C 校内组织", "D 制度"}
    assert {fact.key for fact in FORMS["care-v1"].facts if not fact.prefill} == {
        "care_talks", "care_visits", "care_counselled", "updated_on",
    }  # fmt: skip


# --- through the pipeline -----------------------------------------------------------------------------------------------

CARE = {
    "left_behind": 3, "shy": 2, "in_hardship": 1, "other_weak": 0, "watched": 0, "spots": 2, "spots_manned": 1, "monitored": "是",
    "care_talks": 9, "care_visits": 4, "care_counselled": 1, "updated_on": date(2021, 3, 4),
}  # fmt: skip


@pytest.fixture
def office(tmp_path, monkeypatch, request):
    """The same sheet is asked in both phases."""
    made = make_campaign("twice", 2021)
    find, mend = made["deliverables"]
    made["deliverables"] = [
        find | {"forms": ["care-v1"]}, mend | {"forms": ["care-v1"], "respondents": {"levels": ["school"]}},
    ]  # fmt: skip
    with opened(tmp_path, [made], monkeypatch) as offices:
        yield offices[0]


def printed(mail, sheet):
    part = next(each for each in parse_mail(mail.as_bytes()).parts if (each.filename or "").endswith(".xlsx"))
    return set(open_book(part.content, Habit()).sheet(sheet).texts().values())


def test_what_a_school_returned_is_printed_in_the_next_phase_and_counts_if_left(office):
    first = office.open("deploy", at("2021-03-01T09:00"))
    office.answer(first[SCHOOL], "find", SCHOOL, at("2021-03-05T09:00"), facts={"care": CARE})
    second = office.open("rectify", at("2021-05-24T09:00"))
    assert "024-86891234" in printed(second[SCHOOL], "封面")
    assert "024-86891234" not in printed(second[OTHER], "封面")  # it returned nothing
    new = {key: CARE[key] + 1 for key in ("care_talks", "care_visits", "care_counselled", "spots")}
    facts = {"care": new | {"updated_on": date(2021, 5, 25)}}
    assert office.answer(second[SCHOOL], "mend", SCHOOL, at("2021-05-26T09:00"), facts=facts).accepted == 1
    from oneledger.store import submissions

    with office.store.read() as connection:
        kept = submissions.accepted_of_unit(connection, "twice", SCHOOL)[-1]
    left = {
        key: CARE[key]
        for key in ("left_behind", "shy", "in_hardship", "other_weak", "watched", "spots_manned", "monitored")
    }
    assert kept.ledgers["care"]["facts"] == left | new | {"updated_on": "2021-05-25"}


def test_what_was_printed_again_is_recorded(office):
    """What was printed is recorded with the assignment, so that it can be told apart from what was written."""
    first = office.open("deploy", at("2021-03-01T09:00"))
    office.answer(first[SCHOOL], "find", SCHOOL, at("2021-03-05T09:00"), facts={"care": CARE})
    office.open("rectify", at("2021-05-24T09:00"))
    from oneledger.store import assignments

    with office.store.read() as connection:
        owed = assignments.of_respondent(connection, "twice", SCHOOL, ["mend"])
        recorded = assignments.by_ids(connection, [owed[0].id])[owed[0].id].printed["facts"]["care"]
    assert recorded == {key: value for key, value in CARE.items() if key in recorded}
    assert len(recorded) == 8
