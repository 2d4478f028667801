"""The reports of a province out of its store: a rehearsed campaign, its schools copied until there are thousands."""

import os
import shutil
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter
from typing import Any

from sqlalchemy import Connection, Table, insert, select

from oneledger.domain.packs import packs
from oneledger.store import schema as t, snapshots
from tasks.apart import CORES, worked
from tasks.freezing import freeze_in
from tasks.office import _last_read, running
from tasks.publishing import reported
from tasks.recounting import kept_at, reference_of

MILESTONE = "bulk"
Row = Mapping[str, Any]


def time_stored(data: Path, name: str, phase: str, schools: int) -> None:
    """``data``: of a rehearsal; a copy of it is used."""
    with TemporaryDirectory() as folder:
        copy = Path(shutil.copytree(data, Path(folder) / "data", ignore=shutil.ignore_patterns("reports", "archive")))
        os.environ["ONELEDGER_DATA"] = str(copy)
        with running(name).office.store.write() as connection:
            count = multiply(connection, name, phase, schools)
        _last_read.cache_clear()
        offices, as_of = freeze(name, phase)
        started = perf_counter()
        work = packs({code: [code] for code in offices}, least=10)
        with ThreadPoolExecutor(CORES) as pool:
            made = sum(pool.map(lambda pack: _made(name, pack, as_of), work))
        seconds = perf_counter() - started
        files = [each for each in (copy / "reports").rglob("*") if each.is_file()]
        size = sum(each.stat().st_size for each in files) / 2**20
        print(
            f"{made} offices of {count} schools out of the store, {CORES} cores: {seconds:.1f} s, "
            f"{1000 * seconds / made:.0f} ms an office, {len(files)} files, {size:.1f} MB"
        )


def _made(name: str, pack: Mapping[str, list[str]], as_of: datetime) -> int:
    return worked(reported, name, MILESTONE, pack, as_of, is_one_of_many=True)


def multiply(connection: Connection, name: str, phase: str, schools: int) -> int:
    """Each school again under new codes, with what it owes and returned in the phase. Says how many there are then."""
    unit, owing, come = t.campaign_unit.c, t.assignment.c, t.submission.c
    known = _rows(connection, t.campaign_unit, unit.campaign == name, unit.level == "school")
    mine = {each["code"] for each in known}
    owed = _rows(connection, t.assignment, owing.campaign == name, owing.phase == phase, owing.unit.in_(mine))
    came = _rows(connection, t.submission, come.assignment.in_([each["id"] for each in owed]))
    times = -(-schools // len(known))
    for again in range(1, times):
        move = partial(_moved, step=10_000_000 * again, end=f"x{again}")
        for table, rows in ((t.campaign_unit, known), (t.assignment, owed), (t.submission, came)):
            if rows:
                connection.execute(insert(table), [move(each) for each in rows])
    return times * len(known)


def _rows(connection: Connection, table: Table, *where: Any) -> list[Row]:
    return [dict(each) for each in connection.execute(select(table).where(*where)).mappings()]


def _moved(row: Row, step: int, end: str) -> Row:
    numbers = {key: row[key] + step for key in ("id", "assignment", "accepted") if row.get(key) is not None}
    texts = {key: f"{row[key]}{end}" for key in ("code", "unit", "respondent", "part") if key in row}
    return {**row, **numbers, **texts}


def freeze(name: str, phase: str) -> tuple[list[str], datetime]:
    """The last report of the phase once more, of all schools; its offices."""
    here = running(name)
    with here.office.store.read() as connection:
        last = [each for each in snapshots.of_campaign(connection, name) if each.phase == phase][-1]
    with kept_at(here, reference_of(last)) as kept, here.office.store.write() as connection:
        freeze_in(connection, here, reference_of(last), MILESTONE, last.label, last.kind, kept)
    return [code for code in kept.figures.codes if here.units[code].level != "school"], last.as_of
