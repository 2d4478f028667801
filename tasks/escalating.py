"""Overdue problems are told to the offices above: one list an office and week, each problem once a step."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import Connection

from oneledger.domain.assignments import CampaignUnit
from oneledger.domain.campaigns import Escalation
from oneledger.domain.escalation import cause_of, step_due
from oneledger.domain.forms import LEVELS
from oneledger.domain.notices import Key, Notice, common_context
from oneledger.domain.problem_history import ProblemEvent
from oneledger.domain.problem_states import AWAITING_WORK
from oneledger.domain.problems import Problem
from oneledger.domain.schedule import escalation_moments
from oneledger.store import assignments, outbox, problem_history, snapshots, submissions
from oneledger.store.outbox import OutboxRow
from tasks.office import Running, running
from tasks.trees import tree_of

_JUDGED = "overdue problems judged"
LISTED = 200  # problems in one mail; the rest are counted and stand in the consolidated workbook


class Late(NamedTuple):
    problem: Problem
    step: Escalation
    to: CampaignUnit
    working_days: int


def escalate(name: str, phase: str, as_of: datetime) -> int:
    """Plan the lists that are due, and write into each problem's history whom it was told to. Says how many are new."""
    here = running(name)
    moment = judged_at(here, phase, as_of)
    if moment is None:
        return 0
    with here.office.store.write() as connection:
        if _is_judged(here, connection, phase, moment):
            return 0
        here = tree_of(here, connection, moment)
        late = late_problems(here, connection, phase, moment)
        problem_history.record(connection, name, [_event(each, as_of) for each in late])
        judged = {"campaign": name, "phase": phase, "moment": moment.isoformat()}
        snapshots.record_event(connection, as_of, "oneledger", _JUDGED, **judged)
        letters = [_letter(here, phase, moment, theirs, as_of) for theirs in _by_office(late).values()]
        return outbox.plan(connection, letters)


def must_escalate(here: Running, connection: Connection, phase: str, as_of: datetime) -> bool:
    """Whether a weekly moment has come that nothing was done for."""
    moment = judged_at(here, phase, as_of)
    return moment is not None and not _is_judged(here, connection, phase, moment)


def _is_judged(here: Running, connection: Connection, phase: str, moment: datetime) -> bool:
    return snapshots.is_recorded(connection, here.name, _JUDGED, phase=phase, moment=moment.isoformat())


def judged_at(here: Running, phase: str, as_of: datetime) -> datetime | None:
    """The latest of the weekly moments: a look after an outage judges by that one, the earlier are moot."""
    moments = escalation_moments(here.campaign, phase, here.office.calendar)
    return max((each for each in moments if each <= as_of), default=None)


def late_problems(here: Running, connection: Connection, phase: str, moment: datetime) -> list[Late]:
    """Only of units that have told how their problems go on, or should have by now."""
    everything = here.campaign.deliverables_of(phase)
    asking = {each.deliverable for each in everything if each.respondents.with_open_problems}
    owing = [each for each in assignments.of_phase(connection, here.name, phase) if each.deliverable in asking]
    asked = {each.unit for each in owing if each.status == "returned" or (each.is_open and each.due_at < moment)}
    told = problem_history.of_problems(connection, here.name, deeds=["escalated"])
    today, calendar = moment.astimezone(here.zone).date(), here.office.calendar
    found = []
    for problem in submissions.problems_of(connection, here.name, states=AWAITING_WORK):
        if problem.unit in asked and problem.is_overdue(today) and problem.due_on:
            step = step_due(problem, told.get(problem.problem_no, []), here.campaign, calendar, today)
            to = _office(here, problem.unit, step.to) if step else None
            if step and to:
                found.append(Late(problem, step, to, calendar.working_days_overdue(problem.due_on, today)))
    return found


def _office(here: Running, unit: str, level: str) -> CampaignUnit | None:
    """The nearest above of that level; where it is skipped, the next one up."""
    highest = LEVELS.index(level)
    return next((each for each in here.ancestors(unit) if each.contacts and LEVELS.index(each.level) <= highest), None)


def _by_office(late: Iterable[Late]) -> Mapping[str, list[Late]]:
    grouped: dict[str, list[Late]] = {}
    for each in late:
        grouped.setdefault(each.to.code, []).append(each)
    return grouped


def _subject(moment: datetime) -> str:
    return f"overdue@{moment:%m%d}"


def _event(late: Late, as_of: datetime) -> ProblemEvent:
    problem = late.problem
    assert problem.due_on is not None
    state, cause = problem.state, cause_of(late.step, problem.due_on)
    said = {"to": late.to.code, "working_days_overdue": late.working_days}
    return ProblemEvent(problem.problem_no, as_of, "escalated", "oneledger", cause, state, state, None, said)


def _letter(here: Running, phase: str, moment: datetime, theirs: list[Late], as_of: datetime) -> OutboxRow:
    to = theirs[0].to
    units = {each.problem.unit for each in theirs}
    context = common_context(here.campaign, here.campaign.phase(phase), to, moment, here.office.mail.sender.name)
    context |= {
        "collector": {"code": to.code, "name": to.name},
        "late": [_listed(here, each) for each in _in_order(here, theirs)[:LISTED]],
        "problems": len(theirs),
        "units": len(units),
        "again": sum(each.step != here.campaign.escalation[0] for each in theirs),
    }
    key = Key(here.name, phase, to.code, _subject(moment), Notice.ESCALATE, "1")
    return here.letter(key, context, to, as_of)


def _in_order(here: Running, theirs: Iterable[Late]) -> list[Late]:
    """In administrative order, then by number: never by how many problems a unit has."""
    return sorted(theirs, key=lambda each: (here.units[each.problem.unit].order, each.problem.problem_no))


def _listed(here: Running, late: Late) -> dict[str, Any]:
    unit, problem = here.units[late.problem.unit], late.problem
    parent = here.units.get(unit.parent or "")
    return {
        "no": problem.problem_no,
        "name": unit.name,
        "parent_name": parent.name if parent else "",
        "state": problem.state,
        "due": f"{problem.due_on:%Y-%m-%d}",
        "days": late.working_days,
    }
