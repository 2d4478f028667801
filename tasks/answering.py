"""The answers a school gets: a receipt, or its own workbook back with what to mend."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from oneledger.adapters.mail_parse import ParsedMail
from oneledger.adapters.workbook_markup import MarkupError, mark_up
from oneledger.domain.assignments import Assignment
from oneledger.domain.earlier_versions import MOST_TIMES
from oneledger.domain.finding_groups import grouped
from oneledger.domain.findings import Finding
from oneledger.domain.mailing import Attachment
from oneledger.domain.notices import Key, Notice, chinese_moment, common_context, office_of, workbook_name
from oneledger.domain.pupil_data import masked
from oneledger.domain.pupil_masking import is_withheld
from oneledger.domain.returns import Review
from oneledger.store.outbox import OutboxRow
from tasks.office import Running
from tasks.printing import printed_workbook

NOTICES = {"accepted": Notice.RECEIPT, "returned": Notice.CORRECTION, "refused": Notice.REFUSAL}


@dataclass(frozen=True)
class Again:
    """A second answer about the same version: why, and what makes it one mail."""

    reason: str
    round: str


def answer(
    here: Running, assignment: Assignment, verdict: Review, mail: ParsedMail, original: bytes, *,
    version: int, received_at: datetime, as_of: datetime, enclosed: tuple[Attachment, ...] = (),
    unused: Sequence[str] = (), again: Again | None = None,
) -> OutboxRow:  # fmt: skip
    """The one mail that answers one version of one return; ``version`` makes it unique. ``enclosed``: in receipts.
    ``unused``: other files of the school's mail. ``again``: the version was answered before, and is judged anew."""
    notice = NOTICES[verdict.verdict]
    marked = _marked_copy(here, assignment, original, verdict)
    fresh = _fresh(here, assignment, verdict) if notice is not Notice.RECEIPT and not marked else ()
    files = (*enclosed, *marked, *fresh)
    context = _context(here, assignment, verdict, received_at=received_at, version=version)
    context |= {"has_marked_file": bool(marked), "has_fresh_file": bool(fresh), "is_overdue": as_of > assignment.due_at}
    context |= {"is_withheld": is_withheld(verdict.findings), "again": again.reason if again else ""}
    context["draft"] = enclosed[0].filename if enclosed else ""
    context |= {"seal_missing": assignment.lacks_seal, "unused": list(unused)}
    return _letter(here, assignment, notice, context, mail, files=files, as_of=as_of,
                   round_=again.round if again else str(version))  # fmt: skip


def answer_document(
    here: Running, assignment: Assignment, verdict: Review, mail: ParsedMail, file_names: Sequence[str], *,
    round_: str, received_at: datetime, as_of: datetime, unused: Sequence[str] = (),
) -> OutboxRow:  # fmt: skip
    """``assignment`` as it stands after these files, so that the letter says what is still missing."""
    is_good = verdict.verdict == "accepted"
    context = _common(here, assignment) | {
        "received_at": received_at.astimezone(here.zone),
        "received_text": chinese_moment(received_at, here.campaign),
        "is_late": received_at > assignment.due_at,
        "is_overdue": as_of > assignment.due_at,
        "file_name": masked("、".join(file_names), "prose"),
        "document": {"title": here.campaign.deliverable(assignment.deliverable).title},
        "notes": [finding.sentence() for finding in verdict.findings if finding.level != "error"],
        "findings": [finding.sentence() for finding in verdict.findings if finding.level == "error"],
        "unused": list(unused),
        **missing_parts(assignment),
    }
    notice = Notice.PLAN_RECEIVED if is_good else Notice.DOCUMENT_RETURNED
    return _letter(here, assignment, notice, context, mail, files=(), round_=round_, as_of=as_of)


def missing_parts(assignment: Assignment) -> dict[str, bool]:
    """电子版 and 盖章件 need not come together."""
    return {
        "copy_missing": assignment.is_open,
        "seal_missing": assignment.lacks_seal,
        "seal_received": assignment.seal == "received",
    }


def _letter(
    here: Running, assignment: Assignment, notice: Notice, context: dict[str, Any], mail: ParsedMail, *,
    files: Sequence[Attachment], round_: str, as_of: datetime,
) -> OutboxRow:  # fmt: skip
    subject_of = f"{assignment.deliverable}/{assignment.unit}"
    key = Key(here.name, assignment.phase, assignment.respondent, subject_of, notice, round_)
    to = here.units[assignment.respondent]
    return here.letter(
        key, context, to, as_of,
        assignment=assignment, files=files, reply_to=mail.message_id or None, address=_back_to(here, assignment, mail),
    )  # fmt: skip


def _back_to(here: Running, assignment: Assignment, mail: ParsedMail) -> str:
    """To the registered address that wrote; an answer never goes to an address we do not know."""
    known = {contact.email.lower(): contact.email for contact in here.units[assignment.respondent].contacts}
    return known.get(mail.sender_address.lower(), here.units[assignment.respondent].address)


def _common(here: Running, assignment: Assignment) -> dict[str, Any]:
    phase = here.campaign.phase(assignment.phase)
    to = here.units[assignment.unit]
    context = common_context(here.campaign, phase, to, assignment.due_at, here.office.mail.sender.name)
    return context | {"office": office_of(here.campaign, here.campaign.deliverable(assignment.deliverable))}


def _context(
    here: Running, assignment: Assignment, verdict: Review, *, received_at: datetime, version: int
) -> dict[str, Any]:
    errors = [finding for finding in verdict.findings if finding.level == "error"]
    queries = open_queries(verdict)
    forms = {form.form: form for form in here.forms.values()}
    return _common(here, assignment) | {
        "received_at": received_at.astimezone(here.zone),
        "received_text": chinese_moment(received_at, here.campaign),
        "is_late": received_at > assignment.due_at,
        "is_zero": verdict.is_zero,
        "forms": [
            {"title": forms[ledger.form].title, "rows": len(ledger.rows)}
            for ledger in verdict.ledgers.values()
            if ledger.form in forms and ledger.form != "cover"
        ],
        "notes": [group.sentence() for group in grouped(_notes(verdict))],
        "queries": grouped(queries),
        "version_no": version,
        "attempt": version,
        "findings": [*grouped(errors), *grouped(queries)],
        "error_count": len(errors),
        "query_count": len(queries),
    }


def open_queries(verdict: Review) -> list[Finding]:
    """What the unit is asked to mend or explain. Asked often enough, it is left to its office."""
    return [each for each in verdict.findings if each.is_open and 0 < each.asked <= MOST_TIMES]


def _notes(verdict: Review) -> list[Finding]:
    """Also queries that no sheet has a place to answer: about the words of the mail itself."""
    return [each for each in verdict.findings if each.level == "note" or (each.is_open and not each.asked)]


def _marked_copy(here: Running, assignment: Assignment, original: bytes, verdict: Review) -> tuple[Attachment, ...]:
    """A receipt brings one where a query wants an answer: its first sheet has the place for it."""
    if is_withheld(verdict.findings) or verdict.verdict == "refused":
        return ()
    wanted = open_queries(verdict) if verdict.verdict == "accepted" else verdict.findings
    return _marked(here, assignment, original, wanted) if wanted else ()


def _fresh(here: Running, assignment: Assignment, verdict: Review) -> tuple[Attachment, ...]:
    """The sheet as it was first sent, where the unit's own file cannot be marked or read."""
    if (
        is_withheld(verdict.findings)
        or not assignment.printed
        or here.campaign.deliverable(assignment.deliverable).kind != "workbook"
    ):
        return ()
    name, content = printed_workbook(here, assignment)
    return (Attachment(name, content),)


def _marked(
    here: Running, assignment: Assignment, original: bytes, findings: Sequence[Finding]
) -> tuple[Attachment, ...]:
    """The school's own file with the cells marked; none where it cannot be marked: then the mail alone tells."""
    try:
        content = mark_up(original, findings)
    except MarkupError:
        return ()
    deliverable = here.campaign.deliverable(assignment.deliverable)
    code = here.forms[deliverable.forms[0]].code.replace("-", "")
    name = workbook_name(code, here.units[assignment.unit], f"{here.campaign.phase(assignment.phase).title}_待更正")
    return (Attachment(name, content),)
