"""The moments at which a rehearsal looks at its campaign: few, but none that matters is left out."""

from collections.abc import Iterable, Sequence
from datetime import date, datetime, time, timedelta

from oneledger.domain.campaigns import Campaign
from oneledger.domain.schedule import Milestone, local_moment, milestones
from oneledger.domain.work_calendar import WorkCalendar

MOST = 15  # a phase
_SAME_MORNING = timedelta(minutes=45)
_AFTER_REPORT = timedelta(minutes=5)
_AFTER_DUE = timedelta(minutes=1)


def looks(campaign: Campaign, calendar: WorkCalendar, most: int = MOST, last: str = "") -> list[datetime]:
    """Opening, every morning that has a rung or a list of late units, report moments; then, as far as ``most`` goes,
    the other deadlines, ordinary days between, and two days after the last report for those who come too late.

    ``last``: the phase that ends it, before the next one opens.
    """
    every = milestones(campaign, calendar)
    moments: set[datetime] = set()
    for phase in campaign.phases:
        mine = [each for each in every if each.phase == phase.phase]
        moments |= set(_of_phase(campaign, mine, calendar, most))
    end = _opening_after(campaign, last)
    return sorted(at for at in moments if end is None or at.date() < end)


def _opening_after(campaign: Campaign, last: str) -> date | None:
    keys = [phase.phase for phase in campaign.phases]
    after = campaign.phases[keys.index(last) + 1 :] if last else ()
    return min((phase.opens_on for phase in after if phase.opens_on), default=None)


def _of_phase(campaign: Campaign, mine: Sequence[Milestone], calendar: WorkCalendar, most: int) -> list[datetime]:
    reports = [each.at + _AFTER_REPORT for each in mine if each.kind == "report"]
    opens = [each.at for each in mine if each.kind == "opens"]
    signing = [each.at + _AFTER_DUE for each in mine if each.kind in ("sign", "draft")]
    needed = [*opens, *signing, *_mornings(each.at for each in mine if each.kind in ("remind", "digest")), *reports]
    due = [each.at + _AFTER_DUE for each in mine if each.kind == "due"]
    wanted = [
        *(at for at in due if at + _AFTER_REPORT - _AFTER_DUE not in reports and at not in signing),
        *_ordinary(campaign, opens, due, calendar),
    ]
    after = _afterwards(campaign, reports, calendar)
    room = max(0, most - len(set(needed)) - len(after))
    return [*needed, *after, *wanted[:room]]


def is_over(campaign: Campaign, calendar: WorkCalendar, phase: str, looked: Sequence[datetime]) -> bool:
    """Whether the last of these looks passes the phase by: its last moment is a day past, and an earlier look has
    frozen its last figures."""
    mine = [each for each in milestones(campaign, calendar) if each.phase == phase and each.kind != "escalate"]
    reports = [each.at for each in mine if each.kind == "report"]
    ended = looked[-1] > max(each.at for each in mine) + timedelta(days=1)
    return ended and bool(reports) and any(look >= max(reports) for look in looked[:-1])


def _mornings(moments: Iterable[datetime]) -> list[datetime]:
    """Moments of one morning are looked at once, at the last of them: 09:00 and 09:30 together at 09:30."""
    kept: list[datetime] = []
    for at in sorted(set(moments)):
        if kept and at - kept[-1] <= _SAME_MORNING:
            kept[-1] = at
        else:
            kept.append(at)
    return kept


def _ordinary(
    campaign: Campaign, opens: Sequence[datetime], due: Sequence[datetime], calendar: WorkCalendar
) -> list[datetime]:
    """Late afternoons at one third and two thirds of the way to the last deadline."""
    if not opens or not due:
        return []
    days = calendar.working_days_between(opens[0].date(), max(due).date())
    return [
        local_moment(campaign, calendar.add_working_days(opens[0].date(), days * part // 3), time(16, 30))
        for part in (1, 2)
    ]


def _afterwards(campaign: Campaign, reports: Sequence[datetime], calendar: WorkCalendar) -> list[datetime]:
    if not reports:
        return []
    day = max(reports).date()
    return [local_moment(campaign, calendar.add_working_days(day, n), time(17)) for n in (4, 10)]
