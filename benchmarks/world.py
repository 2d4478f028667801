"""An armed campaign of invented schools in a folder of its own: real settings, store, forms and post office."""

import email.policy
import shutil
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime
from email.message import EmailMessage
from email.parser import BytesParser
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import select

from oneledger.domain.forms import Field, FieldType, Form
from oneledger.domain.units import Contact, Level, Unit
from oneledger.store import assignments, inbox, schema as t, units as unit_store
from rehearsal.filler import Habit, Meant, fill, open_book
from rehearsal.post_office_client import running_post_office
from rehearsal.run import environment
from tasks.asking import open_phase, units_to_ask
from tasks.launching import arm_campaign, make_plan
from tasks.office import office, running

NAME, PROVINCE = "liaoning-2021", "210000"
SCHOOLS_A_COUNTY = 100
LEDGER_ROWS = 20
CHINA = ZoneInfo("Asia/Shanghai")
ARMED_AT = datetime(2021, 2, 20, 9, tzinfo=CHINA)
OPENED_AT = datetime(2021, 2, 24, 9, tzinfo=CHINA)
RETURNED_AT = datetime(2021, 3, 5, 9, tzinfo=CHINA)

GIVEN = {
    "zero_flag": "否", "fill_date": date(2021, 3, 5), "due_on": date(2021, 5, 1), "reported_on": date(2021, 3, 4),
    "item_type": "隐患点", "severity": None, "conclusion": "已落实", "problem": None, "reported_up": "是",
}  # fmt: skip
BY_TYPE = {FieldType.DATE: date(2021, 3, 1), FieldType.YESNO: "是", FieldType.PHONE: "024-86891234"}


def units(schools: int) -> list[Unit]:
    """A province, cities of twenty counties, counties of a hundred schools."""

    def unit(code: str, name: str, level: Level, parent: str | None) -> Unit:
        stage = "小学" if level is Level.SCHOOL else None
        return Unit(code, name, level, parent, stage=stage, contacts=(Contact("办公室", f"u{code}@x.invalid"),))

    counties = [f"21{no // 20 + 1:02}{no % 20 + 1:02}" for no in range(schools // SCHOOLS_A_COUNTY)]
    cities = list(dict.fromkeys(f"{county[:4]}00" for county in counties))
    return [
        unit(PROVINCE, "虚拟省教育厅", Level.PROVINCE, None),
        *(unit(code, f"虚拟{code}市教育局", Level.CITY, PROVINCE) for code in cities),
        *(unit(code, f"虚拟{code}区教育局", Level.COUNTY, f"{code[:4]}00") for code in counties),
        *(
            unit(f"21{no:08}", f"虚拟第{no}小学", Level.SCHOOL, counties[no // SCHOOLS_A_COUNTY])
            for no in range(len(counties) * SCHOOLS_A_COUNTY)
        ),
    ]


@contextmanager
def folder() -> Iterator[Path]:
    """Ours until the block ends; under TMPDIR."""
    made = Path(tempfile.mkdtemp(prefix="oneledger-bench-"))
    try:
        yield made
    finally:
        shutil.rmtree(made, ignore_errors=True)


@dataclass
class World:
    """One armed campaign in this process, and its post office."""

    place: Path
    taken: int = 0

    @property
    def here(self) -> Any:
        return running(NAME)

    def open_deploy(self) -> list[list[int]]:
        """The schools' assignments of the first phase, as many lists as there are counties."""
        open_phase(NAME, "deploy", OPENED_AT)
        by_county = units_to_ask(NAME, "deploy")
        with self.here.office.store.read() as connection:
            schools = {
                each.id
                for each in assignments.of_phase(connection, NAME, "deploy")
                if each.deliverable == "school-deploy"
            }
        return [mine for ids in by_county.values() if (mine := [each for each in ids if each in schools])]

    def asked(self, ids: Sequence[int]) -> list[tuple[str, bytes]]:
        """(address, the mail's bytes) of the first mails to these units, in the order of the outbox."""
        o, body = t.outbox.c, t.outbox_content.c
        query = select(o.address, body.content).join(t.outbox_content, body.outbox == o.id)
        query = query.where(o.assignment.in_(list(ids)), o.kind == "ask").order_by(o.id)
        with self.here.office.store.read() as connection:
            return [(row.address, row.content) for row in connection.execute(query)]

    def reply(self, address: str, asked: bytes) -> bytes:
        """What the school sends back: its workbook filled in, twenty rows of problems in the ledger."""
        mail = BytesParser(policy=email.policy.default).parsebytes(asked)
        part = next(each for each in mail.iter_attachments())
        deliverable = self.here.campaign.deliverable("school-deploy")
        book = open_book(part.get_content(), Habit())
        fill(book, self.here.forms_of(deliverable, "school"), meant(self.here.forms_of(deliverable, "school")), Habit())
        answer = EmailMessage()
        answer["From"], answer["To"] = address, mail["Reply-To"]
        answer["Subject"], answer["In-Reply-To"] = f"回复：{mail['Subject']}", mail["Message-ID"]
        answer["Message-ID"] = f"<{address}>"
        answer.set_content("请查收。")
        subtype = "vnd.openxmlformats-officedocument.spreadsheetml.sheet"
        answer.add_attachment(book.saved(), "application", subtype, filename=part.get_filename())
        return answer.as_bytes(policy=email.policy.SMTP)

    def take_in(self, mails: Sequence[bytes], at: datetime = RETURNED_AT) -> list[int]:
        """Archived, then recorded, as the intake does with a batch."""
        rows = []
        for mail, name in zip(mails, self.here.office.archive.put_many(mails), strict=True):
            self.taken += 1
            rows.append({
                "account": "a", "folder": "f", "uidvalidity": "1", "uid": str(self.taken), "received_at": at,
                "sha256": name, "taken_at": at, "size": len(mail), "campaign": NAME, "county": "c", "state": "new",
            })  # fmt: skip
        with self.here.office.store.write() as connection:
            inbox.record(connection, rows)
            return inbox.new_by_county(connection, NAME)[NAME, "c"]


@contextmanager
def armed(schools: int) -> Iterator[World]:
    """Everything of it is gone when the block ends."""
    with folder() as place, running_post_office(place / "post") as post, environment(place, post):
        arm(schools)
        world = World(place)
        yield world
        world.here.office.store.close()


def arm(schools: int) -> None:
    with office().store.write() as connection:
        unit_store.import_units(connection, units(schools), ARMED_AT.date())
    mails = make_plan.fn(NAME, ARMED_AT).mails
    arm_campaign.fn(NAME, ARMED_AT, typed_name=NAME, typed_mails=mails, by="bench")


def meant(forms: Sequence[Form]) -> Meant:
    facts = {form.form: {fact.key: answer_to(fact, 0) for fact in form.facts if not fact.locked} for form in forms}
    return Meant(facts, {form.form: rows_of(form) for form in forms if form.table is not None})


def rows_of(form: Form) -> list[dict[str, Any]]:
    assert form.table is not None
    numbers = [item.values.get(form.table.key, item.no) for item in form.table.items] or range(1, LEDGER_ROWS + 1)
    return [
        {column.key: answer_to(column, at) for column in form.columns if not column.locked} | {form.table.key: no}
        for at, no in enumerate(numbers)
    ]


def answer_to(field: Field, row: int) -> Any:
    """A sound answer: of its type, within its limits."""
    if field.type in (FieldType.INT, FieldType.NUMBER):
        return row + 1 if field.key == "seq" else 1 if field.key == "lessons" else field.min or 0
    if field.key in GIVEN:
        return GIVEN[field.key]
    if field.choices:
        chosen = field.choices[row % len(field.choices)]
        return [chosen] if field.type == FieldType.MULTI else chosen
    return BY_TYPE.get(field.type, f"第{row}处：对来访人员登记不全，晚自习后三楼走廊无人巡查"[: field.max_len or 40])
