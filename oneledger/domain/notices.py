"""Which mails there are, how urgent each is, and what each is keyed by: planned once, never planned again."""

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Any
from zoneinfo import ZoneInfo

from oneledger.domain.assignments import Assignment, CampaignUnit
from oneledger.domain.campaigns import Campaign, Deliverable, Phase


class Notice(StrEnum):
    """Also the folder under templates/mail."""

    ASK = "ask"
    INSPECT_ASK = "inspect-ask"
    REMIND = "remind"
    RECEIPT = "receipt"
    CORRECTION = "correction"
    REFUSAL = "refusal"
    PLAN_RECEIVED = "plan-received"
    DOCUMENT_RETURNED = "document-returned"
    DIGEST = "digest"
    ESCALATE = "escalate"
    UNMATCHED = "unmatched"
    REPORT = "report"
    INCIDENT_RECEIPT = "incident-receipt"
    INCIDENT_ALARM = "incident-alarm"
    INCIDENT_CLOCK = "incident-clock"
    INCIDENT_FORM = "incident-form"
    SUPERVISE = "supervise"
    CONFIRM = "confirm"
    ADDRESS_WANTED = "address-wanted"
    CONTACT_CONFIRM = "contact-confirm"
    SIGN_ASK = "sign-ask"
    SIGN_ANSWER = "sign-answer"
    SENT_BACK = "sent-back"
    DRAFT = "draft"
    SUPPLEMENT = "supplement"
    SILENCE = "silence"


PRIORITY: Mapping[Notice, int] = {
    Notice.RECEIPT: 0,  # a person is waiting
    Notice.CORRECTION: 0,
    Notice.REFUSAL: 0,
    Notice.PLAN_RECEIVED: 0,
    Notice.DOCUMENT_RETURNED: 0,
    Notice.INCIDENT_ALARM: 0,
    Notice.INCIDENT_RECEIPT: 0,
    Notice.INCIDENT_FORM: 0,
    Notice.INCIDENT_CLOCK: 1,
    Notice.UNMATCHED: 1,
    Notice.CONFIRM: 0,
    Notice.CONTACT_CONFIRM: 0,
    Notice.ADDRESS_WANTED: 1,
    Notice.SIGN_ANSWER: 0,
    Notice.SENT_BACK: 1,
    Notice.SIGN_ASK: 2,
    Notice.DRAFT: 3,
    Notice.SUPPLEMENT: 3,
    Notice.SILENCE: 0,
    Notice.SUPERVISE: 1,
    Notice.REMIND: 2,
    Notice.DIGEST: 2,
    Notice.ESCALATE: 2,
    Notice.REPORT: 3,
    Notice.ASK: 5,  # bulk
    Notice.INSPECT_ASK: 5,
}

ANSWERS = (Notice.RECEIPT, Notice.CORRECTION, Notice.REFUSAL, Notice.PLAN_RECEIVED, Notice.DOCUMENT_RETURNED)
CASCADE = (Notice.ASK, Notice.INSPECT_ASK)
BRING_WORKBOOKS = (*CASCADE, Notice.SUPERVISE)


@dataclass(frozen=True)
class Key:
    """What makes a mail the same mail: campaign and unit, what it is about, which round of it."""

    campaign: str
    phase: str
    unit: str
    subject_of: str
    notice: Notice
    round: str

    def message_id(self, token: str, domain: str) -> str:
        """The token for matching, then enough of the key to tell apart the mails of one assignment."""
        text = f"{self.campaign}\0{self.unit}\0{self.subject_of}\0{self.notice}\0{self.round}"
        return f"<{token}.{self.notice}.{hashlib.sha256(text.encode()).hexdigest()[:10]}@{domain}>"


def token_expiry(campaign: Campaign) -> date:
    """Two months after the last phase: a late answer must still be recognised."""
    ends = [phase.ends_on for phase in campaign.phases if phase.ends_on]
    return max(ends) + timedelta(days=60) if ends else date(2099, 12, 31)


def chinese_moment(moment: datetime, campaign: Campaign) -> str:
    """2021年3月15日17:00, in the campaign's own time."""
    local = moment.astimezone(ZoneInfo(campaign.timezone))
    return f"{local.year}年{local.month}月{local.day}日{local:%H:%M}"


def common_context(
    campaign: Campaign, phase: Phase, unit: CampaignUnit, due_at: datetime | None, sender_name: str
) -> dict[str, Any]:
    due = due_at.astimezone(ZoneInfo(campaign.timezone)) if due_at else None
    return {
        "campaign": {"title": campaign.title, "document_no": campaign.document_no},
        "phase": {"title": phase.title},
        "unit": {"code": unit.code, "name": unit.name},
        "due": due,
        "due_text": chinese_moment(due, campaign) if due else "",
        "office": {"name": campaign.issuer, "contact": ""},
        "sender_name": sender_name,
        "tag": "",
    }


def office_of(campaign: Campaign, deliverable: Deliverable) -> dict[str, str]:
    office = campaign.duty(deliverable.duty).office
    return {"name": office.name, "contact": office.contact} if office else {"name": campaign.issuer, "contact": ""}


def asked_words(deliverable: Deliverable) -> str:
    """A document as the first mail asks for it; of a workbook only the seal it wants. Empty: nothing more."""
    if deliverable.kind == "workbook":
        return f"“{deliverable.title}”盖章页的扫描件或照片（可以随后发来）" if deliverable.sealed else ""
    asks = []
    if deliverable.is_soft:
        asks.append(f"原则上不少于{deliverable.at_least}份")
    pictures = deliverable.pictures
    if pictures is not None and not deliverable.is_compiled:
        asks.append(f"{pictures.at_least or 1}至{pictures.at_most}张，每张不超过{pictures.most_mb:g}MB，请勿拍学生正面")
    if deliverable.sealed:
        asks.append("电子版，另附盖章页的扫描件或照片，可以随后发来")
    return f"{deliverable.title}（{'；'.join(asks)}）" if asks else deliverable.title


def by_mail(assignments: Iterable[Assignment]) -> dict[str, list[Assignment]]:
    """One mail per respondent: everything it owes in the phase, in order of assignment."""
    grouped: dict[str, list[Assignment]] = {}
    for assignment in assignments:
        grouped.setdefault(assignment.respondent, []).append(assignment)
    return grouped


def workbook_name(form_code: str, unit: CampaignUnit, title: str) -> str:
    """ASCII first and short: QQ and Outlook cut long Chinese names (mail facts 1.3)."""
    return f"{form_code}_{unit.code}_{title[:16]}.xlsx"
