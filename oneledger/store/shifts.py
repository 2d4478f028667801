"""Who moved which unit's date of a phase, and why; rows are added and never altered."""

from collections.abc import Iterable

from sqlalchemy import Connection, insert, select

from oneledger.domain.shifts import Shift, in_force
from oneledger.store import schema as t


def record(connection: Connection, campaign: str, wanted: Iterable[Shift]) -> int:
    """Says how many move a date that is not there yet: the same shift again is none."""
    now = in_force(of_campaign(connection, campaign))
    fresh = [each for each in wanted if now.get((each.phase, each.unit)) != each.due_on]
    if fresh:
        connection.execute(insert(t.shift), [{**vars(each), "campaign": campaign} for each in fresh])
    return len(fresh)


def of_campaign(connection: Connection, campaign: str) -> list[Shift]:
    """In the order in which they were recorded."""
    c = t.shift.c
    columns = (c.phase, c.unit, c.due_on, c.reason, c.by, c.at)
    return [Shift(*row) for row in connection.execute(select(*columns).where(c.campaign == campaign).order_by(c.id))]
