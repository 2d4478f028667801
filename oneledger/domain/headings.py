"""Headings found by what they say, not by where they stand: stars, blanks, widths, remarks in brackets aside."""

import re
from collections.abc import Callable, Iterable, Sequence
from functools import lru_cache

from oneledger.domain.forms import Field
from oneledger.domain.parsed import folded
from oneledger.domain.returns import CellValue

LONGEST = 60  # a longer text is no heading
_REMARK = re.compile(r"\([^()]*\)|\[[^\[\]]*\]|【[^【】]*】")
_ORNAMENTS = re.compile(r"[*:.。]|^[一二三四五六七八九十]+、")


@lru_cache(maxsize=4096)
def heading_key(text: str) -> str:
    return _ORNAMENTS.sub("", folded(text))


def bare_key(key: str) -> str:
    """Without remarks in brackets: 责任人(职务) is 责任人."""
    return _REMARK.sub("", key)


class Headings:
    """What fields a heading may mean. Several fields may share a title, as facts of different groups do."""

    def __init__(self, fields: Sequence[Field], printed: Callable[[Field], str]) -> None:
        self.fields = fields
        self._exact: dict[str, list[Field]] = {}
        self._titles: dict[str, list[Field]] = {}
        self._others: dict[str, list[Field]] = {}
        for field in fields:
            self._exact.setdefault(printed(field), []).append(field)
            self._titles.setdefault(heading_key(field.title), []).append(field)
            for name in (*field.aliases, printed(field)):
                self._others.setdefault(heading_key(name), []).append(field)
        self._bare = _unambiguous((bare_key(key), fields) for key, fields in (self._titles | self._others).items())

    def exactly(self, cell: CellValue) -> list[Field]:
        """As we printed it: the quick way, which nearly every workbook takes."""
        return self._exact.get(cell, []) if isinstance(cell, str) else []

    def names_none(self, row: Sequence[CellValue]) -> bool:
        return self._exact.keys().isdisjoint(row)

    def meant(self, text: CellValue) -> list[Field]:
        if not isinstance(text, str) or len(text) > LONGEST:
            return []
        key = heading_key(text)
        if not key:
            return []
        found = self._titles.get(key) or self._others.get(key)
        return found or self._bare.get(bare_key(key)) or []

    def renames(self, text: CellValue, field: Field) -> bool:
        """Whether the school used another word than ours (remarks in brackets do not count)."""
        ours = bare_key(heading_key(field.title))
        return not isinstance(text, str) or bare_key(heading_key(text)) != ours


def _unambiguous(pairs: Iterable[tuple[str, list[Field]]]) -> dict[str, list[Field]]:
    found: dict[str, list[Field]] = {}
    spoilt: set[str] = set()
    for key, fields in pairs:
        if key in found and found[key][0] is not fields[0]:
            spoilt.add(key)
        found.setdefault(key, fields)
    return {key: fields for key, fields in found.items() if key and key not in spoilt}
