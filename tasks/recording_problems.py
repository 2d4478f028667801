"""An accepted return's problems, written with their history in the transaction of the return itself."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime

from sqlalchemy import Connection

from oneledger.domain.assignments import Assignment
from oneledger.domain.forms import Form
from oneledger.domain.problem_history import ProblemEvent, events_between
from oneledger.domain.problem_opening import opened
from oneledger.domain.problems import Problem, numbered, numbers, progressed
from oneledger.domain.returns import Review
from oneledger.store import problem_history, submissions
from tasks.office import Running


@dataclass
class Problems:
    """Of one campaign within one transaction: asked for many units at a time, written for many returns at a time.

    What was asked is given out once. Whoever comes again is asked about anew, after what is still unwritten."""

    connection: Connection
    campaign: str
    _known: dict[str, tuple[list[Problem], list[str]]] = field(default_factory=dict)
    _changed: list[tuple[Problem, bool]] = field(default_factory=list)
    _events: list[ProblemEvent] = field(default_factory=list)

    def foresee(self, units: Collection[str]) -> None:
        """Nothing may be unwritten."""
        numbers = problem_history.numbers_given(self.connection, sorted(units)) if units else {}
        self._known |= {unit: ([], given) for unit, given in numbers.items()}
        for each in submissions.problems_of(self.connection, self.campaign, sorted(units)) if units else ():
            self._known[each.unit][0].append(each)

    def of(self, unit: str) -> tuple[list[Problem], list[str]]:
        """Its problems in this campaign; the numbers it was ever given."""
        if unit not in self._known:
            self.write()
            self.foresee({unit})
        return self._known.pop(unit)

    def change(self, after: Sequence[Problem], known: Collection[str], events: Sequence[ProblemEvent]) -> None:
        self._changed += [(each, each.problem_no in known) for each in after]
        self._events += events

    def write(self) -> None:
        problems = [each for each, _ in self._changed]
        known = {each.problem_no for each, is_known in self._changed if is_known}
        submissions.save_problems(self.connection, self.campaign, problems, known)
        problem_history.record(self.connection, self.campaign, self._events)
        self._changed, self._events = [], []


def concerns_problems(forms: dict[str, Form], verdict: Review) -> bool:
    return any(forms[name].role or forms[name].opens for name in verdict.ledgers)


def record_problems(
    here: Running, problems: Problems, assignment: Assignment, verdict: Review, submission: int, at: datetime
) -> None:
    """``at``: when the return was received."""
    forms = {form.form: form for form in here.forms.values()}
    if not concerns_problems(forms, verdict):
        return
    before, given = problems.of(assignment.unit)
    year = assignment.opened_at.astimezone(here.zone).year
    opens = any(forms[name].role == "problems" or forms[name].opens for name in verdict.ledgers)
    last = problem_history.last_serial(given, assignment.unit, year) if opens else 0
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
    events = events_between(before, after, at=at, by=assignment.respondent, submission=submission)
    problems.change(after, known_before, events)


def _found_on(here: Running, verdict: Review, at: datetime) -> date:
    """The day written on the cover, else the day the return came."""
    written = verdict.ledgers["cover"].facts.get("fill_date") if "cover" in verdict.ledgers else None
    return written if isinstance(written, date) else at.astimezone(here.zone).date()


def _printed_states(assignment: Assignment, form: str) -> dict[str, str]:
    rows = (assignment.printed or {}).get("rows", {}).get(form, ())
    return {row["problem_no"]: row["state"] for row in rows if "state" in row}
