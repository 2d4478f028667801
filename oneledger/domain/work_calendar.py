"""Which days are worked in China: weekends, the State Council's holidays and its make-up workdays."""

from collections.abc import Iterable
from datetime import date, timedelta
from typing import Literal, Self

from pydantic import BaseModel, ConfigDict, model_validator

from oneledger.domain.campaigns import RestDayRule
from oneledger.domain.errors import CalendarGapError

_SATURDAY = 5
_ONE_DAY = timedelta(days=1)


class CalendarYear(BaseModel):
    """One file of config/calendar: the days of a year that differ from a plain week, and who says so."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    year: int
    status: Literal["正式", "推定"]
    source: str
    off: frozenset[date]
    work: frozenset[date]

    @model_validator(mode="after")
    def _days_make_sense(self) -> Self:
        strangers = sorted(day for day in self.off | self.work if day.year != self.year)
        both = sorted(self.off & self.work)
        weekdays = sorted(day for day in self.work if day.weekday() < _SATURDAY)
        faults = [
            *(f"{day} 不在 {self.year} 年内，请移到那一年的文件" for day in strangers),
            *(f"{day} 既列为放假又列为上班，请删去一处" for day in both),
            *(f"{day} 本来就是周一至周五，不会是调休上班日，请核对" for day in weekdays),
        ]
        if faults:
            raise ValueError("；".join(faults))
        return self


class WorkCalendar:
    """Working days as the State Council's notices set them.

    A day of a year without a file raises CalendarGapError, unless `fallback="weekends"`: then Monday to Friday
    count as worked and `is_estimated` says so, because the next year's notice comes out only in November.
    """

    def __init__(self, years: Iterable[CalendarYear], *, fallback: Literal["weekends"] | None = None) -> None:
        self._years = {year.year: year for year in years}
        self._fallback = fallback
        self._counted: dict[tuple[date, date], int] = {}  # a province's problems ask the same few again and again

    def has_year(self, year: int) -> bool:
        return year in self._years

    def is_working_day(self, day: date) -> bool:
        year = self._year_of(day)
        if year is None:
            return day.weekday() < _SATURDAY
        return day in year.work or (day.weekday() < _SATURDAY and day not in year.off)

    def is_estimated(self, day: date) -> bool:
        """Whether a person should see 推定 beside this day: its year's notice is not out, or nobody entered it."""
        year = self._year_of(day)
        return year is None or year.status == "推定"

    def add_working_days(self, day: date, n: int) -> date:
        """Go n working days forward, or back when n is negative. n = 0 is the day itself, rest day or not."""
        step = _ONE_DAY if n > 0 else -_ONE_DAY
        to_go = abs(n)
        while to_go:
            day += step
            to_go -= self.is_working_day(day)
        return day

    def working_days_between(self, start: date, end: date) -> int:
        """Count the working days passed on the way from start to end, without start; negative when end is earlier.

        The inverse of `add_working_days`: counting to the day that n working days lead to gives n.
        """
        if (start, end) not in self._counted:
            step = -1 if end < start else 1
            days = range(step, (end - start).days + step, step)
            self._counted[start, end] = step * sum(self.is_working_day(start + timedelta(days=n)) for n in days)
        return self._counted[start, end]

    def working_days_overdue(self, due_on: date, today: date) -> int:
        """Count the working days passed since a deadline: 0 on the due date and before it (004-C2)."""
        return max(0, self.working_days_between(due_on, today))

    def move_off_rest_day(self, day: date, rule: str) -> date:
        """Move a deadline that falls on a rest day: six of the seventeen dates in the sources do (004-C2, C8, C9)."""
        if RestDayRule(rule) == RestDayRule.KEEP or self.is_working_day(day):
            return day
        return self.add_working_days(day, -1 if rule == RestDayRule.PREVIOUS else 1)

    def _year_of(self, day: date) -> CalendarYear | None:
        year = self._years.get(day.year)
        if year is None and self._fallback is None:
            raise CalendarGapError(day)
        return year
