"""From one campaign into the next: what is still open, and who must be looked back at (000-26, 004-A4)."""

from dataclasses import dataclass
from datetime import datetime

from oneledger.domain.errors import RefusedError
from oneledger.domain.problem_history import ProblemEvent
from oneledger.domain.problems import Problem, carried, units_with_incidents
from oneledger.store import campaigns, problem_history, snapshots, submissions
from tasks.office import running


@dataclass(frozen=True)
class Carried:
    """``left_behind``: open problems of units that are not in the next campaign; they stay where they are."""

    problems: list[str]
    units: list[str]
    left_behind: list[str]


def carry_over(before: str, after: str, by: str, as_of: datetime) -> Carried:
    """Only what is not there yet, so it may be run again as more comes in. Raises RefusedError with the reason."""
    if before == after:
        raise RefusedError([f"{before}: a campaign is not carried over into itself"])
    old, new = running(before), running(after)
    with old.office.store.write() as connection:
        known = submissions.problems_of(connection, before)
        there = {problem.problem_no for problem in submissions.problems_of(connection, after)}
        wanted = [problem for problem in known if problem.is_open and problem.problem_no not in there]
        taken = [carried(problem, before) for problem in wanted if problem.unit in new.units]
        submissions.save_problems(connection, after, taken, there)
        problem_history.record(connection, after, [_event(problem, before, by, as_of) for problem in taken])
        no_bullying = {tier.title for tier in old.campaign.severity if tier.code == 0}
        marked = campaigns.mark_incidents(connection, after, units_with_incidents(known, no_bullying))
        for unit in marked:
            why = f"incident in {before}"
            snapshots.record_event(connection, as_of, by, "look back", campaign=after, unit=unit, reason=why)
    left = [problem.problem_no for problem in wanted if problem.unit not in new.units]
    return Carried([problem.problem_no for problem in taken], marked, left)


def _event(problem: Problem, before: str, by: str, as_of: datetime) -> ProblemEvent:
    state = problem.state
    return ProblemEvent(problem.problem_no, as_of, "carried", by, before, state, state, problem.submission)
