"""What must not leave a school (domain.md 3.5): numbers and names of pupils and parents in free text, and their masks.

Staff names and phones have fields of their own. A trace that is *masked* is never kept readable, also where it is only
asked about; the mail it came in is sealed (tasks/quarantine.py).
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Literal, TypeGuard

from oneledger.domain.forms import Field, FieldType
from oneledger.domain.pupil_names import names_in
from oneledger.domain.pupil_numbers import numbers_in

Source = Literal["field", "staff", "prose"]
"""field: free text of a form. staff: a field for a member of staff, whose name is expected. prose: documents, mails."""

MASKED = frozenset({"PD-001", "PD-002", "PD-003", "PD-004", "PD-005", "PD-006"})
KINDS = {
    "PD-001": "身份证号", "PD-002": "手机号码", "PD-003": "学籍号", "PD-004": "姓名", "PD-005": "疑似证件号",
    "PD-006": "家庭电话", "PD-007": "疑似姓名", "PD-008": "班级座号",
}  # fmt: skip

_SHORTEST = 4
_HINT = re.compile(
    r"[0-9０-９](?:[ \-—–－\u3000\u200b]?[0-9０-９]){6}|[学女男新]生|同学|学员|朋友|受害|被害|欺凌|施[暴害]|加害"
    r"|当事人|涉事|孩|儿子|女儿|其[子女]|家长|[父母]亲|爸|妈|爷|奶|监护|[班级号]|[舍室]友|同桌|委员|代表|主席"
    r"|姓名|名单|人员|[初高][一二三]"
    r"|[打骂推踢辱欺胁吓勒孤嘲围骚]|[与和跟同]|学籍|学号|[（(]\s*[男女0-9]"
)
_SEAT = re.compile(
    r"(?:[一二三四五六七八九十0-9０-９]年级?|[初高][一二三])\s*[（(]?[0-9０-９一二三四五六七八九十]{1,2}[)）]?班\s*[0-9０-９]{1,2}\s*号(?![楼室机门])"
    r"|学号\s*[：:为是]?\s*[0-9０-９]{2,}"
)


@dataclass(frozen=True)
class Trace:
    """A place in a text that seems to name somebody."""

    rule: str
    start: int
    end: int


def may_hold_pupil_data(value: Any) -> TypeGuard[str]:
    """The quick look that most values pass."""
    return isinstance(value, str) and len(value) >= _SHORTEST and _HINT.search(value) is not None


@lru_cache(maxsize=4096)
def traces(text: str, source: Source = "field") -> tuple[Trace, ...]:
    """In the order they stand, none inside another."""
    if not may_hold_pupil_data(text):
        return ()
    found = [Trace(*each) for each in numbers_in(text, is_prose=source == "prose")]
    if source != "staff":
        found += [Trace("PD-004" if each.is_certain else "PD-007", each.start, each.end) for each in names_in(text)]
        found += [Trace("PD-008", *match.span()) for match in _SEAT.finditer(text)]
    alone: list[Trace] = []
    for each in sorted(found, key=lambda trace: (trace.start, -trace.end)):
        if not alone or each.start >= alone[-1].end:
            alone.append(each)
    return tuple(alone)


def source_of(field: Field) -> Source | None:
    """How a field's answers are searched; None: they are ours, no text, or stay with the unit that wrote them."""
    if field.type is not FieldType.TEXT or field.personal or field.locked:
        return None
    return "staff" if field.staff else "field"


def pupil_data_in(text: str, source: Source = "field") -> list[str]:
    """Rule ids of what a text seems to give away, each once, in the order they stand."""
    return list(dict.fromkeys(each.rule for each in traces(text, source)))


def masked(text: str, source: Source = "field") -> str:
    """张小明 as 张某某, numbers as 13*********; a doubt about a name is left as it stands."""
    return _without(text, [each for each in traces(text, source) if each.rule in MASKED])


def _without(text: str, hidden: Iterable[Trace]) -> str:
    parts, last = [], 0
    for each in hidden:
        told = text[each.start : each.end]
        parts += [
            text[last : each.start],
            f"{told[0]}某{'某' * (len(told) > 2)}" if each.rule == "PD-004" else _stars(told),
        ]
        last = each.end
    return "".join((*parts, text[last:]))


def _nobody(name: str) -> str:
    return name[0] + "某" * min(2, len(name) - 1)


def _stars(number: str) -> str:
    return number[:2] + "*" * (len(number) - 2)
