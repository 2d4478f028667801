"""A roll-up as a report reads it: looked up by key, and every number that was used is kept with its key."""

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property, lru_cache
from typing import Any

from oneledger.domain.campaigns import Campaign, Phase
from oneledger.domain.day_map import DayMap
from oneledger.domain.forms import Field, FieldRollup, Form
from oneledger.domain.measures import NamedMeasure
from oneledger.domain.phrases import grouped, share
from oneledger.domain.rectifying import Point
from oneledger.domain.rollup import Coverage, Number, Rollup

_BETWEEN = re.compile(r",(?=[a-z][a-z0-9_]*=)")


@dataclass(frozen=True)
class UnitBrief:
    code: str
    name: str
    level: str


@dataclass(frozen=True)
class SnapshotView:
    """One unit's frozen figures with all that a report of them needs. ``children`` stand in administrative order."""

    campaign: Campaign
    phase: Phase
    label: str
    as_of: datetime  # aware
    unit: UnitBrief
    rollup: Rollup
    children: tuple[tuple[UnitBrief, Rollup], ...]
    previous: Rollup | None  # the same unit, the phase before
    forms: Mapping[str, Form]
    snapshot_id: str
    digest: str
    addressee: str = ""  # 主送; empty: a person writes it
    is_reviewed: bool = False  # a person has signed for the figures
    signoff: Mapping[str, Any] | None = None  # who signed and who did not; None: the campaign asks nobody
    measures: tuple[NamedMeasure, ...] = ()  # those that most units name in their own words
    rectified: tuple[Point, ...] = ()  # found and closed by day; empty where the phase does not ask
    day_map: DayMap | None = None  # of the counties below; None: the office has none

    @cached_property
    def form_names(self) -> tuple[str, ...]:
        """The phase's forms, in the order in which its deliverables name them."""
        references = (name for each in self.campaign.deliverables_of(self.phase.phase) for name in each.forms)
        return tuple(dict.fromkeys(name.rpartition("-v")[0] for name in references))

    @cached_property
    def phase_forms(self) -> tuple[Form, ...]:
        known = {form.form: form for form in self.forms.values()}
        return tuple(known[name] for name in self.form_names if name in known)

    def form_with(self, column: str) -> Form | None:
        """The phase's form that has a column of this key."""
        return next((form for form in self.phase_forms if any(each.key == column for each in form.columns)), None)

    @cached_property
    def problem_form(self) -> Form | None:
        """The ledger of problems, of whatever phase."""
        return next((form for form in self.forms.values() if form.role == "problems"), None)

    def form_in_role(self, role: str) -> Form | None:
        return next((form for form in self.phase_forms if form.role == role), None)


@dataclass(frozen=True)
class Source:
    """A number of the report and where it comes from.

    ``key``: of the unit's own roll-up in this snapshot; ``@code`` after it, of the child with that code; ``#phase``, of
    the unit's last snapshot of that earlier phase. A key that starts with = is a formula of keys (domain/tracing.py).
    """

    key: str
    title: str
    value: str
    unit: str


class Figures:
    """Looks figures up in one roll-up and remembers which were cited. Roll-ups leave zeros out: an absent one is 0."""

    def __init__(self, rollup: Rollup, whose: str = "", sources: dict[str, Source] | None = None) -> None:
        self.rollup = rollup
        self.whose = whose
        self.sources: dict[str, Source] = {} if sources is None else sources

    def beside(self, rollup: Rollup, whose: str) -> "Figures":
        """Another roll-up, whose numbers are kept with these."""
        return Figures(rollup, whose, self.sources)

    def number(self, key: str) -> Number:
        name, _, rest = key.partition(".")
        if name == "coverage":
            return int(getattr(self.rollup.coverage, rest))
        if name == "answered":
            return self.rollup.answered.get(rest, 0)
        return self.rollup.figures.get(key, 0)

    def cite(self, key: str, title: str, unit: str = "") -> str:
        """The number with its unit, for a sentence."""
        return self.cited(key, title, self.number(key), unit)

    def cited(self, key: str, title: str, value: Number, unit: str = "") -> str:
        """A number reckoned from others, under a formula of their keys."""
        named = f"=({key[1:]}){self.whose}" if self.whose and key.startswith("=") else f"{key}{self.whose}"
        self.sources.setdefault(named, Source(named, title, grouped(value), unit))
        return f"{grouped(value)}{unit}"

    def share(self, title: str, part: tuple[str, Number], whole: tuple[str, Number]) -> str:
        """92.3%（12/13）, both numbers kept with their keys."""
        self.cited(part[0], title, part[1])
        self.cited(whole[0], f"{title}（分母）", whole[1])
        return share(part[1], whole[1])

    def rows(self, form: Form, **where: str) -> Number:
        """Rows of a table, all or those with these values."""
        known = self.rollup.figures
        if not where:
            return known.get(f"{form.form}.rows", 0)
        combination = counted_with(form, where)
        if len(combination) <= len(where):
            return known.get(cell_key(form, where), 0)
        return sum(known[key] for key in self._finer_keys(form, where, combination))

    def _finer_keys(self, form: Form, where: Mapping[str, str], combination: Sequence[str]) -> list[str]:
        """Where such rows are only counted together with further columns: the keys that add up to them."""
        wanted = [f"{column}={value}" for column, value in where.items()]
        start = f"{form.form}.rows[{combination[0]}="
        cells = [key for key in self.rollup.figures if key.startswith(start)]
        return [key for key in cells if _is_within(key, wanted, len(combination))]


def counted_with(form: Form, columns: Iterable[str]) -> tuple[str, ...]:
    """The smallest combination of columns by which the form counts its rows and which holds these; () if none does."""
    return _smallest(form.table.rollup.count_by, tuple(columns)) if form.table else ()


@lru_cache(maxsize=1024)
def _smallest(counted: Iterable[tuple[str, ...]], columns: tuple[str, ...]) -> tuple[str, ...]:
    wanted = set(columns)
    return min((each for each in counted if wanted <= set(each)), key=len, default=())


def cell_key(form: Form, where: Mapping[str, str]) -> str:
    """The key of such rows, its columns in the form's order; * for every value of a column counted with them."""
    columns = counted_with(form, where) or tuple(where)
    pairs = [f"{column}={where.get(column, '*')}" for column in columns]
    return f"{form.form}.rows[{','.join(pairs)}]"


def _is_within(key: str, wanted: Sequence[str], length: int) -> bool:
    pairs = _pairs(key)
    return len(pairs) == length and all(pair in pairs for pair in wanted)


@lru_cache(maxsize=8192)
def _pairs(key: str) -> tuple[str, ...]:
    return tuple(_BETWEEN.split(key[key.index("[") + 1 : -1]))


ANSWERED, OWED = "=coverage.returned+coverage.zero", "=coverage.expected-coverage.exempt"


def answered_rate(coverage: Coverage) -> tuple[int, int]:
    """Answers (with zero reports) and those owed, without the exempt: both numbers of 报送率."""
    return coverage.returned + coverage.zero, coverage.expected - coverage.exempt


def own_part(view: SnapshotView) -> Rollup | None:
    """What the unit itself owes and returned, beside its children; None where that is nothing."""
    below = [rollup for _, rollup in view.children]
    whole = view.rollup.coverage
    names = ("returned", "zero", "exempt", "missing", "late", "in_correction")
    rest = {name: getattr(whole, name) - sum(getattr(each.coverage, name) for each in below) for name in names}
    coverage = Coverage(**rest)
    if not below or coverage.expected <= 0:
        return None
    children_miss = {code for each in below for code, _ in each.missing_units}
    missing = tuple(each for each in view.rollup.missing_units if each[0] not in children_miss)
    figures = _less(view.rollup.figures, (each.figures for each in below))
    answered = {name: int(number) for name, number in _less(view.rollup.answered, (e.answered for e in below)).items()}
    return Rollup(figures | _own_zeros(view, figures, answered), answered, coverage, missing)


def _own_zeros(view: SnapshotView, figures: Mapping[str, Number], answered: Mapping[str, int]) -> dict[str, Number]:
    """Sums the unit was asked and answered with 0, which the difference alone cannot tell from not asked."""
    return {
        key: 0
        for form in view.phase_forms
        if answered.get(form.form)
        for fact in form.facts
        if fact.rollup == FieldRollup.SUM and (not fact.levels or view.unit.level in fact.levels)
        for key in [f"{form.form}.{fact.key}"]
        if key in view.rollup.figures and key not in figures
    }


def _less(whole: Mapping[str, Number], parts: Iterable[Mapping[str, Number]]) -> dict[str, Number]:
    left = defaultdict[str, Number](int, whole)
    for part in parts:
        for key, number in part.items():
            left[key] -= number
    return {key: number for key, number in left.items() if number}


def column_of(form: Form, key: str) -> Field | None:
    return next((column for column in form.columns if column.key == key), None)


def groups_of(fields: Iterable[Field]) -> dict[str, list[Field]]:
    found: dict[str, list[Field]] = {}
    for field in fields:
        found.setdefault(field.group, []).append(field)
    return found
