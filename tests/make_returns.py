"""Small forms, and what came back of them as cells: the sheets as we print them, for tests to bend."""

from datetime import date, datetime

from oneledger.domain.forms import CrossRule, Field, FieldRollup, FieldType, Form, Item, Rows, Table, TableRollup
from oneledger.domain.printed import FOOT, heading, hint, label
from oneledger.domain.returns import SheetCells, WorkbookCells, WorkbookMarks
from oneledger.domain.review import ReviewContext
from oneledger.domain.workbooks import FACT_HEADINGS, Fill

CODE = "2121000123"
TODAY = date(2021, 3, 10)

COVER = Form(
    form="cover", version=1, code="QL-00", title="封面", prefix="CV", sheet="封面",
    facts=(
        Field(no=1, key="unit_name", title="填报单位（盖章）", aliases=("填报单位",), group="基本信息", locked=True),
        Field(no=2, key="filler", title="填报人", group="填报信息", required=True, max_len=20, personal=True),
        Field(no=3, key="phone", title="联系电话", aliases=("办公电话",), group="填报信息", type=FieldType.PHONE, personal=True),
        Field(no=4, key="fill_date", title="填报日期", group="填报信息", type=FieldType.DATE),
        Field(no=5, key="pupils", title="学生数", group="填报信息", type=FieldType.INT, unit="人", min=0, max=20000, rollup=FieldRollup.SUM),
    ),
    rules=(
        CrossRule(id="CV-201", check="fill_date <= received_on", cell="fill_date", message="填报日期晚于我们收到本表的日子。请填实际填表的日期。"),
    ),
    notes=("不写学生姓名。",),
)  # fmt: skip

LEDGER = Form(
    form="ledger", version=2, code="QL-01", title="问题排查台账", prefix="LG", sheet="问题排查台账", zero_fact="zero_flag",
    facts=(Field(no=31, key="zero_flag", title="是否零报告", type=FieldType.YESNO, required=True, rollup=FieldRollup.COUNT),),
    table=Table(
        rows=Rows.OPEN, key="seq", room=3,
        columns=(
            Field(no=1, key="seq", title="序号", type=FieldType.INT),
            Field(no=2, key="problem_no", title="问题编号", locked=True, prefill="problem.problem_no"),
            Field(no=3, key="found_on", title="排查日期", aliases=("发现日期",), type=FieldType.DATE, required=True),
            Field(no=4, key="description", title="问题表现", aliases=("存在问题",), required=True, min_len=5, max_len=100),
            Field(no=5, key="n_pupils", title="涉及学生数", type=FieldType.INT, unit="人", min=0, max=2000),
            Field(no=6, key="risk", title="风险等级", type=FieldType.CHOICE, choices=("一般", "较大", "重大"), required=True),
            Field(no=7, key="methods", title="排查方式", type=FieldType.MULTI, choices=("巡查", "家访/家长沟通", "问卷")),
            Field(no=8, key="due_on", title="整改时限", type=FieldType.DATE, required="risk == '重大'"),
        ),
        rollup=TableRollup(count_by=(("risk",), ("risk", "methods")), sum=("n_pupils",)),
    ),
    rules=(
        CrossRule(id="LG-201", check="due_on >= found_on", cell="due_on", message="整改时限早于排查日期。请改成排查日期当天或以后的日期。"),
        CrossRule(id="LG-202", when="risk == '重大'", check="n_pupils > 0", cell="n_pupils", level="query", message="重大问题涉及的学生数是0。请填人数，或说明原因。"),
    ),
    notes=("一行写一个问题。",),
)  # fmt: skip

SELFCHECK = Form(
    form="selfcheck", version=1, code="QL-05", title="政策清单自查表", prefix="SC", sheet="政策清单自查",
    table=Table(
        rows=Rows.FIXED, key="no",
        columns=(
            Field(no=1, key="no", title="序号", type=FieldType.INT, locked=True),
            Field(no=2, key="title", title="工作措施", aliases=("措施",), locked=True),
            Field(no=3, key="conclusion", title="自查结论", type=FieldType.CHOICE, choices=("已落实", "未落实"), required=True),
            Field(no=4, key="evidence", title="佐证材料"),
        ),
        items=tuple(Item(no=no, values={"no": no, "title": f"第{no}条措施"}) for no in (1, 8, 9)),
    ),
)  # fmt: skip

RECTIFY = Form(
    form="rectify", version=1, code="QL-02", title="整改销号台账", prefix="RC", sheet="整改销号台账",
    table=Table(
        rows=Rows.PREFILLED, key="problem_no",
        columns=(
            Field(no=1, key="problem_no", title="问题编号", locked=True),
            Field(no=2, key="due_on", title="原定时限", type=FieldType.DATE, locked=True),
            Field(no=3, key="state", title="整改状态", type=FieldType.CHOICE, choices=("整改中", "已完成"), required=True),
            Field(no=4, key="done_on", title="完成日期", type=FieldType.DATE, required="state == '已完成'"),
        ),
    ),
)  # fmt: skip

FORMS = (COVER, LEDGER, SELFCHECK)
PRINTED = Fill(
    "token", CODE, "望湖路小学",
    facts={"cover": {"unit_name": "望湖路小学"}},
    rows={"rectify": [{"problem_no": f"{CODE}-2021-000{n}", "due_on": date(2021, 5, n)} for n in (1, 2)]},
)  # fmt: skip

GOOD_FACTS = {
    "cover": {
        "unit_name": "望湖路小学",
        "filler": "张老师",
        "phone": "024-86891234",
        "fill_date": date(2021, 3, 5),
        "pupils": 860.0,
    },
    "ledger": {"zero_flag": "否"},
}
GOOD_ROWS = {
    "ledger": [
        [1.0, None, date(2021, 3, 1), "门岗登记不全", 3.0, "一般", "巡查、问卷", date(2021, 4, 1)],
        [2.0, None, date(2021, 3, 2), "三楼走廊无人巡查", None, "较大", None, None],
    ],
    "selfcheck": [[float(no), f"第{no}条措施", "已落实", None] for no in (1, 8, 9)],
    "rectify": [
        [f"{CODE}-2021-0001", date(2021, 5, 1), "整改中", None],
        [f"{CODE}-2021-0002", date(2021, 5, 2), "已完成", date(2021, 3, 8)],
    ],
}


def make_sheet(form, facts=None, rows=None, **changes):
    """As printed and filled in: title, codes, unit, facts, a blank line, the table, notes, signatures."""
    facts = GOOD_FACTS.get(form.form, {}) if facts is None else facts
    rows = GOOD_ROWS.get(form.form, []) if rows is None else rows
    cells = [[form.title], [f"表号：{form.code}"], ["填报单位（盖章）：望湖路小学", None, "填报日期：　年　月　日"]]
    if form.facts:
        cells.append(list(FACT_HEADINGS))
        groups = set()
        for fact in form.facts:
            if fact.group and fact.group not in groups:
                groups.add(fact.group)
                cells.append([fact.group])
            cells.append([float(fact.no), label(fact), facts.get(fact.key), fact.unit or None, hint(fact) or None])
        cells.append([])
    if form.table:
        cells.append([heading(column) for column in form.columns])
        cells += [list(row) for row in rows]
        cells.append([])
    cells += [["注：1．一行写一个问题。\n　　2．不写姓名。"], [FOOT]]
    return SheetCells(form.sheet, cells, **changes)


def make_cells(*sheets, forms=FORMS, **marks):
    """The good sheets of ``forms``, those given put in the place of their namesakes."""
    given = {sheet.name: sheet for sheet in sheets}
    whole = [given.pop(form.sheet, None) or make_sheet(form) for form in forms]
    words = {"tokens": ("token",), "campaign": "liaoning-2021", "phase": "deploy", "unit_code": CODE}
    marks = WorkbookMarks(**words | {"forms": references(forms)} | marks)
    return WorkbookCells([*whole, *given.values()], marks)


def references(forms=FORMS):
    return tuple(f"{form.form}-v{form.version}" for form in forms)


def make_context(forms=FORMS, **changes):
    words = {
        "campaign": "liaoning-2021", "phase": "deploy", "unit_code": CODE, "unit_name": "望湖路小学",
        "phase_opens_on": date(2021, 2, 1), "phase_ends_on": date(2021, 3, 15), "received_on": TODAY,
        "expected_forms": references(forms), "printed": PRINTED,
    }  # fmt: skip
    return ReviewContext(**words | changes)


def local(text):
    """A person's clock, as cells hold it: without a time zone."""
    return datetime.fromisoformat(text)


def row_of(sheet, text):
    """Index of the first row that holds this text."""
    return next(index for index, row in enumerate(sheet.rows) if text in row)


def told(findings):
    """What tests compare: rule, sheet, cell, level."""
    return [(finding.rule, finding.sheet, finding.cell, finding.level) for finding in findings]
