"""How a phase filled up and its problems were put right until a snapshot, for the pictures of reports and workbooks."""

from collections import Counter
from collections.abc import Iterable, Mapping
from datetime import date

from sqlalchemy import Connection

from oneledger.domain.day_map import DayMap
from oneledger.domain.forecast import Outlook, outlook, shares_by_day
from oneledger.domain.rectifying import Change, Point, change_of, curve
from oneledger.domain.rollup import Rollup
from oneledger.store import problem_history, progress
from oneledger.store.snapshots import Frozen
from tasks.office import Running
from tasks.outlooks import MOST_DAYS, worked_days
from tasks.recounting import Own

MAPPED = ("province", "city")
"""Levels that have counties below them."""


def map_of_all(
    here: Running, connection: Connection, frozen: Frozen, offices: Mapping[str, Rollup], own: Iterable[Own]
) -> DayMap:
    """Every county, and who has none. ``offices``: their figures; ``own``: what these are made of."""
    own = list(own)
    counted = {each.assignment.id: each.assignment.unit for each in own if each.counted}
    phase, today = here.campaign.phase(frozen.phase), frozen.as_of.astimezone(here.zone).date()
    answers: dict[str, Counter[date]] = {}
    for number, came in progress.first_answers(connection, here.name, frozen.phase, frozen.as_of).items():
        if number in counted:
            day = came.astimezone(here.zone).date()
            answers.setdefault(here.units[counted[number]].county, Counter())[day] += 1
    worked = worked_days(here, phase.opens_on or today, today)
    is_over = phase.ends_on is None or today > phase.ends_on
    left = 0 if phase.ends_on is None else here.office.calendar.working_days_between(today, phase.ends_on)
    owed, waiting, days = _owed(here, own), _waiting(here, offices), worked[-MOST_DAYS:]
    lines: list[tuple[Outlook, tuple[float | None, ...]]] = []
    for code, count in owed.items():
        theirs = answers.get(code, Counter())
        told = outlook(here.units[code].name, theirs, count, waiting.get(code, ()), worked=worked, days_left=left)
        lines.append((told, tuple(shares_by_day(theirs, count, days))))
    whole = frozenset(code for code, count in owed.items() if code in offices and _owes(offices[code]) == count)
    return DayMap(tuple(days), tuple(lines), is_over, tuple(owed), whole)


def _owes(rollup: Rollup) -> int:
    return rollup.coverage.expected - rollup.coverage.exempt


def _owed(here: Running, own: Iterable[Own]) -> dict[str, int]:
    """By county: what its units owe, without the exempt."""
    owed: Counter[str] = Counter()
    for each in own:
        owed[here.units[each.assignment.unit].county] += _owes(each.rollup("", None))
    return {code: owed[code] for code in here.units if owed[code] > 0}


def _waiting(here: Running, offices: Mapping[str, Rollup]) -> dict[str, list[str]]:
    root = offices.get(here.campaign.root, Rollup())
    waiting: dict[str, list[str]] = {}
    for code, name in dict.fromkeys(root.missing_units):
        waiting.setdefault(here.units[code].county, []).append(name)
    return waiting


def map_of(here: Running, whole: DayMap, code: str) -> DayMap | None:
    """The lines of an office; None where no county is below it."""
    if here.units[code].level not in MAPPED:
        return None
    kept = [
        (county, line) for county, line in zip(whole.codes, whole.lines, strict=True)
        if county == code or any(above.code == code for above in here.ancestors(county))
    ]  # fmt: skip
    lines, codes = tuple(line for _, line in kept), tuple(county for county, _ in kept)
    return DayMap(whole.days, lines, whole.is_over, codes, whole.whole) if lines else None


def changes_by_office(here: Running, connection: Connection, frozen: Frozen) -> dict[str, dict[date, Change]]:
    """Nothing where the phase does not ask how problems go on."""
    if not here.campaign.asks_progress(frozen.phase):
        return {}
    by_unit: dict[str, dict[date, Change]] = {}
    for unit, at, before, after, count in problem_history.state_changes(connection, here.name, frozen.as_of):
        change = change_of(before, after)
        _add(by_unit, unit, at.astimezone(here.zone).date(), Change(change.found * count, change.closed * count))
    found: dict[str, dict[date, Change]] = {}
    for unit, days in by_unit.items():
        for code in _offices(here, unit):
            for day, change in days.items():
                _add(found, code, day, change)
    return found


def _add(changes: dict[str, dict[date, Change]], code: str, day: date, change: Change) -> None:
    theirs = changes.setdefault(code, {})
    so_far = theirs.get(day, Change(0, 0))
    theirs[day] = Change(so_far.found + change.found, so_far.closed + change.closed)


def _offices(here: Running, unit: str) -> Iterable[str]:
    return (unit, *(above.code for above in here.ancestors(unit))) if unit in here.units else ()


def rectified(changes: Mapping[str, Mapping[date, Change]], code: str) -> tuple[Point, ...]:
    return tuple(curve(changes.get(code, {})))
