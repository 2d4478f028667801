"""Files that want more than a reader has: each ends in a verdict, in time, and the next file is read (T9, E10)."""

import io
import sys
import warnings
import zipfile
from time import monotonic

import pytest

from oneledger.adapters import reader_process
from oneledger.adapters.document_reader import DocumentReader
from oneledger.adapters.mail_parse import parse_mail
from oneledger.adapters.workbook_reader import WorkbookReader
from oneledger.domain.returns import PackedFiles, Unreadable, WorkbookCells
from tests.make_files import ONE_CELL, SHEET, make_xlsx, xlsx_parts, zipped

MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"


@pytest.fixture(scope="module")
def reader():
    with WorkbookReader(timeout_seconds=3) as shared:
        yield shared


def many_entries() -> bytes:
    return zipped({**xlsx_parts(), **{f"{n}": "" for n in range(15_000)}})


def twice_the_same_name() -> bytes:
    buffer = io.BytesIO()
    with warnings.catch_warnings(action="ignore"), zipfile.ZipFile(buffer, "w") as archive:
        for _ in range(2):
            for name, text in xlsx_parts().items():
                archive.writestr(name, text)
    return buffer.getvalue()


def lying(field: int, value: int) -> bytes:
    """A size in the directory that is not true: 20 zipped, 24 unzipped; 2**32 - 1 means "see zip64"."""
    content = bytearray(make_xlsx())
    at = content.index(b"PK\x01\x02")
    content[at + field : at + field + 4] = value.to_bytes(4, "little")
    return bytes(content)


def shared_strings() -> bytes:
    words = "".join(f"<si><t>{n}</t></si>" for n in range(300_000))
    return make_xlsx(
        **{"xl__sharedStrings.xml": f'<sst xmlns="{MAIN}" count="9" uniqueCount="4294967295">{words}</sst>'}
    )


def many_sheets() -> bytes:
    parts = xlsx_parts()
    more = "".join(f'<sheet name="{n}" sheetId="{n}" r:id="rId1"/>' for n in range(2, 30_000))
    return zipped(parts | {"xl/workbook.xml": parts["xl/workbook.xml"].replace("</sheets>", f"{more}</sheets>")})


def merged_ranges() -> bytes:
    ranges = "".join(f'<mergeCell ref="A{n}:XFD{n + 900}"/>' for n in range(1, 100_000))
    sheet = SHEET.format(ONE_CELL).replace("</worksheet>", f"<mergeCells>{ranges}</mergeCells></worksheet>")
    return zipped(xlsx_parts() | {"xl/worksheets/sheet1.xml": sheet})


def defined_names() -> bytes:
    parts = xlsx_parts()
    names = "".join(f'<definedName name="n{n}">{"A1+" * 50}1</definedName>' for n in range(50_000))
    whole = parts["xl/workbook.xml"].replace("</workbook>", f"<definedNames>{names}</definedNames></workbook>")
    return zipped(parts | {"xl/workbook.xml": whole})


def unclosed_cells() -> bytes:
    """Each is looked for its end to the end of the sheet."""
    return zipped(xlsx_parts("<c r='A1'><f>" * 150_000))


def deep() -> bytes:
    return zipped(xlsx_parts("<row>" * 200_000))


def one_inside_another() -> bytes:
    content = make_xlsx()
    for _ in range(40):
        content = zipped({"a.xlsx": content})
    return content


WANTING = (
    many_entries, twice_the_same_name, shared_strings, many_sheets, merged_ranges, defined_names, unclosed_cells, deep,
    one_inside_another, lambda: lying(24, 2**31), lambda: lying(20, 2**31), lambda: lying(24, 2**32 - 1),
    lambda: lying(20, 2**32 - 1), lambda: lying(42, 2**32 - 1),
)  # fmt: skip


@pytest.mark.parametrize("made", WANTING, ids=lambda made: made.__name__)
def test_it_ends_in_a_verdict_in_time(reader, made):
    content = made()
    began = monotonic()
    read = reader.read(content)
    assert isinstance(read, Unreadable | PackedFiles | WorkbookCells)
    assert monotonic() - began < 30  # 3 s of the reader's own, on a machine that has other work
    assert isinstance(reader.read(make_xlsx()), WorkbookCells)


@pytest.mark.parametrize(
    "part", ["xl/sharedStrings.xml", "docProps/app.xml", "_rels/.rels", "xl/drawings/vml.vml", "customXml/i.xml"]
)
def test_an_entity_in_any_part_is_refused(reader, part):
    told = reader.read(
        zipped(xlsx_parts() | {part: '<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]><x>&e;</x>'})
    )
    assert told.finding.rule == "WB-104"


@pytest.mark.parametrize(
    "reply", [b"", b"garbage", b"[]", b"{}", b"[" * 100_000, b'{"finding": 1}', b'{"meta":{},"tokens":1}', b"\xff\xfe"]
)
@pytest.mark.parametrize("kind", [WorkbookReader, DocumentReader])
def test_garbage_from_a_child_is_a_verdict(monkeypatch, kind, reply):
    monkeypatch.setattr(kind, "_asked", lambda *_: reply)
    with kind() as odd:
        told = odd.read(make_xlsx()) if kind is WorkbookReader else odd.read("a.docx", b"PK\x03\x04")
    assert (told.finding.rule if kind is WorkbookReader else told.fault) in ("WB-109", "DC-109")


@pytest.mark.parametrize(
    "last_words",
    ["sys.exit(0)", "os.kill(os.getpid(), 9)", "os.abort()", "os.write(0, b'\\xff' * 8)", "os.write(0, b'x')"],
)
def test_a_child_that_ends_by_whatever_signal_is_a_verdict(monkeypatch, tmp_path, last_words):
    """It says that it is there, and then does this with the first file."""
    child = tmp_path / "dying_child.py"
    child.write_text(f"import os, sys\nos.write(0, bytes(8))\nos.read(0, 8)\n{last_words}\n", encoding="utf-8")
    whole = reader_process.subprocess.Popen

    def started(_command, **named):
        return whole([sys.executable, str(child)], **named | {"env": {}})

    monkeypatch.setattr(reader_process.subprocess, "Popen", started)
    with WorkbookReader(timeout_seconds=5) as odd:
        assert odd.read(make_xlsx()).finding.rule == "WB-109"


def test_many_files_of_one_mail_share_their_time(reader):
    reader.allow(0)
    assert reader.read(make_xlsx()).finding.rule == "WB-109"
    reader.allow(60)
    assert isinstance(reader.read(make_xlsx()), WorkbookCells)


def test_huge_headers_and_many_parts_are_parsed_in_time():
    began = monotonic()
    for content in (
        b"X: " + b"a" * 30_000_000, b"Subject: " + b" =?utf-8?q?a?=\r\n" * 300_000,
        b"Content-Type: multipart/mixed; boundary=b\r\n\r\n" + b"--b\r\n\r\nx\r\n" * 500_000,
        b"To: " + b"a@b.invalid, " * 200_000 + b"\r\n\r\n",
    ):  # fmt: skip
        parse_mail(content)
    assert monotonic() - began < 40
