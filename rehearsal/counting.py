"""What one answer adds to the sums, counted by the rehearsal itself under the keys that roll-ups use.

``basics.found_total`` a sum · ``basics.has_plan=是`` units that said so · ``ledger.rows`` rows ·
``ledger.rows[aspect7=工作机制,risk=一般]`` rows of a combination (several choices in a cell count once each; a blank
one counts as 未填) · ``ledger.n_pupils`` the sum of a column.
"""

from collections.abc import Iterable, Sequence
from datetime import date
from typing import Any

from oneledger.domain.forms import FieldRollup, Form
from rehearsal.filler import Meant, Values
from rehearsal.obligations import COVER
from rehearsal.opening import opened_rows

_BLANK = "未填"

Figures = dict[str, float]


def figures_of(forms: Iterable[Form], meant: Meant) -> Figures:
    figures: Figures = {}
    for form in forms:
        if form.form != COVER:
            _count_facts(form, meant.facts.get(form.form, {}), figures)
            _count_rows(form, meant.rows.get(form.form, ()), figures)
            if form.opens:
                _add(figures, f"{form.form}.opened", len(list(opened_rows(form, meant, date.min))))
    return figures


def answered(forms: Iterable[Form]) -> list[str]:
    return [form.form for form in forms if form.form != COVER]


def _count_facts(form: Form, facts: Values, figures: Figures) -> None:
    for fact in form.facts:
        value = facts.get(fact.key)
        if fact.personal or value is None:
            continue
        if fact.rollup is FieldRollup.SUM:
            _add(figures, f"{form.form}.{fact.key}", value)
        elif fact.rollup is FieldRollup.COUNT:
            for word in _words(value):
                _add(figures, f"{form.form}.{fact.key}={word}", 1)


def _count_rows(form: Form, rows: Sequence[Values], figures: Figures) -> None:
    if form.table is None:
        return
    hidden = {column.key for column in form.columns if column.personal}
    _add(figures, f"{form.form}.rows", len(rows))
    for column in form.table.rollup.sum:
        if column not in hidden:
            _add(figures, f"{form.form}.{column}", sum(row[column] for row in rows if row.get(column) is not None))
    for columns in form.table.rollup.count_by:
        if not hidden & set(columns):
            for row in rows:
                for by in _combinations(columns, row):
                    _add(figures, f"{form.form}.rows[{by}]", 1)


def _combinations(columns: Sequence[str], row: Values) -> list[str]:
    found = [""]
    for column in columns:
        found = [f"{before},{column}={word}".lstrip(",") for before in found for word in _words(row.get(column))]
    return found


def _words(value: Any) -> list[str]:
    if isinstance(value, list | tuple):
        return [str(each) for each in value] or [_BLANK]
    return [_BLANK if value is None else str(value)]


def _add(figures: Figures, key: str, number: float) -> None:
    figures[key] = figures.get(key, 0) + number
