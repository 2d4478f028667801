"""A snapshot with all that its reports are made of, and what each office sees of it."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from functools import lru_cache
from typing import Any

from oneledger.domain.assignments import Assignment, CampaignUnit
from oneledger.domain.day_map import DayMap
from oneledger.domain.forms import LEVELS, Form
from oneledger.domain.measures import measures_in, most_named, naming_forms
from oneledger.domain.moves import Moved
from oneledger.domain.public_report import Published
from oneledger.domain.rectifying import Change
from oneledger.domain.report import SnapshotView, UnitBrief
from oneledger.domain.rollup import Rollup
from oneledger.domain.signoff import unit_digest
from oneledger.store import snapshots, submissions
from oneledger.store.database import slices
from oneledger.store.snapshots import Frozen
from oneledger.store.submissions import Counted
from tasks.following import Look, followed
from tasks.freezing import frozen_figures
from tasks.office import Running, running
from tasks.progressing import changes_by_office, map_of, map_of_all, rectified
from tasks.public_copies import said_of
from tasks.recounting import Figures, basis_of, reference_of
from tasks.reviewed import Review, reviewed, signoff_facts
from tasks.trees import moves_until, tree_of

UnitRows = Mapping[str, list[tuple[UnitBrief, dict[str, Any]]]]  # form -> rows with the unit that wrote them


@dataclass(frozen=True)
class Edition:
    """A snapshot with all that its reports are made of, read once for many offices."""

    here: Running  # in the tree of then
    frozen: Frozen
    figures: Figures
    previous: Mapping[str, Rollup]  # the last snapshot of the phase before
    counted: Mapping[str, Mapping[int, str]]  # office -> the submissions that count at and below it, and whose they are
    children: Mapping[str, list[str]]
    late: Mapping[str, bool]  # respondents that answered late or not at all -> not at all
    reviews: Mapping[str, Review]  # office -> whether it signed these figures
    moves: Sequence[Moved]  # until then
    day_map: DayMap  # of every county
    changes: Mapping[str, Mapping[date, Change]]  # office -> what its problems came to, day by day
    named: dict[int, frozenset[str]]  # submission -> measures it names, of those that were read
    said: Published | None = None  # what public copies may say, where the campaign has such copies


@lru_cache(maxsize=1)
def stored_edition(place: str, name: str, milestone: str, digest: str) -> Edition:  # noqa: ARG001  what was frozen never changes
    """All packs of a snapshot are made from one reading of it."""
    here = running(name)
    with here.office.store.read() as connection:
        frozen = snapshots.found(connection, name, milestone)
    assert frozen is not None
    return edition(here, frozen)


def edition(here: Running, frozen: Frozen, look: Look | None = None) -> Edition:
    """``look``: what is asked about before it is frozen; its figures are not stored."""
    with here.office.store.read() as connection:
        moment = min(frozen.as_of, frozen.owed_by or frozen.as_of)
        moves = moves_until(here, connection, moment)
        here = tree_of(here, connection, moment)
        at = reference_of(frozen)
        basis, figures = (
            (basis_of(here, connection, at), frozen_figures(here, connection, frozen))
            if look is None
            else followed(here, connection, at, look)
        )
        counted: dict[str, dict[int, str]] = {}
        for each in basis.own:
            if each.counted is None:
                continue
            unit = each.assignment.unit
            for code in (unit, *(above.code for above in here.ancestors(unit))):
                counted.setdefault(code, {})[each.counted.submission] = unit
        children: dict[str, list[str]] = {}
        for code in figures.codes:
            children.setdefault(here.units[code].parent or "", []).append(code)
        late = _late(basis.everyone, basis.counted, frozen.as_of)
        offices = figures.of(reporting_units(here, figures.codes))
        reviews = reviewed(here, connection, frozen, figures)
        this = Edition(
            here, frozen, figures, _previous(connection, here, frozen), counted, children, late, reviews, moves,
            map_of_all(here, connection, frozen, offices, basis.own), changes_by_office(here, connection, frozen), {},
        )  # fmt: skip
    if not here.campaign.public.levels:
        return this
    forms = view_of(here, this, next(iter(figures.codes))).phase_forms
    return replace(this, said=said_of(here, frozen, offices, forms))


def _late(everyone: Iterable[Assignment], found: Mapping[int, Counted], as_of: datetime) -> dict[str, bool]:
    late: dict[str, bool] = {}
    for each in everyone:
        counted = found.get(each.id)
        if each.status != "exempt" and each.due_at <= as_of and (counted is None or counted.is_late):
            late[each.respondent] = late.get(each.respondent, False) or counted is None
    return late


def _previous(connection: Any, here: Running, frozen: Frozen) -> Mapping[str, Rollup]:
    """Of offices: the last snapshot of the phase before; empty where there was none."""
    order = [phase.phase for phase in here.campaign.phases]
    before = order[: order.index(frozen.phase)]
    earlier = [each for each in snapshots.of_campaign(connection, here.name) if each.phase in before]
    offices = reporting_units(here, here.units)
    return snapshots.rollups_of(connection, earlier[-1].id, offices) if earlier else {}


def reporting_units(here: Running, units: Iterable[str]) -> list[str]:
    return [code for code in units if here.units[code].level != "school"]


def forms_by_name(here: Running) -> dict[str, Form]:
    return {form.form: form for form in here.forms.values()}


def brief(unit: CampaignUnit) -> UnitBrief:
    return UnitBrief(unit.code, unit.name, unit.level)


def view_of(here: Running, this: Edition, code: str) -> SnapshotView:
    here = this.here
    rollup, *below = this.figures.of([code, *this.children.get(code, ())]).values()
    children = [(here.units[each], told) for each, told in zip(this.children.get(code, ()), below, strict=True)]
    parent = here.units.get(here.units[code].parent or "")
    return SnapshotView(
        campaign=here.campaign,
        phase=here.campaign.phase(this.frozen.phase),
        label=this.frozen.label,
        as_of=this.frozen.as_of,
        unit=brief(here.units[code]),
        rollup=rollup,
        children=tuple((brief(unit), rollup) for unit, rollup in children),
        previous=this.previous.get(code),
        forms=forms_by_name(here),
        snapshot_id=f"{here.name}/{this.frozen.milestone}",
        digest=this.frozen.digest or unit_digest(code, rollup),  # of a request: what the signature is for
        addressee=parent.name if parent else "",
        is_reviewed=code in this.reviews and this.reviews[code].is_signed,
        signoff=signoff_facts(here, this.reviews, code, this.children.get(code, ()), this.moves),
        rectified=rectified(this.changes, code),
        day_map=map_of(here, this.day_map, code),
    )


def with_measures(here: Running, this: Edition, view: SnapshotView) -> SnapshotView:
    """What most units at and below the office name; what rows_of has read is not read again."""
    forms, owners = naming_forms(view.phase_forms), this.counted.get(view.unit.code, {})
    if not forms:
        return view
    with here.office.store.read() as connection:
        unread = [number for number in owners if number not in this.named]
        for number, ledgers in submissions.ledgers(connection, unread, this.frozen.frozen_at):
            this.named[number] = measures_in(forms, ledgers)
    by_unit: dict[str, frozenset[str]] = {}
    for number, unit in owners.items():
        by_unit[unit] = by_unit.get(unit, frozenset()) | this.named[number]
    return replace(view, measures=most_named(by_unit))


def rows_of(here: Running, this: Edition, code: str) -> UnitRows:
    """Rows of the units below, form by form; they go no higher than the form allows (domain.md 1.2)."""
    level = here.units[code].level
    shown = {form.form for form in here.forms.values() if form.table and _may_see(level, form.table.rollup.union_up_to)}
    owners = this.counted.get(code, {}) if shown else {}
    naming = naming_forms(here.forms.values())
    rows: dict[str, list[tuple[UnitBrief, dict[str, Any]]]] = {}
    with here.office.store.read() as connection:
        for some in slices(sorted(owners, key=lambda number: here.units[owners[number]].order)):
            found = dict(submissions.ledgers(connection, some, this.frozen.frozen_at))
            this.named.update((number, measures_in(naming, ledgers)) for number, ledgers in found.items())
            for number in some:
                who = brief(here.units[owners[number]])
                for name in found[number].keys() & shown:
                    rows.setdefault(name, []).extend((who, row["values"]) for row in found[number][name]["rows"])
    return rows


def _may_see(level: str, union_up_to: str) -> bool:
    return LEVELS.index(level) >= LEVELS.index(union_up_to)
