"""Which assignments do the tokens in a mail and in its workbooks name?"""

from collections.abc import Iterable

from oneledger.adapters.mail_parse import MailHead
from oneledger.domain import tokens
from oneledger.domain.matching import Evidence
from oneledger.domain.returns import WorkbookCells
from oneledger.domain.tokens import TokenKind


def _named(texts: Iterable[str], key: bytes, kind: TokenKind) -> list[int]:
    found = (token for text in texts for token in tokens.find(text, [key]))
    return list(dict.fromkeys(token.assignment_id for token in found if token.kind == kind and token.assignment_id))


def unit_by_mail(mail: MailHead, key: bytes) -> int | None:
    """The number of the unit whose incident a mail answers about."""
    places = (*mail.envelope_recipients, *mail.recipients, mail.in_reply_to or "", *mail.references)
    return next(iter(_named(places, key, TokenKind.INCIDENT_REPLY)), None)


def unit_by_workbook(cells: WorkbookCells, key: bytes) -> int | None:
    return next(iter(_named(cells.marks.tokens, key, TokenKind.INCIDENT)), None)


def confirmation_number(mail: MailHead, key: bytes) -> int | None:
    """The question of ours that a mail answers."""
    places = (*mail.envelope_recipients, *mail.recipients, mail.in_reply_to or "", *mail.references)
    return next(iter(_named(places, key, TokenKind.CONFIRM)), None)


def request_number(mail: MailHead, key: bytes) -> int | None:
    """The request to change a contact that a mail says yes or no to."""
    return next(iter(_named(_thread_and_addresses(mail), key, TokenKind.CONTACT_CHANGE)), None)


def asked_office(mail: MailHead, key: bytes) -> int | None:
    """The unit_number of the office whose list of dead addresses a mail answers."""
    return next(iter(_named(_thread_and_addresses(mail), key, TokenKind.CONTACT)), None)


def _thread_and_addresses(mail: MailHead) -> tuple[str, ...]:
    return (*mail.envelope_recipients, *mail.recipients, mail.in_reply_to or "", *mail.references)


def sign_request_number(mail: MailHead, key: bytes) -> int | None:
    """The request for a signature that a mail answers."""
    return next(iter(_named(_thread_and_addresses(mail), key, TokenKind.SIGN)), None)


def by_address(mail: MailHead, key: bytes) -> list[int]:
    return _named((*mail.envelope_recipients, *mail.recipients), key, TokenKind.REPLY)


def by_thread(mail: MailHead, key: bytes) -> list[int]:
    thread = [mail.in_reply_to or "", *mail.references]
    return _named(thread, key, TokenKind.REPLY)


def by_mail(mail: MailHead, key: bytes) -> list[int]:
    return [*by_address(mail, key), *by_thread(mail, key)]


def by_workbook(cells: WorkbookCells, key: bytes) -> list[int]:
    return _named(cells.marks.tokens, key, TokenKind.WORKBOOK)


def evidence(mail: MailHead, cells: WorkbookCells | None, key: bytes, *, is_forwarded: bool) -> Evidence:
    return Evidence(
        workbook=next(iter(by_workbook(cells, key)), None) if cells else None,
        address=next(iter(by_address(mail, key)), None),
        thread=next(iter(by_thread(mail, key)), None),
        is_forwarded=is_forwarded,
    )
