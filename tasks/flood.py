"""Against floods of mail: what is over a sender's day waits in the archive, known senders go first, a full disk stops
the taking in before anything is lost."""

import logging
import shutil
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from oneledger.domain.incoming import is_mail_system
from oneledger.domain.quotas import MIB, Arrival, Bucket, Kind, Used, count, over_quota
from oneledger.store import inbox
from tasks.office import Office, Running

log = logging.getLogger(__name__)

HELD = "该发件人今日来信超过限额，已存档，次日起依次处理"


def registered(ledgers: Sequence[Running]) -> set[str]:
    return {contact.email.lower() for ledger in ledgers for unit in ledger.units.values() for contact in unit.contacts}


@dataclass
class Day:
    """What was taken in of a local day; each row is read once, however many batches follow it."""

    known: Collection[str]  # registered senders
    since: datetime
    used: dict[Bucket, Used] = field(default_factory=dict)
    last: int = 0  # the row read last

    def used_by_now(self, here: Office) -> Mapping[Bucket, Used]:
        with here.store.read() as connection:
            rows = inbox.taken_since(connection, self.since, self.last)
        for arrival in _arrivals(rows, self.known):
            count(self.used, arrival)
        self.last = max((row["id"] for row in rows), default=self.last)
        return self.used


def day_of(known: Collection[str], as_of: datetime) -> Day:
    return Day(known, _midnight(as_of))


def hold_back(here: Office, rows: Sequence[dict[str, Any]], day: Day) -> None:
    """Sets the state of new rows that are over their senders' quotas."""
    fresh = [row for row in rows if row["state"] == "new"]
    waits = over_quota(_arrivals(fresh, day.known), day.used_by_now(here), here.mail.quotas)
    for row, must_wait in zip(fresh, waits, strict=True):
        if must_wait:
            row |= {"state": "held", "reason": HELD}


def release(here: Office, known: Collection[str], as_of: datetime) -> None:
    """What was held on an earlier day, as far as today's quotas go, known senders first."""
    with here.store.read() as connection:
        held = inbox.held(connection, before=_midnight(as_of))
    if not held:
        return
    held.sort(key=lambda row: row["sender"] not in known)  # stable: within each, as they came
    waits = over_quota(_arrivals(held, known), day_of(known, as_of).used_by_now(here), here.mail.quotas)
    free = [row["id"] for row, wait in zip(held, waits, strict=True) if not wait]
    with here.store.write() as connection:
        inbox.release(connection, free, as_of)


def has_room(here: Office) -> bool:
    """Below the mark nothing more is taken in: it stays in the mail box, where it is safe."""
    free = free_mb(here)
    if free < here.mail.low_water_mb:
        log.error("only %d MB free under %s: no mail is taken in", free, here.settings.data)
        return False
    return True


def free_mb(here: Office) -> int:
    place = here.settings.data
    return shutil.disk_usage(place if place.exists() else place.resolve().parent).free // MIB


def _arrivals(rows: Sequence[dict[str, Any]], known: Collection[str]) -> list[Arrival]:
    return [
        Arrival(row["sender"] or "", _kind(row["sender"] or "", known), row["campaign"] is not None, row["size"])
        for row in rows
    ]


def _kind(sender: str, known: Collection[str]) -> Kind:
    if sender in known:
        return "known"
    return "machine" if is_mail_system(sender) else "stranger"


def _midnight(as_of: datetime) -> datetime:
    return as_of.astimezone(ZoneInfo("Asia/Shanghai")).replace(hour=0, minute=0, second=0, microsecond=0)
