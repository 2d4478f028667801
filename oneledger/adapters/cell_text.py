"""Text as a workbook can carry it: what XML forbids is taken out, what Excel would cut is cut where it shows.

Text is always written with the type of text, so a leading = + - @ is never a formula.
"""

import re
from collections.abc import Sequence
from xml.sax.saxutils import escape

EXCEL_LIMIT = 32_767  # UTF-16 units in one cell
CUT = "…（原文过长，已截断）"
_AT_ONCE = 200
_ILLEGAL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
_SPECIAL = re.compile("[&<>\r\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]|_x")  # not written as it stands
_LOOKS_ESCAPED = re.compile("_(?=x[0-9A-Fa-f]{4}_)")  # _x0041_ would be read as A


def clean(text: str) -> str:
    """Without the characters XML cannot carry, with line feeds for line ends, and no longer than a cell holds."""
    text = _ILLEGAL.sub("", text.replace("\r\n", "\n").replace("\r", "\n"))
    return text if 2 * len(text) <= EXCEL_LIMIT or _units(text) <= EXCEL_LIMIT else _cut(text)


def _units(text: str) -> int:
    return len(text) if text.isascii() else len(text) + sum(character > "\uffff" for character in text)


def _cut(text: str) -> str:
    kept = text.encode("utf-16-le")[: 2 * (EXCEL_LIMIT - len(CUT))]
    return kept.decode("utf-16-le", errors="ignore") + CUT


def element_text(text: str) -> str:
    """Of a <t> or a property: cleaned and escaped."""
    if _stand(text, len(text)):
        return text
    return escape(_LOOKS_ESCAPED.sub("_x005F_", clean(text)))


def element_texts(texts: Sequence[str]) -> list[str]:
    """Of many: most need nothing, so that some hundred are looked through as one."""
    done: list[str] = []
    for first in range(0, len(texts), _AT_ONCE):
        some = texts[first : first + _AT_ONCE]
        done += some if _stand("\n".join(some), max(map(len, some))) else map(element_text, some)
    return done


def _stand(text: str, longest: int) -> bool:
    """As they are."""
    return 2 * longest <= EXCEL_LIMIT and not _SPECIAL.search(text)
