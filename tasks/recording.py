"""What a mail led to, written in the caller's one transaction: verdicts, problems, answers, the mail's own state."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from hashlib import sha256
from typing import Any

from sqlalchemy import Connection

from oneledger.domain.assignments import Assignment
from oneledger.domain.figures import figures_of
from oneledger.domain.findings import is_acceptable
from oneledger.domain.pupil_data import masked
from oneledger.domain.pupil_masking import kept
from oneledger.domain.returns import Review
from oneledger.store import assignments, inbox, submissions
from oneledger.store.outbox import OutboxRow
from tasks import quarantine
from tasks.bounces import record_bounce
from tasks.confirming import record_doubts, record_word, settled_state
from tasks.contact_changes import record_contact_mail
from tasks.documents import keep
from tasks.incident_intake import record_report
from tasks.office import Running
from tasks.opened import Judgement, Opened
from tasks.quiet_answers import first_of_the_day
from tasks.recording_problems import concerns_problems, record_problems
from tasks.sign_intake import record_sign
from tasks.supervising import is_inspected, rectification_notice
from tasks.together import Together


@dataclass(frozen=True)
class _Return:
    """A judgement with its row in the store."""

    opened: Opened
    judgement: Judgement
    row: dict[str, Any]
    submission: int

    @property
    def is_accepted(self) -> bool:
        return self.judgement.review.verdict == "accepted"


def record(here: Running, together: Together, mails: Sequence[Opened], as_of: datetime) -> None:
    """Plain returns, as many as follow one another; or any one mail."""
    returns = _recorded_returns(here, together, [mail for mail in mails if not mail.belongs_to], as_of)
    for mail in mails:
        if mail.belongs_to:
            inbox.pass_on(together.connection, mail.row.id, mail.belongs_to)
        else:
            _record_mail(here, together, mail, [each for each in returns if each.opened is mail], as_of)


def _recorded_returns(here: Running, together: Together, mails: Sequence[Opened], as_of: datetime) -> Sequence[_Return]:
    """All submissions of these mails in one statement; and what is known of their units' problems asked in one."""
    judged = [(mail, each) for mail in mails for each in mail.judgements]
    rows = [_submission_row(here, mail, each, as_of) for mail, each in judged]
    numbers = submissions.record(together.connection, rows)
    found = [_Return(*each, row, number) for each, row, number in zip(judged, rows, numbers, strict=True)]
    forms = {form.form: form for form in here.forms.values()}
    together.problems.write()
    together.problems.foresee({
        each.judgement.assignment.unit
        for each in found
        if each.is_accepted and concerns_problems(forms, each.judgement.review)
    })  # fmt: skip
    return found


def _record_mail(
    here: Running, together: Together, opened: Opened, returns: Sequence[_Return], as_of: datetime
) -> None:
    connection = together.connection
    notices = [_record_judgement(here, together, each, as_of) for each in returns]
    letters = [*(judgement.letter for judgement in opened.judgements), *(each.letter for each in opened.seals)]
    if not opened.is_plain_return:
        together.write()
        letters += _record_the_rest(here, connection, opened, as_of)
    quarantine.record(here, connection, opened, as_of)
    together.letters += [letter for letter in (*letters, *notices) if letter is not None]
    together.mails.append({
        "id": opened.row.id,
        "class": opened.kind.value,
        "sender": opened.mail.sender_address[:200],
        "subject": masked(opened.mail.subject, "prose")[:200],
        "campaign": here.name,
        **settled_state(opened.reasons, opened.doubts),
    })  # fmt: skip


def _record_judgement(here: Running, together: Together, of: _Return, as_of: datetime) -> OutboxRow | None:
    """The notice that goes out besides the answer, where there is one."""
    connection, opened, judgement, submission = together.connection, of.opened, of.judgement, of.submission
    together.deeds.append(_deed(opened, judgement, of.row, submission))
    after, notice = judgement.assignment, None
    if of.is_accepted:
        after = replace(after, accepted=submission)
        record_problems(here, together.problems, after, judgement.review, submission, opened.row.received_at)
        if is_inspected(here, after, judgement.review):
            together.problems.write()
        notice = rectification_notice(here, connection, after, judgement.review, submission, as_of)
        keep(
            connection, here, after, judgement.files, "copy",
            inbox=opened.row.id, submission=submission, received_at=opened.row.received_at,
        )  # fmt: skip
    together.returns.append(after)
    return notice


def _record_the_rest(here: Running, connection: Connection, opened: Opened, as_of: datetime) -> list[OutboxRow]:
    """What is no return. Answers to it, where they may go."""
    for report in opened.reports:
        if reason := record_report(here, connection, report, as_of):
            opened.reasons.append(reason)
    _record_seals(here, connection, opened)
    record_doubts(connection, here, opened.doubts, opened.row, opened.mail, as_of)
    if opened.contacts is not None:
        record_contact_mail(connection, here, opened.contacts, opened.row, opened.mail.sender_address, as_of)
    if opened.signing is not None:
        record_sign(connection, here, opened.signing, opened.row, opened.mail, as_of)
    if opened.word is not None:
        record_word(connection, here, opened.word, opened.row, as_of)
    if opened.bounce is not None:
        record_bounce(connection, opened.bounce, opened.row, opened.mail.sender_address, as_of)
    return first_of_the_day(here, connection, opened.letters, opened.reasons, as_of)


def _deed(opened: Opened, judgement: Judgement, row: dict[str, Any], submission: int) -> dict[str, Any]:
    """A return on the trail, by the hashes of its mail and its file."""
    return {
        "at": row["reviewed_at"], "actor": "oneledger", "deed": f"return {row['verdict']}",
        "campaign": row["campaign"], "unit": judgement.assignment.unit,
        "detail": {
            "submission": submission, "deliverable": judgement.assignment.deliverable, "version": row["version"],
            "received_at": row["received_at"].isoformat(), "mail": opened.row.sha256, "sha256": row["sha256"],
        },
    }  # fmt: skip


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


def judged_row(here: Running, assignment: Assignment, review: Review) -> dict[str, Any]:
    """What is kept of a verdict. A refusal that names nothing to mend is a fault of ours."""
    if review.verdict != "accepted" and is_acceptable(review.findings):
        raise AssertionError(f"{review.verdict} without an error finding: assignment {assignment.id}")
    forms = {form.form: form for form in here.forms.values()}
    verdict = kept(review, forms, here.office.sealer.seal_value)
    level = here.units[assignment.unit].level
    deliverable = here.campaign.deliverable(assignment.deliverable)
    narrowed = {form.form: form for form in here.forms_of(deliverable, level)} if deliverable.forms else forms
    answered = [name for name in verdict.ledgers if name != "cover"]
    figures: dict[str, Any] = {}
    for name in answered:
        figures |= figures_of(narrowed[name], verdict.ledgers[name])
    return {
        "verdict": verdict.verdict,
        "is_zero": verdict.is_zero,
        "ledgers": {name: ledger.as_data() for name, ledger in verdict.ledgers.items()},
        "figures": {"figures": dict(sorted(figures.items())), "forms": answered},  # in the order in which sums are kept
        "findings": [dict(vars(finding)) for finding in verdict.findings],
    }


def _submission_row(here: Running, opened: Opened, judgement: Judgement, as_of: datetime) -> dict[str, Any]:
    return judged_row(here, judgement.assignment, judgement.review) | {
        "campaign": here.name,
        "assignment": judgement.assignment.id,
        "inbox": opened.row.id,
        "part": judgement.part.path,
        "file_name": masked(judgement.part.filename or "", "prose")[:200],
        "sha256": sha256(judgement.part.content).hexdigest(),
        "version": judgement.version,
        "received_at": opened.row.received_at,
        "reviewed_at": as_of,
        "is_late": judgement.is_late,
    }
