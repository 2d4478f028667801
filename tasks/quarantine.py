"""A mail that names pupils: its original is sealed before anything of it is written down, and deleted after some days.

Programs still read what is sealed, to judge it again; people only with a reason, which is recorded first.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from sqlalchemy import Connection

from oneledger.adapters.mail_parse import ParsedMail
from oneledger.domain.errors import RefusedError
from oneledger.domain.pupil_masking import exposed, guarded, in_letter, strays
from oneledger.domain.returns import Review, WorkbookCells
from oneledger.store import inbox, privacy
from oneledger.store.privacy import PrivacyEvent, Quarantined
from tasks.office import Running, office, running
from tasks.opened import Opened

DELETED_BY = "oneledger"


def in_the_mail(mail: ParsedMail, workbooks: Sequence[WorkbookCells]) -> Counter[str]:
    """What a mail exposes, whoever sent it: its words, its files' names, every cell of its workbooks."""
    letter = in_letter(mail.subject, mail.text, [part.filename for part in mail.parts if part.filename])
    return exposed([*letter, *(each for cells in workbooks for each in strays(cells, {}))])


def told(here: Running, opened: Opened, verdict: Review) -> Review:
    """The verdict as it may be written and answered: masked, and with what the mail's own words give away (once)."""
    names = [part.filename for part in opened.mail.parts if part.filename]
    letter = [] if opened.judgements else in_letter(opened.mail.subject, opened.mail.text, names)
    return guarded(replace(verdict, findings=[*verdict.findings, *letter]), here.forms.values())


def seal(here: Running, opened: Opened) -> None:
    """Before the transaction: sealed twice is sealed once, and a crash in between leaves nothing readable."""
    for judgement in opened.judgements:
        opened.exposed |= exposed(judgement.review.findings)
    for report in opened.reports:
        opened.exposed |= exposed(report.review.findings)
    if opened.exposed:
        here.office.archive.seal(opened.row.sha256)


def record(here: Running, connection: Connection, opened: Opened, as_of: datetime) -> None:
    if opened.exposed:
        privacy.quarantine(
            connection, here.name, opened.row.id,
            unit=_sender(opened), sha256=opened.row.sha256, kinds=opened.exposed, found_at=as_of,
            delete_at=as_of + timedelta(days=here.office.settings.quarantine_days),
        )  # fmt: skip


def _sender(opened: Opened) -> str:
    senders = [each.assignment.respondent for each in opened.judgements] + [each.sender.code for each in opened.reports]
    return next(iter(senders), "")


def originals_overdue(name: str, as_of: datetime) -> list[Quarantined]:
    with office().store.read() as connection:
        return privacy.overdue(connection, name, as_of)


def delete_originals(name: str, as_of: datetime) -> int:
    """Those whose time is over. Deleted first, recorded then: what a crash leaves out is made up by the next look."""
    here, due = office(), originals_overdue(name, as_of)
    for each in due:
        here.archive.remove(each.sha256)
    with here.store.write() as connection:
        privacy.mark_deleted(connection, [each.id for each in due], as_of)
        for each in due:
            inbox.give_up(connection, each.inbox, "原件含学生个人信息，保存期满已删除")
            event = PrivacyEvent(
                as_of, DELETED_BY, "deleted", name, f"quarantine/{each.id}", "保存期满", _bytes_of(each)
            )
            privacy.record(connection, event)
    return len(due)


def open_original(name: str, number: int, *, by: str, reason: str, at: datetime) -> bytes:
    """The mail as it came. Raises RefusedError without a name and a reason, or where there is nothing to see.

    That it was seen is committed before anybody sees it.
    """
    if not by.strip() or not reason.strip():
        raise RefusedError(["--by and --reason: write who looks and why; both are recorded for ever"])
    here = running(name).office
    with here.store.write() as connection:
        found = next((each for each in privacy.quarantined(connection, name) if each.id == number), None)
        if found is None or found.deleted_at is not None:
            raise RefusedError([f"no original {number}" if found is None else f"original {number} was deleted"])
        event = PrivacyEvent(at, by, "viewed", name, f"quarantine/{number}", reason, _bytes_of(found))
        privacy.record(connection, event)
    return here.archive.get(found.sha256)


def _bytes_of(each: Quarantined) -> dict[str, str]:
    return {"sha256": each.sha256, "unit": each.unit}
