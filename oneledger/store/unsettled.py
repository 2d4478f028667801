"""Mails of which nobody knows whether they went out: settled by evidence or by a person, never by time alone."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, select, update

from oneledger.domain.mailing import ENOUGH_LOOKS, FIRST_LOOK, NEXT_LOOK, SendState
from oneledger.store import audit, schema as t
from oneledger.store.database import slices

_NOT_SENT = tuple(state.value for state in (SendState.PLANNED, SendState.DEFERRED, SendState.UNKNOWN))
_WITNESSES = 20


@dataclass(frozen=True)
class Lost:
    id: int
    message_id: str
    journal: str | None
    lost_at: datetime
    looks: int


def expire_leases(connection: Connection, as_of: datetime) -> int:
    """A mail found SENDING after its lease may have gone out: UNKNOWN. One only claimed goes back: nothing of it left.

    Says how many became UNKNOWN.
    """
    c = t.outbox.c
    ended = c.lease_until < as_of
    back = {"state": SendState.DEFERRED.value, "lease_until": None, "next_try_at": as_of, "tries": c.tries - 1}
    connection.execute(update(t.outbox).where(c.state == SendState.CLAIMED.value, ended).values(back))
    lost: dict[str, Any] = {
        "state": SendState.UNKNOWN.value,
        "lease_until": None,
        "reply": "found SENDING after its lease",
    }
    lost |= {"lost_at": c.lease_until, "looks": 0, "next_try_at": as_of + FIRST_LOOK}
    return connection.execute(update(t.outbox).where(c.state == SendState.SENDING.value, ended).values(lost)).rowcount


def to_look_for(connection: Connection, as_of: datetime, journal: str) -> list[Lost]:
    """Those of which the journal must hold a copy if they arrived, and for which it is time."""
    c = t.outbox.c
    due = (c.state == SendState.UNKNOWN.value, c.journal == journal, c.next_try_at <= as_of)
    return [Lost(*row) for row in connection.execute(_lost_columns().where(*due).order_by(c.id))]


def not_sent(connection: Connection) -> list[Lost]:
    """Everything that our store believes is not out, whatever it is: a restored store may be behind the world."""
    c = t.outbox.c
    query = select(c.id, c.message_id, c.journal, c.planned_at, c.looks).where(c.state.in_(_NOT_SENT)).order_by(c.id)
    return [Lost(*row) for row in connection.execute(query)]


def witnesses(connection: Connection, journal: str) -> dict[str, datetime]:
    """Message-IDs of the mails sent last, and when: a journal that holds none of them says nothing about any other."""
    c = t.outbox.c
    sent = (c.state == SendState.SENT.value, c.journal == journal, c.code.is_not(None))
    query = select(c.message_id, c.sent_at).where(*sent).order_by(c.sent_at.desc(), c.id.desc()).limit(_WITNESSES)
    return {message_id: sent_at for message_id, sent_at in connection.execute(query)}  # noqa: C416


def found(connection: Connection, message_ids: Collection[str], at: datetime, by: str = "journal") -> int:
    """Evidence that they went out. Says how many were not known to be."""
    return sum(_found(connection, some, at, by) for some in slices(sorted(message_ids)))


def _found(connection: Connection, message_ids: list[str], at: datetime, by: str) -> int:
    c = t.outbox.c
    columns = (c.id, c.campaign, c.unit, c.kind, c.subject_of, c.round)
    mine = (c.message_id.in_(message_ids), c.state.in_(_NOT_SENT))
    rows = list(connection.execute(select(*columns).where(*mine).order_by(c.id)).mappings())
    ids = [row["id"] for row in rows]
    sent = {"state": SendState.SENT.value, "sent_at": at, "reply": f"found: {by}", "code": None}
    connection.execute(update(t.outbox).where(c.id.in_(ids), c.state.in_(_NOT_SENT)).values(sent))
    _record(connection, rows, at, by, "mail found sent")
    return len(ids)


def absent(connection: Connection, lost: Iterable[Lost], at: datetime) -> int:
    """One look in vain for each; after the last it never arrived and may go again, with the same bytes.

    Says how many may go again.
    """
    c = t.outbox.c
    again = 0
    for each in lost:
        is_over = each.looks + 1 >= ENOUGH_LOOKS
        values: dict[str, Any] = {"looks": each.looks + 1, "next_try_at": at if is_over else at + NEXT_LOOK}
        if is_over:
            values |= {"state": SendState.DEFERRED.value, "reply": "never arrived: not in the journal"}
        mine = (c.id == each.id, c.state == SendState.UNKNOWN.value, c.looks == each.looks)
        again += connection.execute(update(t.outbox).where(*mine).values(values)).rowcount * is_over
    return again


def for_a_person(connection: Connection, campaign: str, journal: str) -> list[dict[str, Any]]:
    """Unknown mails; ``is_looked_for``: the journal will tell."""
    c = t.outbox.c
    columns = (c.id, c.lost_at, c.unit, c.address, c.subject, c.kind, c.reply, c.looks, c.journal)
    unknown = (c.campaign == campaign, c.state == SendState.UNKNOWN.value)
    rows = connection.execute(select(*columns).where(*unknown).order_by(c.id)).mappings()
    return [
        {key: row[key] for key in row if key != "journal"}
        | {"is_looked_for": bool(journal) and row["journal"] == journal}
        for row in rows
    ]


def decide(connection: Connection, number: int, at: datetime, by: str, *, is_sent: bool) -> bool:
    """A person's word on an unknown mail. False: it is none."""
    c = t.outbox.c
    columns = (c.id, c.campaign, c.unit, c.kind, c.subject_of, c.round)
    mine = (c.id == number, c.state == SendState.UNKNOWN.value)
    rows = list(connection.execute(select(*columns).where(*mine)).mappings())
    values = {"state": SendState.SENT.value, "sent_at": at} if is_sent else {"state": SendState.DEFERRED.value}
    connection.execute(update(t.outbox).where(*mine).values(values | {"reply": f"by {by}", "next_try_at": at}))
    _record(connection, rows, at, by, "mail found sent" if is_sent else "mail to go again")
    return bool(rows)


def _lost_columns() -> Any:
    c = t.outbox.c
    return select(c.id, c.message_id, c.journal, c.lost_at, c.looks)


def _record(connection: Connection, rows: Iterable[Any], at: datetime, by: str, deed: str) -> None:
    kept = ("kind", "subject_of", "round")
    events = [
        {
            "at": at, "actor": by, "deed": deed, "campaign": row["campaign"], "unit": row["unit"],
            "detail": {key: row[key] for key in kept} | {"outbox": row["id"]},
        }
        for row in rows
    ]  # fmt: skip
    if events:
        audit.record(connection, events)
