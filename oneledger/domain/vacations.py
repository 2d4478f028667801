"""The table of terms: whose deadline falls into a vacation. Told before the launch and when a date is moved, never
refused: the day is the campaign's to set (002-4)."""

from collections.abc import Iterable, Mapping
from datetime import date

from pydantic import Field as Key, model_validator

from oneledger.domain.assignments import CampaignUnit
from oneledger.domain.forms import Definition


class Vacation(Definition):
    """``units``: whose table it is, and that of all below them that have none of their own; none named: everybody's."""

    title: str = Key(pattern=r"\S")
    first: date
    last: date
    units: tuple[str, ...] = ()

    @model_validator(mode="after")
    def _in_order(self) -> "Vacation":
        if self.last < self.first:
            raise ValueError("last is before first")
        return self


def vacation_on(
    table: Iterable[Vacation], unit: CampaignUnit, units: Mapping[str, CampaignUnit], day: date
) -> Vacation | None:
    """By the nearest table: the unit's own, its office's, …, everybody's."""
    for code in (*_lineage(unit, units), None):
        own = [each for each in table if code in each.units or (code is None and not each.units)]
        if own:
            return next((each for each in own if each.first <= day <= each.last), None)
    return None


def _lineage(unit: CampaignUnit, units: Mapping[str, CampaignUnit]) -> Iterable[str]:
    at: CampaignUnit | None = unit
    while at is not None:
        yield at.code
        at = units.get(at.parent or "")


def vacation_doubts(
    table: Iterable[Vacation], title: str, due: Mapping[str, date], units: Mapping[str, CampaignUnit]
) -> list[str]:
    """One Chinese sentence a vacation and day. ``due``: school -> the day by which it must answer."""
    known, counts = list(table), dict[tuple[str, date, date, date], int]()
    for code, day in due.items():
        found = vacation_on(known, units[code], units, day)
        if found is not None:
            place = (found.title, found.first, found.last, day)
            counts[place] = counts.get(place, 0) + 1
    return [
        f"{title}：{count} 所学校的报送日 {day} 在{name}（{first} 至 {last}）里，请确认放假期间有人报送"
        for (name, first, last, day), count in counts.items()
    ]
