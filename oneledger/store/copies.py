"""A whole copy of the database while others write to it, and what it names outside itself."""

import os
from pathlib import Path
from typing import Any

import pysqlite3.dbapi2
from sqlalchemy import Connection, select, text

from oneledger.store import audit, schema as t
from oneledger.store.database import Store
from oneledger.store.privacy import ERASED


def copy_sqlite(store: Store, target: Path) -> None:
    """One moment of the database as one file. In WAL mode one step of the online backup blocks no writer."""
    os.close(os.open(target, os.O_CREAT | os.O_EXCL, 0o600))
    source = store.engine.raw_connection()
    copy = pysqlite3.dbapi2.connect(target)
    try:
        driver: Any = source.driver_connection
        driver.backup(copy, pages=-1)
        copy.execute("PRAGMA journal_mode=DELETE")  # no log beside it
    finally:
        copy.close()
        source.close()


def faults_of(store: Store) -> list[str]:
    """What the database says of itself; nothing where it is whole."""
    if store.engine.dialect.name != "sqlite":
        return []  # read whole by the restore: PostgreSQL checks its pages and keys while it loads
    with store.read() as connection:
        told = [row[0] for row in connection.execute(text("PRAGMA integrity_check"))]
        keys = [tuple(row) for row in connection.execute(text("PRAGMA foreign_key_check"))]
    return [each for each in told if each != "ok"] + [f"foreign key: {key}" for key in keys]


def archived(connection: Connection) -> set[str]:
    """Hashes that must lie in the archive: mails and pictures, less what was deleted on record."""
    c, event = t.inbox.c, t.privacy_event.c
    erased = select(event.campaign).where(event.deed == ERASED)
    mails = set(connection.execute(select(c.sha256).where(c.campaign.is_(None) | c.campaign.not_in(erased))).scalars())
    shown = connection.execute(select(t.document.c.pictures)).scalars()
    pictures = {picture["sha256"] for each in shown for picture in each or ()}
    return (mails - audit.deleted_mails(connection)) | pictures


def reports(connection: Connection) -> set[str]:
    """Paths under the data of what must lie beside the database."""
    r, s, event = t.report.c, t.snapshot.c, t.privacy_event.c
    erased = set(connection.execute(select(event.campaign).where(event.deed == ERASED)).scalars())
    rows = connection.execute(select(r.path, s.campaign).join(t.snapshot, s.id == r.snapshot))
    return {path for path, campaign in rows if not (campaign in erased and path.endswith(".xlsx"))}
