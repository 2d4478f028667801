"""The trail of deeds: entries that nobody can alter, and the seals over them."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, func, select, text

from oneledger.domain.audit import FIRST, Entry, Seal, sealed
from oneledger.store import schema as t

_ENTRY = tuple(t.event.c[name] for name in ("id", "at", "actor", "deed", "campaign", "unit", "detail"))
_SEAL = tuple(t.event_seal.c[name] for name in ("number", "sealed_at", "last", "count", "prior", "digest"))


def record(connection: Connection, rows: Sequence[dict[str, Any]]) -> None:
    """Each {at, actor, deed, campaign, unit, detail}."""
    if rows:
        connection.execute(t.event.insert(), list(rows))


def seal(connection: Connection, at: datetime) -> Seal | None:
    """Over all entries since the last seal; None where there are none. Within a write transaction."""
    if connection.dialect.name == "postgresql":  # nobody may still be about to commit a smaller number
        connection.execute(text("LOCK TABLE event IN SHARE ROW EXCLUSIVE MODE"))
    before = last_seal(connection)
    after = before.last if before else 0
    block = list(entries(connection, after=after))
    if not block:
        return None
    number, prior = (before.number + 1, before.digest) if before else (1, FIRST)
    made = Seal(number, at, block[-1].id, len(block), prior, sealed(prior, block))
    connection.execute(t.event_seal.insert(), vars(made))
    return made


def last_seal(connection: Connection) -> Seal | None:
    query = select(*_SEAL).order_by(t.event_seal.c.number.desc()).limit(1)
    return next(iter(_seals(connection.execute(query))), None)


def seals(connection: Connection) -> list[Seal]:
    return _seals(connection.execute(select(*_SEAL).order_by(t.event_seal.c.number)))


def _seals(rows: Iterable[Row[Any]]) -> list[Seal]:
    return [Seal(*row) for row in rows]


def entries(
    connection: Connection, *, after: int = 0, campaign: str | None = None, units: Sequence[str] | None = None
) -> Iterator[Entry]:
    """By number; all of them, or a campaign's, or those about some units."""
    c = t.event.c
    query = select(*_ENTRY).where(c.id > after).order_by(c.id)
    if campaign is not None:
        query = query.where(c.campaign == campaign)
    if units is not None:
        query = query.where(c.unit.in_(list(units)))
    for row in connection.execute(query):
        yield Entry(row.id, row.at, row.actor, row.deed, row.campaign, row.unit, row.detail or {})


def count(connection: Connection) -> int:
    return int(connection.execute(select(func.count()).select_from(t.event)).scalar_one())


def submission_hashes(connection: Connection, campaign: str) -> dict[int, str]:
    """What is kept of each return, by the hash of its file."""
    c = t.submission.c
    rows = connection.execute(select(c.id, c.sha256).where(c.campaign == campaign))
    return {row.id: row.sha256 for row in rows}


def snapshot_digests(connection: Connection, campaign: str) -> dict[str, str]:
    c = t.snapshot.c
    rows = connection.execute(select(c.milestone, c.digest).where(c.campaign == campaign))
    return {row.milestone: row.digest for row in rows}


def deleted_mails(connection: Connection) -> set[str]:
    """Originals that named pupils and whose time was over: their deletion is on the trail itself."""
    c = t.quarantine.c
    return set(connection.execute(select(c.sha256).where(c.deleted_at.is_not(None))).scalars())


def mails_to(connection: Connection, campaign: str, unit: str) -> Iterator[Row[Any]]:
    """Every mail that went out to a unit: kind, subject_of, sent_at, content."""
    o, body = t.outbox.c, t.outbox_content.c
    query = (
        select(o.kind, o.subject_of, o.sent_at, body.content)
        .join(t.outbox_content, body.outbox == o.id)
        .where(o.campaign == campaign, o.unit == unit, o.sent_at.is_not(None))
        .order_by(o.sent_at, o.id)
    )
    yield from connection.execute(query)


def returns_of(connection: Connection, campaign: str, unit: str) -> list[Row[Any]]:
    """Every version of what a unit answered: deliverable, version, verdict, received_at, is_late, mail (its hash)."""
    s, a, i = t.submission.c, t.assignment.c, t.inbox.c
    query = (
        select(a.deliverable, s.version, s.verdict, s.received_at, s.is_late, i.sha256.label("mail"))
        .join(t.assignment, a.id == s.assignment)
        .join(t.inbox, i.id == s.inbox)
        .where(a.campaign == campaign, (a.respondent == unit) | (a.unit == unit))
        .order_by(s.received_at, s.id)
    )
    return list(connection.execute(query))


def owed_by(connection: Connection, campaign: str, unit: str) -> list[Row[Any]]:
    """deliverable, due_at, status, is_late, versions, seal; of what the unit owes or answers for another."""
    a = t.assignment.c
    columns = (a.deliverable, a.unit, a.due_at, a.status, a.is_late, a.versions, a.seal)
    mine = (a.campaign == campaign, (a.respondent == unit) | (a.unit == unit))
    return list(connection.execute(select(*columns).where(*mine).order_by(a.due_at, a.id)))
