"""The form on which an office may answer (审核签报表): one opinion, and a reason a unit."""

from io import BytesIO

from openpyxl import load_workbook

from oneledger.adapters.sign_sheet import sign_sheet
from oneledger.domain.signoff_answer import FORM_COLUMNS

TITLE, OFFICE, LABEL = "专项行动审核签报表", "和平区 <&>", "3月19日审核稿（截至2021-03-17 17:00）"
UNITS = [
    ("210102", "和平区教育局", "已报"),
    ("2101020001", "=第一小学 & <附小>", "未报或待更正"),
    ("2101020002", " 二小 ", "已报"),
]


def written(units: list[tuple[str, str, str]]) -> list[list[str | None]]:
    sheet = load_workbook(BytesIO(sign_sheet(TITLE, OFFICE, LABEL, units))).worksheets[0]
    return [[cell.value for cell in row] for row in sheet.iter_rows()]


def test_the_form_names_each_unit_on_a_row_of_its_own() -> None:
    """Of one master, whatever was asked before; what names hold is text and nothing else."""
    sign_sheet("other", "other", "other", [UNITS[1]])
    hint = "选“同意”“退回”或“暂缓”；退回的，在下面该单位的行里写理由，其余不用填"
    above = [
        [TITLE, None, None, None],
        ["审核单位", OFFICE, None, None],
        ["所审数字", LABEL, None, None],
        ["审核意见", None, None, hint],
        [None] * 4,
        [*FORM_COLUMNS],
    ]
    assert written(UNITS) == [*above, *([*unit, None] for unit in UNITS)]
    assert written(UNITS[:1]) == [*above, [*UNITS[0], None]]


def test_every_row_of_a_unit_looks_like_the_first_and_its_code_is_text() -> None:
    sheet = load_workbook(BytesIO(sign_sheet(TITLE, OFFICE, LABEL, UNITS))).worksheets[0]
    rows = [[cell.style for cell in row] for row in sheet.iter_rows(min_row=7)]
    assert rows == [["已列", "已列", "已列", "填写"]] * 3
    assert [sheet.cell(row, 1).data_type for row in (7, 8, 9)] == ["s"] * 3
    assert sheet.dimensions == "A1:D9"


def test_the_same_units_give_the_same_bytes() -> None:
    assert sign_sheet(TITLE, OFFICE, LABEL, UNITS) == sign_sheet(TITLE, OFFICE, LABEL, UNITS)
