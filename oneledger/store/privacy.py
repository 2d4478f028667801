"""Originals under seal, and everything done with people's data: who, when, why. The latter is never altered."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, select, update

from oneledger.store import audit, schema as t
from oneledger.store.database import insert_new

ERASED = "erased"  # the deed that ends a campaign's retention


@dataclass(frozen=True)
class Quarantined:
    """One mail whose original is sealed, until it is deleted. ``kinds``: rule -> how often."""

    id: int
    campaign: str
    inbox: int
    unit: str  # who sent it; empty where that is not known
    sha256: str
    kinds: dict[str, int]
    found_at: datetime
    delete_at: datetime
    deleted_at: datetime | None


@dataclass(frozen=True)
class PrivacyEvent:
    at: datetime
    by: str
    deed: str  # viewed | deleted
    campaign: str
    about: str
    reason: str
    detail: dict[str, Any]


def quarantine(
    connection: Connection, campaign: str, inbox: int, *,
    unit: str, sha256: str, kinds: Mapping[str, int], found_at: datetime, delete_at: datetime,
) -> None:  # fmt: skip
    """Once a mail."""
    row = {
        "campaign": campaign, "inbox": inbox, "unit": unit, "sha256": sha256, "kinds": dict(kinds),
        "found_at": found_at, "delete_at": delete_at,
    }  # fmt: skip
    insert_new(connection, t.quarantine, [row])


_COLUMNS = tuple(t.quarantine.c[name] for name in Quarantined.__dataclass_fields__)


def quarantined(connection: Connection, campaign: str) -> list[Quarantined]:
    query = select(*_COLUMNS).where(t.quarantine.c.campaign == campaign).order_by(t.quarantine.c.id)
    return [Quarantined(*row) for row in connection.execute(query)]


def overdue(connection: Connection, campaign: str, as_of: datetime) -> list[Quarantined]:
    """Whose original ought to be deleted by now."""
    c = t.quarantine.c
    due = (c.campaign == campaign, c.deleted_at.is_(None), c.delete_at <= as_of)
    return [Quarantined(*row) for row in connection.execute(select(*_COLUMNS).where(*due).order_by(c.id))]


def mark_deleted(connection: Connection, numbers: list[int], at: datetime) -> None:
    connection.execute(update(t.quarantine).where(t.quarantine.c.id.in_(numbers)).values(deleted_at=at))


def record(connection: Connection, event: PrivacyEvent) -> None:
    connection.execute(t.privacy_event.insert(), vars(event))
    told = {"about": event.about, "reason": event.reason, **event.detail}
    deed, unit = f"original {event.deed}", told.pop("unit", None)
    row = {"at": event.at, "actor": event.by, "deed": deed, "campaign": event.campaign, "unit": unit, "detail": told}
    audit.record(connection, [row])


def events(connection: Connection, campaign: str) -> list[PrivacyEvent]:
    c = t.privacy_event.c
    query = select(c.at, c.by, c.deed, c.campaign, c.about, c.reason, c.detail).where(c.campaign == campaign)
    return [PrivacyEvent(*row) for row in connection.execute(query.order_by(c.id))]
