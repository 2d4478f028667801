"""Mails that came back and what became of them."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, func, select, update

from oneledger.domain.bouncing import COPY_MARK, WATCHED, Returned, hardened, kind_of_refusal
from oneledger.domain.incoming import BounceKind
from oneledger.domain.mailing import SendState
from oneledger.store import schema as t
from oneledger.store.outbox import STRANDED, WAITING

_OPEN = tuple(kind.value for kind in (BounceKind.HARD, BounceKind.SOFT, BounceKind.SENDER))
_COLUMNS = tuple(
    t.outbox.c[name]
    for name in ("id", "unit", "phase", "subject_of", "kind", "round", "address", "bounce", "bounced_at")
)


@dataclass(frozen=True)
class Marked:
    """A mail of ours that a bounce speaks of, marked just now."""

    id: int
    campaign: str
    unit: str
    address: str
    kind: str
    bounce: str


def record(
    connection: Connection, message_ids: Iterable[str], at: datetime, diagnostic: str, kind: BounceKind
) -> list[Marked]:
    """Mark the mails a bounce speaks of, each once; returns those that were not marked before."""
    c = t.outbox.c
    ours = (c.message_id.in_(list(message_ids)), c.bounced_at.is_(None))
    columns = (c.id, c.campaign, c.unit, c.address, c.kind, c.round)
    marked = []
    for row in connection.execute(select(*columns).where(*ours)).all():
        bounce = hardened(kind, row.round).value
        values = {"bounced_at": at, "reply": diagnostic[:500], "bounce": bounce}
        connection.execute(update(t.outbox).where(c.id == row.id).values(values))
        marked.append(Marked(row.id, row.campaign, row.unit, row.address, row.kind, bounce))
    return marked


def mark_refused(connection: Connection, campaign: str, at: datetime) -> list[tuple[Marked, str]]:
    """Mails that a server refused at the door have come back too; with its words."""
    c = t.outbox.c
    refused = (c.campaign == campaign, c.state == SendState.FAILED.value, c.bounce.is_(None))
    columns = (c.id, c.campaign, c.unit, c.address, c.kind, c.round, c.code, c.reply)
    marked = []
    for row in connection.execute(select(*columns).where(*refused)).all():
        words = f"{row.code or ''} {row.reply or ''}".strip()
        kind = hardened(kind_of_refusal(row.code or 0, words), row.round)
        connection.execute(update(t.outbox).where(c.id == row.id).values(bounced_at=at, bounce=kind.value))
        marked.append((Marked(row.id, row.campaign, row.unit, row.address, row.kind, kind.value), words))
    return marked


def is_waiting(connection: Connection, campaign: str) -> bool:
    """Something came back of which nothing has become yet."""
    c = t.outbox.c
    back = c.bounce.in_(_OPEN) & c.copied_at.is_(None)
    refused = (c.state == SendState.FAILED.value) & c.bounce.is_(None)
    query = select(c.id).where(c.campaign == campaign, back | refused).limit(1)
    return connection.execute(query).first() is not None


def returned(connection: Connection, campaign: str) -> list[Returned]:
    """In the order in which they were planned."""
    c = t.outbox.c
    where = (c.campaign == campaign, c.bounce.in_(_OPEN), c.copied_at.is_(None))
    return [Returned(*row) for row in connection.execute(select(*_COLUMNS).where(*where).order_by(c.id))]


def planned_to(connection: Connection, campaign: str, dead: Collection[tuple[str, str]]) -> list[int]:
    """Mails not sent yet to addresses (unit, address) that have died meanwhile."""
    c = t.outbox.c
    waiting = (c.campaign == campaign, c.state.in_(WAITING))
    rows = connection.execute(
        select(c.id, c.unit, c.address).where(*waiting, c.unit.in_(sorted({unit for unit, _ in dead})))
    )
    return [row.id for row in rows if (row.unit, row.address.lower()) in dead]


def withdraw(connection: Connection, numbers: Collection[int]) -> None:
    """Never sent, and to be copied like one that came back. Not what a sender has claimed meanwhile."""
    c = t.outbox.c
    values = {"state": SendState.SKIPPED.value, "bounce": BounceKind.HARD.value}
    connection.execute(update(t.outbox).where(c.id.in_(list(numbers)), c.state.in_(WAITING)).values(values))


def whole(connection: Connection, number: int) -> Any:
    """The row with its content."""
    query = select(t.outbox, t.outbox_content.c.content).join(
        t.outbox_content, t.outbox_content.c.outbox == t.outbox.c.id
    )
    return connection.execute(query.where(t.outbox.c.id == number)).one()


def settle(connection: Connection, numbers: Collection[int], at: datetime) -> None:
    connection.execute(update(t.outbox).where(t.outbox.c.id.in_(list(numbers))).values(copied_at=at))


def strand(connection: Connection, numbers: Collection[int]) -> None:
    """Nobody is left who could read them."""
    connection.execute(update(t.outbox).where(t.outbox.c.id.in_(list(numbers))).values(bounce=STRANDED))


def unstrand(connection: Connection, campaign: str, unit: str) -> None:
    """There is an address again."""
    c = t.outbox.c
    kept = (c.campaign == campaign, c.unit == unit, c.bounce == STRANDED, c.copied_at.is_(None))
    connection.execute(update(t.outbox).where(*kept).values(bounce=BounceKind.HARD.value))


def among_the_last(connection: Connection, campaign: str, since: datetime | None) -> tuple[int, int]:
    """(hard bounces, mails) of those sent last, without copies; only since the operator resumed, where he did."""
    c = t.outbox.c
    sent = [c.campaign == campaign, c.state == SendState.SENT.value, ~c.round.contains(COPY_MARK)]
    sent += [c.sent_at > since] if since else []
    last = select(c.bounce).where(*sent).order_by(c.sent_at.desc(), c.id.desc()).limit(WATCHED)
    found = list(connection.execute(last).scalars())
    return sum(each in (BounceKind.HARD.value, STRANDED) for each in found), len(found)


def stranded(connection: Connection, campaign: str) -> dict[str, int]:
    """How many mails wait for an address, by unit."""
    c = t.outbox.c
    kept = (c.campaign == campaign, c.bounce == STRANDED, c.copied_at.is_(None))
    query = select(c.unit, func.count()).where(*kept).group_by(c.unit)
    return {unit: count for unit, count in connection.execute(query)}  # noqa: C416


def counts(connection: Connection, campaign: str) -> dict[str, int]:
    """By kind of bounce; stranded: nobody is left who could be sent it."""
    c = t.outbox.c
    kinds = (*_OPEN, STRANDED)  # asked for by name: a mail that never came back has none
    back = (c.campaign == campaign, c.bounce.in_(kinds), c.bounced_at.is_not(None) | (c.bounce == STRANDED))
    query = select(c.bounce, func.count()).where(*back).group_by(c.bounce)
    found = {kind: count for kind, count in connection.execute(query)}  # noqa: C416
    return {kind: found.get(kind, 0) for kind in kinds}
