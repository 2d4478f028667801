"""Dated exceptions in mid-campaign, all on record: more time for a unit; a unit excused, closed, merged or moved."""

from datetime import date, datetime

from oneledger.domain.errors import RefusedError
from oneledger.domain.moves import MOVING, move_faults
from oneledger.domain.schedule import report_day
from oneledger.domain.shifts import Shift, in_force, own_due_at
from oneledger.store import assignments, shifts, snapshots, unit_changes
from oneledger.store.unit_changes import UnitChange
from tasks.office import Running, running
from tasks.trees import tree_today


def extend(name: str, unit: str, phase: str, due_on: date, *, reason: str, by: str, as_of: datetime) -> int:
    """Approved by somebody, however the phase is bound; reminders and lateness follow. Says how many dates moved.

    Raises RefusedError with every reason. No later than the day on which the figures are frozen: a unit that owes
    nothing by then would be in no denominator.
    """
    here = running(name)
    faults = _faults(here, unit, phase, reason, by)
    if faults:
        raise RefusedError(faults)
    with here.office.store.write() as connection:
        shifted = in_force(shifts.of_campaign(connection, name))
        owed = [each for each in assignments.of_phase(connection, name, phase) if each.respondent == unit]
        asked = {each.deliverable for each in owed if each.is_open}
        open_ = [each for each in here.campaign.deliverables_of(phase) if each.deliverable in asked or not owed]
        dues = [own_due_at(here.campaign, each, here.units[unit], shifted, here.office.calendar) for each in open_]
        latest = max((due.astimezone(here.zone).date() for due in dues), default=date.min)
        last = max((report_day(here.campaign, each, here.office.calendar) for each in open_), default=date.max)
        if shifted.get((phase, unit)) != due_on:
            faults += _date_faults(here, unit, due_on, latest, last, as_of.astimezone(here.zone).date())
        if owed and not asked:
            faults = [f"{unit}：本阶段的材料已经收齐，不必延期"]
        if faults:
            raise RefusedError(faults)
        moved = shifts.record(connection, name, [Shift(phase, unit, due_on, reason, by, as_of)])
        shifted = in_force(shifts.of_campaign(connection, name))
        for each in here.campaign.deliverables_of(phase):
            due = own_due_at(here.campaign, each, here.units[unit], shifted, here.office.calendar)
            assignments.move_due(connection, name, each.deliverable, unit, due)
        if moved:
            told = {"phase": phase, "due_on": str(due_on), "was": str(latest), "reason": reason}
            snapshots.record_event(connection, as_of, by, "deadline extended", campaign=name, unit=unit, **told)
    return moved


def _date_faults(here: Running, unit: str, due_on: date, latest: date, last: date, today: date) -> list[str]:
    who = f"{here.units[unit].name}（{unit}）"
    faults = []
    if due_on <= latest:
        faults.append(f"{who}：现在的期限是 {latest}，延期要晚于这一天")
    if due_on > last:
        faults.append(f"{who}：不能晚于定稿的 {last}，定稿后到的按补报处理")
    if due_on < today:
        faults.append(f"{who}：{due_on} 已经过去")
    if not here.office.calendar.is_working_day(due_on):
        faults.append(f"{who}：{due_on} 是休息日，请选一个工作日")
    return faults


KINDS = ("exempt", "closed", "merged", "moved")


def change_unit(
    name: str, unit: str, kind: str, *, reason: str, by: str, as_of: datetime, phase: str = "", other: str = ""
) -> int:
    """From that moment on. Says how many open returns are excused by it. Raises RefusedError with every reason.

    Who is moved counts under the new office with all below it, and so does the branch of an office that is merged;
    what was frozen before stands as it was. The new office collects besides the old one.
    """
    here = running(name)
    faults = _faults(here, unit, phase or here.campaign.phases[0].phase, reason, by)
    if kind in MOVING and unit in here.units:
        faults += move_faults(tree_today(here).units, unit, kind, other)
    if faults:
        raise RefusedError(faults)
    day = as_of.astimezone(here.zone).date()
    with here.office.store.write() as connection:
        change = UnitChange(unit, kind, phase, other, day, reason, by, as_of)
        if not unit_changes.record(connection, name, change):
            return 0
        excused = 0
        if kind in unit_changes.EXCUSES:
            excused = assignments.excuse(connection, name, unit, phase)
        told = {"kind": kind, "phase": phase, "other": other, "reason": reason, "returns_excused": excused}
        snapshots.record_event(connection, as_of, by, "unit changed", campaign=name, unit=unit, **told)
    return excused


def _faults(here: Running, unit: str, phase: str, reason: str, by: str) -> list[str]:
    faults = [] if unit in here.units else [f"no unit {unit} in the campaign"]
    if phase not in {each.phase for each in here.campaign.phases}:
        faults.append(f"no phase {phase}; phases: {', '.join(each.phase for each in here.campaign.phases)}")
    if not reason.strip() or not by.strip():
        faults.append("请写明理由和批准人（职务）")
    return faults


def moved_units(name: str) -> list[UnitChange]:
    with running(name).office.store.read() as connection:
        return unit_changes.of_campaign(connection, name)
