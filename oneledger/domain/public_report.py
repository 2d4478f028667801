"""The public copy (公开版) of a report: sums only, small counts and what would give them away left unsaid.

Facts and comparisons with an earlier phase stay in the inner copy: fields may add up in ways only their form knows, and
the difference of two publications is one more way to subtract. No unit below is named. Source: domain.md 3.6.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import chain
from typing import Any
from zoneinfo import ZoneInfo

from oneledger.domain.figures import BLANK_WORD
from oneledger.domain.forms import Field, FieldType, Form
from oneledger.domain.official_parts import NO_PARTS
from oneledger.domain.phrases import day_text, grouped, moment_text
from oneledger.domain.report import ANNEXES, title_lines, title_words
from oneledger.domain.report_blocks import Block, Section, as_data, counted_alone
from oneledger.domain.report_figures import Figures, SnapshotView, cell_key
from oneledger.domain.report_returns import COVERAGE_TITLES, rate_of
from oneledger.domain.rollup import Number, Rollup
from oneledger.domain.suppression import Sum, hidden_cells

UNSAID = "＊"
_AFTER = "（包括与本阶段以前的公开版相减得出的数）"
_TOLD = ("expected", "returned", "zero", "exempt", "missing")


Cell = tuple[str, str]


@dataclass(frozen=True)
class Published:
    """What may be said of every office of a snapshot. A cell is an office's code and a figure's key."""

    numbers: Mapping[Cell, Number]
    hidden: frozenset[Cell]
    answered: Mapping[Cell, int]  # an office's code and a form -> units that answered it
    after: int = 0  # public copies of the same phase that came before

    def text(self, unit: str, key: str) -> str:
        return UNSAID if (unit, key) in self.hidden else grouped(self.numbers.get((unit, key), 0))


def published(
    rollups: Mapping[str, Rollup], children: Mapping[str, Sequence[str]], forms: Sequence[Form], threshold: int,
    earlier: Sequence[Published] = (),
) -> Published:  # fmt: skip
    """``rollups``: of the offices alone; ``children``: the offices right below each. All levels are judged together.

    An office in which fewer units than the threshold answered a form says no count of it: it would be theirs.
    ``earlier``: what was published of the same phase before; what came since must not be got by subtraction either.
    """
    keys = {form.form: [f"{form.form}.rows", *chain(*_splits(form))] for form in forms if form.table}
    numbers = {
        (code, key): rollup.figures.get(key, 0) for code, rollup in rollups.items() for key in chain(*keys.values())
    }
    theirs = {
        (code, key)
        for code, rollup in rollups.items()
        for name, each in keys.items()
        if 0 < rollup.answered.get(name, 0) < threshold
        for key in each
        if numbers[code, key]
    }
    sums = [*_down(rollups, children, list(chain(*keys.values()))), *_across(rollups, forms)]
    answered = {(code, name): rollup.answered.get(name, 0) for code, rollup in rollups.items() for name in keys}
    for before in earlier:
        theirs |= _told_by_subtraction(numbers, answered, before, sums, threshold)
    return Published(numbers, hidden_cells(numbers, sums, threshold, theirs), answered, len(earlier))


def _told_by_subtraction(
    numbers: Mapping[Cell, Number], answered: Mapping[Cell, int], before: Published, sums: Sequence[Sum], threshold: int
) -> set[Cell]:
    """Cells whose change since then is small, or is that of one or two returns, and what would give such a change away.

    A change is known only where both numbers are; so whatever of it must stay unknown is hidden in the later copy.
    """
    change = {cell: abs(number - before.numbers.get(cell, 0)) for cell, number in numbers.items()}
    few = {cell for cell, count in answered.items() if 0 < abs(count - before.answered.get(cell, 0)) < threshold}
    unknown = {cell for cell in before.hidden if change.get(cell)}
    unknown |= {(code, key) for (code, key), number in change.items() if number and (code, key.split(".")[0]) in few}
    told = hidden_cells(change, sums, threshold, unknown) - before.hidden
    return {cell for cell in told if numbers[cell]}


def _splits(form: Form) -> list[list[str]]:
    return [_keys(form, column) for column in counted_alone(form)]


def _keys(form: Form, column: Field) -> list[str]:
    return [cell_key(form, {column.key: value}) for value in (*column.allowed, BLANK_WORD)]


def _down(rollups: Iterable[str], children: Mapping[str, Sequence[str]], keys: Sequence[str]) -> list[Sum]:
    """What an office's own units add is taken as known: only what is published can be hidden."""
    return [
        Sum((code, key), tuple((child, key) for child in children.get(code, ())))
        for code in rollups
        if children.get(code)
        for key in keys
    ]


def _across(rollups: Iterable[str], forms: Sequence[Form]) -> list[Sum]:
    """A column with one choice a row adds up to all rows; one with several does not."""
    return [
        Sum((code, f"{form.form}.rows"), tuple((code, key) for key in _keys(form, column)))
        for code in rollups
        for form in forms
        for column in counted_alone(form)
        if column.type != FieldType.MULTI
    ]


def public_context(view: SnapshotView, said: Published, threshold: int) -> dict[str, Any]:
    """For templates/reports/phase_report.docx, without any annex."""
    view = replace(view, as_of=view.as_of.astimezone(ZoneInfo(view.campaign.timezone)))
    subject = f"{view.phase.title}情况（公开版）"
    sections = [_returns(view), *(_counts(view, said, form, threshold) for form in view.phase_forms if form.table)]
    note = (
        f"文中“{UNSAID}”为不公开的数：少于{threshold}的数，以及可以由它推算出这些数的数{_AFTER if said.after else ''}。"
        "公开版不含学校和个人的情况，不作排名。"
    )
    sections = [*(each for each in sections if each.blocks), Section("说明", [Block(note)])]
    return {
        "mark": "公开版",
        "is_reviewed": view.is_reviewed,
        "review_mark": "" if view.is_reviewed else "未经审核",
        "title_lines": title_lines([f"{view.unit.name}关于", *title_words(view.campaign.title), subject]),
        "title": f"{view.unit.name}关于{view.campaign.title}{subject}",
        "addressee": "社会公众",
        "opening": f"现将{view.campaign.title}{view.phase.title}阶段截至{moment_text(view.as_of)}的情况公布如下。",
        "sections": as_data(sections),
        "annex_numbers": dict.fromkeys(ANNEXES, 0),
        "annex_lines": [],
        "parts": NO_PARTS,
        "signature": view.unit.name,
        "date": day_text(view.as_of),
    }


def _returns(view: SnapshotView) -> Section:
    figures = Figures(view.rollup)
    parts = [f"{COVERAGE_TITLES[name]}{figures.cite(f'coverage.{name}', '', '份')}" for name in _TOLD]
    return Section("报送情况", [Block(f"{'，'.join(parts)}。报送率{rate_of(figures, '')}。")])


def _counts(view: SnapshotView, said: Published, form: Form, threshold: int) -> Section:
    code = view.unit.code
    if not view.rollup.answered.get(form.form):
        return Section(form.title)
    if view.rollup.answered[form.form] < threshold:
        return Section(form.title, [Block(f"报送的单位少于{threshold}个，不公开数字。")])
    blocks = [Block(f"{form.title}共列{said.text(code, f'{form.form}.rows')}条。")]
    for column in counted_alone(form):
        parts = [
            f"{value}{said.text(code, cell_key(form, {column.key: value}))}"
            for value in (*column.allowed, BLANK_WORD)
            if value != BLANK_WORD or said.numbers.get((code, cell_key(form, {column.key: value})))
        ]
        blocks.append(Block(f"按{column.title}分：{'，'.join(parts)}。"))
    return Section(form.title, blocks)
