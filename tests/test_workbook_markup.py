"""The school's own file back, with marks: read by openpyxl and calamine, by our own reader, and saved by LibreOffice."""

import io
import re
import shutil
import subprocess
import zipfile
from copy import copy

import pytest
from lxml import etree
from openpyxl import Workbook
from openpyxl.comments import Comment
from openpyxl.styles import Font, GradientFill, PatternFill
from openpyxl.styles.colors import Color

from oneledger.adapters.workbook_markup import MarkupError, mark_up
from oneledger.adapters.workbook_master import build_master
from oneledger.adapters.workbook_reader import WorkbookReader
from oneledger.adapters.workbook_stamp import prepare, stamp
from oneledger.domain.findings import Finding
from oneledger.domain.layout import locate
from oneledger.domain.printed import FINDINGS_SHEET
from oneledger.domain.workbooks import CUSTOM_PROPERTY, DEFINED_NAME, META_SHEET
from tests.make_files import overlapping, with_flag, xlsx_parts, zipped
from tests.make_workbooks import looks, make_fill, make_spec, merges, opened, quick, rules, texts

RED, YELLOW, NONE = "light red", "light yellow", "00000000"
SPEC = make_spec()
STAMPED = stamp(prepare(build_master(SPEC), SPEC), make_fill(facts={"cover": {"filler": "=1+1"}}))
SHEET = "xl/worksheets/sheet2.xml"  # 台账 in it
MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"

WRONG_DAY = Finding("LG-002", "台账", "B8", "2021.13.5", "日期，如 2021-03-05", "没有13月，请改。")
TOO_SHORT = Finding("LG-003", "台账", "C8", "乱", "10至300字", "请写清楚。", "query")
READ_AS = Finding("LG-004", "台账", "D8", "３", "", "已读作3。", "note")
NO_SHEET = Finding("WB-011", "", "", "", "", "缺少一张表。")


def at(cell: str, level: str = "error") -> Finding:
    return Finding("LG-002", "台账", cell, level=level)


def saved(book: Workbook) -> bytes:
    buffer = io.BytesIO()
    book.save(buffer)
    return buffer.getvalue()


def filled(**cells) -> bytes:
    book = opened(STAMPED)
    for address, value in cells.items():
        book["台账"][address].value = value
    return saved(book)


def colour(cell) -> str:
    """A mark comes in 64 shades that nobody can tell apart."""
    shown = cell.fill.fgColor.rgb
    return {0xFFFEBCC0: RED, 0xFFFEE470: YELLOW}.get(int(shown, 16) & ~0x30F, shown)


def marks(content: bytes, *addresses: str) -> list[tuple]:
    sheet = opened(content)["台账"]
    return [(colour(sheet[each]), sheet[each].comment and sheet[each].comment.text) for each in addresses]


def parts(content: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def packed(content: bytes) -> dict[str, bytes]:
    """As they stand in the zip, deflated."""
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        starts = {
            each.filename: (each.header_offset + 30 + len(each.filename), each.compress_size)
            for each in archive.infolist()
        }
    return {name: content[start : start + size] for name, (start, size) in starts.items()}


def canonical(xml: bytes) -> bytes:
    return etree.tostring(etree.fromstring(xml), method="c14n")


def rezipped(content: bytes, name: str, old: str, new: str) -> bytes:
    return zipped(
        {
            each: text.replace(old.encode(), new.encode()) if each == name else text
            for each, text in parts(content).items()
        }
    )


def test_errors_are_red_queries_yellow_and_a_note_has_only_its_comment():
    content = mark_up(filled(B8="2021.13.5", C8="乱"), [WRONG_DAY, TOO_SHORT, READ_AS])
    assert marks(content, "B8", "C8", "D8", "E8") == [
        (RED, "【更正提示】台账!B8（LG-002）：写的是“2021.13.5”，应为日期，如 2021-03-05。没有13月，请改。"),
        (YELLOW, "【更正提示】台账!C8（LG-003）：写的是“乱”，应为10至300字。请写清楚。"),
        (NONE, "【更正提示】台账!D8（LG-004）：写的是“３”，已读作3。"),
        (NONE, None),
    ]


def test_two_findings_of_one_cell_share_a_comment_and_the_worse_gives_the_colour():
    query = Finding("LG-201", "台账", "B8", remedy="日期太早。", level="query")
    assert marks(mark_up(STAMPED, [query, WRONG_DAY]), "B8") == [
        (RED, f"【更正提示】{query.sentence()}\n{WRONG_DAY.sentence()}")
    ]


def test_the_first_sheet_lists_every_finding_and_links_to_its_cell():
    book = opened(mark_up(STAMPED, [WRONG_DAY, TOO_SHORT, READ_AS, NO_SHEET]))
    sheet = book.worksheets[0]
    assert (sheet.title, book.active.title) == (FINDINGS_SHEET, FINDINGS_SHEET)
    assert sheet["A2"].value == (
        "差错2处（红色），必须改正；疑问1处（黄色），请改正，或在最后一栏“疑问说明”写明原因；说明1处，不必改。"
        "请在原表中改好，保存后直接回复邮件并附上本表；改过的单元格不必去掉颜色和批注，本页不必删除。"
    )
    assert [[cell.value for cell in row] for row in sheet["A3:I7"]] == [
        ["序号", "类别", "工作表", "单元格", "规则", "写的是", "应为", "怎么改", "疑问说明"],
        [1, "差错", "台账", "B8", "LG-002", "2021.13.5", "日期，如 2021-03-05", "没有13月，请改。", None],
        [2, "疑问", "台账", "C8", "LG-003", "乱", "10至300字", "请写清楚。", None],
        [3, "说明", "台账", "D8", "LG-004", "３", None, "已读作3。", None],
        [4, "差错", "整个文件", None, "WB-011", None, None, "缺少一张表。", None],
    ]
    links = [sheet[f"D{row}"].hyperlink for row in range(4, 8)]
    assert [link and link.location for link in links] == ["'台账'!B8", "'台账'!C8", "'台账'!D8", None]
    assert [colour(sheet[f"B{row}"]) for row in range(4, 8)] == [RED, YELLOW, NONE, RED]
    assert (sheet.print_title_rows, sheet.freeze_panes) == ("$3:$3", "A4")


def test_a_quotation_mark_in_the_name_of_a_sheet_does_not_break_its_link():
    book = Workbook()
    book.worksheets[0].title = "校'长&室"
    sheet = opened(mark_up(saved(book), [Finding("WB-001", "校'长&室", "A1")])).worksheets[0]
    assert sheet["D4"].hyperlink.location == "'校''长&室'!A1"


def test_only_the_list_is_selected_so_that_nothing_is_typed_into_two_sheets():
    book = opened(STAMPED)
    for sheet in book.worksheets[:2]:
        sheet.sheet_view.tabSelected = True
    marked = opened(mark_up(saved(book), [WRONG_DAY]))
    assert [bool(sheet.sheet_view.tabSelected) for sheet in marked.worksheets] == [True, False, False, False]


def test_everything_else_is_as_the_school_sent_it():
    original = filled(B8="2021.13.5", C8="乱", F9="=1+1")
    before, after = opened(original), opened(mark_up(original, [WRONG_DAY]))
    for sheet in before.worksheets:
        other = after[sheet.title]
        assert texts(other) == texts(sheet)
        assert {key: look for key, look in looks(other).items() if key != "B8"} == {
            key: look for key, look in looks(sheet).items() if key != "B8"
        }
        assert (rules(other), merges(other), other.sheet_state) == (rules(sheet), merges(sheet), sheet.sheet_state)
        assert (other.protection.sheet, other.freeze_panes) == (sheet.protection.sheet, sheet.freeze_panes)
        assert (other.print_title_rows, other.print_title_cols) == (sheet.print_title_rows, sheet.print_title_cols)
    assert (after[META_SHEET]["B4"].value, after.custom_doc_props[CUSTOM_PROPERTY].value) == ("ol1.abc234",) * 2
    assert (after.defined_names[DEFINED_NAME].value, after.security.lockStructure) == ('"ol1.abc234"', True)


def test_a_marked_cell_keeps_all_of_its_look_but_the_fill():
    book = opened(STAMPED)
    book["台账"]["B8"].font = Font(name="楷体", size=20, bold=True)
    before = opened(saved(book))["台账"]["B8"]
    after = opened(mark_up(saved(book), [WRONG_DAY]))["台账"]["B8"]
    assert colour(after) == RED
    for kept in ("font", "border", "alignment", "protection", "number_format"):
        assert copy(getattr(after, kept)) == copy(getattr(before, kept))


def test_only_the_parts_that_carry_marks_are_written_anew():
    before, after = packed(STAMPED), packed(mark_up(STAMPED, [WRONG_DAY]))
    assert {name for name in after if before.get(name) != after[name]} == {
        "[Content_Types].xml", "xl/workbook.xml", "xl/_rels/workbook.xml.rels", "xl/styles.xml",
        SHEET, "xl/worksheets/_rels/sheet2.xml.rels", "xl/comments1.xml", "xl/drawings/vmlDrawing1.vml",
        "xl/worksheets/sheet4.xml",  # the list
    }  # fmt: skip
    assert set(before) <= set(after)


def test_of_the_sheet_nothing_changes_but_the_style_of_the_cell_and_the_link_to_its_comments():
    before, after = parts(STAMPED)[SHEET], parts(mark_up(STAMPED, [WRONG_DAY]))[SHEET]
    style = re.search(rb'<c r="B8" s="(\d+)"', before)[0]
    undone = re.sub(rb'<c r="B8" s="\d+"', style, re.sub(rb"<legacyDrawing[^>]*/>", b"", after))
    assert canonical(undone.replace(f' xmlns:r="{OFFICE}"'.encode(), b"")) == canonical(before)


KINDS = {
    "worksheet": "worksheets/sheet1.xml", "sharedStrings": "sharedStrings.xml", "styles": "styles.xml",
    "externalLink": "externalLinks/externalLink1.xml",
}  # fmt: skip
STYLES = (
    f'<styleSheet xmlns="{MAIN}"><fonts><font/></fonts><fills><fill><patternFill patternType="none"/></fill><fill>'
    '<patternFill patternType="gray125"/></fill></fills><borders><border/></borders><cellStyleXfs><xf/></cellStyleXfs><cellXfs><xf fontId="0"/>'
    '<xf fontId="0" numFmtId="14"/><xf fontId="0" numFmtId="10"/></cellXfs><cellStyles><cellStyle name="Normal" xfId="0"/></cellStyles></styleSheet>'
)
LINK = f'<externalLink xmlns="{MAIN}" xmlns:r="{OFFICE}"><externalBook r:id="r"/></externalLink>'
PICTURE = bytes(range(256)) * 8
ROWS = (
    '<row r="1" spans="1:2"><c r="A1" t="s"><v>0</v></c><c r="D1"><f>[1]S!A1</f><v>42</v></c></row>'
    '<row r="4" s="2" customFormat="1"><c r="B4"/></row>'
)


def excel_parts(rows=ROWS, head="", tail="", more=("sharedStrings", "styles")):
    """As Excel writes them: relative targets, shared strings. The one sheet is 台账."""
    kinds = ("worksheet", *more)
    links = "".join(f'<Relationship Id="{kind}" Type="{OFFICE}/{kind}" Target="{KINDS[kind]}"/>' for kind in kinds)
    typed = "".join(
        f'<Override PartName="/xl/{name}" ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.{kind}+xml"/>'
        for kind, name in {"sheet.main": "workbook.xml", **{kind: KINDS[kind] for kind in kinds}}.items()
    )
    written = {
        "[Content_Types].xml": xlsx_parts()["[Content_Types].xml"].replace("</Types>", f"{typed}</Types>"),
        "xl/workbook.xml": f'<workbook xmlns="{MAIN}" xmlns:r="{OFFICE}"><sheets><sheet name="台账" sheetId="7" r:id="worksheet"/></sheets></workbook>',
        "xl/_rels/workbook.xml.rels": f'<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">{links}</Relationships>',
        "xl/worksheets/sheet1.xml": f'<worksheet xmlns="{MAIN}" xmlns:r="{OFFICE}"><dimension ref="A1:B2"/>{head}<sheetData>{rows}</sheetData>{tail}</worksheet>',
    }
    bodies = {"sharedStrings": f'<sst xmlns="{MAIN}"><si><t>甲</t></si></sst>', "styles": STYLES, "externalLink": LINK}
    return xlsx_parts() | written | {f"xl/{KINDS[kind]}": bodies[kind] for kind in more}


def cells_of(content: bytes) -> list[tuple]:
    root = etree.fromstring(parts(content)["xl/worksheets/sheet1.xml"])
    return [(row.get("r"), [cell.get("r") for cell in row]) for row in root.iter(f"{{{MAIN}}}row")]


def test_pictures_links_to_other_files_and_results_of_formulas_are_kept():
    original = zipped(excel_parts(more=("sharedStrings", "styles", "externalLink")) | {"xl/media/image1.png": PICTURE})
    before, after = packed(original), packed(mark_up(original, [at("A1")]))
    kept = ("xl/media/image1.png", "xl/externalLinks/externalLink1.xml", "xl/sharedStrings.xml")
    assert [after[name] for name in kept] == [before[name] for name in kept]
    assert b"<f>[1]S!A1</f><v>42</v>" in parts(mark_up(original, [at("A1")]))["xl/worksheets/sheet1.xml"]


def test_cells_and_rows_that_are_not_there_are_put_in_their_place():
    marked = mark_up(zipped(excel_parts()), [at("C1"), at("E1"), at("A3"), at("A4"), at("C9"), at("B9", "query")])
    assert cells_of(marked) == [
        ("1", ["A1", "C1", "D1", "E1"]), ("3", ["A3"]), ("4", ["A4", "B4"]), ("9", ["B9", "C9"]),
    ]  # fmt: skip
    sheet = parts(marked)["xl/worksheets/sheet1.xml"]
    assert (b'<dimension ref="A1:E9"/>' in sheet, b"spans" in sheet) == (True, False)


def test_a_note_puts_in_no_cell():
    assert cells_of(mark_up(zipped(excel_parts()), [at("C1", "note")])) == [("1", ["A1", "D1"]), ("4", ["B4"])]


def test_a_cell_that_was_not_there_looks_like_its_row_or_its_column():
    columns = '<cols><col min="2" max="3" width="9" style="1"/></cols>'
    marked = opened(mark_up(zipped(excel_parts(head=columns)), [at("C2"), at("C4"), at("E2")]))
    assert [marked["台账"][each].number_format for each in ("C2", "C4", "E2")] == ["mm-dd-yy", "0.00%", "General"]


def test_rows_and_cells_without_names_follow_one_another():
    rows = '<row><c t="s"><v>0</v></c><c><v>2</v></c></row><row r="3"><c r="B3"><v>3</v></c><c><v>4</v></c></row>'
    sheet = opened(mark_up(zipped(excel_parts(rows)), [at("B1"), at("C3"), at("A2")]))["台账"]
    assert texts(sheet) == {"A1": "甲", "B1": 2, "B3": 3, "C3": 4}
    assert {cell.coordinate for row in sheet.iter_rows() for cell in row if colour(cell) == RED} == {"B1", "C3", "A2"}


@pytest.mark.parametrize(
    "target", ["worksheets/sheet1.xml", "/xl/worksheets/sheet1.xml", "../xl/worksheets/sheet1.xml"]
)
def test_prefixes_and_all_ways_to_write_a_target_are_understood(target):
    plain = excel_parts()
    prefixed = {
        name: re.sub(r"<(/?)(?=\w)", r"<\1x:", text).replace("xmlns=", "xmlns:x=")
        if name.startswith("xl/") and name.endswith("xml")
        else text
        for name, text in plain.items()
    }
    prefixed["xl/_rels/workbook.xml.rels"] = plain["xl/_rels/workbook.xml.rels"].replace(
        "worksheets/sheet1.xml", target
    )
    book = opened(mark_up(zipped(prefixed), [at("A1"), at("A2", "query")]))
    assert (book.sheetnames, texts(book["台账"])["A1"]) == ([FINDINGS_SHEET, "台账"], "甲")
    assert [colour(book["台账"][each]) for each in ("A1", "A2", "B4")] == [RED, YELLOW, NONE]


def test_a_workbook_without_styles_gets_them():
    book = opened(mark_up(zipped(excel_parts('<row r="1"><c r="A1"><v>7</v></c></row>', more=())), [at("A1")]))
    assert (colour(book["台账"]["A1"]), book["台账"]["A1"].value, book.worksheets[0].title) == (RED, 7, FINDINGS_SHEET)


def test_the_boxes_of_comments_follow_what_may_stand_before_them_and_nothing_else():
    tail = '<pageMargins left="1" right="1" top="1" bottom="1" header="0" footer="0"/><legacyDrawingHF r:id="h"/><tableParts count="0"/><extLst/>'
    root = etree.fromstring(parts(mark_up(zipped(excel_parts(tail=tail)), [at("A1")]))["xl/worksheets/sheet1.xml"])
    assert [etree.QName(each).localname for each in root] == [
        "dimension", "sheetData", "pageMargins", "legacyDrawing", "legacyDrawingHF", "tableParts", "extLst",
    ]  # fmt: skip


def test_the_box_of_a_comment_stands_right_of_its_cell():
    vml = parts(mark_up(zipped(excel_parts()), [at("B4")]))["xl/drawings/vmlDrawing1.vml"].decode()
    column, _, row, _, last_column, _, last_row, _ = map(int, re.search("Anchor>([^<]*)<", vml)[1].split(","))
    assert (column, row, last_column, last_row) == (2, 2, 7, 5)  # 320 px in columns of 64, 58 px in rows of 20
    assert ("<x:Row>3</x:Row>" in vml, "<x:Column>1</x:Column>" in vml) == (True, True)


def test_calamine_reads_the_marked_copy_as_it_read_the_original():
    original = filled(B8="2021.13.5", C8="乱")
    marked = mark_up(original, [WRONG_DAY, TOO_SHORT])
    assert [quick(marked, name) for name in ("封面", "台账")] == [quick(original, name) for name in ("封面", "台账")]


def test_our_own_reader_finds_every_form_and_token_in_a_marked_copy():
    original = filled(B8="2021.13.5", C8="乱")
    with WorkbookReader() as reader:
        before = reader.read(original)
        after = reader.read(mark_up(original, [WRONG_DAY, TOO_SHORT, READ_AS, NO_SHEET]))
    assert (after.marks, after.sheets[1:]) == (before.marks, before.sheets)
    assert (after.sheets[0].name, after.marks.tokens) == (FINDINGS_SHEET, ("ol1.abc234",))
    told, known = locate(after, SPEC.sheets), locate(before, SPEC.sheets)
    assert (list(told.placed), told.findings) == (["cover", "ledger"], [])
    assert [each.answers() for each in told.placed.values()] == [each.answers() for each in known.placed.values()]


def test_the_marks_of_an_earlier_round_are_taken_off_and_the_own_colours_return():
    once = mark_up(STAMPED, [WRONG_DAY, TOO_SHORT, NO_SHEET])
    twice = mark_up(once, [READ_AS])
    before, after = looks(opened(STAMPED)["台账"]), looks(opened(twice)["台账"])
    assert [after[each] for each in ("B8", "C8")] == [before[each] for each in ("B8", "C8")]
    assert [comment for _, comment in marks(twice, "B8", "C8")] == [None, None]
    assert opened(twice).sheetnames == [FINDINGS_SHEET, "封面", "台账", META_SHEET]
    assert opened(twice).worksheets[0].max_row == 4


def test_without_findings_a_marked_copy_is_again_what_the_school_sent():
    before, after = parts(STAMPED), parts(mark_up(mark_up(STAMPED, [WRONG_DAY, TOO_SHORT, READ_AS]), []))
    changed = {name for name in before if canonical(before[name]) != canonical(after[name])}
    assert (set(after), changed) == (
        set(before), {"[Content_Types].xml", "xl/styles.xml", "xl/workbook.xml", "xl/worksheets/sheet1.xml"},
    )  # fmt: skip  # what boxes are, the looks and names of former fills, and the first sheet is selected again
    names = {
        name: defined.value
        for name, defined in opened(mark_up(mark_up(STAMPED, [WRONG_DAY]), [])).defined_names.items()
    }
    assert {name for name in names if not name.startswith("_oneledger_fill")} == {DEFINED_NAME}


FILLS = {
    "B8": PatternFill("solid", fgColor="FF92D050"),
    "C8": PatternFill("solid", fgColor=Color(theme=4, tint=0.5999)),
    "D8": PatternFill("lightUp", fgColor="FFFF0000", bgColor="FFFFFF00"),
    "E8": GradientFill(degree=90, stop=("FFFFFFFF", "FF92D050")),
    "F8": PatternFill(),
}


def coloured() -> bytes:
    book = opened(STAMPED)
    for address, fill in FILLS.items():
        book["台账"][address].fill = fill
    return saved(book)


def fills(content: bytes) -> list:
    return [copy(opened(content)["台账"][address].fill) for address in (*FILLS, "G9")]


def test_a_colour_of_the_schools_own_returns_whatever_it_is():
    marked = mark_up(mark_up(coloured(), [at(each) for each in FILLS]), [at("B8", "query")])
    assert [shown for shown, _ in marks(marked, "B8")] == [YELLOW]
    assert fills(mark_up(marked, [])) == fills(coloured())


def test_a_mark_that_was_copied_to_other_cells_is_taken_off_there_too():
    book = opened(mark_up(STAMPED, [WRONG_DAY]))
    for address in ("C9", "E10"):
        book["台账"][address].fill = copy(book["台账"]["B8"].fill)
    assert marks(mark_up(saved(book), []), "B8", "C9", "E10") == [("FFFFF9E3", None)] * 3


def test_a_mark_whose_former_fill_nobody_knows_any_more_leaves_none():
    book = opened(mark_up(STAMPED, [WRONG_DAY]))
    for name in [name for name in book.defined_names if name.startswith("_oneledger_fill")]:
        del book.defined_names[name]
    assert marks(mark_up(saved(book), []), "B8") == [(NONE, None)]


def test_more_fills_than_there_are_shades_cost_the_last_ones_their_return():
    book = Workbook()
    book.worksheets[0].title = "台账"
    for row in range(1, 71):
        book["台账"].cell(row, 1).fill = PatternFill("solid", fgColor=f"FF0000{row:02X}")
    once = mark_up(saved(book), [at(f"A{row}") for row in range(1, 71)])
    marked = opened(once)["台账"]
    assert {colour(marked.cell(row, 1)) for row in range(1, 71)} == {RED}
    back = opened(mark_up(once, []))["台账"]
    assert [back.cell(row, 1).fill.fgColor.rgb for row in range(1, 71)] == [
        f"FF0000{row:02X}" for row in range(1, 64)
    ] + [NONE] * 7


def test_marking_the_same_cell_again_does_not_lose_its_own_colour():
    thrice = mark_up(mark_up(mark_up(STAMPED, [WRONG_DAY]), [WRONG_DAY]), [])
    assert looks(opened(thrice)["台账"])["B8"] == looks(opened(STAMPED)["台账"])["B8"]
    assert opened(thrice).sheetnames == ["封面", "台账", META_SHEET]


def test_styles_do_not_grow_from_round_to_round():
    twice = mark_up(mark_up(STAMPED, [WRONG_DAY, TOO_SHORT]), [WRONG_DAY, TOO_SHORT])
    assert parts(mark_up(twice, [WRONG_DAY, TOO_SHORT]))["xl/styles.xml"] == parts(twice)["xl/styles.xml"]


def test_equal_findings_of_an_equal_file_are_equal_bytes():
    assert mark_up(STAMPED, [WRONG_DAY, TOO_SHORT]) == mark_up(STAMPED, [WRONG_DAY, TOO_SHORT])


def test_names_of_sheets_stay_with_their_sheets_in_every_round():
    original = opened(STAMPED)
    own = {sheet.title: sheet.print_title_rows for sheet in original.worksheets}
    for content in (mark_up(STAMPED, [WRONG_DAY]), mark_up(mark_up(STAMPED, [WRONG_DAY]), [READ_AS])):
        book = opened(content)
        assert {sheet.title: sheet.print_title_rows for sheet in book.worksheets} == own | {FINDINGS_SHEET: "$3:$3"}


TITLES = (
    '<Properties xmlns="http://schemas.openxmlformats.org/officeDocument/2006/extended-properties" xmlns:vt="http://schemas.openxmlformats.org/officeDocument/2006/docPropsVTypes"><HeadingPairs><vt:vector size="2" baseType="variant">'
    "<vt:variant><vt:lpstr>工作表</vt:lpstr></vt:variant><vt:variant><vt:i4>3</vt:i4></vt:variant></vt:vector></HeadingPairs><TitlesOfParts>"
    '<vt:vector size="3" baseType="lpstr"><vt:lpstr>封面</vt:lpstr><vt:lpstr>台账</vt:lpstr><vt:lpstr>_meta</vt:lpstr></vt:vector></TitlesOfParts></Properties>'
)


def test_the_list_of_sheets_in_the_properties_of_the_file_goes_along():
    original = zipped(parts(STAMPED) | {"docProps/app.xml": TITLES})
    once = mark_up(original, [WRONG_DAY])
    root = etree.fromstring(parts(once)["docProps/app.xml"])
    assert root.xpath("//*[local-name()='i4' or local-name()='lpstr']/text()") == [
        "工作表",
        "4",
        FINDINGS_SHEET,
        "封面",
        "台账",
        "_meta",
    ]
    assert root.xpath("//@size") == ["2", "4"]
    assert canonical(parts(mark_up(once, []))["docProps/app.xml"]) == canonical(TITLES.encode())


def test_a_sheet_of_the_schools_with_the_name_of_the_list_stays_beside_it():
    book = opened(STAMPED)
    book.create_sheet(FINDINGS_SHEET, 0)["A1"].value = "我校的记录"
    once = mark_up(saved(book), [WRONG_DAY])
    names = [FINDINGS_SHEET + "1", FINDINGS_SHEET, "封面", "台账", META_SHEET]
    assert (opened(once).sheetnames, opened(mark_up(once, [READ_AS])).sheetnames) == (names, names)


def test_a_formula_in_the_list_does_not_leave_a_broken_chain_of_calculation():
    once = parts(mark_up(STAMPED, [WRONG_DAY]))
    once["xl/worksheets/sheet4.xml"] = once["xl/worksheets/sheet4.xml"].replace(
        b"</sheetData>", b'<row r="9"><c r="A9"><f>1+1</f></c></row></sheetData>'
    )
    once["xl/calcChain.xml"] = f'<calcChain xmlns="{MAIN}"><c r="A9" i="4"/></calcChain>'
    link = f'<Relationship Id="chain" Type="{OFFICE}/calcChain" Target="calcChain.xml"/></Relationships>'
    once["xl/_rels/workbook.xml.rels"] = once["xl/_rels/workbook.xml.rels"].replace(b"</Relationships>", link.encode())
    twice = parts(mark_up(zipped(once), [READ_AS]))
    assert ("xl/calcChain.xml" in twice, b"calcChain" in twice["xl/_rels/workbook.xml.rels"]) == (False, False)


def test_text_that_looks_like_a_formula_stays_text():
    hostile = [f"{start}cmd|'/c calc'!A0" for start in "=+-@"]
    sheet = opened(
        mark_up(STAMPED, [Finding("LG-003", "台账", "C8", each, each, each) for each in hostile])
    ).worksheets[0]
    assert [[(cell.value, cell.data_type, cell.quotePrefix) for cell in row] for row in sheet["F4:H7"]] == [
        [(each, "s", True)] * 3 for each in hostile
    ]


def test_text_that_looks_like_xml_stays_text_in_the_list_and_in_the_comment():
    hostile = '</t></is><f>1+1</f>&amp;"_x0041_'
    finding = Finding("LG-003", "台账", "C8", hostile)
    content = mark_up(STAMPED, [finding])
    assert marks(content, "C8") == [(RED, "【更正提示】" + finding.sentence().replace("_x0041_", "_x005F_x0041_"))]
    assert quick(content, FINDINGS_SHEET)[3][5] == hostile
    assert b"<f>" not in b"".join(parts(content).values())


def test_text_of_ours_that_looks_like_a_formula_stays_text_in_the_copy():
    cell = opened(mark_up(STAMPED, [WRONG_DAY]))["封面"]["C9"]
    assert (cell.value, cell.data_type) == ("=1+1", "s")


def test_control_characters_and_long_texts_in_a_finding_do_no_harm():
    finding = Finding("LG-003", "台账", "C8", "坏\x00\x0b字", remedy="长" * 40_000)
    content = mark_up(STAMPED, [finding])
    sheet = opened(content).worksheets[0]
    assert (sheet["F4"].value, len(sheet["H4"].value), len(marks(content, "C8")[0][1])) == ("坏字", 32_767, 32_767)


def commented() -> bytes:
    book = opened(STAMPED)
    book["台账"]["B8"].comment = Comment("请领导核对", "张老师")
    book["台账"]["G9"].comment = Comment("家访", "李老师")
    return saved(book)


def test_a_comment_of_the_school_stays():
    once = mark_up(commented(), [WRONG_DAY, TOO_SHORT])
    back = mark_up(once, [])
    assert marks(once, "B8", "C8", "G9") == [
        (RED, "请领导核对"), (YELLOW, f"【更正提示】{TOO_SHORT.sentence()}"), (NONE, "家访"),
    ]  # fmt: skip
    assert marks(back, "B8", "C8", "G9") == [("FFFFF9E3", "请领导核对"), ("FFFFF9E3", None), (NONE, "家访")]
    assert opened(once)["台账"]["B8"].comment.author == "张老师"


def test_the_boxes_of_the_schools_comments_stay_byte_by_byte():
    name = "xl/drawings/commentsDrawing1.vml"
    once = mark_up(commented(), [TOO_SHORT, READ_AS])
    before, after = parts(commented())[name], parts(once)[name]
    assert (after.startswith(before.removesuffix(b"</xml>")), after.count(b'ObjectType="Note"')) == (True, 4)
    assert len(set(re.findall(rb"_x0000_s\d+", after))) == 4
    assert parts(mark_up(once, []))[name] == before


def test_boxes_that_are_no_good_xml_are_carried_along():
    name = "xl/drawings/commentsDrawing1.vml"
    broken = rezipped(commented(), name, "</xml>", "<v:shape><div><br></div></v:shape></xml>")
    after = parts(mark_up(mark_up(broken, [TOO_SHORT]), []))[name]
    assert after == parts(broken)[name]


def test_a_comment_without_a_box_gets_one_when_ours_are_put_in():
    school = parts(commented())
    school[SHEET] = re.sub(rb"<legacyDrawing[^>]*/>", b"", school[SHEET])
    vml = parts(mark_up(zipped(school), [TOO_SHORT]))["xl/drawings/vmlDrawing1.vml"]
    assert sorted(zip(re.findall(rb"Row>(\d+)", vml), re.findall(rb"Column>(\d+)", vml), strict=True)) == [
        (b"7", b"1"), (b"7", b"2"), (b"8", b"6"),
    ]  # fmt: skip


def test_a_finding_without_a_cell_of_its_own_is_only_listed():
    places = [
        ("不在", "B8"),
        ("台账", ""),
        ("台账", "B8:C9"),
        ("台账", "第8行"),
        ("台账", "XFE1"),
        ("台账", "A1048577"),
        ("", "B8"),
    ]
    book = opened(mark_up(STAMPED, [Finding("WB-001", *place) for place in places]))
    listed = book.worksheets[0]["C4:D10"]
    assert [(sheet.value, cell.value, cell.hyperlink) for sheet, cell in listed] == [
        (sheet or "整个文件", cell or None, None) for sheet, cell in places
    ]
    assert [each for page in book.worksheets[1:] for row in page.iter_rows() for each in row if each.comment] == []


def test_of_merged_cells_the_first_carries_the_marks_of_all():
    book = opened(STAMPED)
    book["台账"].merge_cells("B8:B10")
    findings = [Finding("WB-031", "台账", "B9"), Finding("WB-032", "台账", "B10", level="query")]
    told = "\n".join(finding.sentence() for finding in findings)
    assert marks(mark_up(saved(book), findings), "B8") == [(RED, f"【更正提示】{told}")]


def test_formulas_are_kept_and_not_evaluated():
    sheet = opened(mark_up(filled(D8="=1+2", E8="=[1]Sheet1!A1"), [WRONG_DAY]))["台账"]
    assert [(sheet[each].value, sheet[each].data_type) for each in ("D8", "E8")] == [
        ("=1+2", "f"),
        ("=[1]Sheet1!A1", "f"),
    ]


def shorter_than_said() -> bytes:
    """The directory promises 100 bytes of styles, the part holds more."""
    at_ = (content := bytearray(STAMPED)).rindex(b"xl/styles.xml") - 46
    content[at_ + 24 : at_ + 28] = (100).to_bytes(4, "little")
    return bytes(content)


@pytest.mark.parametrize("content", [
    b"", b"not a zip", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600), STAMPED[:2000],
    rezipped(STAMPED, SHEET, 'ref="A1:H1"', 'ref="A1:XFD1048576"'),
    rezipped(STAMPED, SHEET, 'ref="A1:H1"', 'ref="A&#58;B"'),
    rezipped(STAMPED, "xl/styles.xml", "<", "<\0"),
    rezipped(STAMPED, "xl/theme/theme1.xml", "<", "<" + " " * 200_000),
    rezipped(STAMPED, SHEET, ' s="', ' s="99'),
    rezipped(STAMPED, "xl/styles.xml", "<styleSheet", '<!DOCTYPE a [<!ENTITY b "c">]><styleSheet'),
    rezipped(STAMPED, "xl/_rels/workbook.xml.rels", "worksheets/sheet2", "worksheets/sheet9"),
    rezipped(commented(), "xl/drawings/commentsDrawing1.vml", "</xml>", ""),
    shorter_than_said(), overlapping(), with_flag(STAMPED, 1),
    zipped(parts(STAMPED) | {"XL/Styles.xml": ""}),
], ids=[
    "nothing", "text", "xls", "cut off", "a billion cells", "a disguised range", "UTF-16", "a bomb", "broken styles", "a document type",
    "a sheet that is not there", "boxes without an end", "a lying directory", "parts that overlap", "a password", "one part twice",
])  # fmt: skip
def test_a_file_that_cannot_be_written_again_is_refused_with_one_error(content):
    with pytest.raises(MarkupError, match="cannot mark up this workbook"):
        mark_up(content, [WRONG_DAY, TOO_SHORT])


@pytest.fixture(scope="module")
def resaved(tmp_path_factory):
    """Two files as LibreOffice saves them: filled in by a school, and marked by us."""
    if not shutil.which("soffice"):
        pytest.skip("LibreOffice is not installed: files saved by it are not tried")
    folder = tmp_path_factory.mktemp("office")
    sent = {"filled": coloured(), "marked": mark_up(coloured(), [*(at(each) for each in FILLS), at("G9", "query")])}
    for name, content in sent.items():
        (folder / f"{name}.xlsx").write_bytes(content)
    command = [
        "soffice",
        f"-env:UserInstallation=file://{folder}/profile",
        "--headless",
        "--convert-to",
        "xlsx:Calc MS Excel 2007 XML",
    ]
    subprocess.run(
        [*command, "--outdir", str(folder / "made"), *map(str, folder.glob("*.xlsx"))],
        check=True,
        capture_output=True,
        timeout=120,
    )
    return {name: (folder / "made" / f"{name}.xlsx").read_bytes() for name in sent}


def test_libreoffice_shows_marks_comments_and_the_list_first(resaved):
    book = opened(resaved["marked"])
    assert (book.active.title, book.sheetnames) == (FINDINGS_SHEET, [FINDINGS_SHEET, "封面", "台账", META_SHEET])
    assert marks(resaved["marked"], "B8", "F8", "G9", "H9") == [
        (RED, f"【更正提示】{at('B8').sentence()}"), (RED, f"【更正提示】{at('F8').sentence()}"),
        (YELLOW, f"【更正提示】{at('G9', 'query').sentence()}"), (NONE, None),
    ]  # fmt: skip


def test_marks_that_went_through_libreoffice_are_taken_off_again(resaved):
    back = mark_up(resaved["marked"], [])
    assert fills(back) == fills(coloured())
    assert [comment for _, comment in marks(back, "B8", "G9")] == [None, None]
    assert opened(back).sheetnames == ["封面", "台账", META_SHEET]


def test_a_file_saved_by_libreoffice_is_marked_like_any_other(resaved):
    marked = mark_up(resaved["filled"], [WRONG_DAY, TOO_SHORT])
    assert marks(marked, "B8", "C8") == [
        (RED, f"【更正提示】{WRONG_DAY.sentence()}"),
        (YELLOW, f"【更正提示】{TOO_SHORT.sentence()}"),
    ]
    assert texts(opened(marked)["台账"]) == texts(opened(resaved["filled"])["台账"])
