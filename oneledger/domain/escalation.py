"""Which overdue problem must be told to which level now: each step once for each deadline, the nearest office first."""

from collections.abc import Sequence
from datetime import date
from zoneinfo import ZoneInfo

from oneledger.domain.campaigns import Campaign, Escalation
from oneledger.domain.problem_history import ProblemEvent
from oneledger.domain.problems import Problem
from oneledger.domain.work_calendar import WorkCalendar


def cause_of(step: Escalation, due_on: date) -> str:
    """What the event is known by: a new deadline begins anew."""
    return f"{step.to}@{due_on}"


def step_due(
    problem: Problem, told: Sequence[ProblemEvent], campaign: Campaign, calendar: WorkCalendar, today: date
) -> Escalation | None:
    """The next step that nobody was told of. A later office hears of it only when the one before has had its days.

    Unit: working days past the deadline that holds.
    """
    due_on = problem.due_on
    if due_on is None or not problem.is_overdue(today):
        return None
    late = calendar.working_days_overdue(due_on, today)
    told_on = {each.cause: each.at.astimezone(ZoneInfo(campaign.timezone)).date() for each in told}
    before: Escalation | None = None
    for step in campaign.escalation:
        if cause_of(step, due_on) not in told_on:
            since = told_on[cause_of(before, due_on)] if before else None
            waited = calendar.working_days_between(since, today) if since else step.after
            enough = step.after - (before.after if before else 0)
            return step if late >= step.after and waited >= enough else None
        before = step
    return None
