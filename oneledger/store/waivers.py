"""Waivers given and taken back; rows are added and never altered."""

from datetime import datetime
from typing import Any

from sqlalchemy import Connection, insert, select

from oneledger.domain.errors import RefusedError
from oneledger.domain.waivers import Waiver
from oneledger.store import schema as t


def record(connection: Connection, campaign: str, wanted: Waiver) -> int:
    """Its number. The same waiver again, while it holds, is none: the number of the first is given."""
    same = [each for each in of_campaign(connection, campaign, wanted.unit) if _scope(each) == _scope(wanted)]
    if held := [each.id for each in same if each.revoked_at is None]:
        return held[0]
    row = {name: getattr(wanted, name) for name in _COLUMNS}
    done = connection.execute(insert(t.waiver).returning(t.waiver.c.id), row | {"campaign": campaign})
    return int(done.scalar_one())


_COLUMNS = ("unit", "rule", "sheet", "cell", "row", "until", "reason", "by", "at")


def _scope(each: Waiver) -> tuple[Any, ...]:
    return (each.unit, each.rule, each.sheet, each.cell, each.row, each.until)


def revoke(connection: Connection, campaign: str, number: int, *, reason: str, by: str, at: datetime) -> None:
    """Raises RefusedError where there is none that holds."""
    found = next((each for each in of_campaign(connection, campaign) if each.id == number), None)
    if found is None or found.revoked_at is not None:
        raise RefusedError([f"no waiver {number}" if found is None else f"waiver {number} was revoked already"])
    row = {name: getattr(found, name) for name in _COLUMNS} | {"reason": reason, "by": by, "at": at}
    connection.execute(insert(t.waiver), row | {"campaign": campaign, "revokes": number})


def of_campaign(connection: Connection, campaign: str, unit: str | None = None) -> list[Waiver]:
    """In the order given, each with who took it back."""
    c = t.waiver.c
    query = select(t.waiver).where(c.campaign == campaign).order_by(c.id)
    rows = list(connection.execute(query if unit is None else query.where(c.unit == unit)))
    revoked = {row.revokes: row for row in rows if row.revokes is not None}
    return [_waiver(row, revoked.get(row.id)) for row in rows if row.revokes is None]


def _waiver(row: Any, revoked: Any) -> Waiver:
    given = {name: getattr(row, name) for name in _COLUMNS}
    if revoked is None:
        return Waiver(**given, id=row.id)
    return Waiver(**given, id=row.id, revoked_by=revoked.by, revoked_at=revoked.at)
