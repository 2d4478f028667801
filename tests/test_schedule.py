"""Deadlines per level, rungs, and moments (004-C2, C8, C9; domain.md 6.2)."""

from datetime import date, datetime
from zoneinfo import ZoneInfo

import pytest

from oneledger.domain.schedule import due_at, due_day, milestones, report_milestones, rung_reached

ZONE = ZoneInfo("Asia/Shanghai")


def local(month: int, day: int, hour: int = 9, minute: int = 0) -> datetime:
    return datetime(2021, month, day, hour, minute, tzinfo=ZONE)


@pytest.mark.parametrize(("deliverable", "level", "expected"), [
    ("school-deploy", "province", date(2021, 3, 19)),  # 03-20 is a Saturday: the working day before
    ("school-deploy", "city", date(2021, 3, 19)),
    ("school-deploy", "county", date(2021, 3, 17)),
    ("school-deploy", "school", date(2021, 3, 15)),
    ("city-deploy", "city", date(2021, 3, 10)),
    ("school-rectify", "city", date(2021, 6, 18)),  # 06-20 is a Sunday
    ("school-rectify", "school", date(2021, 6, 11)),  # over the Dragon Boat days 06-12 to 06-14
    ("city-inspect", "city", date(2021, 7, 15)),
])  # fmt: skip
def test_each_level_has_its_own_earlier_deadline(liaoning, calendar, deliverable, level, expected):
    assert due_day(liaoning, liaoning.deliverable(deliverable), level, calendar) == expected


@pytest.mark.parametrize(("as_of", "expected"), [
    (local(3, 10, 8, 59), None),
    (local(3, 10), "T-3"),  # Wednesday; the deadline is Monday 03-15
    (local(3, 12, 8), "T-3"),
    (local(3, 12), "T-1"),
    (local(3, 15), "T"),
    (local(3, 16), "T+1"),
    (local(4, 30), "T+1"),  # an outage later: the last rung only, the earlier ones are moot
])  # fmt: skip
def test_the_latest_rung_reached_is_the_one_to_send(liaoning, calendar, as_of, expected):
    due = due_at(liaoning, liaoning.deliverable("school-deploy"), "school", calendar)
    rung = rung_reached(liaoning, due, liaoning.reminders.rungs, calendar, as_of)
    assert (rung.rung if rung else None) == expected


def test_figures_are_frozen_at_every_report_by_date(liaoning, calendar):
    moments = [
        (each.key, each.at) for phase in liaoning.phases for each in report_milestones(liaoning, phase.phase, calendar)
    ]
    assert moments == [
        ("deploy-0310", local(3, 10, 17)),
        ("deploy-0319", local(3, 19, 17)),
        ("rectify-0618", local(6, 18, 17)),
        ("inspect-0715", local(7, 15, 17)),
    ]


def test_milestone_keys_are_unique_and_in_order(liaoning, calendar):
    found = milestones(liaoning, calendar)
    assert len({each.key for each in found}) == len(found)
    assert [each.at for each in found] == sorted(each.at for each in found)


def test_the_calendar_says_whose_each_moment_is(liaoning, calendar):
    """004-C2: each level has its own deadline; a moment that two levels share names both."""
    found = {each.key: each.levels for each in milestones(liaoning, calendar) if each.phase == "deploy"}
    assert {key: levels for key, levels in found.items() if "-due-" in key} == {
        "deploy-due-0310-1700": ("city",),
        "deploy-due-0315-1700": ("school",),
        "deploy-due-0317-1700": ("county",),
        "deploy-due-0319-1700": ("province",),
    }
    assert found["deploy-remind-0310-0900"] == ("school", "city")
    assert found["deploy-sign-0310-1200"] == ("province",)
    assert found["deploy-opens-"] == ()
