"""The campaign in the tree of a moment: what was moved or merged until then counts, is told and is signed for there."""

from datetime import datetime

from sqlalchemy import Connection

from oneledger.domain.moves import Moved, moved_units
from oneledger.store import unit_changes
from oneledger.store.unit_changes import UnitChange
from tasks.office import Running


def tree_of(here: Running, connection: Connection, moment: datetime) -> Running:
    return here.in_tree(_until(here, connection, moment))


def tree_today(here: Running) -> Running:
    """After all that is on record."""
    changes = here.office.store.once(
        ("changes", here.name), lambda connection: unit_changes.of_campaign(connection, here.name)
    )
    return here.in_tree(changes)


def moves_until(here: Running, connection: Connection, moment: datetime) -> list[Moved]:
    """``here``: in the tree of the launch."""
    return moved_units(here.units, _until(here, connection, moment))


def _until(here: Running, connection: Connection, moment: datetime) -> list[UnitChange]:
    return [each for each in unit_changes.of_campaign(connection, here.name) if each.at <= moment]
