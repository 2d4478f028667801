"""One worksheet's XML: its cells by place, whether they are there or not, and how large they are on the screen.

Rows and columns count from 0. Rows and cells may come without their names: then they follow one another.
"""

from bisect import bisect
from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import dataclass

from oneledger.adapters.book_index import insert_behind, namespace_of
from oneledger.adapters.opc_package import Element
from oneledger.domain.cells import cell_name, position

LAST_ROW, LAST_COLUMN = 1_048_575, 16_383
_MOST_SPANNED = 50_000  # cells in one merge or link: other programs make an object of each
_DEFAULT_WIDTH, _DEFAULT_HEIGHT = 8.43, 15.0
_DIGIT_PX, _PADDING_PX = 7, 5  # of a column, in Excel's default font
_TRUE = ("1", "true")
_BEFORE_LEGACY_DRAWING = frozenset((
    "sheetPr", "dimension", "sheetViews", "sheetFormatPr", "cols", "sheetData", "sheetCalcPr", "sheetProtection",
    "protectedRanges", "scenarios", "autoFilter", "sortState", "dataConsolidate", "customSheetViews", "mergeCells",
    "phoneticPr", "conditionalFormatting", "dataValidations", "hyperlinks", "printOptions", "pageMargins", "pageSetup",
    "headerFooter", "rowBreaks", "colBreaks", "customProperties", "cellWatches", "ignoredErrors", "smartTags",
    "drawing",
))  # fmt: skip

Place = tuple[int, int]


@dataclass(frozen=True)
class Columns:
    first: int
    last: int
    width: float
    style: int


class SheetXml:
    """``is_changed``: whether anything was written."""

    def __init__(self, root: Element) -> None:
        self.root = root
        self.is_changed = False
        self._ns = namespace_of(root)
        data = root.find(f"{{{self._ns}}}sheetData")
        if data is None:
            raise ValueError("a sheet without cells")
        self._rows = _InOrder(data, f"{{{self._ns}}}row", int)
        self._cells: dict[int, _InOrder] = {}
        self._widths: dict[int, int] = {}
        self._heights: dict[int, int] = {}
        self._columns = [
            Columns(int(each.get("min", "1")) - 1, int(each.get("max", "1")) - 1, _number(each, "width"), _style(each))
            for each in root.iterfind(f"{{{self._ns}}}cols/{{{self._ns}}}col")
        ]
        self._merges = list(_spans(root.iterfind(f"{{{self._ns}}}mergeCells/{{{self._ns}}}mergeCell")))
        list(_spans(root.iterfind(f"{{{self._ns}}}hyperlinks/{{{self._ns}}}hyperlink")))

    def corner(self, place: Place) -> Place:
        """The cell that shows what this one holds: of merged cells the top left one."""
        row, column = place
        for top, left, bottom, right in self._merges:
            if top <= row <= bottom and left <= column <= right:
                return top, left
        return place

    def style(self, place: Place) -> int:
        """Of a cell that is not there: what its row or its column gives it."""
        row, column = place
        line = self._rows.get(_row_name(row))
        cell = self._row_cells(row, line).get(cell_name(*place)) if line is not None else None
        if cell is not None:
            return _style(cell)
        if line is not None and line.get("customFormat") in _TRUE:
            return _style(line)
        return next((each.style for each in self._columns if each.first <= column <= each.last), 0)

    def set_style(self, place: Place, style: int) -> None:
        row, _ = place
        line = self._rows.get(_row_name(row))
        if line is None:
            line = self._rows.made(_row_name(row))
        cells = self._row_cells(row, line)
        cell = cells.get(cell_name(*place))
        if cell is None:
            cell = cells.made(cell_name(*place))
            line.attrib.pop("spans", "")  # a hint, and now perhaps a wrong one
            self._widen(place)
        cell.set("s", str(style))
        self.is_changed = True

    def _row_cells(self, row: int, line: Element) -> "_InOrder":
        if row not in self._cells:
            self._cells[row] = _InOrder(line, f"{{{self._ns}}}c", lambda name: position(name)[1], row)
        return self._cells[row]

    def restyle(self, styles: Collection[int], new: Callable[[int], int]) -> None:
        """Cells, rows and columns of any of these styles get a new one."""
        wanted = {str(style) for style in styles}
        for tag, key in (("c", "s"), ("row", "s"), ("col", "style")):
            for element in self.root.iter(f"{{{self._ns}}}{tag}"):
                if element.get(key) in wanted:
                    element.set(key, str(new(int(element.get(key, "0")))))
                    self.is_changed = True

    def legacy_drawing(self) -> str:
        """The id of the link to the boxes of its comments; empty where it has none."""
        found = self.root.find(f"{{{self._ns}}}legacyDrawing")
        keys = [key for key in map(str, found.attrib) if key.endswith("}id")] if found is not None else []
        return str(found.get(keys[0])) if found is not None and keys else ""

    def set_legacy_drawing(self, link_key: str, link_id: str) -> None:
        self.drop_legacy_drawing()
        drawing = self.root.makeelement(f"{{{self._ns}}}legacyDrawing", {link_key: link_id})
        insert_behind(self.root, drawing, _BEFORE_LEGACY_DRAWING)
        self.is_changed = True

    def drop_legacy_drawing(self) -> None:
        for drawing in list(self.root.iterchildren(f"{{{self._ns}}}legacyDrawing")):
            self.root.remove(drawing)
            self.is_changed = True

    def width_px(self, column: int) -> int:
        if column not in self._widths:
            here = (each.width for each in self._columns if each.first <= column <= each.last)
            width = next(here, 0.0) or self._format("defaultColWidth") or _DEFAULT_WIDTH
            self._widths[column] = max(int(width * _DIGIT_PX) + _PADDING_PX, 1)
        return self._widths[column]

    def height_px(self, row: int) -> int:
        if row not in self._heights:
            line = self._rows.get(_row_name(row))
            height = _number(line, "ht") if line is not None else 0.0
            height = height or self._format("defaultRowHeight") or _DEFAULT_HEIGHT
            self._heights[row] = max(round(height * 4 / 3), 1)
        return self._heights[row]

    def _format(self, name: str) -> float:
        found = self.root.find(f"{{{self._ns}}}sheetFormatPr")
        return _number(found, name) if found is not None else 0.0

    def _widen(self, place: Place) -> None:
        """The used range; where that is no range, it is better without one."""
        used = self.root.find(f"{{{self._ns}}}dimension")
        if used is None:
            return
        try:
            top, left, bottom, right = _bounds(used.get("ref", ""))
        except ValueError:
            self.root.remove(used)
            return
        row, column = place
        first = cell_name(min(top, row), min(left, column))
        used.set("ref", f"{first}:{cell_name(max(bottom, row), max(right, column))}")


def select(root: Element, *, is_selected: bool) -> bool:
    """Of any kind of sheet. Returns whether that was new."""
    views = root.iterfind("{*}sheetViews/{*}sheetView")
    wrong = [view for view in views if (view.get("tabSelected") in _TRUE) != is_selected]
    for view in wrong:
        view.set("tabSelected", "1" if is_selected else "0")
    return bool(wrong)


class _InOrder:
    """Rows of a sheet, or cells of a row: by name, in their order also where one is missing."""

    def __init__(self, parent: Element, tag: str, number: Callable[[str], int], row: int | None = None) -> None:
        self._parent = parent
        self._tag = tag
        self._number = number
        children = list(parent.iterchildren(tag))
        self._known = {child.get("r", ""): child for child in children}
        if "" in self._known:
            self._known = dict(_named(children, number, row))
        self._order: list[tuple[int, str]] = []

    def get(self, name: str) -> Element | None:
        return self._known.get(name)

    def made(self, name: str) -> Element:
        """A new one, before the next that is there."""
        if not self._order:
            self._order = sorted((self._number(known), known) for known in self._known)
        new = self._parent.makeelement(self._tag, {"r": name})
        key = self._number(name), name
        at = bisect(self._order, key)
        if at < len(self._order):
            self._known[self._order[at][1]].addprevious(new)
        else:
            self._parent.append(new)
        self._order.insert(at, key)
        self._known[name] = new
        return new


def _named(children: Iterable[Element], number: Callable[[str], int], row: int | None) -> Iterator[tuple[str, Element]]:
    """Who has no name follows the one before."""
    last = 0 if row is None else -1
    for child in children:
        last = number(child.get("r", "")) if child.get("r") else last + 1
        yield _row_name(last - 1) if row is None else cell_name(row, last), child


def _row_name(row: int) -> str:
    return str(row + 1)


def _spans(elements: Iterable[Element]) -> Iterator[tuple[int, int, int, int]]:
    for count, element in enumerate(elements, 1):
        span = element.get("ref", "")
        top, left, bottom, right = _bounds(span)
        if (bottom - top + 1) * (right - left + 1) > _MOST_SPANNED or count > _MOST_SPANNED:
            raise ValueError(f"a merge or link over {span!r}")
        yield top, left, bottom, right


def _bounds(span: str) -> tuple[int, int, int, int]:
    first, _, last = span.partition(":")
    return (*position(first), *position(last or first))


def _style(element: Element) -> int:
    return int(element.get("s") or element.get("style") or "0")


def _number(element: Element, name: str) -> float:
    try:
        return min(max(float(element.get(name) or 0), 0.0), 2000.0)
    except ValueError:
        return 0.0
