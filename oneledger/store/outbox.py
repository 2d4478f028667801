"""Every mail that must go out: written with its exact bytes before any SMTP, claimed by lease, settled by outcome."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, Select, Update, bindparam, exists, func, select, update

from oneledger.domain.mailing import FIRST_LOOK, SendState
from oneledger.store import audit, holding, schema as t
from oneledger.store.database import insert_returning, slices

STRANDED = "stranded"
_AT_ONCE = 1000  # a statement takes only so many values


@dataclass(frozen=True)
class OutboxRow:
    """(campaign, unit, subject_of, round, kind) is unique: what was planned once is never planned again."""

    campaign: str
    phase: str
    unit: str
    subject_of: str  # deliverable, or the milestone of a digest or report
    kind: str  # ask | remind | receipt | correction | digest | report …
    round: str
    priority: int
    address: str
    subject: str
    message_id: str
    planned_at: datetime
    content: bytes
    assignment: int | None = None
    is_stranded: bool = False  # every address of the unit is dead: kept until there is a new one


@dataclass(frozen=True)
class Claim:
    """One mail to send now. ``fence`` must still be the row's when the outcome is recorded."""

    id: int
    address: str
    content: bytes
    tries: int
    fence: int


def plan(connection: Connection, rows: Sequence[OutboxRow]) -> int:
    """Says how many were new."""
    planned = [
        {key: value for key, value in vars(row).items() if key not in ("content", "is_stranded")}
        | {"next_try_at": row.planned_at, "tries": 0, "fence": 0}
        | {"state": (SendState.SKIPPED if row.is_stranded else SendState.PLANNED).value}
        | {"bounce": STRANDED if row.is_stranded else None}
        for row in rows
    ]
    contents = {row.message_id: row.content for row in rows}
    fresh = insert_returning(connection, t.outbox, planned, "id", "message_id")
    if fresh:
        bodies = [{"outbox": row.id, "content": contents[row.message_id]} for row in fresh]
        connection.execute(t.outbox_content.insert(), bodies)
    return len(fresh)


def known(connection: Connection, campaign: str, phase: str, kinds: Iterable[str]) -> set[tuple[str, str, str, str]]:
    """(unit, subject_of, round, kind) of what was planned already."""
    c = t.outbox.c
    where = (c.campaign == campaign, c.phase == phase, c.kind.in_(list(kinds)))
    rows = connection.execute(select(c.unit, c.subject_of, c.round, c.kind).where(*where))
    return {(row.unit, row.subject_of, row.round, row.kind) for row in rows}


def times_planned(
    connection: Connection, campaign: str, phase: str, kinds: Iterable[str], units: Collection[str] | None = None
) -> dict[str, int]:
    """By unit; of some units, where they are named."""
    c = t.outbox.c
    query = select(c.unit, func.count()).where(c.campaign == campaign, c.phase == phase, c.kind.in_(list(kinds)))
    parts = [query] if units is None else [query.where(c.unit.in_(some)) for some in slices(units)]
    return {unit: count for part in parts for unit, count in connection.execute(part.group_by(c.unit))}


WAITING = (SendState.PLANNED.value, SendState.DEFERRED.value)


def claim(connection: Connection, as_of: datetime, *, most: int, lease: timedelta) -> list[Claim]:
    """Take the next mails by priority, then age. Each must still be begun before any of it goes out. None in HOLD."""
    if holding.standing(connection) is not None:  # the one place: nothing is sent that was not claimed
        return []
    c = t.outbox.c
    running = list(connection.execute(_running()).scalars())
    waiting = (c.campaign.in_(running), c.state.in_(WAITING), c.next_try_at <= as_of)  # as the index has it
    chosen = (
        select(c.id)
        .where(*waiting)
        .order_by(c.priority, c.id)
        .limit(most)
        .with_for_update(skip_locked=True, of=t.outbox)
    )
    ids = list(connection.execute(chosen).scalars())
    if not ids:
        return []
    taken = {"state": SendState.CLAIMED.value, "lease_until": as_of + lease, "fence": c.fence + 1, "tries": c.tries + 1}
    connection.execute(update(t.outbox).where(c.id.in_(ids)).values(taken))
    content = t.outbox_content.c
    rows = connection.execute(
        select(c.id, c.address, content.content, c.tries, c.fence)
        .join(t.outbox_content, content.outbox == c.id)
        .where(c.id.in_(ids))
        .order_by(c.priority, c.id)
    )
    return [Claim(*row) for row in rows]


def begin(connection: Connection, claims: Sequence[Claim], lease_until: datetime, journal: str = "") -> list[Claim]:
    """SENDING, to be committed before any DATA. Left out: claims no longer ours, or on which a HOLD or pause came.

    ``journal``: where a copy of each will lie if it arrives.
    """
    c = t.outbox.c
    may_go = (c.campaign.in_(_running()), ~exists().where(t.holding.c.released_at.is_(None)))
    mine = (c.id.in_([each.id for each in claims]), c.state == SendState.CLAIMED.value, *may_go)
    fences = {row.id: row.fence for row in connection.execute(_locked(c.id, c.fence).where(*mine))}
    begun = [each for each in claims if fences.get(each.id) == each.fence]
    values = {"state": SendState.SENDING.value, "lease_until": lease_until, "journal": journal or None}
    connection.execute(update(t.outbox).where(c.id.in_([each.id for each in begun])).values(values))
    return begun


def _running() -> Select[Any]:
    """Campaigns that are not paused."""
    return select(t.campaign.c.id).where(t.campaign.c.is_paused.is_(False))


def _locked(*columns: ColumnElement[Any]) -> Select[Any]:
    """Rows that nobody else changes before this transaction ends: one statement reads and one writes many, where a
    statement for each mail cost more than the disk. SQLite has locked everything already."""
    return select(*columns).with_for_update(of=t.outbox)


def settle(connection: Connection, outcomes: Sequence[dict[str, Any]]) -> int:
    """Record outcomes {id, fence, state, code, reply, at, next_try_at, sha256}, one a mail; a stale fence changes
    nothing.

    A 250 that is told late, of a mail that was given up as UNKNOWN meanwhile, is evidence that it went out.
    """
    if not outcomes:
        return 0
    c = t.outbox.c
    query = _locked(c.id, c.fence, c.state, c.campaign, c.unit, c.kind, c.subject_of, c.round)
    rows = {row.id: row for row in connection.execute(query.where(c.id.in_([each["id"] for each in outcomes])))}
    held = [each for each in outcomes if _is_open(rows.get(each["id"]), each)]
    changes: dict[tuple[str, ...], list[dict[str, Any]]] = {}
    for each in held:
        values = _values(each)
        told = {"mail": each["id"]} | {f"new_{name}": value for name, value in values.items()}
        changes.setdefault(tuple(values), []).append(told)
    for names, told_of in changes.items():
        connection.execute(_settled(names), told_of)
    audit.record(connection, [_sent_event(rows[each["id"]], each) for each in held if each["state"] is SendState.SENT])
    return len(held)


def _is_open(row: Row[Any] | None, outcome: Mapping[str, Any]) -> bool:
    states = [SendState.SENDING.value, *([SendState.UNKNOWN.value] if outcome["state"] is SendState.SENT else [])]
    return row is not None and row.fence == outcome["fence"] and row.state in states


def _values(outcome: Mapping[str, Any]) -> dict[str, Any]:
    at = outcome["at"]
    values: dict[str, Any] = {"code": outcome["code"], "reply": outcome["reply"], "lease_until": None}
    match outcome["state"]:
        case SendState.SENT:
            values["sent_at"] = at
        case SendState.DEFERRED:
            values["next_try_at"] = outcome["next_try_at"]
        case SendState.UNKNOWN:
            values |= {"lost_at": at, "looks": 0, "next_try_at": at + FIRST_LOOK}
    return values | {"state": outcome["state"].value}


@cache
def _settled(names: tuple[str, ...]) -> Update:
    """Built once: building it anew for each mail cost more than the disk."""
    values: dict[str, Any] = {name: bindparam(f"new_{name}") for name in names}
    return update(t.outbox).where(t.outbox.c.id == bindparam("mail")).values(values)


def _sent_event(row: Row[Any], outcome: Mapping[str, Any]) -> dict[str, Any]:
    """The trail says which mail went to which unit, by the hash of its bytes; never to which person."""
    return {
        "at": outcome["at"], "actor": "oneledger", "deed": "mail sent",
        "campaign": row.campaign, "unit": row.unit,
        "detail": {
            "kind": row.kind, "subject_of": row.subject_of, "round": row.round,
            "outbox": row.id, "sha256": outcome["sha256"],
        },
    }  # fmt: skip


def release(connection: Connection, claims: Iterable[Claim], at: datetime) -> None:
    """Claims that were never begun go back, costing no try."""
    c = t.outbox.c
    back = {"state": SendState.DEFERRED.value, "lease_until": None, "next_try_at": at, "tries": c.tries - 1}
    for each in claims:
        mine = (c.id == each.id, c.fence == each.fence, c.state == SendState.CLAIMED.value)
        connection.execute(update(t.outbox).where(*mine).values(back))


def among(connection: Connection, message_ids: Collection[str]) -> set[str]:
    """Those that are our own."""
    c = t.outbox.c
    query = select(c.message_id).where(c.message_id.in_(list(message_ids)))
    return set(connection.execute(query).scalars()) if message_ids else set()


def strange(connection: Connection, message_ids: Collection[str]) -> set[str]:
    """Those that no row has."""
    every = list(message_ids)
    known = (among(connection, every[start : start + _AT_ONCE]) for start in range(0, len(every), _AT_ONCE))
    return set(every).difference(*known)


def sent_since(connection: Connection, moment: datetime) -> int:
    """Tries count against the provider's limits, also where they did not succeed."""
    return connection.execute(select(func.count()).where(t.outbox.c.sent_at > moment)).scalar_one()


def was_planned_since(connection: Connection, address: str, kind: str, moment: datetime) -> bool:
    c = t.outbox.c
    same = (func.lower(c.address) == address.lower(), c.kind == kind, c.planned_at >= moment)
    return connection.execute(select(c.id).where(*same).limit(1)).first() is not None


def is_waiting(connection: Connection, as_of: datetime, journal: str = "") -> bool:
    """Something to send, something left by a sender that must be settled, or something to look for in the journal."""
    c = t.outbox.c
    lost = (c.state == SendState.UNKNOWN.value) & (c.journal == journal)
    left = c.state.in_((SendState.CLAIMED.value, SendState.SENDING.value))
    due = ((c.state.in_(WAITING) | lost) & (c.next_try_at <= as_of)) | left
    return connection.execute(select(c.id).where(due).limit(1)).first() is not None


def waiting(connection: Connection, as_of: datetime) -> int:
    """How many could be claimed: none in HOLD, none of a paused campaign."""
    if holding.standing(connection) is not None:
        return 0
    c = t.outbox.c
    due = (c.campaign.in_(_running()), c.state.in_(WAITING), c.next_try_at <= as_of)
    return connection.execute(select(func.count()).where(*due)).scalar_one()


def counts(connection: Connection, campaign: str) -> list[tuple[str, str, str, int]]:
    """(phase, kind, state, how many)."""
    c = t.outbox.c
    by = (c.phase, c.kind, c.state)
    query = select(*by, func.count()).where(c.campaign == campaign).group_by(*by).order_by(*by)
    return [(phase, kind, state, count) for phase, kind, state, count in connection.execute(query)]


def asked(connection: Connection, campaign: str, phase: str) -> dict[str, int]:
    """How many first mails of a phase stand in each state."""
    c = t.outbox.c
    asks = (c.campaign == campaign, c.phase == phase, c.kind.in_(["ask", "inspect-ask"]))
    query = select(c.state, func.count()).where(*asks).group_by(c.state)
    return {state: count for state, count in connection.execute(query)}  # noqa: C416


def bounced(connection: Connection, campaign: str) -> dict[str, int]:
    """How many first mails of each phase came back."""
    c = t.outbox.c
    asks = (c.campaign == campaign, c.bounced_at.is_not(None), c.kind.in_(["ask", "inspect-ask"]))
    query = select(c.phase, func.count()).where(*asks).group_by(c.phase)
    return {key: count for key, count in connection.execute(query)}  # noqa: C416
