"""An office's answer to a request for its signature: read, then recorded with what follows from it."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from oneledger.adapters.mail_parse import ParsedMail, may_hold_workbook
from oneledger.adapters.workbook_reader import WorkbookReader
from oneledger.domain.returns import WorkbookCells
from oneledger.domain.signoff import MOVES, Deed, Entry, Standing, is_outdated, may_sign, standings
from oneledger.domain.signoff_answer import NOTHING, SignAnswer, Unclear, read_sign_answer, read_sign_form
from oneledger.store import assignments, outbox, reopenings, signatures, snapshots, unit_changes
from oneledger.store.inbox import InboxRow
from oneledger.store.reopenings import Reopening
from tasks.confirming import is_forged
from tasks.evidence import sign_request_number
from tasks.office import Running
from tasks.sign_letters import answer_letter, sent_back_letter
from tasks.trees import tree_of

OUTDATED = "这封来信答复的是较早的一次审核请求，数字后来有变动。请答复最近一封审核请求。"


@dataclass(frozen=True)
class SignTaken:
    """What an office answered; not yet written."""

    request: Entry
    answer: SignAnswer | Unclear
    address: str


def sign_answered(here: Running, reader: WorkbookReader, row: InboxRow, mail: ParsedMail) -> SignTaken | str | None:
    """Why a person must read it instead; None: this mail answers no such request."""
    number = sign_request_number(mail, here.token_key)
    if number is None:
        return None
    with here.office.store.read() as connection:
        request = signatures.request(connection, here.name, number)
        acting = signatures.acting_for(connection, here.name, request.unit) if request else []
        tree = tree_of(here, connection, row.received_at)
    if request is None:
        return "回复的是一个找不到的审核请求"
    day = row.received_at.astimezone(here.zone).date()
    is_known = may_sign(mail.sender_address, here.units[request.unit].contacts, acting, day)
    if not row.approved_by and (not is_known or is_forged(here, mail)):
        return f"审核签报须由登记邮箱或代签人答复，这封来自：{mail.sender_address}"
    below = {code: tree.units[code].name for code in tree.below(request.unit)}
    answer = read_sign_answer(mail.text, below)
    if answer is NOTHING:
        answer = _on_the_form(reader, mail, below) or answer
    return SignTaken(request, answer, mail.sender_address)


def _on_the_form(reader: WorkbookReader, mail: ParsedMail, below: dict[str, str]) -> SignAnswer | Unclear | None:
    for part in mail.parts:
        if may_hold_workbook(part.content):
            cells = reader.read(part.content)
            found = read_sign_form(cells.sheets, below) if isinstance(cells, WorkbookCells) else None
            if found is not None:
                return found
    return None


def record_sign(
    connection: Connection, here: Running, taken: SignTaken, row: InboxRow, mail: ParsedMail, as_of: datetime
) -> None:
    """Once: the same figures signed a second time change nothing and are not answered again."""
    request, answer = taken.request, taken.answer
    standing = standing_of(connection, here, request.milestone, request.unit)
    why, notes = "", []
    if isinstance(answer, Unclear):
        why = answer.why
    elif answer.deed is Deed.AGREE and is_outdated(standing, request.digest):
        if standing.signed is not None and standing.signed.digest == request.digest:
            return
        why = OUTDATED
    elif answer.deed not in MOVES[standing.state]:
        return
    else:
        notes = record_answer(
            connection, here, request, answer, cause=f"mail {row.id}", at=row.received_at, by=taken.address,
            inbox=row.id, as_of=as_of,
        )  # fmt: skip
    letter = answer_letter(
        here, request, None if why or isinstance(answer, Unclear) else answer, why, notes, taken.address,
        f"mail-{row.id}", as_of, mail.message_id or None,
    )  # fmt: skip
    outbox.plan(connection, [letter])


def standing_of(connection: Connection, here: Running, milestone: str, unit: str) -> Standing:
    entries = signatures.of_campaign(connection, here.name, milestone, unit)
    return standings(entries).get((milestone, unit), Standing())


def record_answer(
    connection: Connection, here: Running, request: Entry, answer: SignAnswer, *,
    cause: str, at: datetime, by: str, as_of: datetime, inbox: int | None = None, evidence: str = "",
) -> list[str]:  # fmt: skip
    """What to add in the answer, in Chinese: of units that had nothing to be sent back."""
    rollup = signatures.figures_asked(connection, request.id)
    detail: dict[str, Any] = {
        "request": request.id, "coverage": vars(rollup.coverage), "expected": rollup.coverage.expected,
        "missing": [list(each) for each in rollup.missing_units],
        "units": [{"code": code, "reason": reason} for code, reason in answer.units],
        "reason": answer.reason, "evidence": evidence,
    }  # fmt: skip
    number = signatures.record(
        connection, here.name, request.phase, request.milestone, request.unit, answer.deed,
        cause=cause, at=at, recorded_at=as_of, by=by, digest=request.digest, detail=detail, inbox=inbox,
    )  # fmt: skip
    if number is None:
        return []
    snapshots.record_event(
        connection, as_of, by, f"sign-off {answer.deed.value}", campaign=here.name, unit=request.unit, signature=number
    )
    return [
        note
        for code, reason in answer.units
        if (note := _send_back(connection, here, request, code, reason, by=by, at=at, as_of=as_of))
    ]


def _send_back(
    connection: Connection, here: Running, request: Entry, code: str, reason: str, *,
    by: str, at: datetime, as_of: datetime,
) -> str:  # fmt: skip
    """Every accepted return of the unit in this phase; nobody else's is touched."""
    owed = [each.deliverable for each in here.campaign.deliverables_of(request.phase)]
    every = assignments.of_unit(connection, here.name, code, owed)
    theirs = [each for each in every if each.accepted and each.status in ("returned", "zero")]
    for each in theirs:
        assert each.accepted is not None
        again = Reopening(each.id, each.accepted, request.unit, by, reason, at, as_of)
        if reopenings.record(connection, here.name, again):
            assignments.reopen(connection, each.id)
            if here.units[each.respondent].contacts:
                letter = sent_back_letter(here, each, request.unit, reason, each.versions, as_of)
                outbox.plan(connection, [letter])
    if code in unit_changes.exempt(connection, here.name, request.phase, as_of, as_of):
        assignments.excuse(connection, here.name, code, request.phase)  # it may mend it, and nobody waits for it
    return "" if theirs else f"{here.units[code].name}（{code}）目前没有已收的材料，不必退回，已列在未报名单里。"
