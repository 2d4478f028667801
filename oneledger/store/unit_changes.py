"""What became of units in mid-campaign: excused, closed, merged, moved; rows are added and never altered."""

from datetime import date, datetime
from typing import NamedTuple

from sqlalchemy import Connection, insert, select

from oneledger.store import schema as t

EXCUSES = ("exempt", "closed", "merged")


class UnitChange(NamedTuple):
    unit: str
    kind: str  # exempt | closed | merged | moved
    phase: str  # "": every phase
    other: str  # merged into, moved under
    valid_from: date
    reason: str
    by: str
    at: datetime


_COLUMNS = tuple(t.unit_change.c[name] for name in UnitChange._fields)


def record(connection: Connection, campaign: str, change: UnitChange) -> bool:
    """False where the same was recorded before."""
    told = [each[:5] for each in of_campaign(connection, campaign)]
    if change[:5] in told:
        return False
    connection.execute(insert(t.unit_change), {**change._asdict(), "campaign": campaign})
    return True


def of_campaign(connection: Connection, campaign: str) -> list[UnitChange]:
    c = t.unit_change.c
    return [
        UnitChange(*row) for row in connection.execute(select(*_COLUMNS).where(c.campaign == campaign).order_by(c.id))
    ]


def exempt(connection: Connection, campaign: str, phase: str, moment: datetime, known_at: datetime | None) -> set[str]:
    """Units excused from a phase at a moment, as far as was known at a look."""
    return {
        each.unit
        for each in of_campaign(connection, campaign)
        if each.kind in EXCUSES
        and each.phase in ("", phase)
        and (known_at is None or each.at <= known_at)
        and each.valid_from <= moment.date()
    }
