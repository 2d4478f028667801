"""Mails that are no returns get one answer a day and address: two machines that answer each other stop at once."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Connection

from oneledger.domain.notices import Notice
from oneledger.store import outbox
from oneledger.store.outbox import OutboxRow
from tasks.office import Running

ONE_A_DAY = frozenset({Notice.UNMATCHED, Notice.INCIDENT_FORM})
ALREADY = "今天已经自动答复过这个邮箱一次，这封请工作人员查看"


def first_of_the_day(
    here: Running, connection: Connection, letters: Sequence[OutboxRow], reasons: list[str], as_of: datetime
) -> list[OutboxRow]:
    """The letters that may go; a mail whose answer may not goes to a person."""
    midnight = as_of.astimezone(here.zone).replace(hour=0, minute=0, second=0, microsecond=0)
    kept = []
    for letter in letters:
        if letter.kind in ONE_A_DAY and outbox.was_planned_since(connection, letter.address, letter.kind, midnight):
            reasons.append(ALREADY)
        else:
            kept.append(letter)
    return kept
