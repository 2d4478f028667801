"""When: deadlines back-scheduled per level, moved off rest days; reminder rungs; the moments a phase reaches."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from itertools import pairwise
from types import MappingProxyType
from zoneinfo import ZoneInfo

from oneledger.domain.campaigns import Campaign, Deliverable, RestDayRule, Rung, SignStep
from oneledger.domain.work_calendar import WorkCalendar


def local_moment(campaign: Campaign, day: date, at: time) -> datetime:
    return datetime.combine(day, at, ZoneInfo(campaign.timezone))


def report_day(campaign: Campaign, deliverable: Deliverable, calendar: WorkCalendar) -> date:
    """The duty's report_by, moved off a rest day by the duty's rule. Source: 004-C2, domain.md 6.2."""
    duty = campaign.duty(deliverable.duty)
    if duty.report_by is None:
        raise ValueError(f"duty {duty.duty} has no report_by")
    return calendar.move_off_rest_day(duty.report_by, duty.rest_day.value)


def due_day(campaign: Campaign, deliverable: Deliverable, level: str, calendar: WorkCalendar) -> date:
    """A level's own deadline: ``lead_days`` working days before the top's. Province 03-20 gives school 03-15.

    A duty may have lead days of its own: what comes straight to the top office is due there on one day (002-16).
    """
    own = campaign.duty(deliverable.duty).lead_days
    lead = (campaign.lead_days if own is None else own).get(level, 0)  # type: ignore[call-overload]
    return calendar.add_working_days(report_day(campaign, deliverable, calendar), -lead)


def due_at(campaign: Campaign, deliverable: Deliverable, level: str, calendar: WorkCalendar) -> datetime:
    return local_moment(campaign, due_day(campaign, deliverable, level, calendar), campaign.due_time)


def rung_at(campaign: Campaign, due: datetime, rung: Rung, calendar: WorkCalendar) -> datetime:
    """The moment of a rung: working days from the deadline's local day."""
    day = due.astimezone(ZoneInfo(campaign.timezone)).date()
    return local_moment(campaign, calendar.add_working_days(day, rung.days), rung.at)


def rung_reached(
    campaign: Campaign, due: datetime, rungs: Iterable[Rung], calendar: WorkCalendar, as_of: datetime
) -> Rung | None:
    """The latest rung whose moment has come. A look after an outage sends this one only: the earlier ones are moot."""
    reached = [rung for rung in rungs if rung_at(campaign, due, rung, calendar) <= as_of]
    return max(reached, key=lambda rung: rung.days, default=None)


_ESCALATES_AT = time(9, 30)


def escalation_moments(campaign: Campaign, phase: str, calendar: WorkCalendar) -> list[datetime]:
    """On the first working day of each week, from the first deadline for telling progress until the campaign's end.

    Nobody is named for a problem he was not yet asked about; and an office gets one list a week, not one a problem.
    """
    ends = [each.ends_on for each in campaign.phases if each.ends_on]
    if not campaign.escalation or not campaign.asks_progress(phase) or not ends:
        return []
    asked = [each for each in campaign.deliverables_of(phase) if each.respondents.with_open_problems]
    first = min(due_day(campaign, each, level, calendar) for each in asked for level in answering_levels(each))
    mondays = range((first - timedelta(days=first.weekday())).toordinal(), max(ends).toordinal() + 1, 7)
    days = [calendar.move_off_rest_day(date.fromordinal(monday), "next") for monday in mondays]
    in_week = [day for monday, day in zip(mondays, days, strict=True) if day.toordinal() < monday + 7]
    return [local_moment(campaign, day, _ESCALATES_AT) for day in in_week if first < day <= max(ends)]


@dataclass(frozen=True)
class Milestone:
    """A moment at which a look has something to do. ``key`` is unique in the campaign; ``levels``: whose it is."""

    at: datetime
    phase: str
    kind: str  # opens | remind | due | digest | escalate | sign | draft | report
    key: str
    title: str
    levels: tuple[str, ...] = ()


Shifted = Mapping[tuple[str, str], date]
"""(phase, unit) -> the day it moved to: its last shift counts."""


def report_milestones(
    campaign: Campaign, phase: str, calendar: WorkCalendar, shifted: Shifted = MappingProxyType({})
) -> list[Milestone]:
    """One for each distinct report_by day of the phase's workbooks: the day its figures are frozen.

    Where a unit moved its date beyond the last of them, the figures are frozen once more on the last day allowed.
    """
    days = {report_day(campaign, each, calendar) for each in campaign.deliverables_of(phase) if each.kind == "workbook"}
    bounds = campaign.phase(phase).may_shift
    if days and bounds and any(name == phase and day > max(days) for (name, _), day in shifted.items()):
        days.add(calendar.move_off_rest_day(bounds.latest, RestDayRule.NEXT.value))
    title = campaign.phase(phase).title
    at = {day: local_moment(campaign, day, campaign.due_time) for day in sorted(days)}
    return [Milestone(at[day], phase, "report", f"{phase}-{day:%m%d}", f"{title}定稿") for day in at]


@dataclass(frozen=True)
class Turn:
    """When one level is asked about one report, and until when it may answer."""

    level: str
    asks_at: datetime
    due_at: datetime


def turns(campaign: Campaign, milestone: Milestone, calendar: WorkCalendar) -> list[Turn]:
    """Each level has until the next is asked, the last until the figures are frozen."""
    steps = [each for each in campaign.sign_off if each.days is not None]
    moments = [_asks_at(campaign, each, milestone, calendar) for each in steps]
    return [
        Turn(step.level, at, until)
        for step, (at, until) in zip(steps, pairwise([*moments, milestone.at]), strict=True)
    ]  # fmt: skip


def _asks_at(campaign: Campaign, step: SignStep, milestone: Milestone, calendar: WorkCalendar) -> datetime:
    day = milestone.at.astimezone(ZoneInfo(campaign.timezone)).date()
    return local_moment(campaign, calendar.add_working_days(day, -(step.days or 0)), step.at or campaign.due_time)


def draft_at(campaign: Campaign, milestone: Milestone, calendar: WorkCalendar) -> datetime:
    """T-24 h, and never on a day on which nobody is there to check it."""
    day = milestone.at.astimezone(ZoneInfo(campaign.timezone)).date()
    return local_moment(campaign, calendar.add_working_days(day, -1), campaign.due_time)


def milestones(campaign: Campaign, calendar: WorkCalendar, shifted: Shifted = MappingProxyType({})) -> list[Milestone]:
    """Every moment of the campaign, in order; equal moments of one phase and kind are one milestone."""
    found: dict[str, Milestone] = {}

    def add(at: datetime, phase: str, kind: str, name: str, title: str, levels: tuple[str, ...] = ()) -> None:
        key = f"{phase}-{kind}-{name}"
        known = found.setdefault(key, Milestone(at, phase, kind, key, title))
        found[key] = replace(known, levels=tuple(dict.fromkeys((*known.levels, *levels))))

    for phase in campaign.phases:
        if phase.opens_on is not None:
            add(local_moment(campaign, phase.opens_on, time(9)), phase.phase, "opens", "", f"{phase.title}开始")
        for due, levels in _dues(campaign, phase.phase, calendar, shifted).items():
            for rung in campaign.reminders.rungs:
                at = rung_at(campaign, due, rung, calendar)
                add(at, phase.phase, "remind", f"{at:%m%d-%H%M}", f"催报 {rung.rung}", levels)
            add(due, phase.phase, "due", f"{due:%m%d-%H%M}", "截止", levels)
            for rung in campaign.reminders.digests:
                at = rung_at(campaign, due, rung, calendar)
                add(at, phase.phase, "digest", f"{at:%m%d-%H%M}", "逾期名单", levels)
        for at in escalation_moments(campaign, phase.phase, calendar):
            add(at, phase.phase, "escalate", f"{at:%m%d-%H%M}", "逾期问题上报")
        for milestone in report_milestones(campaign, phase.phase, calendar, shifted):
            found[milestone.key] = milestone
            for at, kind, title, levels in _sign_moments(campaign, milestone, calendar):
                add(at, phase.phase, kind, f"{at:%m%d-%H%M}", title, levels)
    return sorted(found.values(), key=lambda milestone: (milestone.at, milestone.key))


def _sign_moments(
    campaign: Campaign, milestone: Milestone, calendar: WorkCalendar
) -> Iterator[tuple[datetime, str, str, tuple[str, ...]]]:
    for turn in turns(campaign, milestone, calendar):
        yield turn.asks_at, "sign", "请审核签报", (turn.level,)
    if campaign.asks_signatures:
        yield draft_at(campaign, milestone, calendar), "draft", "定稿前核对稿", ()


def _dues(campaign: Campaign, phase: str, calendar: WorkCalendar, shifted: Shifted) -> dict[datetime, tuple[str, ...]]:
    """Every deadline of a phase with the levels whose it is, those that units moved to among them."""
    found: dict[datetime, tuple[str, ...]] = {}
    for each in campaign.deliverables_of(phase):
        for level in answering_levels(each):
            due = due_at(campaign, each, level, calendar)
            found[due] = tuple(dict.fromkeys((*found.get(due, ()), level)))
    own = [local_moment(campaign, day, campaign.due_time) for (name, _), day in shifted.items() if name == phase]
    return found | {due: found.get(due, ()) for due in own}


def answering_levels(deliverable: Deliverable) -> tuple[str, ...]:
    """Whose deadline it is: the levels that owe it, or the ancestor that answers about a sampled unit."""
    respondents = deliverable.respondents
    if respondents.answered_by:
        return (respondents.answered_by,)
    return respondents.levels or ("school",)
