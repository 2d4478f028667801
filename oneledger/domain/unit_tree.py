"""The tree that collects: every unit below the one it reports to, at any depth."""

from collections.abc import Iterable, Iterator, Sequence

from oneledger.domain.errors import RefusedError
from oneledger.domain.units import Level, Unit


class UnitTree:
    """Units by whom they report to. Levels may be skipped; units come in administrative order (GB/T 2260 codes).

    Raises RefusedError, naming every cause, for units that are no tree: run `parse_unit_rows` on the list first.
    """

    def __init__(self, units: Iterable[Unit]) -> None:
        self._units = {unit.code: unit for unit in sorted(units, key=_administrative_order)}
        self._children: dict[str, list[Unit]] = {code: [] for code in self._units}
        roots = [unit for unit in self._units.values() if unit.reports_to is None]
        faults = [] if len(roots) == 1 else [f"{len(roots)} units report to nobody, one must: {_codes(roots)}"]
        for unit in self._units.values():
            if unit.reports_to in self._children:
                self._children[unit.reports_to].append(unit)
            elif unit.reports_to is not None:
                faults.append(f"{unit.code} reports to {unit.reports_to}, which is not in the list")
        if faults:
            raise RefusedError(faults)
        self.root = roots[0]
        self._in_order = {unit.code: unit for unit in self._walk(self.root)}
        if len(self._in_order) != len(self._units):
            stray = [unit for code, unit in self._units.items() if code not in self._in_order]
            raise RefusedError([f"{_codes(stray)} report to one another in a circle"])

    def __getitem__(self, code: str) -> Unit:
        return self._units[code]

    def __contains__(self, code: object) -> bool:
        return code in self._units

    def __len__(self) -> int:
        return len(self._units)

    def __iter__(self) -> Iterator[Unit]:
        """Each unit before its children: province, city, its counties, their schools, the city's own schools, …"""
        return iter(self._in_order.values())

    def children(self, code: str) -> tuple[Unit, ...]:
        return tuple(self._children[code])

    def ancestors(self, code: str) -> tuple[Unit, ...]:
        """Nearest first, the root last."""
        found = []
        parent = self._units[code].reports_to
        while parent is not None:
            found.append(self._units[parent])
            parent = self._units[parent].reports_to
        return tuple(found)

    def descendants(self, code: str, level: Level | None = None) -> tuple[Unit, ...]:
        """Everything below a unit, without itself; all of one level where a level is given."""
        below = self._walk(self._units[code])
        next(below)
        return tuple(unit for unit in below if level is None or unit.level == level)

    def full_name(self, code: str) -> str:
        """City, county and name (沈阳市和平区…): county names are not unique, nor are those of schools."""
        unit = self._units[code]
        name = unit.name
        for above in self.ancestors(code):
            if above.level in (Level.CITY, Level.COUNTY) and above.name not in name:
                name = above.name + name
        return name

    def _walk(self, top: Unit) -> Iterator[Unit]:
        stack = [top]
        while stack:
            unit = stack.pop()
            yield unit
            stack.extend(reversed(self._children[unit.code]))


def _administrative_order(unit: Unit) -> tuple[int, int, str]:
    return unit.level.depth, unit.order, unit.code


def _codes(units: Sequence[Unit]) -> str:
    return "、".join(unit.code for unit in units[:10]) + (" …" if len(units) > 10 else "")
