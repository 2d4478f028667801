"""styles.xml: the look of a marked cell is its former look with another fill, and tells what it was.

The colour of a mark is one of 64 that nobody can tell apart: its last bits number the fill the cell had. What each
number stands for is written in hidden names of the workbook. Colours survive Excel, WPS, LibreOffice and the format
painter exactly, also where cells are moved; whoever drops the names loses the former fills and nothing else.
"""

import re
from collections.abc import Mapping
from copy import deepcopy
from functools import lru_cache
from typing import cast
from xml.sax.saxutils import escape, quoteattr
from zlib import crc32

from lxml import etree
from openpyxl.styles import Border, PatternFill
from openpyxl.xml.functions import tostring

from oneledger.adapters.book_index import insert_behind, namespace_of
from oneledger.adapters.opc_package import Element, parsed
from oneledger.adapters.workbook_styles import Look

COLOURS = {"error": 0xFFFEBCC0, "query": 0xFFFEE470}  # the last bits are 0; no palette has them
_MOST_FORMER = 63
_BLUE, _GREEN, _GREEN_AT = 0x00F, 0x300, 4  # bits of a colour that hold the number
_MOST_TOLD = 255  # characters of a text in a formula
_SOLID = '<patternFill patternType="solid"><fgColor rgb="{:08X}"/><bgColor indexed="64"/></patternFill>'
_NO_PATTERN = ("patternType", "none")  # goes without saying
_NO_FILL = '<patternFill patternType="none"/>'
_FILLS = re.compile(r"<(?:patternFill|gradientFill)\b[^>]*(?:/|>.*</(?:patternFill|gradientFill))>")
_FORMATS = {"General": 0, "@": 49}
_LEAST = {
    "fonts": '<font><sz val="11"/><name val="宋体"/></font>',
    "fills": f'<fill>{_NO_FILL}</fill><fill><patternFill patternType="gray125"/></fill>',
    "borders": "<border><left/><right/><top/><bottom/><diagonal/></border>",
    "cellStyleXfs": '<xf numFmtId="0" fontId="0" fillId="0" borderId="0"/>',
    "cellXfs": '<xf numFmtId="0" fontId="0" fillId="0" borderId="0" xfId="0"/>',
    "cellStyles": '<cellStyle name="Normal" xfId="0" builtinId="0"/>',
}
"""What every workbook has, and Excel counts on: its first two fills are these whatever is written there."""
_ORDER = ("numFmts", *_LEAST)

Key = tuple[object, ...]


class StyleSheet:
    """``former``: the number of a fill -> the fill as text, from the hidden names; grows with what is marked."""

    def __init__(self, root: Element, former: Mapping[str, str]) -> None:
        self._root = root
        self._namespace = namespace_of(root)
        self.former = dict(former)
        self._lists = {tag: _Numbered(self._list(tag)) for tag in _LEAST}
        self._marked: dict[tuple[int, str], int] = {}
        self._unmarked: dict[int, int] = {}
        self._ours: dict[tuple[Look, bool], int] = {}
        self._owned: dict[tuple[str, str], int] = {}
        self.marks = frozenset(self._marks())

    def _list(self, tag: str) -> Element:
        found = self._root.find(f"{{{self._namespace}}}{tag}")
        if found is None:
            found = self._root.makeelement(f"{{{self._namespace}}}{tag}")
            insert_behind(self._root, found, _ORDER[: _ORDER.index(tag)])
        missing = list(self._parsed(_LEAST[tag]))[len(found) :] if len(found) < 2 else ()
        found.extend(missing)
        return found

    def _marks(self) -> list[int]:
        fills = {number for number, fill in enumerate(self._lists["fills"].elements) if _mark_of(fill) is not None}
        looks = self._lists["cellXfs"].elements if fills else ()
        return [number for number, look in enumerate(looks) if int(look.get("fillId", "0")) in fills]

    @property
    def is_changed(self) -> bool:
        return any(numbered.is_changed for numbered in self._lists.values())

    def marked(self, style: int, level: str) -> int:
        """The same look in the colour of a level."""
        if (style, level) not in self._marked:
            if not 0 <= style < len(self._lists["cellXfs"].elements):
                raise ValueError(f"a cell of style {style}, which there is not")
            number = self._number(_told(self._fill_of(style)))
            colour = COLOURS[level] | (number & _BLUE) | (number >> _GREEN_AT << 8)
            self._marked[style, level] = self._with_fill(style, _SOLID.format(colour))
        return self._marked[style, level]

    def unmarked(self, style: int) -> int:
        """The look before the mark. Where it is not known any more: the same without a fill."""
        if style not in self._unmarked:
            told = self.former.get(str(_mark_of(self._fill_of(style))), "")
            self._unmarked[style] = self._with_fill(style, told if _FILLS.fullmatch(told) else _NO_FILL)
        return self._unmarked[style]

    def _fill_of(self, style: int) -> Element | None:
        fills = self._lists["fills"].elements
        number = int(self._lists["cellXfs"].elements[style].get("fillId", "0"))
        return fills[number] if 0 <= number < len(fills) else None

    def _with_fill(self, style: int, fill: str) -> int:
        number = self._own("fills", f"<fill>{fill}</fill>")
        look = deepcopy(self._lists["cellXfs"].elements[style])
        look.set("fillId", str(number))
        look.set("applyFill", "1")
        return self._lists["cellXfs"].number(look)

    def _number(self, told: str) -> int:
        """Of a former fill, the same in every workbook wherever it is free; 0 for none."""
        if not told:
            return 0
        first = crc32(told.encode())
        numbers = ((first + step) % _MOST_FORMER + 1 for step in range(_MOST_FORMER))
        return next((number for number in numbers if self.former.setdefault(str(number), told) == told), 0)

    def number_of(self, look: Look, *, quoted: bool = False) -> int:
        """Of a look of ours. ``quoted``: text that Excel must not read as a formula when somebody edits the cell."""
        if (look, quoted) not in self._ours:
            self._ours[look, quoted] = self._own("cellXfs", self._look(look, quoted=quoted))
        return self._ours[look, quoted]

    def _look(self, look: Look, *, quoted: bool) -> str:
        font, fill, border, alignment = _written(look)
        quote = ' quotePrefix="1"' if quoted else ""
        return (
            f'<xf numFmtId="{_FORMATS[look.number_format]}" fontId="{self._own("fonts", font)}" '
            f'fillId="{self._own("fills", fill)}" borderId="{self._own("borders", border)}" xfId="0"{quote} '
            f'applyNumberFormat="1" applyFont="1" applyFill="1" applyBorder="1" applyAlignment="1">{alignment}</xf>'
        )

    def _own(self, tag: str, xml: str) -> int:
        if (tag, xml) not in self._owned:
            self._owned[tag, xml] = self._lists[tag].number(self._parsed(xml)[0])
        return self._owned[tag, xml]

    def _parsed(self, xml: str) -> Element:
        """In the namespace of this file."""
        return parsed(f"<own xmlns={quoteattr(self._namespace)}>{xml}</own>".encode())


class _Numbered:
    """A list whose elements are known by their place; what is there already is not put in twice."""

    def __init__(self, holder: Element) -> None:
        self._holder = holder
        self.elements = list(holder.iterchildren("{*}*"))
        self._numbers: dict[Key, int] = {}
        self.is_changed = False

    def number(self, element: Element) -> int:
        if not self._numbers:
            for number, each in enumerate(self.elements):
                self._numbers.setdefault(_key(each), number)
        key = _key(element)
        if key not in self._numbers:
            self._numbers[key] = len(self.elements)
            self._holder.append(element)
            self.elements.append(element)
            self._holder.set("count", str(len(self.elements)))
            self.is_changed = True
        return self._numbers[key]


def _key(element: Element) -> Key:
    """The same for two that look the same. Whether a fill is said to apply does not show: programs always apply it."""
    given = sorted(pair for pair in element.attrib.items() if pair[0] != "applyFill" and pair != _NO_PATTERN)
    return (element.tag, *given, *map(_key, element.iterchildren("{*}*")))


@lru_cache
def _written(look: Look) -> tuple[str, str, str, str]:
    """Its font, fill, border and alignment; openpyxl knows the order of what is in them."""
    fill, border = look.fill or PatternFill(), look.border or Border()
    font, alignment = look.font.to_tree("font"), look.alignment.to_tree("alignment")
    return _text(font), _text(fill.to_tree()), _text(border.to_tree("border")), _text(alignment)


def _text(tree: object) -> str:
    return cast("bytes", tostring(tree)).decode()  # type: ignore[call-overload]  # the stubs know another tostring


def _mark_of(fill: Element | None) -> int | None:
    """The number in the colour, where it is a mark of ours."""
    pattern = fill[0] if fill is not None and len(fill) else None
    if pattern is None or pattern.get("patternType") != "solid":
        return None
    shown = pattern.find("{*}fgColor")
    rgb = shown.get("rgb", "") if shown is not None else ""
    colour = int(rgb, 16) if _RGB.fullmatch(rgb) else 0
    if colour & ~(_BLUE | _GREEN) not in COLOURS.values():
        return None
    return (colour & _BLUE) | (colour & _GREEN) >> 8 << _GREEN_AT


_RGB = re.compile("[0-9A-Fa-f]{8}")


def _told(fill: Element | None) -> str:
    """A fill as text: what a name in the workbook can hold. Empty for no fill, and for one too long to tell."""
    pattern = fill[0] if fill is not None and len(fill) else None
    if pattern is None or (not len(pattern) and pattern.get("patternType", "none") == "none"):
        return ""
    told = _bare(pattern)
    return told if len(told) <= _MOST_TOLD else ""


def _bare(element: Element) -> str:
    """Without namespaces."""
    tag = etree.QName(element).localname
    given = "".join(f" {name}='{escape(element.get(name, ''), _QUOTES)}'" for name in map(str, element.attrib))
    inner = "".join(map(_bare, element.iterchildren("{*}*")))
    return f"<{tag}{given}>{inner}</{tag}>" if inner else f"<{tag}{given}/>"


_QUOTES = {"'": "&apos;", '"': "&quot;"}
