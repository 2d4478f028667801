"""Who has answered and who has not; what is still open; what comes next."""

from collections.abc import Sequence

from oneledger.domain.phrases import day_text, grouped, listed, moment_text, share
from oneledger.domain.problems import CLOSED
from oneledger.domain.report_blocks import Block, Section, open_place
from oneledger.domain.report_figures import Figures, SnapshotView, answered_rate, own_part
from oneledger.domain.report_problems import GRAVE, LASTING, due_problems, phase_before
from oneledger.domain.rollup import Rollup

NAMED_IN_TEXT = 15
"""Missing units named in the text; more go to the list in the annex."""

COVERAGE_TITLES = {
    "expected": "应报", "returned": "已报", "zero": "零报告", "exempt": "免报", "missing": "未报",
    "in_correction": "未报中已报来、正在改正", "late": "逾期报送",
}  # fmt: skip


def returns_section(view: SnapshotView, figures: Figures) -> Section:
    coverage = view.rollup.coverage
    cite = {name: figures.cite(f"coverage.{name}", title, "份") for name, title in COVERAGE_TITLES.items()}
    waiting = f"（其中已报来、正在改正{cite['in_correction']}）" if coverage.in_correction else ""
    text = (
        f"截至{moment_text(view.as_of)}，应报材料{cite['expected']}，其中已报{cite['returned']}，"
        f"零报告{cite['zero']}，免报{cite['exempt']}，未报{cite['missing']}{waiting}；逾期报送{cite['late']}。"
        f"报送率{rate_of(view.rollup)}，分母不含免报。"
    )
    blocks = [Block(text + _compared_returns(view))]
    return Section("报送情况", blocks + _complete(view) + _missing(view))


def rate_of(rollup: Rollup) -> str:
    return share(*answered_rate(rollup.coverage))


def _compared_returns(view: SnapshotView) -> str:
    before = phase_before(view)
    if view.previous is None or before is None or not view.previous.coverage.expected:
        return ""
    return f"上一阶段（{before}）报送率为{rate_of(view.previous)}。"


def _complete(view: SnapshotView) -> list[Block]:
    """Who has answered in full, by name in administrative order; schools are too many to be named."""
    owing = [(unit, each) for unit, each in view.children if each.coverage.expected and unit.level != "school"]
    full = [unit.name for unit, each in owing if not each.coverage.missing]
    if not full:
        return []
    whole = "各单位均已报齐" if len(full) == len(owing) else f"{len(full)}个单位（共{len(owing)}个）已报齐"
    return [Block(f"{whole}：{listed(full)}。")]


def missing_groups(view: SnapshotView) -> list[tuple[str, int, list[tuple[str, str]]]]:
    """(whose, how many returns, units) for every part that still owes, the unit itself first."""
    own = own_part(view)
    parts = [("本级", own)] if own else []
    parts += [(unit.name, each) for unit, each in view.children]
    parts = parts if view.children else [("本级", view.rollup)]
    return [
        (name, each.coverage.missing, list(dict.fromkeys(each.missing_units)))
        for name, each in parts
        if each.coverage.missing
    ]


def _missing(view: SnapshotView) -> list[Block]:
    groups = missing_groups(view)
    if not groups:
        return []
    count = sum(len(units) for _, _, units in groups)
    if count > NAMED_IN_TEXT:
        is_flat = all(units == [(code, whose)] for whose, _, units in groups for code in [units[0][0]])
        named = "；".join(f"{whose}{returns}份" for whose, returns, _ in groups)
        spread = "" if is_flat else f"，按行政区划顺序为：{named}"
        return [Block(f"尚未报送的涉及{count}个单位{spread}。单位名单见附件。")]
    names = [_group_text(whose, units) for whose, _, units in groups]
    return [Block(f"尚未报送的单位（按行政区划顺序）：{'；'.join(names)}。")]


def _group_text(whose: str, units: Sequence[tuple[str, str]]) -> str:
    names = [name for _, name in units]
    return names[0] if names == [whose] else f"{whose}（{listed(names)}）"


def shortfall_section(view: SnapshotView, figures: Figures) -> Section:
    """What the figures show as still open; why, a person must say."""
    points = [point for point in (_open_returns(view), *_open_problems(view, figures)) if point]
    blocks = [Block("从数字看，下列情况需要说明原因：")] if points else []
    blocks += [Block(f"{no}.{point}", kind="item") for no, point in enumerate(points, start=1)]
    return Section("存在的困难和不足", [*blocks, open_place("困难、差距、薄弱环节及其根源，不写学生姓名和事件细节")])


def _open_returns(view: SnapshotView) -> str:
    missing = view.rollup.coverage.missing
    return f"未报{grouped(missing)}份，所涉单位的情况没有反映在本报告中。" if missing else ""


def _open_problems(view: SnapshotView, figures: Figures) -> list[str]:
    form = view.form_in_role("progress")
    if form is None:
        return []
    left = due_problems(figures, form) - figures.rows(form, state=CLOSED)
    grave = figures.rows(form, risk=GRAVE) - figures.rows(form, risk=GRAVE, state=CLOSED)
    back = figures.rows(form, state="反弹")
    told = [
        (left, f"应整改而未销号的问题{grouped(left)}个。"),
        (grave, f"尚未销号的{GRAVE}风险问题{grouped(grave)}个（含{LASTING}的）。"),
    ]
    return [text for number, text in [*told, (back, f"整改后又反弹的问题{grouped(back)}个。")] if number > 0]


def next_section(view: SnapshotView) -> Section:
    after = [phase.phase for phase in view.campaign.phases].index(view.phase.phase) + 1
    blocks = []
    if after < len(view.campaign.phases):
        phase = view.campaign.phases[after]
        ends = f"，至{day_text(phase.ends_on)}" if phase.ends_on else ""
        starts = f"自{day_text(phase.opens_on)}起" if phase.opens_on else "下一步"
        blocks.append(Block(f"按照方案，{starts}进入{phase.title}阶段{ends}。"))
    return Section("下一步工作打算", [*blocks, open_place("改进措施、责任单位和时间安排")])
