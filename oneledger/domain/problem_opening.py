"""Rows of other forms that open problems by themselves: a measure not in place, a fault that inspectors found."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from typing import Any

from oneledger.domain.expressions import compiled
from oneledger.domain.forms import Form, Opening
from oneledger.domain.problem_states import NOT_STARTED
from oneledger.domain.problems import Numbers, Problem, told_again, withdrawn
from oneledger.domain.returns import Ledger, LedgerRow

Values = Mapping[str, Any]


def opened(
    form: Form, ledger: Ledger, submission: int, known: Sequence[Problem], free: Numbers, found_on: date
) -> list[Problem]:
    """The problems that this form's rows stand for, after it was accepted.

    A row is known again by the form and its key, so it opens a problem once, however often the form is returned. One
    that is in order now is withdrawn, unless its work was begun (domain.md 1.6; 004-B).
    """
    mine = {problem.source: problem for problem in known if problem.source.startswith(f"{form.form}/")}
    told: dict[str, Problem] = {}
    for source, row in opening_rows(form, ledger):
        values = {"found_on": found_on, **values_of(form.opens, row, ledger.facts)} if form.opens else {}
        old = mine.pop(source, None)
        if old is None:
            old = Problem(free.following(), free.unit, submission, row.line, NOT_STARTED, {}, source=source)
        told[old.problem_no] = told_again(old, submission, row.line, values)
    told |= {problem.problem_no: withdrawn(problem) for problem in mine.values()}
    return [told[number] for number in sorted(told)]


def opening_rows(form: Form, ledger: Ledger) -> Iterator[tuple[str, LedgerRow]]:
    """Each row that opens a problem, with what it is known by: selfcheck/12."""
    if form.opens is None or form.table is None:
        return
    holds = compiled(form.opens.condition).holds
    for row in ledger.rows:
        if holds({**ledger.facts, **row.values}):
            yield f"{form.form}/{row.values.get(form.table.key)}", row


def values_of(opens: Opening, row: LedgerRow, facts: Values) -> dict[str, Any]:
    return {
        **opens.values,
        **{key: facts.get(fact) for key, fact in opens.from_facts.items()},
        **{key: row.values.get(column) for key, column in opens.from_row.items()},
        **{key: each.words.get(str(row.values.get(each.column))) for key, each in opens.looked_up.items()},
    }
