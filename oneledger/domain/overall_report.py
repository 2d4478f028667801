"""Overall report (总体情况报告) over all phases so far, and the special report (专题汇报) to the government.

Every number is one of a snapshot; figures of an earlier phase carry its name in their keys (report_figures.Source).
"""

import re
from collections.abc import Sequence
from dataclasses import replace
from typing import Any
from zoneinfo import ZoneInfo

from oneledger.domain.gaps import gap
from oneledger.domain.phrases import chinese_ordinal, moment_text
from oneledger.domain.report import ANNEXES, form_sections, report_context, title_lines, title_words
from oneledger.domain.report_annexes import sources_list
from oneledger.domain.report_blocks import Block, Section, as_data
from oneledger.domain.report_figures import Figures, SnapshotView
from oneledger.domain.report_outlook import measures_block
from oneledger.domain.report_returns import returns_section

_OWN_NUMBER = re.compile(r"^（.+?）")
_JUDGED = {
    "special": (
        ("主要做法和成效", "组织领导、部门协同、主要做法和成效，不写学生姓名和事件细节"),
        ("存在的主要问题及原因", "带有全局性的问题及其根源"),
        ("下一步工作安排", "改进措施、责任单位和时间安排"),
        ("需要省政府协调解决的事项", "需要协调的部门、事项和建议；没有的写“无”"),
    ),
    "overall": (
        ("主要做法和经验", "主要做法、成绩和经验，不写学生姓名和事件细节"),
        ("存在的困难和不足", "困难、差距、薄弱环节及其根源"),
        ("长效机制和下一步打算", "写入制度的做法、改进措施、责任单位和时间安排"),
    ),
}
"""What only people can say, by kind of paper."""


def overall_context(views: Sequence[SnapshotView], kind: str = "overall") -> dict[str, Any]:
    """``views``: one unit's last snapshot of each phase, in order. ``kind``: overall, or special (the province's)."""
    zone = ZoneInfo(views[-1].campaign.timezone)
    views = [replace(view, as_of=view.as_of.astimezone(zone)) for view in views]
    last, judged = views[-1], _JUDGED[kind]
    figures = Figures(last.rollup)
    phases = [_phase(view, figures, is_last=view is last) for view in views]
    open_ones = [Section(heading, [Block(gap(what), kind="open")]) for heading, what in judged]
    open_ones[0].blocks[:0] = measures_block(last.measures, figures)
    word = "专题汇报" if kind == "special" else "总体情况的报告"
    subject = f"情况的{word}" if kind == "special" else word
    numbers = dict.fromkeys(ANNEXES, 0) | {"sources": 1}
    return report_context(last) | {
        "title": f"{last.unit.name}关于{last.campaign.title}{subject}",
        "title_lines": title_lines([f"{last.unit.name}关于", *title_words(last.campaign.title), subject]),
        "addressee": gap("主送机关，如省人民政府") if kind == "special" else last.addressee or gap("主送机关"),
        "opening": _opening(views),
        "sections": as_data([open_ones[0], *phases, *open_ones[1:]]),
        "annex_numbers": numbers,
        "annex_lines": ["附件：报告数字出处"],
        "sources": sources_list(figures),
    }


def _opening(views: Sequence[SnapshotView]) -> str:
    last = views[-1]
    titles = "、".join(view.phase.title for view in views)
    signed = "已经审核" if last.is_reviewed else "尚未经审核"
    return (
        f"{last.campaign.title}已进行{titles}{len(views)}个阶段，现将截至{moment_text(last.as_of)}的情况报告如下。"
        f"文中数字由各单位报表逐级汇总，各阶段以其最后一次定稿为准，{signed}。"
    )


def _phase(view: SnapshotView, figures: Figures, *, is_last: bool) -> Section:
    """One phase under one heading of the first level; what were its sections become levels below."""
    theirs = figures if is_last else figures.beside(view.rollup, f"#{view.phase.phase}")
    alone = replace(view, previous=None)  # each phase is told here: no comparison twice
    sections = [returns_section(alone, theirs), *form_sections(alone, theirs)]
    blocks = [block for no, each in enumerate(sections, 1) for block in _second_level(no, each)]
    return Section(f"{view.phase.title}阶段情况（截至{moment_text(view.as_of)}）", blocks)


def _second_level(no: int, section: Section) -> list[Block]:
    head, *others = [_third_level(block) for block in section.blocks]
    return [replace(head, lead=f"（{chinese_ordinal(no)}）{section.heading}。"), *others]


def _third_level(block: Block) -> Block:
    return Block(_OWN_NUMBER.sub("", block.lead) + block.text, kind=block.kind) if block.lead else block
