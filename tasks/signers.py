"""What operators do about sign-off: name who acts for an office, record a signature on paper, list what was signed."""

from datetime import date, datetime
from typing import Any

from oneledger.domain.errors import RefusedError
from oneledger.domain.schedule import turns
from oneledger.domain.signoff import MOVES, STATE_WORDS, Acting, Deed, Standing, standings, unit_digest
from oneledger.domain.signoff_answer import SignAnswer
from oneledger.store import signatures, snapshots
from tasks.freezing import reports_of
from tasks.office import Running, running
from tasks.recounting import Reference, figures_at
from tasks.sign_intake import record_answer, standing_of
from tasks.signing import record_request, times_asked


def name_acting(
    name: str, unit: str, address: str, valid_from: date, valid_until: date, *, reason: str, by: str, as_of: datetime
) -> None:
    """Raises RefusedError with every reason."""
    here = running(name)
    faults = _unit_faults(here, unit) + _word_faults(reason, by)
    if valid_until < valid_from:
        faults.append(f"代签的起止日期颠倒：{valid_from} 至 {valid_until}")
    if "@" not in address:
        faults.append(f"{address!r} 不像电子邮箱")
    if faults:
        raise RefusedError(faults)
    with here.office.store.write() as connection:
        acting = Acting(unit, address.lower(), valid_from, valid_until, reason, by, as_of)
        same = [each for each in signatures.acting_for(connection, name, unit) if _same(each, acting)]
        if not same:
            signatures.name_acting(connection, name, acting)
            snapshots.record_event(connection, as_of, by, "acting signer named", campaign=name, unit=unit, to=address)


def _same(one: Acting, other: Acting) -> bool:
    return (one.address, one.valid_from, one.valid_until) == (other.address, other.valid_from, other.valid_until)


def sign_on_paper(name: str, unit: str, phase: str, *, by: str, evidence: str, as_of: datetime) -> bool:
    """For the figures the office was last asked about; of the day, where nobody has asked yet. False: it is signed.

    Raises RefusedError with every reason.
    """
    here = running(name)
    faults = _unit_faults(here, unit) + _word_faults(evidence, by)
    if phase not in {each.phase for each in here.campaign.phases}:
        faults.append(f"no phase {phase}; phases: {', '.join(each.phase for each in here.campaign.phases)}")
    if faults:
        raise RefusedError(faults)
    with here.office.store.read() as connection:
        milestone = next(iter([each for each in reports_of(here, connection, phase) if each.at >= as_of]), None)
        milestone = milestone or reports_of(here, connection, phase)[-1]
        figures = figures_at(here, connection, Reference(phase, milestone.at, min(as_of, milestone.at), as_of))
    if unit not in figures.codes:
        raise RefusedError([f"{unit} 在“{phase}”阶段没有需要审核的数字"])
    turn = next((each for each in turns(here.campaign, milestone, here.office.calendar)
                 if each.level == here.units[unit].level), None)  # fmt: skip
    due = turn.due_at if turn else milestone.at
    with here.office.store.write() as connection:
        standing = standing_of(connection, here, milestone.key, unit)
        if Deed.AGREE not in MOVES[standing.state]:
            return False
        asked = standing.asked
        if asked is None or (standing.signed and standing.signed.digest == asked.digest):
            times = times_asked(signatures.of_campaign(connection, name, milestone.key, unit))[unit]
            number = record_request(
                here, connection, milestone, unit, figures.of([unit])[unit], times + 1, due=due, as_of=as_of, by=by
            )
            asked = signatures.request(connection, name, number) if number else asked
        assert asked is not None
        record_answer(
            connection, here, asked, SignAnswer(Deed.AGREE), cause=f"paper {asked.id}", at=as_of, by=by, as_of=as_of,
            evidence=evidence,
        )  # fmt: skip
    return True


def signatures_of(name: str) -> list[dict[str, Any]]:
    """One row an office and report, in administrative order: how it stands, and everything that led there."""
    here = running(name)
    with here.office.store.read() as connection:
        entries = signatures.of_campaign(connection, name)
        asked = {each.unit for each in entries}
        frozen = {
            each.milestone: snapshots.rollups_of(connection, each.id, asked)
            for each in snapshots.every_kind(connection, name)
        }
    told = []
    for (milestone, unit), standing in standings(entries).items():
        mine = [each for each in entries if (each.milestone, each.unit) == (milestone, unit)]
        rollup = frozen.get(milestone, {}).get(unit)
        told.append({
            "milestone": milestone, "phase": mine[0].phase, "unit": unit, "name": here.units[unit].name,
            "level": here.units[unit].level, "state": standing.state.value, "state_text": STATE_WORDS[standing.state],
            "is_late": standing.is_late, "requests": standing.requests,
            "signed_at": _local(here, standing), "signed_by": standing.signed.by if standing.signed else "",
            "signed_digest": standing.signed.digest if standing.signed else "",
            "frozen_digest": unit_digest(unit, rollup) if rollup else "",
            "entries": [
                {"deed": each.deed.value, "at": str(each.at.astimezone(here.zone)), "by": each.by, "mail": each.inbox,
                 "digest": each.digest, **each.detail}
                for each in mine
            ],
        })  # fmt: skip
    return sorted(told, key=lambda row: (row["milestone"], here.units[row["unit"]].order))


def _local(here: Running, standing: Standing) -> str:
    return f"{standing.signed.at.astimezone(here.zone):%Y-%m-%d %H:%M}" if standing.signed else ""


def _unit_faults(here: Running, unit: str) -> list[str]:
    if unit not in here.units:
        return [f"no unit {unit} in the campaign"]
    return [] if here.units[unit].level != "school" else [f"{here.units[unit].name}（{unit}）是学校，不审核汇总"]


def _word_faults(reason: str, by: str) -> list[str]:
    return [] if reason.strip() and by.strip() else ["请写明理由（或凭据）和经手人（职务）"]
