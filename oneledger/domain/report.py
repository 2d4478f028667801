"""A phase report of one unit, as data for the Word template. Numbers come from the snapshot; judgement is left open.

What never stands in it (domain.md 3.6): names of pupils, parents or staff, classes, a school by its number of cases.
"""

import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Any
from zoneinfo import ZoneInfo

from oneledger.domain.day_map import map_table
from oneledger.domain.forms import Form
from oneledger.domain.gaps import gap
from oneledger.domain.official_parts import NO_PARTS
from oneledger.domain.phrases import day_text, moment_text
from oneledger.domain.report_annexes import children_table, missing_list, sources_list
from oneledger.domain.report_blocks import Section, as_data, open_place
from oneledger.domain.report_checks import inspection_section, selfcheck_section, table_section
from oneledger.domain.report_facts import facts_section, facts_table
from oneledger.domain.report_figures import Figures, SnapshotView, UnitBrief
from oneledger.domain.report_outlook import measures_block, outlook_blocks
from oneledger.domain.report_problems import problems_section, rectify_section
from oneledger.domain.report_returns import NAMED_IN_ANNEX, next_section, returns_section, shortfall_section

__all__ = ["SnapshotView", "UnitBrief", "report_context"]

TITLE_WIDTH = 19
"""Characters of size 2 that fit a line of 156 mm (GB/T 9704)."""


def report_context(view: SnapshotView) -> dict[str, Any]:
    """Everything templates/reports/phase_report.docx names. Every number of the text is in ``sources`` with its key."""
    view = replace(view, as_of=view.as_of.astimezone(ZoneInfo(view.campaign.timezone)))
    figures = Figures(view.rollup)
    sections = [
        _deeds(view, figures),
        _returned(view, figures),
        *form_sections(view, figures),
        shortfall_section(view, figures),
        next_section(view),
    ]
    missing, facts = missing_list(view), facts_table(view, figures)
    if len(missing) > NAMED_IN_ANNEX:
        missing = []
    return {
        "mark": "内部资料　注意保管",
        "is_reviewed": view.is_reviewed,
        "review_mark": "" if view.is_reviewed else "未经审核",
        "signoff": view.signoff,
        "title_lines": title_lines(
            [f"{view.unit.name}关于", *title_words(view.campaign.title), f"{view.phase.title}情况的报告"]
        ),
        "title": f"{view.unit.name}关于{view.campaign.title}{view.phase.title}情况的报告",
        "campaign_title": view.campaign.title,
        "phase_title": view.phase.title,
        "addressee": view.addressee or gap("主送机关"),
        "opening": _opening(view),
        "sections": as_data(sections),
        **annexes(
            {
                "children": bool(view.children),
                "progress": view.day_map is not None,
                "missing": bool(missing),
                "facts": bool(facts),
                "sources": True,
            }
        ),
        "children": children_table(view),
        "progress": map_table(view.day_map),
        "missing": missing,
        "facts": facts,
        "sources": sources_list(figures),
        "parts": NO_PARTS,
        "signature": view.unit.name,
        "date": day_text(view.as_of),
        "as_of": moment_text(view.as_of),
        "label": view.label,
        "snapshot_id": view.snapshot_id,
        "digest": view.digest,
    }


def _deeds(view: SnapshotView, figures: Figures) -> Section:
    told = measures_block(view.measures, figures)
    people = open_place("本地组织领导、部署安排、主要做法和成效，不写学生姓名和事件细节")
    return Section("组织部署和主要做法", [*told, people])


def _returned(view: SnapshotView, figures: Figures) -> Section:
    told = returns_section(view, figures)
    return replace(told, blocks=[*told.blocks, *outlook_blocks(view.day_map, figures)])


def form_sections(view: SnapshotView, figures: Figures) -> list[Section]:
    return [section for form in view.phase_forms for section in _sections_of(view, figures, form)]


def _sections_of(view: SnapshotView, figures: Figures, form: Form) -> list[Section]:
    """A form nobody has answered gives no sentences: its numbers would be nobody's."""
    if not figures.number(f"answered.{form.form}"):
        return []
    if form.role == "problems":
        return [problems_section(view, figures, form)]
    if form.role == "progress":
        return [rectify_section(view, figures, form)]
    columns = {column.key for column in form.columns}
    if "conclusion" in columns:
        return [selfcheck_section(figures, form)]
    if "score" in columns:
        return [inspection_section(figures, form)]
    facts = facts_section(view, figures, form)
    return [*([facts] if facts else []), *([table_section(figures, form)] if form.table else [])]


def _opening(view: SnapshotView) -> str:
    signed = "已经审核" if view.is_reviewed else "尚未经审核"
    number = f"（{view.campaign.document_no}）" if view.campaign.document_no else ""
    return (
        f"按照{view.campaign.title}{number}的部署，"
        f"现将{view.phase.title}阶段截至{moment_text(view.as_of)}的情况报告如下。"
        f"文中数字由各单位报表逐级汇总，以{view.label}为准，{signed}。"
        f"{view.signoff['line'] if view.signoff else ''}"
    )


ANNEXES = {
    "children": "各单位报送和工作情况表",
    "progress": "各县（市、区）报送进度表",
    "missing": "未报单位名单",
    "facts": "基本情况汇总表",
    "sources": "报告数字出处",
}


def annexes(wanted: Mapping[str, bool]) -> dict[str, Any]:
    """Numbers of the annexes there are (0: there is none), and the lines that announce them under the text."""
    present = [name for name in ANNEXES if wanted.get(name)]
    numbers = {name: present.index(name) + 1 if name in present else 0 for name in ANNEXES}
    lines = [f"{no}.{ANNEXES[name]}" for no, name in enumerate(present, start=1)]
    if len(lines) == 1:
        lines = [ANNEXES[present[0]]]
    heads = ["附件：", *["　　　"] * (len(lines) - 1)]
    return {
        "annex_numbers": numbers,
        "annex_titles": dict(ANNEXES),
        "annex_lines": [f"{head}{line}" for head, line in zip(heads, lines, strict=True)],
    }


def title_lines(parts: list[str], width: int = TITLE_WIDTH) -> list[str]:
    """Lines broken between words, none longer than fits; a word too long for a line is left to Word."""
    lines = [""]
    for part in parts:
        if lines[-1] and _breadth(lines[-1] + part) > width:
            lines.append("")
        lines[-1] += part
    return lines


def title_words(title: str) -> list[str]:
    """2021年辽宁省 and what follows: the one place where a campaign's title may surely be broken."""
    found = re.match(r"(.*?[省市县区州盟旗])(.{6,})", title)
    return list(found.groups()) if found else [title]


def _breadth(words: str) -> float:
    """In Chinese characters; digits and Latin letters take half of one."""
    return sum(0.5 if letter.isascii() else 1 for letter in words)
