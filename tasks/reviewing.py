"""Judge what a county's schools sent: every mail once, every workbook in it, and answer each.

First everything is read and judged; then verdicts, problems, answers and the mail's own state are written in one
transaction. A crash in between repeats the work and none of its effects.
"""

import logging
from collections.abc import Mapping
from datetime import datetime
from itertools import chain, groupby

from prefect import task

from oneledger.adapters.workbook_reader import WorkbookReader
from oneledger.domain.incoming import MailClass
from oneledger.store import inbox
from oneledger.store.inbox import InboxRow
from tasks.apart import worked
from tasks.drafting import enclose_drafts
from tasks.evidence import by_mail
from tasks.guarding import chunks, mail_of, open_guarded
from tasks.judging import assignments_of
from tasks.office import Running, running
from tasks.opened import Opened, ReviewTally
from tasks.quarantine import seal
from tasks.readers import borrowed_reader
from tasks.recording import record
from tasks.recording_problems import Problems
from tasks.retrying import STORE_RETRIES
from tasks.together import Together

log = logging.getLogger(__name__)

CHUNK = 50  # mails per transaction


@task(task_run_name="review {label}", **STORE_RETRIES)
def review_pack(
    name: str,
    pack: Mapping[str, list[int]],
    as_of: datetime,
    label: str,  # noqa: ARG001  the run's name
    *,
    is_one_of_many: bool,
) -> ReviewTally:
    """Judge every new mail of some counties. A faulty workbook is a verdict, not an exception."""
    return worked(reviewed, name, pack, as_of, is_one_of_many=is_one_of_many)


def reviewed(name: str, pack: Mapping[str, list[int]], as_of: datetime) -> ReviewTally:
    """All counties together; where that fails, one by one: a bad county holds up no other, and the task names it."""
    tally = ReviewTally()
    together = list(chain.from_iterable(pack.values()))
    with borrowed_reader() as reader:
        try:
            _review(name, reader, together, as_of, tally)
        except Exception:
            log.exception("%d mails are reviewed county by county", len(together))
            _review_each(name, reader, pack, as_of, tally)
    return tally


def _review_each(
    name: str, reader: WorkbookReader, pack: Mapping[str, list[int]], as_of: datetime, tally: ReviewTally
) -> None:
    faults: list[Exception] = []
    for county, ids in pack.items():
        try:
            _review(name, reader, ids, as_of, tally)
        except Exception as fault:  # noqa: BLE001  raised again below, after the other counties
            faults.append(fault)
            tally.failed_counties.append(county)
    if faults:
        raise ExceptionGroup(f"counties that failed: {', '.join(tally.failed_counties)}", faults)


def _review(name: str, reader: WorkbookReader, ids: list[int], as_of: datetime, tally: ReviewTally) -> None:
    for rows in chunks(running(name), ids, CHUNK):
        _review_chunk(running(name), reader, rows, as_of, tally)


def _review_chunk(
    here: Running, reader: WorkbookReader, rows: list[InboxRow], as_of: datetime, tally: ReviewTally
) -> None:
    ids = [row.id for row in rows]
    with here.office.store.write() as connection:
        inbox.begin(connection, ids)
    try:
        with here.office.store.reading():
            opened = _opened(here, reader, rows, as_of)
        with here.office.store.write() as connection:
            together = Together(connection, Problems(connection, here.name))
            for _, run in groupby(opened, lambda each: each.is_plain_return or id(each)):
                record(here, together, list(run), as_of)
            together.write()
            inbox.not_begun(connection, ids)
    except Exception:
        with here.office.store.write() as connection:
            inbox.not_begun(connection, ids)
        raise
    for each in opened:
        _count(tally, each)


def _opened(here: Running, reader: WorkbookReader, rows: list[InboxRow], as_of: datetime) -> list[Opened]:
    mails = [(row, mail) for row in rows if (mail := mail_of(here, row)) is not None]
    book = assignments_of(here, {number for _, mail in mails for number in by_mail(mail, here.token_key)})
    opened = [open_guarded(here, reader, row, mail, book, as_of) for row, mail in mails]
    enclose_drafts(here, opened, as_of)
    for each in opened:
        seal(here, each)
    return opened


def _count(tally: ReviewTally, opened: Opened) -> None:
    for judgement in opened.judgements:
        verdict = judgement.review.verdict
        setattr(tally, verdict, getattr(tally, verdict) + 1)
    tally.bounced += opened.bounce is not None
    tally.automatic += opened.kind in (MailClass.AUTO_REPLY, MailClass.READ_RECEIPT, MailClass.OWN)
    tally.for_a_person += bool(opened.reasons)
    tally.incidents += len(opened.reports)
    tally.passed_on += opened.belongs_to is not None
