"""What lies under seal and who has seen it. Never what it says."""

import os
from collections import Counter
from datetime import datetime
from pathlib import Path
from typing import Any

from oneledger.domain.errors import RefusedError
from oneledger.domain.pupil_data import KINDS
from oneledger.store import privacy
from tasks.office import running
from tasks.quarantine import open_original


def under_seal(name: str) -> list[dict[str, Any]]:
    here = running(name)
    with here.office.store.read() as connection:
        rows, events = privacy.quarantined(connection, name), privacy.events(connection, name)
    views = Counter(each.about for each in events if each.deed == "viewed")
    return [
        {
            "id": row.id,
            "unit": row.unit,
            "name": here.units[row.unit].name if row.unit in here.units else "",
            "kinds": {KINDS.get(rule, "姓名"): count for rule, count in row.kinds.items()},
            "found_at": f"{row.found_at.astimezone(here.zone):%Y-%m-%d %H:%M}",
            "delete_at": f"{row.delete_at.astimezone(here.zone):%Y-%m-%d %H:%M}",
            "is_deleted": row.deleted_at is not None,
            "views": views[f"quarantine/{row.id}"],
        }
        for row in rows
    ]


def write_original(name: str, number: int, output: Path, *, by: str, reason: str, at: datetime) -> None:
    """To a new file that only its owner may read. Raises RefusedError, then nothing was recorded nor written."""
    if output.exists():
        raise RefusedError([f"{output} exists already; it is not written over"])
    content = open_original(name, number, by=by, reason=reason, at=at)
    handle = os.open(output, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "wb") as file:
        file.write(content)


def events_of(name: str) -> list[dict[str, Any]]:
    """Every deed with people's data, the first recorded first."""
    here = running(name)
    with here.office.store.read() as connection:
        found = privacy.events(connection, name)
    return [{**vars(each), "at": f"{each.at.astimezone(here.zone):%Y-%m-%d %H:%M:%S}"} for each in found]
