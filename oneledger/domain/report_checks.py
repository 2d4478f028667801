"""Self-checks, inspections, and tables this program knows nothing of, as sentences."""

from dataclasses import dataclass

from oneledger.domain.forms import Field, FieldRollup, Form
from oneledger.domain.report_blocks import (
    Block,
    Section,
    cell_text,
    counted_alone,
    split_by,
    sums_of,
    units_that_answered,
)  # fmt: skip
from oneledger.domain.report_facts import fact_part
from oneledger.domain.report_figures import Figures, cell_key
from oneledger.domain.rollup import Number

CONCLUSIONS = ("已落实", "部分落实", "未落实")
WEAKEST = 5
"""Measures and points named; the rest stand in the consolidated workbook."""


def selfcheck_section(figures: Figures, form: Form) -> Section:
    """Conclusions over all measures and units, and the measures least carried out. 004-B."""
    assert form.table
    whole = figures.cite(f"{form.form}.rows", "自查条次", "条次")
    blocks = [
        Block(
            f"{units_that_answered(figures, form)}个单位对照政策清单自查，共{whole}（一个单位自查一条措施为一条次）。"
        )
    ]
    blocks += [each for column in counted_alone(form) if (each := split_by(figures, form, column, "条次"))]
    weakest = sorted(_weak(figures, form), key=lambda each: -each.weak / each.whole)[:WEAKEST]
    if weakest:
        blocks.append(Block("落实较弱的措施（未落实和部分落实合计，分母不含不适用）："))
        blocks += [Block(_measure_text(figures, form, each), kind="item") for each in weakest]
    return Section("对照政策清单自查情况", blocks)


@dataclass(frozen=True)
class _Measure:
    no: str
    title: str
    weak: Number  # 部分落实 and 未落实
    whole: Number  # without 不适用


def _weak(figures: Figures, form: Form) -> list[_Measure]:
    """In the form's order, so that equal shares stay in it."""
    assert form.table
    found = []
    for item in form.table.items:
        no = str(item.values.get(form.table.key, item.no))
        done, partly, none = (figures.rows(form, **{form.table.key: no, "conclusion": each}) for each in CONCLUSIONS)
        if partly + none:
            found.append(_Measure(no, str(item.values.get("title", "")), partly + none, done + partly + none))
    return found


def _measure_text(figures: Figures, form: Form, measure: _Measure) -> str:
    assert form.table
    keys = [cell_key(form, {form.table.key: measure.no, "conclusion": each}) for each in CONCLUSIONS]
    part, whole = (f"={'+'.join(keys[1:])}", measure.weak), (f"={'+'.join(keys)}", measure.whole)
    return f"第{measure.no}条“{measure.title}”，{figures.share(f'第{measure.no}条未落实和部分落实', part, whole)}。"


def inspection_section(figures: Figures, form: Form) -> Section:
    units = figures.number(f"answered.{form.form}")
    score = figures.number(f"{form.form}.score")
    text = f"共收到督导检查记录{figures.cite(f'answered.{form.form}', '督导检查记录', '份')}"
    if units:
        total = figures.cited(f"{form.form}.score", "督导检查得分合计", score, "分")
        mean = figures.cited(f"={form.form}.score/answered.{form.form}", "平均得分", int(score * 10 / units) / 10, "分")
        text += f"，得分合计{total}，平均{mean}"
    blocks = [Block(f"{text}。")]
    blocks += [block for fact in form.facts if (block := _choice_block(figures, form, fact))]
    blocks += [each for column in counted_alone(form) if (each := split_by(figures, form, column, "项次"))]
    return Section("督导检查情况", blocks + _overrated(figures, form))


def _overrated(figures: Figures, form: Form) -> list[Block]:
    """Points in which self-checks were most often too kind. 004-B: one list, two views."""
    assert form.table
    found = []
    for item in form.table.items:
        where = {form.table.key: str(item.values.get(form.table.key, item.no)), "agrees_with_selfcheck": "自查偏高"}
        if number := figures.rows(form, **where):
            title = str(item.values.get("topic") or item.values.get("title") or item.no)
            found.append((number, title, where))
    found.sort(key=lambda each: -each[0])
    parts = [cell_text(figures, form, where, title, "项次") for _, title, where in found[:WEAKEST]]
    return [Block(f"自查偏高较多的检查项目：{'、'.join(parts)}。")] if parts else []


def _choice_block(figures: Figures, form: Form, fact: Field) -> Block | None:
    part = fact_part(figures, form, fact) if fact.rollup == FieldRollup.COUNT else ""
    return Block(f"{part}。") if part else None


def table_section(figures: Figures, form: Form) -> Section:
    """A table this module knows nothing of: how many rows, its sums, and how they divide."""
    rows = figures.cite(f"{form.form}.rows", f"{form.title}行数", "行")
    first = Block(f"{units_that_answered(figures, form)}个单位报送了{form.title}，共{rows}{sums_of(figures, form)}。")
    return Section(form.title, [first, *(b for c in counted_alone(form) if (b := split_by(figures, form, c)))])
