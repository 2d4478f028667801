"""Mails of which nobody knows whether they went out, for the operator."""

from datetime import datetime
from typing import Any

from oneledger.domain.errors import RefusedError
from oneledger.store import unsettled
from tasks.office import office, running


def unknown_mails(name: str) -> list[dict[str, Any]]:
    here = running(name)
    with here.office.store.read() as connection:
        rows = unsettled.for_a_person(connection, name, here.office.mail.journal_name)
    return [{**row, "lost_at": f"{row['lost_at'].astimezone(here.zone):%Y-%m-%d %H:%M}"} for row in rows]


def decide(name: str, number: int, *, by: str, is_sent: bool, at: datetime) -> None:
    """Recorded with who and when. Raises RefusedError where nobody is named or no such mail is unknown."""
    if not by:
        raise RefusedError(["--by: write who decides; it is recorded"])
    if number not in {row["id"] for row in unknown_mails(name)}:
        raise RefusedError([f"no mail {number} of {name} is unknown"])
    with office().store.write() as connection:
        unsettled.decide(connection, number, at, by, is_sent=is_sent)
