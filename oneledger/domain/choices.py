"""A choice, or several in one cell, told apart from what is merely like one."""

import re
from collections.abc import Mapping, Sequence
from datetime import date, time
from functools import lru_cache

from oneledger.domain.parsed import Parsed, folded, shown, written
from oneledger.domain.returns import CellValue

_YES = frozenset({"√", "✓", "✔", "☑", "是的", "对", "y", "yes", "true"})
_HAVE = {"有": "是", "没有": "否", "无": "否"}
_NO = frozenset({"×", "✗", "✘", "不是", "不", "n", "no", "false"})
_SEPARATORS = re.compile(r"([、，,;；/|\s]+)")
_NUMBERED = re.compile(r"第?(\d{1,3})[条项号.]?", re.ASCII)
_RANGE = re.compile(r"(\d{1,3})[-—–~至到](\d{1,3})", re.ASCII)
_PARTS_IN_ONE = 7  # a choice holds at most three separators
_TRAILING = "。.；;，,、"


@lru_cache(maxsize=512)
def _by_fold(choices: Sequence[str]) -> dict[str, str]:
    return {folded(choice): choice for choice in choices}


def _alias(fold: str, choices: Sequence[str]) -> str | None:
    """Ticks and plain words for yes and no."""
    if fold in _YES and "是" in choices:
        return "是"
    return "否" if fold in _NO and "否" in choices else None


def read_choice(raw: CellValue, choices: tuple[str, ...], title: str = "") -> Parsed:
    """``title``: of the field; 有 answers 有无家长代表, but not 是否零报告."""
    text = written(raw)
    if text in choices:
        return Parsed(text)  # but for blanks around it
    fold = folded(text).strip(_TRAILING)
    choice = _by_fold(choices).get(fold) or _alias(fold, choices)
    if choice is None and "有无" in title and _HAVE.get(fold) in choices:
        choice = _HAVE[fold]
    if choice is None:
        return Parsed(fault="不在可选范围内，请从下拉列表中选择")
    return Parsed(choice, f"按“{choice}”读取")


def read_multi(raw: CellValue, choices: tuple[str, ...]) -> Parsed:
    """The choices in the order written, each once. Choices may themselves contain separators (家访/家长沟通)."""
    if isinstance(raw, str):
        simply = raw.split("、")
        if len(set(simply)) == len(simply) and all(part in choices for part in simply):
            return Parsed(simply)
    if isinstance(raw, date | time):
        return Parsed(fault="被 Excel 变成了日期，请把单元格设为文本格式后重填，用“、”隔开")
    parts = _SEPARATORS.split(written(raw))
    values: list[str] = []
    strays: list[str] = []
    start = 0
    while start < len(parts):
        taken, chosen = _longest(parts, start, choices)
        values += chosen
        if not chosen and folded(parts[start]):
            strays.append(parts[start])
        start += taken
    if strays:
        return Parsed(fault=f"“{shown('、'.join(strays))}”不在可选范围内")
    if not values:
        return Parsed(None, "按空白处理")
    distinct = list(dict.fromkeys(values))
    plain = _bare(parts) == _bare(distinct)
    return Parsed(distinct, None if plain else f"按“{'、'.join(distinct)}”读取")


def _bare(parts: Sequence[str]) -> str:
    return _SEPARATORS.sub("", folded("".join(parts)))


def _longest(parts: Sequence[str], start: int, choices: tuple[str, ...]) -> tuple[int, list[str]]:
    """How many parts the next answer takes, separators counted, and the choices it stands for."""
    known = _by_fold(choices)
    for end in range(min(len(parts), start + _PARTS_IN_ONE), start, -2):
        choice = known.get(folded("".join(parts[start:end])))
        if choice is not None:
            return end - start + 1, [choice]
    return 2, _numbers(folded(parts[start]), known)


def _numbers(fold: str, known: Mapping[str, str]) -> list[str]:
    """第3条 is 3, and 3-5 is 3、4、5, where all of them may be chosen."""
    if match := _NUMBERED.fullmatch(fold):
        return [known[match[1]]] if match[1] in known else []
    if match := _RANGE.fullmatch(fold):
        wanted = [str(number) for number in range(int(match[1]), int(match[2]) + 1)]
        return wanted if set(wanted) <= known.keys() else []
    return []
