"""The words printed in a workbook round the unit's answers: headings, hints, the lines above and below."""

from oneledger.domain.forms import RETURNED, Field, FieldType, Form, Rows
from oneledger.domain.workbooks import WorkbookSpec

REASON_HEADING = "疑问说明"  # the column of that sheet in which a unit answers a query
FINDINGS_SHEET = "需要更正的问题"  # the first sheet of a workbook sent back with its faults; no answer of the unit's
REQUIRED_MARK = "*"
INSTRUCTIONS = "填表说明"
NOTES = "注："
FOOT = "单位负责人：　　　　　　　　审核人：　　　　　　　　填报人：　　　　　　　　联系电话："
BELOW_THE_TABLE = (NOTES, "单位负责人：", INSTRUCTIONS)
"""A row whose first cell starts with one of these is no answer: facts and table end above it."""
UNIT_LINE = "填报单位（盖章）："
DATE_LINE = "填报日期：　　　　年　　月　　日"


def heading(field: Field) -> str:
    """Of a column: 涉及学生数（人）*, the unit on a line of its own. The star says: always required."""
    unit = f"\n（{field.unit}）" if field.unit and field.unit not in field.title else ""
    return f"{field.title}{unit}{_mark(field)}"


def label(field: Field) -> str:
    """Of a fact, whose unit has a column of its own."""
    return f"{field.title}{_mark(field)}"


def _mark(field: Field) -> str:
    return REQUIRED_MARK if field.required is True and not field.locked else ""


def hint(field: Field) -> str:
    """What to write, in one breath: the field's own help, and what its type asks where the help does not say it."""
    if field.locked:
        return field.help
    return "；".join(part for part in (field.help, _of_type(field)) if part)


_SAID_BY_ANY_HELP = {
    FieldType.YESNO: "填“是”或“否”",
    FieldType.DATE: "日期，如 2021-03-05",
    FieldType.DATETIME: "日期和时间，如 2021-03-05 14:30",
}
_MOST_LISTED = 20


def _of_type(field: Field) -> str:
    match field.type:
        case FieldType.CHOICE:
            return f"选一项：{_listed(field.choices)}"
        case FieldType.MULTI:
            return f"{'可选' if field.help else '可多选，用顿号隔开'}：{_listed(field.choices)}"
        case FieldType.INT | FieldType.NUMBER:
            return f"{'整数' if field.type == FieldType.INT else '数字'}{_bounds(field.min, field.max, '')}"
        case FieldType.TEXT:
            return "" if "字" in field.help else _bounds(field.min_len, field.max_len, "字").removeprefix("，")
        case _:
            return "" if field.help else _SAID_BY_ANY_HELP.get(field.type, "")


def _listed(choices: tuple[str, ...]) -> str:
    return "、".join(choices) if len(choices) <= _MOST_LISTED else f"{choices[0]}、{choices[1]}……{choices[-1]}"


def _bounds(least: float | None, most: float | None, unit: str) -> str:
    low, high = (f"{bound:g}" if bound is not None else "" for bound in (least, most))
    if low and high:
        return f"，{low}至{high}{unit}"
    if low:
        return f"，不少于{low}{unit}"
    return f"，不超过{high}{unit}" if high else ""


def code_line(form: Form) -> str:
    return f"表号：{form.code}　版本：v{form.version}"


def title_of(form: Form, spec: WorkbookSpec) -> str:
    return f"{spec.title}\n{spec.phase_title}　报表{form.title}" if form is spec.cover else form.title


def lines_below(form: Form, spec: WorkbookSpec) -> tuple[str, ...]:
    """The rows under the answers, one text each: instructions on the cover, notes and signatures elsewhere."""
    if form is spec.cover:
        steps = (*_instructions(spec), *form.notes)
        return (INSTRUCTIONS, *(f"{number}．{step}" for number, step in enumerate(steps, 1)))
    return (*((_notes(form.notes),) if form.notes else ()), FOOT)


def _notes(notes: tuple[str, ...]) -> str:
    if len(notes) == 1:
        return f"{NOTES}{notes[0]}"
    return NOTES + "\n　　".join(f"{number}．{note}" for number, note in enumerate(notes, 1))


def _instructions(spec: WorkbookSpec) -> tuple[str, ...]:
    due = f"请于{spec.due_text}报送。" if spec.due_text else ""
    tables = "、".join(f"《{form.title}》（{form.code}，见“{form.sheet}”页）" for form in spec.forms)
    wanted = (
        f"本簿共{len(spec.sheets)}张表：本页和{tables}。" if spec.forms else "",
        f"{due}填好保存后，直接回复原邮件并附上本表（xlsx 格式）；不要另写新邮件，不要转成图片、PDF 或其他格式。",
        "白色、浅黄色单元格由填报单位填写，表头带 * 的为必填项；灰色单元格已由上级填好，请勿改动。",
        _known_before(spec),
        "不要改表头、工作表名称和列的次序，不要增删列，不要合并单元格，不要写公式。",
        f"{_growing(spec)}行不够时，在表中间插入行。" if _growing(spec) else "",
        _zero_report(spec),
        "数字只填阿拉伯数字，不写单位和“约”“余”“若干”；没有的填 0，不要留空；日期写成 2021-03-05。",
    )
    return tuple(line for line in wanted if line)


def _known_before(spec: WorkbookSpec) -> str:
    """Only where something may be printed again: domain.md 5.2, ask only once."""
    if not any(fact.prefill == RETURNED for form in spec.sheets for fact in form.facts):
        return ""
    return "填写内容一栏里已有的字，是按本单位上次报送预填的：没有变化的不用再填，有变化的请直接改。"


def _growing(spec: WorkbookSpec) -> str:
    return "、".join(
        f"“{form.sheet}”页" for form in spec.forms if form.table is not None and form.table.rows == Rows.OPEN
    )


def _zero_report(spec: WorkbookSpec) -> str:
    """Source: domain.md 5.2: a zero report must be explicit; silence is not zero."""
    asked = "、".join(
        f"“{form.sheet}”页的“{fact.title}”" for form in spec.sheets for fact in form.facts if fact.key == form.zero_fact
    )
    return f"没有问题的，请在{asked}选“是”（零报告），表格留空后照常回复；不回复不等于零报告。" if asked else ""
