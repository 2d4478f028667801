"""Sentences on what units name as their measures, and on where the phase will stand at its end."""

from collections.abc import Iterable

from oneledger.domain.day_map import DayMap
from oneledger.domain.measures import NamedMeasure
from oneledger.domain.report_blocks import Block
from oneledger.domain.report_figures import Figures

NAMED = 5
"""Counties whose outlook is told in the text, those furthest from complete; the workbook has all."""


def measures_block(measures: Iterable[NamedMeasure], figures: Figures) -> list[Block]:
    told = [
        f"{each.words}（{figures.cited(units_key(each.words), f'写明“{each.words}”的单位', each.units, '个')}单位）"
        for each in measures
    ]
    words = "各单位在报表中写明的措施，按写明的单位数由多到少，前几项是："
    return [Block(f"{words}{'、'.join(told)}。")] if told else []


def units_key(words: str) -> str:
    return f"=units[{words}]"


def outlook_blocks(shown: DayMap | None, figures: Figures) -> list[Block]:
    """At this pace county X ends at 91 %; these units decide it. Said by lateness of returns, never by cases.

    What is expected is reckoned; what it is reckoned from has keys, where a county's line is all its roll-up holds."""
    if shown is None or shown.is_over:
        return []
    short = [each for each, _ in shown.lines if each.short]
    if not short:
        return []
    furthest = sorted(short, key=lambda each: -each.short / each.owed)[:NAMED]
    told = [Block(each.sentence(), kind="item") for each, _ in shown.lines if each in furthest]
    for code, (each, _) in zip(shown.codes, shown.lines, strict=False):
        if each in furthest and code in shown.whole:
            figures.cited(f"=(coverage.returned+coverage.zero)@{code}", f"{each.name}已报", each.done, "份")
            figures.cited(f"=(coverage.expected-coverage.exempt)@{code}", f"{each.name}应报", each.owed, "份")
            figures.cited(f"missing_units@{code}", f"{each.name}尚未报的单位", len(each.open_units), "个")
    rest = f"，其中差得较多的{len(told)}个" if len(short) > len(told) else ""
    head = f"按近几个工作日的速度推算（只供催报参考），到期报不齐的有{len(short)}个单位{rest}："
    return [Block(head), *told]
