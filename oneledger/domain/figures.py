"""What one ledger adds to the sums: figures by the keys of ``rollup.Rollup``, and their names in Chinese."""

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import chain, product
from typing import Any

from oneledger.domain.forms import Field, FieldRollup, Form
from oneledger.domain.problem_opening import opening_rows
from oneledger.domain.returns import Ledger
from oneledger.domain.rollup import Number

BLANK_WORD = "未填"
_KEY = re.compile(r"(?P<form>[a-z][a-z0-9]*)\.(?P<name>[a-z][a-z0-9_]*)(?:\[(?P<by>.*)\]|=(?P<choice>.*))?", re.DOTALL)
_BETWEEN = re.compile(r",(?=[a-z][a-z0-9_]*=)")


def figures_of(form: Form, ledger: Ledger) -> dict[str, Number]:
    """Personal fields never count. A blank adds nothing; a row whose counted column is blank counts under 未填."""
    figures: Counter[str] = Counter()
    for fact in form.facts:
        if not fact.personal:
            figures.update(_of_fact(form.form, fact, ledger.facts.get(fact.key)))
    if form.table is not None:
        figures.update(_of_rows(form, [row.values for row in ledger.rows]))
    if form.opens is not None:
        figures[opened_key(form)] = sum(1 for _ in opening_rows(form, ledger))
    return dict(figures)


def opened_key(form: Form) -> str:
    """How many of its rows went into the problem ledger by themselves."""
    return f"{form.form}.opened"


def _of_fact(form: str, fact: Field, value: Any) -> dict[str, Number]:
    if value is None or fact.rollup == FieldRollup.NONE:
        return {}
    if fact.rollup == FieldRollup.SUM:
        return {f"{form}.{fact.key}": value}
    return {f"{form}.{fact.key}={choice}": 1 for choice in choices_of(value)}


def choices_of(value: Any) -> list[str]:
    if isinstance(value, list):
        return [str(each) for each in value] or [BLANK_WORD]
    return [BLANK_WORD if value is None else str(value)]


def _of_rows(form: Form, rows: Sequence[Mapping[str, Any]]) -> Counter[str]:
    """A row with several choices in a counted column counts once under each."""
    table, name = form.table, form.form
    figures: Counter[str] = Counter({f"{name}.rows": len(rows)})
    if table is None:
        return figures
    personal = {column.key for column in table.columns if column.personal}
    for combination in table.rollup.count_by:
        if personal.isdisjoint(combination):
            for values, count in _counted(combination, rows).items():
                by = ",".join(f"{key}={value}" for key, value in zip(combination, values, strict=True))
                figures[f"{name}.rows[{by}]"] += count
    for column in table.rollup.sum:
        if column not in personal:
            figures[f"{name}.{column}"] = sum(row[column] for row in rows if row.get(column) is not None)
    return figures


def _counted(columns: Sequence[str], rows: Sequence[Mapping[str, Any]]) -> Counter[tuple[str, ...]]:
    """How many rows hold these choices together."""
    together = (product(*(choices_of(row.get(column)) for column in columns)) for row in rows)
    return Counter(chain.from_iterable(together))


@dataclass(frozen=True)
class Share:
    count: Number
    of: int

    @property
    def pct(self) -> float | None:
        """One decimal, never rounded up: 100 only where all did. None where nobody answered."""
        return self.count * 1000 // self.of / 10 if self.of else None


def share(figures: Mapping[str, Number], answered: Mapping[str, int], key: str) -> Share:
    """How many units, of those that answered the form."""
    return Share(figures.get(key, 0), answered.get(key.partition(".")[0], 0))


def figure_title(key: str, forms: Sequence[Form]) -> str:
    """ledger.rows[aspect7=工作机制] is 问题排查台账：所属方面为“工作机制”的条数. An unknown key is its own title."""
    match = _KEY.fullmatch(key)
    form = next((form for form in forms if match and form.form == match["form"]), None)
    if match is None or form is None:
        return key
    if key == opened_key(form):
        return f"{form.title}：转入问题台账的条数"
    if match["name"] == "rows":
        return f"{form.title}：{_conditions(form, match['by'])}条数"
    field = next((each for each in (*form.facts, *form.columns) if each.key == match["name"]), None)
    if field is None:
        return key
    if match["choice"] is not None:
        return f"{field.title}为“{match['choice']}”的单位数"
    return f"{field.title}（{field.unit}）" if field.unit and field.unit not in field.title else field.title


def _conditions(form: Form, by: str | None) -> str:
    if not by:
        return ""
    titles = {column.key: column.title for column in form.columns}
    pairs = (condition.partition("=") for condition in _BETWEEN.split(by))
    return "、".join(f"{titles.get(column, column)}为“{value}”" for column, _, value in pairs) + "的"
