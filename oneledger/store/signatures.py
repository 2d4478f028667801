"""Who was asked to sign, who signed, sent back, waited or let the time pass; who signs for whom. Append-only."""

from collections.abc import Collection, Mapping
from dataclasses import fields
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, insert, select

from oneledger.domain.rollup import Rollup, as_data
from oneledger.domain.signoff import Acting, Deed, Entry
from oneledger.store import schema as t
from oneledger.store.database import insert_returning
from oneledger.store.snapshots import as_rollup

_COLUMNS = tuple(t.signature.c[each.name] for each in fields(Entry))


def record(
    connection: Connection, campaign: str, phase: str, milestone: str, unit: str, deed: Deed, *,
    cause: str, at: datetime, recorded_at: datetime, by: str, digest: str, detail: Mapping[str, Any],
    inbox: int | None = None, rollup: Rollup | None = None,
) -> int | None:  # fmt: skip
    """The number of a new row; None where the same deed of the same cause is recorded."""
    row = {
        "campaign": campaign, "phase": phase, "milestone": milestone, "unit": unit, "deed": deed.value, "cause": cause,
        "at": at, "recorded_at": recorded_at, "by": by, "inbox": inbox, "digest": digest, "detail": dict(detail),
        "rollup": None if rollup is None else as_data(rollup),
    }  # fmt: skip
    fresh = insert_returning(connection, t.signature, [row], "id")
    return int(fresh[0].id) if fresh else None


def of_campaign(
    connection: Connection, campaign: str, milestone: str | None = None, unit: str | None = None
) -> list[Entry]:
    """In the order in which they were recorded; of one milestone, of one unit, where they are named."""
    c = t.signature.c
    named = ((c.milestone, milestone), (c.unit, unit))
    mine = (c.campaign == campaign, *(column == value for column, value in named if value))
    return [_entry(row) for row in connection.execute(select(*_COLUMNS).where(*mine).order_by(c.id))]


def latest_milestone(connection: Connection, campaign: str, phase: str, *, but: Collection[str] = ()) -> str | None:
    """What the last deed of the phase is about; ``but``: these are passed over."""
    c = t.signature.c
    mine = (c.campaign == campaign, c.phase == phase, c.milestone.not_in(list(but)))
    query = select(c.milestone).where(*mine).order_by(c.id.desc()).limit(1)
    milestone: str | None = connection.execute(query).scalar_one_or_none()
    return milestone


def request(connection: Connection, campaign: str, number: int) -> Entry | None:
    c = t.signature.c
    mine = (c.campaign == campaign, c.id == number, c.deed == Deed.ASK.value)
    row = connection.execute(select(*_COLUMNS).where(*mine)).one_or_none()
    return _entry(row) if row else None


def figures_asked(connection: Connection, number: int) -> Rollup:
    """What the office was shown."""
    kept = connection.execute(select(t.signature.c.rollup).where(t.signature.c.id == number)).scalar_one()
    return as_rollup(kept)


def _entry(row: Any) -> Entry:
    return Entry(**{**row._mapping, "deed": Deed(row.deed)})  # noqa: SLF001  SQLAlchemy's public name


def name_acting(connection: Connection, campaign: str, acting: Acting) -> None:
    connection.execute(insert(t.acting_signer), {**vars(acting), "campaign": campaign})


def acting_for(connection: Connection, campaign: str, unit: str | None = None) -> list[Acting]:
    c = t.acting_signer.c
    columns = [c[each.name] for each in fields(Acting)]
    mine = (c.campaign == campaign, *([c.unit == unit] if unit else []))
    return [Acting(*row) for row in connection.execute(select(*columns).where(*mine).order_by(c.id))]
