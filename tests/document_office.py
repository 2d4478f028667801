"""A small campaign of documents with its own store, archive and mail box: one county, three schools, no Prefect server."""

import io
import shutil
from datetime import datetime, timedelta
from email.message import EmailMessage
from email.policy import SMTP
from pathlib import Path
from zoneinfo import ZoneInfo

import yaml
from docx import Document
from PIL import Image, ImageDraw
from sqlalchemy import text

from oneledger.domain.units import Contact, Level, Unit
from oneledger.store import units
from tasks.asking import asked, open_phase, units_to_ask
from tasks.intake import take_in_mail
from tasks.launching import arm_campaign, make_plan
from tasks.office import office, running
from tasks.reviewing import reviewed
from tests.conftest import CONFIG

NAME = "papers-2024"
ZONE = ZoneInfo("Asia/Shanghai")
OPENED = datetime(2024, 7, 1, 9, tzinfo=ZONE)
COUNTY, FIRST, SECOND, THIRD = "640122", "3164000001", "3164000002", "3164000003"
NAMES = {
    COUNTY: "测试县教育体育局",
    FIRST: "测试县城关第一小学",
    SECOND: "测试县河东第二小学",
    THIRD: "测试县南门初级中学",
}
STAGES = {FIRST: "小学", SECOND: "小学", THIRD: "初中"}
CAMPAIGN = """
campaign: papers-2024
title: 测试县防范欺凌专项行动
document_no: 测教发〔2024〕7号
issuer: 测试县教育体育局
root: "640122"
purpose: 汇总各校做法
legal_basis: 测试
retain_until: 2030-07-31
lead_days: {county: 0, school: 0}
reminders:
  rungs: [{rung: T-1, days: -1}, {rung: T+1, days: 1}]
  digests: [{rung: T+1, days: 1, at: 09:30}]
phases:
  - {phase: improve, kind: inspect, title: 深化提高, opens_on: 2024-07-01, ends_on: 2024-07-31}
duties:
  - {duty: 1, phase: improve, text: 报送总结和经验材料, actors: [school], report_by: 2024-07-15, office: {name: 综合办}}
deliverables:
  - {deliverable: basics, title: 基本情况统计表, phase: improve, duty: 1, respondents: {levels: [school]}, forms: [basics-v1], sealed: true}
  - deliverable: summary
    title: 工作总结
    phase: improve
    duty: 1
    kind: document
    respondents: {levels: [school]}
    formats: [docx, doc, pdf]
    sealed: true
    checks: [placeholders, names, document-numbers, figures]
  - deliverable: articles
    title: 经验材料
    phase: improve
    duty: 1
    kind: document
    respondents: {levels: [school]}
    formats: [docx, pdf]
    at_most: 3
    is_soft: true
    is_compiled: true
    checks: [placeholders, names, copied]
    pictures: {at_most: 3}
  - deliverable: pictures
    title: 开展活动的图片
    phase: improve
    duty: 1
    kind: document
    respondents: {levels: [school]}
    formats: [jpg, png, heic]
    pictures: {at_least: 2, at_most: 4, most_mb: 2, least_side: 600}
"""


class DocumentOffice:
    """Armed and asked; ``receive`` hands in a school's reply and judges it as the collect flow would."""

    def __init__(self, folder: Path, monkeypatch, database_url: str = "", armed: Path | None = None) -> None:
        """``armed``: the folder of another office, which is gone on with in a copy."""
        if armed is None:
            _furnish(folder)
        else:
            shutil.copytree(armed, folder, dirs_exist_ok=True)
            mail = (armed / "mail.yaml").read_text(encoding="utf-8").replace(str(armed), str(folder))
            (folder / "mail.yaml").write_text(mail, encoding="utf-8")
        self.box, self.count = folder / "collect", 0
        monkeypatch.setenv("ONELEDGER_CONFIG", str(folder / "config"))
        monkeypatch.setenv("ONELEDGER_DATA", str(folder / "data"))
        monkeypatch.setenv("ONELEDGER_MAIL", str(folder / "mail.yaml"))
        monkeypatch.setenv("ONELEDGER_DATABASE_URL", database_url)
        if armed is None:
            _arm_and_ask()

    def receive(self, unit: str, *files: tuple[str, bytes], at: datetime | None = None) -> list[dict]:
        """The mails that answer it: {kind, subject, text}."""
        before = len(self.rows("SELECT id FROM outbox"))
        self.count += 1
        letter = EmailMessage(policy=SMTP)
        letter["From"] = f"{unit}@school.invalid"
        letter["To"] = "ledger@ledger.invalid"
        letter["In-Reply-To"] = self.rows("SELECT message_id FROM outbox WHERE kind = 'ask' AND unit = :u", u=unit)[0][
            0
        ]
        letter["Message-ID"] = f"<{self.count}@school.invalid>"
        letter["Subject"] = "回复"
        letter.set_content("见附件。")
        for name, content in files:
            letter.add_attachment(content, maintype="application", subtype="octet-stream", filename=name)
        (self.box / "new" / f"{self.count:04}.x").write_bytes(bytes(letter))
        at = at or OPENED + timedelta(days=1, minutes=self.count)
        work = take_in_mail.fn(NAME, at)
        reviewed(NAME, work, at)
        return self.letters(before)

    def letters(self, after: int = 0) -> list[dict]:
        rows = self.rows(
            "SELECT o.kind, o.subject, c.content, o.unit FROM outbox o JOIN outbox_content c ON c.outbox = o.id ORDER BY o.id"
        )
        return [{"kind": r[0], "subject": r[1], "text": _text_of(bytes(r[2])), "unit": r[3]} for r in rows[after:]]

    def rows(self, query: str, **values: object) -> list:
        with office().store.read() as connection:
            return list(connection.execute(text(query), values))

    def standing(self, unit: str, deliverable: str) -> tuple[str, str]:
        """(status, seal)."""
        query = "SELECT status, seal FROM assignment WHERE unit = :u AND deliverable = :d"
        return tuple(self.rows(query, u=unit, d=deliverable)[0])

    @property
    def running(self):
        return running(NAME)


def _furnish(folder: Path) -> None:
    shutil.copytree(CONFIG, folder / "config")
    (folder / "config" / "campaigns" / f"{NAME}.yaml").write_text(CAMPAIGN, encoding="utf-8")
    for each in ("new", "cur", "tmp"):
        (folder / "collect" / each).mkdir(parents=True)
    mail = yaml.safe_load((CONFIG / "mail.yaml").read_text(encoding="utf-8"))
    mail["collect"]["maildir"] = str(folder / "collect")
    (folder / "mail.yaml").write_text(yaml.safe_dump(mail, allow_unicode=True), encoding="utf-8")


def _arm_and_ask() -> None:
    with office().store.write() as connection:
        units.import_units(connection, make_units(), OPENED.date())
    mails = make_plan.fn(NAME, OPENED - timedelta(days=1)).mails
    arm_campaign.fn(NAME, OPENED - timedelta(days=1), typed_name=NAME, typed_mails=mails, by="试")
    open_phase(NAME, "improve", OPENED)
    for ids in units_to_ask(NAME, "improve").values():
        asked(NAME, ids, OPENED)


def make_units() -> list[Unit]:
    schools = [
        Unit(code, NAMES[code], Level.SCHOOL, COUNTY, stage=stage, contacts=(Contact("", f"{code}@school.invalid"),))
        for code, stage in STAGES.items()
    ]
    return [Unit(COUNTY, NAMES[COUNTY], Level.COUNTY, contacts=(Contact("", "county@bureau.invalid"),)), *schools]


def _text_of(content: bytes) -> str:
    from email import message_from_bytes
    from email.policy import default

    body = message_from_bytes(content, policy=default).get_body(("plain",))
    return body.get_content() if body else ""


def make_docx(*paragraphs: str, heading: str = "", picture: bytes | None = None) -> bytes:
    document = Document()
    if heading:
        document.add_heading(heading, 1)
    for each in paragraphs:
        document.add_paragraph(each)
    if picture is not None:
        document.add_picture(io.BytesIO(picture))
    document.core_properties.author = "某老师"
    made = io.BytesIO()
    document.save(made)
    return made.getvalue()


def make_picture(
    width: int = 1200, height: int = 900, *, with_place: bool = False, seal: bool = False, kind: str = "JPEG"
) -> bytes:
    image = Image.new("RGB", (width, height), "white")
    if seal:
        ImageDraw.Draw(image).ellipse(
            (width // 2, height // 2, width // 2 + 200, height // 2 + 200), outline=(200, 20, 30), width=16
        )
    exif = Image.Exif()
    if with_place:
        exif[0x010F] = "Phone"
        place = exif.get_ifd(0x8825)
        place[1], place[2] = "N", (38.0, 30.0, 1.0)
        exif[0x8825] = place
    made = io.BytesIO()
    image.save(made, kind, exif=exif)
    return made.getvalue()
