"""One mail as the intake would work it through, without a trace in the store: for `oneledger intake`."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from oneledger.adapters.file_kinds import sniff
from oneledger.adapters.mail_items import MAX_BYTES, MAX_HEADER_BYTES
from oneledger.adapters.mail_parse import MailPart, ParsedMail, facts_of, is_file, parse_mail
from oneledger.adapters.mail_structure import split_message
from oneledger.adapters.workbook_reader import WorkbookReader
from oneledger.domain.findings import Finding
from oneledger.domain.incoming import classify
from oneledger.domain.returns import PackedFiles, Unreadable
from oneledger.domain.rules import structural
from oneledger.store.inbox import InboxRow
from oneledger.store.outbox import OutboxRow
from tasks.evidence import by_address, by_thread, confirmation_number, unit_by_mail
from tasks.files import open_files
from tasks.guarding import open_guarded
from tasks.intake import armed_campaigns, campaign_of
from tasks.office import Running, running
from tasks.opened import Opened
from tasks.reading import has_store

SECONDS = 12.0  # for reading all files of the mail; the whole answer takes less than 20


def try_mail(content: bytes, as_of: datetime) -> dict[str, Any]:
    """{class, sender, subject, campaign, evidence, state, reasons, parts, answer}; never an exception for what is in
    the mail. state: done, confirm or person, as the mail's row would say."""
    if len(content) > MAX_BYTES:
        told = _told(parse_mail(split_message(content[:MAX_HEADER_BYTES])[0] + b"\r\n\r\n"))
        return told | {"class": "too_large", "state": "person", "reasons": ["邮件超过大小上限，只保留了信头"]}
    mail = parse_mail(content)
    with WorkbookReader() as reader:
        names = armed_campaigns() if has_store() else []
        if not names:
            return _stranger(mail, reader)
        here = running(campaign_of(mail, names) or names[0])
        opened = _opened(here, reader, mail, as_of)
        if opened.belongs_to:
            here = running(opened.belongs_to)
            opened = _opened(here, reader, mail, as_of)
        return _worked(here, opened, reader)


def is_fine(told: dict[str, Any]) -> bool:
    """Nobody has to do anything more about this mail."""
    bad = {"returned", "refused", "unread"}
    return told["state"] == "done" and not any(part["verdict"] in bad for part in told["parts"])


def _opened(here: Running, reader: WorkbookReader, mail: ParsedMail, as_of: datetime) -> Opened:
    row = InboxRow(0, "", as_of, here.name, None, "new")
    return open_guarded(here, reader, row, mail, {}, as_of, seconds=SECONDS, is_trial=True)


def _files(mail: ParsedMail) -> list[MailPart]:
    return [part for part in mail.parts if is_file(part)]


def _told(mail: ParsedMail) -> dict[str, Any]:
    return {
        "class": "", "sender": mail.sender_address, "subject": mail.subject, "campaign": None,
        "evidence": {"defects": list(mail.defects)}, "state": "done", "reasons": [], "parts": [], "answer": [],
    }  # fmt: skip


def _stranger(mail: ParsedMail, reader: WorkbookReader) -> dict[str, Any]:
    """Nothing is armed here: what it is and whether it can be read, no more."""
    reader.allow(SECONDS)
    mail = open_files(reader, mail, ()).mail
    parts = [_unjudged(part, "not_counted", reader) for part in _files(mail)]
    return _told(mail) | {
        "class": classify(facts_of(mail, has_token=False)).value, "state": "person",
        "reasons": ["没有已启动的专项行动"], "parts": parts,
    }  # fmt: skip


def _worked(here: Running, opened: Opened, reader: WorkbookReader) -> dict[str, Any]:
    mail, key = opened.mail, here.token_key
    judged = {judgement.part.path: judgement.review for judgement in opened.judgements}
    sealed = {part.path for each in opened.seals for part, _ in each.files}
    reported = {report.part.path: report.review for report in opened.reports}
    answered = [part.path for judgement in opened.judgements for part, _ in judgement.files]
    other = "confirm" if opened.doubts else "person" if opened.reasons else "not_counted"

    def told_of(part: MailPart) -> dict[str, Any]:
        review = judged.get(part.path) or reported.get(part.path)
        if review is not None:
            return _part(part, review.verdict, review.findings)
        if part.path in sealed or part.path in answered:
            return _part(part, "accepted", [])
        return _unjudged(part, other, reader)

    return _told(mail) | {
        "class": opened.kind.value,
        "campaign": here.name,
        "evidence": {
            "address": by_address(mail, key), "thread": by_thread(mail, key), "incident": unit_by_mail(mail, key),
            "confirmation": confirmation_number(mail, key), "defects": list(mail.defects),
        },
        "state": "person" if opened.reasons else "confirm" if opened.doubts else "done",
        "reasons": [*opened.reasons, *(doubt.reason for doubt in opened.doubts)],
        "parts": [told_of(part) for part in _files(mail)],
        "answer": [*_letters(opened), *_questions(here, opened)],
    }  # fmt: skip


def _letters(opened: Opened) -> list[dict[str, str]]:
    letters: list[OutboxRow] = [judgement.letter for judgement in opened.judgements]
    letters += [each.letter for each in opened.seals if each.letter is not None]
    return [{"kind": each.kind, "to": each.address, "subject": each.subject} for each in [*letters, *opened.letters]]


def _questions(here: Running, opened: Opened) -> list[dict[str, str]]:
    asked = [here.units[doubt.assignment.respondent] for doubt in opened.doubts]
    return [{"kind": "confirm", "to": unit.address, "subject": ""} for unit in asked]


def _unjudged(part: MailPart, verdict: str, reader: WorkbookReader) -> dict[str, Any]:
    read = reader.read(part.content)
    if isinstance(read, PackedFiles):  # what may be opened has been
        return _part(part, "unread", [structural("WB-139")])
    return _part(part, "unread", [read.finding]) if isinstance(read, Unreadable) else _part(part, verdict, [])


def _part(part: MailPart, verdict: str, findings: Sequence[Finding]) -> dict[str, Any]:
    return {
        "path": part.path,
        "name": part.filename or "",
        "kind": sniff(part.content),
        "verdict": verdict,
        "findings": [{**vars(each), "sentence": each.sentence()} for each in findings],
    }
