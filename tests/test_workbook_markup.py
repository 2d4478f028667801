import io
import zipfile

import pytest
from openpyxl import Workbook
from openpyxl.comments import Comment

from oneledger.adapters.workbook_markup import MarkupError, mark_up
from oneledger.adapters.workbook_master import build_master
from oneledger.adapters.workbook_stamp import prepare, stamp
from oneledger.domain.findings import Finding
from oneledger.domain.printed import FINDINGS_SHEET
from oneledger.domain.workbooks import CUSTOM_PROPERTY, DEFINED_NAME, META_SHEET
from tests.make_workbooks import looks, make_fill, make_spec, merges, opened, quick, rules, texts

RED, YELLOW, NONE = "light red", "light yellow", "00000000"
SPEC = make_spec()
STAMPED = stamp(prepare(build_master(SPEC), SPEC), make_fill(facts={"cover": {"filler": "=1+1"}}))

WRONG_DAY = Finding("LG-002", "台账", "B8", "2021.13.5", "日期，如 2021-03-05", "没有13月，请改。")
TOO_SHORT = Finding("LG-003", "台账", "C8", "乱", "10至300字", "请写清楚。", "query")
READ_AS = Finding("LG-004", "台账", "D8", "３", "", "已读作3。", "note")
NO_SHEET = Finding("WB-011", "", "", "", "", "缺少一张表。")


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
    return {0xFFFEBCC0: RED, 0xFFFEE470: YELLOW}.get(int(shown, 16) & ~0x30F, shown) if isinstance(shown, str) else shown


def marks(content: bytes, *addresses: str) -> list[tuple]:
    sheet = opened(content)["台账"]
    return [(colour(sheet[each]), sheet[each].comment and sheet[each].comment.text) for each in addresses]


def rezipped(content: bytes, name: str, old: str, new: str) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as source, zipfile.ZipFile(buffer, "w") as target:
        for entry in source.namelist():
            text = source.read(entry)
            target.writestr(entry, text.replace(old.encode(), new.encode()) if entry == name else text)
    return buffer.getvalue()


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
        "差错2处（红色），必须改正；疑问1处（黄色），请改正或在备注中说明；说明1处，不必改。"
        "请在原表中改好，保存后直接回复邮件并附上本表；改过的单元格不必去掉颜色和批注，本页不必删除。"
    )
    assert [[cell.value for cell in row] for row in sheet["A3:H7"]] == [
        ["序号", "类别", "工作表", "单元格", "规则", "写的是", "应为", "怎么改"],
        [1, "差错", "台账", "B8", "LG-002", "2021.13.5", "日期，如 2021-03-05", "没有13月，请改。"],
        [2, "疑问", "台账", "C8", "LG-003", "乱", "10至300字", "请写清楚。"],
        [3, "说明", "台账", "D8", "LG-004", "３", None, "已读作3。"],
        [4, "差错", "整个文件", None, "WB-011", None, None, "缺少一张表。"],
    ]
    links = [sheet[f"D{row}"].hyperlink for row in range(4, 8)]
    assert [link and link.location for link in links] == ["'台账'!B8", "'台账'!C8", "'台账'!D8", None]


def test_only_the_list_is_selected_so_that_nothing_is_typed_into_two_sheets():
    book = opened(mark_up(STAMPED, [WRONG_DAY]))
    assert [bool(sheet.sheet_view.tabSelected) for sheet in book.worksheets] == [True, False, False, False]


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
    assert (after[META_SHEET]["B4"].value, after.custom_doc_props[CUSTOM_PROPERTY].value) == ("ol1.abc234",) * 2
    assert after.defined_names[DEFINED_NAME].value == '"ol1.abc234"'


def test_calamine_reads_the_marked_copy_as_it_read_the_original():
    original = filled(B8="2021.13.5", C8="乱")
    marked = mark_up(original, [WRONG_DAY, TOO_SHORT])
    assert [quick(marked, name) for name in ("封面", "台账")] == [quick(original, name) for name in ("封面", "台账")]


def test_the_marks_of_an_earlier_round_are_taken_off_and_the_own_colours_return():
    once = mark_up(STAMPED, [WRONG_DAY, TOO_SHORT, NO_SHEET])
    twice = mark_up(once, [READ_AS])
    before, after = looks(opened(STAMPED)["台账"]), looks(opened(twice)["台账"])
    assert [after[each] for each in ("B8", "C8")] == [before[each] for each in ("B8", "C8")]
    assert [comment for _, comment in marks(twice, "B8", "C8")] == [None, None]
    assert opened(twice).sheetnames == [FINDINGS_SHEET, "封面", "台账", META_SHEET]
    assert opened(twice).worksheets[0].max_row == 4


def test_marking_the_same_cell_again_does_not_lose_its_own_colour():
    thrice = mark_up(mark_up(mark_up(STAMPED, [WRONG_DAY]), [WRONG_DAY]), [])
    assert looks(opened(thrice)["台账"])["B8"] == looks(opened(STAMPED)["台账"])["B8"]
    assert opened(thrice).sheetnames == ["封面", "台账", META_SHEET]


def test_text_that_looks_like_a_formula_stays_text():
    hostile = [f"{start}cmd|'/c calc'!A0" for start in "=+-@"]
    sheet = opened(mark_up(STAMPED, [Finding("LG-003", "台账", "C8", each, each, each) for each in hostile])).worksheets[0]
    assert [[(cell.value, cell.data_type, cell.quotePrefix) for cell in row] for row in sheet["F4:H7"]] == [
        [(each, "s", True)] * 3 for each in hostile
    ]


def test_text_of_ours_that_looks_like_a_formula_stays_text_in_the_copy():
    cell = opened(mark_up(STAMPED, [WRONG_DAY]))["封面"]["C9"]
    assert (cell.value, cell.data_type) == ("=1+1", "s")


def test_control_characters_and_long_texts_in_a_finding_do_no_harm():
    finding = Finding("LG-003", "台账", "C8", "坏\x00\x0b字", remedy="长" * 40_000)
    sheet = opened(mark_up(STAMPED, [finding])).worksheets[0]
    assert (sheet["F4"].value, len(sheet["H4"].value)) == ("坏字", 32_767)


def test_a_comment_of_the_school_stays():
    book = opened(STAMPED)
    book["台账"]["B8"].comment = Comment("请领导核对", "张老师")
    once = mark_up(saved(book), [WRONG_DAY])
    assert (marks(once, "B8"), marks(mark_up(once, []), "B8")) == ([(RED, "请领导核对")], [("FFFFF9E3", "请领导核对")])


def test_a_finding_without_a_cell_of_its_own_is_only_listed():
    places = [("不在", "B8"), ("台账", ""), ("台账", "B8:C9"), ("台账", "第8行"), ("台账", "XFE1"), ("台账", "A1048577"), ("", "B8")]
    book = opened(mark_up(STAMPED, [Finding("WB-001", *place) for place in places]))
    listed = book.worksheets[0]["C4:D10"]
    assert [(sheet.value, cell.value, cell.hyperlink) for sheet, cell in listed] == [
        (sheet or "整个文件", cell or None, None) for sheet, cell in places
    ]
    assert [each for page in book.worksheets[1:] for row in page.iter_rows() for each in row if each.comment] == []


def test_of_merged_cells_the_first_carries_the_mark():
    book = opened(STAMPED)
    book["台账"].merge_cells("B8:B10")
    assert [shown for shown, _ in marks(mark_up(saved(book), [Finding("WB-031", "台账", "B9")]), "B8")] == [RED]


def test_formulas_are_kept_and_not_evaluated():
    sheet = opened(mark_up(filled(D8="=1+2", E8="=[1]Sheet1!A1"), [WRONG_DAY]))["台账"]
    assert [(sheet[each].value, sheet[each].data_type) for each in ("D8", "E8")] == [("=1+2", "f"), ("=[1]Sheet1!A1", "f")]


@pytest.mark.parametrize("content", [
    b"", b"not a zip", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600), STAMPED[:2000],
    rezipped(STAMPED, "xl/worksheets/sheet2.xml", 'ref="A1:H1"', 'ref="A1:XFD1048576"'),
    rezipped(STAMPED, "xl/worksheets/sheet2.xml", 'ref="A1:H1"', 'ref="A&#58;B"'),
    rezipped(STAMPED, "xl/styles.xml", "<", "<\0"),
    rezipped(STAMPED, "xl/theme/theme1.xml", "<", "<" + " " * 200_000),
    rezipped(STAMPED, "xl/worksheets/sheet2.xml", ' s="', ' s="99'),
], ids=["nothing", "text", "xls", "cut off", "a billion cells", "a disguised range", "UTF-16", "a bomb", "broken styles"])  # fmt: skip
def test_a_file_that_cannot_be_written_again_is_refused_with_one_error(content):
    with pytest.raises(MarkupError, match="cannot mark up this workbook"):
        mark_up(content, [WRONG_DAY])
