"""A figure of a report taken apart again: the keys it was made of, and the cells that stand behind each key."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from oneledger.domain.errors import RefusedError
from oneledger.domain.figures import choices_of, opened_key
from oneledger.domain.forms import Field, FieldRollup, Form
from oneledger.domain.measures import clauses
from oneledger.domain.problem_opening import opening_rows
from oneledger.domain.returns import Ledger, LedgerRow
from oneledger.domain.rollup import Number, Rollup

MISSING_UNITS = "missing_units"
_KEY = r"units\[[^\]]*\]|children\[[^\]]*\]|missing_units|[a-z][a-z0-9]*\.[a-z][a-z0-9_]*(?:\[[^\]]*\]|=.*?)?"
_TERM = re.compile(rf"(?P<sign>[-+/]?)(?P<key>{_KEY})(?P<of>[@#][\w-]+)?(?=[-+/][a-z]|$)")
_WHOLE = re.compile(r"=\((?P<inner>.*)\)(?P<of>[@#][\w-]+)", re.DOTALL)
_CHILDREN = re.compile(r"children\[(?P<key>[a-z.]+)(?P<sign>[=>])(?P<number>\d+)\]")
_BETWEEN = re.compile(r",(?=[a-z][a-z0-9_]*=)")


@dataclass(frozen=True)
class Term:
    """One key of a formula. ``of``: whose figure; empty, @code (a child), #phase (the same unit, an earlier phase)."""

    sign: str  # + - /
    key: str  # a * in it stands for every value
    of: str = ""


@dataclass(frozen=True)
class Formula:
    terms: tuple[Term, ...]
    is_absolute: bool = False

    def value(self, numbers: Sequence[Number]) -> Number:
        """``numbers``: one for each term. A quotient keeps one decimal and is never rounded up, as reports write it."""
        total: Number = 0
        for term, number in zip(self.terms, numbers, strict=True):
            if term.sign == "/":
                total = int(total * 10 / number) / 10 if number else 0
            else:
                total += -number if term.sign == "-" else number
        return abs(total) if self.is_absolute else total


def parsed(figure: str) -> Formula:
    """A key as reports and workbooks print it. Raises RefusedError for what is none."""
    whole = _WHOLE.fullmatch(figure)
    text = whole["inner"] if whole else figure.removeprefix("=")
    is_absolute = text.startswith("|") and text.endswith("|")
    text = text.strip("|")
    terms, end = [], 0
    while end < len(text):
        match = _TERM.match(text, end)
        if match is None:
            raise RefusedError([f"{figure!r} is no figure: write the key that stands beside it in the list of sources"])
        terms.append(Term(match["sign"] or "+", match["key"], match["of"] or ""))
        end = match.end()
    if not terms:
        raise RefusedError(["no figure was named"])
    return Formula(tuple(replace(term, of=term.of or whole["of"]) if whole else term for term in terms), is_absolute)


def number_of(key: str, rollup: Rollup, children: Sequence[Rollup] = ()) -> Number:
    """A key's number in one roll-up; 0 where the roll-up does not have it."""
    if key == MISSING_UNITS:
        return len({code for code, _ in rollup.missing_units})  # one that owes two returns is one unit
    if match := _CHILDREN.fullmatch(key):
        return sum(is_counted(match, each) for each in children)
    kind, _, rest = key.partition(".")
    if kind == "coverage":
        return int(getattr(rollup.coverage, rest, 0))
    if kind == "answered":
        return rollup.answered.get(rest, 0)
    if "*" in key:
        wanted = _pattern(key)
        return sum(number for name, number in rollup.figures.items() if wanted.fullmatch(name))
    return rollup.figures.get(key, 0)


def recounted(key: str, parts: Iterable[tuple[str, Number]]) -> Number:
    """``parts``: (unit, what one return of it adds)."""
    if key == MISSING_UNITS:  # one that owes two returns is one unit
        return len({unit for unit, adds in parts if adds})
    return sum(adds for _, adds in parts)


def counts_children(key: str) -> re.Match[str] | None:
    return _CHILDREN.fullmatch(key)


def is_counted(condition: re.Match[str], child: Rollup) -> bool:
    number, bound = number_of(condition["key"], child), int(condition["number"])
    return number == bound if condition["sign"] == "=" else number > bound


def _pattern(key: str) -> re.Pattern[str]:
    return re.compile(re.escape(key).replace(r"\*", "(?:(?!,[a-z][a-z0-9_]*=).)*?"), re.DOTALL)


@dataclass(frozen=True)
class Cells:
    """Where in a workbook a part of a figure stands, and how much of the figure it makes."""

    sheet: str
    cells: tuple[str, ...]
    values: tuple[Any, ...]
    adds: Number


def cells_behind(form: Form, ledger: Ledger, key: str) -> list[Cells]:
    """What ``figures.figures_of`` added up to this key, cell by cell; it adds up to the same number."""
    if key == opened_key(form):
        table_key = form.table.key if form.table else None
        return [_cells(ledger, row, [table_key] if table_key else [], 1) for _, row in opening_rows(form, ledger)]
    name, _, rest = key.partition(".")
    if name != form.form:
        return []
    if rest.startswith("rows"):
        return list(_rows(ledger, rest.removeprefix("rows")))
    field, _, choice = rest.partition("=")
    fact = next((each for each in form.facts if each.key == field and not each.personal), None)
    if fact is not None:
        return _fact(ledger, fact, choice)
    return [_cells(ledger, row, [field], row.values[field]) for row in ledger.rows if row.values.get(field) is not None]


def words_counted(key: str) -> str | None:
    """The words of a measure whose units are counted, or None for any other key."""
    return key[len("units[") : -1] if key.startswith("units[") else None


def cells_naming(form: Form, ledger: Ledger, words: str) -> list[Cells]:
    """Where a return names a measure in these words (domain/measures.py)."""
    facts = [each.key for each in form.facts if each.names_measures]
    columns = [each.key for each in form.columns if each.names_measures]
    told = [(ledger.fact_cells.get(key, ""), ledger.facts.get(key)) for key in facts]
    told += [
        (f"{ledger.columns[key]}{row.line}", row.values.get(key))
        for row in ledger.rows for key in columns if key in ledger.columns
    ]  # fmt: skip
    return [
        Cells(ledger.sheet, (cell,), (text,), 1)
        for cell, text in told
        if isinstance(text, str) and words in clauses(text)
    ]


def _fact(ledger: Ledger, fact: Field, choice: str) -> list[Cells]:
    value = ledger.facts.get(fact.key)
    if value is None:
        return []
    if fact.rollup == FieldRollup.SUM:
        adds: Number = value
    else:
        adds = sum(choice in ("*", each) for each in choices_of(value))
    cell = ledger.fact_cells.get(fact.key, "")
    return [Cells(ledger.sheet, (cell,), (value,), adds)] if adds or fact.rollup == FieldRollup.SUM else []


def _rows(ledger: Ledger, by: str) -> Iterator[Cells]:
    pairs = [tuple(each.split("=", 1)) for each in _BETWEEN.split(by[1:-1])] if by else []
    conditions: Mapping[str, str] = dict(pairs)
    for row in ledger.rows:
        adds = 1
        for column, wanted in conditions.items():
            adds *= sum(wanted in ("*", each) for each in choices_of(row.values.get(column)))
        if adds:
            yield _cells(ledger, row, list(conditions), adds)


def _cells(ledger: Ledger, row: LedgerRow, columns: Sequence[str], adds: Number) -> Cells:
    """The columns that decided; where none did, the first of the table: the row itself is what was counted."""
    named = [column for column in columns if column in ledger.columns] or list(ledger.columns)[:1]
    cells = tuple(f"{ledger.columns[column]}{row.line}" for column in named)
    return Cells(ledger.sheet, cells, tuple(row.values.get(column) for column in named), adds)
