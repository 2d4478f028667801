"""The problem ledger: numbers given once and never re-used, what is still open, what is late."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from oneledger.domain.problem_states import (
    AWAITING_WORK,
    CLOSED,
    CLOSED_STATES,
    LASTING,
    NOT_STARTED,
    RELAPSE_SEEN,
    WITHDRAWN,
    may_follow,
)
from oneledger.domain.returns import LedgerRow

__all__ = ["CLOSED", "CLOSED_STATES", "NOT_STARTED", "WITHDRAWN"]

INCIDENT = "已发生或正在发生的事件"  # the kind of row (条目类型) that is no lack or sign but a case
LEDGER = "ledger"  # told in the unit's own problem ledger


@dataclass(frozen=True)
class Problem:
    problem_no: str  # unit code, year, four digits
    unit: str
    submission: int  # where its values were last read
    line: int
    state: str
    values: Mapping[str, Any]
    progress: Mapping[str, Any] | None = None
    source: str = LEDGER  # or the form and row that opened it: selfcheck/12
    carried_from: str | None = None  # the campaign it was left open in

    @property
    def is_open(self) -> bool:
        return self.state not in CLOSED_STATES

    @property
    def due_on(self) -> date | None:
        """The deadline that holds: the one it was extended to, else its own."""
        told = (self.progress or {}).get("new_due_on") or self.values.get("due_on")
        return date.fromisoformat(told[:10]) if isinstance(told, str) else told

    def is_overdue(self, today: date) -> bool:
        """逾期: work is still awaited and the deadline has passed (000-18)."""
        return self.state in AWAITING_WORK and self.due_on is not None and self.due_on < today


@dataclass
class Numbers:
    """Gives a unit's next problem numbers. ``last``: the highest serial it was ever given, in any campaign."""

    unit: str
    year: int
    last: int = 0

    def following(self) -> str:
        self.last += 1
        return f"{self.unit}-{self.year}-{self.last:04d}"


def serial_of(problem_no: str) -> int:
    return int(problem_no.rpartition("-")[2])


def numbers(unit: str, year: int, known: Iterable[Problem], last: int = 0) -> Numbers:
    return Numbers(unit, year, max((last, *(serial_of(problem.problem_no) for problem in known))))


def numbered(
    unit: str, year: int, submission: int, rows: Sequence[LedgerRow], known: Sequence[Problem], last_serial: int = 0
) -> list[Problem]:
    """The unit's problems after a ledger was accepted, without those that other forms opened.

    A row is a known problem if it carries its number, else if its description is the same; the rest get the next free
    numbers. A known problem that the newer ledger no longer holds is withdrawn: kept, never deleted, never re-used;
    but one that was begun, or carried over from an earlier campaign, goes on as it was.
    """
    free = numbers(unit, year, known, last_serial)
    left = {problem.problem_no: problem for problem in known if problem.source == LEDGER}
    result: dict[str, Problem] = {}
    for row in rows:
        old = _known_as(row, left)
        if old is None:
            old = Problem(free.following(), unit, submission, row.line, NOT_STARTED, {})
        left.pop(old.problem_no, None)
        result[old.problem_no] = told_again(old, submission, row.line, row.values)
    result |= {number: withdrawn(problem) for number, problem in left.items()}
    return [result[number] for number in sorted(result)]


def told_again(problem: Problem, submission: int, line: int, values: Mapping[str, Any]) -> Problem:
    """What was withdrawn and is told again opens again, under its number."""
    state = NOT_STARTED if problem.state == WITHDRAWN else problem.state
    return replace(problem, submission=submission, line=line, state=state, values=values)


def withdrawn(problem: Problem) -> Problem:
    may_go = may_follow(problem.state, WITHDRAWN) and problem.carried_from is None
    return replace(problem, state=WITHDRAWN) if may_go else problem


def _known_as(row: LedgerRow, left: Mapping[str, Problem]) -> Problem | None:
    """By its number, else the first of the same description; each known problem answers to one row."""
    told, description = str(row.values.get("problem_no")), row.values.get("description")
    same = (problem for problem in left.values() if problem.values.get("description") == description)
    return left.get(told) or next(same, None)


def progressed(
    rows: Sequence[LedgerRow], submission: int, known: Sequence[Problem], printed: Mapping[str, str] | None = None
) -> list[Problem]:
    """Known problems with the state and progress of an accepted rectification sheet (domain.md 1.3).

    ``printed``: the state each problem had when the sheet was made, by number. A second version of the same sheet
    corrects the first, so moves are judged from there. Review told the unit of a move that is not in the table; should
    one come through all the same, the state stays and the words are kept.
    """
    by_number = {problem.problem_no: problem for problem in known}
    told = [(by_number.get(str(row.values.get("problem_no"))), row) for row in rows]
    return [
        replace(
            problem,
            submission=submission,
            line=row.line,
            state=moved(problem.state, (printed or {}).get(problem.problem_no), row.values),
            progress=row.values,
        )
        for problem, row in told
        if problem is not None
    ]


def moved(state: str, printed: str | None, told: Mapping[str, Any]) -> str:
    """The state after a row was told; the old one where the table knows no such move."""
    after = told.get("state") or state
    relapse_seen = told.get("lookback_result") == RELAPSE_SEEN
    if any(may_follow(before, after, relapse_seen=relapse_seen) for before in (printed or state, state)):
        return str(after)
    return state


def printed_row(problem: Problem) -> dict[str, Any]:
    """What the next sheet shows of a problem: its own values, overlaid with what was last told of it."""
    return {**problem.values, **(problem.progress or {}), "problem_no": problem.problem_no, "state": problem.state}


def closing_counts(problems: Iterable[Problem]) -> tuple[int, int]:
    """已销号, 应整改: without the lasting, which are never closed, and the withdrawn ones (domain.md 1.3)."""
    due = [each for each in problems if each.state != WITHDRAWN and each.values.get("fix_mode") != LASTING]
    return sum(each.state == CLOSED for each in due), len(due)


def carried(problem: Problem, campaign: str) -> Problem:
    """An open problem as the next campaign takes it over: number, state, deadline and what was told of it stay."""
    return replace(problem, carried_from=campaign)


def units_with_incidents(problems: Iterable[Problem], no_bullying: Collection[str]) -> set[str]:
    """Units whose ledger told of a case (000-26). ``no_bullying``: severities of national code 0."""
    return {
        each.unit
        for each in problems
        if each.state != WITHDRAWN
        and each.values.get("item_type") == INCIDENT
        and each.values.get("severity") not in no_bullying
    }
