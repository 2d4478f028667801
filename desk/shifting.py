"""Dates of a phase that units moved around their vacations."""

from datetime import date, datetime
from typing import Any

from oneledger.domain.errors import RefusedError
from tasks.office import running
from tasks.shifting import shift_units, shifts_of, units_below


def move(
    name: str, phase: str, unit: str, due_on: date, *, reason: str, by: str, is_for_all_below: bool, as_of: datetime
) -> int:
    """Says how many dates were moved. Raises RefusedError with every reason."""
    codes = units_below(name, unit, phase) if is_for_all_below else [unit]
    if not codes:
        raise RefusedError([f"{unit} 以下没有可以调整“{phase}”阶段时间的单位"])
    return shift_units(name, phase, codes, due_on, reason=reason, by=by, as_of=as_of)


def recorded(name: str) -> list[dict[str, Any]]:
    """Every shift, the first recorded first; for a unit and phase the last one counts."""
    zone = running(name).zone
    return [
        {**vars(each), "due_on": str(each.due_on), "at": f"{each.at.astimezone(zone):%Y-%m-%d %H:%M}"}
        for each in shifts_of(name)
    ]
