"""Figures of a unit added up from its children, and what stands behind the sum."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

Number = int | float
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
    figures: Counter[str] = Counter()
    answered: Counter[str] = Counter()
    coverage = Coverage()
    missing: list[tuple[str, str]] = []
    for each in rollups:
        figures.update(each.figures)
        answered.update(each.answered)
        coverage += each.coverage
        missing += each.missing_units
    return Rollup(dict(sorted(figures.items())), dict(sorted(answered.items())), coverage, tuple(missing))
