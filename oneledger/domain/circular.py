"""A circular (情况通报) on a phase, with an inspection or without, as data for its Word template.

Praise first, units in administrative order.
Nobody is ranked, no school is named for a number of cases, no pupil for anything (domain.md 2.2, 3.6; 000-19, 000-25).
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any
from zoneinfo import ZoneInfo

from oneledger.domain.forms import Form
from oneledger.domain.official_parts import NO_PARTS
from oneledger.domain.phrases import day_text, listed, moment_text
from oneledger.domain.report import title_lines, title_words
from oneledger.domain.report_blocks import Block, Section, as_data, cell_text, open_place
from oneledger.domain.report_checks import inspection_section
from oneledger.domain.report_figures import Figures, SnapshotView, UnitBrief
from oneledger.domain.report_returns import told_returns
from oneledger.domain.scoring import TOO_HIGH, TOO_LOW

NAMED = 15
"""Units named in the text; more go to the annex."""


@dataclass(frozen=True)
class Late:
    """Who answered after the deadline, or not at all. ``parent``: its collector's name."""

    parent: str
    name: str
    is_missing: bool

    @property
    def status(self) -> str:
        return "未报" if self.is_missing else "逾期报送"


def circular_context(view: SnapshotView, late: Sequence[Late], excellent: Sequence[str]) -> dict[str, Any]:
    """Everything templates/reports/circular.docx names. ``late`` and ``excellent`` come in administrative order."""
    form = scored_form(view)
    view = replace(view, as_of=view.as_of.astimezone(ZoneInfo(view.campaign.timezone)))
    figures = Figures(view.rollup)
    subject = f"{view.phase.title}情况的通报"
    sections = [
        _findings(figures, form) if form else Section("报送情况", [told_returns(view, figures)]),
        _praise(view, form, excellent),
        _shortfalls(figures, form, late),
        _next(form),
    ]
    annex = len(late) > NAMED
    return {
        "mark": "内部资料　注意保管",
        "review_mark": "" if view.is_reviewed else "未经审核",
        "title": f"{view.unit.name}关于{view.campaign.title}{subject}",
        "title_lines": title_lines([f"{view.unit.name}关于", *title_words(view.campaign.title), subject]),
        "addressee": "所属各单位",
        "opening": f"现将{view.campaign.title}{view.phase.title}截至{moment_text(view.as_of)}的情况通报如下。",
        "sections": as_data([each for each in sections if each.blocks]),
        "annex_numbers": {"late": int(annex)},
        "annex_titles": {"late": "未报和逾期报送单位名单"},
        "annex_lines": ["附件：未报和逾期报送单位名单"] if annex else [],
        "late": [
            {"no": str(no), "parent": each.parent, "name": each.name, "status": each.status}
            for no, each in enumerate(late, 1)
        ],
        "as_of": moment_text(view.as_of),
        "parts": NO_PARTS,
        "signature": view.unit.name,
        "date": day_text(view.as_of),
    }


def scored_form(view: SnapshotView) -> Form | None:
    """The phase's inspection, where somebody below was inspected."""
    found = next((form for form in view.phase_forms if form.scoring), None)
    return found if found and view.rollup.answered.get(found.form) else None


def _findings(figures: Figures, form: Form) -> Section:
    section = inspection_section(figures, form)
    opened = figures.number(f"{form.form}.opened")
    told = f"检查发现问题{figures.cite(f'{form.form}.opened', '检查发现问题', '个')}，均已编号交办，列入问题台账。"
    return Section("检查情况", [*section.blocks, *([Block(told)] if opened else [])])


def _praise(view: SnapshotView, form: Form | None, excellent: Sequence[str]) -> Section:
    """Who answered in full and in time; which schools the inspectors graded best."""
    owing = [(unit, each.coverage) for unit, each in view.children if each.coverage.expected and unit.level != "school"]
    full = [unit.name for unit, coverage in owing if not coverage.missing and not coverage.late]
    blocks = [Block(f"{listed(full)}按时报齐材料，予以肯定。")] if full else []
    if excellent:
        best = form.scoring.grades[0].title if form and form.scoring else ""
        blocks.append(Block(f"{listed(excellent)}检查等次为“{best}”。以上按行政区划顺序排列。"))
    return Section("做得好的单位", [*blocks, open_place("值得推广的做法，不写学生姓名和事件细节")])


def _shortfalls(figures: Figures, form: Form | None, late: Sequence[Late]) -> Section:
    return Section(
        "存在的问题", [*_late(late), *(_overrated(figures, form) if form else []), open_place("带有共性的问题及其原因")]
    )


def _late(late: Sequence[Late]) -> list[Block]:
    if not late:
        return []
    if len(late) > NAMED:
        missing = sum(each.is_missing for each in late)
        return [Block(f"未报单位{missing}个，逾期报送单位{len(late) - missing}个，名单见附件。")]
    parts = [
        f"{words}的有：{listed([each.name for each in late if each.is_missing is is_missing])}"
        for words, is_missing in (("没有按要求报送材料", True), ("逾期报送", False))
        if any(each.is_missing is is_missing for each in late)
    ]
    return [Block(f"{'；'.join(parts)}。")]


def _overrated(figures: Figures, form: Form) -> list[Block]:
    """Points, not schools, in which self-checks claimed more than was found."""
    if form.agreement is None or not figures.rows(form, **{form.agreement.column: TOO_HIGH}):
        return []
    where = {form.agreement.column: TOO_HIGH}
    whole = cell_text(figures, form, where, "", "项次")
    return [Block(f"自查不够严，检查低于自查的有{whole}，须对照检查结果重新自查。")]


def _next(form: Form | None) -> Section:
    inspected = ("被查单位按整改通知书逐条整改，按期销号；未被抽查的单位对照检查中的共性问题自查自改。",)
    steps = (
        *(inspected if form else ()),
        "未报单位立即补报；逾期报送的单位查明原因，今后按时报送。",
        "各级教育督导部门跟踪问题台账，到期未改的逐级督办，已销号的适时回头看。",
    )
    return Section("下一步要求", [Block(f"{no}.{step}", kind="item") for no, step in enumerate(steps, 1)])


DISAGREEMENT_HEADS = ("序号", "单位", "单位代码", "检查项目", "对应措施号", "自查结论", "分值", "得分", "比对结果")


def disagreements(form: Form, rows: Sequence[tuple[UnitBrief, Mapping[str, Any]]]) -> Iterator[list[Any]]:
    """Lines under DISAGREEMENT_HEADS: where a self-check claimed more or less than was found (004-B), unit by unit."""
    agreement, scoring = form.agreement, form.scoring
    if agreement is None or scoring is None:
        return
    apart = [(unit, row) for unit, row in rows if row.get(agreement.column) in (TOO_HIGH, TOO_LOW)]
    for no, (unit, row) in enumerate(apart, 1):
        keys = (agreement.measures, agreement.told, scoring.points, scoring.score, agreement.column)
        yield [no, unit.name, unit.code, row.get("topic") or row.get("title"), *(row.get(key) for key in keys)]
