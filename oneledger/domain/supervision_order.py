"""A supervision order (督办单) to one collector: which units below it owe what, in administrative order."""

from dataclasses import replace
from typing import Any
from zoneinfo import ZoneInfo

from oneledger.domain.errors import RefusedError
from oneledger.domain.gaps import gap
from oneledger.domain.phrases import listed, moment_text
from oneledger.domain.report import annexes, report_context, title_lines, title_words
from oneledger.domain.report_annexes import missing_list, sources_list
from oneledger.domain.report_blocks import Block, Section, as_data
from oneledger.domain.report_figures import Figures, SnapshotView
from oneledger.domain.report_returns import NAMED_IN_TEXT, open_problems


def _points(view: SnapshotView, figures: Figures) -> list[str]:
    owed = f"未报材料{figures.cite('coverage.missing', '未报', '份')}。"
    return [*([owed] if view.rollup.coverage.missing else []), *open_problems(view, figures)]


def order_context(view: SnapshotView, office: str) -> dict[str, Any]:
    """For templates/reports/phase_report.docx. ``office``: who signs it, the office above the unit."""
    view = replace(view, as_of=view.as_of.astimezone(ZoneInfo(view.campaign.timezone)))
    figures = Figures(view.rollup)
    points, missing = _points(view, figures), missing_list(view)
    if not points:
        raise RefusedError([f"{view.unit.name}没有未报材料或未销号的问题，不需要督办单"])
    matters = [Block(f"{no}.{point}", kind="item") for no, point in enumerate(points, 1)]
    in_annex = len(missing) > NAMED_IN_TEXT
    if missing and not in_annex:
        matters.append(Block(f"未报单位：{listed([each['name'] for each in missing])}。"))
    demands = [
        f"请于{gap('办结时限')}前督促上述单位补报、改正，逐条销号。",
        "确有困难的，书面说明原因和预计完成时间；单位撤并或不需报送的，提出免报申请。",
        f"办理结果请报{office}。",
    ]
    order = [Block(f"{no}.{each}", kind="item") for no, each in enumerate(demands, 1)]
    subject = f"{view.phase.title}工作督办单"
    wanted = {"children": False, "missing": in_annex, "facts": False, "sources": True}
    return report_context(view) | {
        "title": f"{view.campaign.title}{subject}",
        "title_lines": title_lines([*title_words(view.campaign.title), subject]),
        "addressee": view.unit.name,
        "opening": f"截至{moment_text(view.as_of)}，你单位及所属单位{view.phase.title}阶段下列事项尚未办结，现予督办。",
        "sections": as_data([Section("督办事项", matters), Section("办理要求", order)]),
        **annexes(wanted),
        "missing": missing,
        "sources": sources_list(figures),
        "signature": office,
    }
