"""The boxes that show a sheet's comments: VML, which programs do not always write as good XML.

So it is cut and put together as text, and the boxes of other comments stay as they are, byte by byte.
"""

import re
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping

from oneledger.adapters.sheet_xml import LAST_COLUMN, LAST_ROW, Place, SheetXml

_WIDTH, _LINE, _LINE_PX, _PADDING_PX, _MOST_PX = 320, 24, 18, 40, 640  # px of a box, characters of a line
_APART, _DOWN = 15, 2  # px between a cell and its box
_IDS = 1024  # of boxes in one block; every drawing has blocks of its own
_NAMESPACES = (
    'xmlns:v="urn:schemas-microsoft-com:vml" xmlns:o="urn:schemas-microsoft-com:office:office" '
    'xmlns:x="urn:schemas-microsoft-com:office:excel"'
)
_DRAWING = f'<xml {_NAMESPACES}><o:shapelayout v:ext="edit"><o:idmap v:ext="edit" data="{{}}"/></o:shapelayout></xml>'
_KIND = (
    f'<v:shapetype {_NAMESPACES} id="_x0000_t202" coordsize="21600,21600" o:spt="202" '
    'path="m,l,21600r21600,l21600,xe"><v:stroke joinstyle="miter"/><v:path gradientshapeok="t" o:connecttype="rect"/>'
    "</v:shapetype>"
)
_BOX = (
    f'<v:shape {_NAMESPACES} id="_x0000_s{{id}}" type="#_x0000_t202" fillcolor="#ffffe1" o:insetmode="auto" '
    'style="position:absolute;margin-left:60pt;margin-top:2pt;width:{width}px;height:{height}px;z-index:{z};'
    'visibility:hidden"><v:fill color2="#ffffe1"/><v:shadow color="black" obscured="t"/>'
    '<v:path o:connecttype="none"/><v:textbox style="mso-direction-alt:auto"><div style="text-align:left"></div>'
    '</v:textbox><x:ClientData ObjectType="Note"><x:MoveWithCells/><x:SizeWithCells/><x:Anchor>{anchor}</x:Anchor>'
    "<x:AutoFill>False</x:AutoFill><x:Row>{row}</x:Row><x:Column>{column}</x:Column></x:ClientData></v:shape>"
)
_START = re.compile(rb"(?=<(?:\w+:)?shape[\s>])")
_END = re.compile(rb"</(?:\w+:)?shape\s*>")
_ID = re.compile(rb"_x0000_s(\d{1,9})\b")
_ROW = re.compile(rb"<(?:\w+:)?Row>\s*(\d{1,7})\s*<")
_COLUMN = re.compile(rb"<(?:\w+:)?Column>\s*(\d{1,5})\s*<")


def drawing(block: int, count: int) -> bytes:
    """An empty one with room for so many boxes."""
    return _DRAWING.format(",".join(str(block + more) for more in range(count // _IDS + 1))).encode()


def with_boxes(vml: bytes, texts: Mapping[Place, str], sheet: SheetXml, block: int = 1) -> bytes:
    last = max((int(number) for number in _ID.findall(vml)), default=block * _IDS)
    drawn = (_box(place, text, sheet, last, no) for no, (place, text) in enumerate(texts.items(), 1))
    head, end, tail = vml.rpartition(b"</xml>")
    if not end:
        raise ValueError("boxes without an end")
    kind = "" if b'"_x0000_t202"' in vml else _KIND
    return b"".join((head, kind.encode(), "".join(drawn).encode(), end, tail))


def _box(place: Place, text: str, sheet: SheetXml, last: int, no: int) -> str:
    """Right of its cell, over as many columns and rows as it takes."""
    row, column = place
    height = min(_PADDING_PX + _LINE_PX * sum(1 + len(line) // _LINE for line in text.split("\n")), _MOST_PX)
    left, top = min(column + 1, LAST_COLUMN), max(row - 1, 0)
    right = _reach(range(left, LAST_COLUMN), _APART + _WIDTH, sheet.width_px)
    bottom = _reach(range(top, LAST_ROW), _DOWN + height, sheet.height_px)
    anchor = f"{left}, {_APART}, {top}, {_DOWN}, {right}, {bottom}"
    return _BOX.format(id=last + no, width=_WIDTH, height=height, z=no, anchor=anchor, row=row, column=column)


def _reach(numbers: range, length: int, size: Callable[[int], int]) -> str:
    """Where a length ends: the number of a row or column, and the pixels into it."""
    for number in numbers:
        if length < size(number):
            return f"{number}, {length}"
        length -= size(number)
    return f"{numbers.stop}, 0"


def without_boxes(vml: bytes, places: Collection[Place]) -> bytes:
    return b"".join(_kept(_START.split(vml), places))


def _kept(pieces: Iterable[bytes], places: Collection[Place]) -> Iterator[bytes]:
    """Each piece but the first starts with a box; what stands behind it stays."""
    for piece in pieces:
        end = _END.search(piece)
        row, column = _ROW.search(piece), _COLUMN.search(piece)
        is_ours = end and row and column and (int(row[1]), int(column[1])) in places
        yield piece[end.end() :] if end and is_ours else piece


def is_empty(vml: bytes) -> bool:
    return _START.search(vml) is None
