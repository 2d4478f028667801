"""A mail with whatever files, through the real review to its answer: what counts, what is named, what is lost (nothing).

Issue 4, part A; domain.md 5.2 and 5.3; mail facts 2 and 3.
"""

import binascii
import csv
import email.policy
import io
import zipfile
from datetime import date, datetime
from email.message import EmailMessage

import pytest

from oneledger.adapters.mail_parse import parse_mail
from oneledger.adapters.workbook_reader import WorkbookReader
from rehearsal.filler import Habit, Meant, fill, open_book
from tests.document_office import make_picture
from tests.make_files import with_flag, zipped
from tests.make_mails import tnef
from tests.small_office import COUNTY, COVER, OTHER, SCHOOL, at, make_campaign, opened
from tests.test_files_read import zip_named

DAY = at("2021-03-10")
SHEET_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
DELIVERABLES = [
    {"deliverable": "find", "title": "排查台账", "phase": "deploy", "duty": 1, "respondents": {"levels": ["school"]}, "forms": ["ledger-v1"]},
    {"deliverable": "mend", "title": "整改台账", "phase": "rectify", "duty": 2, "respondents": {"levels": ["school"], "with_open_problems": True}, "forms": ["rectify-v1"]},
]  # fmt: skip
LOGO = make_picture(200, 80, kind="PNG")
PHOTO = make_picture(1600, 1200) + b"\0" * 60_000


@pytest.fixture(scope="module")
def office(tmp_path_factory):
    """One for all tests: what came before is only an earlier version."""
    folder = tmp_path_factory.mktemp("files")
    campaign = make_campaign("first", 2021, deliverables=DELIVERABLES)
    with pytest.MonkeyPatch.context() as patch, opened(folder, [campaign], patch) as (only,):
        only.asked = only.open("deploy", at("2021-03-01"))
        yield only


@pytest.fixture(autouse=True)
def _nobody_waits(office):
    """What waits for a person after a test came from that test."""
    from oneledger.store import schema as t

    with office.store.write() as connection:
        connection.execute(t.inbox.update().values(state="done"))


def filled(office, unit=SCHOOL, **cover):
    """The unit's own workbook with a zero report in it."""
    part = next(each for each in parse_mail(office.asked[unit].as_bytes()).parts if (each.filename or "").endswith("x"))
    forms = office.here.forms_of(office.here.campaign.deliverable("find"), "school")
    book = open_book(part.content, Habit())
    facts = {"cover": {**COVER, "fill_date": DAY.date(), **cover}, "ledger": {"zero_flag": "是"}}
    fill(book, forms, Meant(facts, {}), Habit())
    return book.saved()


def written(office, *files, unit=SCHOOL, sender=None, body="请查收。"):
    """``files``: (name or None, bytes[, content type])."""
    asked = office.asked[unit]
    letter = EmailMessage(policy=email.policy.SMTP)
    letter["From"] = sender or asked["To"]
    letter["To"] = asked["Reply-To"]
    letter["Subject"] = f"回复：{asked['Subject']}"
    letter["In-Reply-To"] = asked["Message-ID"]
    letter["Message-ID"] = f"<{office.answered}@{unit}.invalid>"
    letter.set_content(body, cte="8bit")
    for name, content, *type_ in files:
        if isinstance(content, EmailMessage):
            letter.add_attachment(content)
            continue
        letter.add_attachment(content, maintype="application", subtype="octet-stream", filename=name or "none")
        part = list(letter.iter_attachments())[-1]
        part.replace_header("Content-Type", type_[0] if type_ else "application/octet-stream")
        if name is None:
            del part["Content-Disposition"]
    return letter.as_bytes()


def send(office, *files, **words):
    """The letters that answer it: (kind, to, text, mail)."""
    from tasks.reviewing import review_pack

    before = len(everything(office))
    ids = office._take_in(written(office, *files, **words), DAY)
    review_pack.fn(office.name, {COUNTY: ids}, DAY, "test", is_one_of_many=False)
    return everything(office)[before:]


def everything(office):
    from sqlalchemy import text

    with office.store.read() as connection:
        rows = connection.execute(text("SELECT o.kind, c.content FROM outbox o JOIN outbox_content c ON c.outbox = o.id ORDER BY o.id"))  # fmt: skip
        mails = [
            (kind, email.message_from_bytes(bytes(content), policy=email.policy.default)) for kind, content in rows
        ]
    return [
        (kind, mail["To"].addresses[0].username, mail.get_body(("plain",)).get_content(), mail) for kind, mail in mails
    ]


def waiting(office):
    from sqlalchemy import text

    with office.store.read() as connection:
        return [row.reason for row in connection.execute(text("SELECT reason FROM inbox WHERE state = 'person'"))]


def kinds(letters):
    return [(kind, to) for kind, to, *_ in letters]


def sheets_of(content):
    with WorkbookReader() as reader:
        return {sheet.name: sheet.rows for sheet in reader.read(content).sheets}


def as_csv(rows, codec="gb18030"):
    def told(value):
        if isinstance(value, date | datetime):
            return f"{value.year}/{value.month}/{value.day}"
        return f"{value:g}" if isinstance(value, float) else value or ""

    width = max(len(row) for row in rows)
    buffer = io.StringIO(newline="")
    csv.writer(buffer).writerows([told(value) for value in [*row, *[None] * (width - len(row))]] for row in rows)
    return buffer.getvalue().encode(codec)


def test_a_workbook_counts_however_it_is_wrapped(office):
    content = filled(office)
    inner = EmailMessage(policy=email.policy.SMTP)
    inner["From"], inner["Subject"] = "a@b.cn", "转发"
    inner.set_content("请看附件")
    inner.add_attachment(content, maintype="application", subtype="octet-stream", filename="台账.xlsx")
    uu = "请查收\nbegin 644 book.xlsx\n" + "".join(binascii.b2a_uu(content[n : n + 45]).decode() for n in range(0, len(content), 45)) + "`\nend\n"  # fmt: skip
    wrapped = {
        "zip": [("学校.zip", zip_named(("学校/台账.xlsx".encode("gbk"), content)))],
        "winmail": [("winmail.dat", tnef((None, "台账.xlsx", content)), "application/ms-tnef")],
        "zip in winmail": [
            ("winmail.dat", tnef((None, "a.zip", zipped({"台账.xlsx": content}))), "application/ms-tnef")
        ],
        "no name, called text": [(None, content, "text/plain")],
        "no name": [(None, content)],
        "called a picture": [("IMG.jpg", content, "image/jpeg")],
        "forwarded": [("", inner)],
        "as .eml": [("转发.eml", inner.as_bytes())],
    }
    for name, files in wrapped.items():
        assert kinds(send(office, *files)) == [("receipt", SCHOOL)], name
    assert kinds(send(office, body=uu)) == [("receipt", SCHOOL)]
    assert waiting(office) == []


def test_the_same_bytes_twice_in_a_mail_are_one_return(office):
    content = filled(office)
    assert kinds(send(office, ("a.xlsx", content), ("b.zip", zipped({"a.xlsx": content})))) == [("receipt", SCHOOL)]


def test_several_workbooks_of_several_units_are_each_judged_and_answered(office):
    """A county sends in what two schools gave it: each file decides its own assignment, the mail decides who sent it."""
    files = [("一.xlsx", filled(office)), ("二.xlsx", filled(office, OTHER))]
    letters = send(office, *files, sender=f"{COUNTY}@x.invalid")
    assert kinds(letters) == [("receipt", SCHOOL), ("receipt", OTHER)]
    packed = send(office, ("全区.zip", zipped(dict(files))), sender=f"{COUNTY}@x.invalid")
    assert kinds(packed) == [("receipt", SCHOOL), ("receipt", OTHER)]


@pytest.mark.parametrize("codec", ["gb18030", "utf-8-sig", "utf-16"])
def test_sheets_saved_as_csv_answer_the_mail_they_come_with(office, codec):
    """A csv has no token: the mail's thread says whose it is, the headings say what it is."""
    sheets = sheets_of(filled(office))
    files = [(f"{name}.csv", as_csv(rows, codec)) for name, rows in sheets.items()]
    ((kind, to, text, _),) = send(office, *files)
    assert (kind, to) == ("receipt", SCHOOL), text
    assert "WB-008" in text
    assert "本次为零报告" in text


def test_tables_that_were_judged_together_are_not_judged_apart_later(office):
    """A mail that somebody vouched for afterwards is opened again."""
    from tasks.files import open_files

    letter = EmailMessage()
    letter.set_content("请查收")
    for name, rows in sheets_of(filled(office)).items():
        letter.add_attachment(as_csv(rows), maintype="text", subtype="csv", filename=f"{name}.csv")
    mail = parse_mail(letter.as_bytes())
    with WorkbookReader() as reader:
        ((part, cells),) = open_files(reader, mail, ()).workbooks
        assert (part.path, len(cells.sheets)) == ("2", 2)
        assert open_files(reader, mail, {"2"}).workbooks == []


@pytest.mark.parametrize("kind", ["zip", "csv"])
def test_what_counts_is_found_again_in_the_archived_mail(office, kind):
    """A figure is traced to its cell (issue 5, D) also where the workbook came in a zip or as csv files."""
    from sqlalchemy import text

    from tasks.rereading import reread

    sheets = sheets_of(filled(office))
    files = {f"{name}.csv": as_csv(rows) for name, rows in sheets.items()}
    send(office, *(files.items() if kind == "csv" else [("a.zip", zipped({"台账.xlsx": filled(office)}))]))
    with office.store.read() as connection:
        query = "SELECT s.part, i.sha256 FROM submission s JOIN inbox i ON i.id = s.inbox ORDER BY s.id DESC LIMIT 1"
        part, sha256 = connection.execute(text(query)).one()
    sheet = "封面.csv" if kind == "csv" else "封面"
    row = next(index for index, row in enumerate(sheets["封面"]) if COVER["filler"] in row)
    cells = [{"sheet": sheet, "cells": [f"C{row + 1}"]}]
    reread(office.here.office, [{"mail": {"part": part, "sha256": sha256}, "cells": cells}])
    assert cells[0]["written"] == [COVER["filler"]]


def test_one_csv_of_two_sheets_is_told_what_is_missing(office):
    sheets = sheets_of(filled(office))
    name = next(name for name in sheets if name != "封面")
    ((kind, _, text, _),) = send(office, (f"{name}.csv", as_csv(sheets[name])))
    assert kind == "correction"
    assert "缺少工作表“封面”" in text


def test_beside_a_marked_workbook_nothing_unmarked_is_judged(office):
    sheets = sheets_of(filled(office))
    (letter,) = send(office, ("台账.xlsx", filled(office)), ("封面.csv", as_csv(sheets["封面"])))
    assert letter[0] == "receipt"
    assert "封面.csv（WB-141）" in letter[2]


REFUSED = {
    "rar": (b"Rar!\x1a\x07\x01\x00abc", "WB-122"),
    "zip in a zip": (zipped({"a.zip": zipped({"b.xlsx": "x"})}), "WB-139"),
    "locked zip": (with_flag(zipped({"a.xlsx": "x"}), 1), "WB-135"),
    "html": (b"<html><table><tr><td>1</td></tr></table></html>", "WB-126"),
    "photo": (PHOTO, "WB-124"),
    "empty": (b"\0", "WB-101"),
}


@pytest.mark.parametrize("kind", REFUSED)
def test_what_cannot_be_read_is_answered_by_name_with_how_to_send_it(office, kind):
    content, rule = REFUSED[kind]
    ((notice, to, text, _),) = send(office, ("报表.xls", content))
    assert (notice, to) == ("refusal", SCHOOL)
    assert rule in text
    assert (".zip" if kind == "zip in a zip" else "报表.xls") in text


def test_a_link_to_a_large_attachment_is_answered_and_not_followed(office):
    ((notice, _, text, _),) = send(
        office, body="从QQ邮箱发来的超大附件 台账.zip https://wx.mail.qq.com/ftn/download?key=1"
    )
    assert notice == "refusal"
    assert "WB-140" in text


def test_beside_what_was_read_everything_else_is_named_and_ornaments_are_not(office):
    files = [
        ("台账.xlsx", filled(office)), ("旧表.rar", b"Rar!\x1a\x07\x01\x00abc"), ("现场.jpg", PHOTO),
        ("logo.png", LOGO), ("ATT00001.txt", b"--\r\nbest", "text/plain"), ("smime.p7s", b"0\x82ab", "application/pkcs7-signature"),
    ]  # fmt: skip
    ((notice, _, text, mail),) = send(office, *files, body="超大附件：https://wx.mail.qq.com/ftn/download?key=1")
    assert notice == "receipt"
    listed = text.partition("【没有用上的附件】")[2].partition("————")[0]
    assert [name for name in ("旧表.rar", "现场.jpg", "超大附件") if name not in listed] == []
    assert [name for name in ("台账.xlsx", "logo.png", "ATT00001", "smime") if name in text] == []
    assert "旧表.rar" in mail.get_body(("html",)).get_content()
    assert waiting(office) == []


def test_a_correction_names_what_was_not_used_too(office):
    ((notice, _, text, _),) = send(
        office, ("台账.xlsx", filled(office, filler="")), ("旧表.rar", b"Rar!\x1a\x07\x01\x00abc")
    )
    assert notice == "correction"
    assert "旧表.rar（WB-122）" in text


def test_a_pupil_named_by_a_file_in_a_zip_is_masked_as_by_any_other(office):
    """Issue 4, G: containers are opened before anything looks at the names of files."""
    pack = zipped({"学生张小明被欺凌情况.rar": b"Rar!\x1a\x07\x01\x00abc", "台账.xlsx": filled(office)})
    ((notice, _, text, _),) = send(office, ("a.zip", pack))
    assert notice == "receipt"
    assert ("PD-004" in text, "张小明" in text, "张某某" in text) == (True, False, True)


def test_a_logo_alone_is_for_a_person_and_no_refusal(office):
    assert send(office, ("logo.png", LOGO)) == []
    assert waiting(office) == ["邮件没有可以读取的附件，请查看正文"]


def test_the_marked_copy_of_a_workbook_with_macros_has_none(office):
    with zipfile.ZipFile(io.BytesIO(filled(office, filler=""))) as archive:
        parts = {name: archive.read(name).decode() for name in archive.namelist()}
    parts["xl/vbaProject.bin"] = "AUTO_OPEN"
    project = '<Override PartName="/xl/vbaProject.bin" ContentType="application/vnd.ms-office.vbaProject"/></Types>'
    types = parts["[Content_Types].xml"].replace("</Types>", project)
    parts["[Content_Types].xml"] = types.replace(f"{SHEET_TYPE}.main+xml", "application/vnd.ms-excel.sheet.macroEnabled.main+xml")  # fmt: skip
    link = '<Relationship Id="rIdV" Type="http://schemas.microsoft.com/office/2006/relationships/vbaProject" Target="vbaProject.bin"/>'
    rels = "xl/_rels/workbook.xml.rels"
    parts[rels] = parts[rels].replace("</Relationships>", f"{link}</Relationships>")
    ((notice, _, _, mail),) = send(office, ("台账.xlsm", zipped(parts)))
    assert notice == "correction"
    (copy,) = [part.get_content() for part in mail.iter_attachments()]
    with zipfile.ZipFile(io.BytesIO(copy)) as archive:
        assert [name for name in archive.namelist() if "vba" in name.lower()] == []
        assert b"macro" not in archive.read("[Content_Types].xml").lower()


def test_a_zip_with_one_workbook_is_read_by_the_command_and_with_two_is_asked_about(office):
    from tasks.reading import read_file

    content = filled(office)
    assert read_file(zipped({"台账.xlsx": content, "说明.txt": "x"}), DAY)["unit"] == SCHOOL
    told = read_file(zipped({"一.xlsx": content, "二.xlsx": filled(office, OTHER)}), DAY)
    assert [each["rule"] for each in told["findings"]] == ["WB-142"]
    assert [each["rule"] for each in read_file(zipped({"a.zip": zipped({"b": "x"})}), DAY)["findings"]] == ["WB-139"]


def test_the_command_tells_a_verdict_for_each_file_of_a_container(office):
    from tasks.trying import try_mail

    pack = zipped({"台账.xlsx": filled(office), "旧表.rar": b"Rar!\x1a\x07\x01\x00abc", "b.zip": zipped({"c": "x"})})
    told = try_mail(written(office, ("a.zip", pack)), DAY)
    assert [(part["path"], part["verdict"], [each["rule"] for each in part["findings"]]) for part in told["parts"]] == [
        ("2/1", "accepted", []), ("2/2", "unread", ["WB-122"]), ("2/3", "unread", ["WB-139"]),
    ]  # fmt: skip
    assert [each["kind"] for each in told["answer"]] == ["receipt"]
