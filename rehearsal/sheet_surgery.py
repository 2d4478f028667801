"""What people do to a sheet besides filling it in: columns moved and added, cells merged, rows deleted (by lxml)."""

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from lxml import etree

from rehearsal.sheet_cells import Place, letters_of, place_of

_MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_REF = re.compile(r"([A-Z]+)(\d+)")
_BEFORE_MERGES = frozenset(
    f"{{{_MAIN}}}{name}"
    for name in (
        "sheetPr", "dimension", "sheetViews", "sheetFormatPr", "cols", "sheetData", "sheetCalcPr", "sheetProtection",
        "protectedRanges", "scenarios", "autoFilter", "sortState", "dataConsolidate", "customSheetViews",
    )
)  # fmt: skip

Element = Any


class SheetSurgery:
    """Rows and columns count from 1."""

    def __init__(self, xml: bytes) -> None:
        self._root = _root(xml)
        self._data: Element = self._root.find(f"{{{_MAIN}}}sheetData")
        self._rows: dict[int, Element] = {int(row.get("r")): row for row in self._data}
        self._cells: dict[Place, Element] = {place_of(cell.get("r")): cell for row in self._data for cell in row}

    def reorder(self, rows: Iterable[int], order: Mapping[int, int]) -> None:
        """Move cells with all they hold from column to column (old -> new), in these rows only."""
        for row in rows:
            moved = {order[column]: self._cells[row, column] for column in order if (row, column) in self._cells}
            for column in order:
                self._cells.pop((row, column), None)
            self._settle(row, moved)

    def insert_column(self, rows: Iterable[int], at: int, values: Mapping[int, str]) -> None:
        """Shift the cells of these rows to the right, from column ``at`` on; ``values`` go in between (row -> text)."""
        for row in rows:
            columns = [column for other, column in self._cells if other == row and column >= at]
            self.reorder((row,), {column: column + 1 for column in columns})
            if row in values:
                self._settle(row, {at: etree.Element(f"{{{_MAIN}}}c")})
                self.write(row, at, values[row])

    def write(self, row: int, column: int, text: str) -> None:
        cell = self._cells[row, column]
        del cell[:]
        cell.set("t", "inlineStr")
        holder = etree.SubElement(cell, f"{{{_MAIN}}}is")
        etree.SubElement(holder, f"{{{_MAIN}}}t").text = text

    def _settle(self, row: int, moved: Mapping[int, Element]) -> None:
        """Cells get their places; those of a row stand in the order of columns."""
        for column, cell in moved.items():
            cell.set("r", f"{letters_of(column)}{row}")
            self._cells[row, column] = cell
        element = self._rows[row]
        element[:] = sorted({*element, *moved.values()}, key=lambda cell: place_of(cell.get("r")))

    def merge(self, row: int, column: int, last_row: int) -> None:
        """One cell over several rows: what stood below the first is gone."""
        for each in range(row + 1, last_row + 1):
            cell = self._cells[each, column]
            del cell[:]
            cell.attrib.pop("t", None)
        merges = self._merges()
        letters = letters_of(column)
        etree.SubElement(merges, f"{{{_MAIN}}}mergeCell", {"ref": f"{letters}{row}:{letters}{last_row}"})
        merges.attrib.pop("count", None)

    def _merges(self) -> Element:
        found = self._root.find(f"{{{_MAIN}}}mergeCells")
        if found is None:
            found = etree.Element(f"{{{_MAIN}}}mergeCells")
            self._root.insert(sum(child.tag in _BEFORE_MERGES for child in self._root), found)
        return found

    def delete_row(self, row: int) -> None:
        """As Excel does it: what stands below moves up, with its merges and lists."""
        self._data.remove(self._rows.pop(row))
        self._cells = {place: cell for place, cell in self._cells.items() if place[0] < row}
        for number in sorted(number for number in self._rows if number > row):
            element = self._rows[number - 1] = self._rows.pop(number)
            element.set("r", str(number - 1))
            self._settle(number - 1, {place_of(cell.get("r"))[1]: cell for cell in element})
        for holder, name in self._references():
            holder.set(name, _REF.sub(lambda found: _moved_up(found, row), holder.get(name)))

    def _references(self) -> Iterator[tuple[Element, str]]:
        for element in self._root.iter(f"{{{_MAIN}}}mergeCell", f"{{{_MAIN}}}dimension"):
            yield element, "ref"
        for element in self._root.iter(f"{{{_MAIN}}}dataValidation", f"{{{_MAIN}}}conditionalFormatting"):
            yield element, "sqref"

    def saved(self) -> bytes:
        content: bytes = etree.tostring(self._root, xml_declaration=True, encoding="UTF-8", standalone=True)
        return content


def _root(xml: bytes) -> Element:
    return etree.fromstring(xml)


def _moved_up(found: re.Match[str], gone: int) -> str:
    number = int(found[2])
    return f"{found[1]}{number - (number > gone)}"
