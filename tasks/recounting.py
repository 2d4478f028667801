"""What each return adds to the figures of a phase as it stood at a moment: for freezing, for proving, for tracing."""

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from functools import cache, partial
from typing import NamedTuple

from sqlalchemy import Connection

from oneledger.domain.assignments import Assignment
from oneledger.domain.rolling import own_rollup, rolled_up
from oneledger.domain.rollup import Rollup
from oneledger.domain.schedule import report_day
from oneledger.domain.shifts import in_force, own_due_at
from oneledger.store import assignments, shifts, submissions, unit_changes
from oneledger.store.snapshots import Frozen
from oneledger.store.submissions import Counted, Known
from tasks.office import Running
from tasks.trees import tree_of


@dataclass(frozen=True)
class Reference:
    """Which figures: what was owed by one moment, of what was received until another and known to a third."""

    phase: str
    owed_by: datetime
    as_of: datetime
    known_at: datetime | None  # None: to nobody knows which look, in a database of an earlier version


def reference_of(frozen: Frozen) -> Reference:
    return Reference(frozen.phase, frozen.owed_by or frozen.as_of, frozen.as_of, frozen.frozen_at)


class Own(NamedTuple):
    """One assignment with what it adds; ``counted`` is None where nothing came that counts."""

    assignment: Assignment
    counted: Counted | None
    rollup: Rollup


class Basis(NamedTuple):
    """What figures are made of, read once for all that is told of them."""

    everyone: list[Assignment]  # of the phase, owed by then or not
    counted: dict[int, Counted]  # by assignment
    own: list[Own]  # of every assignment that was owed by then


def own_rollups(here: Running, connection: Connection, at: Reference) -> list[Own]:
    return basis_of(here, connection, at).own


def basis_of(here: Running, connection: Connection, at: Reference, known: Known | None = None) -> Basis:
    """From what was received until then. ``known``: figures that are not read again."""
    everyone = assignments.of_phase(connection, here.name, at.phase)
    counted = submissions.counting(connection, here.name, at.phase, at.as_of, at.known_at, known)
    faulty = submissions.faulty(connection, here.name, at.phase, at.as_of, at.known_at)
    exempt = unit_changes.exempt(connection, here.name, at.phase, at.as_of, at.known_at)
    dues = _moved_dues(here, connection, at)
    day_of = cache(partial(_report_day, here))
    owing = [each for each in everyone if _is_due(here, each, at, counted, dues, day_of)]
    own = [_own(here, each, counted.get(each.id), each.id in faulty, exempt) for each in owing]
    return Basis(everyone, counted, own)


def roll_up(here: Running, own: Iterable[Own]) -> dict[str, Rollup]:
    return rolled_up(here.units, by_unit(own))


def by_unit(own: Iterable[Own]) -> dict[str, list[Rollup]]:
    made: dict[str, list[Rollup]] = {}
    for each in own:
        made.setdefault(each.assignment.unit, []).append(each.rollup)
    return made


def figures_at(here: Running, connection: Connection, at: Reference) -> dict[str, Rollup]:
    """In the tree of then; what comes after the report adds to the report's own."""
    tree = tree_of(here, connection, min(at.as_of, at.owed_by))
    return roll_up(tree, own_rollups(here, connection, at))


def _own(here: Running, assignment: Assignment, found: Counted | None, is_faulty: bool, exempt: Collection[str]) -> Own:
    """``exempt``: excused since the launch; what they have returned all the same counts."""
    unit = here.units[assignment.unit]
    is_exempt = bool(unit.exempt_reason) or (found is None and unit.code in exempt)
    rollup = own_rollup(
        unit.code, unit.name,
        is_exempt=is_exempt,
        is_counted=found is not None,
        is_zero=found is not None and found.is_zero,
        is_late=found is not None and found.is_late,
        in_correction=is_faulty,
        figures=found.figures if found else {},
        forms=found.forms if found else (),
    )  # fmt: skip
    return Own(assignment, found, rollup)


Dues = Mapping[tuple[str, str], datetime]
"""(deliverable, respondent) -> the day it was moved to."""


def _moved_dues(here: Running, connection: Connection, at: Reference) -> Dues:
    """As they stood at that look."""
    every = [each for each in shifts.of_campaign(connection, here.name) if each.phase == at.phase]
    shifted = in_force(each for each in every if at.known_at is None or each.at <= at.known_at)
    return {
        (deliverable.deliverable, unit): own_due_at(
            here.campaign, deliverable, here.units[unit], shifted, here.office.calendar
        )
        for unit in {each.unit for each in every}
        for deliverable in here.campaign.deliverables_of(at.phase)
    }


def _report_day(here: Running, deliverable: str) -> date:
    return report_day(here.campaign, here.campaign.deliverable(deliverable), here.office.calendar)


def _is_due(
    here: Running, each: Assignment, at: Reference, counted: Collection[int], dues: Dues, day_of: Callable[[str], date]
) -> bool:
    """A snapshot speaks of what was owed by then, not of what is due later in the phase."""
    due = each.due_at if each.id in counted else dues.get((each.deliverable, each.respondent), each.due_at)
    if each.opened_at > at.owed_by and due > at.owed_by:
        return False  # owed by a notice that came later
    if at.known_at is not None and each.opened_at > at.known_at:
        return False
    return day_of(each.deliverable) <= at.owed_by.astimezone(here.zone).date() and due <= at.owed_by
