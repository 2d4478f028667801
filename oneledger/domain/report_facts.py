"""Facts (label and value) as sentences and as the table of the annex; yes/no with their own denominators."""

from collections.abc import Iterator, Sequence

from oneledger.domain.forms import Field, FieldRollup, FieldType, Form
from oneledger.domain.phrases import chinese_ordinal, grouped, share_text
from oneledger.domain.remembered import once_a_form
from oneledger.domain.report_blocks import Block, Section, units_that_answered
from oneledger.domain.report_figures import Figures, SnapshotView, groups_of
from oneledger.domain.rollup import Number

FEW_CHOICES = 8
"""A form with more yes/no and choice facts has them in the annex, and only the weakest in the text."""
WEAKEST = 5
MANY = 4


def facts_section(view: SnapshotView, figures: Figures, form: Form) -> Section | None:
    """Every group of a form's facts as one paragraph."""
    inline = _is_short(view, form)
    blocks: list[Block] = []
    for group, fields in groups_of(facts_asked(view, form)).items():
        told = [each for each in fields if inline or each.rollup == FieldRollup.SUM]
        parts = _nothing(figures, form, told) or [part for each in told if (part := fact_part(figures, form, each))]
        if parts:
            lead = f"（{chinese_ordinal(len(blocks) + 1)}）{plain_group(group)}。"
            blocks.append(Block(f"{'；'.join(parts).replace('；其中', '，其中')}。", lead=lead))
    if not blocks:
        return None
    first = Block(f"{units_that_answered(figures, form)}个单位报送了{form.title}，合计如下。")
    return Section(form.sheet.removesuffix("统计表"), [first, *blocks, *([] if inline else _weak(view, figures, form))])


def _nothing(figures: Figures, form: Form, told: Sequence[Field]) -> list[str]:
    """A long group of zeros is one remark, not a dozen."""
    numbers = [figures.number(f"{form.form}.{each.key}") for each in told if each.rollup == FieldRollup.SUM]
    if len(told) < MANY or len(numbers) < len(told) or any(numbers):
        return []
    return [f"{told[0].title}、{told[1].title}等{len(told)}项均为0"]


def facts_asked(view: SnapshotView, form: Form) -> list[Field]:
    """Facts that somebody here has answered by now, be it with 0: the 0 of one that nobody did would be nobody's."""
    nobody_told = view.rollup.figures.keys().isdisjoint
    return [fact for fact, keys in rolled_facts(form) if not nobody_told(keys)]


@once_a_form
def rolled_facts(form: Form) -> list[tuple[Field, tuple[str, ...]]]:
    """Facts that go up, each with its keys."""
    rolled = [each for each in form.facts if each.rollup != FieldRollup.NONE and not each.personal]
    return [(each, keys_of(form, each)) for each in rolled]


def keys_of(form: Form, fact: Field) -> tuple[str, ...]:
    """The keys under which a fact goes up: its sum, or one for each choice."""
    key = f"{form.form}.{fact.key}"
    return (key,) if fact.rollup == FieldRollup.SUM else tuple(f"{key}={value}" for value in fact.allowed)


def _is_short(view: SnapshotView, form: Form) -> bool:
    return sum(each.rollup == FieldRollup.COUNT for each in facts_asked(view, form)) <= FEW_CHOICES


def _weak(view: SnapshotView, figures: Figures, form: Form) -> list[Block]:
    """What the smallest share of those who answered has. Fields, never units."""
    yesno = [each for each in facts_asked(view, form) if each.type == FieldType.YESNO]
    found = [(yes / whole, each) for each in yesno for yes, whole in [_yes(figures, form, each)] if 0 <= yes < whole]
    found.sort(key=lambda pair: pair[0])
    if not found:
        return []
    items = [Block(f"{fact_part(figures, form, each)}。", kind="item") for _, each in found[:WEAKEST]]
    return [Block("占比较低的事项（其他事项见附件）："), *items]


def _yes(figures: Figures, form: Form, fact: Field) -> tuple[Number, Number]:
    counts = {value: figures.number(f"{form.form}.{fact.key}={value}") for value in fact.allowed}
    return counts.get("是", 0), sum(counts.values())


def fact_part(figures: Figures, form: Form, fact: Field) -> str:
    """学生数1,200人; 成立委员会的占98.1%（1,962/2,000）; 等次：优秀3个、合格5个."""
    if fact.personal or fact.rollup == FieldRollup.NONE:
        return ""
    if fact.rollup == FieldRollup.SUM:
        return f"{fact.title}{figures.cite(f'{form.form}.{fact.key}', fact.title, fact.unit)}"
    if not any(figures.number(f"{form.form}.{fact.key}={value}") for value in fact.allowed):
        return ""
    if fact.type == FieldType.YESNO:
        yes, whole = _yes(figures, form, fact)
        key, told = f"{form.form}.{fact.key}", statement(fact.title)
        return f"{told}的占{figures.share(f'{told}的单位', (f'{key}=是', yes), (f'={key}=*', whole))}"
    keys = {value: f"{form.form}.{fact.key}={value}" for value in fact.allowed}
    parts = [f"{value}{figures.cite(key, f'{fact.title}：{value}', '个')}" for value, key in keys.items()]
    return f"{fact.title}：{'、'.join(parts)}"


def facts_table(view: SnapshotView, figures: Figures) -> list[dict[str, str]]:
    """Every fact of the forms that are too long for the text, group by group, with its key."""
    rows = [row for form in view.phase_forms if not _is_short(view, form) for row in _rows(view, figures, form)]
    return [{"no": str(no), **row} for no, row in enumerate(rows, start=1)]


def _rows(view: SnapshotView, figures: Figures, form: Form) -> Iterator[dict[str, str]]:
    if not figures.number(f"answered.{form.form}"):
        return
    for fact in facts_asked(view, form):
        group = plain_group(fact.group)
        if fact.rollup == FieldRollup.SUM:
            key = f"{form.form}.{fact.key}"
            yield _row(group, fact.title, figures.number(key), fact.unit, None, key)
            continue
        values = ("是",) if fact.type == FieldType.YESNO else fact.allowed
        whole = sum(figures.number(f"{form.form}.{fact.key}={value}") for value in fact.allowed)
        for value in values:
            key = f"{form.form}.{fact.key}={value}"
            title = statement(fact.title) if value == "是" else f"{fact.title}：{value}"
            yield _row(group, title, figures.number(key), "个", whole, key)


def _row(group: str, title: str, number: Number, unit: str, whole: Number | None, key: str) -> dict[str, str]:
    """``whole``: how many answered; None for a sum, which has no share."""
    of = ("", "") if whole is None else (grouped(whole), share_text(number, whole))
    words = {"group": group, "title": title, "value": grouped(number), "unit": unit, "key": key}
    return {**words, "of": of[0], "share": of[1]}


def plain_group(group: str) -> str:
    """规模 from ``A 规模``, 主要工作 from ``一、主要工作``."""
    head, _, rest = group.partition("、")
    if rest and len(head) <= 2:
        return rest
    head, _, rest = group.partition(" ")
    return rest if rest and len(head) == 1 else group


def statement(title: str) -> str:
    """成立委员会 from 是否成立委员会; 委员会有家长代表 from 委员会有无家长代表."""
    return title.replace("是否", "").replace("有无", "有")
