"""Open a phase: who owes what, then one mail with one prefilled workbook per unit, into the outbox."""

from collections.abc import Collection, Iterable, Mapping
from datetime import datetime
from typing import Any

from prefect import task
from sqlalchemy import Connection

from oneledger.adapters.workbook_stamp import stamp
from oneledger.domain import tokens
from oneledger.domain.assignments import Assignment
from oneledger.domain.campaigns import Deliverable
from oneledger.domain.launch_plan import Owed, owed
from oneledger.domain.mailing import Attachment
from oneledger.domain.notices import (
    BRING_WORKBOOKS,
    Key,
    Notice,
    asked_words,
    by_mail,
    chinese_moment,
    common_context,
    office_of,
    workbook_name,
)  # fmt: skip
from oneledger.domain.problems import CLOSED, CLOSED_STATES, Problem, printed_row
from oneledger.domain.pupil_masking import impersonal
from oneledger.domain.returned_facts import Facts, printed_again
from oneledger.domain.sampling import draw
from oneledger.domain.schedule import Shifted
from oneledger.domain.shifts import in_force, own_due_at
from oneledger.domain.workbooks import Fill
from oneledger.store import assignments, campaigns, outbox, shifts, submissions, unit_changes
from oneledger.store.assignments import Asked
from oneledger.store.outbox import OutboxRow
from tasks.apart import worked
from tasks.inspecting import joint_bodies, selfcheck_beside
from tasks.knowing import returned_before
from tasks.office import Running, running
from tasks.retrying import STORE_RETRIES
from tasks.trees import tree_of


def open_phase(name: str, phase: str, as_of: datetime) -> int:
    """Write down who owes what in this phase, once. Says how many assignments are new."""
    here = running(name)
    with here.office.store.write() as connection:
        here = tree_of(here, connection, as_of)
        states = submissions.problem_states(connection, name) if _depends_on_problems(here, phase) else []
        draws = {
            plan.plan: campaigns.record_draw(connection, name, draw(plan, here.units.values()), as_of)
            for plan in here.campaign.samples
            if any(each.respondents.sample == plan.plan for each in here.campaign.deliverables_of(phase))
        }
        shifted = in_force(shifts.of_campaign(connection, name))
        excused = unit_changes.exempt(connection, name, phase, as_of, as_of)
        known = assignments.opened(connection, name, phase)
        rows = [
            _assignment_row(here, each, shifted, as_of, excused)
            for deliverable in here.campaign.deliverables_of(phase)
            for each in owed(
                deliverable, here.units, draws, {unit for unit, state in states if _asks(deliverable, state)}
            )
            if (deliverable.deliverable, each.unit) not in known
        ]
        return assignments.open_new(connection, rows)


def _depends_on_problems(here: Running, phase: str) -> bool:
    who = [each.respondents for each in here.campaign.deliverables_of(phase)]
    return any(each.with_open_problems or each.with_closed_problems for each in who)


def asked_about(deliverable: Deliverable, problems: Iterable[Problem]) -> list[Problem]:
    """What its sheet prints: what is still open, or what was closed and is looked back at (004-A4, 004-C6)."""
    return [problem for problem in problems if _asks(deliverable, problem.state)]


def _asks(deliverable: Deliverable, state: str) -> bool:
    return state == CLOSED if deliverable.respondents.with_closed_problems else state not in CLOSED_STATES


def _assignment_row(
    here: Running, each: Owed, shifted: Shifted, as_of: datetime, excused: Collection[str]
) -> dict[str, Any]:
    respondent = here.units[each.respondent]
    return {
        "campaign": here.name,
        "phase": each.deliverable.phase,
        "deliverable": each.deliverable.deliverable,
        "unit": each.unit,
        "respondent": each.respondent,
        "due_at": own_due_at(here.campaign, each.deliverable, respondent, shifted, here.office.calendar),
        "opened_at": as_of,
        "status": "exempt" if here.units[each.unit].exempt_reason or each.unit in excused else "missing",
        "is_late": False,
        "in_correction": False,
        "versions": 0,
        "seal": "missing" if each.deliverable.sealed else "",
    }


def units_to_ask(name: str, phase: str) -> dict[str, list[int]]:
    """Assignments whose mail is not planned yet, by the county of their respondent.

    A unit whose ledger came late owes the sheet about it besides what it has been asked for: it is asked once more.
    """
    here = running(name)
    with here.office.store.read() as connection:
        owing = assignments.to_ask(connection, name, phase)
        asked = _times_asked(connection, name, phase)
    work: dict[str, list[int]] = {}
    for each in owing:
        if each.respondent not in asked or (not each.is_printed and _is_workbook(here, each)):
            work.setdefault(here.units[each.respondent].county, []).append(each.id)
    return work


def _times_asked(
    connection: Connection, name: str, phase: str, respondents: Collection[str] | None = None
) -> Mapping[str, int]:
    """Requests planned so far, by respondent; nothing of who was not asked."""
    return outbox.times_planned(connection, name, phase, [notice.value for notice in BRING_WORKBOOKS], respondents)


def _is_workbook(here: Running, each: Assignment | Asked) -> bool:
    return here.campaign.deliverable(each.deliverable).kind == "workbook"


@task(task_run_name="ask {label}", **STORE_RETRIES)
def ask(
    name: str,
    ids: list[int],
    as_of: datetime,
    label: str,  # noqa: ARG001  the run's name
    *,
    is_one_of_many: bool,
) -> int:
    """Stamp the workbooks and plan the mails of some counties. Says how many mails are new."""
    return worked(asked, name, ids, as_of, is_one_of_many=is_one_of_many)


def asked(name: str, ids: list[int], as_of: datetime) -> int:
    """``ids``: of one phase."""
    if not ids:
        return 0
    here = running(name)
    with here.office.store.read() as connection:
        here = tree_of(here, connection, as_of)
        named = assignments.by_ids(connection, ids)
        respondents = {each.respondent for each in named.values()}
        times = _times_asked(connection, name, named[ids[0]].phase, respondents)
        owing = [  # read after it: another run may be asking the same units
            each
            for each in assignments.by_ids(connection, ids).values()
            if each.respondent not in times or (not each.printed and _is_workbook(here, each))
        ]
        known = submissions.problems_of(connection, name, sorted({each.unit for each in owing}))
        returned = returned_before(here, connection, owing)
    problems: dict[str, list[Problem]] = {}
    for each in known:
        problems.setdefault(each.unit, []).append(each)
    letters: list[OutboxRow] = []
    printed: dict[int, dict[str, Any]] = {}
    for respondent, theirs in by_mail(owing).items():
        round_ = times.get(respondent, 0) + 1
        letter, fills = make_letter(
            here, respondent, theirs, problems, as_of, round_=round_, returned=returned.get(respondent)
        )
        letters.append(letter)
        printed |= fills
    with here.office.store.write() as connection:
        assignments.record_printed(connection, printed)
        return outbox.plan(connection, letters)


def make_letter(
    here: Running, respondent: str, theirs: list[Assignment], problems: dict[str, list[Problem]], as_of: datetime, *,
    round_: int = 1, returned: Facts | None = None,
) -> tuple[OutboxRow, dict[int, dict[str, Any]]]:  # fmt: skip
    """The mail with all its workbooks, and what was printed in each (by assignment)."""
    campaign, to = here.campaign, here.units[respondent]
    deliverables = {each.id: campaign.deliverable(each.deliverable) for each in theirs}
    files, fills = [], {}
    for each in theirs:
        if deliverables[each.id].kind == "workbook":
            before = returned if each.unit == respondent else None
            name, content, fill = make_workbook(here, each, problems.get(each.unit, []), before)
            files.append(Attachment(name, content))
            fills[each.id] = {"facts": impersonal(fill.facts, here.forms.values()), "rows": fill.rows}
    first = theirs[0]
    deliverable = deliverables[first.id]
    phase = campaign.phase(first.phase)
    about_others = any(each.unit != respondent for each in theirs)
    context = common_context(campaign, phase, to, min(each.due_at for each in theirs), here.office.mail.sender.name)
    context |= {
        "office": office_of(campaign, deliverable),
        "forms": _titles(here, deliverables.values()),
        "file_name": "、".join(file.filename for file in files),
        "duties": _duty_texts(here, deliverables.values()),
        "open_problems": sum(problem.is_open for each in theirs for problem in problems.get(each.unit, [])),
        "allows_zero": any(
            here.forms[reference].zero_fact for each in deliverables.values() for reference in each.forms
        ),
        "takes_incidents": here.campaign.incident_form is not None,
        "documents": [words for each in deliverables.values() if (words := asked_words(each))],
        "about": [
            {"code": each.unit, "name": here.units[each.unit].name} for each in theirs if each.unit != respondent
        ],
    }
    notice = Notice.INSPECT_ASK if about_others else Notice.ASK
    key = Key(here.name, first.phase, respondent, first.phase, notice, str(round_))
    return here.letter(key, context, to, as_of, assignment=first, files=files), fills


def _titles(here: Running, deliverables: Iterable[Deliverable]) -> list[str]:
    references = dict.fromkeys(reference for each in deliverables for reference in each.forms)
    return [here.forms[reference].title for reference in references]


def _duty_texts(here: Running, deliverables: Iterable[Deliverable]) -> list[str]:
    return [here.campaign.duty(number).text for number in dict.fromkeys(each.duty for each in deliverables)]


def make_workbook(
    here: Running, each: Assignment, problems: list[Problem], returned: Facts | None = None
) -> tuple[str, bytes, Fill]:
    """The file name, the bytes and what was printed. ``returned``: what the unit need not write again."""
    deliverable = here.campaign.deliverable(each.deliverable)
    unit = here.units[each.unit]
    spec, plan = here.master(deliverable, unit.level)
    values = _prefill_values(here, each)
    facts = {
        form.form: {fact.key: values[fact.prefill] for fact in form.facts if fact.prefill in values}
        | printed_again(form, returned or {})
        for form in spec.sheets
    }
    rows = {
        form.form: [printed_row(problem) for problem in asked_about(deliverable, problems)]
        for form in spec.sheets
        if form.role == "progress"
    }
    rows |= {form.form: selfcheck_beside(here, form, each.unit) for form in spec.sheets if form.agreement}
    token = here.token(each.id, tokens.TokenKind.WORKBOOK)
    fill = Fill(token, unit.code, unit.name, facts, rows)
    main = spec.forms[0]
    title = here.campaign.phase(each.phase).title
    return workbook_name(main.code.replace("-", ""), unit, title), stamp(plan, fill), fill


def _prefill_values(here: Running, each: Assignment) -> dict[str, Any]:
    campaign, unit = here.campaign, here.units[each.unit]
    parent = here.units.get(unit.parent or "")
    phase = campaign.phase(each.phase)
    respondent = here.units[each.respondent]
    return {
        "campaign.title": campaign.title,
        "campaign.document_no": campaign.document_no,
        "phase.title": phase.title,
        "phase.period": f"{phase.ends_on:%Y}年{phase.title}" if phase.ends_on else phase.title,
        "unit.code": unit.code,
        "unit.name": unit.name,
        "unit.stage": unit.stage,
        "unit.due_text": chinese_moment(each.due_at, campaign) + "前",
        "parent.name": parent.name if parent else "",
        "about.name": unit.name,
        "about.code": unit.code,
        "respondent.name": respondent.name,
        "inspector.name": respondent.name,
        "sample.joint_bodies": joint_bodies(campaign, each.deliverable),
    }
