"""What the fast parser does not tell of an ods: merged cells, errors, rows and columns that do not show."""

import io
from collections.abc import Iterator
from typing import NamedTuple
from xml.etree import ElementTree as ET

from oneledger.domain.cells import cell_name

_MOST_ROWS, _MOST_COLUMNS = 100_000, 702  # what lies behind is repeated blanks
_HIDDEN = ("collapse", "filter")


class OdsScan(NamedTuple):
    """Rows and columns from 0."""

    merged: list[tuple[int, int, int, int]]
    errors: dict[str, str]  # cell name -> #N/A
    hidden_rows: list[int]
    hidden_columns: list[int]


def scan_ods(content_xml: bytes) -> Iterator[tuple[str, OdsScan]]:
    """By the name of its table. A DOCTYPE was refused before, so entities cannot be declared."""
    scan, name, row, column = OdsScan([], {}, [], []), "", 0, 0
    for event, element in ET.iterparse(io.BytesIO(content_xml), events=("start", "end")):  # noqa: S314
        tag = element.tag.rpartition("}")[2]
        if tag == "table" and event == "start":
            scan, name, row, column = OdsScan([], {}, [], []), _told(element, "name"), 0, 0
        elif tag == "table":
            yield name, scan
            element.clear()
        elif event == "end" and tag == "table-column":
            column = _pass(element, column, "columns", scan.hidden_columns, _MOST_COLUMNS)
        elif event == "end" and tag == "table-row":
            _read_row(element, row, scan)
            row = _pass(element, row, "rows", scan.hidden_rows, _MOST_ROWS)
            element.clear()


def _pass(element: ET.Element, at: int, kind: str, hidden: list[int], most: int) -> int:
    until = at + _count(element, f"number-{kind}-repeated")
    if _told(element, "visibility") in _HIDDEN:
        hidden += range(at, min(until, most))
    return until


def _read_row(row: ET.Element, at: int, scan: OdsScan) -> None:
    column = 0
    for cell in row:
        down, across = _count(cell, "number-rows-spanned"), _count(cell, "number-columns-spanned")
        if down > 1 or across > 1:
            scan.merged.append((at, column, at + down - 1, column + across - 1))
        if "error" in (value for key, value in cell.attrib.items() if key.endswith("}value-type")):
            scan.errors[cell_name(at, column)] = "".join(cell.itertext()).strip() or "#N/A"
        column += _count(cell, "number-columns-repeated")


def _told(element: ET.Element, name: str) -> str:
    return next((value for key, value in element.attrib.items() if key.rpartition("}")[2] == name), "")


def _count(element: ET.Element, name: str) -> int:
    told = _told(element, name)
    return int(told) if told.isdecimal() else 1
