"""A small office for tests of incidents: a few units, real store, real workbooks filled as a school fills them."""

import itertools
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from copy import copy
from datetime import datetime
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import SMTP as SMTP_POLICY
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import select

from oneledger.adapters.mail_parse import ParsedMail, parse_mail
from oneledger.domain.incidents import Incident
from oneledger.domain.units import Contact, Level, Unit
from oneledger.store import incidents, schema as t, units
from rehearsal.filler import Habit, Meant, fill, open_book
from tasks.incident_letters import make_incident_workbook
from tasks.intake import take_in_mail
from tasks.launching import arm_campaign
from tasks.office import Running, office, running
from tasks.reviewing import review_pack

NAME = "liaoning-2021"
CHINA = ZoneInfo("Asia/Shanghai")
PROVINCE, CITY, COUNTY, SCHOOL, OTHER = "210000", "210100", "210102", "2121000001", "2121000002"
_numbers = itertools.count(1)

FIRST = {
    "report_kind": "首报", "found_at": "2021-03-10 09:30", "occurred_at": "2021-03-10 08:50", "place": "操场",
    "grade": ["七年级", "八年级"], "n_doers": 2, "n_victims": 1, "means": ["肢体", "语言"], "cause": "学生甲与学生丙在队列中争执",
    "course": "课间学生甲、学生乙推打学生丙，值班教师制止", "harm": ["轻微伤"], "judgement": "疑似欺凌", "severity": "情节轻微",
    "attention": "无", "steps_taken": ["制止", "通知双方家长"], "police_in": "否",
}  # fmt: skip
SERIOUS = FIRST | {"severity": "情节严重或屡教不改"}


def at(month: int, day: int, hour: int = 9, minute: int = 0) -> datetime:
    return datetime(2021, month, day, hour, minute, tzinfo=CHINA)


def _unit(code: str, name: str, level: Level, above: str | None) -> Unit:
    return Unit(code, name, level, above, contacts=(Contact("办公室", f"{code}@x.invalid"),))


UNITS = [
    _unit(PROVINCE, "测试省教育厅", Level.PROVINCE, None),
    _unit(CITY, "测试市教育局", Level.CITY, PROVINCE),
    _unit(COUNTY, "测试区教育局", Level.COUNTY, CITY),
    _unit(SCHOOL, "测试区第一中学", Level.SCHOOL, COUNTY),
    *(_unit(str(int(SCHOOL) + n), f"测试区第{n + 1}小学", Level.SCHOOL, COUNTY) for n in range(1, 30)),
]
MAIL = """sender: {{name: 专班, address: ledger@ledger.invalid, host: 127.0.0.1, port: 1, security: none}}
collect: {{address: ledger@ledger.invalid, reply: plus, maildir: {maildir}}}
"""


class SmallOffice:
    """``school``: whose incidents are spoken of."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.school = SCHOOL
        with office().store.write() as connection:
            units.import_units(connection, UNITS, at(1, 1).date())
        arm_campaign.fn(NAME, at(2, 20), typed_name=NAME, typed_mails=len(UNITS), by="测试")

    def of(self, school: str) -> "SmallOffice":
        """The same office, speaking of another school."""
        view = copy(self)
        view.school = school
        return view

    @property
    def no(self) -> str:
        return f"{self.school}-2021-SJ01"

    @property
    def here(self) -> Running:
        return running(NAME)

    def filled(self, blank: bytes, facts: Mapping[str, object], day: str = "2021-03-10") -> bytes:
        forms = self.here.incident_forms("school")
        cover = {"filler": "李老师", "phone": "024-86891234", "auditor": "副校长", "fill_date": day}
        book = open_book(blank, Habit())
        fill(book, forms, Meant({"cover": cover, "incident": dict(facts)}), Habit())
        return book.saved()

    def write(self, sender: str, content: bytes | None, when: datetime, **headers: str) -> None:
        """One mail falls into the collecting box."""
        mail = EmailMessage(policy=SMTP_POLICY)
        mail["From"] = sender
        mail["To"] = headers.pop("To", "ledger@ledger.invalid")
        mail["Subject"] = headers.pop("Subject", "事件报告")
        mail["Message-ID"] = f"<{next(_numbers)}@x.invalid>"
        for name, value in headers.items():
            mail[name.replace("_", "-")] = value
        mail.set_content("见附件。")
        if content is not None:
            kind = {"maintype": "application", "subtype": "vnd.openxmlformats-officedocument.spreadsheetml.sheet"}
            mail.add_attachment(content, filename="report.xlsx", **kind)
        path = self.folder / "mail" / "new" / f"{next(_numbers)}.x"
        path.write_bytes(bytes(mail))
        os.utime(path, (when.timestamp(), when.timestamp()))

    def collect(self, when: datetime) -> dict[str, int]:
        """One collection run, as the flow does it."""
        tally = review_pack.fn(NAME, take_in_mail.fn(NAME, when), when, "test", is_one_of_many=False)
        return {key: count for key, count in vars(tally).items() if count}

    def report(self, facts: Mapping[str, object], when: datetime, code: str = "") -> dict[str, int]:
        code = code or self.school
        _, blank = make_incident_workbook(self.here, self.here.units[code])
        self.write(f"{code}@x.invalid", self.filled(blank, facts), when)
        return self.collect(when)

    def letters(self, kind: str) -> list[tuple[str, str, str]]:
        """(to, about, round) of every mail of a kind, in order."""
        c = t.outbox.c
        with office().store.read() as connection:
            query = select(c.unit, c.subject_of, c.round).where(c.kind == kind, c.subject_of.contains(self.school))
            return [tuple(row) for row in connection.execute(query.order_by(c.id))]

    def mail(self, kind: str, to: str, number: int = -1) -> ParsedMail:
        c = t.outbox.c
        query = (
            select(t.outbox_content.c.content)
            .join(t.outbox, c.id == t.outbox_content.c.outbox)
            .where(c.kind == kind, c.unit == to, c.subject_of.contains(self.school))
            .order_by(c.id)
        )
        with office().store.read() as connection:
            return parse_mail(list(connection.execute(query).scalars())[number])

    def reply_address(self, kind: str, to: str) -> str:
        c = t.outbox.c
        query = select(t.outbox_content.c.content).join(t.outbox, c.id == t.outbox_content.c.outbox)
        with office().store.read() as connection:
            content = (
                connection.execute(query.where(c.kind == kind, c.unit == to).order_by(c.id.desc())).scalars().first()
            )
        return message_from_bytes(content)["Reply-To"]

    def incidents(self) -> list[Incident]:
        with office().store.read() as connection:
            return [each for each in incidents.of_campaign(connection, NAME) if self.school in (each.about, SCHOOL)]


@contextmanager
def small_office(folder: Path, monkeypatch: pytest.MonkeyPatch, url: str = "") -> Iterator[SmallOffice]:
    for name in ("new", "cur", "tmp"):
        (folder / "mail" / name).mkdir(parents=True)
    (folder / "mail.yaml").write_text(MAIL.format(maildir=folder / "mail"), encoding="utf-8")
    monkeypatch.setenv("ONELEDGER_DATA", str(folder / "data"))
    monkeypatch.setenv("ONELEDGER_MAIL", str(folder / "mail.yaml"))
    monkeypatch.setenv("ONELEDGER_DATABASE_URL", url)
    yield SmallOffice(folder)
    office().store.close()
