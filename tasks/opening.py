"""One mail worked through: what it is, what it holds, a verdict for each file. Reads and judges, writes nothing."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from oneledger.adapters.mail_parse import MailPart, ParsedMail, facts_of, may_hold_workbook
from oneledger.adapters.workbook_reader import WorkbookReader
from oneledger.domain.assignments import Assignment
from oneledger.domain.incoming import MailClass, classify, read_bounce
from oneledger.domain.matching import Evidence, chosen, match
from oneledger.domain.returns import Review, WorkbookCells
from oneledger.store import submissions
from oneledger.store.inbox import InboxRow
from tasks.answering import answer_document
from tasks.confirming import Word, doubted, is_forged, standings, word_given
from tasks.contact_changes import contact_mail
from tasks.documents import (
    Taken,
    archive_pictures,
    owed_documents,
    review_documents,
    seal_findings,
    take,
    with_seal,
)  # fmt: skip
from tasks.evidence import by_mail, evidence, unit_by_mail
from tasks.files import FilesOfMail, open_files
from tasks.incident_intake import form_asked_for, is_report, judge_report
from tasks.intake import armed_campaigns
from tasks.judging import assignment_of, entitled, judge, review_return
from tasks.office import Running
from tasks.opened import Opened, SealTaken
from tasks.quarantine import in_the_mail
from tasks.readers import borrowed_document_reader
from tasks.sign_intake import SignTaken, sign_answered

SECONDS_FOR_DOCUMENTS = 120.0  # of one mail


def open_mail(
    here: Running, reader: WorkbookReader, row: InboxRow, mail: ParsedMail, book: dict[int, Assignment],
    as_of: datetime, *, is_trial: bool = False,
) -> Opened:  # fmt: skip
    facts = facts_of(
        mail,
        has_token=bool(by_mail(mail, here.token_key)) or unit_by_mail(mail, here.token_key) is not None,
        own_addresses=frozenset({here.office.mail.sender.address.lower()}),
    )
    opened = Opened(row, mail, classify(facts), is_trial=is_trial)
    if opened.kind is MailClass.BOUNCE:
        opened.bounce = read_bounce(facts)
    if opened.kind is not MailClass.ANSWER_CANDIDATE:
        return opened
    if form := form_asked_for(here, row, mail, as_of):
        opened.letters.append(form)
        return opened
    if _answers_a_question(here, reader, opened, as_of):
        return opened
    opened.standings = standings(here, row)
    files = open_files(reader, mail, _judged_before(here, opened))
    opened.mail = files.mail
    opened.exposed = in_the_mail(opened.mail, [cells for _, cells in files.workbooks])
    opened.belongs_to = _another_campaign(here, row, files.workbooks)
    if not opened.belongs_to:
        _judge_files(here, opened, files, book, as_of)
    return opened


def _judge_files(
    here: Running, opened: Opened, files: FilesOfMail, book: dict[int, Assignment], as_of: datetime
) -> None:
    taken = _sort_documents(here, opened, [part for part, _ in files.others], files.workbooks, book)
    _take_seals(opened, taken, book)
    opened.unused = files.unused(_paths(taken)) if files.workbooks or taken.copies or taken.seals else []
    for part, cells in files.workbooks:
        if is_report(here, cells):
            _take_report(here, opened, part, cells)
        else:
            _take_workbook(here, opened, part, cells, book, as_of)
    _take_documents(here, opened, taken, book, as_of)
    _answer_seals(here, opened, book, as_of)
    is_answer = opened.word or opened.contacts
    if not (files.workbooks or opened.judgements or opened.seals or opened.reasons or is_answer):
        _refuse_files(here, opened, files, book, as_of)
    if opened.unused and not opened.doubts:
        opened.reasons.append(f"附件没有用上：{'；'.join(opened.unused)}")


def _paths(taken: Taken) -> set[str]:
    """Of the documents that are answered as such."""
    return {part.path for files in (*taken.copies.values(), *taken.seals.values()) for part, _ in files}


def _answers_a_question(here: Running, reader: WorkbookReader, opened: Opened, as_of: datetime) -> bool:
    """Or changes a contact. False where the mail has to be read on: a workbook that comes along is read too."""
    signing = sign_answered(here, reader, opened.row, opened.mail)
    if signing is not None:
        _take_signing(opened, signing)
        return True
    opened.contacts = contact_mail(here, opened.row, opened.mail, as_of)
    if opened.contacts is not None:
        opened.reasons += opened.contacts.reasons
        opened.letters += opened.contacts.letters
    word = word_given(here, opened.row, opened.mail)
    if word is not None:
        _take_word(opened, word)
    is_answer = opened.contacts is not None or word is not None
    if is_answer:
        opened.exposed = in_the_mail(opened.mail, [])
    return is_answer and not any(may_hold_workbook(part.content) for part in opened.mail.parts)


def _take_signing(opened: Opened, signing: SignTaken | str) -> None:
    if isinstance(signing, str):
        opened.reasons.append(signing)
    else:
        opened.signing = signing


def _take_word(opened: Opened, word: Word | str) -> None:
    if isinstance(word, str):
        opened.reasons.append(word)
    else:
        opened.word = word


def _judged_before(here: Running, opened: Opened) -> set[str]:
    """A mail that somebody vouched for may hold parts that were judged when it first came."""
    if not opened.was_vouched:
        return set()
    with here.office.store.read() as connection:
        return submissions.judged_parts(connection, opened.row.id)


def _may_answer(here: Running, opened: Opened, proof: Evidence, assignment: Assignment) -> bool:
    """Signed token and registered sender, or somebody who vouched; else the registered address is asked."""
    if opened.is_vouched(assignment.id):
        return True
    found = match(proof, opened.mail.sender_address, entitled(here, assignment), is_forged=is_forged(here, opened.mail))
    if found.certainty == "certain":
        return True
    doubt = doubted(here, found, assignment, opened.standings.get(assignment.id))
    if isinstance(doubt, str):
        opened.reasons.append(doubt)
    elif doubt is not None and doubt not in opened.doubts:
        opened.doubts.append(doubt)
    return False


def _another_campaign(here: Running, row: InboxRow, workbooks: Sequence[tuple[MailPart, WorkbookCells]]) -> str | None:
    """A new mail names no campaign, and its workbooks may all be of one that is not ours."""
    named = {cells.marks.campaign for _, cells in workbooks}
    if row.campaign is not None or len(named) != 1 or here.name in named:
        return None
    return next((name for name in armed_campaigns() if name in named), None)


def _take_report(here: Running, opened: Opened, part: MailPart, cells: WorkbookCells) -> None:
    judged = judge_report(here, opened.row, opened.mail, part, cells)
    if isinstance(judged, str):
        opened.reasons.append(judged)
    else:
        opened.reports.append(judged)


def _take_workbook(
    here: Running, opened: Opened, part: MailPart, cells: WorkbookCells, book: dict[int, Assignment], as_of: datetime
) -> None:
    proof = evidence(opened.mail, cells, here.token_key, is_forwarded=part.forwarded)
    assignment = assignment_of(here, chosen(proof), book)
    if assignment is None:
        opened.reasons.append("邮件和表格里都没有本次任务的编号")
        return
    if not _may_answer(here, opened, proof, assignment):
        return
    judge(here, opened, part, assignment, review_return(here, assignment, cells, opened.row.received_at), book, as_of)


def _refuse_files(
    here: Running, opened: Opened, files: FilesOfMail, book: dict[int, Assignment], as_of: datetime
) -> None:
    """Nothing in the mail can be read as a workbook. Say so where the sender is known, else leave it to a person."""
    proof = evidence(opened.mail, None, here.token_key, is_forwarded=False)
    assignment = assignment_of(here, chosen(proof), book)
    findings = files.refusals()
    if not findings or assignment is None or here.campaign.deliverable(assignment.deliverable).kind != "workbook":
        opened.reasons.append("邮件没有可以读取的附件，请查看正文" if assignment else "找不到对应的任务")
        return
    if not _may_answer(here, opened, proof, assignment):
        return
    part = next((part for part, _ in files.worth_telling()), opened.mail.parts[0])
    judge(here, opened, part, assignment, Review("refused", {}, findings), book, as_of)


def _sort_documents(
    here: Running, opened: Opened, parts: Sequence[MailPart], workbooks: Sequence[tuple[MailPart, WorkbookCells]],
    book: dict[int, Assignment],
) -> Taken:  # fmt: skip
    """Word, PDF and pictures that answer what the sender owes; read only where he owes any."""
    tokens = [evidence(opened.mail, None, here.token_key, is_forwarded=False)]
    tokens += [evidence(opened.mail, cells, here.token_key, is_forwarded=part.forwarded) for part, cells in workbooks]
    asked = next((found for each in tokens if (found := assignment_of(here, chosen(each), book)) is not None), None)
    if asked is None or not parts:
        return Taken()
    sender, is_doubtful = opened.mail.sender_address.lower(), is_forged(here, opened.mail)
    if (sender not in entitled(here, asked) or is_doubtful) and not opened.is_vouched(asked.id):
        return Taken()
    owed = {number: book.get(number, each) for number, each in owed_documents(here, asked).items()}
    if not owed:
        return Taken()
    with borrowed_document_reader() as reader:
        reader.allow(SECONDS_FOR_DOCUMENTS if not opened.is_trial else SECONDS_FOR_DOCUMENTS / 20)
        taken = take(here, reader, parts, owed)
    if taken.unclear:
        opened.reasons.append(f"分不清是哪一份材料：{'、'.join(taken.unclear)}")
    is_alone = not (taken.copies or taken.seals or taken.unclear or workbooks)
    if is_alone and here.campaign.deliverable(asked.deliverable).kind == "document":
        taken.copies = {asked.id: [(part, replace(file, paper=None, fault="DC-121")) for part, file in taken.unasked]}
    return taken


def _take_seals(opened: Opened, taken: Taken, book: dict[int, Assignment]) -> None:
    """Before anything is answered, so that a receipt says how both statuses stand."""
    for number, files in taken.seals.items():
        before = book.setdefault(number, taken.owed[number])
        if all(file.paper is not None for _, file in files):
            book[number] = with_seal(before)
        opened.seals.append(SealTaken(number, files))


def _take_documents(here: Running, opened: Opened, taken: Taken, book: dict[int, Assignment], as_of: datetime) -> None:
    for number, files in taken.copies.items():
        before = book.setdefault(number, taken.owed[number])
        seals = [file for each in opened.seals if each.assignment == number for file in each.files]
        verdict = review_documents(here, before, [file for _, file in files])
        verdict = replace(verdict, findings=[*verdict.findings, *seal_findings(seals)])
        if not opened.is_trial:
            archive_pictures(here, files)
        judge(here, opened, files[0][0], before, verdict, book, as_of, files=files)


def _answer_seals(here: Running, opened: Opened, book: dict[int, Assignment], as_of: datetime) -> None:
    """A letter of its own for a seal that came without its return."""
    answered = {judgement.assignment.id for judgement in opened.judgements}
    for each in opened.seals:
        if each.assignment not in answered:
            after, names = book[each.assignment], [file.name for _, file in each.files]
            each.letter = answer_document(
                here, after, Review("accepted", {}, seal_findings(each.files)), opened.mail, names,
                round_=f"seal-{opened.row.id}", received_at=opened.row.received_at, as_of=as_of,
                unused=opened.take_unused(),
            )  # fmt: skip
