"""One volume (汇编) of many units' articles: by stage, then by unit in administrative order (001-22)."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import groupby

from oneledger.domain.assignments import CampaignUnit

STAGES = (
    "教学点", "小学", "初中", "九年一贯制", "完全中学", "高中", "十二年一贯制", "中职", "技工", "特教", "专门学校",
)  # fmt: skip
_OFFICES = "教育行政部门"
_FIRST = re.compile(r"^[一二三四五六七八九十]{1,3}、")
_SECOND = re.compile(r"^[（(][一二三四五六七八九十]{1,3}[）)]")
_SHORT = 40  # characters of a heading; a longer paragraph that begins with 一、 is text


@dataclass(frozen=True)
class Line:
    text: str
    level: int  # 0 text, 1 一、, 2 （一）


@dataclass(frozen=True)
class Article:
    unit: CampaignUnit
    title: str
    lines: tuple[Line, ...]
    pictures: tuple[bytes, ...] = ()  # cleaned


@dataclass(frozen=True)
class Section:
    title: str
    articles: tuple[Article, ...]


def sections(articles: Iterable[Article]) -> list[Section]:
    """In order of stage, then of unit, then as they came."""
    ordered = sorted(articles, key=lambda each: (_stage_rank(each.unit), each.unit.order))
    return [Section(title, tuple(group)) for title, group in groupby(ordered, key=lambda each: _stage(each.unit))]


def _stage(unit: CampaignUnit) -> str:
    return unit.stage or _OFFICES if unit.level == "school" else _OFFICES


def _stage_rank(unit: CampaignUnit) -> tuple[int, str]:
    stage = _stage(unit)
    if stage == _OFFICES:
        return -1, ""
    return (STAGES.index(stage), "") if stage in STAGES else (len(STAGES), stage)


def body_lines(title: str, paragraphs: Sequence[tuple[int, str]]) -> tuple[Line, ...]:
    """The text without its title, which the volume sets itself; headings by their style or by their numbers."""
    kept = [(level, text.strip()) for level, text in paragraphs if text.strip()]
    if kept and kept[0][1] == title:
        kept = kept[1:]
    return tuple(Line(text, _level(level, text)) for level, text in kept)


def _level(level: int, text: str) -> int:
    if len(text) > _SHORT:
        return 0
    if _FIRST.match(text):
        return 1
    if _SECOND.match(text):
        return 2
    return min(level, 2)
