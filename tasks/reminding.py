"""Remind who has not answered, by the ladder; tell the collectors who is late. Each rung once, the latest only."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from prefect import task
from sqlalchemy import Connection

from oneledger.domain.assignments import Assignment
from oneledger.domain.campaigns import Rung
from oneledger.domain.notices import Key, Notice, common_context, office_of
from oneledger.domain.schedule import rung_reached
from oneledger.store import assignments, outbox
from oneledger.store.outbox import OutboxRow
from tasks.apart import worked
from tasks.office import Running, running
from tasks.retrying import STORE_RETRIES
from tasks.trees import tree_today


def remind(name: str, phase: str, as_of: datetime) -> int:
    """Plan the reminders that are due. Says how many are new. Stops for a unit the moment all it owes has come."""
    return sum(reminded(name, ids, as_of) for ids in to_remind(name, phase, as_of).values())


def to_remind(name: str, phase: str, as_of: datetime) -> dict[str, list[int]]:
    """Assignments that a reminder is due about, by the county of who owes them."""
    here = running(name)
    with here.office.store.read() as connection:
        reached = _reached(here, connection, phase, here.campaign.reminders.rungs, as_of)
        owing = assignments.still_owed(connection, name, phase) if reached else []
        known = outbox.known(connection, name, phase, [Notice.REMIND.value]) if owing else set()
    work: dict[str, list[int]] = {}
    for (respondent, subject_of), theirs in _by_deadline(here, owing).items():
        rung = reached.get(theirs[0].due_at)
        if rung is None or (respondent, subject_of, rung.rung, Notice.REMIND.value) in known:
            continue
        if theirs[0].opened_at < as_of:  # never on the heels of the first mail
            work.setdefault(here.units[respondent].county, []).extend(each.id for each in theirs)
    return work


@task(task_run_name="remind {label}", **STORE_RETRIES)
def remind_pack(
    name: str,
    ids: list[int],
    as_of: datetime,
    label: str,  # noqa: ARG001  the run's name
    *,
    is_one_of_many: bool,
) -> int:
    """Plan the reminders of some counties. Says how many are new."""
    return worked(reminded, name, ids, as_of, is_one_of_many=is_one_of_many)


def reminded(name: str, ids: list[int], as_of: datetime) -> int:
    """``ids``: of one phase, as ``to_remind`` found them."""
    here = running(name)
    with here.office.store.read() as connection:
        owing = assignments.owed_of(connection, ids)
        phase = owing[0].phase if owing else ""
        reached = _reached(here, connection, phase, here.campaign.reminders.rungs, as_of)
    letters = [
        _reminder(here, respondent, subject_of, theirs, rung, as_of)
        for (respondent, subject_of), theirs in _by_deadline(here, owing).items()
        if (rung := reached.get(theirs[0].due_at)) is not None
    ]
    with here.office.store.write() as connection:
        return outbox.plan(connection, letters)


def _reached(
    here: Running, connection: Connection, phase: str, rungs: Sequence[Rung], as_of: datetime
) -> dict[datetime, Rung]:
    """By deadline; nothing of a deadline that none of the rungs is near."""
    found = {
        due: rung_reached(here.campaign, due, rungs, here.office.calendar, as_of)
        for due in assignments.dues(connection, here.name, phase)
    }
    return {due: rung for due, rung in found.items() if rung is not None}


def _by_deadline(here: Running, owing: Iterable[Assignment]) -> dict[tuple[str, str], list[Assignment]]:
    grouped: dict[tuple[str, str], list[Assignment]] = {}
    for each in owing:
        subject_of = f"{each.phase}@{each.due_at.astimezone(here.zone):%m%d}"
        grouped.setdefault((each.respondent, subject_of), []).append(each)
    return grouped


def _reminder(
    here: Running, respondent: str, subject_of: str, theirs: list[Assignment], rung: Rung, as_of: datetime
) -> OutboxRow:
    first = theirs[0]
    campaign, to = here.campaign, here.units[respondent]
    context = common_context(campaign, campaign.phase(first.phase), to, first.due_at, here.office.mail.sender.name)
    deliverable = campaign.deliverable(first.deliverable)
    context |= {
        "office": office_of(campaign, deliverable),
        "rung": rung.rung,
        "working_days_left": -rung.days,
        "has_findings": any(each.in_correction for each in theirs),
        "only_seals": not any(each.is_open for each in theirs),
        "deliverables": [_owed_title(here, each) for each in theirs],
    }
    key = Key(here.name, first.phase, respondent, subject_of, Notice.REMIND, rung.rung)
    return here.letter(key, context, to, as_of, assignment=first)


def _owed_title(here: Running, each: Assignment) -> str:
    """What is missing of it and nothing else: 电子版, 盖章件 or both."""
    deliverable = here.campaign.deliverable(each.deliverable)
    title = deliverable.title
    if each.unit != each.respondent:
        title += f"（{here.units[each.unit].name}）"
    if each.lacks_seal:
        title += "（电子版和盖章扫描件）" if each.is_open else "（只缺盖章扫描件，电子版已收到）"
    elif each.seal == "received":
        title += "（只缺电子版，盖章扫描件已收到）"
    if deliverable.is_soft:
        title += f"（原则上不少于{deliverable.at_least}份，确实没有的请回信说明）"
    return title


def digest(name: str, phase: str, as_of: datetime) -> int:
    """One list of late units to each collector above them, once per deadline and rung."""
    here = tree_today(running(name))
    with here.office.store.read() as connection:
        reached = _reached(here, connection, phase, here.campaign.reminders.digests, as_of)
        owing = assignments.still_owed(connection, name, phase) if reached else []
        known = outbox.known(connection, name, phase, [Notice.DIGEST.value])
    letters = []
    for due, rung in reached.items():
        subject_of = f"{phase}@{due.astimezone(here.zone):%m%d}"
        late = _by_collector(here, (each for each in owing if each.due_at == due))
        untold = [code for code in late if (code, subject_of, rung.rung, Notice.DIGEST.value) not in known]
        below = _by_collector(here, _due_at(here, phase, due)) if untold else {}
        letters += [
            _digest_letter(here, code, subject_of, below[code], rung, as_of) for code in below if code in untold
        ]
    with here.office.store.write() as connection:
        return outbox.plan(connection, letters)


def _due_at(here: Running, phase: str, due: datetime) -> list[Assignment]:
    with here.office.store.read() as connection:
        everyone = assignments.of_phase(connection, here.name, phase)
    return [each for each in everyone if each.due_at == due and each.status != "exempt"]


def _by_collector(here: Running, owing: Iterable[Assignment]) -> dict[str, list[Assignment]]:
    """Every collector above a respondent that the campaign wants told; the office that runs it looks at the window.

    ``here``: in the tree of the day, so that who was moved is on the list of his new office alone."""
    grouped: dict[str, list[Assignment]] = {}
    for each in owing:
        for above in here.ancestors(each.respondent):
            if above.level in here.campaign.reminders.digest_levels and above.contacts:
                grouped.setdefault(above.code, []).append(each)
    return grouped


def _digest_letter(
    here: Running, collector: str, subject_of: str, below: list[Assignment], rung: Rung, as_of: datetime
) -> OutboxRow:
    campaign, to = here.campaign, here.units[collector]
    first = below[0]
    late = [each for each in below if each.is_open]
    unsealed = [each for each in below if each.lacks_seal and not each.is_open]
    named = [each for each in late if not campaign.deliverable(each.deliverable).is_soft]
    context = common_context(campaign, campaign.phase(first.phase), to, first.due_at, here.office.mail.sender.name)
    context |= {
        "collector": {"code": to.code, "name": to.name},
        "late": _in_order(here, [*named, *unsealed]),
        "asked": _in_order(here, [each for each in late if each not in named]),
        "unsealed": len(unsealed),
        "expected": len(below),
        "returned": len(below) - len(late),
        "missing": len(late),
    }
    key = Key(here.name, first.phase, collector, subject_of, Notice.DIGEST, rung.rung)
    return here.letter(key, context, to, as_of)


def _in_order(here: Running, late: Iterable[Assignment]) -> list[dict[str, Any]]:
    """In administrative order, never by how many problems they have."""
    units = sorted(((here.units[each.respondent], each) for each in late), key=lambda pair: pair[0].order)
    return [
        {
            "code": unit.code,
            "name": unit.name,
            "status": _digest_status(each),
            "parent_name": here.units[unit.parent].name if unit.parent else "",
        }
        for unit, each in units
    ]


def _digest_status(each: Assignment) -> str:
    if not each.is_open:
        return "seal_missing"
    if each.in_correction:
        return "in_correction"
    return "copy_missing" if each.seal == "received" else "missing"
