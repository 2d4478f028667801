"""How a phase fills up: what came when, and who is still open."""

from datetime import datetime

from sqlalchemy import Connection, func, select

from oneledger.store import schema as t


def answered_at(connection: Connection, campaign: str, phase: str) -> list[tuple[str, datetime, int]]:
    """(county, moment, how many): when the first accepted version came of every return that counts today."""
    a, s, u = t.assignment.c, t.submission.c, t.campaign_unit.c
    mine = (s.campaign == a.campaign, s.assignment == a.id, s.verdict == "accepted")
    first = select(func.min(s.received_at, type_=s.received_at.type)).where(*mine).scalar_subquery()
    each = (
        select(u.county, first.label("came"))
        .join_from(t.assignment, t.campaign_unit, (u.campaign == a.campaign) & (u.code == a.unit))
        .where(a.campaign == campaign, a.phase == phase, a.status.in_(("returned", "zero")))
        .subquery()
    )
    by = (each.c.county, each.c.came)
    query = select(*by, func.count()).group_by(*by)
    return [(county, came, count) for county, came, count in connection.execute(query) if came is not None]


def open_units(connection: Connection, campaign: str, phase: str) -> list[tuple[str, str]]:
    """County and name of every unit of which a return is missing, each once, in administrative order."""
    a, u = t.assignment.c, t.campaign_unit.c
    query = (
        select(u.county, u.name)
        .join_from(t.assignment, t.campaign_unit, (u.campaign == a.campaign) & (u.code == a.unit))
        .where(a.campaign == campaign, a.phase == phase, a.status == "missing")
        .order_by(u.position)
    )
    return list(dict.fromkeys((county, name) for county, name in connection.execute(query)))


def first_answers(connection: Connection, campaign: str, phase: str, moment: datetime) -> dict[int, datetime]:
    """By assignment: when its first accepted version came, of those received until a moment."""
    a, s = t.assignment.c, t.submission.c
    query = (
        select(s.assignment, func.min(s.received_at, type_=s.received_at.type))
        .join(t.assignment, s.assignment == a.id)
        .where(a.campaign == campaign, a.phase == phase, s.verdict == "accepted", s.received_at <= moment)
        .group_by(s.assignment)
    )
    return {number: came for number, came in connection.execute(query)}  # noqa: C416
