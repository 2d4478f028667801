"""The list of units and its dated edges."""

import hashlib
import json
from collections.abc import Iterable, Sequence
from dataclasses import asdict, replace
from datetime import date, timedelta
from typing import Any

from sqlalchemy import Connection, select, update

from oneledger.domain.units import Contact, Edge, Level, Unit, UnitChanges, changes, edges_of
from oneledger.store import schema as t
from oneledger.store.database import insert_new

_DATES = ("active_from", "active_to")
_LEVELS: dict[str, Level] = {level.value: level for level in Level}


def _as_data(unit: Unit) -> dict[str, Any]:
    return asdict(unit) | {name: str(day) if (day := getattr(unit, name)) else None for name in _DATES}


def _as_unit(data: dict[str, Any]) -> Unit:
    days = {name: date.fromisoformat(day) for name in _DATES if (day := data[name])}
    contacts = tuple([Contact(**each) for each in data["contacts"]])
    return Unit(**{**data, **days, "contacts": contacts, "level": _LEVELS[data["level"]]})


def _row(unit: Unit) -> dict[str, Any]:
    data = _as_data(unit)
    return {"code": unit.code, "data": data, "digest": hashlib.sha256(json.dumps(data).encode()).hexdigest()}


def all_units(connection: Connection) -> list[Unit]:
    return [_as_unit(data) for (data,) in connection.execute(select(t.unit.c.data).order_by(t.unit.c.code))]


def import_units(connection: Connection, units: Iterable[Unit], on: date) -> UnitChanges:
    """Add and change what differs; units missing from the new list stay, and are reported. A new parent is a new edge
    from ``on``; the old edge ends the day before, so that earlier figures keep the parent they had."""
    found = list(units)
    difference = changes(all_units(connection), found)
    insert_new(connection, t.unit, [_row(unit) for unit in difference.added])
    insert_new(connection, t.edge, [asdict(edge) for edge in edges_of(difference.added)])
    by_code = {unit.code: unit for unit in found}
    for code in {change.code for change in difference.changed}:
        connection.execute(update(t.unit).where(t.unit.c.code == code).values(_row(by_code[code])))
    for change in difference.changed:
        if change.field in ("reports_to", "owned_by"):
            _move(connection, change.code, change.field, change.new, on)
    return difference


def _move(connection: Connection, code: str, kind: str, parent: str | None, on: date) -> None:
    current = (t.edge.c.unit == code) & (t.edge.c.kind == kind) & (t.edge.c.valid_to.is_(None))
    connection.execute(update(t.edge).where(current).values(valid_to=on - timedelta(days=1)))
    if parent is not None:
        row = {"unit": code, "kind": kind, "parent": parent, "valid_from": on, "valid_to": None}
        insert_new(connection, t.edge, [row])


def all_edges(connection: Connection) -> list[Edge]:
    columns = (t.edge.c.unit, t.edge.c.kind, t.edge.c.parent, t.edge.c.valid_from, t.edge.c.valid_to)
    return [Edge(*row) for row in connection.execute(select(*columns).order_by(t.edge.c.id))]


def put_contacts(connection: Connection, code: str, contacts: Sequence[Contact]) -> None:
    """Nothing where the list does not hold the unit."""
    row = connection.execute(select(t.unit.c.data).where(t.unit.c.code == code)).first()
    if row is not None:
        changed = replace(_as_unit(row.data), contacts=tuple(contacts))
        connection.execute(update(t.unit).where(t.unit.c.code == code).values(_row(changed)))
