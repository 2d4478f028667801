"""Our workbooks filled in and saved by LibreOffice in each of its formats come back with equal values.

Issue 4, done when 2. Not run where LibreOffice is not installed.
"""

import io
import shutil
import subprocess
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest
from openpyxl import load_workbook

from oneledger.adapters.workbook_master import build_master
from oneledger.adapters.workbook_reader import WorkbookReader
from oneledger.adapters.workbook_stamp import prepare, stamp
from oneledger.domain.returns import PackedFiles, WorkbookCells
from oneledger.domain.review import review
from oneledger.domain.sheet_layout import lay_out
from tests.make_files import zipped
from tests.make_returns import FORMS, GOOD_FACTS, GOOD_ROWS, PRINTED, make_context
from tests.test_workbook_reader import SPEC

MORE = [
    [3.0, None, date(2021, 2, 28), "“门岗”登记,不全；\n第二行", 0.0, "重大", "家访/家长沟通", date(2021, 12, 31)],
    [4.0, None, date(2021, 3, 4), "007号摄像头=坏了，+1处'", 2000.0, "一般", "巡查、家访/家长沟通、问卷", None],
]  # fmt: skip
FORMATS = {
    "xlsx": "xlsx:Calc MS Excel 2007 XML",
    "xls": "xls:MS Excel 97",
    "ods": "ods:calc8",
    "csv": "csv:Text - txt - csv (StarCalc):44,34,85,1,,0,false,true,false,false,false,-1",  # GB18030, every sheet
}


def filled() -> bytes:
    book = load_workbook(io.BytesIO(stamp(prepare(build_master(SPEC), SPEC), replace(PRINTED, rows={}))))
    rows = {**GOOD_ROWS, "ledger": [GOOD_ROWS["ledger"][0], *MORE]}
    for form in FORMS:
        sheet, layout = book[form.sheet], lay_out(form)
        for fact in form.facts:
            if not fact.locked:
                sheet.cell(layout.facts[fact.key], 3).value = GOOD_FACTS[form.form][fact.key]
        for down, row in enumerate(rows.get(form.form, [])):
            for right, value in enumerate(row, 1):
                if value is not None:
                    sheet.cell(layout.first_row + down, right).value = value
    buffer = io.BytesIO()
    book.save(buffer)
    return buffer.getvalue()


@pytest.fixture(scope="module")
def saved(tmp_path_factory):
    """By format: the files that LibreOffice makes of one workbook."""
    if not shutil.which("soffice"):
        pytest.skip("LibreOffice is not installed: files saved by it are not tried")
    folder = tmp_path_factory.mktemp("office")
    (folder / "台账.xlsx").write_bytes(filled())
    made = {}
    for name, told in FORMATS.items():
        command = ["soffice", f"-env:UserInstallation=file://{folder}/profile", "--headless", "--convert-to", told]
        command += ["--outdir", str(folder / name), str(folder / "台账.xlsx")]
        subprocess.run(command, check=True, capture_output=True, timeout=240)
        made[name] = sorted((folder / name).iterdir())
    return made


def read(*paths: Path):
    from oneledger.adapters.mail_parse import MailPart
    from tasks.files import joined_tables

    with WorkbookReader() as reader:
        each = [
            (MailPart(path.name, "", path.read_bytes(), "2", forwarded=False), reader.read(path.read_bytes()))
            for path in paths
        ]
    tables = [(part, cells) for part, cells in each if isinstance(cells, WorkbookCells)]
    return joined_tables(tables)[1] if len(tables) > 1 else tables[0][1]


def values(cells):
    result = review(cells, FORMS, make_context(FORMS))
    ledgers = {name: (ledger.facts, [row.values for row in ledger.rows]) for name, ledger in result.ledgers.items()}
    return result.verdict, ledgers, {finding.rule for finding in result.findings}


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("xlsx", set()),
        ("xls", {"WB-006"}),
        ("ods", {"WB-006"}),
        ("csv", {"WB-008"}),
    ],
)
def test_what_libreoffice_saves_reads_as_what_was_filled_in(saved, tmp_path, name, told):
    original = tmp_path / "a.xlsx"
    original.write_bytes(filled())
    expected = values(read(original))
    found = values(read(*saved[name]))
    assert (found[0], expected[0]) == ("accepted", "accepted")
    assert found[1] == expected[1]
    assert found[2] - expected[2] == told


def test_marks_survive_where_the_format_can_hold_them(saved):
    marks = {name: read(*saved[name]).marks for name in ("xlsx", "xls", "ods")}
    assert {each.campaign for each in marks.values()} == {"liaoning-2021"}
    assert {each.tokens for each in marks.values()} == {("token",)}


def test_a_zip_of_csv_files_gives_them_all(saved):
    files = {path.name: path.read_bytes() for path in saved["csv"]}
    with WorkbookReader() as reader:
        told = reader.read(zipped(files))
    assert (type(told), dict(told.files)) == (PackedFiles, files)
