"""Mails in a unit's name that prove too little: its registered address is asked; its word lets the review go on.

Nothing of the doubtful mail goes out again: the question tells who wrote and when, never what.
"""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection

from oneledger.adapters.mail_parse import ParsedMail
from oneledger.domain.assignments import Assignment
from oneledger.domain.confirming import VALID_FOR, Answer, authentication, read_answer
from oneledger.domain.matching import Match
from oneledger.domain.notices import Key, Notice, chinese_moment, common_context, office_of
from oneledger.store import confirmations, outbox, snapshots
from oneledger.store.confirmations import Confirmation
from oneledger.store.inbox import InboxRow
from oneledger.store.outbox import OutboxRow
from tasks.evidence import confirmation_number
from tasks.office import Running

NOT_THEIRS = "登记邮箱答复：不是该单位发来的"
UNANSWERED = f"登记邮箱{VALID_FOR.days}天内没有答复，请工作人员核实"
STILL_ASKED = "同一项报送已有一封来信在等登记邮箱确认"


@dataclass(frozen=True)
class Doubt:
    """One file of a mail that waits for the word of its unit's registered address."""

    assignment: Assignment
    reason: str


@dataclass(frozen=True)
class Word:
    """What a registered address answered; not yet written."""

    asked: Confirmation
    answer: Answer
    address: str


def is_forged(here: Running, mail: ParsedMail) -> bool:
    """Our own mail server says that the sender's address is not his."""
    told = mail.headers.get("authentication-results", ())
    return authentication(told, here.office.mail.collect.authserv_id) == "failed"


def standings(here: Running, row: InboxRow) -> dict[int, str]:
    """How the questions about a mail stand, by assignment."""
    every = here.office.store.once(
        ("standings", here.name), lambda connection: confirmations.by_mail(connection, here.name)
    )
    return every.get(row.id, {})


def doubted(here: Running, found: Match, assignment: Assignment, standing: str | None) -> Doubt | str | None:
    """A question to ask or still open; why a person must look; None: the unit has said that it is not its own."""
    if standing == Answer.REFUSED:
        return None
    if standing in ("expired", "decided"):
        return UNANSWERED
    if not here.units[assignment.respondent].contacts:
        return found.reason
    if standing is None:
        with here.office.store.read() as connection:
            if confirmations.open_about(connection, assignment.id):
                return STILL_ASKED
    return Doubt(assignment, found.reason)


def word_given(here: Running, row: InboxRow, mail: ParsedMail) -> Word | str | None:
    """The answer to a question of ours; why a person must read it; None: this mail answers none."""
    number = confirmation_number(mail, here.token_key)
    if number is None:
        return None
    with here.office.store.read() as connection:
        asked = confirmations.by_ids(connection, [number]).get(number)
    if asked is None or asked.campaign != here.name:
        return "回答的是一个找不到的确认"
    registered = {contact.email.lower() for contact in here.units[asked.unit].contacts}
    if mail.sender_address.lower() not in registered or is_forged(here, mail):
        return f"确认须由登记邮箱答复，这封来自：{mail.sender_address}"
    if asked.state == "expired" or row.received_at > asked.expires_at:
        return "确认的答复来得太晚，请工作人员核实"
    answer = read_answer(mail.text)
    return Word(asked, answer, mail.sender_address) if answer else "确认的答复看不出是同意还是不同意"


def record_word(connection: Connection, here: Running, word: Word, row: InboxRow, as_of: datetime) -> None:
    """Once: a second answer, or one after a person's decision, changes nothing."""
    asked = word.asked
    if not confirmations.answer(
        connection, asked.id, word.answer.value, by=word.address, inbox=row.id, at=row.received_at
    ):
        return
    deed = f"mail {word.answer.value}"
    snapshots.record_event(
        connection, as_of, word.address, deed, campaign=here.name, unit=asked.unit, mail=asked.inbox, answered_in=row.id
    )
    if word.answer is Answer.AGREED:
        confirmations.reopen_mail(connection, asked.inbox)
    else:
        confirmations.put_away(connection, asked.inbox, NOT_THEIRS)


def record_doubts(
    connection: Connection, here: Running, doubts: list[Doubt], row: InboxRow, mail: ParsedMail, as_of: datetime
) -> None:
    for doubt in doubts:
        number = confirmations.ask(
            connection, here.name, row.id, doubt.assignment.id, doubt.assignment.respondent, doubt.reason,
            at=as_of, expires_at=as_of + VALID_FOR,
        )  # fmt: skip
        if number is not None:
            outbox.plan(connection, [_question(here, doubt.assignment, number, row, mail, as_of)])


def _question(
    here: Running, assignment: Assignment, number: int, row: InboxRow, mail: ParsedMail, as_of: datetime
) -> OutboxRow:
    to = here.units[assignment.respondent]
    deliverable = here.campaign.deliverable(assignment.deliverable)
    phase = here.campaign.phase(assignment.phase)
    context = common_context(here.campaign, phase, to, assignment.due_at, here.office.mail.sender.name) | {
        "office": office_of(here.campaign, deliverable),
        "title": deliverable.title,
        "received_text": chinese_moment(row.received_at, here.campaign),
        "foreign_sender": mail.sender_address[:100] or "（没有发件人）",
        "is_same_address": mail.sender_address.lower() in {contact.email.lower() for contact in to.contacts},
        "answer_by_text": chinese_moment(as_of + VALID_FOR, here.campaign),
    }
    key = Key(
        here.name, assignment.phase, to.code, f"{assignment.deliverable}/{assignment.unit}", Notice.CONFIRM, str(number)
    )
    return here.letter(key, context, to, as_of, assignment=assignment, confirmation=number)


def close_unanswered(here: Running, as_of: datetime) -> None:
    with here.office.store.write() as connection:
        confirmations.expire(connection, here.name, as_of, UNANSWERED)


def settled_state(reasons: list[str], doubts: list[Doubt]) -> dict[str, str | None]:
    """state and reason of a mail that was worked through."""
    told = "；".join([*reasons, *(f"已请登记邮箱确认：{doubt.reason}" for doubt in doubts)])
    return {"state": "person" if reasons else "confirm" if doubts else "done", "reason": told or None}
