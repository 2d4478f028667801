"""Waivers: an error let pass for one unit by a named person, until a date, on record."""

from datetime import date, datetime

from oneledger.domain.errors import RefusedError
from oneledger.domain.waivers import Waiver, waiver_faults
from oneledger.store import snapshots, waivers
from tasks.office import running


def waive(name: str, wanted: Waiver) -> int:
    """Its number. Raises RefusedError with every reason; then nothing is recorded."""
    here = running(name)
    today: date = wanted.at.astimezone(here.zone).date()
    if faults := waiver_faults(wanted, here.units, here.forms, today):
        raise RefusedError(faults)
    with here.office.store.write() as connection:
        number = waivers.record(connection, name, wanted)
        snapshots.record_event(connection, wanted.at, wanted.by, "waiver given", campaign=name, waiver=number)
    return number


def revoke(name: str, number: int, *, reason: str, by: str, at: datetime) -> None:
    """What was judged while it held stays so until it is reviewed again."""
    if not by.strip() or not reason.strip():
        raise RefusedError(["--by and --reason: write who takes it back and why; both are recorded for ever"])
    with running(name).office.store.write() as connection:
        waivers.revoke(connection, name, number, reason=reason, by=by, at=at)
        snapshots.record_event(connection, at, by, "waiver revoked", campaign=name, waiver=number)


def waivers_of(name: str) -> list[Waiver]:
    with running(name).office.store.read() as connection:
        return waivers.of_campaign(connection, name)
