"""Judge what a county's schools sent: every mail once, every workbook in it, and answer each.

First everything is read and judged; then verdicts, problems, answers and the mail's own state are written in one
transaction. A crash in between repeats the work and none of its effects.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from hashlib import sha256
from typing import Any

from prefect import task
from sqlalchemy import Connection

from oneledger.adapters.mail_parse import MailPart, ParsedMail, facts_of, may_hold_workbook, parse_mail
from oneledger.adapters.workbook_reader import WorkbookReader
from oneledger.domain.assignments import Assignment, CampaignUnit
from oneledger.domain.campaigns import rectify_ends_on
from oneledger.domain.figures import figures_of
from oneledger.domain.incoming import Bounce, MailClass, classify, read_bounce
from oneledger.domain.matching import chosen, match
from oneledger.domain.returns import Review, Unreadable, WorkbookCells
from oneledger.domain.review import ReviewContext, review
from oneledger.domain.rollup import ReturnStatus
from oneledger.domain.workbooks import Fill
from oneledger.store import assignments, inbox, outbox, submissions
from oneledger.store.inbox import InboxRow
from oneledger.store.outbox import OutboxRow
from tasks.answering import answer, answer_document
from tasks.apart import worked
from tasks.documents import (
    File,
    Taken,
    archive_pictures,
    keep,
    owed_documents,
    review_documents,
    seal_findings,
    take,
    with_seal,
)  # fmt: skip
from tasks.drafting import enclose_drafts
from tasks.evidence import by_mail, evidence, unit_by_mail
from tasks.incident_intake import Reported, form_asked_for, is_report, judge_report, record_report
from tasks.intake import armed_campaigns
from tasks.office import Running, running
from tasks.readers import borrowed_document_reader, borrowed_reader
from tasks.recording_problems import record_problems
from tasks.retrying import STORE_RETRIES
from tasks.supervising import rectification_notice

CHUNK = 25  # mails per transaction


@dataclass
class ReviewTally:
    accepted: int = 0
    returned: int = 0
    refused: int = 0
    automatic: int = 0
    bounced: int = 0
    for_a_person: int = 0
    incidents: int = 0  # reports of them
    passed_on: int = 0  # mails that belong to another campaign
    failed_counties: list[str] = field(default_factory=list)

    @classmethod
    def summed(cls, tallies: Iterable["ReviewTally"]) -> "ReviewTally":
        total = cls()
        for each in tallies:
            for name in (
                "accepted",
                "returned",
                "refused",
                "automatic",
                "bounced",
                "for_a_person",
                "incidents",
                "passed_on",
            ):
                setattr(total, name, getattr(total, name) + getattr(each, name))
        return total


@dataclass
class Judgement:
    """One workbook (or document) of one mail, judged; not yet written."""

    assignment: Assignment  # as it stands after this version
    version: int
    part: MailPart
    review: Review
    is_late: bool
    letter: OutboxRow
    files: Sequence[File] = ()  # where it is a document


@dataclass
class SealTaken:
    """A 盖章件: a status beside the return's. ``letter`` where nothing else of the mail is answered for it."""

    assignment: int
    files: Sequence[File]
    letter: OutboxRow | None = None


@dataclass
class Opened:
    """One mail, worked through."""

    row: InboxRow
    mail: ParsedMail
    kind: MailClass
    judgements: list[Judgement] = field(default_factory=list)
    seals: list[SealTaken] = field(default_factory=list)
    bounce: Bounce | None = None
    reasons: list[str] = field(default_factory=list)  # why a person must look
    reports: list[Reported] = field(default_factory=list)  # of incidents
    belongs_to: str | None = None  # another armed campaign, which will find it new
    letters: list[OutboxRow] = field(default_factory=list)  # answers to what is no return


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
    """One bad county holds up no other: the rest are done first, then the task fails and names it."""
    tally = ReviewTally()
    faults: list[Exception] = []
    with borrowed_reader() as reader:
        for county, ids in pack.items():
            try:
                for start in range(0, len(ids), CHUNK):
                    _review_chunk(running(name), reader, ids[start : start + CHUNK], as_of, tally)
            except Exception as fault:  # noqa: BLE001  raised again below, after the other counties
                faults.append(fault)
                tally.failed_counties.append(county)
    if faults:
        raise ExceptionGroup(f"counties that failed: {', '.join(tally.failed_counties)}", faults)
    return tally


def _review_chunk(here: Running, reader: WorkbookReader, ids: list[int], as_of: datetime, tally: ReviewTally) -> None:
    with here.office.store.read() as connection:
        rows = inbox.by_ids(connection, ids)
    mails = [(row, parse_mail(here.office.archive.get(row.sha256))) for row in rows]
    book = _assignments(here, {number for _, mail in mails for number in by_mail(mail, here.token_key)})
    opened = [_open(here, reader, row, mail, book, as_of) for row, mail in mails]
    enclose_drafts(here, opened, as_of)
    with here.office.store.write() as connection:
        for each in opened:
            _record(here, connection, each, as_of)
    for each in opened:
        _count(tally, each)


def _count(tally: ReviewTally, opened: Opened) -> None:
    for judgement in opened.judgements:
        verdict = judgement.review.verdict
        setattr(tally, verdict, getattr(tally, verdict) + 1)
    tally.bounced += opened.bounce is not None
    tally.automatic += opened.kind in (MailClass.AUTO_REPLY, MailClass.READ_RECEIPT, MailClass.OWN)
    tally.for_a_person += bool(opened.reasons)
    tally.incidents += len(opened.reports)
    tally.passed_on += opened.belongs_to is not None


def _open(
    here: Running, reader: WorkbookReader, row: InboxRow, mail: ParsedMail, book: dict[int, Assignment], as_of: datetime
) -> Opened:
    facts = facts_of(
        mail,
        has_token=bool(by_mail(mail, here.token_key)) or unit_by_mail(mail, here.token_key) is not None,
        own_addresses=frozenset({here.office.mail.sender.address.lower()}),
    )
    opened = Opened(row, mail, classify(facts))
    if opened.kind is MailClass.BOUNCE:
        opened.bounce = read_bounce(facts)
    if opened.kind is not MailClass.ANSWER_CANDIDATE:
        return opened
    if form := form_asked_for(here, row, mail, as_of):
        opened.letters.append(form)
        return opened
    judged = _judged_before(here, row)
    files = [each for each in mail.parts if each.filename or may_hold_workbook(each.content)]
    files = [each for each in files if each.path not in judged]
    read = [(part, reader.read(part.content)) for part in files]
    workbooks = [(part, cells) for part, cells in read if isinstance(cells, WorkbookCells)]
    others = [(part, cells) for part, cells in read if isinstance(cells, Unreadable)]
    opened.belongs_to = _another_campaign(here, row, workbooks)
    if opened.belongs_to:
        return opened
    taken = _sort_documents(here, opened, [part for part, _ in others], workbooks, book)
    _take_seals(opened, taken, book)
    for part, cells in workbooks:
        if is_report(here, cells):
            _take_report(here, opened, part, cells)
        else:
            _take_workbook(here, opened, part, cells, book, as_of)
    _take_documents(here, opened, taken, book, as_of)
    _answer_seals(here, opened, book, as_of)
    if not (workbooks or opened.judgements or opened.seals or opened.reasons):
        _refuse_files(here, opened, others, book, as_of)
    return opened


def _judged_before(here: Running, row: InboxRow) -> set[str]:
    """A mail that a person gave back to us may hold parts that were judged when it first came."""
    if not row.approved_by:
        return set()
    with here.office.store.read() as connection:
        return submissions.judged_parts(connection, row.id)


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
    assignment = _assignment(here, chosen(proof), book)
    if assignment is None:
        opened.reasons.append("邮件和表格里都没有本次任务的编号")
        return
    verdict = match(proof, opened.mail.sender_address, _entitled(here, assignment))
    if verdict.certainty != "certain" and not opened.row.approved_by:
        opened.reasons.append(verdict.reason)
        return
    _judge(here, opened, part, assignment, _review(here, assignment, cells, opened.row.received_at), book, as_of)


def _refuse_files(
    here: Running, opened: Opened, files: Sequence[tuple[MailPart, Any]], book: dict[int, Assignment], as_of: datetime
) -> None:
    """Nothing in the mail can be read as a workbook. Say so where the sender is known, else leave it to a person."""
    proof = evidence(opened.mail, None, here.token_key, is_forwarded=False)
    assignment = _assignment(here, chosen(proof), book)
    if not files or assignment is None or here.campaign.deliverable(assignment.deliverable).kind != "workbook":
        opened.reasons.append("邮件没有可以读取的附件，请查看正文" if assignment else "找不到对应的任务")
        return
    verdict = match(proof, opened.mail.sender_address, _entitled(here, assignment))
    if verdict.certainty != "certain" and not opened.row.approved_by:
        opened.reasons.append(verdict.reason)
        return
    part = files[0][0]
    refused = Review("refused", {}, [unreadable.finding for _, unreadable in files])
    _judge(here, opened, part, assignment, refused, book, as_of)


def _sort_documents(
    here: Running, opened: Opened, parts: Sequence[MailPart], workbooks: Sequence[tuple[MailPart, WorkbookCells]],
    book: dict[int, Assignment],
) -> Taken:  # fmt: skip
    """Word, PDF and pictures that answer what the sender owes; read only where he owes any."""
    tokens = [evidence(opened.mail, None, here.token_key, is_forwarded=False)]
    tokens += [evidence(opened.mail, cells, here.token_key, is_forwarded=part.forwarded) for part, cells in workbooks]
    asked = next((found for each in tokens if (found := _assignment(here, chosen(each), book)) is not None), None)
    if asked is None or not parts:
        return Taken()
    if opened.mail.sender_address.lower() not in _entitled(here, asked) and not opened.row.approved_by:
        return Taken()
    owed = {number: book.get(number, each) for number, each in owed_documents(here, asked).items()}
    if not owed:
        return Taken()
    with borrowed_document_reader() as reader:
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
        archive_pictures(here, files)
        _judge(here, opened, files[0][0], before, verdict, book, as_of, files=files)


def _answer_seals(here: Running, opened: Opened, book: dict[int, Assignment], as_of: datetime) -> None:
    """A letter of its own for a seal that came without its return."""
    answered = {judgement.assignment.id for judgement in opened.judgements}
    for each in opened.seals:
        if each.assignment not in answered:
            after, names = book[each.assignment], [file.name for _, file in each.files]
            each.letter = answer_document(
                here, after, Review("accepted", {}, seal_findings(each.files)), opened.mail, names,
                round_=f"seal-{opened.row.id}", received_at=opened.row.received_at, as_of=as_of,
            )  # fmt: skip


def _assignment(here: Running, number: int | None, book: dict[int, Assignment]) -> Assignment | None:
    if number is None:
        return None
    if number not in book:
        book |= _assignments(here, [number])
    found = book.get(number)
    return found if found is not None and found.campaign == here.name else None


def _assignments(here: Running, numbers: Collection[int]) -> dict[int, Assignment]:
    """As they stand now; what is judged of them in one chunk is carried on in the same dictionary."""
    with here.office.store.read() as connection:
        return dict(assignments.by_ids(connection, numbers))


def _entitled(here: Running, assignment: Assignment) -> set[str]:
    """The respondent's own addresses and those of the offices above it."""
    units = [here.units[assignment.respondent], *here.ancestors(assignment.respondent)]
    return {contact.email.lower() for unit in units for contact in unit.contacts}


def _review(here: Running, assignment: Assignment, cells: WorkbookCells, received_at: datetime) -> Review:
    deliverable = here.campaign.deliverable(assignment.deliverable)
    phase = here.campaign.phase(assignment.phase)
    unit = here.units[assignment.unit]
    forms = here.forms_of(deliverable, unit.level)
    context = ReviewContext(
        campaign=here.name,
        phase=assignment.phase,
        unit_code=unit.code,
        unit_name=unit.name,
        level=unit.level,
        stage=unit.stage,
        phase_opens_on=phase.opens_on,
        phase_ends_on=phase.ends_on,
        rectify_ends_on=rectify_ends_on(here.campaign),
        received_on=received_at.astimezone(here.zone).date(),
        due_on_unit=assignment.due_at.astimezone(here.zone).date(),
        expected_forms=tuple(f"{form.form}-v{form.version}" for form in forms),
        printed=_printed(assignment, unit),
    )
    return review(cells, forms, context)


def _printed(assignment: Assignment, unit: CampaignUnit) -> Fill | None:
    kept = assignment.printed
    return Fill("", unit.code, unit.name, kept["facts"], kept["rows"]) if kept else None


def _judge(
    here: Running, opened: Opened, part: MailPart, before: Assignment, verdict: Review,
    book: dict[int, Assignment], as_of: datetime, *, files: Sequence[File] = (),
) -> None:  # fmt: skip
    version = before.versions + 1
    received_at = opened.row.received_at
    is_late = received_at > before.due_at
    after = _standing(before, verdict, version, is_late=is_late)
    book[before.id] = after
    if files:
        letter = answer_document(
            here, after, verdict, opened.mail, [file.name for _, file in files],
            round_=str(version), received_at=received_at, as_of=as_of,
        )  # fmt: skip
    else:
        letter = answer(
            here, before, verdict, opened.mail, part.content, version=version, received_at=received_at, as_of=as_of
        )
    opened.judgements.append(Judgement(after, version, part, verdict, is_late, letter, files))


def _standing(before: Assignment, verdict: Review, version: int, *, is_late: bool) -> Assignment:
    """The last valid version counts: a faulty later one leaves an accepted return as it was."""
    if verdict.verdict == "accepted":
        status: ReturnStatus = "zero" if verdict.is_zero else "returned"
        return replace(before, versions=version, status=status, is_late=is_late, in_correction=False)
    return replace(before, versions=version, in_correction=before.is_open)


def _record(here: Running, connection: Connection, opened: Opened, as_of: datetime) -> None:
    if opened.belongs_to:
        inbox.settle(connection, opened.row.id, state="new", campaign=opened.belongs_to)
        return
    notices: list[OutboxRow | None] = []
    for judgement in opened.judgements:
        submission = submissions.record(connection, _submission_row(here, opened, judgement, as_of))
        after = judgement.assignment
        if judgement.review.verdict == "accepted":
            after = replace(after, accepted=submission)
            record_problems(here, connection, after, judgement.review, submission, opened.row.received_at)
            notices.append(rectification_notice(here, connection, after, judgement.review, submission, as_of))
            keep(
                connection, here, after, judgement.files, "copy",
                inbox=opened.row.id, submission=submission, received_at=opened.row.received_at,
            )  # fmt: skip
        assignments.record_return(connection, after)
    for report in opened.reports:
        if reason := record_report(here, connection, report, as_of):
            opened.reasons.append(reason)
    _record_seals(here, connection, opened)
    letters = [*(judgement.letter for judgement in opened.judgements), *(each.letter for each in opened.seals)]
    letters += opened.letters
    letters += notices
    outbox.plan(connection, [letter for letter in letters if letter is not None])
    if opened.bounce is not None:
        outbox.record_bounce(connection, opened.bounce.message_ids, as_of, opened.bounce.diagnostic)
    inbox.settle(
        connection, opened.row.id,
        **{
            "state": "person" if opened.reasons else "done",
            "reason": "；".join(opened.reasons) or None,
            "class": opened.kind.value,
            "sender": opened.mail.sender_address[:200],
            "subject": opened.mail.subject[:200],
            "campaign": here.name,
        },
    )  # fmt: skip


def _record_seals(here: Running, connection: Connection, opened: Opened) -> None:
    for each in opened.seals:
        files = [(part, file) for part, file in each.files if file.paper is not None]
        if files:
            assignment = assignments.by_ids(connection, [each.assignment])[each.assignment]
            keep(
                connection, here, assignment, files, "seal",
                inbox=opened.row.id, submission=None, received_at=opened.row.received_at,
            )  # fmt: skip
            assignments.record_seal(connection, each.assignment)


def _submission_row(here: Running, opened: Opened, judgement: Judgement, as_of: datetime) -> dict[str, Any]:
    verdict = judgement.review
    forms = {form.form: form for form in here.forms.values()}
    level = here.units[judgement.assignment.unit].level
    deliverable = here.campaign.deliverable(judgement.assignment.deliverable)
    narrowed = {form.form: form for form in here.forms_of(deliverable, level)} if deliverable.forms else forms
    answered = [name for name in verdict.ledgers if name != "cover"]
    figures: dict[str, Any] = {}
    for name in answered:
        figures |= figures_of(narrowed[name], verdict.ledgers[name])
    return {
        "campaign": here.name,
        "assignment": judgement.assignment.id,
        "inbox": opened.row.id,
        "part": judgement.part.path,
        "file_name": (judgement.part.filename or "")[:200],
        "sha256": sha256(judgement.part.content).hexdigest(),
        "version": judgement.version,
        "received_at": opened.row.received_at,
        "reviewed_at": as_of,
        "verdict": verdict.verdict,
        "is_late": judgement.is_late,
        "is_zero": verdict.is_zero,
        "ledgers": {name: ledger.as_data() for name, ledger in verdict.ledgers.items()},
        "figures": {"figures": figures, "forms": answered},
        "findings": [dict(vars(finding)) for finding in verdict.findings],
    }
