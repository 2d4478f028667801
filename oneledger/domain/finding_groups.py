"""Equal faults told once, with their cells: a mail stays readable however many there are."""

from collections.abc import Iterable
from dataclasses import dataclass, replace

from oneledger.domain.findings import Finding

CELLS_NAMED = 8
FEWEST = 4  # of one fault; fewer are told one by one, each with what was written


@dataclass(frozen=True)
class FindingGroup(Finding):
    """Of one fault: what was found where there is one cell only, else the cells and how many they are."""

    count: int = 1


def grouped(findings: Iterable[Finding]) -> list[FindingGroup]:
    """In the order in which each fault first came."""
    found: dict[Finding, list[Finding]] = {}
    for finding in findings:
        found.setdefault(replace(finding, cell="", found="", asked=0, reason=""), []).append(finding)
    return [group for members in found.values() for group in _groups(members)]


def _groups(members: list[Finding]) -> list[FindingGroup]:
    return [_group(members)] if len(members) >= FEWEST else [_group([each]) for each in members]


def _group(members: list[Finding]) -> FindingGroup:
    first = members[0]
    cells = [each.cell for each in members if each.cell]
    more = f" 等 {len(cells)} 处" if len(cells) > CELLS_NAMED else ""
    words = list(dict.fromkeys(each.found for each in members))
    return FindingGroup(
        first.rule, first.sheet, "、".join(cells[:CELLS_NAMED]) + more, words[0] if len(words) == 1 else "",
        first.expected, first.remedy, first.level, count=len(members),
    )  # fmt: skip
