"""Rows of a sheet as text: openpyxl takes seconds for 20,000 rows of 25 cells, joined strings a fraction of that.

Text is always written with the type of text, so nothing a school wrote can become a formula.
"""

from collections.abc import Iterable, Sequence
from datetime import date, datetime
from functools import cache, lru_cache
from itertools import starmap
from operator import getitem
from typing import NamedTuple

from openpyxl.utils import get_column_letter

from oneledger.adapters.cell_text import element_texts
from oneledger.adapters.report_looks import Look, style_numbers

LINE_PT, MOST_LINES = 14, 28  # Excel's rows end at 409 points
_EXCEL_EPOCH = date(1899, 12, 30).toordinal()
_FIRST_DAY = date(1900, 3, 1)  # before it Excel counts a day that never was
REMEMBERED = 2**12
"""Different values of a column that are kept with the text of their cells."""
_TEXT = '<si><t xml:space="preserve">'
_MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"

Value = str | float | date | None


class Contents(dict[Value, str]):
    """Value -> what stands in its cell after the style. Texts are kept once for the whole workbook."""

    def __init__(self) -> None:
        super().__init__({None: "/>", "": "/>"})
        self._texts: dict[Value, int] = {}

    def __missing__(self, value: Value) -> str:
        self[value] = made = self.made(value)
        return made

    def made(self, value: Value) -> str:
        """Not remembered."""
        if value is None or value == "":
            return "/>"
        if type(value) is not str and (number := _number(value)) is not None:
            return f"><v>{number}</v></c>"
        return f' t="s"><v>{self._texts.setdefault(value, len(self._texts))}</v></c>'

    def shared_strings(self) -> str:
        each = f"</t></si>{_TEXT}".join(element_texts([*map(str, self._texts)]))
        every = f"{_TEXT}{each}</t></si>" if self._texts else ""
        return f'<sst xmlns="{_MAIN}" uniqueCount="{len(self._texts)}">{every}</sst>'


def _number(value: Value) -> float | None:
    """A day as Excel's serial number. None: to be written as text."""
    if isinstance(value, datetime):
        seconds = value.hour * 3600 + value.minute * 60 + value.second
        return value.toordinal() - _EXCEL_EPOCH + seconds / 86_400 if value.date() >= _FIRST_DAY else None
    if isinstance(value, date):
        return value.toordinal() - _EXCEL_EPOCH if value >= _FIRST_DAY else None
    return value if isinstance(value, int | float) else None


class Places(NamedTuple):
    """What stands before and after the row's number in each cell of a row."""

    starts: tuple[str, ...]
    styles: tuple[str, ...]
    fractions: tuple[str, ...]  # styles of numbers with decimals


def places(wanted: Iterable[tuple[int, Look]]) -> Places:
    """Number of each column and the look of its cells."""
    at = [(_start(number), *_styles(look)) for number, look in wanted]
    return Places(*zip(*at, strict=True)) if at else Places((), (), ())


@cache
def _start(number: int) -> str:
    return f'<c r="{get_column_letter(number)}'


@cache
def _styles(look: Look) -> tuple[str, str]:
    """Of numbers with decimals, too."""
    return f'" s="{style_numbers()[look]}"', f'" s="{style_numbers()[look.of_fractions()]}"'


def columns(looks: Iterable[Look]) -> Places:
    return _columns(tuple(looks))


@lru_cache(maxsize=256)
def _columns(looks: tuple[Look, ...]) -> Places:
    """The sheets of many offices have the same columns."""
    return places(enumerate(looks, start=1))


def row_text(number: int, where: Places, values: Sequence[Value], contents: Contents, height_pt: float = 0) -> str:
    """Four pieces a cell, put in place column by column: several times as fast as one after the other."""
    pieces = [str(number)] * (4 * len(values))
    pieces[0::4] = where.starts
    pieces[2::4] = _styles_of(where, values) if float in map(type, values) else where.styles
    pieces[3::4] = map(contents.__getitem__, values)
    height = f' ht="{height_pt}" customHeight="1"' if height_pt else ""
    return f'<row r="{number}"{height}>{"".join(pieces)}</row>'


def _styles_of(where: Places, values: Sequence[Value]) -> list[str]:
    triples = zip(values, where.styles, where.fractions, strict=True)
    return [fraction if type(value) is float else style for value, style, fraction in triples]


class _Cells(dict[Value, str]):
    """Of one column: value -> what stands from its row's number to that of the next cell.

    ``tall``: such texts of any column of the sheet that need more than a line -> points.

    Many rows say the same. The first different values are remembered; a column with more, such as of numbers of
    problems, is likely to have none that comes back.
    """

    def __init__(self, style: str, after: str, room: int, contents: Contents, tall: dict[str, int]) -> None:
        self.style, self.after, self.room, self.tall = style, after, room, tall
        self.contents = contents

    def __missing__(self, value: Value) -> str:
        if type(value) is int:  # the rows' own numbers above all
            made = f"{self.style}><v>{value}</v></c>{self.after}"
        else:
            made = f"{self.style}{self.contents.made(value)}{self.after}"
            if height := _height(value, self.room):
                self.tall[made] = height
        if len(self) < REMEMBERED:
            self[value] = made
        return made


class Rows:
    """Many rows of the same columns, each as high as its longest text needs."""

    def __init__(self, where: Places, room: Sequence[int], contents: Contents) -> None:
        after = (*where.starts[1:], "</row>")
        self._opening = where.starts[0]
        self._tall: dict[str, int] = {}
        self._cells, self._of_fractions = (
            [_Cells(*each, contents, self._tall) for each in zip(styles, after, room, strict=True)]
            for styles in (where.styles, where.fractions)
        )
        pairs = enumerate(zip(where.styles, where.fractions, strict=True))
        self._counted = [at for at, (style, fraction) in pairs if style != fraction]

    def text(self, number: int, values: Sequence[Value]) -> str:
        if len(values) != len(self._cells):
            raise ValueError(f"{len(values)} values for {len(self._cells)} columns")
        found = [*map(getitem, self._cells, values)]
        for at in self._counted:
            if type(values[at]) is float:  # 9 and 9.0 are one key, but not one look
                found[at] = self._of_fractions[at][values[at]]
        row, tall, height = str(number), self._tall, ""
        if not tall.keys().isdisjoint(found):
            height = f' ht="{max(tall[each] for each in found if each in tall)}" customHeight="1"'
        return f'<row r="{row}"{height}>{self._opening}{row}{row.join(found)}'


def characters_per_line(width: float) -> int:
    """Chinese characters of 10 pt; Latin ones take half the room."""
    return max(int(width * 0.6 - 0.4), 1)


def room_in(widths: Iterable[float]) -> list[int]:
    return [characters_per_line(width) for width in widths]


def height_of(values: Iterable[Value], room: Sequence[int]) -> int:
    """Points a row needs for its longest text; 0 where one line does."""
    return max(starmap(_height, zip(values, room, strict=True)), default=0)


def _height(value: Value, room: int) -> int:
    if type(value) is not str or ("\n" not in value and len(value) <= (2 * room if value.isascii() else room)):
        return 0
    lines = lines_of(value, room)
    return LINE_PT * min(lines, MOST_LINES) + 1 if lines > 1 else 0


@lru_cache(maxsize=2**14)
def lines_of(words: str, room: int) -> int:
    """Many rows of a ledger say the same."""
    if "\n" in words:
        return sum(lines_of(line, room) for line in words.split("\n"))
    halves = len(words.encode("gbk", "replace"))  # two bytes for what takes a whole place, one for what takes half
    return max(-(-halves // (2 * room)), 1)
