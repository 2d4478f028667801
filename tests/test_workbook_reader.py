"""Workbooks parsed in a process that may die of them (reliability 0.7, T9, E10); nobody else notices."""

import io
import json
import os
import random
import resource
import signal
import socket
import subprocess
import sys
import zipfile
from dataclasses import replace
from datetime import date, time, timedelta
from pathlib import Path

import pytest
from openpyxl import load_workbook

from oneledger.adapters import reader_limits, workbook_reader
from oneledger.adapters.reader_process import ReaderStartError
from oneledger.adapters.workbook_master import build_master
from oneledger.adapters.workbook_reader import WorkbookReader
from oneledger.adapters.workbook_stamp import prepare, stamp
from oneledger.domain.forms import asked_of
from oneledger.domain.returns import SheetCells, Unreadable, WorkbookCells, WorkbookMarks
from oneledger.domain.review import review
from oneledger.domain.rules import structural
from oneledger.domain.sheet_layout import lay_out
from oneledger.domain.workbooks import Fill, WorkbookSpec
from oneledger.domain.written_dates import since_1900
from oneledger.settings import COVER as COVER_FORM, load_campaign, load_form
from tests.make_files import ONE_CELL, biff, make_xlsx, ods, ole, saved, xlsx_parts, zipped
from tests.make_returns import CODE, COVER, GOOD_FACTS, GOOD_ROWS, LEDGER, PRINTED, SELFCHECK, local, make_context

CONFIG = Path(__file__).parents[1] / "config"
FORMS = (COVER, LEDGER, SELFCHECK)
CORNER = (
    "<row r='1048576'><c r='A1'><v>1</v></c><c r='XFD1048576'><v>1</v></c></row>"  # single quotes slip past the scan
)
SPEC = WorkbookSpec(
    "liaoning-2021", "deploy", "专项治理行动", "辽教〔2021〕1号", "部署摸底", "school", COVER, (LEDGER, SELFCHECK)
)


@pytest.fixture(scope="module")
def reader():
    with WorkbookReader() as shared:
        yield shared


@pytest.fixture(scope="module")
def printed():
    """As it goes out to a unit."""
    return stamp(prepare(build_master(SPEC), SPEC), replace(PRINTED, rows={}))


def filled_in(content):
    """By openpyxl, as a school's office would: facts in column C, rows under the heading."""
    book = load_workbook(io.BytesIO(content))
    for form in FORMS:
        sheet, layout = book[form.sheet], lay_out(form)
        for fact in form.facts:
            if not fact.locked:
                sheet.cell(layout.facts[fact.key], 3).value = GOOD_FACTS[form.form][fact.key]
        for down, row in enumerate(GOOD_ROWS.get(form.form, [])):
            for right, value in enumerate(row, 1):
                if value is not None:
                    sheet.cell(layout.first_row + down, right).value = value
    buffer = io.BytesIO()
    book.save(buffer)
    return buffer.getvalue()


def test_a_workbook_of_ours_filled_in_and_sent_back_is_accepted_with_its_values(reader, printed):
    cells = reader.read(filled_in(printed))
    assert cells.marks == WorkbookMarks(("token",), SPEC.references, "liaoning-2021", "deploy", CODE)
    assert [(sheet.name, sheet.hidden) for sheet in cells.sheets] == [(form.sheet, False) for form in FORMS]
    result = review(cells, FORMS, make_context(FORMS))
    assert (result.verdict, result.findings) == ("accepted", [])
    assert result.ledgers["cover"].facts == GOOD_FACTS["cover"] | {"pupils": 860}
    assert [row.values["methods"] for row in result.ledgers["ledger"].rows] == [["巡查", "问卷"], None]
    assert [row.values["conclusion"] for row in result.ledgers["selfcheck"].rows] == ["已落实"] * 3


def test_a_workbook_sent_back_blank_is_returned_with_what_is_missing(reader, printed):
    result = review(reader.read(printed), FORMS, make_context(FORMS))
    assert result.verdict == "returned"
    assert [(finding.rule, finding.sheet) for finding in result.findings] == [
        ("CV-002", "封面"), ("LG-031", "问题排查台账"), *[("SC-003", "政策清单自查")] * 3,
    ]  # fmt: skip


CAMPAIGN = load_campaign(CONFIG, "liaoning-2021")
WORKBOOKS = [
    (deliverable, level)
    for deliverable in CAMPAIGN.deliverables
    if deliverable.kind == "workbook"
    for level in (deliverable.respondents.levels or ("school",))
]


@pytest.mark.parametrize(
    ("deliverable", "level"), WORKBOOKS, ids=[f"{each.deliverable}-{level}" for each, level in WORKBOOKS]
)
def test_every_workbook_of_the_campaign_comes_back_as_it_was_laid_out(reader, deliverable, level):
    """Blank, it lacks what is required and nothing else is wrong with it (004-C)."""
    forms = tuple(asked_of(load_form(CONFIG, reference), level) for reference in (COVER_FORM, *deliverable.forms))
    spec = WorkbookSpec("liaoning-2021", deliverable.phase, "行动", "文号", "阶段", level, forms[0], forms[1:])
    number = {
        "problem_no": f"{CODE}-2021-0001",
        "fix_mode": "限期整改",
        "found_on": date(2021, 3, 1),
        "due_on": date(2021, 5, 1),
    }
    fill = Fill("token", CODE, "望湖路小学", {"cover": {"unit_code": CODE}}, {"rectify": [number]})
    cells = reader.read(stamp(prepare(build_master(spec), spec), fill))
    context = make_context(forms, phase=deliverable.phase, level=level, printed=fill)
    result = review(cells, forms, context)
    assert [finding for finding in result.findings if finding.rule.startswith("WB")] == []
    assert {finding.found for finding in result.findings} == {""}
    assert list(result.ledgers) == [form.form for form in forms]
    for form in forms:
        ledger = result.ledgers[form.form]
        assert set(ledger.fact_cells) == {fact.key for fact in form.facts}
        assert set(ledger.columns) == {column.key for column in form.columns}


def test_cells_keep_their_places_and_types(reader):
    def fill(sheet):
        sheet["B2"], sheet["C2"], sheet["D2"], sheet["E2"] = 3, 3.5, date(2021, 3, 5), local("2021-03-05T14:30")
        sheet["F2"], sheet["G2"], sheet["H2"], sheet["I2"] = time(8, 30), True, "=1+1", "#N/A"
        sheet["J2"], sheet["K2"] = timedelta(hours=30), "  二\n行 "
        sheet["B5"] = "合"
        sheet.merge_cells("B5:C7")
        sheet["Z40"].number_format = "0.00"

    cells = reader.read(saved(fill))
    assert cells == WorkbookCells(
        [SheetCells(
            "Sheet",
            [
                [],
                [None, 3.0, 3.5, date(2021, 3, 5), local("2021-03-05T14:30"), time(8, 30), True, None, "#N/A", "1 day, 6:00:00", "  二\n行 "],
                [], [],
                [None, "合"],
            ],
            [(4, 1, 6, 2)],
            False,
            ["H2"],
        )],
        WorkbookMarks(),
    )  # fmt: skip


def test_what_is_no_number_or_beyond_all_numbers_is_no_blank(reader):
    rows = '<row r="1"><c r="A1"><v>NaN</v></c><c r="B1"><v>1e400</v></c><c r="C1"><v>-1e400</v></c><c r="D1"><v>7</v></c></row>'
    (sheet,) = reader.read(make_xlsx(rows)).sheets
    assert [repr(cell) for cell in sheet.rows[0]] == ["nan", "inf", "-inf", "7.0"]


def test_a_workbook_that_counts_from_1904_gives_the_same_days(reader):
    def fill(sheet):
        sheet.parent.epoch = local("1904-01-01")
        sheet["A1"] = date(2021, 3, 5)

    assert reader.read(saved(fill)).sheets[0].rows == [[date(2021, 3, 5)]]


def test_of_a_workbook_from_1904_a_bare_day_number_is_known_to_be_one(reader):
    """Without the format of a date nothing but the workbook itself says from when it counts."""

    def fill(sheet):
        sheet.parent.epoch = local("1904-01-01")
        sheet["A1"] = 42798

    cells = reader.read(saved(fill)).sheets[0]
    assert (cells.rows, cells.from_1904, since_1900(42798.0)) == ([[42798.0]], True, 44260.0)
    assert not reader.read(make_xlsx()).sheets[0].from_1904


def test_hidden_rows_and_columns_are_told(reader):
    def fill(sheet):
        sheet["A1"], sheet["D3"] = 1, 2
        sheet.row_dimensions[3].hidden = True
        sheet.column_dimensions["B"].hidden = True

    cells = reader.read(saved(fill)).sheets[0]
    assert (cells.hidden_rows, cells.hidden_columns) == ({2}, {1})


def test_hidden_sheets_are_told_as_hidden(reader):
    def fill(sheet):
        sheet["A1"] = "看得见"
        hidden = sheet.parent.create_sheet("藏起来")
        hidden["A1"], hidden.sheet_state = 1, "hidden"

    assert [(sheet.name, sheet.hidden) for sheet in reader.read(saved(fill)).sheets] == [
        ("Sheet", False),
        ("藏起来", True),
    ]


def test_a_dimension_that_lies_hides_nothing(reader):
    """WPS writes A1:A1 whatever the sheet holds (reliability 0.8)."""
    parts = xlsx_parts('<row r="1"><c r="A1"><v>1</v></c></row><row r="50"><c r="C50"><v>9</v></c></row>')
    parts["xl/worksheets/sheet1.xml"] = parts["xl/worksheets/sheet1.xml"].replace(
        "<sheetData>", '<dimension ref="A1:A1"/><sheetData>'
    )
    rows = reader.read(zipped(parts)).sheets[0].rows
    assert (len(rows), rows[0], rows[49]) == (50, [1.0], [None, None, 9.0])


def test_tokens_are_told_once_and_the_most_trusted_place_first(reader):
    custom = '<Properties xmlns="x"><property name="OneLedgerToken"><lpwstr>first</lpwstr></property></Properties>'
    parts = xlsx_parts(docProps__custom=custom)
    parts["docProps/custom.xml"] = parts.pop("docProps/custom")
    parts["xl/workbook.xml"] = parts["xl/workbook.xml"].replace(
        "</sheets>", '</sheets><definedNames><definedName name="_oneledger_token">"second"</definedName></definedNames>'
    )
    assert reader.read(zipped(parts)).marks.tokens == ("first", "second")


def test_marks_of_a_workbook_saved_as_ods_or_xls_come_from_its_hidden_sheet(reader):
    row = '<table:table-row><table:table-cell office:value-type="string"><text:p>{}</text:p></table:table-cell><table:table-cell office:value-type="string"><text:p>{}</text:p></table:table-cell></table:table-row>'
    meta = "".join(
        row.format(*pair)
        for pair in {"campaign": "liaoning-2021", "token": "ol1.abc", "forms": "cover-v1 ledger-v2"}.items()
    )
    content = ods(f'</table:table><table:table table:name="_meta">{meta}')
    assert reader.read(content).marks == WorkbookMarks(("ol1.abc",), ("cover-v1", "ledger-v2"), "liaoning-2021")


def test_the_old_xls_of_excel_and_the_et_of_wps_are_read(reader):
    content = ole(("Workbook", biff({(0, 0): "序号", (0, 1): "排查日期", (1, 0): 1.0, (1, 1): 44260.0})))
    cells = reader.read(content)
    assert (cells.kind, cells.sheets) == ("xls", [SheetCells("台账", [["序号", "排查日期"], [1.0, 44260.0]])])


def test_an_ods_repeated_to_the_last_row_is_read(reader):
    cell = '<table:table-cell office:value-type="string"><text:p>门岗</text:p></table:table-cell>'
    blank = '<table:table-row table:number-rows-repeated="1048575"><table:table-cell table:number-columns-repeated="16384"/></table:table-row>'
    cells = reader.read(ods(f"<table:table-row>{cell}</table:table-row>{blank}"))
    assert (cells.kind, cells.sheets[0].rows) == ("ods", [["门岗"]])


def test_an_ods_tells_its_merged_cells_its_errors_and_what_it_hides(reader):
    """Else a text over two rows would be blank in the second, and an error a blank (reliability 3.1)."""
    cell = '<table:table-cell office:value-type="string" {}><text:p>{}</text:p></table:table-cell>'
    error = '<table:table-cell table:formula="of:=1/0" office:value-type="string" xmlns:calcext="x" calcext:value-type="error"><text:p>#DIV/0!</text:p></table:table-cell>'
    merged = cell.format('table:number-rows-spanned="2"', "门岗")
    rows = (
        '<table:table-column table:number-columns-repeated="2"/><table:table-column table:visibility="collapse"/>'
        '<table:table-row table:number-rows-repeated="3"><table:table-cell/></table:table-row>'
        f'<table:table-row><table:table-cell table:number-columns-repeated="2"/>{merged}{error}</table:table-row>'
        f'<table:table-row table:visibility="filter"><table:table-cell/>{cell.format("", "乙")}<table:covered-table-cell/></table:table-row>'
    )
    (sheet,) = reader.read(ods(rows)).sheets
    assert (sheet.rows[3:], sheet.merged) == ([[None, None, "门岗", "#DIV/0!"], [None, "乙"]], [(3, 2, 4, 2)])
    assert (sheet.hidden_rows, sheet.hidden_columns) == ({4}, {2})


def test_a_million_formatted_blank_rows_are_read(reader):
    blank = "".join(f'<row r="{number}" ht="15" customHeight="1"/>' for number in range(2, 1_048_577))
    assert reader.read(make_xlsx(ONE_CELL + blank)).sheets[0].rows == [[7.0]]


def pid_of(reader):
    return reader._child._process.pid


def test_a_workbook_that_kills_its_parser_is_a_verdict_and_the_next_one_is_read():
    with WorkbookReader() as reader:
        assert reader.read(make_xlsx(CORNER)) == Unreadable(structural("WB-109"))
        assert reader.read(make_xlsx()).sheets[0].rows == [[7.0]]


def test_a_child_killed_from_outside_costs_no_workbook():
    with WorkbookReader() as reader:
        reader.read(make_xlsx())
        first = pid_of(reader)
        os.kill(first, signal.SIGKILL)
        assert reader.read(make_xlsx()).sheets[0].rows == [[7.0]]
        assert pid_of(reader) != first


def test_a_workbook_that_takes_too_long_is_a_verdict_and_its_child_is_ended():
    rows = "".join(f'<row r="{number}"><c r="A{number}"><v>1</v></c></row>' for number in range(1, 90_000))
    with WorkbookReader(timeout_seconds=0.05) as reader:
        assert reader.read(make_xlsx(rows)) == Unreadable(structural("WB-109"))
        assert reader._child is None


def test_a_child_is_renewed_after_many_workbooks():
    with WorkbookReader(renew_after=2) as reader:
        pids = []
        for _ in range(5):
            reader.read(make_xlsx())
            pids.append(pid_of(reader))
    assert [pids.index(pid) for pid in pids] == [0, 0, 2, 2, 4]


def test_no_child_outlives_its_reader():
    with WorkbookReader() as reader:
        reader.read(make_xlsx())
        pid = pid_of(reader)
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)


def far_apart():
    return make_xlsx(
        '<row r="1"><c r="A1"><v>1</v></c><c r="ZY1"><v>1</v></c></row><row r="9000"><c r="A9000"><v>1</v></c></row>'
    )


def long_text_everywhere():
    """One text, told once in the file and shown in five hundred cells."""
    strings = (
        f'<sst xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><si><t>{"长" * 32000}</t></si></sst>'
    )
    parts = xlsx_parts(
        "".join(f'<row r="{number}"><c r="A{number}" t="s"><v>0</v></c></row>' for number in range(1, 500))
    )
    return zipped(parts | {"xl/sharedStrings.xml": strings})


@pytest.mark.parametrize(
    ("content", "rule"),
    [
        (b"", "WB-101"),
        (b"%PDF-1.7", "WB-123"),
        (b"a" * (20 * 2**20 + 1), "WB-102"),
        (zipped(xlsx_parts() | {"xl/workbook.xml": "<workbook><broken"}), "WB-108"),
        (zipped({"[Content_Types].xml": "<Types/>", "xl/styles.xml": "<a/>"}), "WB-108"),
        (ole(("Workbook", b"\x09\x08\x10\x00")), "WB-108"),
        (far_apart(), "WB-110"),
        (long_text_everywhere(), "WB-110"),
    ],
)
def test_a_file_that_cannot_be_read_is_a_verdict(reader, content, rule):
    found = reader.read(content)
    assert (type(found), found.finding.rule) == (Unreadable, rule)


def test_a_rust_panic_or_any_other_end_of_a_parse_is_a_verdict(reader):
    """A fixed sample of bent workbooks; a fuller run belongs to the fuzzing command."""
    chance, parts = random.Random(3), xlsx_parts(ONE_CELL)
    original = zipped(parts, zipfile.ZIP_STORED)
    verdicts = set()
    for _ in range(150):
        bent = bytearray(original)
        for _ in range(chance.randint(1, 4)):
            bent[chance.randrange(len(bent))] = chance.randrange(256)
        verdicts.add(type(reader.read(bytes(bent))))
    assert verdicts == {Unreadable, WorkbookCells}


CONFINED = """
import json, os, resource, socket, sys
from oneledger.adapters.reader_limits import confine
granted = confine()
with socket.socket() as mine:
    reached = mine.connect_ex(("127.0.0.1", int(sys.argv[1]))) == 0
try:
    wrote = os.write(os.memfd_create("x"), b"x") == 1
except OSError:
    wrote = False
limits = [resource.getrlimit(kind)[0] for kind in (resource.RLIMIT_AS, resource.RLIMIT_FSIZE, resource.RLIMIT_NOFILE, resource.RLIMIT_CORE)]
print(json.dumps({"granted": granted, "reached": reached, "wrote": wrote, "limits": limits}))
"""


def test_the_child_has_no_memory_files_or_network_to_do_harm_with():
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = str(listener.getsockname()[1])
        told = json.loads(
            subprocess.run([sys.executable, "-c", CONFINED, port], capture_output=True, check=True).stdout
        )
    assert told["limits"] == [reader_limits.MEMORY_BYTES, 0, 32, 0]
    assert not told["wrote"]
    assert told["reached"] == ("network" not in told["granted"])  # where the system lets us, there is no network
    assert resource.getrlimit(resource.RLIMIT_AS)[0] != reader_limits.MEMORY_BYTES  # and the parent is as it was


def test_the_child_loads_nothing_heavy():
    listed = subprocess.run(
        [sys.executable, "-I", "-c", "import sys, oneledger.adapters.reader_child; print(*sys.modules)"],
        capture_output=True,
        check=True,
    ).stdout.decode()
    assert {"pydantic", "openpyxl", "lxml", "sqlalchemy", "prefect", "jinja2"} & set(listed.split()) == set()


def test_a_child_that_does_not_start_is_no_verdict_on_a_workbook(monkeypatch):
    monkeypatch.setattr(workbook_reader, "CHILD", "oneledger.adapters.no_such_module")
    with WorkbookReader() as reader, pytest.raises(ReaderStartError, match="does not start"):
        reader.read(make_xlsx())
