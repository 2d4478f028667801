"""Units from a file into the store, and out again."""

from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from oneledger.adapters.unit_sheet import read_unit_rows, write_unit_template
from oneledger.domain.unit_rows import parse_unit_rows
from oneledger.domain.units import Unit, UnitChanges
from oneledger.store import units
from tasks.office import office


def read(path: Path) -> tuple[list[Unit], list[str]]:
    return parse_unit_rows(read_unit_rows(path))


def import_(found: list[Unit]) -> UnitChanges:
    with office().store.write() as connection:
        return units.import_units(connection, found, datetime.now(UTC).date())


def listed() -> list[dict[str, Any]]:
    with office().store.read() as connection:
        return [asdict(unit) for unit in units.all_units(connection)]


def write_template(path: Path) -> None:
    write_unit_template(path)
