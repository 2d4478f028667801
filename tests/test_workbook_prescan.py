"""What a file is and whether it is a trap, before any parser sees it (reliability T8, T9; domain.md 5.2)."""

import io
import random
import zipfile

import pytest
from hypothesis import given, strategies as st

from oneledger.adapters import zip_guard
from oneledger.adapters.file_kinds import sniff
from oneledger.adapters.workbook_marks import custom_property, defined_name, sheet_parts
from oneledger.adapters.workbook_prescan import Scan, SheetScan, prescan
from oneledger.domain.findings import Finding
from tests.make_files import (
    ONE_CELL,
    SHEET,
    biff,
    make_xlsx,
    ods,
    ole,
    overlapping,
    saved,
    with_flag,
    xlsx_parts,
    zipped,
)

XLS = ole(("Workbook", biff({(0, 0): 1.0})))


@pytest.mark.parametrize(
    ("content", "kind"),
    [
        (make_xlsx(), "xlsx"),
        (saved(lambda sheet: sheet.append(["序号", 1])), "xlsx"),
        (zipped(xlsx_parts(), zipfile.ZIP_STORED), "xlsx"),
        (ods(""), "ods"),
        (XLS, "xls"),
        (ole(("Book", b"")), "xls"),
        (ole(("Workbook", biff({})), ("_VBA_PROJECT_CUR", b"")), "xls"),
        (make_xlsx(**{"xl__vbaProject.bin": "x"}), "xlsx"),
        (make_xlsx(**{"xl__macrosheets__sheet1.xml": "<a/>"}), "xlsx"),
        ("序号,问题\r\n1,门岗".encode(), "text"),
        ("序号,问题\r\n1,门岗".encode("gb18030"), "text"),
        ("\ufeff序号\t问题".encode("utf-16"), "text"),
        (zipped({"附件1.xlsx": make_xlsx()}), "zip"),
        (b"\x78\x9f\x3e\x22\0\0", "tnef"),
    ],
)
def test_what_we_read_is_known_by_its_content(content, kind):
    scan = prescan(content)
    assert (type(scan), scan.kind) == (Scan, kind)


ODS = "application/vnd.oasis.opendocument.spreadsheet"
HTML_TABLE = "<html xmlns:x='urn:schemas-microsoft-com:office:excel'><table><tr><td>1</td></tr></table></html>"


@pytest.mark.parametrize(
    ("content", "rule"),
    [
        (b"", "WB-101"),
        (b"\0" * 600, "WB-101"),
        (b" \r\n", "WB-101"),
        (ole(("EncryptedPackage", b""), ("EncryptionInfo", b"")), "WB-106"),
        (ole(("Workbook", biff({}, encrypted=True))), "WB-106"),
        (with_flag(make_xlsx(), 1), "WB-106"),
        (zipped({"mimetype": ODS, "META-INF/manifest.xml": "<x><manifest:encryption-data/></x>"}), "WB-106"),
        (b"Rar!\x1a\x07\x01\x00abc", "WB-122"),
        (b"7z\xbc\xaf\x27\x1cabc", "WB-122"),
        (b"\x1f\x8b\x08\x00abc", "WB-122"),
        (b"a.xlsx".ljust(257, b"\0") + b"ustar\x0000", "WB-122"),
        (b"\xfd7zXZ\x00abc", "WB-122"),
        (b"%PDF-1.7\nabc", "WB-123"),
        (b"\x89PNG\r\n\x1a\nabc", "WB-124"),
        (b"BM\x36\x10\0\0\0\0\0\0\x36\0", "WB-124"),
        (b"\xff\xd8\xff\xe0abc", "WB-124"),
        (b"\0\0\0\x18ftypheic\0\0\0\0", "WB-124"),
        (b"RIFF\0\0\0\0WEBPVP8 ", "WB-124"),
        (ole(("WordDocument", b"")), "WB-125"),
        (zipped({"[Content_Types].xml": "<Types/>", "word/document.xml": "<w/>"}), "WB-125"),
        (zipped({"mimetype": "application/vnd.oasis.opendocument.text", "content.xml": "<a/>"}), "WB-125"),
        (b"{\\rtf1\\ansi", "WB-125"),
        (HTML_TABLE.encode(), "WB-126"),
        (b"<?xml version='1.0'?><?mso-application progid='Excel.Sheet'?><Workbook>", "WB-130"),
        (b"<?xml version='1.0'?>\n<office:document xmlns:office='urn:x'>", "WB-130"),
        (b"Received: from a by b;\r\n Tue\r\nSubject: x\r\n\r\nhello", "WB-131"),
        (ole(("__properties_version1.0", b"")), "WB-131"),
        (b"\x09\x04\x06\x00\0\0\x10\0", "WB-129"),
        (b"\x09\x08\x10\x00\0\x06\x05\0", "WB-129"),
        (b"MIME-Version: 1.0\r\nContent-Type: multipart/related", "WB-126"),
        (zipped({"[Content_Types].xml": "<Types/>", "xl/workbook.bin": "x"}), "WB-127"),
        (zipped({"[Content_Types].xml": "<Types/>", "visio/document.xml": "<w/>"}), "WB-128"),
        (ole(("Something", b"")), "WB-128"),
        (ole(("Workbook", biff({})))[:600], "WB-108"),
        (bytes(range(256)), "WB-128"),
        (make_xlsx()[:-30], "WB-108"),  # cut off on its way
        (b"PK\x03\x04" + b"\0" * 100, "WB-108"),
    ],
)
def test_what_we_do_not_read_is_answered_with_what_to_send_instead(content, rule):
    found = prescan(content)
    assert (type(found), found.rule, found.level) == (Finding, rule, "error")
    assert found.remedy.endswith("。")


def doctype(where):
    parts = xlsx_parts()
    parts[where] = '<!DOCTYPE x [<!ENTITY a "aaaa">]>' + parts[where]
    return zipped(parts)


def twice():
    buffer = io.BytesIO(make_xlsx())
    with zipfile.ZipFile(buffer, "a") as archive, pytest.warns(UserWarning, match="Duplicate name"):
        archive.writestr("xl/worksheets/sheet1.xml", SHEET.format(""))
    return buffer.getvalue()


TRAPS = {
    "overlapping entries": (overlapping, "WB-104"),
    "an entry given twice": (twice, "WB-104"),
    "too many entries": (lambda: zipped(xlsx_parts() | {f"xl/media/{n}.txt": "" for n in range(2000)}), "WB-104"),
    "an entity in a sheet": (lambda: doctype("xl/worksheets/sheet1.xml"), "WB-104"),
    "an entity in the workbook": (lambda: doctype("xl/workbook.xml"), "WB-104"),
    "an entity in UTF-16": (lambda: make_xlsx(**{"xl__a.xml": "<!DOCTYPE x>".encode("utf-16")}), "WB-104"),
    "a method nobody uses": (lambda: zipped(xlsx_parts(), zipfile.ZIP_LZMA), "WB-104"),
    "a bomb": (lambda: make_xlsx(**{"xl__b.xml": " " * (12 * zip_guard.MIB)}), "WB-103"),
    "the last corner": (lambda: make_xlsx('<row r="1048576"><c r="XFD1048576" t="n"><v>1</v></c></row>'), "WB-107"),
    "a far row": (lambda: make_xlsx('<row r="100000"><c r="A100000"><v>1</v></c></row>'), "WB-107"),
    "too long": (lambda: b"PK\x03\x04" + b"a" * zip_guard.MOST_BYTES, "WB-102"),
}


@pytest.mark.parametrize("trap", TRAPS)
def test_a_trap_is_refused(trap):
    make, rule = TRAPS[trap]
    found = prescan(make())
    assert (type(found), found.rule) == (Finding, rule)


def test_a_refusal_names_the_far_cell():
    found = prescan(make_xlsx('<row r="9"><c r="AAA9"><v>1</v></c></row>'))
    assert found.remedy == "有一张工作表的 AAA9 格离表格太远，却有内容。请删去表格以外的行和列，另存后寄回。"


@pytest.mark.parametrize(
    "rows",
    [
        '<row r="1048576" s="1"><c r="XFD1048576" s="3"/></row>',  # formatted to the very end, and blank
        '<row r="1048576" s="1"><c r="XFD1048576" s="3"></c></row>',
        '<row r="99999"><c r="ZZ99999"><v>1</v></c></row>',
    ],
)
def test_blank_cells_far_away_are_legal(rows):
    assert isinstance(prescan(make_xlsx(rows)), Scan)


def test_a_sheet_of_formatted_blank_rows_is_no_bomb():
    """The most regular legal sheet stays far under the limit of 100."""
    rows = "".join(
        f'<row r="{number}" spans="1:24" s="3" customFormat="1" ht="22.5" customHeight="1" x14ac:dyDescent="0.25"/>'
        for number in range(1, 150_000)
    )
    content = make_xlsx(rows)
    assert len(rows) > zip_guard.RATIO_COUNTS_FROM
    assert 20 < len(rows) / len(content) < 50
    assert isinstance(prescan(content), Scan)


def test_the_ratio_is_counted_while_inflating_and_not_believed_from_the_headers():
    content = bytearray(make_xlsx(**{"xl__b.xml": " " * (12 * zip_guard.MIB)}))
    entry = content.rindex(b"PK\x01\x02", 0, content.rindex(b"xl/b.xml"))
    content[entry + 24 : entry + 28] = (100).to_bytes(4, "little")  # the directory says 100 bytes
    assert prescan(bytes(content)).rule == "WB-103"


def test_formulas_without_a_result_and_errors_are_seen_where_the_parser_says_blank():
    rows = (
        '<row r="1"><c r="A1"><f>1+1</f></c><c r="B1"><f>1+1</f><v/></c><c r="C1"><f>1+1</f><v>2</v></c>'
        '<c r="D1" t="str"><f>""</f><v></v></c><c r="E1" t="e"><v>#N/A</v></c><c r="F1" t="e"><f>1/0</f><v>#DIV/0!</v></c>'
        '<c r="G1" s="4"/><c r="H1" t="inlineStr"><is><t>门岗</t></is></c></row>'
    )
    scan = prescan(make_xlsx(rows))
    assert scan.sheets == {"xl/worksheets/sheet1.xml": SheetScan(["A1", "B1"], {"E1": "#N/A", "F1": "#DIV/0!"})}
    assert prescan(make_xlsx()).sheets == {"xl/worksheets/sheet1.xml": SheetScan()}


def test_our_marks_and_the_sheets_are_found_in_the_small_parts():
    custom = '<Properties xmlns="x"><property name="Other"><a>1</a></property><property name="OneLedgerToken"><lpwstr> ol1.abc </lpwstr></property></Properties>'
    parts = xlsx_parts()
    parts["docProps/custom.xml"] = custom
    parts["xl/workbook.xml"] = parts["xl/workbook.xml"].replace(
        "</sheets>",
        '</sheets><definedNames><definedName name="_oneledger_token">"ol1.abc"</definedName></definedNames>',
    )
    found = prescan(zipped(parts)).parts
    assert (custom_property(found, "OneLedgerToken"), defined_name(found, "_oneledger_token")) == ("ol1.abc", "ol1.abc")
    assert (custom_property(found, "None"), defined_name(found, "None")) == ("", "")
    assert sheet_parts(found) == {"台账": "xl/worksheets/sheet1.xml"}
    assert sheet_parts({"xl/workbook.xml": b"<broken"}) == {}


@given(st.binary(max_size=300))
def test_any_bytes_have_a_kind(content):
    assert isinstance(sniff(content), str)
    assert isinstance(prescan(content), Scan | Finding)


def test_any_bent_workbook_ends_in_a_scan_or_a_finding():
    """A fixed sample of mutations; a fuller run belongs to the fuzzing command."""
    original, chance = make_xlsx(ONE_CELL * 20), random.Random(7)
    for _ in range(500):
        bent = bytearray(original)
        for _ in range(chance.randint(1, 6)):
            bent[chance.randrange(len(bent))] = chance.randrange(256)
        assert isinstance(prescan(bytes(bent[: chance.randint(len(bent) // 2, len(bent))])), Scan | Finding)


def test_a_table_that_has_a_word_document_embedded_is_a_table():
    """What is embedded lies in a folder of its own; the names of the root decide."""
    content = bytearray(ole(("MBD0001", b""), ("Workbook", biff({(0, 0): 1.0}))))
    assert prescan(bytes(content)).kind == "xls"
    embedded = ole(("Workbook", biff({(0, 0): "WordDocument"})))
    assert prescan(embedded).kind == "xls"  # nor does a word in a cell


def test_a_directory_in_a_circle_ends():
    content = bytearray(ole(("Workbook", b"")))
    fat = 512
    content[fat + 4 : fat + 8] = (1).to_bytes(4, "little")  # the directory's sector follows itself
    entry = 512 + 512 + 128
    content[entry + 68 : entry + 76] = (1).to_bytes(4, "little") * 2  # and its entry is its own neighbour
    assert sniff(bytes(content)) == "xls"


def test_macros_are_told():
    assert prescan(make_xlsx(**{"xl__vbaProject.bin": "x"})).has_macros
    assert prescan(ole(("Workbook", biff({})), ("_VBA_PROJECT_CUR", b""))).has_macros
    assert not prescan(make_xlsx()).has_macros
    assert not prescan(XLS).has_macros


@pytest.mark.parametrize("part", ["content.xml", "META-INF/manifest.xml"])
def test_an_ods_that_is_cut_off_inside_is_refused_before_the_parser_goes_round_for_ever(part):
    """Found by `make fuzz`: such a file cost its child the whole time allowed."""
    whole = ods("<table:table-row/>")
    with zipfile.ZipFile(io.BytesIO(whole)) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    assert isinstance(prescan(zipped(parts)), Scan)
    assert prescan(zipped({**parts, part: parts[part][:-20]})).rule == "WB-108"
