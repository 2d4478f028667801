"""The problem ledger's life: numbers given once and never re-used, states, what is still open."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from oneledger.domain.returns import LedgerRow

NOT_STARTED, CLOSED, WITHDRAWN = "未启动", "已销号", "已撤回"
CLOSED_STATES = frozenset({CLOSED, WITHDRAWN})


@dataclass(frozen=True)
class Problem:
    problem_no: str  # unit code, year, four digits
    unit: str
    submission: int  # where its values were last read
    line: int
    state: str
    values: Mapping[str, Any]
    progress: Mapping[str, Any] | None = None

    @property
    def is_open(self) -> bool:
        return self.state not in CLOSED_STATES


def numbered(
    unit: str, year: int, submission: int, rows: Sequence[LedgerRow], known: Sequence[Problem]
) -> list[Problem]:
    """The unit's problems after a ledger was accepted.

    A row is a known problem if it carries its number, else if its description is the same; the rest get the next free
    numbers. A known problem that the newer ledger no longer holds is withdrawn: kept, never deleted, never re-used.
    """
    left = {problem.problem_no: problem for problem in known}
    serial = max((int(number[-4:]) for number in left), default=0)
    result: dict[str, Problem] = {}
    for row in rows:
        old = _known_as(row, left)
        if old is None:
            serial += 1
            old = Problem(f"{unit}-{year}-{serial:04d}", unit, submission, row.line, NOT_STARTED, {})
        left.pop(old.problem_no, None)
        state = NOT_STARTED if old.state == WITHDRAWN else old.state
        result[old.problem_no] = replace(old, submission=submission, line=row.line, state=state, values=row.values)
    result |= {number: replace(problem, state=WITHDRAWN) for number, problem in left.items()}
    return [result[number] for number in sorted(result)]


def _known_as(row: LedgerRow, left: Mapping[str, Problem]) -> Problem | None:
    """By its number, else the first of the same description; each known problem answers to one row."""
    told, description = str(row.values.get("problem_no")), row.values.get("description")
    same = (problem for problem in left.values() if problem.values.get("description") == description)
    return left.get(told) or next(same, None)


def progressed(rows: Sequence[LedgerRow], submission: int, known: Sequence[Problem]) -> list[Problem]:
    """Known problems with the state and progress of an accepted rectification sheet (domain.md 1.3)."""
    by_number = {problem.problem_no: problem for problem in known}
    told = [(by_number.get(str(row.values.get("problem_no"))), row) for row in rows]
    return [
        replace(
            problem,
            submission=submission,
            line=row.line,
            state=row.values.get("state") or problem.state,
            progress=row.values,
        )
        for problem, row in told
        if problem is not None
    ]


def printed_row(problem: Problem) -> dict[str, Any]:
    """What the next sheet shows of a problem: its own values, overlaid with what was last told of it."""
    return {**problem.values, **(problem.progress or {}), "problem_no": problem.problem_no, "state": problem.state}
