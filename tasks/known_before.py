"""What is known of a return before its next version is judged: waivers of its unit, what its versions before said."""

from typing import Any

from oneledger.domain.assignments import Assignment
from oneledger.domain.earlier_versions import Earlier
from oneledger.domain.returns import Review
from oneledger.domain.waivers import Waiver
from oneledger.store import verdicts, waivers
from oneledger.store.verdicts import Judged
from tasks.office import Running


def waivers_for(here: Running, unit: str) -> tuple[Waiver, ...]:
    every = here.office.store.once(
        ("waivers", here.name), lambda connection: waivers.of_campaign(connection, here.name)
    )
    return tuple(each for each in every if each.unit == unit)


def versions_before(here: Running, assignment: Assignment) -> tuple[Earlier, ...]:
    if not assignment.versions:
        return ()
    with here.office.store.read() as connection:
        return (*(as_earlier(each) for each in verdicts.versions(connection, assignment.id)), *assignment.unwritten)


def as_earlier(judged: Judged) -> Earlier:
    return Earlier(judged.findings, {name: _rows(ledger) for name, ledger in judged.ledgers.items()})


def _rows(ledger: dict[str, Any]) -> dict[int, dict[str, Any]]:
    return {row["line"]: row["values"] for row in ledger["rows"]}


def just_judged(review: Review) -> Earlier:
    return Earlier(review.findings, {name: _rows(ledger.as_data()) for name, ledger in review.ledgers.items()})
