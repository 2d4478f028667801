"""Dates of a phase that units moved around their vacations."""

from datetime import date, datetime
from typing import Any, NamedTuple

from oneledger.domain.errors import RefusedError
from tasks.office import running
from tasks.shifting import doubts_of, shift_units, shifts_of, units_below


class Moved(NamedTuple):
    dates: int
    doubts: list[str]


def move(
    name: str, phase: str, unit: str, due_on: date, *, reason: str, by: str, is_for_all_below: bool, as_of: datetime
) -> Moved:
    """How many dates were moved, and what is to be thought of. Raises RefusedError with every reason."""
    codes = units_below(name, unit, phase) if is_for_all_below else [unit]
    if not codes:
        raise RefusedError([f"{unit} 以下没有可以调整“{phase}”阶段时间的单位"])
    count = shift_units(name, phase, codes, due_on, reason=reason, by=by, as_of=as_of)
    return Moved(count, doubts_of(name, phase, codes, due_on))


def recorded(name: str) -> list[dict[str, Any]]:
    """Every shift, the first recorded first; for a unit and phase the last one counts."""
    zone = running(name).zone
    return [
        {**vars(each), "due_on": str(each.due_on), "at": f"{each.at.astimezone(zone):%Y-%m-%d %H:%M}"}
        for each in shifts_of(name)
    ]
