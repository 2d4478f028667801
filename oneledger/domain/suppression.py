"""Which numbers of a public copy stay unsaid, so that no small count can be worked out from those that are said.

Source: domain.md 3.6. A count from 1 up to below the threshold is hidden; then, as long as subtraction along any sum
(or several together) would give a hidden number away, a further one is hidden. Zeros are said: nobody is behind them.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import chain
from typing import Any

Cell = Any
"""Whatever names a number; hashable."""


@dataclass(frozen=True)
class Sum:
    """``total`` is what ``parts`` add up to, but for what is known from elsewhere and cannot be hidden."""

    total: Cell
    parts: tuple[Cell, ...]

    @property
    def cells(self) -> tuple[Cell, ...]:
        return (self.total, *self.parts)


def hidden_cells(
    numbers: Mapping[Cell, float], sums: Sequence[Sum], threshold: int, also: Collection[Cell] = ()
) -> frozenset[Cell]:
    """Every cell of ``sums`` is one of ``numbers``; ``also``: numbers above 0 to be hidden whatever their size."""
    hidden = {*also, *(cell for cell, number in numbers.items() if 0 < number < threshold)}
    sums_of: dict[Cell, list[Sum]] = {}
    for each in sums:
        for cell in each.cells:
            sums_of.setdefault(cell, []).append(each)
    waiting = dict.fromkeys(
        each for cell in numbers if cell in hidden for each in sums_of.get(cell, ())
    )  # no set's order
    while waiting:
        each, _ = waiting.popitem()
        while _gives_away(each, numbers, hidden, threshold) and (more := _next_to_hide(each, numbers, hidden)):
            hidden.add(more[0])
            waiting |= dict.fromkeys(sums_of[more[0]])
        if not waiting:
            waiting = dict.fromkeys(_betrayed(sums, sums_of, numbers, hidden))
    return frozenset(hidden)


def _gives_away(each: Sum, numbers: Mapping[Cell, float], hidden: set[Cell], threshold: int) -> bool:
    """Whether this sum alone tells a hidden number, or that one is small: hidden parts are at least 1 each."""
    unsaid = [cell for cell in each.parts if cell in hidden]
    if each.total in hidden:
        return not unsaid
    room = sum(numbers[cell] for cell in unsaid) - (len(unsaid) - 1)
    return bool(unsaid) and (len(unsaid) == 1 or room < threshold)


def _next_to_hide(each: Sum, numbers: Mapping[Cell, float], hidden: set[Cell]) -> list[Cell]:
    """The smallest part that can still be hidden; the total only where there is none."""
    said = [cell for cell in each.parts if numbers[cell] > 0 and cell not in hidden]
    if said:
        return [min(said, key=lambda cell: numbers[cell])]
    return [] if each.total in hidden or numbers[each.total] <= 0 else [each.total]


def _betrayed(
    sums: Sequence[Sum], sums_of: Mapping[Cell, list[Sum]], numbers: Mapping[Cell, float], hidden: set[Cell]
) -> list[Sum]:
    """Hides one more beside a number that several sums together tell, in its own sums or, where they have no more to
    hide, in others with a hidden number; says which sums to look at again."""
    for cell in determined(sums, hidden):
        others = (each for each in sums if not hidden.isdisjoint(each.cells))
        for each in chain(sums_of[cell], others):
            if more := _next_to_hide(each, numbers, hidden):
                hidden.add(more[0])
                return sums_of[more[0]]
    return []


def determined(sums: Iterable[Sum], hidden: set[Cell] | frozenset[Cell]) -> list[Cell]:
    """Hidden cells that the said numbers leave only one value for, whatever sums are combined (Gauss-Jordan)."""
    solved: dict[Cell, dict[Cell, Fraction]] = {}
    for each in sums:
        row = {cell: Fraction(1) for cell in each.parts if cell in hidden}
        if each.total in hidden:
            row[each.total] = Fraction(-1)
        for cell in [cell for cell in row if cell in solved]:
            _take_off(row, cell, solved[cell])
        if not row:
            continue
        pivot = next(iter(row))
        row = {cell: factor / row[pivot] for cell, factor in row.items()}
        for other in solved.values():
            if pivot in other:
                _take_off(other, pivot, row)
        solved[pivot] = row
    return [cell for cell, row in solved.items() if len(row) == 1]


def _take_off(row: dict[Cell, Fraction], cell: Cell, by: Mapping[Cell, Fraction]) -> None:
    factor = row[cell]
    for each, weight in by.items():
        left = row.get(each, Fraction(0)) - factor * weight
        if left:
            row[each] = left
        else:
            row.pop(each, None)
