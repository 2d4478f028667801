"""An accepted return's problems, written with their history in the transaction of the return itself."""

from datetime import date, datetime

from sqlalchemy import Connection

from oneledger.domain.assignments import Assignment
from oneledger.domain.problem_history import events_between
from oneledger.domain.problem_opening import opened
from oneledger.domain.problems import Problem, numbered, numbers, progressed
from oneledger.domain.returns import Review
from oneledger.store import problem_history, submissions
from tasks.office import Running


def record_problems(
    here: Running, connection: Connection, assignment: Assignment, verdict: Review, submission: int, at: datetime
) -> None:
    """``at``: when the return was received."""
    forms = {form.form: form for form in here.forms.values()}
    if not any(forms[name].role or forms[name].opens for name in verdict.ledgers):
        return
    before = submissions.problems_of(connection, here.name, [assignment.unit])
    year = assignment.opened_at.astimezone(here.zone).year
    opens = any(forms[name].role == "problems" or forms[name].opens for name in verdict.ledgers)
    last = problem_history.last_serial(connection, assignment.unit, year) if opens else 0
    known_before = {problem.problem_no for problem in before}
    now = {problem.problem_no: problem for problem in before}
    for name, ledger in verdict.ledgers.items():
        known, form = list(now.values()), forms[name]
        changed: list[Problem] = []
        if form.role == "problems":
            changed = numbered(assignment.unit, year, submission, ledger.rows, known, last)
        elif form.role == "progress":
            changed = progressed(ledger.rows, submission, known, _printed_states(assignment, name))
        elif form.opens:
            free = numbers(assignment.unit, year, known, last)
            changed = opened(form, ledger, submission, known, free, _found_on(here, verdict, at))
        now |= {problem.problem_no: problem for problem in changed}
    after = [problem for problem in now.values() if problem not in before]
    submissions.save_problems(connection, here.name, after, known_before)
    events = events_between(before, after, at=at, by=assignment.respondent, submission=submission)
    problem_history.record(connection, here.name, events)


def _found_on(here: Running, verdict: Review, at: datetime) -> date:
    """The day written on the cover, else the day the return came."""
    written = verdict.ledgers["cover"].facts.get("fill_date") if "cover" in verdict.ledgers else None
    return written if isinstance(written, date) else at.astimezone(here.zone).date()


def _printed_states(assignment: Assignment, form: str) -> dict[str, str]:
    rows = (assignment.printed or {}).get("rows", {}).get(form, ())
    return {row["problem_no"]: row["state"] for row in rows if "state" in row}
