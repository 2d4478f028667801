"""A whole campaign without Prefect's server or a mail server: real tasks, store, workbooks and mails; the test is the
school. For rules that live in more than one module."""

import email.policy
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from email.message import EmailMessage
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
import yaml

from oneledger.adapters.mail_parse import parse_mail
from oneledger.domain.units import Contact, Level, Unit
from oneledger.store import inbox, outbox, units
from rehearsal.filler import Habit, Meant, fill, open_book
from tests.conftest import CONFIG

CHINA = ZoneInfo("Asia/Shanghai")
ROOT, CITY, COUNTY, SCHOOL, OTHER, DIRECT = "210000", "210100", "210102", "2121000001", "2121000002", "2121000003"
COVER = {"filler": "经办人", "phone": "024-86891234", "auditor": "分管领导", "head": "负责人"}


def at(text: str) -> datetime:
    """2021-03-15 or 2021-03-15T10:00, local time."""
    return datetime.fromisoformat(text).replace(tzinfo=CHINA)


def make_units(*, incidents: tuple[str, ...] = (), more: int = 0) -> list[Unit]:
    """Province, city, county, two schools of the county (``more``: so many beside), one directly under the city."""

    def unit(code: str, name: str, level: Level, parent: str | None) -> Unit:
        stage = "小学" if level is Level.SCHOOL else None
        contacts = (Contact("办公室", f"{code}@x.invalid"),)
        return Unit(code, name, level, parent, stage=stage, contacts=contacts, has_earlier_incidents=code in incidents)

    return [
        unit(ROOT, "虚拟省教育厅", Level.PROVINCE, None),
        unit(CITY, "虚拟市教育局", Level.CITY, ROOT),
        unit(COUNTY, "虚拟区教育局", Level.COUNTY, CITY),
        unit(SCHOOL, "望湖路小学", Level.SCHOOL, COUNTY),
        unit(OTHER, "柳林小学", Level.SCHOOL, COUNTY),
        unit(DIRECT, "市实验小学", Level.SCHOOL, CITY),
        *(unit(f"{int(DIRECT) + 1 + n}", f"第{n + 1}小学", Level.SCHOOL, COUNTY) for n in range(more)),
    ]


def make_campaign(name: str, year: int, **changes) -> dict:
    """Two phases: a ledger with a self-check, then rectification."""
    return {
        "campaign": name,
        "title": f"{year}年专项治理行动",
        "document_no": f"虚教函〔{year}〕5号",
        "issuer": "虚拟省教育厅",
        "root": ROOT,
        "purpose": "摸清现状，督促整改",
        "legal_basis": "《未成年人保护法》第三十九条",
        "retain_until": f"{year + 3}-07-31",
        "lead_days": {"province": 0, "city": 0, "county": 0, "school": 0},
        "reminders": {"rungs": [{"rung": "T-1", "days": -1}]},
        "phases": [
            {"phase": "deploy", "kind": "deploy", "title": "部署摸底", "opens_on": f"{year}-03-01", "ends_on": f"{year}-03-31"},
            {"phase": "rectify", "kind": "rectify", "title": "集中整治", "opens_on": f"{year}-05-24", "ends_on": f"{year}-06-30"},
        ],
        "duties": [
            {"duty": 1, "phase": "deploy", "text": "排查建账", "actors": ["school"], "report_by": f"{year}-03-19"},
            {"duty": 2, "phase": "rectify", "text": "逐条整改", "actors": ["school"], "report_by": f"{year}-06-11"},
        ],
        "deliverables": [
            {"deliverable": "find", "title": "排查台账", "phase": "deploy", "duty": 1, "respondents": {"levels": ["school"]}, "forms": ["ledger-v1", "selfcheck-v1"]},
            {"deliverable": "mend", "title": "整改台账", "phase": "rectify", "duty": 2, "respondents": {"levels": ["school"], "with_open_problems": True}, "forms": ["rectify-v1"]},
        ],
        **changes,
    }  # fmt: skip


@dataclass
class SmallOffice:
    """``answered``: mails taken in so far, for their numbers."""

    name: str
    answered: int = field(default=0)

    @property
    def here(self):
        from tasks.office import running

        return running(self.name)

    @property
    def store(self):
        return self.here.office.store

    def open(self, phase: str, moment: datetime) -> dict[str, EmailMessage]:
        """Ask everybody who owes something; the mails by the unit that gets them."""
        from tasks.asking import ask, open_phase, units_to_ask

        open_phase(self.name, phase, moment)
        ids = [number for county in units_to_ask(self.name, phase).values() for number in county]
        ask.fn(self.name, ids, moment, "test", is_one_of_many=False)
        return {
            mail["To"].addresses[0].username: mail
            for mail in self.mails("ask")
            if f"/{phase}/" in mail["X-OneLedger-Kind"]
        }

    def mails(self, kind: str) -> list[EmailMessage]:
        """Every mail of a kind in the outbox, in the order planned."""
        from sqlalchemy import select

        from oneledger.store import schema as t

        query = (
            select(t.outbox_content.c.content)
            .join(t.outbox, t.outbox.c.id == t.outbox_content.c.outbox)
            .where(t.outbox.c.campaign == self.name, t.outbox.c.kind == kind)
            .order_by(t.outbox.c.id)
        )
        with self.store.read() as connection:
            return [
                email.message_from_bytes(each, policy=email.policy.default)
                for each in connection.execute(query).scalars()
            ]

    def planned(self) -> list[tuple[str, str, str, int]]:
        with self.store.read() as connection:
            return outbox.counts(connection, self.name)

    def answer(self, asked: EmailMessage, deliverable: str, unit: str, moment: datetime, **said):
        """The unit fills in its workbook and replies; the real review judges it. Returns the tally."""
        return self.take(self.reply(asked, deliverable, unit, moment, **said), moment)

    def take_all(self, mails: list[EmailMessage], moment: datetime):
        """As below, in one look."""
        from tasks.reviewing import review_pack

        new = [self._take_in(each.as_bytes(policy=email.policy.SMTP), moment) for each in mails]
        return review_pack.fn(self.name, {COUNTY: new[-1]}, moment, "test", is_one_of_many=False)

    def take(self, mail: EmailMessage | bytes, moment: datetime, county: str = COUNTY):
        """Archived, recorded and judged like any mail; None of it where the mail stays new elsewhere."""
        from tasks.reviewing import review_pack

        content = mail if isinstance(mail, bytes) else mail.as_bytes(policy=email.policy.SMTP)
        return review_pack.fn(self.name, {county: self._take_in(content, moment)}, moment, "test", is_one_of_many=False)

    def reply(
        self, asked: EmailMessage, deliverable: str, unit: str, moment: datetime, *, facts=None, rows=None,
        subject: str = "", body: str = "请查收。", file_name: str = "", changed=bytes,
    ):  # fmt: skip
        """What the unit would send. ``changed``: what it does to its file besides filling it in."""
        forms = self.here.forms_of(self.here.campaign.deliverable(deliverable), self.here.units[unit].level)
        part = next(each for each in parse_mail(asked.as_bytes()).parts if (each.filename or "").endswith(".xlsx"))
        book = open_book(part.content, Habit())
        cover = {**COVER, "fill_date": moment.date()}
        fill(book, forms, Meant({"cover": cover, **(facts or {})}, rows or {}), Habit())
        reply = EmailMessage()
        reply["From"] = asked["To"]
        reply["To"] = asked["Reply-To"]
        reply["Subject"] = subject or f"回复：{asked['Subject']}"
        reply["In-Reply-To"] = asked["Message-ID"]
        reply["Message-ID"] = f"<{self.answered}@{unit}.invalid>"
        reply.set_content(body)
        kind = {"maintype": "application", "subtype": "vnd.openxmlformats-officedocument.spreadsheetml.sheet"}
        reply.add_attachment(changed(book.saved()), filename=file_name or part.filename, **kind)
        return reply

    def _take_in(self, content: bytes, moment: datetime) -> list[int]:
        self.answered += 1
        row = {
            "account": "a", "folder": "INBOX", "uidvalidity": "1", "uid": f"{self.name}-{self.answered}", "received_at": moment,
            "sha256": self.here.office.archive.put(content), "taken_at": moment, "size": len(content),
            "campaign": self.name, "county": COUNTY, "state": "new",
        }  # fmt: skip
        with self.store.write() as connection:
            assert inbox.record(connection, [row]) == 1
            return inbox.new_by_county(connection, self.name)[self.name, COUNTY]


@contextmanager
def opened(folder: Path, campaigns: list[dict], monkeypatch: pytest.MonkeyPatch, url: str = "", **listed):
    """Offices of armed campaigns over one store; the project's own forms and calendar."""
    config = folder / "config"
    (config / "campaigns").mkdir(parents=True)
    for kind in ("forms", "calendar", "mail.yaml"):
        (config / kind).symlink_to(CONFIG / kind)
    for each in campaigns:
        text = yaml.safe_dump(each, allow_unicode=True, sort_keys=False)
        (config / "campaigns" / f"{each['campaign']}.yaml").write_text(text, encoding="utf-8")
    monkeypatch.setenv("ONELEDGER_CONFIG", str(config))
    monkeypatch.setenv("ONELEDGER_DATA", str(folder / "data"))
    monkeypatch.setenv("ONELEDGER_DATABASE_URL", url)
    from tasks.launching import arm_campaign, make_plan
    from tasks.office import office

    with office().store.write() as connection:
        units.import_units(connection, make_units(**listed), at("2021-01-04").date())
    offices = []
    for each in campaigns:
        name, moment = each["campaign"], at(f"{each['phases'][0]['opens_on']}")
        mails = make_plan.fn(name, moment).mails
        arm_campaign.fn(name, moment, typed_name=name, typed_mails=mails, by="test")
        offices.append(SmallOffice(name))
    yield offices
    office().store.close()
