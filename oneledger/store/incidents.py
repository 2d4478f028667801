"""Incidents and their chains: entries are added, never changed."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection, select

from oneledger.domain.incidents import Entry, Incident, chained
from oneledger.store import schema as t

_COLUMNS = tuple(t.incident_entry.c[name] for name in Entry.__dataclass_fields__)


def of_campaign(connection: Connection, campaign: str, units: Sequence[str] | None = None) -> list[Incident]:
    """By number; those of some units only where units are named."""
    c = t.incident_entry.c
    query = select(*_COLUMNS).where(c.campaign == campaign)
    if units is not None:
        query = query.where(c.about.in_(list(units)))
    return chained(Entry(*row) for row in connection.execute(query))


def add(connection: Connection, entries: Sequence[Entry]) -> None:
    """Numbered and sealed. Two writers of one chain: the second fails on its step, and finds the chain longer later."""
    if entries:
        connection.execute(t.incident_entry.insert(), [vars(each) for each in entries])


def is_known(connection: Connection, inbox: int, part: str) -> bool:
    c = t.incident_entry.c
    return connection.execute(select(c.step).where(c.inbox == inbox, c.part == part)).first() is not None


def units_with(connection: Connection, campaign: str) -> set[str]:
    """For the next campaign: its look-back begins with these (004-A4, 000-26)."""
    c = t.incident_entry.c
    query: Any = select(c.about).where(c.campaign == campaign).distinct()
    return set(connection.execute(query).scalars())
