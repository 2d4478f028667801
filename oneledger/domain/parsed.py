"""The outcome of reading one cell, and how raw text is folded before it is compared."""

import re
import unicodedata
from datetime import date, datetime, time
from functools import lru_cache
from typing import Any, NamedTuple

from oneledger.domain.returns import CellValue

SHOWN_LENGTH = 40


class Parsed(NamedTuple):
    """``value`` None without a fault is a blank. ``note`` and ``fault`` are Chinese clauses without a full stop."""

    value: Any = None
    note: str | None = None  # how it was read, where that differs from what was written
    fault: str | None = None  # why there is no value, and what to write instead


BLANK = Parsed()
BLANK_MARKS = frozenset({"/", "//", "\\", "-", "--", "—", "——", "N/A", "n/a"})
ERROR_VALUES = frozenset({"#N/A", "#REF!", "#VALUE!", "#DIV/0!", "#NAME?", "#NULL!", "#NUM!", "#GETTING_DATA"})

_FULL_WIDTH = {code: code - 0xFEE0 for code in range(0xFF01, 0xFF5F)} | {0x3000: 0x20, 0xA0: 0x20}
_INVISIBLE = dict.fromkeys([*range(0x200B, 0x2010), 0x2060, 0xFEFF, 0xAD])
_SPACES = re.compile(r"\s+")
_QUOTES = str.maketrans("", "", "\"'“”‘’「」『』")
_LONG_NUMBER = re.compile(r"\d{11,}[\dXx]?")


def half_width(text: str) -> str:
    """Full-width letters, digits and signs as ASCII, nothing else: NFKC would also read 5² as 52 and ① as 1."""
    return text.translate(_FULL_WIDTH).translate(_INVISIBLE).strip()


@lru_cache(maxsize=8192)
def folded(text: str) -> str:
    """For comparing: NFKC, without any white space or quotation marks, letters in lower case."""
    return _SPACES.sub("", unicodedata.normalize("NFKC", text).translate(_INVISIBLE)).translate(_QUOTES).casefold()


def written(raw: CellValue) -> str:
    """A cell as the person who wrote it sees it, near enough."""
    if isinstance(raw, str) or raw is None:
        return (raw or "").strip()
    if isinstance(raw, bool):
        return "TRUE" if raw else "FALSE"
    if isinstance(raw, float):
        return str(int(raw)) if raw.is_integer() and abs(raw) < 1e15 else repr(raw)
    if isinstance(raw, datetime):
        return raw.isoformat(" ", "minutes")
    if isinstance(raw, date | time):
        return raw.isoformat()
    return str(raw)


def _masked(match: re.Match[str]) -> str:
    digits = match[0]
    return f"{digits[:3]}{'*' * (len(digits) - 5)}{digits[-2:]}"


def shown(raw: CellValue) -> str:
    """For a finding, which travels by mail: cut, on one line, with long numbers (ids, mobile phones) masked."""
    text = _LONG_NUMBER.sub(_masked, _SPACES.sub(" ", written(raw)))
    return text if len(text) <= SHOWN_LENGTH else f"{text[:SHOWN_LENGTH]}…"
