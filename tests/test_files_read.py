"""Files as they arrive: text tables, zips, winmail.dat, macros; read alike or refused with what to send instead.

Issue 4, part A; domain.md 5.2 and 5.3; mail facts 2; reliability 3.1. Read through the throw-away child where it counts.
"""

import io
import random
import struct
import tracemalloc
import zipfile
import zlib

import pytest
from openpyxl import Workbook

from oneledger.adapters.mail_links import has_large_attachment_link
from oneledger.adapters.mail_parse import facts_of, may_hold_workbook, parse_mail
from oneledger.adapters.packed_files import MOST_FILES, unpacked
from oneledger.adapters.plain_words import chinese
from oneledger.adapters.text_tables import TextTable, looks_like_table, read_table
from oneledger.adapters.tnef import files_in
from oneledger.adapters.workbook_markup import MarkupError, mark_up
from oneledger.adapters.workbook_reader import WorkbookReader
from oneledger.domain.findings import Finding
from oneledger.domain.incoming import MailClass, classify
from oneledger.domain.returns import PackedFiles, SheetCells, Unreadable, WorkbookMarks
from oneledger.domain.review import review
from oneledger.domain.rules import structural
from tests.make_files import make_xlsx, ods, with_flag, zipped
from tests.make_mails import tnef
from tests.make_returns import COVER, LEDGER, make_cells, make_context, make_sheet


@pytest.fixture(scope="module")
def reader():
    with WorkbookReader() as shared:
        yield shared


# --- text tables ----------------------------------------------------------------------------------------------------

PLAIN = "序号,问题表现,人数\r\n1,门岗登记不全,3\r\n2,走廊无人,\r\n"
ROWS = [["序号", "问题表现", "人数"], ["1", "门岗登记不全", "3"], ["2", "走廊无人"]]


@pytest.mark.parametrize(
    ("content", "encoding"),
    [
        (PLAIN.encode(), "UTF-8"),
        (PLAIN.encode("utf-8-sig"), "UTF-8"),
        (PLAIN.encode("gb18030"), "GB18030"),
        (b"\xff\xfe" + PLAIN.encode("utf-16-le"), "UTF-16"),
        (b"\xfe\xff" + PLAIN.encode("utf-16-be"), "UTF-16"),
        (PLAIN.replace(",", "\t").encode("gb18030"), "GB18030"),
        (PLAIN.replace(",", ";").encode(), "UTF-8"),
        (("sep=;\r\n" + PLAIN.replace(",", ";")).encode(), "UTF-8"),
        (PLAIN.replace("\r\n", "\n").encode(), "UTF-8"),
        ((PLAIN + ",,\r\n,,\r\n").encode(), "UTF-8"),
    ],
)
def test_a_text_table_is_one_sheet_whatever_its_encoding_and_separator(reader, content, encoding):
    cells = reader.read(content)
    assert (cells.kind, cells.sheets, cells.marks) == ("csv", [SheetCells("csv", ROWS)], WorkbookMarks())
    assert cells.notes == (structural("WB-008", encoding=encoding),)


def test_line_ends_separators_and_quotes_inside_quotes_are_text():
    content = '序号,"问题\n表现",人数\n1,"说""没事"", 走了",3\n'.encode()
    assert read_table(content).rows == [["序号", "问题\n表现", "人数"], ["1", '说"没事", 走了', "3"]]


def test_commas_of_a_sentence_do_not_make_the_columns():
    content = "序号\t问题\t人数\n1\ta, b, c, d, e\t2\n2\t无\t\n".encode()
    assert read_table(content).rows[1] == ["1", "a, b, c, d, e", "2"]


@pytest.mark.parametrize("text", ["学校", "联通", "序号,学校,人数\n1,一中,2\n", "镕", "“门岗”——登记"])
def test_gbk_that_is_valid_utf8_by_accident_and_utf8_that_is_valid_gbk_are_told_apart(text):
    """学校 in GBK reads ѧУ in UTF-8."""
    assert chinese(text.encode("gb18030")) == (text, "GB18030")
    assert chinese(text.encode()) == (text, "UTF-8")


def test_what_excel_is_made_to_keep_as_text_is_text_and_told():
    table = read_table('代码,学号,数\n="001",\'0012,1\n="0""2",\'他说,2\n'.encode())
    assert table.rows[1:] == [["001", "0012", "1"], ['0"2', "'他说", "2"]]
    assert table.taken_off == ["A2", "B2", "A3"]
    assert structural("WB-009", cells="A2、B2、A3", count=3) in table.notes()


def test_a_formula_as_it_was_typed_has_no_result():
    table = read_table("甲,乙,丙\n1,2,=A2+B2\n1,2,=\n".encode())
    assert (table.rows[1], table.rows[2], table.without_result) == (["1", "2"], ["1", "2", "="], ["C2"])


@pytest.mark.parametrize(
    ("content", "finding"),
    [
        ("通知，请于周五前报送。\n第二行".encode(), structural("WB-121")),
        (b"Dear all, hello\nBest, me", structural("WB-121")),
        ("序号,问题\n<html><table><tr><td>1</td></tr></table></html>".encode(), structural("WB-126")),
        (b"\xff\xfe" + "<html><table>".encode("utf-16-le"), structural("WB-126")),
        ('a,b,c\n1,"门岗,3\n2,x,y\n'.encode(), structural("WB-133", line=3)),
        ('a,b,c\n1,"门岗"处,3\n2,x,y\n'.encode(), structural("WB-133", line=2)),
        (b"\xef\xbb\xbf" + "序号,问题,数\n".encode("gb18030") * 2, structural("WB-132")),
        ("序号,问题,数\n1,门岗,2\n".encode("gb18030") + b"\xff\xff,1,2\n", structural("WB-132")),
        (("a,b,c\n" + f"{'长' * 100_001},1,2\n" * 2).encode(), structural("WB-133", line=2)),
        (b"\xff\xfe" + PLAIN.encode("utf-16-le")[:-1], structural("WB-132")),
    ],
)  # fmt: skip
def test_what_is_no_table_or_cannot_be_told_for_certain_is_refused(reader, content, finding):
    assert reader.read(content) == Unreadable(finding)


def test_a_long_number_that_a_csv_shortened_is_told_and_never_read(reader):
    """2.1E+12 is what Excel leaves of 2121000123456 in a csv."""
    sheet = make_sheet(LEDGER)
    at = next(index for index, row in enumerate(sheet.rows) if row[:1] == [1.0])
    sheet.rows[at][3] = "2.1E+12"
    sheet.rows[at][4] = "2.12E+12"
    found = review(make_cells(sheet, forms=(COVER, LEDGER)), (COVER, LEDGER), make_context((COVER, LEDGER)))
    cells = [(each.rule, each.cell, each.found) for each in found.findings]
    assert cells == [("LG-004", f"D{at + 1}", "2.1E+12"), ("LG-005", f"E{at + 1}", "2.12E+12")]
    assert found.verdict == "returned"


# --- zips -----------------------------------------------------------------------------------------------------------


def zip_named(*files, flag=0):
    """Names given as bytes, as programs before 2007 wrote them: without saying in which encoding."""
    parts, directory, offset = [], [], 0
    for name, content in files:
        raw = zlib.compress(content)[2:-4]
        head = struct.pack("<2H2H3L2H", flag, 8, 0, 0x21, zlib.crc32(content), len(raw), len(content), len(name), 0)
        parts += [b"PK\x03\x04", struct.pack("<H", 20), head, name, raw]
        directory += [b"PK\x01\x02", struct.pack("<2H", 20, 20), head, struct.pack("<3H2L", 0, 0, 0, 0, offset), name]
        offset += 4 + 2 + len(head) + len(name) + len(raw)
    listed = b"".join(directory)
    return b"".join([*parts, listed, b"PK\x05\x06", struct.pack("<4H2LH", 0, 0, len(files), len(files), len(listed), offset, 0)])  # fmt: skip


@pytest.mark.parametrize(
    ("content", "names"),
    [
        (zip_named(("台账/望湖路小学.xlsx".encode("gbk"), b"x")), ["台账/望湖路小学.xlsx"]),
        (zip_named(("学校.xls".encode("gbk"), b"x")), ["学校.xls"]),  # valid UTF-8, too
        (zip_named(("台账.xlsx".encode(), b"x")), ["台账.xlsx"]),  # as a Mac writes
        (zip_named(("台账.xlsx".encode(), b"x"), flag=0x800), ["台账.xlsx"]),
        (zip_named((b"..\\..\\a.xlsx", b"x")), ["../../a.xlsx"]),
        (
            zipped({"__MACOSX/._a.xlsx": "x", "~$台账.xlsx": "x", "甲/.DS_Store": "x", "甲/Thumbs.db": "x", "甲/": "", "a.et": "x"}),
            ["a.et"],
        ),
    ],
)  # fmt: skip
def test_files_of_a_zip_have_their_names_and_what_is_no_file_is_left_out(reader, content, names):
    told = reader.read(content)
    assert (type(told), told.kind, [name for name, _ in told.files]) == (PackedFiles, "zip", names)


def test_a_zip_gives_its_files_byte_by_byte(reader):
    inner = make_xlsx()
    assert reader.read(zipped({"台账.xlsx": inner, "方案.docx": b"PKx"})).files == (
        ("台账.xlsx", inner),
        ("方案.docx", b"PKx"),
    )


def one_entry_twice():
    buffer = io.BytesIO(zipped({"a.xlsx": "x"}))
    with zipfile.ZipFile(buffer, "a") as archive, pytest.warns(UserWarning, match="Duplicate name"):
        archive.writestr("a.xlsx", "y")
    return buffer.getvalue()


def lying():
    """The directory says that the bomb is of 100 bytes."""
    content = bytearray(zipped({"a.xlsx": " " * (25 * 2**20)}))
    entry = content.rindex(b"PK\x01\x02")
    content[entry + 24 : entry + 28] = (100).to_bytes(4, "little")
    return bytes(content)


@pytest.mark.parametrize(
    ("make", "rule"),
    [
        (lambda: with_flag(zipped({"a.xlsx": "x"}), 1), "WB-135"),
        (lambda: zipped({"a.xlsx": "x"})[:-30], "WB-108"),
        (lambda: zipped({"~$a.xlsx": "x"}), "WB-137"),
        (lambda: b"PK\x05\x06" + b"\0" * 18, "WB-137"),
        (one_entry_twice, "WB-134"),
        (lambda: zipped({f"{n}.txt": "x" for n in range(MOST_FILES + 1)}), "WB-136"),
        (lambda: zipped({"a.xlsx": " " * (25 * 2**20)}), "WB-136"),
        (lying, "WB-136"),
        (lambda: zipped({"a.xlsx": "x"}, zipfile.ZIP_LZMA), "WB-134"),
    ],
)  # fmt: skip
def test_a_zip_that_is_a_trap_or_locked_is_refused(reader, make, rule):
    found = reader.read(make())
    assert (type(found), found.finding.rule) == (Unreadable, rule)
    assert found.finding.remedy.endswith("。")


def test_no_more_of_a_zip_is_inflated_than_may_come_out_of_it():
    chance = random.Random(5)
    blocks = b"".join(chance.randbytes(200) + b"\0" * 9800 for _ in range(4000))  # 38 MiB; no ratio gives it away
    content = zipped({"a.xlsx": blocks})
    assert len(blocks) / len(content) < 60
    tracemalloc.start()
    found = unpacked("zip", content)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert (found.rule, peak < 25 * 2**20) == ("WB-136", True)


# --- winmail.dat ----------------------------------------------------------------------------------------------------


def test_files_come_out_of_winmail_dat_with_their_long_names(reader):
    inner = make_xlsx()
    content = tnef(("台账~1.XLS", "望湖路小学台账.xlsx", inner), ("说明.doc", None, b"abc"))
    assert reader.read(content) == PackedFiles("tnef", (("望湖路小学台账.xlsx", inner), ("说明.doc", b"abc")))


def test_names_in_gbk_and_files_that_stand_in_the_properties_only():
    assert files_in(tnef(("学校台账.xls", None, b"abc"))) == [("学校台账.xls", b"abc")]
    assert files_in(tnef((None, "甲.xlsx", b"abc"), in_properties=True)) == [("甲.xlsx", b"abc")]


def test_files_of_a_mail_that_is_passed_on_in_winmail_dat_come_out_too():
    inner = tnef((None, "台账.xlsx", b"abc"))
    assert files_in(tnef((None, "转发", inner), as_objects=True)) == [("台账.xlsx", b"abc")]
    deep = inner
    for _ in range(9):
        deep = tnef((None, "转发", deep), as_objects=True)
    assert [name for name, _ in files_in(deep)] == ["转发"]


def test_a_winmail_dat_that_only_says_how_the_words_looked_hides_nothing(reader):
    assert reader.read(tnef()) == PackedFiles("tnef", ())
    assert not may_hold_workbook(tnef())
    assert may_hold_workbook(tnef((None, "a.xlsx", make_xlsx())))


@pytest.mark.parametrize(("content", "is_one"), [
    (PLAIN.encode("gb18030"), True), (PLAIN.encode("utf-16"), True), ((PLAIN * 900).encode()[:19_999] + "问".encode(), True),
    ("您好，我在休假。\n回来后回复。".encode(), False), (b"<html><table>,,,\n,,,", False), (b"", False),
])  # fmt: skip
def test_a_table_in_text_is_known_by_a_glance(content, is_one):
    assert looks_like_table(content) is is_one


def test_an_office_that_answers_with_a_csv_is_no_robot():
    """Whatever its mail system stamps on it (issue 4, done when 3)."""
    mail = (
        "From: a@b.cn\r\nPrecedence: bulk\r\nContent-Type: text/csv; name=a.csv\r\nContent-Transfer-Encoding: 8bit\r\n\r\n"
        + PLAIN
    ).encode()
    assert classify(facts_of(parse_mail(mail), has_token=True)) is MailClass.ANSWER_CANDIDATE


@pytest.mark.parametrize("cut", [7, 60, 200, 400])
def test_a_broken_winmail_dat_ends(reader, cut):
    content = tnef(("a.xls", "a.xlsx", b"abc" * 300))[:cut]
    assert reader.read(content) == Unreadable(structural("WB-138"))


def test_any_bent_winmail_dat_ends():
    original = bytearray(tnef(("a.xls", "a.xlsx", b"abc"), in_properties=True))
    for at in range(len(original)):
        for byte in (0, 0xFF, 0x80):
            bent = bytes(original[:at]) + bytes([byte]) + bytes(original[at + 1 :])
            assert isinstance(files_in(bent), list)


# --- macros ---------------------------------------------------------------------------------------------------------

TYPES = "[Content_Types].xml"
MACRO_BOOK = "application/vnd.ms-excel.sheet.macroEnabled.main+xml"
PROJECT = "application/vnd.ms-office.vbaProject"


def with_macros(as_default=True, **more):
    """A workbook as Excel saves an xlsm: the project, its signature, the types."""
    buffer = io.BytesIO()
    book = Workbook()
    book.worksheets[0]["A1"] = 7
    book.worksheets[0].title = "台账"
    book.save(buffer)
    with zipfile.ZipFile(buffer) as archive:
        parts = {name: archive.read(name).decode() for name in archive.namelist()}
    main = 'ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml"'
    project = (
        f'<Default Extension="bin" ContentType="{PROJECT}"/>'
        if as_default
        else f'<Override PartName="/xl/vbaProject.bin" ContentType="{PROJECT}"/>'
    )
    parts[TYPES] = parts[TYPES].replace(main, f'ContentType="{MACRO_BOOK}"').replace("</Types>", f"{project}</Types>")
    rels = "xl/_rels/workbook.xml.rels"
    link = '<Relationship Id="rIdV" Type="http://schemas.microsoft.com/office/2006/relationships/{}" Target="{}"/>'
    parts[rels] = parts[rels].replace(
        "</Relationships>", link.format("vbaProject", "vbaProject.bin") + "</Relationships>"
    )
    signature = link.format("vbaProjectSignature", "vbaProjectSignature.bin")
    parts["xl/_rels/vbaProject.bin.rels"] = (
        f'<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">{signature}</Relationships>'
    )
    return zipped(parts | {"xl/vbaProject.bin": "AUTO_OPEN", "xl/vbaProjectSignature.bin": "x"} | more)


def test_a_workbook_with_macros_is_read_and_told_that_they_were_not_run(reader):
    cells = reader.read(with_macros())
    assert (cells.kind, cells.sheets) == ("xlsx", [SheetCells("台账", [[7.0]])])
    assert cells.notes == (structural("WB-007"),)


@pytest.mark.parametrize("as_default", [True, False])
def test_a_marked_copy_is_a_plain_workbook_without_the_macros(reader, as_default):
    copy = mark_up(with_macros(as_default), [Finding("LG-002", "台账", "A1")])
    with zipfile.ZipFile(io.BytesIO(copy)) as archive:
        names, types = archive.namelist(), archive.read(TYPES).decode()
    assert [name for name in names if "vba" in name.lower()] == []
    assert "macro" not in types.lower()
    assert "vba" not in types.lower()
    again = reader.read(copy)
    assert (again.sheets[-1].rows, again.notes) == ([[7.0]], ())


@pytest.mark.parametrize("type_", ["application/vnd.ms-excel.macrosheet+xml", "application/vnd.ms-office.activeX+xml"])
def test_no_marked_copy_where_something_else_runs_by_itself(type_):
    content = with_macros(**{"xl/odd.xml": "<a/>"})
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        parts = {name: archive.read(name).decode() for name in archive.namelist()}
    parts[TYPES] = parts[TYPES].replace("</Types>", f'<Override PartName="/xl/odd.xml" ContentType="{type_}"/></Types>')
    with pytest.raises(MarkupError, match="runs by itself"):
        mark_up(zipped(parts), [Finding("LG-002", "台账", "A1")])


# --- what is not there ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("body", "is_one"),
    [
        ('<a href="http://wx.mail.qq.com/ftn/download?func=3&amp;key=a">台账.xlsx</a>', True),
        ("https://iwx.mail.qq.com/ftn/download?func=4&key=b", True),
        ('<a href="http://mail.qq.com/cgi-bin/ftnExs_download?k=1&t=exs_ftn_download">', True),
        ("https://mail.163.com/large-attachment-download/index.html?p=X", True),
        ("https://dashi.163.com/html/cloud-attachment-download/?key=a", True),
        ("从QQ邮箱发来的超大附件 台账.zip (60M, 2021年4月1日 到期)", True),
        ("链接：https://pan.baidu.com/s/1abc 提取码：1234", True),
        ("https://mail.qq.com/ 请登录后查看", False),
        ("附件不是超大附件，请查收。", False),
    ],
)  # fmt: skip
def test_a_large_attachment_left_with_the_provider_is_seen(body, is_one):
    for kind in ("plain", "html"):
        mail = f"From: a@b.cn\r\nContent-Type: text/{kind}; charset=utf-8\r\n\r\n{body}".encode()
        assert has_large_attachment_link(parse_mail(mail)) is is_one


def test_an_ods_under_a_password_is_told_as_such(reader):
    with zipfile.ZipFile(io.BytesIO(ods(""))) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    parts["META-INF/manifest.xml"] = b"<m><manifest:encryption-data/></m>"
    assert reader.read(zipped(parts)) == Unreadable(structural("WB-106"))


def test_line_breaks_and_tabs_within_a_cell_of_an_ods_are_not_lost(reader):
    text = "<text:p>门岗<text:tab/>登记<text:line-break></text:line-break>不全</text:p>"
    row = f'<table:table-row><table:table-cell office:value-type="string">{text}</table:table-cell></table:table-row>'
    assert reader.read(ods(row)).sheets[0].rows == [["门岗\t登记\n不全"]]


def test_every_container_and_table_has_an_own_type():
    assert isinstance(read_table(PLAIN.encode()), TextTable)
    assert isinstance(unpacked("zip", zipped({"a": "x"})), list)
