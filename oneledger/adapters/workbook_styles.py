"""How the cells of a master look: fonts an official document uses, fills that say who writes where."""

from dataclasses import dataclass
from functools import lru_cache

from openpyxl.cell.cell import Cell, MergedCell
from openpyxl.styles import Alignment, Border, Font, PatternFill, Protection, Side

from oneledger.domain.forms import Field, FieldType

SONG, HEI, FANGSONG = "宋体", "黑体", "仿宋"  # names only: Excel and WPS have them, other programs find a likeness
_SIDE = Side(style="thin", color="FF7F7F7F")
BORDER = Border(left=_SIDE, right=_SIDE, top=_SIDE, bottom=_SIDE)
HEADING_FILL = PatternFill("solid", fgColor="FFDCE6F1")
GROUP_FILL = PatternFill("solid", fgColor="FFEDF2F9")
REQUIRED_FILL = PatternFill("solid", fgColor="FFFFF9E3")
PRINTED_FILL = PatternFill("solid", fgColor="FFF2F2F2")
OUR_COLOURS = frozenset(str(fill.fgColor.rgb) for fill in (HEADING_FILL, GROUP_FILL, REQUIRED_FILL, PRINTED_FILL))


@dataclass(frozen=True, eq=False)  # told apart by identity: hashing openpyxl's styles is slow
class Look:
    font: Font
    alignment: Alignment
    fill: PatternFill | None = None
    border: Border | None = None
    number_format: str = "General"
    locked: bool = True

    def put_on(self, cell: Cell | MergedCell) -> None:
        cell.font = self.font
        cell.alignment = self.alignment
        cell.number_format = self.number_format
        cell.protection = Protection(locked=self.locked)
        if self.fill is not None:
            cell.fill = self.fill
        if self.border is not None:
            cell.border = self.border


def _font(name: str, size: float, *, bold: bool = False, color: str = "FF000000") -> Font:
    return Font(name=name, size=size, bold=bold, color=color)


def _aligned(horizontal: str, vertical: str = "center", indent: int = 0) -> Alignment:
    return Alignment(horizontal=horizontal, vertical=vertical, wrap_text=True, indent=indent)


TITLE = Look(_font(HEI, 16), _aligned("center"))
LEFT_LINE = Look(_font(SONG, 10.5), _aligned("left"))
RIGHT_LINE = Look(_font(SONG, 10.5), _aligned("right"))
HEADING = Look(_font(HEI, 10.5), _aligned("center"), HEADING_FILL, BORDER)
GROUP = Look(_font(HEI, 10.5), _aligned("left"), GROUP_FILL, BORDER)
LABEL = Look(_font(SONG, 10.5), _aligned("left"), PRINTED_FILL, BORDER)
CENTRED_LABEL = Look(_font(SONG, 10.5), _aligned("center"), PRINTED_FILL, BORDER)
HINT = Look(_font(FANGSONG, 9, color="FF595959"), _aligned("left"), PRINTED_FILL, BORDER)
BELOW = Look(_font(FANGSONG, 10.5), _aligned("left"))
BELOW_TITLE = Look(_font(HEI, 10.5), _aligned("left"))

_FORMATS = {
    FieldType.INT: "0",
    FieldType.NUMBER: "General",
    FieldType.DATE: "yyyy-mm-dd",
    FieldType.DATETIME: "yyyy-mm-dd hh:mm",
}
_CENTRED = {FieldType.INT, FieldType.NUMBER, FieldType.DATE, FieldType.DATETIME, FieldType.YESNO, FieldType.CHOICE}


def answer(field: Field, *, printed: bool = False) -> Look:
    """A cell of this field. Text is of the format text, or Excel would cut school codes and make dates of 1-2.

    ``printed``: its value stands in the form and is the same for every unit.
    """
    return _answer(field.type, locked=printed or field.locked, required=field.required is True)


@lru_cache
def _answer(kind: FieldType, *, locked: bool, required: bool) -> Look:
    fill = PRINTED_FILL if locked else REQUIRED_FILL if required else None
    side = "center" if kind in _CENTRED else "left"
    return Look(_font(SONG, 10.5), _aligned(side), fill, BORDER, _FORMATS.get(kind, "@"), locked)
