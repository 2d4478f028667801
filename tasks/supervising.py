"""What inspectors found goes back to the unit: a rectification notice, and the sheet on which it tells how it mends."""

from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from oneledger.adapters.report_docx import render_report
from oneledger.domain.assignments import Assignment
from oneledger.domain.campaigns import Deliverable
from oneledger.domain.forms import Form
from oneledger.domain.inspection_notice import Inspected, notice_context
from oneledger.domain.mailing import Attachment
from oneledger.domain.notices import Key, Notice, common_context, office_of
from oneledger.domain.problems import Problem
from oneledger.domain.returns import Review
from oneledger.domain.schedule import local_moment
from oneledger.domain.workbooks import printed_again
from oneledger.store import assignments, submissions
from oneledger.store.outbox import OutboxRow
from tasks.asking import make_workbook
from tasks.office import Running


def rectification_notice(
    here: Running, connection: Connection, after: Assignment, review: Review, submission: int, as_of: datetime
) -> OutboxRow | None:
    """To the unit inspected, once for each accepted version that names problems; in the transaction of the return.

    None where there is nothing to mend, or the unit has no address: then its inspectors must tell it.
    """
    form = _inspection_form(here)
    if form is None or not is_inspected(here, after, review):
        return None
    known = submissions.problems_of(connection, here.name, [after.unit])
    opened = [each for each in known if each.is_open and each.source.startswith(f"{form.form}/")]
    opened = [each for each in opened if each.submission == submission]
    if not opened or not here.units[after.unit].contacts:
        return None
    inspected = Inspected(
        here.campaign, here.units[after.unit].name, here.units[after.respondent].name, form,
        review.ledgers[form.form], opened, after.versions, as_of.astimezone(here.zone).date(),
    )  # fmt: skip
    return _letter(here, connection, after, inspected, known, as_of)


def is_inspected(here: Running, after: Assignment, review: Review) -> bool:
    """By others, in this return."""
    form = _inspection_form(here)
    return form is not None and form.form in review.ledgers and after.unit != after.respondent


def _inspection_form(here: Running) -> Form | None:
    return next((form for form in here.forms.values() if form.opens and form.scoring), None)


def _letter(
    here: Running,
    connection: Connection,
    after: Assignment,
    inspected: Inspected,
    known: list[Problem],
    as_of: datetime,
) -> OutboxRow:
    to = here.units[after.unit]
    told = notice_context(inspected)
    notice = render_report(here.office.settings.templates / "reports" / "rectification_notice.docx", told)
    files = [Attachment(f"{to.code}_整改通知书.docx", notice)]
    sheet = _sheet_to_mend(here, connection, after, inspected, as_of)
    if sheet is not None:
        name, content, fill = make_workbook(here, sheet, known)
        before = assignments.by_ids(connection, [sheet.id])[sheet.id].printed
        assignments.record_printed(connection, {sheet.id: printed_again(before, fill)})
        files.append(Attachment(name, content))
    context = common_context(
        here.campaign, here.campaign.phase(after.phase), to, after.due_at, here.office.mail.sender.name
    )
    context |= {
        "office": office_of(here.campaign, here.campaign.deliverable(after.deliverable)),
        "due_text": told["due_text"],
        "inspected_by": inspected.inspected_by,
        "problems": told["rows"],
        "notice_file": files[0].filename,
        "workbook": files[1].filename if sheet else "",
    }
    subject_of = f"{after.deliverable}/{after.unit}"
    phase = sheet.phase if sheet else after.phase  # whoever has the sheet need not be asked for it
    key = Key(here.name, phase, to.code, subject_of, Notice.SUPERVISE, str(after.versions))
    return here.letter(key, context, to, as_of, assignment=sheet, files=files)


def _sheet_to_mend(
    here: Running, connection: Connection, after: Assignment, inspected: Inspected, as_of: datetime
) -> Assignment | None:
    """The unit's own sheet of open problems, owed until the notice's date where it owed none before."""
    level = here.units[after.unit].level
    deliverable = next((each for each in here.campaign.deliverables if _is_to_mend(here, each, level)), None)
    if deliverable is None or inspected.due_on is None:
        return None
    assignments.open_new(connection, [_owed(here, deliverable, after.unit, inspected, as_of)])
    found = assignments.of_respondent(connection, here.name, after.unit, [deliverable.deliverable])
    return next((each for each in found if each.unit == after.unit), None)


def _is_to_mend(here: Running, deliverable: Deliverable, level: str) -> bool:
    forms: list[Form] = [here.forms[reference] for reference in deliverable.forms]
    return level in deliverable.respondents.levels and any(form.role == "progress" for form in forms)


def _owed(here: Running, deliverable: Deliverable, unit: str, inspected: Inspected, as_of: datetime) -> dict[str, Any]:
    assert inspected.due_on is not None
    return {
        "campaign": here.name,
        "phase": deliverable.phase,
        "deliverable": deliverable.deliverable,
        "unit": unit,
        "respondent": unit,
        "due_at": local_moment(here.campaign, inspected.due_on, here.campaign.due_time),
        "opened_at": as_of,
        "status": "missing",
        "is_late": False,
        "in_correction": False,
        "versions": 0,
    }
