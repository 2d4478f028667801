"""Who owes what until when, and how it stands."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, func, select, update

from oneledger.domain.assignments import Assignment
from oneledger.store import schema as t
from oneledger.store.database import insert_new

_LIGHT = tuple(column for column in t.assignment.c if column.name != "printed")


def open_new(connection: Connection, rows: Sequence[dict[str, Any]]) -> int:
    return insert_new(connection, t.assignment, rows)


def _as_assignment(row: Any, printed: dict[str, Any] | None = None) -> Assignment:
    return Assignment(
        row.id, row.campaign, row.phase, row.deliverable, row.unit, row.respondent, row.due_at, row.opened_at,
        row.status, bool(row.is_late), bool(row.in_correction), row.versions, row.accepted, printed or {}, row.seal,
    )  # fmt: skip


def of_phase(connection: Connection, campaign: str, phase: str) -> list[Assignment]:
    """Without what was printed."""
    c = t.assignment.c
    rows = connection.execute(select(*_LIGHT).where(c.campaign == campaign, c.phase == phase).order_by(c.id))
    return [_as_assignment(row) for row in rows]


def by_ids(connection: Connection, ids: Iterable[int]) -> dict[int, Assignment]:
    """With what was printed."""
    wanted = list(ids)
    found: dict[int, Assignment] = {}
    for start in range(0, len(wanted), 500):
        rows = connection.execute(select(t.assignment).where(t.assignment.c.id.in_(wanted[start : start + 500])))
        found |= {row.id: _as_assignment(row, row.printed) for row in rows}
    return found


def unprinted(connection: Connection, campaign: str, phase: str) -> set[int]:
    """Assignments for which no workbook was made yet."""
    c = t.assignment.c
    mine = (c.campaign == campaign, c.phase == phase, c.printed.is_(None))
    return set(connection.execute(select(c.id).where(*mine)).scalars())


def record_printed(connection: Connection, printed: dict[int, dict[str, Any]]) -> None:
    for assignment, data in printed.items():
        connection.execute(update(t.assignment).where(t.assignment.c.id == assignment).values(printed=data))


def of_respondent(
    connection: Connection, campaign: str, respondent: str, deliverables: Iterable[str]
) -> list[Assignment]:
    c = t.assignment.c
    mine = (c.campaign == campaign, c.respondent == respondent, c.deliverable.in_(list(deliverables)))
    return [_as_assignment(row) for row in connection.execute(select(*_LIGHT).where(*mine).order_by(c.id))]


def record_return(connection: Connection, after: Assignment) -> None:
    """How the assignment stands after a version was judged."""
    values: dict[str, Any] = {
        "versions": after.versions,
        "status": after.status,
        "is_late": after.is_late,
        "in_correction": after.in_correction,
    }
    if after.accepted is not None:  # what was accepted stays so, whatever comes after it
        values["accepted"] = after.accepted
    connection.execute(update(t.assignment).where(t.assignment.c.id == after.id).values(values))


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


def tally(connection: Connection, campaign: str) -> list[tuple[str, str, str, bool, bool, int]]:
    """(phase, level of the unit, status, is late, in correction, how many)."""
    c, u = t.assignment.c, t.campaign_unit.c
    by = (c.phase, u.level, c.status, c.is_late, c.in_correction)
    query = (
        select(*by, func.count())
        .join(t.campaign_unit, (u.campaign == c.campaign) & (u.code == c.unit))
        .where(c.campaign == campaign)
        .group_by(*by)
    )
    return [
        (phase, level, status, bool(late), bool(back), n)
        for phase, level, status, late, back, n in connection.execute(query)
    ]


def how_they_stand(connection: Connection, campaign: str) -> list[tuple[str, str, bool, bool, int]]:
    """(phase, status, is late, in correction, how many): answered by an index alone."""
    c = t.assignment.c
    by = (c.phase, c.status, c.is_late, c.in_correction)
    query = select(*by, func.count()).where(c.campaign == campaign).group_by(*by)
    return [(phase, status, bool(late), bool(back), n) for phase, status, late, back, n in connection.execute(query)]


def by_county(connection: Connection, campaign: str) -> list[tuple[str, str, str, int]]:
    """(phase, county, status, how many)."""
    c, u = t.assignment.c, t.campaign_unit.c
    by = (c.phase, u.county, c.status)
    query = (
        select(*by, func.count())
        .join(t.campaign_unit, (u.campaign == c.campaign) & (u.code == c.unit))
        .where(c.campaign == campaign)
        .group_by(*by)
    )
    return [(phase, county, status, count) for phase, county, status, count in connection.execute(query)]


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
