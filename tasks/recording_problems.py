"""An accepted return's problems, written with their history in the transaction of the return itself."""

from datetime import datetime

from sqlalchemy import Connection

from oneledger.domain.assignments import Assignment
from oneledger.domain.problem_history import events_between
from oneledger.domain.problems import Problem, numbered, progressed
from oneledger.domain.returns import Review
from oneledger.store import problem_history, submissions
from tasks.office import Running


def record_problems(
    here: Running, connection: Connection, assignment: Assignment, verdict: Review, submission: int, at: datetime
) -> None:
    """``at``: when the return was received."""
    roles = {form.form: form.role for form in here.forms.values()}
    if not any(roles.get(name) for name in verdict.ledgers):
        return
    before = submissions.problems_of(connection, here.name, [assignment.unit])
    year = assignment.opened_at.astimezone(here.zone).year
    last = problem_history.last_serial(connection, assignment.unit, year)
    now = {problem.problem_no: problem for problem in before}
    for name, ledger in verdict.ledgers.items():
        known = list(now.values())
        changed: list[Problem] = []
        if roles.get(name) == "problems":
            changed = numbered(assignment.unit, year, submission, ledger.rows, known, last)
        elif roles.get(name) == "progress":
            changed = progressed(ledger.rows, submission, known, _printed_states(assignment, name))
        now |= {problem.problem_no: problem for problem in changed}
    after = [problem for problem in now.values() if problem not in before]
    submissions.save_problems(connection, here.name, after)
    events = events_between(before, after, at=at, by=assignment.respondent, submission=submission)
    problem_history.record(connection, here.name, events)


def _printed_states(assignment: Assignment, form: str) -> dict[str, str]:
    rows = (assignment.printed or {}).get("rows", {}).get(form, ())
    return {row["problem_no"]: row["state"] for row in rows if "state" in row}
