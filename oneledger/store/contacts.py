"""What became of units' addresses: events are added and never altered; who is in force stands with the units."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from typing import Any

from sqlalchemy import Connection, select, update

from oneledger.domain.units import Contact
from oneledger.store import campaigns, schema as t, units
from oneledger.store.database import insert_new


@dataclass(frozen=True)
class ContactEvent:
    campaign: str
    unit: str
    address: str
    deed: str  # bounced | wanted | asked | confirmed | refused | set
    at: datetime
    by: str
    reason: str
    cause: str
    number: int | None = None
    detail: dict[str, Any] | None = None
    inbox: int | None = None


_COLUMNS = tuple(t.contact_event.c[name] for name in ContactEvent.__dataclass_fields__)


def record(connection: Connection, events: Sequence[ContactEvent]) -> int:
    """Says how many were new."""
    rows = [vars(each) | {"address": each.address.lower(), "detail": each.detail or {}} for each in events]
    return insert_new(connection, t.contact_event, rows)


def of_campaign(connection: Connection, campaign: str, unit: str | None = None) -> list[ContactEvent]:
    """The first recorded first."""
    c = t.contact_event.c
    query = select(*_COLUMNS).where(c.campaign == campaign, *([c.unit == unit] if unit else [])).order_by(c.id)
    return [ContactEvent(*row) for row in connection.execute(query)]


def of_request(connection: Connection, campaign: str, number: int) -> dict[str, ContactEvent]:
    """By deed: asked, and what was answered."""
    c = t.contact_event.c
    query = select(*_COLUMNS).where(c.campaign == campaign, c.number == number).order_by(c.id)
    return {row.deed: ContactEvent(*row) for row in connection.execute(query)}


def wanted(connection: Connection, campaign: str) -> set[tuple[str, str]]:
    """(unit, cause) of those whose office was asked already."""
    c = t.contact_event.c
    rows = connection.execute(select(c.unit, c.cause).where(c.campaign == campaign, c.deed == "wanted"))
    return {(row.unit, row.cause) for row in rows}


def put(connection: Connection, campaign: str, changed: dict[str, Sequence[Contact]], *, in_the_list: bool) -> None:
    """Whom a campaign writes to from now on. The digest changes, so that every process reads the units anew."""
    c = t.campaign_unit.c
    for code, contacts in changed.items():
        mine = (c.campaign == campaign, c.code == code)
        connection.execute(update(t.campaign_unit).where(*mine).values(contacts=[vars_of(each) for each in contacts]))
        if in_the_list:
            units.put_contacts(connection, code, contacts)
    again = sha256(f"{campaigns.digest(connection, campaign)} {sorted(changed)} {changed}".encode()).hexdigest()
    connection.execute(update(t.campaign).where(t.campaign.c.id == campaign).values(digest=again))


def vars_of(contact: Contact) -> dict[str, Any]:
    return {name: getattr(contact, name) for name in Contact.__dataclass_fields__}


def last_deed(connection: Connection, campaign: str, deeds: Collection[str]) -> tuple[str, datetime, Any] | None:
    """(deed, at, detail) of the last of some deeds on a whole campaign."""
    c = t.event.c
    query = select(c.deed, c.at, c.detail).where(c.campaign == campaign, c.deed.in_(list(deeds)))
    found = connection.execute(query.order_by(c.id.desc()).limit(1)).first()
    return (found.deed, found.at, found.detail) if found else None
