"""A first lint for what must not leave a school: ID numbers, mobile phones, 学籍号 (domain.md 3.5).

Names cannot be told from other words and are not looked for here. Staff phones have fields of their own (type phone).
"""

import re
from typing import Any, TypeGuard

from oneledger.domain.parsed import half_width

_DIGITS_APART = re.compile(r"(?<=\d)[ \-\u2014](?=\d)")
_BIRTH = r"(?:19|20)\d{2}(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])"
_ID = rf"[1-9]\d{{5}}{_BIRTH}\d{{3}}[\dXx]"
_SUSPECT = re.compile(
    rf"(?P<school_roll>[GLgl]{_ID})(?!\d)|(?<!\d)(?P<id_number>{_ID})(?!\d)|(?<!\d)(?:86)?(?P<mobile>1[3-9]\d{{9}})(?!\d)",
    re.ASCII,
)
_RULES = {"id_number": "PD-001", "mobile": "PD-002", "school_roll": "PD-003"}
_SHORTEST = 11
_ANY_DIGIT = re.compile(r"\d")


def may_hold_pupil_data(value: Any) -> TypeGuard[str]:
    """The quick look that nearly every value passes."""
    return isinstance(value, str) and len(value) >= _SHORTEST and _ANY_DIGIT.search(value) is not None


def pupil_data_in(text: str) -> list[str]:
    """Rule ids of what a text seems to give away, each once, in the order they stand."""
    joined = _DIGITS_APART.sub("", half_width(text))
    return list(dict.fromkeys(_RULES[match.lastgroup or ""] for match in _SUSPECT.finditer(joined)))
