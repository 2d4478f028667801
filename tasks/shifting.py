"""Move the date of a phase for units that asked for it; reminders and lists of the late follow by themselves."""

from collections.abc import Sequence
from datetime import date, datetime

from oneledger.domain.errors import RefusedError
from oneledger.domain.schedule import Milestone, milestones
from oneledger.domain.shifts import Shift, in_force, own_due_at, shift_faults
from oneledger.domain.vacations import vacation_doubts
from oneledger.store import assignments, shifts, snapshots
from tasks.office import Running, running
from tasks.trees import tree_today


def shift_units(
    name: str, phase: str, units: Sequence[str], due_on: date, *, reason: str, by: str, as_of: datetime
) -> int:
    """Says how many dates were moved. Raises RefusedError with every reason; then none is moved."""
    here = running(name)
    if phase not in {each.phase for each in here.campaign.phases}:
        raise RefusedError([f"no phase {phase}; phases: {', '.join(each.phase for each in here.campaign.phases)}"])
    strays = [code for code in units if code not in here.units]
    if strays:
        raise RefusedError([f"no unit {code} in the campaign" for code in strays])
    wanted = [Shift(phase, code, due_on, reason, by, as_of) for code in units]
    today, calendar = as_of.astimezone(here.zone).date(), here.office.calendar
    faults = [
        fault for each in wanted for fault in shift_faults(here.campaign, here.units[each.unit], each, today, calendar)
    ]
    if faults:
        raise RefusedError(list(dict.fromkeys(faults)))
    with here.office.store.write() as connection:
        moved = shifts.record(connection, name, wanted)
        shifted = in_force(shifts.of_campaign(connection, name))
        for deliverable in here.campaign.deliverables_of(phase):
            for code in units:
                due = own_due_at(here.campaign, deliverable, here.units[code], shifted, calendar)
                assignments.move_due(connection, name, deliverable.deliverable, code, due)
        if moved:
            snapshots.record_event(
                connection,
                as_of,
                by,
                "dates shifted",
                campaign=name,
                phase=phase,
                due_on=str(due_on),
                units=list(units),
            )
    return moved


def doubts_of(name: str, phase: str, units: Sequence[str], due_on: date) -> list[str]:
    """Whose new date falls into a vacation."""
    here = running(name)
    title = here.campaign.phase(phase).title
    return vacation_doubts(here.campaign.vacations, title, dict.fromkeys(units, due_on), here.units)


def units_below(name: str, code: str, phase: str) -> list[str]:
    """A unit and all below it whose level may shift in that phase."""
    here = tree_today(running(name))
    bounds = next((each.may_shift for each in here.campaign.phases if each.phase == phase), None)
    levels = bounds.levels if bounds else ()
    return [
        each.code
        for each in here.units.values()
        if each.level in levels
        and (each.code == code or any(above.code == code for above in here.ancestors(each.code)))
    ]


def shifts_of(name: str) -> list[Shift]:
    here = running(name)
    with here.office.store.read() as connection:
        return shifts.of_campaign(connection, name)


def milestones_of(here: Running) -> list[Milestone]:
    """With those that shifts bring."""
    with here.office.store.read() as connection:
        known = shifts.of_campaign(connection, here.name)
    return milestones(here.campaign, here.office.calendar, in_force(known))
