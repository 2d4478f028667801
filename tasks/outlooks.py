"""The completeness map by county and day and the forecast of a phase, for the Prefect pages."""

from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import date, datetime, timedelta

from sqlalchemy import Connection

from oneledger.domain.campaigns import Phase
from oneledger.domain.forecast import Outlook, outlook, shares_by_day
from oneledger.domain.pictures import as_markdown_image, heat_map_svg
from oneledger.store import progress
from tasks.office import Running

MOST_DAYS = 14
"""Columns of the map: the last working days."""
CountyRow = tuple[str, str, str, int]
"""(county, level, status, how many)."""


def outlook_page(
    here: Running, connection: Connection, phase: Phase, counties: Sequence[CountyRow], as_of: datetime
) -> str:
    """Markdown: the map, and a sentence for every county that is not complete."""
    today = as_of.astimezone(here.zone).date()
    worked = worked_days(here, phase.opens_on or today, today)
    answers = _answers(here, connection, phase)
    waiting: dict[str, list[str]] = {}
    for county, name in progress.open_units(connection, here.name, phase.phase):
        waiting.setdefault(county, []).append(name)
    left = here.office.calendar.working_days_between(today, phase.ends_on) if phase.ends_on else 0
    owed = _owed(counties)
    told = {
        code: outlook(
            _name(here, code), answers.get(code, Counter()), owed[code], waiting.get(code, ()),
            worked=worked, days_left=left,
        )
        for code in owed
    }  # fmt: skip
    days = worked[-MOST_DAYS:]
    shares = [shares_by_day(answers.get(code, Counter()), owed[code], days) for code in owed]
    drawn = heat_map_svg([each.name for each in told.values()], [f"{day:%m-%d}" for day in days], shares)
    head = f"截至 {as_of.astimezone(here.zone):%Y-%m-%d %H:%M}，各县各工作日报送率（%）"
    return "\n".join([head, "", as_markdown_image(drawn, "各县报送进度"), "", *_sentences(told.values(), phase, today)])


def worked_days(here: Running, first: date, last: date) -> list[date]:
    days = (first + timedelta(days=n) for n in range((last - first).days + 1))
    return [day for day in days if here.office.calendar.is_working_day(day)]


def _answers(here: Running, connection: Connection, phase: Phase) -> dict[str, Counter[date]]:
    found: dict[str, Counter[date]] = {}
    for county, came, count in progress.answered_at(connection, here.name, phase.phase):
        found.setdefault(county, Counter())[came.astimezone(here.zone).date()] += count
    return found


def _owed(counties: Sequence[CountyRow]) -> dict[str, int]:
    owed: Counter[str] = Counter()
    for county, _, status, count in counties:
        owed[county] += count if status != "exempt" else 0
    return {code: owed[code] for code in sorted(owed) if owed[code]}


def _name(here: Running, code: str) -> str:
    return here.units[code].name if code in here.units else code


def _sentences(told: Iterable[Outlook], phase: Phase, today: date) -> list[str]:
    """Of counties that are not complete; after the deadline nothing is forecast."""
    if phase.ends_on is None or today > phase.ends_on:
        return []
    short = [each.sentence() for each in told if each.done < each.owed]
    return ["预计（按近几个工作日的速度推算，只供催报参考）：", "", *(f"- {each}" for each in short)] if short else []
