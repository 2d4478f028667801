"""The figures of a consolidated workbook: which columns the summary has, which lines the table of facts."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

from oneledger.domain.absent import levels_asked
from oneledger.domain.forms import Field, FieldRollup, FieldType, Form
from oneledger.domain.phrases import cut_share
from oneledger.domain.problems import CLOSED
from oneledger.domain.report_blocks import counted_alone
from oneledger.domain.report_facts import facts_asked, keys_of, plain_group, statement
from oneledger.domain.report_figures import Figures, SnapshotView, answered_rate, cell_key, column_of
from oneledger.domain.report_problems import due_problems
from oneledger.domain.rollup import Number

MANY_CHOICES = 8
"""A split into more columns than this would not fit a page; the report's text has it."""


@dataclass(frozen=True)
class Column:
    """One figure for every unit. ``tell`` gives None where there is none, which is not 0 (domain/absent.py)."""

    group: str
    title: str
    key: str
    tell: Callable[[Figures], float | None]
    is_share: bool = False
    asked: frozenset[str] = frozenset()  # levels that owe it


COVERAGE = {"expected": "应报", "returned": "已报", "zero": "零报告", "exempt": "免报", "missing": "未报"}


def coverage_columns() -> list[Column]:
    counts = [_number("报送情况", title, f"coverage.{name}") for name, title in COVERAGE.items()]
    formula = "=(coverage.returned+coverage.zero)/(coverage.expected-coverage.exempt)"
    rate = Column(
        "报送情况", "报送率", formula, lambda each: cut_share(*answered_rate(each.rollup.coverage)), is_share=True
    )
    return [*counts, rate]


def _number(group: str, title: str, key: str) -> Column:
    return Column(group, title, key, lambda figures: figures.number(key))


def summary_columns(view: SnapshotView) -> list[Column]:
    """What every unit below is compared by: returns, then each table of the phase."""
    forms = ((form, levels_asked(view, form)) for form in view.phase_forms if form.table)
    return coverage_columns() + [replace(each, asked=asked) for form, asked in forms for each in _table_columns(form)]


def _table_columns(form: Form) -> Iterator[Column]:
    name = form.form

    def told(tell: Callable[[Figures], float | None]) -> Callable[[Figures], float | None]:
        return lambda figures: tell(figures) if figures.rollup.answered.get(name) else None

    yield Column(form.sheet, "报送单位", f"answered.{name}", lambda each: each.number(f"answered.{name}"))
    yield Column(form.sheet, "条数", f"{name}.rows", told(lambda each: each.rows(form)))
    for summed in form.table.rollup.sum if form.table else ():
        if column := column_of(form, summed):
            key = f"{name}.{summed}"
            yield Column(form.sheet, column.title, key, told(lambda figures, key=key: figures.number(key)))  # type: ignore[misc]
    if form.role == "progress":
        yield from _progress_columns(form, told)
    for column in counted_alone(form):
        if len(column.allowed) <= MANY_CHOICES:
            yield from _choice_columns(form, column, told)


Told = Callable[[Callable[[Figures], float | None]], Callable[[Figures], float | None]]


def _progress_columns(form: Form, told: Told) -> Iterator[Column]:
    formula = f"={form.form}.rows-{cell_key(form, {'fix_mode': '长期坚持'})}"
    yield Column(form.sheet, "应整改", formula, told(lambda each: due_problems(each, form)))
    rate = told(lambda each: cut_share(each.rows(form, state=CLOSED), due_problems(each, form)))
    yield Column(form.sheet, "整改率", f"={cell_key(form, {'state': CLOSED})}/({formula[1:]})", rate, is_share=True)


def _choice_columns(form: Form, column: Field, told: Told) -> Iterator[Column]:
    for value in column.allowed:
        key = cell_key(form, {column.key: value})
        tell = told(lambda figures, key=key: figures.rollup.figures.get(key, 0))  # type: ignore[misc]
        yield Column(f"{form.sheet}：{column.title}", value, key, tell)


@dataclass(frozen=True)
class FactLine:
    """One line of the table of facts. A unit of which none of ``keys`` is known was not asked or has not answered."""

    group: str
    title: str
    unit: str
    key: str
    keys: tuple[str, ...]
    asked: frozenset[str] = frozenset()  # levels that owe it

    def tell(self, figures: Figures) -> Number | None:
        known = figures.rollup.figures
        if self.key in known:
            return known[self.key]
        return None if known.keys().isdisjoint(self.keys) else 0


def fact_lines(view: SnapshotView) -> list[FactLine]:
    asked = (
        (form, fact, levels & frozenset(fact.levels or levels))
        for form in view.phase_forms
        for levels in [levels_asked(view, form)]
        for fact in facts_asked(view, form)
        if fact.key != form.zero_fact
    )
    return [replace(line, asked=levels) for form, fact, levels in asked for line in _lines(form, fact)]


def _lines(form: Form, fact: Field) -> list[FactLine]:
    group, key = plain_group(fact.group), f"{form.form}.{fact.key}"
    keys = keys_of(form, fact)
    if fact.rollup == FieldRollup.SUM:
        return [FactLine(group, fact.title, fact.unit, key, keys)]
    if fact.type == FieldType.YESNO:
        return [FactLine(group, statement(fact.title), "个", f"{key}=是", keys)]
    return [FactLine(group, f"{fact.title}：{value}", "个", f"{key}={value}", keys) for value in fact.allowed]
