"""Walk a figure of a frozen report down to units, submissions, cells and mails."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from oneledger.domain.assignments import Assignment
from oneledger.domain.errors import RefusedError
from oneledger.domain.figures import figure_title
from oneledger.domain.forms import Form
from oneledger.domain.known_answers import ledger_of
from oneledger.domain.returns import Ledger
from oneledger.domain.rollup import Number, Rollup
from oneledger.domain.tracing import (
    MISSING_UNITS,
    Term,
    cells_behind,
    cells_naming,
    counts_children,
    is_counted,
    number_of,
    parsed,
    recounted,
    words_counted,
)  # fmt: skip
from oneledger.store import snapshots, submissions
from oneledger.store.database import slices
from oneledger.store.snapshots import Frozen
from tasks.freezing import frozen_figures
from tasks.office import Running, running
from tasks.recounting import Figures, Own, basis_of, by_unit, own_reader, reference_of
from tasks.rereading import reread
from tasks.trees import tree_of


@dataclass
class _Book:
    """A snapshot and the returns it was made of."""

    here: Running  # in the tree of then
    frozen: Frozen

    @cached_property
    def figures(self) -> Figures:
        with self.here.office.store.read() as connection:
            return frozen_figures(self.here, connection, self.frozen)

    def children(self, code: str) -> dict[str, Rollup]:
        return self.figures.of(self.here.children.get(code, ()))

    def below(self, code: str) -> list[Own]:
        """Of the unit itself and of every unit that reports up to it."""
        below = set(self.here.below(code))
        return [each for each in self._own if each.assignment.unit in below]

    @cached_property
    def _own(self) -> list[Own]:
        with self.here.office.store.read() as connection:
            return basis_of(self.here, connection, reference_of(self.frozen)).own

    def adding(self, code: str, key: str) -> list[tuple[Own, Number]]:
        """Whose own part of the figure is not nought, and how much it is."""
        found = []
        with self.here.office.store.read() as connection:
            for some in slices(self.below(code)):
                own = by_unit(some)
                parts = own_reader(self.here, connection, own)(list(own))
                left = {unit: iter(each) for unit, each in parts.items()}
                found += [(each, number_of(key, next(left[each.assignment.unit]))) for each in some]
        return [(each, number) for each, number in found if number]


def trace(snapshot: str, unit: str, figure: str, *, from_mails: bool = False) -> dict[str, Any]:
    """{snapshot, unit, figure, value, recomputed, agrees, terms: [{key, sign, value, recomputed, children, returns}]}.

    ``value`` is what was frozen, ``recomputed`` the sum of the cells. ``from_mails``: each cell also tells what stands
    in the archived file. Raises RefusedError for an unknown snapshot, unit
    or figure.
    """
    name, _, milestone = snapshot.partition("/")
    here = running(name)
    book = _book(here, lambda each: each.milestone == milestone, f"{name} has no snapshot {milestone!r}")
    if unit not in book.figures.codes:
        raise RefusedError([f"snapshot {snapshot} knows no unit {unit!r}"])
    formula = parsed(figure)
    terms = [_term(book, unit, term) for term in formula.terms]
    if from_mails:
        for term in terms:
            reread(here.office, term["returns"])
    frozen, recomputed = (formula.value([term[which] for term in terms]) for which in ("value", "recomputed"))
    return {
        "snapshot": snapshot, "as_of": book.frozen.as_of.isoformat(), "digest": book.frozen.digest,
        "unit": unit, "name": here.units[unit].name, "figure": figure,
        "value": frozen, "recomputed": recomputed, "agrees": frozen == recomputed, "terms": terms,
    }  # fmt: skip


def _book(here: Running, wanted: Callable[[Frozen], bool], otherwise: str) -> _Book:
    with here.office.store.read() as connection:
        found = [each for each in snapshots.every_kind(connection, here.name) if wanted(each)]
        if not found:
            raise RefusedError([otherwise])
        frozen = found[-1]
        tree = tree_of(here, connection, min(frozen.as_of, frozen.owed_by or frozen.as_of))
    return _Book(tree, frozen)


def _term(book: _Book, unit: str, term: Term) -> dict[str, Any]:
    here, code = book.here, unit
    if term.of.startswith("#"):
        phase = term.of[1:]
        book = _book(
            here,
            lambda each: each.phase == phase and each.kind == "report",
            f"{here.name} has no snapshot of phase {phase!r}",
        )
    elif term.of:
        code = term.of[1:]
    rollup = book.figures.of([code]).get(code, Rollup())
    below = [(here.units[each], told) for each, told in book.children(code).items()]
    owing = [(child, each) for child, each in below if child.level != "school" and each.coverage.expected]
    told = {
        "sign": term.sign, "key": term.key, "title": _title(here, term.key), "unit": code,
        "snapshot": f"{here.name}/{book.frozen.milestone}",
        "value": number_of(term.key, rollup, [each for _, each in owing]),
    }  # fmt: skip
    if condition := counts_children(term.key):  # offices that owe something, as the report counts them
        named = [_line(child.code, child.name, 1) for child, each in owing if is_counted(condition, each)]
        return {**told, "recomputed": len(named), "children": named, "returns": []}
    if words := words_counted(term.key):
        naming = _naming(book, code, words)
        units = len({each["unit"] for each in naming})
        return {**told, "value": units, "recomputed": units, "children": [], "returns": naming}
    children = [_line(child.code, child.name, number_of(term.key, each)) for child, each in below]
    returns = _returns(book, code, term.key)
    recomputed = recounted(term.key, [(each["unit"], each["adds"]) for each in returns])
    return {
        **told,
        "recomputed": recomputed,
        "children": [each for each in children if each["value"]],
        "returns": returns,
    }


def _line(code: str, name: str, value: Number) -> dict[str, Any]:
    return {"unit": code, "name": name, "value": value}


def _title(here: Running, key: str) -> str:
    return figure_title(key, list(here.forms.values()))


def _returns(book: _Book, code: str, key: str) -> list[dict[str, Any]]:
    """Every return that adds to the figure, in administrative order, with its mail and its cells."""
    adding = book.adding(code, key)
    if key == MISSING_UNITS or key.startswith(("coverage.", "answered.")):
        return [_told(book.here, each, number) for each, number in adding]
    with book.here.office.store.read() as connection:
        counted = [each.counted.submission for each, _ in adding if each.counted]
        ledgers = dict(submissions.ledgers(connection, counted, book.frozen.frozen_at))
        mails = submissions.mails_of(connection, list(ledgers))
    told = []
    for each, _ in adding:
        assert each.counted is not None
        cells = _cells(book.here, each.assignment, ledgers[each.counted.submission], key)
        adds = sum(cell["adds"] for cell in cells)
        told.append(_told(book.here, each, adds) | {"mail": mails.get(each.counted.submission), "cells": cells})
    return told


def _naming(book: _Book, code: str, words: str) -> list[dict[str, Any]]:
    """Returns that name a measure in these words. Nothing of it is frozen but the returns that count."""
    counted = {each.counted.submission: each for each in book.below(code) if each.counted}
    with book.here.office.store.read() as connection:
        mails = submissions.mails_of(connection, list(counted))
        told = []
        for number, ledgers in submissions.ledgers(connection, list(counted), book.frozen.frozen_at):
            each = counted[number]
            cells = [
                {"sheet": found.sheet, "cells": list(found.cells), "values": list(found.values), "adds": found.adds}
                for form, ledger in _answered(_forms(book.here, each.assignment), ledgers)
                for found in cells_naming(form, ledger, words)
            ]
            if cells:
                told.append(_told(book.here, each, 1) | {"mail": mails.get(number), "cells": cells})
    return told


def _forms(here: Running, assignment: Assignment) -> Iterable[Form]:
    return here.forms_of(here.campaign.deliverable(assignment.deliverable), here.units[assignment.unit].level)


def _told(here: Running, own: Own, adds: Number) -> dict[str, Any]:
    assignment, counted = own.assignment, own.counted
    return {
        "unit": assignment.unit, "name": here.units[assignment.unit].name, "deliverable": assignment.deliverable,
        "assignment": assignment.id, "submission": counted.submission if counted else None, "adds": adds,
    }  # fmt: skip


def _cells(here: Running, assignment: Assignment, ledgers: Mapping[str, Any], key: str) -> list[dict[str, Any]]:
    return [
        {"sheet": each.sheet, "cells": list(each.cells), "values": list(each.values), "adds": each.adds}
        for form, ledger in _answered(_forms(here, assignment), ledgers)
        for each in cells_behind(form, ledger, key)
    ]


def _answered(forms: Iterable[Form], ledgers: Mapping[str, Any]) -> Iterable[tuple[Form, Ledger]]:
    for form in forms:
        if form.form in ledgers:
            yield form, ledger_of(form, ledgers[form.form])
