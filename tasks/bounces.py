"""Mails that came back: the address is avoided from now on, the mail goes to the next contact, and where none is left,
the office above is asked for the right address. Every step follows from what the store says, so twice is once."""

import re
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from prefect import task
from sqlalchemy import Connection

from oneledger.adapters.mail_compose import readdressed
from oneledger.domain.assignments import CampaignUnit
from oneledger.domain.bouncing import MOST_HARD, Returned, copy_round, is_due, must_pause, next_address, unwanted
from oneledger.domain.incoming import Bounce, BounceKind
from oneledger.domain.notices import Key, Notice
from oneledger.domain.units import Contact
from oneledger.store import bounces, campaigns, contacts, outbox, snapshots
from oneledger.store.bounces import Marked
from oneledger.store.contacts import ContactEvent
from oneledger.store.inbox import InboxRow
from oneledger.store.outbox import OutboxRow
from tasks.address_requests import ask_offices, reachable_office
from tasks.office import Running, office, running
from tasks.retrying import STORE_RETRIES

PAUSED, RESUMED = "paused: too many bounces", "resumed"


def record_bounce(connection: Connection, bounce: Bounce, row: InboxRow, sender: str, as_of: datetime) -> None:
    """In the transaction of the mail that told us. What follows from it is the next step of the same look."""
    if bounce.kind is BounceKind.DELAYED:
        return
    marked = bounces.record(connection, bounce.message_ids, as_of, bounce.diagnostic, bounce.kind)
    contacts.record(connection, [_event(each, as_of, sender, bounce.diagnostic, row.id) for each in marked])


def _event(mail: Marked, at: datetime, by: str, words: str, inbox: int | None) -> ContactEvent:
    detail = {"bounce": mail.bounce, "kind": mail.kind, "outbox": mail.id}
    return ContactEvent(
        mail.campaign, mail.unit, mail.address, "bounced", at, by[:200], words[:500], f"mail {mail.id}",
        detail=detail, inbox=inbox,
    )  # fmt: skip


def bounces_wait(name: str) -> bool:
    with office().store.read() as connection:
        return bounces.is_waiting(connection, name)


@task(task_run_name="follow-bounces", **STORE_RETRIES)
def follow_bounces(name: str, as_of: datetime) -> int:
    """Says how many mails were planned again."""
    avoid_dead(name, as_of)
    here = running(name)  # as it is with its dead addresses known
    with here.office.store.write() as connection:
        copies = _copy_returned(here, connection, as_of)
        ask_offices(here, connection, as_of)
        _pause_if_too_many(connection, name, as_of)
    return copies


def avoid_dead(name: str, as_of: datetime) -> None:
    here = running(name)
    with here.office.store.write() as connection:
        for mail, words in bounces.mark_refused(connection, name, as_of):
            contacts.record(connection, [_event(mail, as_of, "smtp", words, None)])
        hard = [each for each in bounces.returned(connection, name) if each.bounce == BounceKind.HARD]
        dead = {(each.unit, each.address.lower()) for each in hard}
        changed = _with_dead(campaigns.units(connection, name), dead)
        if changed:
            contacts.put(connection, name, changed, in_the_list=False)
            bounces.withdraw(connection, bounces.planned_to(connection, name, dead))


def _with_dead(units: dict[str, CampaignUnit], dead: set[tuple[str, str]]) -> dict[str, Sequence[Contact]]:
    """Only the units whose contacts change."""
    changed: dict[str, Sequence[Contact]] = {}
    for code in sorted({unit for unit, _ in dead} & units.keys()):
        before = units[code].contacts
        after = tuple(_dead(each) if (code, each.email.lower()) in dead else each for each in before)
        if after != before:
            changed[code] = after
    return changed


def _dead(contact: Contact) -> Contact:
    return Contact(contact.name, contact.email, contact.phone, contact.role, is_dead=True)


def _copy_returned(here: Running, connection: Connection, as_of: datetime) -> int:
    back = [each for each in bounces.returned(connection, here.name) if is_due(each, as_of)]
    passed_over = unwanted(back)
    bounces.settle(connection, passed_over, as_of)
    planned = 0
    for mail in back:
        if mail.id in passed_over:
            continue
        to = _where(here, mail)
        if to is None:
            bounces.strand(connection, [mail.id])
            continue
        if to[0]:
            planned += outbox.plan(connection, [_copy(here, connection, mail, to, as_of)])
        bounces.settle(connection, [mail.id], as_of)
    return planned


def _where(here: Running, mail: Returned) -> tuple[str, bool] | None:
    """A question to a unit that nobody can reach goes to the office that collects from it."""
    unit = here.units.get(mail.unit)
    if unit is None:
        return ("", False)
    found = next_address(unit, mail)
    if found is None and mail.kind == Notice.CONTACT_CONFIRM:
        above = reachable_office(here, unit)
        return (above.address, False) if above is not None and above.address != mail.address else None
    return found


def _copy(
    here: Running, connection: Connection, mail: Returned, to: tuple[str, bool], as_of: datetime
) -> OutboxRow:  # fmt: skip
    """The same mail under a key of its own; what it says and carries, and the token it answers to, are unchanged."""
    address, is_retry = to
    row = bounces.whole(connection, mail.id)
    round_ = copy_round(mail.round, address, is_retry=is_retry)
    token, domain = re.split(r"[.].*@", row.message_id.strip("<>"), maxsplit=1)
    key = Key(here.name, mail.phase, mail.unit, mail.subject_of, Notice(mail.kind), round_)
    message_id = key.message_id(token, domain)
    content = readdressed(
        row.content, (here.units[mail.unit].name, address), (row.message_id, message_id), as_of
    )  # fmt: skip
    return OutboxRow(
        campaign=here.name, phase=mail.phase, unit=mail.unit, subject_of=mail.subject_of, kind=mail.kind, round=round_,
        priority=row.priority, address=address, subject=row.subject, message_id=message_id, planned_at=as_of,
        content=content, assignment=row.assignment,
    )  # fmt: skip


def _pause_if_too_many(connection: Connection, name: str, as_of: datetime) -> None:
    """Sending stops until an operator has looked: a wrong list burns the standing of our own address."""
    resumed = contacts.last_deed(connection, name, [RESUMED])
    hard, sent = bounces.among_the_last(connection, name, resumed[1] if resumed else None)
    if must_pause(hard) and not campaigns.is_paused(connection, name):
        campaigns.pause(connection, name, is_paused=True)
        snapshots.record_event(
            connection, as_of, "oneledger", PAUSED, campaign=name, hard=hard, sent=sent, most=MOST_HARD
        )


def resume(name: str, *, by: str, reason: str, as_of: datetime) -> None:
    running(name)
    with office().store.write() as connection:
        campaigns.pause(connection, name, is_paused=False)
        snapshots.record_event(connection, as_of, by, RESUMED, campaign=name, reason=reason)


def standing(connection: Connection, name: str) -> dict[str, Any]:
    """For the operator: what came back, and whether sending stands still."""
    told: dict[str, Any] = {**bounces.counts(connection, name), "is_paused": campaigns.is_paused(connection, name)}
    last = contacts.last_deed(connection, name, [PAUSED, RESUMED])
    if told["is_paused"] and last and last[0] == PAUSED:
        told["why"] = f"最近发出的 {last[2]['sent']} 封中有 {last[2]['hard']} 封被退回（上限 {last[2]['most']} 封）"
    return told
