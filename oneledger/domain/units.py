"""Units (单位): ministry, province, city, county or school, and the two dated edges above each (001-1, 002-1)."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, fields, replace
from datetime import date
from enum import StrEnum
from typing import Any, Literal, NamedTuple

EdgeKind = Literal["reports_to", "owned_by"]


class Level(StrEnum):
    MINISTRY = "ministry"
    PROVINCE = "province"
    CITY = "city"
    COUNTY = "county"
    SCHOOL = "school"

    @property
    def depth(self) -> int:
        """0 for the ministry, 4 for a school."""
        return _DEPTHS[self]


_DEPTHS = {level: depth for depth, level in enumerate(Level)}


@dataclass(frozen=True, slots=True)
class Contact:
    name: str
    email: str = ""
    phone: str = ""
    role: str = ""
    is_dead: bool = False  # mail to it came back for good; it may still write to us


@dataclass(frozen=True, slots=True)
class Unit:
    """One unit as the list has it today. `reports_to` collects from it (属地), `owned_by` runs it (主管)."""

    code: str
    name: str
    level: Level
    reports_to: str | None = None
    owned_by: str | None = None
    stage: str | None = None
    kind: str | None = None
    contacts: tuple[Contact, ...] = ()
    active_from: date | None = None
    active_to: date | None = None
    order: int = 0
    has_earlier_incidents: bool = False

    @property
    def owner(self) -> str | None:
        """Who runs it; a unit without an owner of its own is run by the one it reports to."""
        return self.owned_by or self.reports_to

    @property
    def emails(self) -> tuple[str, ...]:
        return tuple(contact.email for contact in self.contacts if contact.email)


@dataclass(frozen=True, slots=True)
class Edge:
    """Whom a unit reports to or is owned by, from one day to another, both included; None is open."""

    unit: str
    kind: EdgeKind
    parent: str
    valid_from: date | None = None
    valid_to: date | None = None

    def holds_on(self, day: date) -> bool:
        return _spans(self.valid_from, self.valid_to, day)


def edges_of(units: Iterable[Unit]) -> list[Edge]:
    """The edges of a first import: they hold for as long as the unit itself."""
    return [
        Edge(unit.code, kind, parent, unit.active_from, unit.active_to)
        for unit in units
        for kind, parent in _parents(unit)
    ]


def edges_on(edges: Iterable[Edge], day: date) -> list[Edge]:
    return [edge for edge in edges if edge.holds_on(day)]


def units_on(units: Iterable[Unit], edges: Iterable[Edge], day: date) -> list[Unit]:
    """The units that are active on that day, each with the parents its edges gave it then."""
    parents = {(edge.unit, edge.kind): edge.parent for edge in edges_on(edges, day)}
    return [
        replace(
            unit,
            reports_to=parents.get((unit.code, "reports_to")),
            owned_by=parents.get((unit.code, "owned_by")),
        )
        for unit in units
        if _spans(unit.active_from, unit.active_to, day)
    ]


def _spans(first: date | None, last: date | None, day: date) -> bool:
    return (first is None or first <= day) and (last is None or day <= last)


def _parents(unit: Unit) -> Iterator[tuple[EdgeKind, str]]:
    if unit.reports_to:
        yield "reports_to", unit.reports_to
    if unit.owned_by:
        yield "owned_by", unit.owned_by


class FieldChange(NamedTuple):
    code: str
    field: str
    old: Any
    new: Any


@dataclass(frozen=True)
class UnitChanges:
    """What an import would alter. `missing` units stood in the old list only; nothing deletes them by itself."""

    added: tuple[Unit, ...]
    changed: tuple[FieldChange, ...]
    missing: tuple[Unit, ...]

    def __bool__(self) -> bool:
        return bool(self.added or self.changed or self.missing)


def changes(old_units: Iterable[Unit], new_units: Iterable[Unit]) -> UnitChanges:
    """Compare two lists of units, so that importing again changes only what changed."""
    old = {unit.code: unit for unit in old_units}
    new = {unit.code: unit for unit in new_units}
    return UnitChanges(
        added=tuple(unit for code, unit in new.items() if code not in old),
        changed=tuple(change for code, unit in new.items() if code in old for change in _differences(old[code], unit)),
        missing=tuple(unit for code, unit in old.items() if code not in new),
    )


def _differences(old: Unit, new: Unit) -> list[FieldChange]:
    if old == new:
        return []
    pairs = [(field.name, getattr(old, field.name), getattr(new, field.name)) for field in fields(Unit)]
    return [FieldChange(old.code, name, before, after) for name, before, after in pairs if before != after]
