"""Mails that no rule may decide: shown to a person, who vouches for the sender or puts them away."""

from datetime import UTC, datetime
from typing import Any

from oneledger.domain.errors import RefusedError
from oneledger.store import confirmations, inbox, snapshots
from tasks.office import office, running


def waiting(name: str) -> list[dict[str, Any]]:
    here = running(name)
    with here.office.store.read() as connection:
        rows = inbox.for_a_person(connection, name)
    shown = {"sender": "", "subject": "", "reason": ""}
    return [
        {**row, **{key: row[key] or empty for key, empty in shown.items()},
         "received_at": f"{row['received_at'].astimezone(here.zone):%Y-%m-%d %H:%M}"}
        for row in rows
    ]  # fmt: skip


def decide(name: str, number: int, by: str, *, accept: bool) -> None:
    """Recorded with who and when. Raises RefusedError where nobody is named or no such mail waits."""
    if not by:
        raise RefusedError(["--by: write who decides; it is recorded"])
    with office().store.write() as connection:
        if not inbox.decide(connection, number, by, accept=accept):
            raise RefusedError([f"no mail {number} waits for a person"])
        confirmations.decide(connection, number)
        deed = "mail accepted" if accept else "mail dismissed"
        snapshots.record_event(connection, datetime.now(UTC), by, deed, campaign=name, mail=number)
