"""002-4: a table of terms, inherited from the office above, tells whose deadline falls into a vacation."""

from datetime import date

import pytest

from oneledger.domain.assignments import CampaignUnit
from oneledger.domain.vacations import Vacation, vacation_doubts, vacation_on
from tests.small_office import CITY, COUNTY, DIRECT, OTHER, SCHOOL, at, make_campaign, opened

SUMMER = Vacation(title="暑假", first=date(2021, 7, 10), last=date(2021, 8, 31))
SHORTER = Vacation(title="暑假", first=date(2021, 7, 17), last=date(2021, 8, 20), units=(COUNTY,))
OWN = Vacation(title="农忙假", first=date(2021, 6, 1), last=date(2021, 6, 10), units=(OTHER,))
UNITS = {
    each.code: each
    for each in (
        CampaignUnit(CITY, "市", "city", None),
        CampaignUnit(COUNTY, "区", "county", CITY),
        CampaignUnit(SCHOOL, "一小", "school", COUNTY),
        CampaignUnit(OTHER, "二小", "school", COUNTY),
        CampaignUnit(DIRECT, "市直", "school", CITY),
    )
}


@pytest.mark.parametrize(
    ("unit", "day", "found"),
    [
        (DIRECT, date(2021, 7, 9), None),
        (DIRECT, date(2021, 7, 10), SUMMER),
        (DIRECT, date(2021, 8, 31), SUMMER),
        (DIRECT, date(2021, 9, 1), None),
        (SCHOOL, date(2021, 7, 12), None),  # the county's own table holds, not everybody's
        (SCHOOL, date(2021, 7, 17), SHORTER),
        (OTHER, date(2021, 7, 17), None),  # and the school's own before its county's
        (OTHER, date(2021, 6, 10), OWN),
    ],
)
def test_the_nearest_table_holds(unit, day, found):
    assert vacation_on([SUMMER, SHORTER, OWN], UNITS[unit], UNITS, day) == found


def test_schools_in_a_vacation_are_counted_a_day_and_vacation():
    due = {SCHOOL: date(2021, 7, 20), OTHER: date(2021, 7, 20), DIRECT: date(2021, 7, 9)}
    assert vacation_doubts([SUMMER], "台账", due, UNITS) == [
        "台账：2 所学校的报送日 2021-07-20 在暑假（2021-07-10 至 2021-08-31）里，请确认放假期间有人报送"
    ]


def test_the_plan_and_a_shift_tell_it_and_refuse_nothing(tmp_path, monkeypatch):
    from desk.shifting import move
    from tasks.launching import make_plan

    table = [{"title": "春假", "first": "2021-03-15", "last": "2021-03-20"}]
    made = make_campaign("first", 2021, vacations=table)
    made["phases"][0]["may_shift"] = {"earliest": "2021-03-10", "latest": "2021-03-26"}
    with opened(tmp_path, [made], monkeypatch):
        plan = make_plan.fn("first", at("2021-02-20"), {})
        assert plan.refusals == ()
        assert [each.partition("：")[2] for each in plan.doubts] == [
            "3 所学校的报送日 2021-03-19 在春假（2021-03-15 至 2021-03-20）里，请确认放假期间有人报送"
        ]
        words = {"reason": "春假", "by": "校办主任", "is_for_all_below": False, "as_of": at("2021-03-02")}
        assert move("first", "deploy", SCHOOL, date(2021, 3, 16), **words) == (1, [
            "部署摸底：1 所学校的报送日 2021-03-16 在春假（2021-03-15 至 2021-03-20）里，请确认放假期间有人报送"
        ])  # fmt: skip
        assert move("first", "deploy", SCHOOL, date(2021, 3, 23), **words) == (1, [])
