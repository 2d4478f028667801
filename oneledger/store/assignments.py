"""Who owes what until when, and how it stands."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from functools import cache
from sys import intern
from typing import Any, NamedTuple

from sqlalchemy import Connection, Update, bindparam, func, select, update

from oneledger.domain.assignments import Assignment
from oneledger.store import schema as t
from oneledger.store.database import insert_new, slices

_LIGHT = tuple(column for column in t.assignment.c if column.name != "printed")
_LACKS_SEAL = (t.assignment.c.seal == "missing") & (t.assignment.c.status != "exempt")
_IS_OWED = (t.assignment.c.status == "missing") | _LACKS_SEAL


def open_new(connection: Connection, rows: Sequence[dict[str, Any]]) -> int:
    return insert_new(connection, t.assignment, rows)


def _as_assignment(row: Any, printed: dict[str, Any] | None = None) -> Assignment:
    """Words that many share are kept once: a look holds all assignments of a phase."""
    return Assignment(
        row.id, intern(row.campaign), intern(row.phase), intern(row.deliverable), intern(row.unit),
        intern(row.respondent), row.due_at, row.opened_at, row.status, bool(row.is_late),
        bool(row.in_correction), row.versions, row.accepted, printed or {}, row.seal,
    )  # fmt: skip


def of_phase(connection: Connection, campaign: str, phase: str) -> list[Assignment]:
    """Without what was printed."""
    c = t.assignment.c
    rows = connection.execute(select(*_LIGHT).where(c.campaign == campaign, c.phase == phase).order_by(c.id))
    return [_as_assignment(row) for row in rows]


def still_owed(connection: Connection, campaign: str, phase: str) -> list[Assignment]:
    """Those that are open, and those that lack a seal. Without what was printed."""
    c = t.assignment.c
    query = select(*_LIGHT).where(c.campaign == campaign, c.phase == phase, _IS_OWED).order_by(c.id)
    return [_as_assignment(row) for row in connection.execute(query)]


def owed_of(connection: Connection, ids: Iterable[int]) -> list[Assignment]:
    """Those of the named that are still owed, in order of number."""
    c = t.assignment.c
    query = select(*_LIGHT).where(_IS_OWED)
    found = [
        row for some in slices(sorted(ids)) for row in connection.execute(query.where(c.id.in_(some)).order_by(c.id))
    ]
    return [_as_assignment(row) for row in found]


def dues(connection: Connection, campaign: str, phase: str) -> list[datetime]:
    """Every moment at which something of the phase is due."""
    c = t.assignment.c
    mine = (c.campaign == campaign, c.phase == phase)
    return list(connection.execute(select(c.due_at).where(*mine).distinct().order_by(c.due_at)).scalars())


def opened(connection: Connection, campaign: str, phase: str) -> set[tuple[str, str]]:
    """(deliverable, unit) of what is written down already."""
    c = t.assignment.c
    rows = connection.execute(select(c.deliverable, c.unit).where(c.campaign == campaign, c.phase == phase))
    return {(row.deliverable, row.unit) for row in rows}


class Asked(NamedTuple):
    """As much of an assignment as tells whether it is to be asked for."""

    id: int
    deliverable: str
    respondent: str
    is_printed: bool


def to_ask(connection: Connection, campaign: str, phase: str) -> list[Asked]:
    """All but the exempt."""
    c = t.assignment.c
    mine = (c.campaign == campaign, c.phase == phase, c.status != "exempt")
    query = select(c.id, c.deliverable, c.respondent, c.printed.is_not(None)).where(*mine).order_by(c.id)
    return [Asked(number, each, unit, bool(printed)) for number, each, unit, printed in connection.execute(query)]


def of_unit(connection: Connection, campaign: str, unit: str, deliverables: Iterable[str]) -> list[Assignment]:
    """What is owed about a unit, whoever answers. Without what was printed."""
    c = t.assignment.c
    mine = (c.campaign == campaign, c.unit == unit, c.deliverable.in_(list(deliverables)))
    return [_as_assignment(row) for row in connection.execute(select(*_LIGHT).where(*mine).order_by(c.id))]


def by_ids(connection: Connection, ids: Iterable[int]) -> dict[int, Assignment]:
    """With what was printed."""
    wanted = list(ids)
    found: dict[int, Assignment] = {}
    for start in range(0, len(wanted), 500):
        rows = connection.execute(select(t.assignment).where(t.assignment.c.id.in_(wanted[start : start + 500])))
        found |= {row.id: _as_assignment(row, row.printed) for row in rows}
    return found


def light_by_ids(connection: Connection, ids: Iterable[int]) -> dict[int, Assignment]:
    """Without what was printed."""
    c = t.assignment.c
    found = (row for some in slices(ids) for row in connection.execute(select(*_LIGHT).where(c.id.in_(some))))
    return {row.id: _as_assignment(row) for row in found}


def record_printed(connection: Connection, printed: dict[int, dict[str, Any]]) -> None:
    for assignment, data in printed.items():
        connection.execute(update(t.assignment).where(t.assignment.c.id == assignment).values(printed=data))


def of_respondent(
    connection: Connection, campaign: str, respondent: str, deliverables: Iterable[str]
) -> list[Assignment]:
    c = t.assignment.c
    mine = (c.campaign == campaign, c.respondent == respondent, c.deliverable.in_(list(deliverables)))
    return [_as_assignment(row) for row in connection.execute(select(*_LIGHT).where(*mine).order_by(c.id))]


def record_returns(connection: Connection, returned: Sequence[Assignment]) -> None:
    """How assignments stand after versions were judged. What was accepted stays so, whatever comes after it."""
    rows = [
        {
            "of": each.id, "told": each.versions, "now": each.status, "late": each.is_late,
            "back": each.in_correction, "counts": each.accepted,
        }
        for each in returned
    ]  # fmt: skip
    if rows:
        connection.execute(_returned(), rows)


@cache
def _returned() -> Update:
    c = t.assignment.c
    values: dict[str, Any] = {
        "versions": bindparam("told"), "status": bindparam("now"), "is_late": bindparam("late"),
        "in_correction": bindparam("back"), "accepted": func.coalesce(bindparam("counts"), c.accepted),
    }  # fmt: skip
    return update(t.assignment).where(c.id == bindparam("of")).values(values)


def reopen(connection: Connection, assignment: int) -> None:
    """An office sent the accepted return back. ``is_late`` stays: whoever mends it is as late as the first time."""
    values = {"status": "missing", "in_correction": True}
    connection.execute(update(t.assignment).where(t.assignment.c.id == assignment).values(values))


def excuse(connection: Connection, campaign: str, unit: str, phase: str = "") -> int:
    """What the unit has not returned is no longer expected of it. Says how many."""
    c = t.assignment.c
    mine = (c.campaign == campaign, c.unit == unit, c.status == "missing", *([c.phase == phase] if phase else []))
    return connection.execute(update(t.assignment).where(*mine).values(status="exempt", in_correction=False)).rowcount


def record_seal(connection: Connection, assignment: int) -> None:
    """盖章件已收; the return's own status is not touched."""
    connection.execute(update(t.assignment).where(t.assignment.c.id == assignment).values(seal="received"))


def move_due(connection: Connection, campaign: str, deliverable: str, respondent: str, due_at: datetime) -> None:
    """Only of what is still owed: what came in was on time or late by the date it had then."""
    c = t.assignment.c
    mine = (c.campaign == campaign, c.deliverable == deliverable, c.respondent == respondent, c.status == "missing")
    connection.execute(update(t.assignment).where(*mine).values(due_at=due_at))


def how_they_stand(connection: Connection, campaign: str) -> list[tuple[str, str, bool, bool, int]]:
    """(phase, status, is late, in correction, how many): answered by an index alone."""
    c = t.assignment.c
    by = (c.phase, c.status, c.is_late, c.in_correction)
    query = select(*by, func.count()).where(c.campaign == campaign).group_by(*by)
    return [(phase, status, bool(late), bool(back), n) for phase, status, late, back, n in connection.execute(query)]


def by_county(connection: Connection, campaign: str, phase: str) -> list[tuple[str, str, str, int]]:
    """(county, level of the unit, status, how many)."""
    c, u = t.assignment.c, t.campaign_unit.c
    by = (u.county, u.level, c.status)
    query = (
        select(*by, func.count())
        .join(t.campaign_unit, (u.campaign == c.campaign) & (u.code == c.unit))
        .where(c.campaign == campaign, c.phase == phase)
        .group_by(*by)
    )
    return [(county, level, status, count) for county, level, status, count in connection.execute(query)]


def unsealed(connection: Connection, campaign: str) -> dict[str, dict[str, int]]:
    """Phase -> {received, missing, copy_only}. copy_only: 电子版已收，盖章件未收, a part of the missing."""
    c = t.assignment.c
    query = (
        select(c.phase, c.seal, c.status, func.count())
        .where(c.campaign == campaign, c.seal != "", c.status != "exempt")
        .group_by(c.phase, c.seal, c.status)
    )
    told: dict[str, dict[str, int]] = {}
    for phase, seal, status, count in connection.execute(query):
        counts = told.setdefault(phase, {"received": 0, "missing": 0, "copy_only": 0})
        counts[seal] += count
        counts["copy_only"] += count * (seal == "missing" and status in ("returned", "zero"))
    return told
