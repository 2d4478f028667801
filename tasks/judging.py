"""A return against what its unit owes: which assignment, who may answer it, the verdict, the answer."""

from collections.abc import Collection, Sequence
from dataclasses import replace
from datetime import datetime

from oneledger.adapters.mail_parse import MailPart
from oneledger.domain.assignments import Assignment, CampaignUnit
from oneledger.domain.campaigns import rectify_ends_on
from oneledger.domain.earlier_versions import Earlier
from oneledger.domain.returns import Review, WorkbookCells
from oneledger.domain.review import ReviewContext, review
from oneledger.domain.rollup import ReturnStatus
from oneledger.domain.workbooks import Fill
from oneledger.store import assignments
from tasks.answering import answer, answer_document
from tasks.collecting import collectors
from tasks.documents import (
    File,
)  # fmt: skip
from tasks.known_before import just_judged, versions_before, waivers_for
from tasks.office import Running
from tasks.opened import Judgement, Opened
from tasks.quarantine import told
from tasks.trees import tree_today


def assignment_of(here: Running, number: int | None, book: dict[int, Assignment]) -> Assignment | None:
    if number is None:
        return None
    if number not in book:
        book |= assignments_of(here, [number])
    found = book.get(number)
    return found if found is not None and found.campaign == here.name else None


def assignments_of(here: Running, numbers: Collection[int]) -> dict[int, Assignment]:
    """As they stand now; what is judged of them in one chunk is carried on in the same dictionary."""
    with here.office.store.read() as connection:
        return dict(assignments.by_ids(connection, numbers))


def entitled(here: Running, assignment: Assignment) -> set[str]:
    """The respondent's own addresses and those of the offices above it."""
    units = [here.units[assignment.respondent], *collectors(here, assignment.respondent, tree_today(here))]
    return {contact.email.lower() for unit in units for contact in unit.contacts}


def review_return(
    here: Running,
    assignment: Assignment,
    cells: WorkbookCells,
    received_at: datetime,
    earlier: tuple[Earlier, ...] | None = None,
) -> Review:
    """``earlier``: its versions before, where it is judged again; None: all there are."""
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
        waivers=waivers_for(here, assignment.unit),
        earlier=versions_before(here, assignment) if earlier is None else earlier,
    )
    return review(cells, forms, context)


def _printed(assignment: Assignment, unit: CampaignUnit) -> Fill | None:
    kept = assignment.printed
    return Fill("", unit.code, unit.name, kept["facts"], kept["rows"]) if kept else None


def judge(
    here: Running, opened: Opened, part: MailPart, before: Assignment, verdict: Review,
    book: dict[int, Assignment], as_of: datetime, *, files: Sequence[File] = (),
) -> None:  # fmt: skip
    verdict = told(here, opened, verdict)
    version = before.versions + 1
    received_at = opened.row.received_at
    is_late = before.is_late if _was_sent_back(before) else received_at > before.due_at
    after = replace(
        _standing(before, verdict, version, is_late=is_late), unwritten=(*before.unwritten, just_judged(verdict))
    )
    book[before.id] = after
    if files:
        letter = answer_document(
            here, after, verdict, opened.mail, [file.name for _, file in files],
            round_=str(version), received_at=received_at, as_of=as_of, unused=opened.take_unused(),
        )  # fmt: skip
    else:
        letter = answer(
            here, before, verdict, opened.mail, part.content, version=version, received_at=received_at, as_of=as_of,
            unused=opened.take_unused(),
        )  # fmt: skip
    opened.judgements.append(Judgement(after, version, part, verdict, is_late, letter, files))


def _was_sent_back(before: Assignment) -> bool:
    """By an office, after it had been accepted."""
    return before.is_open and before.accepted is not None


def _standing(before: Assignment, verdict: Review, version: int, *, is_late: bool) -> Assignment:
    """The last valid version counts: a faulty later one leaves an accepted return as it was."""
    if verdict.verdict == "accepted":
        status: ReturnStatus = "zero" if verdict.is_zero else "returned"
        return replace(before, versions=version, status=status, is_late=is_late, in_correction=False)
    return replace(before, versions=version, in_correction=before.is_open)
