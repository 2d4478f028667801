"""Who owes what in a phase, worked out by the rehearsal itself: the denominator the pipeline is checked against."""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property

from oneledger.domain.assignments import CampaignUnit
from oneledger.domain.campaigns import Campaign, Deliverable
from oneledger.domain.forms import Form, Rows, asked_of
from oneledger.domain.sampling import draw
from oneledger.domain.schedule import due_at, local_moment, report_day
from oneledger.domain.units import Level
from oneledger.domain.work_calendar import WorkCalendar

COVER = "cover"


@dataclass(frozen=True, slots=True)
class Owing:
    """One unit's return of one deliverable, and who answers about it."""

    deliverable: str
    phase: str
    unit: str
    respondent: str
    due_at: datetime
    top_at: datetime  # when the top's figures about it are frozen
    is_document: bool = False
    opened_at: datetime | None = None  # the look from which it was owed

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
    """The definitions, and the units as they are at launch: parents before children."""

    definitions: Definitions
    units: Mapping[str, CampaignUnit]
    calendar: WorkCalendar

    @property
    def campaign(self) -> Campaign:
        return self.definitions.campaign

    def is_narrowed(self, phase: str) -> bool:
        """Whether what is owed depends on what comes back."""
        return any(each.respondents.with_open_problems for each in self.campaign.deliverables_of(phase))

    def above(self, code: str) -> Iterator[CampaignUnit]:
        """Nearest first."""
        parent = self.units.get(self.units[code].parent or "")
        while parent is not None:
            yield parent
            parent = self.units.get(parent.parent or "")

    @cached_property
    def _children(self) -> Mapping[str, Sequence[str]]:
        found: dict[str, list[str]] = {}
        for unit in self.units.values():
            found.setdefault(unit.parent or "", []).append(unit.code)
        return found

    def below(self, code: str) -> Iterator[str]:
        """All of them, each after the one above it."""
        for child in self._children.get(code, ()):
            yield child
            yield from self.below(child)


def owings(world: World, phase: str, with_open_problems: Collection[str], at: datetime | None = None) -> list[Owing]:
    """Everything owed in a phase, exempt units included. ``with_open_problems``: schools with a row not yet closed.
    ``at``: the look that finds it owed."""
    return [
        owing
        for deliverable in world.campaign.deliverables_of(phase)
        for owing in _owings(world, deliverable, _about(world, deliverable, with_open_problems), at)
    ]


def _owings(
    world: World, deliverable: Deliverable, units: Iterable[CampaignUnit], at: datetime | None
) -> Iterator[Owing]:
    campaign, calendar = world.campaign, world.calendar
    top = local_moment(campaign, report_day(campaign, deliverable, calendar), campaign.due_time)
    due = {level.value: due_at(campaign, deliverable, level, calendar) for level in Level}
    name, phase, is_document = deliverable.deliverable, deliverable.phase, deliverable.kind == "document"
    for unit in units:
        respondent = _respondent(world, unit, deliverable.respondents.answered_by)
        yield Owing(name, phase, unit.code, respondent.code, due[respondent.level], top, is_document, at)


def _about(world: World, deliverable: Deliverable, with_open_problems: Collection[str]) -> list[CampaignUnit]:
    who = deliverable.respondents
    if who.sample:
        drawn = _drawn(world, who.sample)
        return [unit for unit in world.units.values() if unit.code in drawn]
    return [
        unit
        for unit in world.units.values()
        if unit.level in who.levels
        and who.directly_under in (None, _collecting_level(world, unit))
        and (not who.directly_under or _collector_level(world, unit) == who.directly_under)
        and (not who.with_earlier_incidents or unit.has_incidents)
        and (not who.with_open_problems or unit.code in with_open_problems)
    ]


def _collector_level(world: World, unit: CampaignUnit) -> str | None:
    above = world.units.get(unit.parent or "")
    return above.level if above else None


def _collecting_level(world: World, unit: CampaignUnit) -> str:
    return next((above.level for above in world.above(unit.code)), "")


def _drawn(world: World, plan: str) -> set[str]:
    """The sample is the campaign's own: recorded and reproducible, so anybody may draw it again (001-26)."""
    sampling = next(each for each in world.campaign.samples if each.plan == plan)
    return {code for code, _ in draw(sampling, world.units.values()).units}


def _respondent(world: World, unit: CampaignUnit, level: str | None) -> CampaignUnit:
    """The unit itself, or the nearest above of that level; where there is none, the topmost."""
    if level is None:
        return unit
    above = list(world.above(unit.code))
    return next((each for each in above if each.level == level), above[-1] if above else unit)


def has_problem_rows(form: Form) -> bool:
    """Its rows open problems that a later phase asks about."""
    return form.role == "problems" and form.table is not None


def opens_problems(form: Form) -> bool:
    """As a problem ledger, or by itself: a self-check whose rows go into the ledger."""
    return has_problem_rows(form) or form.opens is not None


def asks_known_rows(form: Form) -> bool:
    return form.table is not None and form.table.rows == Rows.PREFILLED
