"""Who has answered and who has not; what is still open; what comes next."""

from dataclasses import dataclass

from oneledger.domain.phrases import day_text, listed, moment_text
from oneledger.domain.problems import CLOSED
from oneledger.domain.report_blocks import Block, Section, open_place
from oneledger.domain.report_figures import (
    ANSWERED,
    OWED,
    Figures,
    SnapshotView,
    UnitBrief,
    answered_rate,
    cell_key,
    own_part,
)
from oneledger.domain.report_problems import GRAVE, LASTING, RELAPSED, due_problems, earlier_figures, phase_before
from oneledger.domain.rollup import Rollup

NAMED_IN_TEXT = 15
"""Missing units named in the text; more go to the list in the annex."""

NAMED_IN_ANNEX = 2_500
"""Missing units named in the annex; of more, the consolidated workbook alone tells the names. 2,500 are 65 pages, which
LibreOffice lays out in 9 s, 5,000 in 34; a country's 16,836 it did not finish in 400 s."""

COVERAGE_TITLES = {
    "expected": "应报", "returned": "已报", "zero": "零报告", "exempt": "免报", "missing": "未报",
    "in_correction": "未报中已报来、正在改正", "late": "逾期报送",
}  # fmt: skip


def returns_section(view: SnapshotView, figures: Figures) -> Section:
    blocks = [told_returns(view, figures)]
    return Section("报送情况", blocks + _complete(view, figures) + _missing(view, figures))


def told_returns(view: SnapshotView, figures: Figures) -> Block:
    """The four ways, lateness and the rate; no unit is named."""
    coverage = view.rollup.coverage
    cite = {name: figures.cite(f"coverage.{name}", title, "份") for name, title in COVERAGE_TITLES.items()}
    waiting = f"（其中已报来、正在改正{cite['in_correction']}）" if coverage.in_correction else ""
    text = (
        f"截至{moment_text(view.as_of)}，应报材料{cite['expected']}，其中已报{cite['returned']}，"
        f"零报告{cite['zero']}，免报{cite['exempt']}，未报{cite['missing']}{waiting}；逾期报送{cite['late']}。"
        f"报送率{rate_of(figures, '报送率')}，分母不含免报。"
    )
    return Block(text + _compared_returns(view, figures))


def rate_of(figures: Figures, title: str) -> str:
    part, whole = answered_rate(figures.rollup.coverage)
    return figures.share(title, (ANSWERED, part), (OWED, whole))


def _compared_returns(view: SnapshotView, figures: Figures) -> str:
    before, earlier = phase_before(view), earlier_figures(view, figures)
    if before is None or earlier is None or not earlier.rollup.coverage.expected:
        return ""
    return f"上一阶段（{before.title}）报送率为{rate_of(earlier, f'{before.title}阶段报送率')}。"


def _complete(view: SnapshotView, figures: Figures) -> list[Block]:
    """Who has answered in full, by name in administrative order; schools are too many to be named."""
    owing = [(unit, each) for unit, each in view.children if each.coverage.expected and unit.level != "school"]
    full = [unit.name for unit, each in owing if not each.coverage.missing]
    if not full:
        return []
    if len(full) == len(owing):
        return [Block(f"各单位均已报齐：{listed(full)}。")]
    done = figures.cited("=children[coverage.missing=0]", "已报齐的下级单位", len(full), "个")
    whole = figures.cited("=children[coverage.expected>0]", "有应报材料的下级单位", len(owing), "个")
    return [Block(f"{done}单位（共{whole}）已报齐：{listed(full)}。")]


@dataclass(frozen=True)
class MissingGroup:
    """What one child, or the unit itself, still owes."""

    unit: UnitBrief
    rollup: Rollup
    units: tuple[tuple[str, str], ...]  # code and name, each once, in administrative order

    @property
    def is_the_unit_itself(self) -> bool:
        return [name for _, name in self.units] == [self.unit.name]


def missing_groups(view: SnapshotView) -> list[MissingGroup]:
    """Every part that still owes, the unit itself first."""
    own = own_part(view) if view.children else view.rollup
    parts = [(UnitBrief(view.unit.code, "本级", view.unit.level), own)] if own else []
    return [
        MissingGroup(unit, each, tuple(dict.fromkeys(each.missing_units)))
        for unit, each in [*parts, *view.children]
        if each.coverage.missing
    ]


def _missing(view: SnapshotView, figures: Figures) -> list[Block]:
    groups = missing_groups(view)
    if not groups:
        return []
    count = sum(len(each.units) for each in groups)
    if count <= NAMED_IN_TEXT:
        return [Block(f"尚未报送的单位（按行政区划顺序）：{'；'.join(map(_group_text, groups))}。")]
    whole = figures.cited("=missing_units", "未报单位", count, "个")
    spread = ""
    if not all(each.is_the_unit_itself for each in groups):
        spread = f"，按行政区划顺序为：{'；'.join(_group_count(figures, each) for each in groups)}"
    return [Block(f"尚未报送的涉及{whole}单位{spread}。单位名单见{'附件' if count <= NAMED_IN_ANNEX else '汇总表'}。")]


def _group_text(group: MissingGroup) -> str:
    names = [name for _, name in group.units]
    return names[0] if group.is_the_unit_itself else f"{group.unit.name}（{listed(names)}）"


def _group_count(figures: Figures, group: MissingGroup) -> str:
    theirs = figures.beside(group.rollup, f"@{group.unit.code}")
    return group.unit.name + theirs.cite("coverage.missing", f"{group.unit.name}未报", "份")


def shortfall_section(view: SnapshotView, figures: Figures) -> Section:
    """What the figures show as still open; why, a person must say."""
    points = [*_open_returns(figures), *open_problems(view, figures)]
    blocks = [Block("从数字看，下列情况需要说明原因：")] if points else []
    blocks += [Block(f"{no}.{point}", kind="item") for no, point in enumerate(points, start=1)]
    return Section("存在的困难和不足", [*blocks, open_place("困难、差距、薄弱环节及其根源，不写学生姓名和事件细节")])


def _open_returns(figures: Figures) -> list[str]:
    told = figures.cite("coverage.missing", "未报", "份")
    return [f"未报{told}，所涉单位的情况没有反映在本报告中。"] if figures.rollup.coverage.missing else []


def open_problems(view: SnapshotView, figures: Figures) -> list[str]:
    form = view.form_in_role("progress")
    if form is None:
        return []
    closed, grave_closed = cell_key(form, {"state": CLOSED}), cell_key(form, {"risk": GRAVE, "state": CLOSED})
    lasting, grave = cell_key(form, {"fix_mode": LASTING}), cell_key(form, {"risk": GRAVE})
    left = due_problems(figures, form) - figures.rows(form, state=CLOSED)
    grave_left = figures.rows(form, risk=GRAVE) - figures.rows(form, risk=GRAVE, state=CLOSED)
    told = [
        (f"={form.form}.rows-{lasting}-{closed}", "应整改而未销号的问题", left, ""),
        (f"={grave}-{grave_closed}", f"尚未销号的{GRAVE}风险问题", grave_left, f"（含{LASTING}的）"),
        (cell_key(form, {"state": RELAPSED}), "整改后又反弹的问题", figures.rows(form, state=RELAPSED), ""),
    ]
    return [
        f"{title}{figures.cited(key, title, number, '个')}{note}。" for key, title, number, note in told if number > 0
    ]


def next_section(view: SnapshotView) -> Section:
    after = [phase.phase for phase in view.campaign.phases].index(view.phase.phase) + 1
    blocks = []
    if after < len(view.campaign.phases):
        phase = view.campaign.phases[after]
        ends = f"，至{day_text(phase.ends_on)}" if phase.ends_on else ""
        starts = f"自{day_text(phase.opens_on)}起" if phase.opens_on else "下一步"
        blocks.append(Block(f"按照方案，{starts}进入{phase.title}阶段{ends}。"))
    return Section("下一步工作打算", [*blocks, open_place("改进措施、责任单位和时间安排")])
