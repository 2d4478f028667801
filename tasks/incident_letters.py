"""What goes out about an incident: the form, the receipt with its number, the alarms to the offices above."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from oneledger.adapters.workbook_markup import MarkupError, mark_up
from oneledger.adapters.workbook_stamp import stamp
from oneledger.domain import tokens
from oneledger.domain.assignments import CampaignUnit
from oneledger.domain.campaigns import INCIDENT
from oneledger.domain.findings import Finding
from oneledger.domain.forms import Form
from oneledger.domain.incident_clocks import clock_states
from oneledger.domain.incident_routes import Route, Routing
from oneledger.domain.incident_words import clocks_in_words, facts_in_words, late_text
from oneledger.domain.incidents import Entry, Incident, step_title
from oneledger.domain.mailing import Attachment
from oneledger.domain.notices import Key, Notice, chinese_moment, workbook_name
from oneledger.domain.pupil_masking import is_withheld
from oneledger.domain.workbooks import Fill
from oneledger.store.outbox import OutboxRow
from tasks.office import Running

ALWAYS = "随时"


def incident_form(here: Running) -> Form:
    return here.forms[here.campaign.incident_form or ""]


def offices_above(here: Running, code: str) -> list[CampaignUnit]:
    """Nearest first; one without a mail box cannot be told, so the next above is told instead."""
    return [each for each in here.ancestors(code) if each.contacts]


def make_incident_workbook(here: Running, about: CampaignUnit, incident_no: str = "") -> tuple[str, bytes]:
    """The file name and the bytes; with the number printed where it is for a follow-up."""
    spec, plan = here.incident_master(about.level)
    parent = here.units.get(about.parent or "")
    known = {
        "campaign.title": here.campaign.title, "phase.title": spec.phase_title, "phase.period": ALWAYS,
        "unit.code": about.code, "unit.name": about.name, "unit.due_text": "发现后立即报",
        "parent.name": parent.name if parent else "", "incident.no": incident_no,
    }  # fmt: skip
    facts = {
        form.form: {fact.key: text for fact in form.facts if (text := known.get(fact.prefill or ""))}
        for form in spec.sheets
    }
    token = here.incident_token(about, tokens.TokenKind.INCIDENT)
    title = "续报" if incident_no else "事件报告"
    name = workbook_name(spec.forms[0].code.replace("-", ""), about, title)
    return name, stamp(plan, Fill(token, about.code, about.name, facts))


def incident_context(here: Running, to: CampaignUnit, about: CampaignUnit) -> dict[str, Any]:
    campaign = here.campaign
    return {
        "campaign": {"title": campaign.title, "document_no": campaign.document_no},
        "phase": {"title": incident_form(here).title},
        "unit": {"code": to.code, "name": to.name},
        "school": {"code": about.code, "name": about.name},
        "office": {"name": campaign.issuer, "contact": ""},
        "sender_name": here.office.mail.sender.name,
        "due_text": "",
    }


def form_letter(
    here: Running, to: CampaignUnit, about: CampaignUnit, round_: str, at: datetime, *,
    findings: Sequence[Finding] = (), reply_to: str | None = None, address: str | None = None,
) -> OutboxRow:  # fmt: skip
    """The empty form, asked for or in the place of one that could not be read."""
    name, content = make_incident_workbook(here, about)
    context = incident_context(here, to, about) | {"findings": list(findings), "file_name": name}
    key = Key(here.name, INCIDENT, to.code, f"{INCIDENT}/{about.code}", Notice.INCIDENT_FORM, round_)
    return here.letter(
        key, context, to, at,
        files=(Attachment(name, content),), reply_to=reply_to, address=address, incident_of=about,
    )  # fmt: skip


def receipt_letter(
    here: Running, to: CampaignUnit, about: CampaignUnit, at: datetime, *,
    received_at: datetime, incident: Incident | None, entry: Entry | None, findings: Sequence[Finding], original: bytes,
    told: Sequence[str], acts: frozenset[str], round_: str, reply_to: str | None, address: str,
) -> OutboxRow:  # fmt: skip
    """The number of the incident, its clocks, what to mend, and the workbook for the next report."""
    states = clock_states(here.campaign, incident, here.office.calendar) if incident else []
    wrong = [finding for finding in findings if finding.level != "note"]
    marked = _marked(original, findings, about) if wrong and not is_withheld(findings) else ()
    name, content = make_incident_workbook(here, about, incident.incident_no if incident else "")
    context = incident_context(here, to, about) | {
        "incident": {
            "no": incident.incident_no if incident else "",
            "step": step_title(incident, entry) if incident and entry else "",
        },
        "received_at": received_at.astimezone(here.zone),
        "late_text": late_text(states, at) if entry and entry.step == 1 else "",
        "told": [here.units[code].name for code in told],
        "call_police": "police" in acts and incident is not None and not incident.moments("police_at"),
        "clocks": clocks_in_words(states, here.campaign),
        "findings": wrong,
        "error_count": sum(finding.level == "error" for finding in wrong),
        "has_marked_file": bool(marked),
        "is_withheld": is_withheld(findings),
        "notes": [finding.sentence() for finding in findings if finding.level == "note"],
        "file_name": name,
    }
    subject_of = incident.incident_no if incident else f"{INCIDENT}/{about.code}"
    key = Key(here.name, INCIDENT, to.code, subject_of, Notice.INCIDENT_RECEIPT, round_)
    files = (*marked, Attachment(name, content))
    return here.letter(key, context, to, at, files=files, reply_to=reply_to, address=address, incident_of=about)


def _marked(original: bytes, findings: Sequence[Finding], about: CampaignUnit) -> tuple[Attachment, ...]:
    try:
        return (Attachment(workbook_name("QL09", about, "待更正"), mark_up(original, findings)),)
    except MarkupError:
        return ()


def alarm_letter(
    here: Running, route: Route, routes: Routing, incident: Incident, entry: Entry, changes: Sequence[str], at: datetime
) -> OutboxRow:
    to, about = here.units[route.unit], here.units[incident.about]
    states = clock_states(here.campaign, incident, here.office.calendar)
    values, form = incident.values, incident_form(here)
    is_first = entry.step == 1
    police = incident.moments("police_at")
    context = incident_context(here, to, about) | {
        "incident": {"no": incident.incident_no, "step": step_title(incident, entry)},
        "received_at": entry.at.astimezone(here.zone),
        "cases": list(route.cases),
        "pass_on": list(route.pass_on),
        "late_text": late_text(states, at) if is_first else "",
        "in_correction": incident.in_correction,
        "call_police": "police" in routes.acts and not police,
        "police_text": chinese_moment(police[0], here.campaign) if police else "",
        "is_filing": "filing" in routes.acts and routes.filed_with == route.unit,
        "is_first": is_first,
        "clocks": clocks_in_words(states, here.campaign),
        "changed": [] if is_first else facts_in_words(form, values, here.campaign, changes),
        "change_note": str(entry.data["values"].get("change_note", "")),
        "facts": facts_in_words(form, values, here.campaign),
    }
    key = Key(here.name, INCIDENT, to.code, incident.incident_no, Notice.INCIDENT_ALARM, str(entry.step))
    return here.letter(key, context, to, at, incident_of=about)
