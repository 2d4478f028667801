"""Who does a job now: one holder at a time, until its lease ends."""

from datetime import datetime, timedelta

from sqlalchemy import Connection, select, update

from oneledger.store import schema as t
from oneledger.store.database import insert_new


def holder_of(connection: Connection, job: str) -> str | None:
    return connection.execute(select(t.lease.c.holder).where(t.lease.c.job == job)).scalar_one_or_none()


def take(
    connection: Connection, job: str, holder: str, now: datetime, length: timedelta, *, gone: str | None = None
) -> int | None:
    """The fence of the lease, or None where another holds it. ``gone``: a holder that is known to be dead."""
    c = t.lease.c
    if insert_new(connection, t.lease, [{"job": job, "holder": holder, "until": now + length, "fence": 1}]):
        return 1
    free = (c.job == job, (c.until < now) | (c.holder == gone))
    values = {"holder": holder, "until": now + length, "fence": c.fence + 1}
    if connection.execute(update(t.lease).where(*free).values(values)).rowcount == 0:
        return None
    return int(connection.execute(select(c.fence).where(c.job == job)).scalar_one())


def renew(connection: Connection, job: str, holder: str, until: datetime) -> bool:
    c = t.lease.c
    return connection.execute(update(t.lease).where(c.job == job, c.holder == holder).values(until=until)).rowcount == 1


def end(connection: Connection, job: str, holder: str, now: datetime) -> None:
    renew(connection, job, holder, now - timedelta(microseconds=1))
