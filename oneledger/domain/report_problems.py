"""Problems found (排查) and mended (整改): the ledger and the rectification ledger as sentences."""

from oneledger.domain.campaigns import Phase
from oneledger.domain.figures import opened_key
from oneledger.domain.forms import Form
from oneledger.domain.phrases import change_text
from oneledger.domain.problems import CLOSED
from oneledger.domain.report_blocks import (
    Block,
    Section,
    cell_text,
    counted_alone,
    split_by,
    sums_of,
    units_that_answered,
)  # fmt: skip
from oneledger.domain.report_figures import Figures, SnapshotView, cell_key, column_of
from oneledger.domain.rollup import Number

LASTING, DONE_FOR_NOW, GRAVE, RELAPSED = "长期坚持", "阶段性完成", "重大", "反弹"


def problems_section(view: SnapshotView, figures: Figures, form: Form) -> Section:
    rows = figures.cite(f"{form.form}.rows", "排查问题", "个")
    text = f"{units_that_answered(figures, form)}个单位报送了{form.title}，共排查问题{rows}{sums_of(figures, form)}。"
    blocks = [Block(text + _compared_rows(view, figures, form))]
    blocks += [each for column in counted_alone(form) if (each := split_by(figures, form, column))]
    return Section("排查发现的问题", blocks + _grave(figures, form))


def _compared_rows(view: SnapshotView, figures: Figures, form: Form) -> str:
    earlier = earlier_figures(view, figures)
    before = phase_before(view)
    if earlier is None or before is None or not earlier.rows(form):
        return ""
    key = f"{form.form}.rows"
    told = earlier.cite(key, f"{before.title}阶段排查问题", "个")
    change = figures.rows(form) - earlier.rows(form)
    figures.cited(f"=|{key}-{key}#{before.phase}|", f"比{before.title}阶段增减", abs(change), "个")
    return f"上一阶段（{before.title}）为{told}，{change_text(change)}。"


def phase_before(view: SnapshotView) -> Phase | None:
    index = [phase.phase for phase in view.campaign.phases].index(view.phase.phase)
    return view.campaign.phases[index - 1] if index else None


def earlier_figures(view: SnapshotView, figures: Figures) -> Figures | None:
    """The unit's own figures at the end of the phase before, where there is one."""
    before = phase_before(view)
    return figures.beside(view.previous, f"#{before.phase}") if view.previous and before else None


def _grave(figures: Figures, form: Form) -> list[Block]:
    aspects = column_of(form, "aspect7")
    if aspects is None or not figures.rows(form, risk=GRAVE):
        return []
    places = [{"aspect7": each, "risk": GRAVE} for each in aspects.allowed]
    parts = [cell_text(figures, form, where, where["aspect7"]) for where in places if figures.rows(form, **where)]
    whole = cell_text(figures, form, {"risk": GRAVE}, f"{GRAVE}风险问题")
    return [Block(f"{whole}{'，分布在' if parts else ''}{'、'.join(parts)}。")]


def rectify_section(view: SnapshotView, figures: Figures, form: Form) -> Section:
    due, lasting = due_problems(figures, form), figures.rows(form, fix_mode=LASTING)
    formula = f"={form.form}.rows-{cell_key(form, {'fix_mode': LASTING})}"
    text = (
        f"{units_that_answered(figures, form)}个单位报送了{form.title}，"
        f"列入问题{figures.cite(f'{form.form}.rows', '列入整改台账的问题', '个')}，"
        f"其中{cell_text(figures, form, {'fix_mode': LASTING}, LASTING)}，"
        f"应整改{figures.cited(formula, '应整改问题', due, '个')}；"
        f"{cell_text(figures, form, {'state': CLOSED}, CLOSED)}，"
        f"整改率{_closing_rate(figures, form, formula)}。"
    )
    if lasting:
        text += f"{LASTING}的不销号，其中{cell_text(figures, form, {'state': DONE_FOR_NOW}, DONE_FOR_NOW)}。"
    blocks = [Block(text + _against_ledger(view, figures, form))]
    blocks += [each for column in counted_alone(form) if (each := split_by(figures, form, column))]
    return Section(
        "问题整改情况", blocks + _closed_by(view, figures, form, "aspect7") + _closed_by(view, figures, form, "risk")
    )


def _closing_rate(figures: Figures, form: Form, formula: str) -> str:
    closed = cell_key(form, {"state": CLOSED}), figures.rows(form, state=CLOSED)
    return figures.share("整改率", closed, (formula, due_problems(figures, form)))


def due_problems(figures: Figures, form: Form) -> Number:
    """应整改: what can be closed, so without the lasting ones (domain.md 1.3)."""
    return figures.rows(form) - figures.rows(form, fix_mode=LASTING)


def _against_ledger(view: SnapshotView, figures: Figures, form: Form) -> str:
    """Problems of the phase before that no return of this phase holds are named: the rate leaves them out."""
    ledger, before, earlier = view.problem_form, phase_before(view), earlier_figures(view, figures)
    if ledger is None or before is None or earlier is None:
        return ""
    keys = [f"{ledger.form}.rows", *(opened_key(each) for each in view.forms.values() if each.opens)]
    told = {key: earlier.number(key) for key in keys if earlier.number(key)}
    if not told:
        return ""
    whole = sum(told.values())
    formula = "+".join(f"{key}#{before.phase}" for key in told)
    gap = whole - figures.rows(form)
    cited = figures.cited(f"={formula}-{form.form}.rows", "未列入整改台账的问题", gap, "个")
    rest = f"相差{cited}，为未报单位的或已撤回的，未计入整改率" if gap > 0 else "已全部列入"
    title = f"{before.title}阶段排查问题"
    if list(told) == keys[:1]:
        return f"{before.title}阶段共{earlier.cite(keys[0], title, '个')}问题，{rest}。"
    parts = [f"{_origin(key, ledger)}{earlier.cite(key, _origin(key, ledger), '个')}" for key in told]
    return f"{before.title}阶段共{figures.cited(f'={formula}', title, whole, '个')}问题（{'，'.join(parts)}），{rest}。"


def _origin(key: str, ledger: Form) -> str:
    return "台账" if key.startswith(f"{ledger.form}.") else "自查转入"


def _closed_by(view: SnapshotView, figures: Figures, form: Form, key: str) -> list[Block]:
    """已销号/全部 for each aspect or risk; the printed column has no choices, those of the ledger do."""
    column = column_of(view.problem_form, key) if view.problem_form else None
    if column is None:
        return []
    wholes = {each: figures.rows(form, **{key: each}) for each in column.allowed}
    parts = [
        cell_text(figures, form, {key: each, "state": CLOSED}, each, "/")
        + cell_text(figures, form, {key: each}, "", "")
        for each, whole in wholes.items()
        if whole
    ]
    return [Block(f"按{column.title}看，已销号数与全部问题数之比为：{'，'.join(parts)}。")] if parts else []
