"""What units have returned before, looked up for the workbooks that ask it again."""

from collections.abc import Iterable
from typing import Any

from sqlalchemy import Connection

from oneledger.domain.assignments import Assignment
from oneledger.domain.returned_facts import Facts, known_facts
from oneledger.store import campaigns, submissions
from tasks.office import Running


def returned_before(here: Running, connection: Connection, owing: Iterable[Assignment]) -> dict[str, Facts]:
    """By unit: facts of these forms that last. This campaign's answers count before those of earlier ones."""
    units = {each.unit: here.units[each.unit].level for each in owing if each.unit == each.respondent}
    if not units:
        return {}
    books = campaigns.workbooks(connection)
    order = [*(name for name in books if name != here.name), here.name]
    kept: dict[str, list[tuple[str, dict[str, dict[str, Any]]]]] = {}
    for name in order:
        for unit, ledgers in submissions.accepted_by_units(connection, name, books.get(name, []), list(units)):
            kept.setdefault(unit, []).append((name, _opened(here, ledgers)))
    forms = list(here.forms.values())
    return {unit: known_facts(here.name, forms, answers) for unit, answers in kept.items()}


def _opened(here: Running, ledgers: dict[str, dict[str, Any]]) -> dict[str, dict[str, Any]]:
    """With the unit's own personal facts readable: they are printed for it again, and for nobody else."""
    open_value = here.office.sealer.open_value
    return {
        name: ledger | {"facts": {key: open_value(value) for key, value in ledger["facts"].items()}}
        for name, ledger in ledgers.items()
    }
