"""What a launch would do, before anything is sent: how many mails to whom on which days, and why it must not go yet."""

from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import NamedTuple

from oneledger.domain.assignments import CampaignUnit, county_of
from oneledger.domain.burden import Burden
from oneledger.domain.campaigns import Campaign, Deliverable, Phase, open_dates
from oneledger.domain.mailing import Limits, days_needed
from oneledger.domain.sampling import Draw, draw
from oneledger.domain.schedule import answering_levels, due_day
from oneledger.domain.unit_tree import UnitTree
from oneledger.domain.vacations import vacation_doubts
from oneledger.domain.work_calendar import WorkCalendar


def frozen_units(tree: UnitTree, exempt: Mapping[str, str]) -> list[CampaignUnit]:
    """Units in administrative order, each with the unit by which its work is grouped. ``exempt``: code -> reason."""
    return [
        CampaignUnit(
            code=unit.code,
            name=unit.name,
            level=unit.level.value,
            parent=unit.reports_to,
            stage=unit.stage or "",
            order=order,
            county=county_of(unit.code, unit.level, ((each.code, each.level) for each in tree.ancestors(unit.code))),
            contacts=tuple(contact for contact in unit.contacts if contact.email),
            has_incidents=unit.has_earlier_incidents,
            exempt_reason=exempt.get(unit.code, ""),
            kind=unit.kind or "",
        )
        for order, unit in enumerate(tree)
    ]


class Owed(NamedTuple):
    deliverable: Deliverable
    unit: str
    respondent: str


def owed(
    deliverable: Deliverable,
    units: Mapping[str, CampaignUnit],
    draws: Mapping[str, Draw],
    with_problems: Collection[str] | None,
) -> list[Owed]:
    """Who owes a deliverable, in administrative order. ``with_problems`` (open ones, or closed ones, as it asks)
    None: not known yet, so everyone."""
    who = deliverable.respondents
    if who.sample:
        codes = [code for code, _ in draws[who.sample].units if code in units]
    else:
        codes = [unit.code for unit in units.values() if unit.level in who.levels]
    chosen = [units[code] for code in codes]
    if who.directly_under:
        chosen = [unit for unit in chosen if _collector_level(unit, units) == who.directly_under]
    if who.with_earlier_incidents:
        chosen = [unit for unit in chosen if unit.has_incidents]
    if (who.with_open_problems or who.with_closed_problems) and with_problems is not None:
        chosen = [unit for unit in chosen if unit.code in with_problems]
    return [Owed(deliverable, unit.code, _respondent(unit, who.answered_by, units)) for unit in chosen]


def _collector_level(unit: CampaignUnit, units: Mapping[str, CampaignUnit]) -> str | None:
    above = units.get(unit.parent or "")
    return above.level if above else None


def _respondent(unit: CampaignUnit, level: str | None, units: Mapping[str, CampaignUnit]) -> str:
    """The nearest unit above of that level; where a level is skipped, the collector above."""
    if level is None:
        return unit.code
    above, last = unit.parent, unit.code
    while above is not None and above in units:
        last = above
        if units[above].level == level:
            break
        above = units[above].parent
    return last


@dataclass(frozen=True)
class PhasePlan:
    phase: str
    title: str
    opens_on: date | None
    mails: int  # one per respondent; an upper bound for later phases, which depend on what comes back
    by_level: dict[str, int]
    last_day: date | None  # when the last of them leaves, under the sender's limits
    first_due: date | None


@dataclass(frozen=True)
class LaunchPlan:
    phases: tuple[PhasePlan, ...]
    units: int
    refusals: tuple[str, ...]  # Chinese and complete; empty: it may be armed
    burdens: tuple[Burden, ...] = ()  # how much each workbook asks of a unit
    doubts: tuple[str, ...] = ()  # Chinese and complete; they keep nobody from arming it

    @property
    def mails(self) -> int:
        """The number to be typed when arming: the mails of the first phase, which are certain."""
        return self.phases[0].mails if self.phases else 0


def launch_plan(
    campaign: Campaign, units: Mapping[str, CampaignUnit], calendar: WorkCalendar, limits: Limits, today: date
) -> LaunchPlan:
    draws = {plan.plan: draw(plan, units.values()) for plan in campaign.samples}
    missing = open_dates(campaign)
    refusals = [f"日期未定：{key}，请在专项行动文件中填写，或用 --set 给出" for key in missing]
    refusals += [
        f"{unit.name}（{unit.code}）没有电子邮箱，请补登邮箱或说明理由予以豁免"
        for unit in units.values()
        if not unit.contacts and not unit.exempt_reason
    ]
    phases = [_phase_plan(campaign, phase, units, draws, calendar, limits, bool(missing)) for phase in campaign.phases]
    for plan in phases:
        if plan.first_due is not None and plan.first_due < today:
            refusals.append(f"{plan.title}：最早的截止日 {plan.first_due} 已经过去")
        if plan.last_day and plan.first_due and plan.last_day >= plan.first_due:
            refusals.append(f"{plan.title}：按发信限额要到 {plan.last_day} 才能发完，晚于最早的截止日 {plan.first_due}")
    doubts = [] if missing else _doubts(campaign, units, draws, calendar)
    return LaunchPlan(tuple(phases), len(units), tuple(refusals), doubts=tuple(doubts))


def _doubts(
    campaign: Campaign, units: Mapping[str, CampaignUnit], draws: Mapping[str, Draw], calendar: WorkCalendar
) -> Iterable[str]:
    for each in campaign.deliverables if campaign.vacations else ():
        schools = [one.unit for one in owed(each, units, draws, None) if units[one.respondent].level == "school"]
        due = dict.fromkeys(schools, due_day(campaign, each, "school", calendar))
        yield from vacation_doubts(campaign.vacations, each.title, due, units)


def _phase_plan(
    campaign: Campaign,
    phase: Phase,
    units: Mapping[str, CampaignUnit],
    draws: Mapping[str, Draw],
    calendar: WorkCalendar,
    limits: Limits,
    has_open_dates: bool,
) -> PhasePlan:
    deliverables = campaign.deliverables_of(phase.phase)
    respondents = {
        each.respondent
        for deliverable in deliverables
        for each in owed(deliverable, units, draws, None)
        if not units[each.unit].exempt_reason
    }
    by_level = Counter(units[code].level for code in respondents)
    days = days_needed(len(respondents), limits)
    last_day = phase.opens_on + timedelta(days=max(0, days - 1)) if phase.opens_on else None
    first_due = None if has_open_dates else _first_due(campaign, deliverables, calendar)
    return PhasePlan(phase.phase, phase.title, phase.opens_on, len(respondents), dict(by_level), last_day, first_due)


def _first_due(campaign: Campaign, deliverables: Iterable[Deliverable], calendar: WorkCalendar) -> date | None:
    days = [due_day(campaign, each, level, calendar) for each in deliverables for level in answering_levels(each)]
    return min(days, default=None)
