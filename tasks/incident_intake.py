"""A report of an incident, judged at once and acted on in the same transaction: chain, receipt, alarms, deeds.

A report with faults still raises the alarm: what can be read of it is told, and what may name a pupil is kept back.
"""

from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from hashlib import sha256
from typing import Any

from sqlalchemy import Connection

from oneledger.adapters.mail_parse import MailPart, ParsedMail
from oneledger.domain.assignments import CampaignUnit
from oneledger.domain.campaigns import INCIDENT
from oneledger.domain.findings import Finding, is_acceptable
from oneledger.domain.incident_routes import Route, Routing, routing
from oneledger.domain.incident_words import kept_back, names_told, plain
from oneledger.domain.incidents import (
    KIND_OF,
    Entry,
    Incident,
    changed,
    extended,
    is_blank,
    join,
    lacking_at_the_end,
    next_number,
)
from oneledger.domain.pupil_data import masked
from oneledger.domain.pupil_masking import guarded
from oneledger.domain.returns import Ledger, Review, WorkbookCells
from oneledger.domain.review import ReviewContext, review
from oneledger.domain.rules import structural
from oneledger.store import incidents, outbox
from oneledger.store.inbox import InboxRow
from oneledger.store.outbox import OutboxRow
from tasks.collecting import collectors
from tasks.evidence import unit_by_mail, unit_by_workbook
from tasks.incident_letters import alarm_letter, form_letter, incident_form, offices_above, receipt_letter
from tasks.office import Running
from tasks.trees import tree_of, tree_today

ASKS_FOR_FORM = "事件报告"  # in a subject


@dataclass
class Reported:
    """One report, judged; not yet written."""

    row: InboxRow
    mail: ParsedMail
    part: MailPart
    about: CampaignUnit  # where it happened
    sender: CampaignUnit  # who wrote: that unit, or an office above it
    review: Review
    ledger: Ledger | None

    @property
    def address(self) -> str:
        """To the registered address that wrote; an answer never goes to an address we do not know."""
        known = {contact.email.lower(): contact.email for contact in self.sender.contacts}
        return known.get(self.mail.sender_address.lower(), self.sender.address)


def is_report(here: Running, cells: WorkbookCells) -> bool:
    """One of our incident workbooks, whoever sent it."""
    return here.campaign.incident_form in cells.marks.forms


def judge_report(
    here: Running, row: InboxRow, mail: ParsedMail, part: MailPart, cells: WorkbookCells
) -> Reported | str:
    """The judged report; or why a person must look."""
    number = unit_by_workbook(cells, here.token_key)
    if number is None:
        number = unit_by_mail(mail, here.token_key)
    about = here.unit_numbered(number) if number is not None else None
    if about is None:
        return "【急】事件报告的表格没有有效的校验码，分不清是哪个单位的"
    sender = _sender(here, about, mail.sender_address)
    if sender is None and not row.approved_by:
        return f"【急】事件报告：发件邮箱不在该单位和上级登记的邮箱之内：{mail.sender_address}"
    local = row.received_at.astimezone(here.zone)
    forms = here.incident_forms(about.level)
    context = ReviewContext(
        here.name, INCIDENT, about.code, about.name, about.level, about.stage,
        received_on=local.date(), received_at=local.replace(tzinfo=None),
        expected_forms=tuple(f"{form.form}-v{form.version}" for form in forms),
    )  # fmt: skip
    verdict = review(cells, forms, context)
    told = verdict.ledgers.get(incident_form(here).form)
    if told is not None:
        verdict.findings.extend(names_told(told, forms[1]))
    verdict = guarded(verdict, forms)
    return Reported(row, mail, part, about, sender or about, verdict, verdict.ledgers.get(incident_form(here).form))


def form_asked_for(here: Running, row: InboxRow, mail: ParsedMail, as_of: datetime) -> OutboxRow | None:
    """The answer to a new mail without a file whose subject asks for the form, from one unit's registered address."""
    has_file = any(part.filename for part in mail.parts)
    if here.campaign.incident_form is None or has_file or ASKS_FOR_FORM not in mail.subject:
        return None
    if unit_by_mail(mail, here.token_key) is not None:  # thanks for a receipt
        return None
    address = mail.sender_address.lower()
    units = [unit for unit in here.units.values() if address in {each.email.lower() for each in unit.contacts}]
    if len(units) != 1:
        return None
    to = units[0]
    return form_letter(here, to, to, str(row.id), as_of, reply_to=mail.message_id or None, address=mail.sender_address)


def _sender(here: Running, about: CampaignUnit, address: str) -> CampaignUnit | None:
    for unit in (about, *collectors(here, about.code, tree_today(here))):
        if address.lower() in {contact.email.lower() for contact in unit.contacts}:
            return unit
    return None


def record_report(here: Running, connection: Connection, report: Reported, as_of: datetime) -> str | None:
    """Write the chain, the deeds and every mail about it. Says why a person must look, if so."""
    if incidents.is_known(connection, report.row.id, report.part.path):
        return None
    values = plain(report.ledger, here.zone) if report.ledger else {}
    if report.ledger is None or is_blank(values):
        findings = [each for each in report.review.findings if each.level == "error"]
        letter = form_letter(
            here, report.sender, report.about, f"{report.row.id}/{report.part.path}", as_of,
            findings=findings, reply_to=report.mail.message_id or None, address=report.address,
        )  # fmt: skip
        outbox.plan(connection, [letter])
        return None
    known = incidents.of_campaign(connection, here.name, [report.about.code])
    joined = join(values, report.about.code, known)
    if joined.incident is None and joined.rule:
        _answer_unjoined(here, connection, report, as_of)
        return "【急】续报没有写明是哪一件事件"
    _take(here, connection, report, values, joined.incident, joined.rule, known, as_of)
    return None


def _answer_unjoined(here: Running, connection: Connection, report: Reported, as_of: datetime) -> None:
    assert report.ledger is not None
    cell = report.ledger.fact_cells.get("incident_no", "")
    finding = structural("IC-001", report.ledger.sheet, cell, found=str(report.ledger.facts.get("incident_no") or ""))
    letter = receipt_letter(
        here, report.sender, report.about, as_of,
        received_at=report.row.received_at, incident=None, entry=None, findings=[finding, *report.review.findings],
        original=report.part.content, told=(), acts=frozenset(), round_=f"{report.row.id}/{report.part.path}",
        reply_to=report.mail.message_id or None, address=report.address,
    )  # fmt: skip
    outbox.plan(connection, [letter])


def _take(
    here: Running, connection: Connection, report: Reported, values: dict[str, Any], before: Incident | None,
    rule: str, known: Sequence[Incident], as_of: datetime,
) -> None:  # fmt: skip
    assert report.ledger is not None
    findings = [*_of_chain(here, report.ledger, values, before, rule), *report.review.findings]
    hidden = kept_back(report.ledger, findings)
    told = {key: value for key, value in values.items() if key not in hidden}
    year = report.row.received_at.astimezone(here.zone).year
    number = before.incident_no if before else next_number(report.about.code, year, known)
    entry = Entry(
        here.name, number, 0, KIND_OF.get(str(values.get("report_kind")), "follow" if before else "first"),
        report.about.code, report.sender.code, report.row.received_at, as_of,
        {
            "values": told,
            "kept_back": sorted(hidden),
            "verdict": "accepted" if is_acceptable(findings) else "returned",
            "findings": [asdict(each) for each in findings],
            "file_name": masked(report.part.filename or "", "prose")[:200],
            "sha256": sha256(report.part.content).hexdigest(),
        },
        report.row.id, report.part.path,
    )  # fmt: skip
    incident = extended(before, [entry])
    ancestors = offices_above(tree_of(here, connection, as_of), report.about.code)
    routes = routing(here.campaign, incident.values, incident.about, ancestors)
    changes = changed(before, told) if before else list(told)
    is_news = before is None or bool(changes) or before.in_correction or entry.kind == "final"
    offices = _offices(routes, incident, report.sender.code, ancestors) if is_news else []
    alarms, deeds = _deeds(here, incident, routes, offices, changes, as_of)
    whole = extended(incident, deeds)
    incidents.add(connection, whole.entries[len(before.entries) if before else 0 :])
    receipt = receipt_letter(
        here, report.sender, report.about, as_of,
        received_at=report.row.received_at, incident=whole, entry=incident.entries[-1], findings=findings,
        original=report.part.content, told=[each.unit for each in offices], acts=routes.acts,
        round_=str(incident.entries[-1].step), reply_to=report.mail.message_id or None, address=report.address,
    )  # fmt: skip
    outbox.plan(connection, [*alarms, receipt])


def _of_chain(
    here: Running, ledger: Ledger, values: dict[str, Any], before: Incident | None, rule: str
) -> list[Finding]:
    """What only the chain can judge."""
    found = []
    if rule and before is not None:
        cell = ledger.fact_cells.get("incident_no", "")
        found.append(structural(rule, ledger.sheet, cell, number=before.incident_no))
    if before is not None and before.is_closed:
        found.append(structural("IC-005", ledger.sheet))
    if values.get("report_kind") == "终报" and (lacking := lacking_at_the_end(before, values)):
        titles = [fact.title for fact in incident_form(here).facts if fact.key in lacking]
        cell = ledger.fact_cells.get("report_kind", "")
        found.append(structural("IC-004", ledger.sheet, cell, found="终报", titles="、".join(titles)))
    return found


def _offices(routes: Routing, incident: Incident, sender: str, ancestors: Sequence[CampaignUnit]) -> list[Route]:
    """Those the campaign's lines name, and those told before, who must hear of every change; nearest first."""
    named = {each.unit: each for each in routes.routes}
    before = {code: Route(code, ()) for code in incident.told}
    found = {**before, **named}
    order = [each.code for each in ancestors]
    return [found[code] for code in order if code in found and code != sender]


def _deeds(
    here: Running,
    incident: Incident,
    routes: Routing,
    offices: Sequence[Route],
    changes: Sequence[str],
    as_of: datetime,
) -> tuple[list[OutboxRow], list[Entry]]:
    entry = incident.entries[-1]
    base = Entry(here.name, incident.incident_no, 0, "told", incident.about, "", as_of, as_of)
    alarms, deeds = [], []
    for route in offices:
        letter = alarm_letter(here, route, routes, incident, entry, changes, as_of)
        alarms.append(letter)
        data = {"cases": list(route.cases), "pass_on": list(route.pass_on), "message_id": letter.message_id}
        deeds.append(replace(base, unit=route.unit, data=data))
    police = incident.moments("police_at")
    if police and incident.deed("police") is None:
        deeds.append(replace(base, kind="police", unit=entry.unit, at=police[0]))
    if "filing" in routes.acts and incident.deed("filed") is None and routes.filed_with:
        deeds.append(replace(base, kind="filed", unit=routes.filed_with))
    return alarms, deeds
