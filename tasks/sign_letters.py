"""The mails of sign-off: the request with its papers, the answer to an answer, the return sent back to its unit."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from oneledger.adapters.report_docx import render_report
from oneledger.adapters.report_xlsx import consolidated_workbook
from oneledger.adapters.sign_sheet import sign_sheet
from oneledger.domain import tokens
from oneledger.domain.assignments import Assignment
from oneledger.domain.figures import figure_title
from oneledger.domain.findings import Finding
from oneledger.domain.mailing import Attachment
from oneledger.domain.notices import Key, Notice, chinese_moment, common_context, office_of
from oneledger.domain.phrases import grouped
from oneledger.domain.report import report_context
from oneledger.domain.schedule import Milestone
from oneledger.domain.signoff import STATE_WORDS, Deed, Entry, Standing, standings
from oneledger.domain.signoff_answer import SignAnswer
from oneledger.store import signatures, submissions
from oneledger.store.outbox import OutboxRow
from tasks.circulars import registers
from tasks.editions import Edition, forms_by_name, rows_of, view_of
from tasks.office import Running

NAMED = 50
COVERAGE_WORDS = {
    "returned": "已报", "zero": "零报告", "exempt": "免报", "missing": "未报", "late": "其中逾期",
    "in_correction": "其中退回更正",
}  # fmt: skip


def enclosures(here: Running, this: Edition, code: str) -> list[Attachment]:
    """Report, consolidated workbook, and the form to answer on."""
    view = view_of(here, this, code)
    rows = rows_of(here, this, code)
    docx = render_report(here.office.settings.templates / "reports" / "phase_report.docx", report_context(view))
    xlsx = consolidated_workbook(view, rows, forms_by_name(here), registers(view, rows))
    owing = set(dict(view.rollup.missing_units))
    below = [
        (each, here.units[each].name, "未报或待更正" if each in owing else "已报")
        for each in sorted(under(this.children, code), key=lambda each: here.units[each].order)
    ]
    title = f"{code}_{view.phase.title}"
    form = sign_sheet(f"{here.campaign.title}{view.phase.title}审核签报表", view.unit.name, this.frozen.label, below)
    return [
        Attachment(f"{title}报告_审核稿.docx", docx),
        Attachment(f"{title}汇总表_审核稿.xlsx", xlsx),
        Attachment(f"{title}审核签报表.xlsx", form),
    ]


def under(children: Mapping[str, Sequence[str]], code: str) -> Iterator[str]:
    """The unit and all below it."""
    yield code
    for each in children.get(code, ()):
        yield from under(children, each)


def request_letter(
    here: Running, connection: Any, this: Edition, milestone: Milestone, code: str, number: int,
    moved: Sequence[Sequence[Any]], files: Sequence[Attachment], due: datetime, as_of: datetime,
) -> OutboxRow:  # fmt: skip
    to, rollup = here.units[code], this.figures.of([code])[code]
    context = common_context(here.campaign, here.campaign.phase(milestone.phase), to, due, here.office.mail.sender.name)
    context |= {
        "label": this.frozen.label,
        "coverage": rollup.coverage,
        "missing": [{"code": each, "name": name} for each, name in dict(rollup.missing_units).items()],
        "doubtful": doubtful(here, connection, this, code),
        "moved": [figure_words(here, *each) for each in moved],
        "below": below_states(here, connection, this, code, milestone.key),
        "files": [each.filename for each in files],
    }
    key = Key(here.name, milestone.phase, code, f"{milestone.key}/{code}", Notice.SIGN_ASK, str(number))
    return here.letter(key, context, to, as_of, files=files, answer_token=sign_token(here, number))


def sign_token(here: Running, number: int) -> str:
    return here.token(number, tokens.TokenKind.SIGN)


def doubtful(here: Running, connection: Any, this: Edition, code: str) -> list[dict[str, Any]]:
    """Units whose returns count, with questions that were asked and may be answered."""
    owners = this.counted.get(code, {})
    findings = submissions.findings_of(connection, list(owners))
    asked = {owners[number]: [each for each in found if each.level == "query"] for number, found in findings.items()}
    units = sorted((here.units[unit] for unit, found in asked.items() if found), key=lambda unit: unit.order)
    return [
        {"code": each.code, "name": each.name, "count": len(asked[each.code])} | _first(asked[each.code])
        for each in units
    ]


def _first(queries: Sequence[Finding]) -> dict[str, str]:
    """One nobody has answered goes before one that the unit gave a reason for."""
    first = min(queries, key=lambda each: bool(each.reason))
    return {"first": first.sentence(), "reason": first.reason}


def figure_words(here: Running, key: str, before: Any, now: Any) -> dict[str, str]:
    kind, _, name = key.partition(".")
    title = figure_title(key, list(here.forms.values()))
    if kind == "coverage":
        title = COVERAGE_WORDS.get(name, key)
    if kind == "answered":
        title = f"填报《{next((each.title for each in here.forms.values() if each.form == name), name)}》的单位数"
    return {"title": title, "before": grouped(before), "after": grouped(now)}


def below_states(here: Running, connection: Any, this: Edition, code: str, milestone: str) -> list[dict[str, str]]:
    """How the offices below stand, where they are asked too."""
    levels = {step.level for step in here.campaign.sign_off if step.days is not None}
    offices = [here.units[each] for each in this.children.get(code, ()) if here.units[each].level in levels]
    found = standings(signatures.of_campaign(connection, here.name, milestone)) if offices else {}
    return [
        {"name": each.name, "state": STATE_WORDS[found.get((milestone, each.code), Standing()).state]}
        for each in offices
    ]


def answer_letter(
    here: Running, request: Entry, answer: SignAnswer | None, why: str, notes: Sequence[str], address: str,
    cause: str, as_of: datetime, reply_to: str | None,
) -> OutboxRow:  # fmt: skip
    """What was recorded; or, where ``answer`` is None, why nothing was, and how to answer."""
    to = here.units[request.unit]
    words = {Deed.AGREE: "同意", Deed.RETURN: "退回", Deed.DEFER: "暂缓"}
    due = datetime.fromisoformat(request.detail["due_at"])
    context = common_context(here.campaign, here.campaign.phase(request.phase), to, due, here.office.mail.sender.name)
    context |= {
        "recorded": words[answer.deed] if answer else "",
        "units": [
            {"code": code, "name": here.units[code].name, "reason": reason}
            for code, reason in (answer.units if answer else ())
        ],
        "why": why,
        "notes": list(notes),
        "is_overdue": as_of > due,
    }
    key = Key(here.name, request.phase, request.unit, f"{request.milestone}/{request.unit}", Notice.SIGN_ANSWER, cause)
    return here.letter(
        key, context, to, as_of, answer_token=sign_token(here, request.id), address=address, reply_to=reply_to
    )


def sent_back_letter(
    here: Running, assignment: Assignment, office: str, reason: str, number: int, as_of: datetime
) -> OutboxRow:
    to = here.units[assignment.respondent]
    deliverable = here.campaign.deliverable(assignment.deliverable)
    phase = here.campaign.phase(assignment.phase)
    context: Mapping[str, Any] = common_context(
        here.campaign, phase, to, assignment.due_at, here.office.mail.sender.name
    ) | {
        "office": office_of(here.campaign, deliverable),
        "title": deliverable.title,
        "about": here.units[assignment.unit].name,
        "sent_back_by": here.units[office].name,
        "reason": reason,
        "sent_back_text": chinese_moment(as_of, here.campaign),
    }
    subject_of = f"{assignment.deliverable}/{assignment.unit}"
    key = Key(here.name, assignment.phase, assignment.respondent, subject_of, Notice.SENT_BACK, str(number))
    return here.letter(key, context, to, as_of, assignment=assignment)
