"""Overdue problems go to the county, then to the city, each step once (issue 3 C; 000-18, 000-25, 004-C4)."""

from datetime import date

import pytest

from oneledger.domain.campaigns import Campaign, Escalation
from oneledger.domain.escalation import cause_of, step_due
from oneledger.domain.problem_history import ProblemEvent
from oneledger.domain.problems import Problem
from oneledger.domain.schedule import escalation_moments
from tests.small_office import CITY, COUNTY, DIRECT, OTHER, SCHOOL, at, make_campaign, opened
from tests.test_problem_life import checked, mended, problem

STEPS = [{"to": "county", "after": 3}, {"to": "city", "after": 8}]
CAMPAIGN = Campaign.model_validate(make_campaign("first", 2021, escalation=STEPS))


@pytest.fixture
def office(tmp_path, monkeypatch):
    """Three schools with a problem each, due on 1 June; the first tells how it goes on, the others say nothing."""
    with opened(tmp_path, [make_campaign("first", 2021, escalation=STEPS)], monkeypatch) as (only,):
        asked = only.open("deploy", at("2021-03-01"))
        for school in (SCHOOL, OTHER, DIRECT):
            facts, rows = {"ledger": {"zero_flag": "否"}}, {"ledger": [problem(1)], "selfcheck": checked()}
            assert only.answer(asked[school], "find", school, at("2021-03-10"), facts=facts, rows=rows).accepted == 1
        asked = only.open("rectify", at("2021-05-24"))
        assert mended(only, asked, at("2021-05-28"), 1, state="整改中", progress="正在修订").accepted == 1
        yield only


def looked(office, *days):
    """Escalates at the end of each day; the lists so far: who got them, which problems they name."""
    from tasks.escalating import escalate

    for day in days:
        escalate(office.name, "rectify", at(f"{day}T18:00"))
    return [
        (mail["To"].addresses[0].username, [code for code in (SCHOOL, OTHER, DIRECT) if code in mail.get_body(("plain",)).get_content()])
        for mail in office.mails("escalate")
    ]  # fmt: skip


FIRST = [(COUNTY, [SCHOOL, OTHER]), (CITY, [DIRECT])]
SECOND = [(CITY, [SCHOOL, OTHER, DIRECT])]


def test_the_county_is_told_first_and_the_city_after_it_had_its_days(office):
    """A school directly under the city has no county: the city stands in its place."""
    assert looked(office, "2021-06-14") == []  # a holiday Monday: the list goes out on Tuesday
    assert looked(office, "2021-06-15") == FIRST
    assert looked(office, "2021-06-21") == FIRST  # four working days since
    assert looked(office, "2021-06-28") == FIRST + SECOND


def test_who_was_moved_is_told_of_to_the_office_it_has_that_day(office):
    """domain.md 4.3."""
    from tasks.excepting import change_unit

    change_unit("first", OTHER, "moved", other=CITY, reason="区划调整", by="副厅长", as_of=at("2021-06-14"))
    assert looked(office, "2021-06-15") == [(COUNTY, [SCHOOL]), (CITY, [OTHER, DIRECT])]


def test_looking_twice_or_late_tells_everybody_once(office):
    assert looked(office, "2021-06-15", "2021-06-15", "2021-06-16", "2021-06-17") == FIRST
    assert looked(office, "2021-06-28", "2021-06-28", "2021-06-30") == FIRST + SECOND


def test_after_an_outage_the_nearest_office_is_still_the_first_to_know(office):
    assert looked(office, "2021-06-30") == FIRST


def test_what_was_mended_or_extended_in_time_is_told_to_nobody(office):
    (asked,) = [
        mail
        for mail in office.mails("ask")
        if mail["To"].addresses[0].username == SCHOOL and "/rectify/" in mail["X-OneLedger-Kind"]
    ]
    told = {
        "state": "延期",
        "progress": "等设备",
        "delay_reason": "设备采购周期较长",
        "new_due_on": date(2021, 6, 25),
        "delay_approver": "副局长",
    }
    assert mended(office, {SCHOOL: asked}, at("2021-06-10"), 1, **told).accepted == 1
    assert looked(office, "2021-06-15") == [(COUNTY, [OTHER]), (CITY, [DIRECT])]


def test_the_history_says_whom_each_problem_was_told_to(office):
    from oneledger.store import problem_history

    looked(office, "2021-06-15", "2021-06-28")
    with office.store.read() as connection:
        told = problem_history.of_problems(connection, office.name, deeds=["escalated"])
    assert [(each.cause, each.said) for each in told[f"{SCHOOL}-2021-0001"]] == [
        ("county@2021-06-01", {"to": COUNTY, "working_days_overdue": 9}),
        ("city@2021-06-01", {"to": CITY, "working_days_overdue": 18}),
    ]


def test_a_phase_that_is_over_is_looked_at_again_while_lists_are_due(office):
    from tasks.escalating import must_escalate

    def due(day):
        with office.store.read() as connection:
            return must_escalate(office.here, connection, "rectify", at(f"{day}T18:00"))

    assert [due("2021-06-14"), due("2021-06-15")] == [False, True]
    looked(office, "2021-06-15")
    assert [due("2021-06-15"), due("2021-06-20"), due("2021-06-21")] == [False, False, True]


def test_the_lists_go_out_once_a_week_from_the_deadline_for_progress_to_the_end(calendar):
    days = [each.strftime("%m-%d %H:%M") for each in escalation_moments(CAMPAIGN, "rectify", calendar)]
    assert days == ["06-15 09:30", "06-21 09:30", "06-28 09:30"]
    assert escalation_moments(CAMPAIGN, "deploy", calendar) == []
    assert escalation_moments(CAMPAIGN.model_copy(update={"escalation": ()}), "rectify", calendar) == []


def test_a_new_deadline_begins_anew(calendar):
    first, _ = CAMPAIGN.escalation
    late = Problem("x-2021-0001", "x", 1, 9, "延期", {"due_on": "2021-06-01"}, {"new_due_on": "2021-06-10"})
    told = [
        ProblemEvent(late.problem_no, at("2021-06-07"), "escalated", "c", cause_of(first, date(2021, 6, 1)), "", "")
    ]
    assert step_due(late, told, CAMPAIGN, calendar, date(2021, 6, 15)) is None  # 11 and 15 June
    assert step_due(late, told, CAMPAIGN, calendar, date(2021, 6, 16)) == Escalation(to="county", after=3)


def test_steps_must_rise():
    with pytest.raises(ValueError, match="each step must come after the one before"):
        Campaign.model_validate(make_campaign("first", 2021, escalation=STEPS[::-1]))
