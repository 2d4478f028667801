"""Every mail that came in: archived before it is read, worked on once, never lost."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy import BigInteger, Connection, Update, bindparam, cast, func, select, update

from oneledger.store import schema as t
from oneledger.store.database import Store, insert_new, slices

WAITING = ("person", "confirm")  # for a person; for the registered address, while a person may decide before it


@dataclass(frozen=True)
class InboxRow:
    id: int
    sha256: str
    received_at: datetime
    campaign: str | None
    county: str | None
    state: str
    approved_by: str | None = None  # a person vouched for the sender
    begun: int = 0  # how often work on it began and neither ended nor failed: the process died
    size: int = 0


class Seen:
    """What the mail box adapters ask: which items of a folder are recorded already."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def highest_uid(self, account: str, folder: str, uidvalidity: str) -> int:
        """0 where nothing is known. IMAP only: its UIDs are numbers."""
        highest = select(func.max(cast(t.inbox.c.uid, BigInteger))).where(*_of(account, folder, uidvalidity))
        with self._store.read() as connection:
            return connection.execute(highest).scalar_one() or 0

    def known(self, account: str, folder: str, uidvalidity: str, uids: Collection[str]) -> set[str]:
        if not uids:
            return set()
        recorded = select(t.inbox.c.uid).where(*_of(account, folder, uidvalidity))
        with self._store.read() as connection:
            return set(connection.execute(recorded).scalars()) & set(uids)


def _of(account: str, folder: str, uidvalidity: str) -> tuple[Any, ...]:
    c = t.inbox.c
    return (c.account == account, c.folder == folder, c.uidvalidity == uidvalidity)


def record(connection: Connection, rows: Sequence[dict[str, Any]]) -> int:
    """Says how many were new. A mail whose bytes are known already is kept as a duplicate and not worked on again."""
    hashes = [row["sha256"] for row in rows]
    before = set(connection.execute(select(t.inbox.c.sha256).where(t.inbox.c.sha256.in_(hashes))).scalars())
    fresh: list[dict[str, Any]] = []
    for row in rows:
        fresh.append(row | {"state": "duplicate"} if row["sha256"] in before else row)
        before.add(row["sha256"])
    return insert_new(connection, t.inbox, fresh)


def new_by_county(
    connection: Connection, campaign: str | None = None, first: Collection[str] = ()
) -> dict[tuple[str | None, str | None], list[int]]:
    """Ids of mails nobody has worked on, grouped by (campaign, county); (None, None) where no token was found.

    ``first``: senders whose mails go before those of others, then those with a token.
    """
    c = t.inbox.c
    query = select(c.campaign, c.county, c.id, c.sender).where(c.state == "new").order_by(c.received_at, c.id)
    found = sorted(connection.execute(query), key=lambda row: (row.campaign is None, row.sender not in first))
    groups: dict[tuple[str | None, str | None], list[int]] = {}
    for name, county, row_id, _ in found:
        if campaign is None or name in (None, campaign):
            groups.setdefault((name, county), []).append(row_id)
    return groups


def taken_since(connection: Connection, moment: datetime, after: int = 0) -> list[dict[str, Any]]:
    """What was given to be worked on since then: id, sender, campaign, size. ``after``: only rows behind this one."""
    c = t.inbox.c
    counted = (
        c.id > after,
        c.taken_at >= moment,
        c.state.not_in(("held", "duplicate")),
        c["class"].is_distinct_from("own"),
    )
    query = select(c.id, c.sender, c.campaign, c.size).where(*counted)
    return [dict(row._mapping) for row in connection.execute(query)]  # noqa: SLF001  SQLAlchemy's public name


def held(connection: Connection, before: datetime, most: int = 5000) -> list[dict[str, Any]]:
    """What waits because its sender was over his quota on an earlier day, oldest first."""
    c = t.inbox.c
    query = select(c.id, c.sender, c.campaign, c.size).where(c.state == "held", c.taken_at < before)
    rows = connection.execute(query.order_by(c.received_at, c.id).limit(most))
    return [dict(row._mapping) for row in rows]  # noqa: SLF001  SQLAlchemy's public name


def release(connection: Connection, ids: Sequence[int], at: datetime) -> None:
    """To be worked on, and counted among what is taken today."""
    waiting = (t.inbox.c.id.in_(ids), t.inbox.c.state == "held")
    connection.execute(update(t.inbox).where(*waiting).values(state="new", reason=None, taken_at=at))


def by_ids(connection: Connection, ids: Iterable[int]) -> list[InboxRow]:
    """Those still new, oldest first: a run that comes second finds nothing to do."""
    c = t.inbox.c
    columns = (c.id, c.sha256, c.received_at, c.campaign, c.county, c.state, c.approved_by, c.begun, c.size)
    queries = (select(*columns).where(c.id.in_(some), c.state == "new") for some in slices(ids))
    found = [InboxRow(*row) for query in queries for row in connection.execute(query)]
    return sorted(found, key=lambda each: (each.received_at, each.id))


def begin(connection: Connection, ids: Collection[int]) -> None:
    """Committed before the work: if the process dies of one of these mails, the next one knows."""
    c = t.inbox.c
    connection.execute(update(t.inbox).where(c.id.in_(ids), c.state == "new").values(begun=c.begun + 1))


def not_begun(connection: Connection, ids: Collection[int]) -> None:
    """The work ended without killing anybody, whatever came of it."""
    c = t.inbox.c
    connection.execute(update(t.inbox).where(c.id.in_(ids), c.begun > 0).values(begun=c.begun - 1))


def set_aside(connection: Connection, row_id: int, reason: str) -> None:
    """For a person: taken on again by `pending --accept`."""
    waiting = (t.inbox.c.id == row_id, t.inbox.c.state == "new")
    connection.execute(update(t.inbox).where(*waiting).values(state="person", reason=reason))


def settle(connection: Connection, mails: Sequence[dict[str, Any]]) -> None:
    """Each {id, state (done | person | confirm), class, sender, subject, reason, campaign}."""
    if mails:
        connection.execute(_settled(), [{f"new_{name}": value for name, value in each.items()} for each in mails])


@cache
def _settled() -> Update:
    names = ("state", "class", "sender", "subject", "reason", "campaign")
    values: dict[str, Any] = {name: bindparam(f"new_{name}") for name in names}
    return update(t.inbox).where(t.inbox.c.id == bindparam("new_id")).values(values)


def pass_on(connection: Connection, row_id: int, campaign: str) -> None:
    """It belongs to another campaign, which will find it new."""
    connection.execute(update(t.inbox).where(t.inbox.c.id == row_id).values(state="new", campaign=campaign))


def give_up(connection: Connection, row_id: int, reason: str) -> None:
    """A mail that waits for somebody and can no longer be read."""
    waiting = (t.inbox.c.id == row_id, t.inbox.c.state.not_in(("done", "duplicate")))
    connection.execute(update(t.inbox).where(*waiting).values(state="done", reason=reason))


def for_a_person(connection: Connection, campaign: str | None = None) -> list[dict[str, Any]]:
    c = t.inbox.c
    columns = (c.id, c.received_at, c.sender, c.subject, c.reason, c.sha256, c.campaign, c.state)
    query = select(*columns).where(c.state.in_(WAITING)).order_by(c.id)
    rows = [dict(row._mapping) for row in connection.execute(query)]  # noqa: SLF001  SQLAlchemy's public name
    return [row for row in rows if campaign is None or row["campaign"] in (None, campaign)]


def counts(connection: Connection) -> dict[str, int]:
    """By state."""
    query = select(t.inbox.c.state, func.count()).group_by(t.inbox.c.state)
    return {state: count for state, count in connection.execute(query)}  # noqa: C416


def counts_by_class(connection: Connection) -> dict[str, int]:
    query = select(t.inbox.c["class"], func.count()).group_by(t.inbox.c["class"])
    return {kind or "": count for kind, count in connection.execute(query)}


def decide(connection: Connection, row_id: int, by: str, *, accept: bool) -> bool:
    """A person's word on a waiting mail: taken again, its sender vouched for, or put away. False: none waits."""
    waiting = (t.inbox.c.id == row_id, t.inbox.c.state.in_(WAITING))
    values = {"state": "new", "approved_by": by, "begun": 0} if accept else {"state": "done", "approved_by": None}
    return connection.execute(update(t.inbox).where(*waiting).values(values)).rowcount == 1
