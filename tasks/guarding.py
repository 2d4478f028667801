"""No mail stops the others: what our own code cannot work through is set aside for a person, with the fault named.

A mail that kills the process leaves nothing but its mark: whatever stood with it is worked on one by one from then on,
and what has killed MOST_CRASHES times is set aside. A file that is no longer what its name says is set aside, too.
"""

import logging
from collections.abc import Iterator, Sequence
from datetime import datetime

from oneledger.adapters.archive import ArchiveDamagedError
from oneledger.adapters.mail_parse import ParsedMail, parse_mail
from oneledger.adapters.workbook_reader import WorkbookReader
from oneledger.domain.assignments import Assignment
from oneledger.domain.batches import batches
from oneledger.domain.errors import RefusedError
from oneledger.domain.incoming import MailClass
from oneledger.domain.quotas import MIB
from oneledger.store import inbox
from oneledger.store.inbox import InboxRow
from tasks.office import Running
from tasks.opened import Opened
from tasks.opening import open_mail

log = logging.getLogger(__name__)

CHUNK_BYTES = 8 * MIB  # of mails that are worked on together, and so in memory
MOST_CRASHES = 3
POISON = f"程序处理这封信时已中断{MOST_CRASHES}次，原件已存档，请转技术人员"
CORRUPT = "存档的原件已损坏或丢失，请从备份找回后再处理（pending --accept）"
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


def chunks(here: Running, ids: Sequence[int], most: int) -> Iterator[list[InboxRow]]:
    """Mails to be worked on together; those during which a process died once, each alone."""
    with here.office.store.read() as connection:
        rows = inbox.by_ids(connection, ids)
    for row in rows:
        if row.begun >= MOST_CRASHES:
            log.error("mail %s (%s) ended the process %s times: set aside", row.id, row.sha256, row.begun)
            _set_aside(here, row, POISON)
    fresh = [row for row in rows if row.begun == 0]
    yield from batches(fresh, lambda row: row.size, most=most, full=CHUNK_BYTES)
    yield from ([row] for row in rows if 0 < row.begun < MOST_CRASHES)


def mail_of(here: Running, row: InboxRow) -> ParsedMail | None:
    """None where the archive no longer has what came; then the mail waits for a person and the others go on."""
    try:
        return parse_mail(here.office.archive.get(row.sha256))
    except ArchiveDamagedError as fault:
        log.exception("mail %s", row.id)
        here.office.archive.set_aside(fault.sha)
        _set_aside(here, row, CORRUPT)
        return None


def _set_aside(here: Running, row: InboxRow, reason: str) -> None:
    with here.office.store.write() as connection:
        inbox.set_aside(connection, row.id, reason)
