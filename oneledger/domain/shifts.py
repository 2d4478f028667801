"""A unit moves its date of a phase around its vacation, within bounds; who did it and why is kept (002-4)."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime

from oneledger.domain.assignments import CampaignUnit
from oneledger.domain.campaigns import Campaign, Deliverable
from oneledger.domain.schedule import Shifted, due_at, local_moment
from oneledger.domain.work_calendar import WorkCalendar


@dataclass(frozen=True)
class Shift:
    phase: str
    unit: str
    due_on: date
    reason: str
    by: str  # a post
    at: datetime


def in_force(shifts: Iterable[Shift]) -> dict[tuple[str, str], date]:
    """Of shifts in the order in which they were recorded."""
    return {(each.phase, each.unit): each.due_on for each in shifts}


def own_due_at(
    campaign: Campaign, deliverable: Deliverable, respondent: CampaignUnit, shifted: Shifted, calendar: WorkCalendar
) -> datetime:
    """When this unit's return is due: its own day of the phase, but never of a duty whose date stands (002-16)."""
    day = shifted.get((deliverable.phase, respondent.code))
    if day is None or campaign.duty(deliverable.duty).is_fixed:
        return due_at(campaign, deliverable, respondent.level, calendar)
    return local_moment(campaign, day, campaign.due_time)


def shift_faults(
    campaign: Campaign, unit: CampaignUnit, wanted: Shift, today: date, calendar: WorkCalendar
) -> list[str]:
    """Why this unit's date may not be moved so, in Chinese; empty: it may."""
    phase = campaign.phase(wanted.phase)
    bounds, who = phase.may_shift, f"{unit.name}（{unit.code}）"
    if bounds is None:
        return [f"{phase.title}：本阶段的时间不可自行调整"]
    faults = [] if unit.level in bounds.levels else [f"{who}：这一层级的时间不可自行调整"]
    if not bounds.earliest <= wanted.due_on <= bounds.latest:
        faults.append(f"{who}：只能调整到 {bounds.earliest} 至 {bounds.latest} 之间，不能是 {wanted.due_on}")
    if wanted.due_on < today:
        faults.append(f"{who}：{wanted.due_on} 已经过去")
    if not calendar.is_working_day(wanted.due_on):
        faults.append(f"{who}：{wanted.due_on} 是休息日，请选一个工作日")
    if not wanted.reason.strip() or not wanted.by.strip():
        faults.append(f"{who}：请写明调整的原因和经手人（职务）")
    return faults
