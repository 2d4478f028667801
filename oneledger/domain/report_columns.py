"""The figures of a consolidated workbook: which columns the summary has, which lines the table of facts."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import cache
from operator import attrgetter

from oneledger.domain.absent import levels_asked
from oneledger.domain.forms import Field, FieldRollup, FieldType, Form
from oneledger.domain.phrases import cut_share
from oneledger.domain.problems import CLOSED
from oneledger.domain.remembered import once_a_form
from oneledger.domain.report_blocks import counted_alone
from oneledger.domain.report_facts import keys_of, plain_group, rolled_facts, statement
from oneledger.domain.report_figures import Figures, SnapshotView, answered_rate, cell_key, column_of
from oneledger.domain.report_problems import due_problems

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


@cache
def coverage_columns() -> tuple[Column, ...]:
    counts = [
        Column("报送情况", title, f"coverage.{name}", attrgetter(f"rollup.coverage.{name}"))
        for name, title in COVERAGE.items()
    ]
    formula = "=(coverage.returned+coverage.zero)/(coverage.expected-coverage.exempt)"
    rate = Column(
        "报送情况", "报送率", formula, lambda each: cut_share(*answered_rate(each.rollup.coverage)), is_share=True
    )
    return (*counts, rate)


def summary_columns(view: SnapshotView) -> list[Column]:
    """What every unit below is compared by: returns, then each table of the phase."""
    forms = [form for form in view.phase_forms if form.table]
    each_form = (_columns_by_levels(form)(levels_asked(view, form)) for form in forms)
    return [*coverage_columns(), *(column for columns in each_form for column in columns)]


@once_a_form
def _columns_by_levels(form: Form) -> Callable[[frozenset[str]], list[Column]]:
    told = list(_table_columns(form))

    @cache
    def columns_asked(levels: frozenset[str]) -> list[Column]:
        return [replace(each, asked=levels) for each in told]

    return columns_asked


def _table_columns(form: Form) -> Iterator[Column]:
    name = form.form

    def told(tell: Callable[[Figures], float | None]) -> Callable[[Figures], float | None]:
        return lambda figures: tell(figures) if figures.rollup.answered.get(name) else None

    yield Column(form.sheet, "报送单位", f"answered.{name}", lambda each: each.rollup.answered.get(name, 0))
    yield Column(form.sheet, "条数", f"{name}.rows", _plain(name, f"{name}.rows"))
    for summed in form.table.rollup.sum if form.table else ():
        if column := column_of(form, summed):
            key = f"{name}.{summed}"
            yield Column(form.sheet, column.title, key, _plain(name, key))
    if form.role == "progress":
        yield from _progress_columns(form, told)
    for column in counted_alone(form):
        if len(column.allowed) <= MANY_CHOICES:
            yield from _choice_columns(form, column)


def _plain(form: str, key: str) -> Callable[[Figures], float | None]:
    """The figure of a key, as it stands in the roll-up of whoever answered the form."""

    def tell(figures: Figures) -> float | None:
        rollup = figures.rollup
        return rollup.figures.get(key, 0) if rollup.answered.get(form) else None

    return tell


Told = Callable[[Callable[[Figures], float | None]], Callable[[Figures], float | None]]


def _progress_columns(form: Form, told: Told) -> Iterator[Column]:
    formula = f"={form.form}.rows-{cell_key(form, {'fix_mode': '长期坚持'})}"
    yield Column(form.sheet, "应整改", formula, told(lambda each: due_problems(each, form)))
    rate = told(lambda each: cut_share(each.rows(form, state=CLOSED), due_problems(each, form)))
    yield Column(form.sheet, "整改率", f"={cell_key(form, {'state': CLOSED})}/({formula[1:]})", rate, is_share=True)


def _choice_columns(form: Form, column: Field) -> Iterator[Column]:
    for value in column.allowed:
        key = cell_key(form, {column.key: value})
        yield Column(f"{form.sheet}：{column.title}", value, key, _plain(form.form, key))


@dataclass(frozen=True)
class FactLine:
    """One line of the table of facts. A unit of which none of ``keys`` is known was not asked or has not answered."""

    group: str
    title: str
    unit: str
    key: str
    keys: tuple[str, ...]
    asked: frozenset[str] = frozenset()  # levels that owe it


def fact_lines(view: SnapshotView) -> list[FactLine]:
    """Of facts that somebody here has answered by now, as in the report's text."""
    nobody_told = view.rollup.figures.keys().isdisjoint
    each_form = (_lines_by_levels(form)(levels_asked(view, form)) for form in view.phase_forms)
    return [line for lines in each_form for line in lines if not nobody_told(line.keys)]


@once_a_form
def _lines_by_levels(form: Form) -> Callable[[frozenset[str]], list[FactLine]]:
    """By the levels that owe the form: the same for every office of a phase."""
    told = [(fact, _lines(form, fact)) for fact, _ in rolled_facts(form) if fact.key != form.zero_fact]

    @cache
    def lines_asked(levels: frozenset[str]) -> list[FactLine]:
        asked = ((levels & frozenset(fact.levels or levels), lines) for fact, lines in told)
        return [replace(line, asked=owing) for owing, lines in asked for line in lines]

    return lines_asked


def _lines(form: Form, fact: Field) -> list[FactLine]:
    group, key = plain_group(fact.group), f"{form.form}.{fact.key}"
    keys = keys_of(form, fact)
    if fact.rollup == FieldRollup.SUM:
        return [FactLine(group, fact.title, fact.unit, key, keys)]
    if fact.type == FieldType.YESNO:
        return [FactLine(group, statement(fact.title), "个", f"{key}=是", keys)]
    return [FactLine(group, f"{fact.title}：{value}", "个", f"{key}={value}", keys) for value in fact.allowed]
