"""Small forms and workbooks for tests, and what two libraries read in them."""

import io
from copy import copy
from datetime import date

from openpyxl import Workbook, load_workbook
from openpyxl.worksheet.worksheet import Worksheet
from python_calamine import CalamineWorkbook

from oneledger.domain.forms import Field, FieldType, Form, Item, Rows, Table
from oneledger.domain.workbooks import Fill, WorkbookSpec

UNIT = "沈阳市和平区望湖路小学"

COVER = Form(
    form="cover", version=1, code="QL-00", title="封面", prefix="CV", sheet="封面",
    facts=(
        Field(no=1, key="unit_code", title="单位代码", group="基本信息", locked=True, prefill="unit.code"),
        Field(no=2, key="unit_name", title="填报单位", group="基本信息", locked=True, prefill="unit.name"),
        Field(no=3, key="filler", title="填报人", group="填报信息", required=True, help="经办人姓名"),
        Field(no=4, key="fill_date", title="填报日期", group="填报信息", type=FieldType.DATE),
        Field(no=5, key="n_pupils", title="在校学生数", group="填报信息", type=FieldType.INT, unit="人", min=0, max=20000),
    ),
    notes=("涉及学生的只填人数。",),
)  # fmt: skip

COLUMNS = (
    Field(no=1, key="problem_no", title="问题编号", locked=True, width=22),
    Field(no=2, key="found_on", title="排查日期", type=FieldType.DATE, required=True),
    Field(no=3, key="description", title="问题表现", required=True, min_len=10, max_len=300),
    Field(no=4, key="n_pupils", title="涉及学生数", type=FieldType.INT, unit="人", min=0, max=20000),
    Field(no=5, key="share", title="占比", type=FieldType.NUMBER),
    Field(no=6, key="risk", title="风险等级", type=FieldType.CHOICE, choices=("一般", "较大", "重大"), required=True),
    Field(no=7, key="method", title="排查方式", type=FieldType.MULTI, choices=("巡查", "家访", "问卷")),
    Field(no=8, key="seen_at", title="发现时间", type=FieldType.DATETIME),
)

ZERO = Field(no=31, key="zero_flag", title="是否零报告", type=FieldType.YESNO, required=True, help="没有问题选“是”")
NOTES = ("一行写一个问题。", "不写姓名。")


def make_form(rows: Rows = Rows.OPEN, **changes) -> Form:
    words = {
        "form": "ledger", "version": 2, "code": "QL-01", "title": "问题排查台账", "prefix": "LG", "sheet": "台账",
        "facts": (ZERO,), "zero_fact": "zero_flag", "notes": NOTES,
        "table": Table(rows=rows, columns=COLUMNS, key="problem_no", room=4),
    }  # fmt: skip
    return Form(**words | changes)


def make_fixed() -> Form:
    columns = (
        Field(no=1, key="no", title="序号", type=FieldType.INT, locked=True, width=6),
        Field(no=2, key="title", title="工作措施", locked=True, width=20),
        Field(
            no=3, key="conclusion", title="自查结论", type=FieldType.CHOICE, choices=("已落实", "未落实"), required=True
        ),
    )
    items = tuple(Item(no=no, values={"no": no, "title": f"措施{no}" * no * 4}) for no in range(1, 4))
    table = Table(rows=Rows.FIXED, columns=columns, key="no", items=items)
    return make_form(
        form="selfcheck",
        version=1,
        code="QL-05",
        title="自查表",
        prefix="SC",
        sheet="自查",
        facts=(),
        zero_fact=None,
        notes=(),
        table=table,
    )


def make_spec(*forms: Form, cover: Form = COVER, **changes) -> WorkbookSpec:
    words = {
        "campaign": "liaoning-2021", "phase": "deploy", "title": "2021年专项治理行动", "document_no": "辽教〔2021〕1号",
        "phase_title": "全面部署", "level": "school", "cover": cover, "forms": forms or (make_form(),),
        "due_text": "2021年3月15日17:00前",
    }  # fmt: skip
    return WorkbookSpec(**words | changes)


def make_fill(**changes) -> Fill:
    return Fill(**{"token": "ol1.abc234", "unit_code": "2121000123", "unit_name": UNIT} | changes)


def make_row(number: int = 1, **changes) -> dict:
    return {"problem_no": f"2121000123-2021-{number:04d}", "found_on": date(2021, 3, number), "risk": "较大"} | changes


def opened(content: bytes) -> Workbook:
    return load_workbook(io.BytesIO(content))


def quick(content: bytes, sheet: str) -> list[list]:
    """As calamine reads it, from A1 on."""
    book = CalamineWorkbook.from_filelike(io.BytesIO(content))
    return book.get_sheet_by_name(sheet).to_python(skip_empty_area=False)


def texts(sheet: Worksheet) -> dict[str, object]:
    return {cell.coordinate: cell.value for row in sheet.iter_rows() for cell in row if cell.value is not None}


def looks(sheet: Worksheet) -> dict[str, tuple]:
    """Everything about the cells but their values."""
    return {
        cell.coordinate: (
            *map(copy, (cell.font, cell.fill, cell.border, cell.alignment, cell.protection)),
            cell.number_format,
        )
        for row in sheet.iter_rows()
        for cell in row
        if cell.has_style
    }


def rules(sheet: Worksheet) -> dict[str, tuple]:
    return {
        str(rule.sqref): (rule.type, rule.formula1, rule.formula2, rule.prompt)
        for rule in sheet.data_validations.dataValidation
    }


def merges(sheet: Worksheet) -> set[str]:
    return {str(merged) for merged in sheet.merged_cells.ranges}
