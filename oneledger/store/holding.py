"""HOLD: nothing is sent until a person says so. Collecting goes on."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, select, update

from oneledger.store import audit, schema as t


@dataclass(frozen=True)
class Holding:
    id: int
    since: datetime
    by: str
    reason: str


def standing(connection: Connection) -> Holding | None:
    """The oldest that nobody has released."""
    c = t.holding.c
    query = select(c.id, c.since, c.by, c.reason).where(c.released_at.is_(None)).order_by(c.id).limit(1)
    row = connection.execute(query).first()
    return None if row is None else Holding(*row)


def hold(connection: Connection, at: datetime, *, by: str, reason: str) -> None:
    if standing(connection) is None:
        connection.execute(t.holding.insert(), {"since": at, "by": by, "reason": reason})
    _record(connection, at, by, "held", {"reason": reason})


def as_script(*, by: str, reason: str) -> str:
    """The same for a database that is only being loaded, so that it never exists without its HOLD."""
    words = ", ".join("'" + each.replace("'", "''") + "'" for each in (by, reason))
    return f'INSERT INTO holding (since, "by", reason) VALUES (now(), {words});'  # noqa: S608  quoted above


def release(connection: Connection, at: datetime, *, by: str, reason: str, **detail: Any) -> None:
    values = {"released_at": at, "released_by": by, "released_for": reason}
    connection.execute(update(t.holding).where(t.holding.c.released_at.is_(None)).values(values))
    _record(connection, at, by, "released", {"reason": reason, **detail})


def _record(connection: Connection, at: datetime, by: str, deed: str, detail: dict[str, Any]) -> None:
    row = {"at": at, "actor": by, "deed": deed, "campaign": None, "unit": None, "detail": detail}
    audit.record(connection, [row])
