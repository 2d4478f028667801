"""The problems of a campaign with their deadlines and their history, on the terminal and for programs."""

from datetime import datetime
from typing import Any

from rich.console import Console
from rich.table import Table

from oneledger.domain.phrases import share
from oneledger.domain.problem_history import DEEDS, ProblemEvent
from oneledger.domain.problem_states import OVERDUE
from oneledger.domain.problems import Problem, closing_counts
from oneledger.store import problem_history, submissions
from tasks.office import Running, running


def problem_list(campaign: str, as_of: datetime, unit: str | None = None) -> dict[str, Any]:
    """{campaign, closed, closable, rate, problems: [{problem_no, …, history: [{at, deed, …}]}]}, in order of number."""
    here = running(campaign)
    wanted = [unit] if unit else None
    with here.office.store.read() as connection:
        found = submissions.problems_of(connection, campaign, wanted)
        told = problem_history.of_problems(connection, campaign, units=wanted)
    closed, closable = closing_counts(found)
    return {
        "campaign": campaign,
        "closed": closed,
        "closable": closable,
        "rate": share(closed, closable),
        "problems": [_listed(here, problem, told.get(problem.problem_no, []), as_of) for problem in found],
    }


def _listed(here: Running, problem: Problem, events: list[ProblemEvent], as_of: datetime) -> dict[str, Any]:
    today = as_of.astimezone(here.zone).date()
    is_overdue, due_on = problem.is_overdue(today), problem.due_on
    late = here.office.calendar.working_days_overdue(due_on, today) if is_overdue and due_on else 0
    unit = here.units.get(problem.unit)
    return {
        "problem_no": problem.problem_no,
        "unit": problem.unit,
        "unit_name": unit.name if unit else "",
        "description": problem.values.get("description"),
        "source": problem.source,
        "carried_from": problem.carried_from,
        "state": problem.state,
        "due_on": str(due_on) if due_on else None,
        "is_overdue": is_overdue,
        "working_days_overdue": late,
        "history": [_told(here, each) for each in events],
    }


def _told(here: Running, event: ProblemEvent) -> dict[str, Any]:
    return {
        "at": event.at.astimezone(here.zone).isoformat(timespec="minutes"),
        "deed": event.deed,
        "by": event.by,
        "cause": event.cause,
        "before": event.before,
        "after": event.after,
        "submission": event.submission,
        "said": dict(event.said),
    }


def show_problems(console: Console, told: dict[str, Any]) -> None:
    table = Table("编号", "单位", "问题", "状态", "时限", "逾期（工作日）", "经过")
    for each in told["problems"]:
        state = f"{each['state']}（{OVERDUE}）" if each["is_overdue"] else each["state"]
        course = "\n".join(
            f"{step['at'][:10]} {DEEDS.get(step['deed'], step['deed'])} {step['after']} {step['cause']}"
            for step in each["history"]
        )
        late = str(each["working_days_overdue"]) if each["is_overdue"] else ""
        cells = (each["problem_no"], each["unit_name"], each["description"] or "", state, each["due_on"] or "", late)
        table.add_row(*cells, course)
    console.print(table)
    console.print(f"整改率（已销号/应整改，长期坚持的不计）：{told['rate']}", highlight=False)
