"""Paragraphs of a report, and the sentences that any table of a form gives."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from oneledger.domain.figures import BLANK_WORD
from oneledger.domain.forms import Field, FieldType, Form
from oneledger.domain.gaps import gap
from oneledger.domain.phrases import chinese_ordinal, share_text
from oneledger.domain.report_figures import Figures, cell_key, column_of

FEW = 3
"""Choices nobody took that are still named."""


@dataclass(frozen=True)
class Block:
    """One paragraph: a lead-in in another face, then text. ``kind``: text, item, or open (a person writes here)."""

    text: str
    lead: str = ""
    kind: str = "text"


@dataclass(frozen=True)
class Section:
    heading: str
    blocks: list[Block] = field(default_factory=list)


def open_place(what: str) -> Block:
    return Block(gap(what), kind="open")


def as_data(sections: Sequence[Section]) -> list[dict[str, Any]]:
    """Numbered 一、二、三、 for the template."""
    return [
        {"heading": f"{chinese_ordinal(no)}、{each.heading}", "blocks": [asdict(block) for block in each.blocks]}
        for no, each in enumerate(sections, start=1)
    ]


def units_that_answered(figures: Figures, form: Form) -> str:
    return figures.cite(f"answered.{form.form}", f"报送{form.title}的单位", "")


def sums_of(figures: Figures, form: Form) -> str:
    columns = [column for name in (form.table.rollup.sum if form.table else ()) if (column := column_of(form, name))]
    return "".join(
        f"，{each.title}{figures.cite(f'{form.form}.{each.key}', each.title, each.unit)}" for each in columns
    )


def counted_alone(form: Form) -> list[Field]:
    """Columns by which rows are counted, each alone, choices in the form's own order."""
    names = [each[0] for each in (form.table.rollup.count_by if form.table else ()) if len(each) == 1]
    return [column for name in names if (column := column_of(form, name)) and column.allowed]


def split_by(figures: Figures, form: Form, column: Field, unit: str = "个") -> Block | None:
    """按所属方面分：工作机制12个（3.1%）…; rows that leave the column blank are said, not hidden."""
    counts = [(value, figures.rows(form, **{column.key: value})) for value in (*column.allowed, BLANK_WORD)]
    whole = figures.rows(form)
    parts = [
        f"{cell_text(figures, form, {column.key: value}, _words(column, value), unit)}（{share_text(number, whole)}）"
        for value, number in counts
        if number
    ]
    if not parts:
        return None
    several = "（可多选）" if column.type == FieldType.MULTI else ""
    none = [value for value, number in counts[:-1] if not number]
    zeros = [cell_text(figures, form, {column.key: value}, value, unit) for value in none] if len(none) <= FEW else []
    absent = f"；{'、'.join(zeros)}" if zeros else ""
    return Block(f"按{column.title}分{several}：{'，'.join(parts)}{absent}。")


def _words(column: Field, value: str) -> str:
    """A blank where a column need not be filled is no omission."""
    return "未填或不需填" if value == BLANK_WORD and column.required is not True else value


def cell_text(figures: Figures, form: Form, where: Mapping[str, str], words: str, unit: str = "个") -> str:
    """工作机制12个: the words, the number of such rows, and their key kept."""
    titles = {column.key: column.title for column in form.columns}
    title = "，".join(f"{titles.get(column, column)}：{value}" for column, value in where.items())
    return f"{words}{figures.cited(cell_key(form, where), title, figures.rows(form, **where), unit)}"
