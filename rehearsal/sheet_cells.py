"""The cells of one received sheet: read as text, written one by one, everything between them carried along as it came.

The schools' own code: it knows nothing of how the sheet was made. Rows and columns count from 1.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import lru_cache
from html import unescape
from typing import Any
from xml.sax.saxutils import escape

Place = tuple[int, int]

_CELL = re.compile(r"<c\b([^>]*?)(?:/>|>(.*?)</c>)", re.DOTALL)
_REF, _STYLE, _KIND = (re.compile(rf'\b{name}="([^"]*)"') for name in ("r", "s", "t"))
_TEXT = re.compile(r"<t\b[^>/]*>(.*?)</t>", re.DOTALL)
_VALUE = re.compile(r"<v>(.*?)</v>", re.DOTALL)
_EPOCH = date(1899, 12, 30)


def letters_of(column: int) -> str:
    text = ""
    while column:
        column, rest = divmod(column - 1, 26)
        text = chr(65 + rest) + text
    return text


def place_of(ref: str) -> Place:
    """C7 is (7, 3)."""
    letters = ref.rstrip("0123456789")
    column = 0
    for letter in letters:
        column = column * 26 + ord(letter) - 64
    return int(ref[len(letters) :]), column


def serial_of(day: date) -> float:
    """Excel's number of a day; a moment has its share of the day behind the point."""
    days = (day.date() if isinstance(day, datetime) else day) - _EPOCH
    return days.days + ((day.hour * 60 + day.minute) / 1440 if isinstance(day, datetime) else 0)


@dataclass(frozen=True)
class _Parsed:
    """A sheet as it came; most sheets are the same for all units of a level, so this is made once for many."""

    pieces: tuple[str, ...]  # between cells and cells by turns
    numbers: Mapping[Place, int]  # which piece is the cell
    heads: Mapping[Place, str]  # its address and style, as attributes
    texts: Mapping[Place, str]
    shared: Mapping[Place, int]  # texts that stand in the workbook's shared strings


@lru_cache(maxsize=32)
def _parsed(xml: bytes) -> _Parsed:
    whole = xml.decode("utf-8")
    pieces: list[str] = []
    numbers, heads, texts, shared = {}, {}, {}, {}
    at = 0
    for cell in _CELL.finditer(whole):
        pieces += (whole[at : cell.start()], cell[0])
        at = cell.end()
        ref = _found(_REF, cell[1])
        place = place_of(ref)
        numbers[place] = len(pieces) - 1
        style = _found(_STYLE, cell[1])
        heads[place] = f'r="{ref}" s="{style}"' if style else f'r="{ref}"'
        if _found(_KIND, cell[1]) == "s":
            shared[place] = int(_found(_VALUE, cell[2] or ""))
        elif text := _text_of(cell[2] or ""):
            texts[place] = text
    return _Parsed((*pieces, whole[at:]), numbers, heads, texts, shared)


def _found(pattern: re.Pattern[str], text: str) -> str:
    match = pattern.search(text)
    return match[1] if match else ""


@lru_cache(maxsize=8192)
def _text_of(inside: str) -> str:
    """Most cells say the same in every unit's workbook."""
    if "<v>" in inside:
        return unescape(_found(_VALUE, inside))
    return unescape("".join(_TEXT.findall(inside)))


class XmlSheet:
    def __init__(self, xml: bytes, strings: Sequence[str]) -> None:
        self._parsed = _parsed(xml)
        self._pieces = list(self._parsed.pieces)
        shared = {place: strings[number] for place, number in self._parsed.shared.items()}
        self._texts = {**self._parsed.texts, **shared} if shared else self._parsed.texts

    def texts(self) -> Mapping[Place, str]:
        """Every cell that shows something, as the sheet came."""
        return self._texts

    def put(self, row: int, column: int, value: Any) -> None:
        """None empties the cell; a day becomes Excel's number; its looks stay. Raises KeyError where no cell is."""
        place = row, column
        self._pieces[self._parsed.numbers[place]] = cell_xml(self._parsed.heads[place], value)

    def saved(self) -> bytes:
        return "".join(self._pieces).encode("utf-8")


def cell_xml(head: str, value: Any) -> str:
    """``head``: the address and the style, as attributes."""
    if value is None:
        return f"<c {head}/>"
    if isinstance(value, str):
        return f'<c {head} t="inlineStr"><is><t xml:space="preserve">{escape(value)}</t></is></c>'
    shown = serial_of(value) if isinstance(value, date) else value
    return f"<c {head}><v>{shown:.12g}</v></c>" if isinstance(shown, float) else f"<c {head}><v>{shown}</v></c>"
