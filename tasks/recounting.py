"""What each return adds to the figures of a phase as it stood at a moment: for freezing, for proving, for tracing."""

from collections.abc import Iterable
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import Connection

from oneledger.domain.assignments import Assignment
from oneledger.domain.rolling import own_rollup, rolled_up
from oneledger.domain.rollup import Rollup
from oneledger.domain.schedule import report_day
from oneledger.store import assignments, submissions
from oneledger.store.submissions import Counted
from tasks.office import Running


class Own(NamedTuple):
    """One assignment with what it adds; ``counted`` is None where nothing came that counts."""

    assignment: Assignment
    counted: Counted | None
    rollup: Rollup


def own_rollups(here: Running, connection: Connection, phase: str, at: datetime) -> list[Own]:
    """Of every assignment that was owed by then, from what was received until then."""
    everyone = assignments.of_phase(connection, here.name, phase)
    counted = submissions.counting(connection, here.name, phase, at)
    faulty = submissions.faulty(connection, here.name, phase, at)
    return [_own(here, each, counted.get(each.id), each.id in faulty) for each in everyone if _is_due(here, each, at)]


def roll_up(here: Running, own: Iterable[Own]) -> dict[str, Rollup]:
    by_unit: dict[str, list[Rollup]] = {}
    for each in own:
        by_unit.setdefault(each.assignment.unit, []).append(each.rollup)
    return rolled_up(here.units, by_unit)


def _own(here: Running, assignment: Assignment, found: Counted | None, is_faulty: bool) -> Own:
    rollup = own_rollup(
        assignment, here.units[assignment.unit].name,
        is_counted=found is not None,
        is_zero=found is not None and found.is_zero,
        is_late=found is not None and found.is_late,
        in_correction=is_faulty,
        figures=found.figures if found else {},
        forms=found.forms if found else (),
    )  # fmt: skip
    return Own(assignment, found, rollup)


def _is_due(here: Running, assignment: Assignment, at: datetime) -> bool:
    """A snapshot speaks of what was owed by then, not of what is due later in the phase."""
    if assignment.opened_at > at and assignment.due_at > at:
        return False  # owed by a notice that came later
    deliverable = here.campaign.deliverable(assignment.deliverable)
    day = report_day(here.campaign, deliverable, here.office.calendar)
    return day <= at.astimezone(here.zone).date() and assignment.due_at <= at
