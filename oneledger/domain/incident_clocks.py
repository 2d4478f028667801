"""The clocks of an incident: when each ends, whether it was late, which alarm has come (domain.md 3.2).

Telling a moment again never makes a report look less late: a clock starts at the earliest moment told for its start
and stops at the latest told for its end.
"""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from oneledger.domain.campaigns import Alarm, Campaign, IncidentClock
from oneledger.domain.incidents import Incident
from oneledger.domain.work_calendar import WorkCalendar

RINGS_AT = time(9)


@dataclass(frozen=True)
class ClockState:
    clock: IncidentClock
    started_at: datetime
    due_at: datetime
    stopped_at: datetime | None

    def late_by(self, as_of: datetime) -> timedelta:
        """0 where it was, or still can be, in time."""
        return max(timedelta(0), (self.stopped_at or as_of) - self.due_at)


def started_at(clock: IncidentClock, incident: Incident) -> datetime | None:
    told = (incident.moments(key) for key in clock.starts)
    return next((min(moments) for moments in told if moments), None)


def stopped_at(clock: IncidentClock, incident: Incident) -> datetime | None:
    if clock.stops == "reported_at":
        return incident.reports[0].at
    if clock.stops == "filed_at":
        filed = incident.deed("filed")
        return filed.at if filed else None
    return max(incident.moments(clock.stops), default=None)


def clock_states(campaign: Campaign, incident: Incident, calendar: WorkCalendar) -> list[ClockState]:
    """Of every clock that has started."""
    zone = ZoneInfo(campaign.timezone)
    found = []
    for clock in campaign.incident_clocks:
        start = started_at(clock, incident)
        if start is not None:
            due = _after(clock, start.astimezone(zone), calendar)
            found.append(ClockState(clock, start, due, stopped_at(clock, incident)))
    return found


def _after(clock: IncidentClock, start: datetime, calendar: WorkCalendar) -> datetime:
    """Days are natural days unless working days are written; the last one counts until midnight."""
    if clock.unit == "hours":
        return start + timedelta(hours=clock.length)
    last = _moved(clock, start.date(), clock.length, calendar)
    return datetime.combine(last + timedelta(days=1), time(0), start.tzinfo)


def _moved(clock: IncidentClock, day: date, count: int, calendar: WorkCalendar) -> date:
    return calendar.add_working_days(day, count) if clock.unit == "working_days" else day + timedelta(days=count)


def alarm_at(state: ClockState, alarm: Alarm, calendar: WorkCalendar, zone: ZoneInfo) -> datetime:
    if state.clock.unit == "hours":
        return state.due_at + timedelta(hours=alarm.at)
    last = (state.due_at.astimezone(zone) - timedelta(days=1)).date()
    return datetime.combine(_moved(state.clock, last, alarm.at, calendar), RINGS_AT, zone)


def alarm_reached(campaign: Campaign, state: ClockState, calendar: WorkCalendar, as_of: datetime) -> Alarm | None:
    """The latest alarm whose moment has come, of a clock that still runs; those slept through are moot."""
    if state.stopped_at is not None:
        return None
    zone = ZoneInfo(campaign.timezone)
    reached = [alarm for alarm in state.clock.alarms if alarm_at(state, alarm, calendar, zone) <= as_of]
    return max(reached, key=lambda alarm: alarm.at, default=None)
