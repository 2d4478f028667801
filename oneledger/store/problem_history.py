"""What happened to each problem, in order; rows are added and never altered."""

from collections.abc import Iterable, Sequence
from datetime import datetime

from sqlalchemy import Connection, func, select

from oneledger.domain.problem_history import ProblemEvent
from oneledger.domain.problems import serial_of
from oneledger.store import schema as t
from oneledger.store.database import insert_missing

_COLUMNS = tuple(
    t.problem_event.c[name]
    for name in ("problem_no", "at", "deed", "by", "cause", "before", "after", "submission", "said")
)


def record(connection: Connection, campaign: str, events: Iterable[ProblemEvent]) -> None:
    """Those that are not on record yet."""
    insert_missing(connection, t.problem_event, [{**vars(each), "campaign": campaign} for each in events])


def of_problems(
    connection: Connection, campaign: str, *, units: Sequence[str] | None = None, deeds: Sequence[str] | None = None
) -> dict[str, list[ProblemEvent]]:
    """By problem number, each in order; of all the campaign's problems where no units are named."""
    c, p = t.problem_event.c, t.problem.c
    query = select(*_COLUMNS).where(c.campaign == campaign).order_by(c.id)
    if units is not None:
        theirs = select(p.problem_no).where(p.campaign == campaign, p.unit.in_(list(units)))
        query = query.where(c.problem_no.in_(theirs))
    if deeds is not None:
        query = query.where(c.deed.in_(list(deeds)))
    found: dict[str, list[ProblemEvent]] = {}
    for row in connection.execute(query):
        found.setdefault(row.problem_no, []).append(ProblemEvent(*row))
    return found


def numbers_given(connection: Connection, units: Sequence[str]) -> dict[str, list[str]]:
    """By unit, in whichever campaign: a number is never given twice."""
    c = t.problem.c
    mine = select(c.unit, c.problem_no).where(c.campaign.in_(select(t.campaign.c.id)), c.unit.in_(list(units)))
    found: dict[str, list[str]] = {unit: [] for unit in units}
    for row in connection.execute(mine):
        found[row.unit].append(row.problem_no)
    return found


def last_serial(numbers: Iterable[str], unit: str, year: int) -> int:
    """The highest that the unit was given that year."""
    return max((serial_of(each) for each in numbers if each.startswith(f"{unit}-{year}-")), default=0)


def state_changes(connection: Connection, campaign: str, moment: datetime) -> list[tuple[str, datetime, str, str, int]]:
    """Unit, when, state before and after, of how many problems; every change told until a moment."""
    c, p = t.problem_event.c, t.problem.c
    by = (p.unit, c.at, c.before, c.after)
    query = (
        select(*by, func.count())
        .join(t.problem, (p.campaign == c.campaign) & (p.problem_no == c.problem_no))
        .where(c.campaign == campaign, c.at <= moment, c.before != c.after)
        .group_by(*by)
    )
    return [(unit, at, before, after, count) for unit, at, before, after, count in connection.execute(query)]
