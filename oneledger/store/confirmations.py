"""Questions to registered addresses about mails in their name: asked once a mail and assignment, answered once."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, select, update

from oneledger.store import schema as t
from oneledger.store.database import insert_returning


@dataclass(frozen=True)
class Confirmation:
    id: int
    campaign: str
    inbox: int
    assignment: int
    unit: str
    asked_at: datetime
    expires_at: datetime
    state: str  # asked | agreed | refused | expired | decided


_COLUMNS = tuple(t.confirmation.c[name] for name in Confirmation.__dataclass_fields__)


def by_mail(connection: Connection, campaign: str) -> dict[int, dict[int, str]]:
    """Mail -> assignment -> state of the question."""
    c = t.confirmation.c
    found: dict[int, dict[int, str]] = {}
    for inbox, assignment, state in connection.execute(
        select(c.inbox, c.assignment, c.state).where(c.campaign == campaign)
    ):
        found.setdefault(inbox, {})[assignment] = state
    return found


def open_about(connection: Connection, assignment: int) -> bool:
    """A question about another mail for the same assignment waits for its answer."""
    c = t.confirmation.c
    query = select(c.id).where(c.assignment == assignment, c.state == "asked").limit(1)
    return connection.execute(query).first() is not None


def ask(
    connection: Connection, campaign: str, inbox: int, assignment: int, unit: str, reason: str, *,
    at: datetime, expires_at: datetime,
) -> int | None:  # fmt: skip
    """The number of a new question; None where the same one was asked before."""
    row = {
        "campaign": campaign, "inbox": inbox, "assignment": assignment, "unit": unit, "reason": reason,
        "asked_at": at, "expires_at": expires_at, "state": "asked",
    }  # fmt: skip
    fresh = insert_returning(connection, t.confirmation, [row], "id")
    return int(fresh[0].id) if fresh else None


def by_ids(connection: Connection, numbers: Collection[int]) -> dict[int, Confirmation]:
    if not numbers:
        return {}
    rows = connection.execute(select(*_COLUMNS).where(t.confirmation.c.id.in_(list(numbers))))
    return {row.id: Confirmation(*row) for row in rows}


def answer(connection: Connection, number: int, state: str, *, by: str, inbox: int, at: datetime) -> bool:
    """False where it was answered, decided or expired before: then nothing may follow from this answer."""
    waiting = (t.confirmation.c.id == number, t.confirmation.c.state == "asked")
    values = {"state": state, "answered_by": by, "answered_in": inbox, "answered_at": at}
    return connection.execute(update(t.confirmation).where(*waiting).values(values)).rowcount == 1


def reopen_mail(connection: Connection, inbox: int) -> None:
    """To be worked on again by the next look; only a mail that waits."""
    waiting = (t.inbox.c.id == inbox, t.inbox.c.state.in_(("confirm", "person")))
    connection.execute(update(t.inbox).where(*waiting).values(state="new"))


def put_away(connection: Connection, inbox: int, reason: str) -> None:
    """Where nothing else of the mail waits."""
    c = t.confirmation.c
    if connection.execute(select(c.id).where(c.inbox == inbox, c.state == "asked").limit(1)).first() is None:
        waiting = (t.inbox.c.id == inbox, t.inbox.c.state == "confirm")
        connection.execute(update(t.inbox).where(*waiting).values(state="done", reason=reason))


def decide(connection: Connection, inbox: int) -> None:
    """A person has decided on the mail: what its registered address says later has no effect."""
    waiting = (t.confirmation.c.inbox == inbox, t.confirmation.c.state == "asked")
    connection.execute(update(t.confirmation).where(*waiting).values(state="decided"))


def expire(connection: Connection, campaign: str, at: datetime, reason: str) -> int:
    """Questions nobody answered in time go to a person. Says how many."""
    c = t.confirmation.c
    query = select(c.id, c.inbox).where(c.campaign == campaign, c.state == "asked", c.expires_at < at)
    late = connection.execute(query).all()
    for number, inbox in late:
        connection.execute(update(t.confirmation).where(c.id == number).values(state="expired"))
        waiting = (t.inbox.c.id == inbox, t.inbox.c.state == "confirm")
        connection.execute(update(t.inbox).where(*waiting).values(state="person", reason=reason))
    return len(late)
