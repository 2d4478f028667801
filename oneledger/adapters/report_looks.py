"""The looks of cells in a consolidated workbook, and the stylesheet that holds them: openpyxl makes it once."""

import io
import zipfile
from functools import cache
from typing import Any, NamedTuple

from openpyxl import Workbook
from openpyxl.styles import Alignment, Border, Font, PatternFill, Side
from openpyxl.utils.indexed_list import IndexedList

_THIN = Side(style="thin", color="808080")
_RULES = Border(left=_THIN, right=_THIN, top=_THIN, bottom=_THIN)
_HEAD_FILL = PatternFill("solid", fgColor="EAF0F7")
_FONTS = {
    "title": Font(name="黑体", size=16),
    "body": Font(name="宋体", size=10),
    "bold": Font(name="宋体", size=10, bold=True),
    "small": Font(name="宋体", size=9, color="606060"),
}
_NORMAL = Font(name="宋体", size=11)  # widths of columns are counted in its digits: every Chinese office has it
GENERAL, WHOLE, SHARE, DAY, MOMENT = "General", "#,##0", "0.0%", "yyyy-mm-dd", "yyyy-mm-dd hh:mm"


class Look(NamedTuple):
    font: str = "body"
    side: str = "center"
    number_format: str = GENERAL
    ruled: bool = True
    filled: bool = False

    def of_fractions(self) -> "Look":
        """A format for whole numbers would round 9.5, and one for both writes 9 as “9.”."""
        return self._replace(number_format=GENERAL) if self.number_format == WHOLE else self


TITLE = Look("title", ruled=False)
LINE, NOTE = Look(side="left", ruled=False), Look("small", side="left", ruled=False)
HEAD, NUMBERING = Look("bold", filled=True), Look("small")
CELL, NAME, FIGURE, RATE = Look(), Look(side="left"), Look(number_format=WHOLE), Look(number_format=SHARE)
WRITTEN = {each: Look(side="left", number_format=each) for each in (GENERAL, WHOLE, DAY, MOMENT)}
_PLAIN = (CELL, NAME, FIGURE, RATE)


@cache
def bold(look: Look) -> Look:
    return look._replace(font="bold")


_ALL = dict.fromkeys((TITLE, LINE, NOTE, HEAD, NUMBERING, *_PLAIN, *map(bold, _PLAIN), *WRITTEN.values()))


@cache
def style_numbers() -> dict[Look, int]:
    return _template()[0]


@cache
def fixed_parts() -> dict[str, bytes]:
    """Stylesheet and theme, the same in every workbook."""
    return _template()[1]


@cache
def _template() -> tuple[dict[Look, int], dict[str, bytes]]:
    book = Workbook()
    book._fonts = IndexedList([_NORMAL])  # type: ignore[attr-defined]  # noqa: SLF001  the first font is that of Normal
    cells = {look: book.worksheets[0].cell(1, number) for number, look in enumerate(_ALL, start=1)}
    for look, cell in cells.items():
        _dress(cell, look)
    made = io.BytesIO()
    book.save(made)
    with zipfile.ZipFile(made) as package:
        parts = {name: package.read(name) for name in ("xl/styles.xml", "xl/theme/theme1.xml")}
    return {look: cell.style_id for look, cell in cells.items()}, parts


def _dress(cell: Any, look: Look) -> None:
    cell.font, cell.number_format = _FONTS[look.font], look.number_format
    is_title = look.font == "title"  # one line, smaller where the page is narrow
    cell.alignment = Alignment(look.side, "center", wrap_text=not is_title, shrink_to_fit=is_title)
    if look.ruled:
        cell.border = _RULES
    if look.filled:
        cell.fill = _HEAD_FILL
