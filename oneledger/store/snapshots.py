"""Figures frozen at a deadline, with a hash; the reports made of them; who holds a job; who did what."""

from collections.abc import Collection, Iterable, Iterator
from dataclasses import asdict
from datetime import datetime
from typing import Any, NamedTuple

import orjson
from sqlalchemy import Connection, Text, bindparam, select, type_coerce

from oneledger.domain.batches import batches
from oneledger.domain.rollup import Coverage, Rollup
from oneledger.store import schema as t
from oneledger.store.database import insert_new, slices

_AT_A_TIME = 1000  # units written at once: the JSON of a whole province takes hundreds of megabytes
KINDS = ("report", "draft", "demand", "supplement")


class Frozen(NamedTuple):
    id: int
    campaign: str
    phase: str
    milestone: str
    label: str
    as_of: datetime
    digest: str
    kind: str = "report"
    owed_by: datetime | None = None
    frozen_at: datetime | None = None


def as_rollup(data: dict[str, Any]) -> Rollup:
    missing = tuple((code, name) for code, name in data["missing_units"])
    return Rollup(data["figures"], data["answered"], Coverage(**data["coverage"]), missing)


def freeze(
    connection: Connection, campaign: str, phase: str, milestone: str, *,
    label: str, as_of: datetime, digest: str, texts: Iterable[tuple[str, str]], coverage: Coverage,
    kind: str = "report", owed_by: datetime | None = None, frozen_at: datetime | None = None,
) -> None:  # fmt: skip
    """The first snapshot of a milestone stands. ``texts``: of the units, written before the store is locked."""
    row = {
        "campaign": campaign,
        "phase": phase,
        "milestone": milestone,
        "label": label,
        "as_of": as_of,
        "digest": digest,
        "coverage": asdict(coverage),
        "kind": kind,
        "owed_by": owed_by,
        "frozen_at": frozen_at,
    }
    if not insert_new(connection, t.snapshot, [row]):
        return
    frozen = found(connection, campaign, milestone)
    assert frozen is not None
    as_it_is = t.snapshot_unit.insert().values(rollup=bindparam("text", type_=Text))
    for some in batches(texts, lambda _: 1, most=_AT_A_TIME, full=_AT_A_TIME):
        rows = [{"snapshot": frozen.id, "unit": unit, "text": text} for unit, text in some]
        connection.execute(as_it_is, rows)


_COLUMNS = tuple(t.snapshot.c[name] for name in Frozen._fields)


def found(connection: Connection, campaign: str, milestone: str) -> Frozen | None:
    c = t.snapshot.c
    row = connection.execute(select(*_COLUMNS).where(c.campaign == campaign, c.milestone == milestone)).one_or_none()
    return Frozen(*row) if row else None


def of_campaign(connection: Connection, campaign: str, kinds: Collection[str] = ("report",)) -> list[Frozen]:
    """In the order in which they were frozen."""
    c = t.snapshot.c
    query = select(*_COLUMNS).where(c.campaign == campaign, c.kind.in_(list(kinds))).order_by(c.id)
    return [Frozen(*row) for row in connection.execute(query)]


def every_kind(connection: Connection, campaign: str) -> list[Frozen]:
    """Whatever was frozen, of every kind."""
    return of_campaign(connection, campaign, KINDS)


def rollups_of(connection: Connection, snapshot: int, units: Iterable[str]) -> dict[str, Rollup]:
    """Of those of the units that have figures in it."""
    return {unit: as_rollup(orjson.loads(text)) for unit, text in texts_of(connection, snapshot, units).items()}


def texts_of(connection: Connection, snapshot: int, units: Iterable[str]) -> dict[str, str]:
    """As they are stored: to compare most of them nothing more is needed."""
    c = t.snapshot_unit.c
    query = select(c.unit, type_coerce(c.rollup, Text).label("text")).where(c.snapshot == snapshot)
    found = (row for some in slices(units) for row in connection.execute(query.where(c.unit.in_(some))))
    return {row.unit: row.text for row in found}


def every_rollup(connection: Connection, snapshot: int) -> Iterator[tuple[str, Rollup]]:
    """In order of code."""
    for some in slices(sorted(units_in(connection, snapshot))):
        found = rollups_of(connection, snapshot, some)
        yield from ((code, found[code]) for code in some)


def units_in(connection: Connection, snapshot: int) -> list[str]:
    """Who has figures in it; without reading them."""
    c = t.snapshot_unit.c
    return list(connection.scalars(select(c.unit).where(c.snapshot == snapshot)))


def record_report(connection: Connection, snapshot: int, unit: str, *, kind: str, path: str, sha256: str) -> None:
    row = {"snapshot": snapshot, "unit": unit, "kind": kind, "path": path, "sha256": sha256}
    insert_new(connection, t.report, [row])


def reports(connection: Connection, snapshot: int) -> dict[tuple[str, str], str]:
    """(unit, kind) -> path, relative to the data folder."""
    c = t.report.c
    rows = connection.execute(select(c.unit, c.kind, c.path).where(c.snapshot == snapshot))
    return {(row.unit, row.kind): row.path for row in rows}


def record_event(connection: Connection, at: datetime, actor: str, deed: str, **detail: Any) -> None:
    row = {
        "at": at,
        "actor": actor,
        "deed": deed,
        "campaign": detail.pop("campaign", None),
        "unit": detail.pop("unit", None),
        "detail": detail,
    }
    insert_new(connection, t.event, [row])


def is_recorded(connection: Connection, campaign: str, deed: str, **detail: Any) -> bool:
    c = t.event.c
    same = (c.campaign == campaign, c.deed == deed, c.detail == detail)
    return connection.execute(select(c.id).where(*same).limit(1)).first() is not None
