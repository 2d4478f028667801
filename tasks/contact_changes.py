"""A contact is changed by mail: asked for from an entitled address, confirmed at the registered one, then in force.

Every step is an event that nothing alters: who, when, in which mail.
"""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from oneledger.adapters.mail_parse import ParsedMail
from oneledger.domain import tokens
from oneledger.domain.assignments import CampaignUnit
from oneledger.domain.confirming import Answer, read_answer
from oneledger.domain.contact_changes import (
    HOW,
    VALID_FOR,
    Change,
    asks_for_change,
    faults_of,
    in_force,
    leaving,
    read_changes,
    request_number,
    unit_meant,
)
from oneledger.domain.errors import RefusedError
from oneledger.domain.notices import Key, Notice, chinese_moment, common_context
from oneledger.store import bounces, campaigns, contacts, snapshots
from oneledger.store.contacts import ContactEvent
from oneledger.store.inbox import InboxRow
from oneledger.store.outbox import OutboxRow
from tasks.address_requests import phase_at, reachable_office
from tasks.collecting import collectors
from tasks.confirming import is_forged
from tasks.evidence import asked_office, request_number as number_answered
from tasks.office import Running, office, running
from tasks.trees import tree_today

CHANGED = "contact changed"
MOST_A_DAY = 3  # questions about one unit: a forged sender shall not pester its registered address


@dataclass
class ContactMail:
    """What a mail about contacts leads to; not yet written."""

    requests: list[ContactEvent] = field(default_factory=list)
    letters: list[OutboxRow] = field(default_factory=list)
    answer: Answer | None = None
    answered: ContactEvent | None = None  # the request it answers
    reasons: list[str] = field(default_factory=list)  # why a person must look


def contact_mail(here: Running, row: InboxRow, mail: ParsedMail, as_of: datetime) -> ContactMail | None:
    """None: this mail is about something else."""
    number = number_answered(mail, here.token_key)
    if number is not None:
        return _answered(here, row, mail, number)
    if asks_for_change(mail.subject) or asked_office(mail, here.token_key) is not None:
        return _asked(here, row, mail, as_of)
    return None


def _asked(here: Running, row: InboxRow, mail: ParsedMail, as_of: datetime) -> ContactMail:
    read = read_changes(mail.text)
    found = ContactMail(reasons=list(read.faults))
    if not read.changes and not read.faults:
        found.reasons.append(f"要求更换联系邮箱，但没有写明单位和新邮箱（{HOW}）")
    if is_forged(here, mail):
        return ContactMail(reasons=["要求更换联系邮箱，但发件人没有通过邮件服务器的核验"])
    for change in read.changes:
        unit = unit_meant(change.unit, here.units.values())
        if unit is None:
            found.reasons.append(f"要求更换联系邮箱，找不到单位“{change.unit[:40]}”")
        elif mail.sender_address not in _entitled(here, unit):
            found.reasons.append(
                f"{unit.name}（{unit.code}）：只有本单位或上级登记的邮箱才能更换，来信是 {mail.sender_address}"
            )
        elif faults := faults_of(change, unit, _own(here)):
            found.reasons += faults
        else:
            _request(here, found, unit, change, row, mail.sender_address, as_of)
    return found


def _entitled(here: Running, unit: CampaignUnit) -> set[str]:
    units = [unit, *collectors(here, unit.code, tree_today(here))]
    return {contact.email.lower() for each in units for contact in each.contacts}


def _own(here: Running) -> set[str]:
    return {here.office.mail.sender.address.lower(), here.office.mail.collect.address.lower()}


def confirmer_of(here: Running, unit: CampaignUnit) -> CampaignUnit | None:
    """Who is asked: the unit itself, or where no mail reaches it, the office that collects from it."""
    return unit if unit.living else reachable_office(tree_today(here), unit)


def _request(
    here: Running, found: ContactMail, unit: CampaignUnit, change: Change, row: InboxRow, sender: str, as_of: datetime
) -> None:
    to = confirmer_of(here, unit)
    if to is None:
        found.reasons.append(f"{unit.name}（{unit.code}）：没有可以确认的登记邮箱，请工作人员核实后办理")
        return
    if _asked_today(here, unit, as_of) >= MOST_A_DAY:
        found.reasons.append(f"{unit.name}（{unit.code}）：今天已经请登记邮箱确认过{MOST_A_DAY}次更换")
        return
    number = request_number(here.name, unit.code, change.address, row.received_at.astimezone(here.zone).date())
    phase = phase_at(here, as_of)
    context = common_context(here.campaign, here.campaign.phase(phase), to, None, here.office.mail.sender.name) | {
        "about": {"code": unit.code, "name": unit.name},
        "asked_by": sender,
        "received_text": chinese_moment(row.received_at, here.campaign),
        "is_own": to.code == unit.code,
        "new": {"email": change.address, "name": change.name[:30], "phone": change.phone[:30]},
        "leaving": [each.email for each in leaving(unit, change) if each.email],
        "answer_by_text": chinese_moment(as_of + VALID_FOR, here.campaign),
    }
    key = Key(here.name, phase, unit.code, "contacts", Notice.CONTACT_CONFIRM, str(number))
    token = here.token(number, tokens.TokenKind.CONTACT_CHANGE)
    found.letters.append(here.letter(key, context, to, as_of, answer_token=token))
    asked = ContactEvent(
        here.name, unit.code, change.address, "asked", as_of, sender, "来信要求更换", f"request {number}",
        number=number, detail=vars(change), inbox=row.id,
    )  # fmt: skip
    found.requests.append(asked)


def _asked_today(here: Running, unit: CampaignUnit, as_of: datetime) -> int:
    today = as_of.astimezone(here.zone).date()
    with here.office.store.read() as connection:
        events = contacts.of_campaign(connection, here.name, unit.code)
    return sum(each.deed == "asked" and each.at.astimezone(here.zone).date() == today for each in events)


def _answered(here: Running, row: InboxRow, mail: ParsedMail, number: int) -> ContactMail:
    with here.office.store.read() as connection:
        known = contacts.of_request(connection, here.name, number)
    asked = known.get("asked")
    if asked is None:
        return ContactMail(reasons=["回答的是一个找不到的更换联系邮箱的要求"])
    if {"confirmed", "refused"} & known.keys():
        return ContactMail()
    unit = here.units[asked.unit]
    allowed = confirmer_of(here, unit) or unit
    if mail.sender_address not in {each.email.lower() for each in allowed.contacts} or is_forged(here, mail):
        return ContactMail(reasons=[f"更换联系邮箱须由登记邮箱确认，这封来自：{mail.sender_address}"])
    if row.received_at > asked.at + VALID_FOR:
        return ContactMail(reasons=["更换联系邮箱的确认来得太晚，请工作人员核实"])
    answer = read_answer(mail.text)
    if answer is None:
        return ContactMail(reasons=["更换联系邮箱的答复看不出是同意还是不同意"])
    return ContactMail(answer=answer, answered=asked)


def record_contact_mail(
    connection: Connection, here: Running, found: ContactMail, row: InboxRow, sender: str, as_of: datetime
) -> None:
    """The letters go with the mail's other answers."""
    contacts.record(connection, found.requests)
    if found.answered is None or found.answer is None:
        return
    asked, number = found.answered, found.answered.number or 0
    if {"confirmed", "refused"} & contacts.of_request(connection, here.name, number).keys():
        return
    deed = "confirmed" if found.answer is Answer.AGREED else "refused"
    event = ContactEvent(
        here.name, asked.unit, asked.address, deed, as_of, sender, "登记邮箱答复", f"request {number}",
        number=number, inbox=row.id,
    )  # fmt: skip
    contacts.record(connection, [event])
    if deed == "confirmed":
        _put_in_force(connection, here.name, asked.unit, Change(**(asked.detail or {})))
        snapshots.record_event(
            connection, as_of, "registered address", CHANGED, campaign=here.name, unit=asked.unit, request=number,
            asked_in=asked.inbox, confirmed_in=row.id,
        )  # fmt: skip


def _put_in_force(connection: Connection, name: str, code: str, change: Change) -> None:
    unit = campaigns.units(connection, name)[code]
    contacts.put(connection, name, {code: in_force(unit, change)}, in_the_list=True)
    bounces.unstrand(connection, name, code)


def set_contact(name: str, code: str, change: Change, *, by: str, reason: str, as_of: datetime) -> None:
    """An operator's word, at once. Raises RefusedError with every reason."""
    here = running(name)
    unit = here.units.get(code)
    if unit is None:
        raise RefusedError([f"no unit {code} in the campaign"])
    faults = faults_of(change, unit, _own(here))
    if not by.strip() or not reason.strip():
        faults.append("请写明经手人（职务）和原因：--by、--reason")
    if faults:
        raise RefusedError(faults)
    with here.office.store.write() as connection:
        event = ContactEvent(
            name, code, change.address, "set", as_of, by, reason, f"{as_of:%Y-%m-%dT%H:%M:%S}", detail=vars(change)
        )
        contacts.record(connection, [event])
        _put_in_force(connection, name, code, change)
        snapshots.record_event(connection, as_of, by, CHANGED, campaign=name, unit=code, reason=reason)


def contacts_of(name: str, code: str | None = None) -> list[dict[str, Any]]:
    """Every unit's contacts with how they stand, in administrative order; of one unit also everything that happened."""
    here = running(name)
    if code is not None and code not in here.units:
        raise RefusedError([f"no unit {code} in the campaign"])
    with office().store.read() as connection:
        events = contacts.of_campaign(connection, name, code)
        stranded = bounces.stranded(connection, name)
    told = {(each.unit, each.address): each for each in events if each.deed == "bounced"}
    return [
        {
            "unit": unit.code, "name": unit.name, "level": unit.level, "mails_waiting": stranded.get(unit.code, 0),
            "contacts": [_standing(here, unit, each, told) for each in unit.contacts],
        }
        | ({"events": [_plain(here, each) for each in events]} if code else {})
        for unit in here.units.values()
        if code in (None, unit.code)
    ]  # fmt: skip


def _standing(
    here: Running, unit: CampaignUnit, contact: Any, told: dict[tuple[str, str], ContactEvent]
) -> dict[str, Any]:
    event = told.get((unit.code, contact.email.lower()))
    return {
        "email": contact.email, "name": contact.name, "phone": contact.phone, "role": contact.role,
        "standing": "dead" if contact.is_dead else "bounced" if event else "good",
        "bounced_at": _local(here, event.at) if event else None,
        "reason": event.reason if event else None,
    }  # fmt: skip


def _plain(here: Running, event: ContactEvent) -> dict[str, Any]:
    return vars(event) | {"at": _local(here, event.at)}


def _local(here: Running, moment: datetime) -> str:
    return f"{moment.astimezone(here.zone):%Y-%m-%d %H:%M}"
