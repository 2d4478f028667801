"""Accepted returns that an office sent back when it was asked to sign; rows are only added."""

from datetime import datetime
from typing import NamedTuple

from sqlalchemy import Connection, select

from oneledger.store import schema as t
from oneledger.store.database import insert_new


class Reopening(NamedTuple):
    assignment: int
    submission: int
    office: str
    by: str
    reason: str
    at: datetime
    recorded_at: datetime


_COLUMNS = tuple(t.reopening.c[name] for name in Reopening._fields)


def record(connection: Connection, campaign: str, reopened: Reopening) -> bool:
    """False where this very return was sent back before."""
    return bool(insert_new(connection, t.reopening, [{**reopened._asdict(), "campaign": campaign}]))


def until(connection: Connection, campaign: str, moment: datetime, known_at: datetime | None = None) -> list[Reopening]:
    c = t.reopening.c
    come = (c.campaign == campaign, c.at <= moment, *([c.recorded_at <= known_at] if known_at else []))
    return [Reopening(*row) for row in connection.execute(select(*_COLUMNS).where(*come).order_by(c.id))]


def last_recorded(connection: Connection, campaign: str, phase: str, moment: datetime) -> datetime | None:
    """When a return of the phase was sent back last, of what was sent back until a moment."""
    c, a = t.reopening.c, t.assignment.c
    come = (c.campaign == campaign, a.phase == phase, c.at <= moment)
    query = select(c.recorded_at).join(t.assignment, a.id == c.assignment).where(*come)
    return connection.execute(query.order_by(c.recorded_at.desc()).limit(1)).scalar_one_or_none()
