"""Working days. Ids such as 004-C2 name the requirement of the source documents that a test proves."""

from datetime import date, timedelta
from pathlib import Path

import pytest
from hypothesis import given, strategies as st
from pydantic import ValidationError

from oneledger.domain.campaigns import RestDayRule
from oneledger.domain.errors import CalendarGapError
from oneledger.domain.work_calendar import CalendarYear, WorkCalendar

CONFIG = Path(__file__).parents[1] / "config" / "calendar"
YEARS = [CalendarYear.model_validate_json(path.read_bytes()) for path in sorted(CONFIG.glob("*.json"))]
CALENDAR = WorkCalendar(YEARS)

FARTHEST = 120  # working days that a test steps; every day tried is that far from where the calendar ends
days = st.dates(
    CALENDAR.add_working_days(date(2018, 1, 1), FARTHEST + 1),
    CALENDAR.add_working_days(date(2026, 12, 31), -FARTHEST - 1),
)


def test_every_year_from_2018_to_2026_is_official_and_names_its_notice():
    assert [(year.year, year.status, year.source[:5]) for year in YEARS] == [
        (year, "正式", "国办发明电") for year in range(2018, 2027)
    ]


# The dates that the source documents set (2021: 004-A11…C9; 2018: 002-5…002-16; 2024: 001-20…22).
@pytest.mark.parametrize(
    ("day", "worked"),
    [
        (date(2021, 3, 10), True),
        (date(2021, 3, 15), True),
        (date(2021, 3, 20), False),  # 004-C2, a Saturday
        (date(2021, 3, 31), True),
        (date(2021, 6, 14), False),  # 端午
        (date(2021, 6, 15), True),  # the first working day after it
        (date(2021, 6, 20), False),  # 004-C8, a Sunday
        (date(2021, 6, 30), True),
        (date(2021, 7, 10), False),  # 004-C9, a Saturday
        (date(2021, 7, 15), True),
        (date(2021, 7, 31), False),  # 004-A13, a Saturday
        (date(2018, 7, 2), True),
        (date(2018, 7, 15), False),  # 002-5, a Sunday
        (date(2018, 8, 30), True),
        (date(2018, 9, 20), True),
        (date(2018, 9, 25), True),
        (date(2024, 4, 15), True),
        (date(2024, 6, 30), False),  # 001-21, a Sunday
        (date(2024, 7, 31), True),
        (date(2021, 2, 20), True),  # a make-up Saturday
        (date(2020, 1, 31), False),  # the holiday that was lengthened
        (date(2018, 12, 29), True),  # made up for in the year before its holiday
        (date(2018, 12, 31), False),
    ],
)
def test_the_sources_own_dates_are_worked_or_not(day, worked):
    assert CALENDAR.is_working_day(day) is worked


def test_two_working_days_lie_between_0920_and_0925_because_of_the_autumn_festival():  # 002-16
    assert CALENDAR.working_days_between(date(2018, 9, 20), date(2018, 9, 25)) == 2


@pytest.mark.parametrize(
    ("today", "expected"),
    [
        (date(2021, 9, 24), 0),  # before the due date
        (date(2021, 9, 30), 0),  # the due date itself
        (date(2021, 10, 7), 0),  # the whole holiday week counts for nothing
        (date(2021, 10, 9), 2),  # the make-up Saturday counts
    ],
)
def test_working_days_overdue_skips_holidays_and_counts_makeup_days(today, expected):
    assert CALENDAR.working_days_overdue(date(2021, 9, 30), today) == expected


@pytest.mark.parametrize(
    ("day", "rule", "expected"),
    [
        (date(2021, 3, 20), RestDayRule.PREVIOUS, date(2021, 3, 19)),  # 004-C2
        (date(2021, 6, 20), RestDayRule.PREVIOUS, date(2021, 6, 18)),  # 004-C8
        (date(2021, 7, 10), RestDayRule.NEXT, date(2021, 7, 12)),  # 004-C9
        (date(2021, 7, 10), RestDayRule.KEEP, date(2021, 7, 10)),
        (date(2021, 7, 15), RestDayRule.PREVIOUS, date(2021, 7, 15)),  # a working day stays
        (date(2021, 10, 3), RestDayRule.PREVIOUS, date(2021, 9, 30)),
        (date(2021, 10, 3), RestDayRule.NEXT, date(2021, 10, 8)),
    ],
)
def test_a_deadline_on_a_rest_day_moves_by_its_rule(day, rule, expected):
    assert CALENDAR.move_off_rest_day(day, rule) == expected


@pytest.mark.parametrize(
    ("n", "expected"),
    [
        (-3, date(2021, 3, 17)),
        (-1, date(2021, 3, 19)),
        (0, date(2021, 3, 20)),
        (1, date(2021, 3, 22)),
    ],
)
def test_reminders_around_a_saturday_deadline_fall_on_working_days(n, expected):  # T-3, T-1, T, T+1
    assert CALENDAR.add_working_days(date(2021, 3, 20), n) == expected


@given(days, st.integers(-FARTHEST, FARTHEST))
def test_working_day_count_is_the_inverse_of_add(day, n):
    assert CALENDAR.working_days_between(day, CALENDAR.add_working_days(day, n)) == n


@given(days, st.integers(-FARTHEST, FARTHEST))
def test_working_day_add_is_the_inverse_of_count_for_every_working_day(day, distance):
    end = CALENDAR.move_off_rest_day(day + timedelta(days=distance), RestDayRule.NEXT)
    if end != day:
        assert CALENDAR.add_working_days(day, CALENDAR.working_days_between(day, end)) == end


@given(days, days)
def test_a_deadline_moved_off_rest_days_is_worked_and_passes_over_no_working_day(day, other):
    for rule in (RestDayRule.PREVIOUS, RestDayRule.NEXT):
        moved = CALENDAR.move_off_rest_day(day, rule)
        assert CALENDAR.is_working_day(moved)
        assert abs(CALENDAR.working_days_between(day, moved)) <= 1
    assert CALENDAR.working_days_overdue(day, other) >= 0


def test_a_year_without_a_file_is_a_gap_that_names_the_day():
    with pytest.raises(CalendarGapError) as caught:
        CALENDAR.add_working_days(date(2026, 12, 31), 1)
    assert (caught.value.day, str(caught.value)) == (
        date(2027, 1, 1),
        "config/calendar has no year 2027 (needed for 2027-01-01)",
    )
    with pytest.raises(CalendarGapError):
        CALENDAR.is_estimated(date(2017, 12, 31))


def test_weekends_alone_decide_in_an_unknown_year_when_asked_and_are_marked_as_estimated():
    calendar = WorkCalendar(YEARS, fallback="weekends")
    newyear, saturday = date(2027, 1, 1), date(2027, 1, 2)
    assert [calendar.is_working_day(newyear), calendar.is_working_day(saturday)] == [True, False]
    assert [calendar.is_estimated(newyear), calendar.is_estimated(date(2026, 12, 31))] == [True, False]


def test_a_year_that_a_coordinator_estimated_is_marked_as_such():
    year = CalendarYear(year=2027, status="推定", source="", off=frozenset({date(2027, 1, 1)}), work=frozenset())
    calendar = WorkCalendar([year])
    assert (calendar.is_estimated(date(2027, 3, 1)), calendar.is_working_day(date(2027, 1, 1))) == (True, False)


def test_a_calendar_file_says_in_chinese_every_day_that_cannot_be():
    with pytest.raises(ValidationError) as caught:
        CalendarYear(
            year=2027,
            status="推定",
            source="",
            off=frozenset({date(2026, 12, 31), date(2027, 5, 3)}),
            work=frozenset({date(2027, 5, 3)}),
        )
    assert caught.value.errors()[0]["msg"] == (
        "Value error, 2026-12-31 不在 2027 年内，请移到那一年的文件；2027-05-03 既列为放假又列为上班，请删去一处；"
        "2027-05-03 本来就是周一至周五，不会是调休上班日，请核对"
    )
