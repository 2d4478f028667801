"""What each return adds to the figures of a phase as it stood at a moment: for freezing, for proving, for tracing."""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime
from functools import cache, partial
from typing import Any, NamedTuple

from sqlalchemy import Connection

from oneledger.domain.assignments import Assignment
from oneledger.domain.rolling import OwnOf, digest_of, own_rollup, rolled_up
from oneledger.domain.rollup import Rollup, added
from oneledger.domain.schedule import report_day
from oneledger.domain.shifts import in_force, own_due_at
from oneledger.store import assignments, shifts, submissions, unit_changes
from oneledger.store.aside import Aside
from oneledger.store.snapshots import Frozen
from oneledger.store.submissions import Counted, Figured
from tasks.office import Running
from tasks.trees import tree_of


@dataclass(frozen=True)
class Reference:
    """Which figures: what was owed by one moment, of what was received until another and known to a third."""

    phase: str
    owed_by: datetime
    as_of: datetime
    known_at: datetime | None  # None: to nobody knows which look, in a database of an earlier version


def reference_of(frozen: Frozen) -> Reference:
    return Reference(frozen.phase, frozen.owed_by or frozen.as_of, frozen.as_of, frozen.frozen_at)


class Own(NamedTuple):
    """One assignment that was owed; ``counted`` is None where nothing came that counts."""

    assignment: Assignment
    counted: Counted | None
    is_exempt: bool
    in_correction: bool

    def rollup(self, name: str, figured: Figured | None) -> Rollup:
        """What it adds. ``figured``: of the submission that counts; its coverage is the same without."""
        return own_rollup(
            self.assignment.unit, name,
            is_exempt=self.is_exempt,
            is_counted=self.counted is not None,
            is_zero=self.counted is not None and self.counted.is_zero,
            is_late=self.counted is not None and self.counted.is_late,
            in_correction=self.in_correction,
            figures=figured.figures if figured else {},
            forms=figured.forms if figured else (),
        )  # fmt: skip


class Basis(NamedTuple):
    """What figures are made of, read once for all that is told of them."""

    everyone: list[Assignment]  # of the phase, owed by then or not
    counted: dict[int, Counted]  # by assignment
    own: list[Own]  # of every assignment that was owed by then


@dataclass(frozen=True)
class Figures:
    """Sums of all offices, at hand; those of the units with nobody below are read when they are asked for: a country's
    would take a gigabyte."""

    codes: Mapping[str, Any]  # who has figures, in administrative order
    offices: Mapping[str, Rollup]
    read: Callable[[Sequence[str]], Mapping[str, Rollup]]

    def of(self, codes: Iterable[str]) -> dict[str, Rollup]:
        """Of those that have figures, in the order named."""
        wanted = [code for code in codes if code in self.codes]
        others = [code for code in wanted if code not in self.offices]
        found = self.read(others) if others else {}
        return {code: self.offices.get(code) or found[code] for code in wanted}


@dataclass(frozen=True)
class Kept:
    """Figures of which every unit's lie aside, to be compared and frozen; hashed before anybody locks the store."""

    figures: Figures
    digest: str
    texts: Callable[[Iterable[str]], Iterator[tuple[str, str]]]  # of these units, as they are stored


def basis_of(here: Running, connection: Connection, at: Reference) -> Basis:
    """From what was received until then."""
    everyone = assignments.of_phase(connection, here.name, at.phase)
    counted = submissions.counting(connection, here.name, at.phase, at.as_of, at.known_at)
    faulty = submissions.faulty(connection, here.name, at.phase, at.as_of, at.known_at)
    exempt = unit_changes.exempt(connection, here.name, at.phase, at.as_of, at.known_at)
    dues = _moved_dues(here, connection, at)
    day_of = cache(partial(_report_day, here))
    owing = [each for each in everyone if _is_due(here, each, at, counted, dues, day_of)]
    own = [_own(here, each, counted.get(each.id), each.id in faulty, exempt) for each in owing]
    return Basis(everyone, counted, own)


def figures_at(here: Running, connection: Connection, at: Reference) -> Figures:
    """In the tree of then; what comes after the report adds to the report's own."""
    tree = tree_of(here, connection, min(at.as_of, at.owed_by))
    own = by_unit(basis_of(here, connection, at).own)
    sums = rolled_up(tree.units, tree.children, own_reader(tree, connection, own))
    return figures_in(tree, own, {code: each for code, each in sums if code in tree.children})


@contextmanager
def kept_at(here: Running, at: Reference) -> Iterator[Kept]:
    """As ``figures_at``, where all of them are wanted more than once: they are read and added up once.

    They lie in the data folder: the system's own for passing things may be in memory.
    """
    with Aside(here.office.settings.data) as aside:
        with here.office.store.read() as connection:
            tree = tree_of(here, connection, min(at.as_of, at.owed_by))
            own = by_unit(basis_of(here, connection, at).own)
            sums = aside.lay(rolled_up(tree.units, tree.children, own_reader(tree, connection, own)))
            offices = {code: each for code, each in sums if code in tree.children}
        figures = Figures({code: None for code in tree.units if code in own or code in offices}, offices, aside.rollups)
        yield Kept(figures, digest_of(aside.texts(sorted(figures.codes))), aside.texts)


def figures_in(tree: Running, own: Mapping[str, Sequence[Own]], offices: Mapping[str, Rollup]) -> Figures:
    """``offices``: the sums of all that have any."""

    def read(codes: Sequence[str]) -> dict[str, Rollup]:
        with tree.office.store.read() as connection:
            found = own_reader(tree, connection, own)(codes)
        return {code: added(parts) for code, parts in found.items()}

    return Figures({code: None for code in tree.units if code in own or code in offices}, offices, read)


def by_unit(own: Iterable[Own]) -> dict[str, list[Own]]:
    made: dict[str, list[Own]] = {}
    for each in own:
        made.setdefault(each.assignment.unit, []).append(each)
    return made


def own_reader(here: Running, connection: Connection, own: Mapping[str, Sequence[Own]]) -> OwnOf:
    def read(codes: Sequence[str]) -> dict[str, list[Rollup]]:
        some = {code: own[code] for code in codes if code in own}
        figured = submissions.figures_of(
            connection, (each.counted for parts in some.values() for each in parts if each.counted)
        )
        return {
            code: [
                each.rollup(here.units[code].name, figured[each.counted.submission] if each.counted else None)
                for each in parts
            ]
            for code, parts in some.items()
        }

    return read


def _own(here: Running, assignment: Assignment, found: Counted | None, is_faulty: bool, exempt: Collection[str]) -> Own:
    """``exempt``: excused since the launch; what they have returned all the same counts."""
    unit = here.units[assignment.unit]
    is_exempt = bool(unit.exempt_reason) or (found is None and unit.code in exempt)
    return Own(assignment, found, is_exempt, is_faulty)


Dues = Mapping[tuple[str, str], datetime]
"""(deliverable, respondent) -> the day it was moved to."""


def _moved_dues(here: Running, connection: Connection, at: Reference) -> Dues:
    """As they stood at that look."""
    every = [each for each in shifts.of_campaign(connection, here.name) if each.phase == at.phase]
    shifted = in_force(each for each in every if at.known_at is None or each.at <= at.known_at)
    return {
        (deliverable.deliverable, unit): own_due_at(
            here.campaign, deliverable, here.units[unit], shifted, here.office.calendar
        )
        for unit in {each.unit for each in every}
        for deliverable in here.campaign.deliverables_of(at.phase)
    }


def _report_day(here: Running, deliverable: str) -> date:
    return report_day(here.campaign, here.campaign.deliverable(deliverable), here.office.calendar)


def _is_due(
    here: Running, each: Assignment, at: Reference, counted: Collection[int], dues: Dues, day_of: Callable[[str], date]
) -> bool:
    """A snapshot speaks of what was owed by then, not of what is due later in the phase."""
    due = each.due_at if each.id in counted else dues.get((each.deliverable, each.respondent), each.due_at)
    if each.opened_at > at.owed_by and due > at.owed_by:
        return False  # owed by a notice that came later
    if at.known_at is not None and each.opened_at > at.known_at:
        return False
    return day_of(each.deliverable) <= at.owed_by.astimezone(here.zone).date() and due <= at.owed_by
