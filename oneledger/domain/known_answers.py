"""What one unit has answered so far, looked up by the names an outline uses; each look-up keeps where it was found."""

import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from functools import cached_property
from typing import Any

from oneledger.domain.figures import figures_of
from oneledger.domain.forms import Field, FieldType, Form
from oneledger.domain.phrases import day_text, grouped
from oneledger.domain.returns import Ledger, LedgerRow

_ROWS = re.compile(r"rows(?:\[(?P<of>.+)\]| by (?P<by>\w+))?")


@dataclass(frozen=True)
class Answer:
    """The answer of one form that counts. ``form`` as the unit's level sees it."""

    form: Form
    ledger: Ledger
    source: str  # of which return it is: 部署摸底第2次

    @cached_property
    def figures(self) -> Mapping[str, float]:
        return figures_of(self.form, self.ledger)


@dataclass(frozen=True)
class Use:
    """A figure that was used, and where it stands."""

    title: str
    value: str
    place: str


def ledger_of(form: Form, data: Mapping[str, Any]) -> Ledger:
    """A ledger as it was kept: days are days again."""
    facts = {fact.key: fact for fact in form.facts}
    columns = {column.key: column for column in form.columns}
    rows = [LedgerRow(row["line"], typed_values(columns, row["values"])) for row in data["rows"]]
    return replace(Ledger(**{**data, "rows": rows}), facts=typed_values(facts, data["facts"]))


def typed_values(fields: Mapping[str, Field], values: Mapping[str, Any]) -> dict[str, Any]:
    return {
        key: date.fromisoformat(value[:10]) if isinstance(value, str) and _is_day(fields.get(key)) else value
        for key, value in values.items()
    }


def _is_day(field: Field | None) -> bool:
    return field is not None and field.type == FieldType.DATE


class KnownAnswers:
    """``forms``: all forms of the campaign by name; ``answers``: those that the unit has answered."""

    def __init__(self, forms: Mapping[str, Form], answers: Mapping[str, Answer]) -> None:
        self._forms = forms
        self.answers = answers
        self.used: dict[str, Use] = {}
        self.scope = {
            f"{name}_{key}": value
            for name, answer in answers.items()
            for key, value in {**answer.ledger.facts, "rows": len(answer.ledger.rows)}.items()
        }

    def title(self, place: str) -> str:
        """What the unit would have to tell; empty where the campaign never asks it."""
        name, _, key = place.partition(".")
        form = self._forms.get(name)
        if form is None:
            return ""
        if _ROWS.fullmatch(key):
            return form.title
        field = next((each for each in form.facts if each.key == key), None)
        return field.title if field else ""

    def titles_of_scope(self, names: frozenset[str]) -> list[str]:
        """Of the names of a condition that have no value."""
        unknown = sorted(name for name in names if self.scope.get(name) is None)
        return [title for name in unknown if (title := self.title(name.replace("_", ".", 1)))]

    def text(self, place: str) -> str | None:
        """None where nobody answered it."""
        name, _, key = place.partition(".")
        answer = self.answers.get(name)
        if answer is None:
            return None
        rows = _ROWS.fullmatch(key)
        return _rows_text(answer, rows) if rows else self._fact_text(answer, key)

    def cited(self, place: str) -> str | None:
        """As ``text``; where it was found is kept."""
        text = self.text(place)
        if text is not None and place not in self.used:
            name, _, key = place.partition(".")
            answer = self.answers[name]
            cell = answer.ledger.fact_cells.get(key) or "各行"
            self.used[place] = Use(self.title(place), text, f"{answer.ledger.sheet}{cell}，{answer.source}")
        return text

    def _fact_text(self, answer: Answer, key: str) -> str | None:
        field = next((each for each in answer.form.facts if each.key == key), None)
        return None if field is None else value_text(answer.ledger.facts.get(key))


def _rows_text(answer: Answer, rows: re.Match[str]) -> str | None:
    name = answer.form.form
    if rows["by"] is None:
        key = f"{name}.rows[{rows['of']}]" if rows["of"] else f"{name}.rows"
        return grouped(answer.figures.get(key, 0))
    column = next((each for each in answer.form.columns if each.key == rows["by"]), None)
    told = [row.values.get(rows["by"]) for row in answer.ledger.rows]
    counts = Counter(str(value) for value in told if value is not None)
    order = column.allowed if column and column.allowed else tuple(counts)
    return "、".join(f"{value}{counts[value]}个" for value in order if counts[value]) or None


def value_text(value: Any) -> str | None:
    """As a sentence writes it; None of a blank."""
    if value is None or value in ("", [], ()):
        return None
    if isinstance(value, date):
        return day_text(value)
    if isinstance(value, list | tuple):
        return "、".join(map(str, value))
    return grouped(value) if isinstance(value, int | float) else str(value)
