"""Take mail in: archive first, record, then leave the reading to the counties' reviews."""

from collections.abc import Collection, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from typing import Any

from prefect import task

from oneledger.adapters.mail_in import ImapSettings, ImapSource, IncomingItem, MaildirSource, MailSource
from oneledger.adapters.mail_parse import MailHead, parse_head
from oneledger.domain.assignments import Assignment
from oneledger.domain.batches import batches
from oneledger.domain.incoming import MailClass
from oneledger.domain.quotas import MIB
from oneledger.settings import Collect
from oneledger.store import assignments, campaigns, confirmations, inbox, outbox, pulses, signatures
from oneledger.store.inbox import Seen
from tasks.confirming import close_unanswered
from tasks.evidence import asked_office, by_mail, confirmation_number, request_number, sign_request_number, unit_by_mail
from tasks.flood import day_of, has_room, hold_back, registered, release
from tasks.office import Office, Running, office, running
from tasks.retrying import STORE_RETRIES

BATCH = 400  # mails; what is archived together is forced to the disk together
BATCH_BYTES = 32 * MIB  # and is in memory together
Place = tuple[str | None, str | None]  # campaign, county


def armed_campaigns() -> list[str]:
    with office().store.read() as connection:
        return campaigns.names(connection)


@task(task_run_name="take-in-mail", **STORE_RETRIES)
def take_in_mail(name: str, as_of: datetime) -> dict[str, list[int]]:
    """Archive and record every new mail of every box. Returns the campaign's mails nobody has worked on, by county
    (``none``: without a token)."""
    here = office()
    ledgers = [running(each) for each in armed_campaigns()]
    known = registered(ledgers)
    release(here, known, as_of)
    for source in sources(here.mail.collect):
        _take_in(here, source, ledgers, known, as_of)
    if has_room(here):
        with here.store.write() as connection:
            pulses.beat(connection, pulses.COLLECT, as_of)
    close_unanswered(running(name), as_of)
    with here.store.read() as connection:
        return {county or "none": ids for (_, county), ids in inbox.new_by_county(connection, name, known).items()}


def sources(collect: Collect) -> list[MailSource]:
    found: list[MailSource] = []
    if collect.maildir is not None:
        found.append(MaildirSource(collect.maildir))
    if collect.imap_host:
        found.append(ImapSource(imap_settings(collect)))
    return found


def imap_settings(collect: Collect) -> ImapSettings:
    return ImapSettings(
        host=collect.imap_host, port=collect.imap_port, security=collect.imap_security, user=collect.imap_user,
        password=collect.password, cafile=collect.imap_cafile,
    )  # fmt: skip


def _take_in(
    here: Office, source: MailSource, ledgers: Sequence[Running], known: Collection[str], as_of: datetime
) -> None:
    items = source.new_items(Seen(here.store))
    parts = batches(items, lambda item: len(item.content), most=BATCH, full=BATCH_BYTES)
    day = day_of(known, as_of)
    while has_room(here) and (batch := next(parts, None)):
        with ThreadPoolExecutor(1) as archivist:  # the disk is waited for while the heads are read
            kept = archivist.submit(here.archive.put_many, [item.content for item in batch])
            heads = [parse_head(item.content) for item in batch]
        hashes = kept.result()
        places = _routes(here, heads, ledgers)
        facts = zip(hashes, places, heads, strict=True)
        rows = [_row(item, *each, as_of) for item, each in zip(batch, facts, strict=True)]
        _set_own_apart(here, rows, heads)
        hold_back(here, rows, day)
        with here.store.write() as connection:
            inbox.record(connection, rows)
        source.done(batch)


def _set_own_apart(here: Office, rows: Sequence[dict[str, Any]], heads: Sequence[MailHead]) -> None:
    """Copies of our own mails, where they come into the same box: nobody's return, never answered, in no quota."""
    sender = here.mail.sender.address.lower()
    mine = {head.message_id for head in heads if head.message_id and head.sender_address == sender}
    with here.store.read() as connection:
        ours = outbox.among(connection, mine)
    for row, head in zip(rows, heads, strict=True):
        if head.sender_address == sender and head.message_id in ours:
            row |= {"state": "done", "class": MailClass.OWN.value, "reason": None}


def _row(item: IncomingItem, sha256: str, place: Place, head: MailHead, as_of: datetime) -> dict[str, Any]:
    return {
        "account": item.account,
        "folder": item.folder,
        "uidvalidity": str(item.uidvalidity),
        "uid": item.uid,
        "sha256": sha256,
        "received_at": min(item.received_at, as_of),
        "taken_at": as_of,
        "size": len(item.content),
        "campaign": place[0],
        "county": place[1],
        "sender": head.sender_address[:200],
        "class": None,
        "state": "person" if item.too_large else "new",
        "reason": "邮件超过大小上限，只保留了信头" if item.too_large else None,
    }


def _routes(here: Office, mails: Sequence[MailHead], ledgers: Sequence[Running]) -> list[Place]:
    """Campaign and county by the tokens of each mail's addresses and thread; (None, None) where there are none."""
    named = [[(ledger, by_mail(mail, ledger.token_key)) for ledger in ledgers] for mail in mails]
    wanted = {number for each in named for _, found in each for number in found}
    with here.store.read() as connection:
        known = assignments.light_by_ids(connection, wanted)
        return [
            _route(each, known) or _answer_route(connection, mail, ledgers) or _incident_route(mail, ledgers)
            for each, mail in zip(named, mails, strict=True)
        ]


def campaign_of(mail: MailHead, names: Sequence[str]) -> str | None:
    """The armed campaign that a mail's own tokens name."""
    return _routes(office(), [mail], [running(each) for each in names])[0][0]


def _answer_route(connection: Any, mail: MailHead, ledgers: Sequence[Running]) -> Place | None:
    """Of an answer to a question of ours: about a contact, a signature, or whether a mail was a unit's own."""
    for ledger in ledgers:
        if request_number(mail, ledger.token_key) or asked_office(mail, ledger.token_key):
            return ledger.name, None
        number = confirmation_number(mail, ledger.token_key)
        asked = confirmations.by_ids(connection, [number]).get(number) if number is not None else None
        if asked is not None and asked.campaign == ledger.name:
            return ledger.name, ledger.units[asked.unit].county
        number = sign_request_number(mail, ledger.token_key)
        request = signatures.request(connection, ledger.name, number) if number is not None else None
        if request is not None:
            return ledger.name, ledger.units[request.unit].county
    return None


def _incident_route(mail: MailHead, ledgers: Sequence[Running]) -> Place:
    for ledger in ledgers:
        number = unit_by_mail(mail, ledger.token_key)
        unit = ledger.unit_numbered(number) if number is not None else None
        if unit is not None:
            return ledger.name, unit.county
    return None, None


def _route(found: Sequence[tuple[Running, list[int]]], known: Mapping[int, Assignment]) -> Place | None:
    for ledger, numbers in found:
        for number in numbers:
            assignment = known.get(number)
            if assignment is not None and assignment.campaign == ledger.name:
                return ledger.name, ledger.units[assignment.respondent].county
    return None
