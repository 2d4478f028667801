"""Figures of a unit added up from its children, and what stands behind the sum."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, fields
from itertools import chain
from operator import attrgetter
from typing import Any, Literal, TypeVar

Number = int | float
N = TypeVar("N", int, Number)
ReturnStatus = Literal["returned", "zero", "exempt", "missing"]


@dataclass(frozen=True)
class Coverage:
    """The denominator is honest: expected = returned + zero + exempt + missing (four ways, never two)."""

    returned: int = 0
    zero: int = 0
    exempt: int = 0
    missing: int = 0
    late: int = 0  # of returned and zero
    in_correction: int = 0  # of missing: something came, with errors not yet mended

    @property
    def expected(self) -> int:
        return self.returned + self.zero + self.exempt + self.missing

    def __add__(self, other: "Coverage") -> "Coverage":
        return Coverage(
            self.returned + other.returned,
            self.zero + other.zero,
            self.exempt + other.exempt,
            self.missing + other.missing,
            self.late + other.late,
            self.in_correction + other.in_correction,
        )


@dataclass(frozen=True)
class Rollup:
    """One unit's sum over itself and everything below it.

    figures: key -> number. ``basics.found_total`` (sum), ``basics.has_plan=是`` (units that answered so),
    ``ledger.rows``, ``ledger.rows[aspect7=工作机制]``, ``ledger.n_pupils`` (table sums).
    answered: form -> number of units that answered it, the denominator of every count.
    missing_units: (code, name) of units that owe a return, in administrative order.
    """

    figures: Mapping[str, Number] = field(default_factory=dict)
    answered: Mapping[str, int] = field(default_factory=dict)
    coverage: Coverage = field(default_factory=Coverage)
    missing_units: tuple[tuple[str, str], ...] = ()


def as_data(rollup: Rollup) -> dict[str, Any]:
    """What dataclasses.asdict gives, without copying every figure: a look digests the roll-ups of every unit."""
    return {**vars(rollup), "coverage": dict(vars(rollup.coverage))}


def added(rollups: Iterable[Rollup]) -> Rollup:
    """Free of order and grouping, but for ``missing_units``, which keep the order given."""
    parts = list(rollups)
    if len(parts) == 1:  # most units have nobody below them, and owe one return
        return parts[0]
    return Rollup(
        _summed(each.figures for each in parts),
        _summed(each.answered for each in parts),
        _covered(each.coverage for each in parts),
        tuple(chain.from_iterable(each.missing_units for each in parts)),
    )


def _summed(parts: Iterable[Mapping[str, N]]) -> dict[str, N]:
    """By key, in order of the keys. A Counter takes three times as long, and most of a roll-up is this."""
    total: defaultdict[str, N] = defaultdict(int)
    for part in parts:
        if total:
            for key, number in part.items():
                total[key] += number
        else:
            total.update(part)
    return dict(sorted(total.items()))


_COUNTS = attrgetter(*(each.name for each in fields(Coverage)))


def _covered(parts: Iterable[Coverage]) -> Coverage:
    return Coverage(*map(sum, zip(_COUNTS(Coverage()), *map(_COUNTS, parts), strict=True)))
