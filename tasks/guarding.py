"""No mail stops the others: what our own code cannot work through is set aside for a person, with the fault named."""

import logging
from datetime import datetime

from oneledger.adapters.mail_parse import ParsedMail
from oneledger.adapters.workbook_reader import WorkbookReader
from oneledger.domain.assignments import Assignment
from oneledger.domain.errors import RefusedError
from oneledger.domain.incoming import MailClass
from oneledger.store.inbox import InboxRow
from tasks.office import Running
from tasks.opened import Opened
from tasks.opening import open_mail

log = logging.getLogger(__name__)

SECONDS_FOR_A_MAIL = 60.0  # for reading all its files: hundreds of traps in one mail take no longer than three
OUR_FAULTS = (
    ArithmeticError, AssertionError, AttributeError, LookupError, RecursionError, TypeError, ValueError, RefusedError,
)  # fmt: skip
"""Of a program that met what it was not made for. The store's, the machine's and templates' faults stop the county."""


def open_guarded(
    here: Running, reader: WorkbookReader, row: InboxRow, mail: ParsedMail, book: dict[int, Assignment],
    as_of: datetime, *, seconds: float = SECONDS_FOR_A_MAIL, is_trial: bool = False,
) -> Opened:  # fmt: skip
    reader.allow(seconds)
    tried = dict(book)  # what a mail changed before it failed was never written
    try:
        opened = open_mail(here, reader, row, mail, tried, as_of, is_trial=is_trial)
    except OUR_FAULTS as fault:
        log.exception("mail %s (%s) could not be worked through", row.id, row.sha256)
        reason = f"程序没有能处理完这封信（{type(fault).__name__}），原件已存档，请转技术人员"
        return Opened(row, mail, MailClass.ANSWER_CANDIDATE, reasons=[reason])
    book |= tried
    return opened
