"""Who owes what in a phase, worked out by the rehearsal itself: the denominator the pipeline is checked against."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from oneledger.domain.assignments import CampaignUnit
from oneledger.domain.campaigns import Campaign, Deliverable
from oneledger.domain.forms import Form, Rows, asked_of
from oneledger.domain.launch_plan import frozen_units
from oneledger.domain.sampling import draw
from oneledger.domain.schedule import due_at
from oneledger.domain.unit_tree import UnitTree
from oneledger.domain.units import Unit
from oneledger.domain.work_calendar import WorkCalendar

COVER = "cover"


@dataclass(frozen=True)
class Owing:
    """One unit's return of one deliverable, and who answers about it."""

    deliverable: str
    phase: str
    unit: str
    respondent: str
    due_at: datetime
    is_document: bool = False

    @property
    def key(self) -> tuple[str, str]:
        return self.deliverable, self.unit


@dataclass(frozen=True)
class Definitions:
    """What was published: the campaign and its forms."""

    campaign: Campaign
    forms: Mapping[str, Form]  # by reference, the cover among them
    _asked: dict[tuple[str, str], tuple[Form, ...]] = field(default_factory=dict, compare=False, repr=False)

    def forms_of(self, deliverable: str, level: str) -> tuple[Form, ...]:
        """The sheets of the workbook: the cover, then the deliverable's forms as this level sees them."""
        if (deliverable, level) not in self._asked:
            references = self.campaign.deliverable(deliverable).forms
            cover = next(form for form in self.forms.values() if form.form == COVER)
            sheets = (cover, *(self.forms[each] for each in references))
            self._asked[deliverable, level] = tuple(asked_of(form, level) for form in sheets)
        return self._asked[deliverable, level]


@dataclass(frozen=True)
class World:
    """The definitions, and the rehearsal's own invented units."""

    definitions: Definitions
    units: Mapping[str, Unit]  # by code, only those of the campaign, parents before children
    frozen: Sequence[CampaignUnit]  # the same, as they are at launch
    calendar: WorkCalendar
    exempt: Mapping[str, str]

    @property
    def campaign(self) -> Campaign:
        return self.definitions.campaign

    def above(self, code: str) -> Iterator[Unit]:
        """Nearest first."""
        parent = self.units.get(self.units[code].reports_to or "")
        while parent is not None:
            yield parent
            parent = self.units.get(parent.reports_to or "")


def make_world(
    campaign: Campaign,
    forms: Mapping[str, Form],
    units: Sequence[Unit],
    calendar: WorkCalendar,
    exempt: Mapping[str, str],
) -> World:
    """Units outside the campaign's tree are left out."""
    tree = UnitTree(units)
    inside = {unit.code: unit for unit in (tree[campaign.root], *tree.descendants(campaign.root))}
    frozen = [unit for unit in frozen_units(tree, exempt) if unit.code in inside]
    return World(Definitions(campaign, forms), inside, frozen, calendar, exempt)


def owings(world: World, phase: str, with_open_problems: Collection[str]) -> list[Owing]:
    """Everything owed in a phase, exempt units included. ``with_open_problems``: schools with a row not yet closed."""
    return [
        _owing(world, deliverable, unit)
        for deliverable in world.campaign.deliverables_of(phase)
        for unit in _about(world, deliverable, with_open_problems)
    ]


def _about(world: World, deliverable: Deliverable, with_open_problems: Collection[str]) -> list[Unit]:
    who = deliverable.respondents
    if who.sample:
        drawn = _drawn(world, who.sample)
        return [unit for unit in world.units.values() if unit.code in drawn]
    return [
        unit
        for unit in world.units.values()
        if unit.level.value in who.levels
        and (not who.with_earlier_incidents or unit.has_earlier_incidents)
        and (not who.with_open_problems or unit.code in with_open_problems)
    ]


def _drawn(world: World, plan: str) -> set[str]:
    """The sample is the campaign's own: recorded and reproducible, so anybody may draw it again (001-26)."""
    sampling = next(each for each in world.campaign.samples if each.plan == plan)
    return {code for code, _ in draw(sampling, world.frozen).units}


def _owing(world: World, deliverable: Deliverable, unit: Unit) -> Owing:
    respondent = _respondent(world, unit, deliverable.respondents.answered_by)
    due = due_at(world.campaign, deliverable, respondent.level.value, world.calendar)
    name, phase = deliverable.deliverable, deliverable.phase
    return Owing(name, phase, unit.code, respondent.code, due, deliverable.kind == "document")


def _respondent(world: World, unit: Unit, level: str | None) -> Unit:
    """The unit itself, or the nearest above of that level; where there is none, the topmost."""
    if level is None:
        return unit
    above = list(world.above(unit.code))
    return next((each for each in above if each.level.value == level), above[-1] if above else unit)


def has_problem_rows(form: Form) -> bool:
    """Its rows open problems that a later phase asks about."""
    return form.role == "problems" and form.table is not None


def asks_known_rows(form: Form) -> bool:
    return form.table is not None and form.table.rows == Rows.PREFILLED
