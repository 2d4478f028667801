"""A school's own report, drafted from what it has returned; it goes with the receipt that leaves nothing to return."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

from sqlalchemy import Connection

from oneledger.adapters.report_docx import render_report
from oneledger.domain.assignments import Assignment
from oneledger.domain.forms import asked_of
from oneledger.domain.known_answers import Answer, ledger_of
from oneledger.domain.mailing import Attachment
from oneledger.domain.report_figures import UnitBrief
from oneledger.domain.school_report import SchoolView, school_report_context
from oneledger.settings import load_outline
from oneledger.store import assignments, submissions
from tasks.answering import answer
from tasks.office import Running
from tasks.opened import Judgement, Opened
from tasks.trees import tree_today

Answers = dict[str, Answer]  # by form


def enclose_drafts(here: Running, opened: Sequence[Opened], as_of: datetime) -> None:
    """The receipts of these mails that complete a school's phase are written anew, with the draft enclosed.

    A later version that is accepted brings a new draft with its own receipt; no draft goes out by itself.
    """
    wanted: dict[tuple[str, str], list[tuple[Opened, Judgement]]] = {}
    for mail in opened:
        for judgement in mail.judgements:
            if _wants_draft(here, judgement):
                after = judgement.assignment
                wanted.setdefault((after.unit, after.phase), []).append((mail, judgement))
    if wanted:
        with here.office.store.read() as connection:
            for (unit, phase), judged in wanted.items():
                _enclose(here, connection, unit, phase, judged, as_of)


def _wants_draft(here: Running, judgement: Judgement) -> bool:
    after = judgement.assignment
    return (
        judgement.review.verdict == "accepted"
        and bool(judgement.review.ledgers)
        and here.campaign.phase(after.phase).school_draft is not None
        and here.units[after.unit].level == "school"
        and after.respondent == after.unit
    )


def _enclose(
    here: Running, connection: Connection, unit: str, phase: str,
    judged: Iterable[tuple[Opened, Judgement]], as_of: datetime,
) -> None:  # fmt: skip
    workbooks = [each.deliverable for each in here.campaign.deliverables_of(phase) if each.kind == "workbook"]
    owed = assignments.of_respondent(connection, here.name, unit, workbooks)
    standing = {each.id: each for each in owed if each.unit == unit}
    answers: Answers = {}
    for kept in submissions.accepted_of_unit(connection, here.name, unit):
        answers |= _answers(here, unit, kept.phase, kept.version, kept.ledgers)
    for mail, judgement in judged:
        after, review = judgement.assignment, judgement.review
        standing[after.id] = after
        told = {
            name: vars(ledger) | {"rows": [vars(row) for row in ledger.rows]} for name, ledger in review.ledgers.items()
        }
        answers |= _answers(here, unit, phase, judgement.version, told)
        if not any(each.is_open for each in standing.values()):
            judgement.letter = answer(
                here, after, review, mail.mail, judgement.part.content,
                version=judgement.version, received_at=mail.row.received_at, as_of=as_of,
                enclosed=(draft(here, after, answers),),
            )  # fmt: skip


def _answers(
    here: Running, unit: str, phase: str, version: int, ledgers: Mapping[str, Mapping[str, object]]
) -> Answers:
    level, source = here.units[unit].level, f"{here.campaign.phase(phase).title}第{version}次"
    forms = {form.form: asked_of(form, level) for form in here.forms.values() if form.form in ledgers}
    return {
        name: Answer(form, ledger_of(form, ledgers[name]), source) for name, form in forms.items() if name != "cover"
    }


def draft(here: Running, assignment: Assignment, answers: Answers) -> Attachment:
    unit, phase = here.units[assignment.unit], here.campaign.phase(assignment.phase)
    assert phase.school_draft is not None
    templates = here.office.settings.templates
    above = next(iter(tree_today(here).ancestors(unit.code)), None)
    view = SchoolView(
        campaign=here.campaign,
        phase=phase,
        unit=UnitBrief(unit.code, unit.name, unit.level),
        addressee=above.name if above else "",
        forms={form.form: form for form in here.forms.values()},
        answers=answers,
    )
    context = school_report_context(load_outline(templates, phase.school_draft), view)
    content = render_report(templates / "reports" / f"{phase.school_draft}.docx", context)
    return Attachment(f"{unit.code}_工作情况报告草稿.docx", content)
