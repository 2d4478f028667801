"""When collecting and sending last did their work."""

from datetime import datetime

from sqlalchemy import Connection, func, select, update

from oneledger.store import schema as t
from oneledger.store.database import insert_new
from oneledger.store.outbox import WAITING

COLLECT, SEND = "collect", "send"


def beat(connection: Connection, job: str, at: datetime) -> None:
    """Never backwards."""
    c = t.pulse.c
    if not insert_new(connection, t.pulse, [{"job": job, "at": at}]):
        connection.execute(update(t.pulse).where(c.job == job, c.at < at).values(at=at))


def last(connection: Connection) -> dict[str, datetime]:
    return {row.job: row.at for row in connection.execute(select(t.pulse.c.job, t.pulse.c.at))}


def waits_since(connection: Connection, as_of: datetime) -> datetime | None:
    """Of the mails that are due and may go: when the oldest was planned."""
    c = t.outbox.c
    waiting = (c.state.in_(WAITING), c.next_try_at <= as_of)
    query = (
        select(func.min(c.planned_at, type_=c.planned_at.type))
        .join(t.campaign, t.campaign.c.id == c.campaign)
        .where(*waiting, t.campaign.c.is_paused.is_(False))
    )
    oldest: datetime | None = connection.execute(query).scalar_one()
    return oldest


def is_under_way(connection: Connection) -> bool:
    """A campaign was armed: mail is expected."""
    return connection.execute(select(t.campaign.c.id).limit(1)).first() is not None
