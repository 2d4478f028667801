"""One person's word taken out of what a campaign keeps. Rows stay, with stars where the word stood."""

from collections.abc import Iterator, Sequence
from typing import Any

from sqlalchemy import Column, Connection, Table, Text, delete, func, or_, select, type_coerce, update

from oneledger.domain.mailing import SendState
from oneledger.store import schema as t
from oneledger.store.append_only import lifted

_PLACES: tuple[tuple[Table, tuple[str, ...]], ...] = (
    (t.submission, ("ledgers", "findings", "file_name")),
    (t.document, ("paragraphs", "title", "file_name")),
    (t.problem, ("values", "progress")),
    (t.assignment, ("printed",)),
    (t.campaign_unit, ("contacts",)),
    (t.inbox, ("subject", "reason")),
    (t.outbox, ("subject",)),
)

_GUARDED: tuple[tuple[Table, tuple[str, ...]], ...] = (
    (t.problem_event, ("said",)),
    (t.former_verdict, ("ledgers", "findings")),
)


def _holding(table: Table, names: Sequence[str], campaign: str, word: str) -> Any:
    holds = or_(*(type_coerce(table.c[name], Text).contains(word, autoescape=True) for name in names))
    return (table.c.campaign == campaign, holds)


def found(connection: Connection, campaign: str, word: str) -> dict[str, int]:
    """Table -> rows that hold the word. ``incident_entry`` cannot be altered."""
    places = (*_PLACES, *_GUARDED, (t.incident_entry, ("data",)))
    counts = {
        table.name: connection.execute(
            select(func.count()).select_from(table).where(*_holding(table, names, campaign, word))
        ).scalar_one()
        for table, names in places
    }
    return {name: count for name, count in counts.items() if count}


def forget(connection: Connection, campaign: str, word: str) -> None:
    for table, names in _PLACES:
        _star(connection, table, names, campaign, word)
    for table, names in _GUARDED:
        with lifted(connection, table):
            _star(connection, table, names, campaign, word)


def _star(connection: Connection, table: Table, names: Sequence[str], campaign: str, word: str) -> None:
    keys: list[Column[Any]] = list(table.primary_key.columns)
    rows = connection.execute(select(table).where(*_holding(table, names, campaign, word))).mappings().all()
    for row in rows:
        mine = [key == row[key.name] for key in keys]
        connection.execute(update(table).where(*mine).values({name: starred(row[name], word) for name in names}))


def starred(value: Any, word: str) -> Any:
    if isinstance(value, str):
        return value.replace(word, "*" * len(word))
    if isinstance(value, dict):
        return {key: starred(each, word) for key, each in value.items()}
    return [starred(each, word) for each in value] if isinstance(value, list) else value


def letters(connection: Connection, campaign: str) -> Iterator[tuple[int, bytes]]:
    """Letters that have gone out, with their bytes; what waits is still wanted."""
    done = [SendState.SENT.value, SendState.FAILED.value]
    of_campaign = select(t.outbox.c.id).where(t.outbox.c.campaign == campaign, t.outbox.c.state.in_(done))
    for number in connection.execute(of_campaign).scalars().all():
        content = select(t.outbox_content.c.content).where(t.outbox_content.c.outbox == number)
        for each in connection.execute(content).scalars():
            yield number, each


def drop_letters(connection: Connection, numbers: Sequence[int]) -> None:
    connection.execute(delete(t.outbox_content).where(t.outbox_content.c.outbox.in_(list(numbers))))


def originals(connection: Connection, campaign: str) -> list[str]:
    query = select(t.inbox.c.sha256).where(t.inbox.c.campaign == campaign).distinct()
    return sorted(connection.execute(query).scalars())


def books(connection: Connection, campaign: str) -> list[str]:
    mine = select(t.snapshot.c.id).where(t.snapshot.c.campaign == campaign)
    return sorted(connection.execute(select(t.report.c.path).where(t.report.c.snapshot.in_(mine))).scalars())
