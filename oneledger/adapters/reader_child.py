"""The throw-away process in which returned workbooks are parsed. Run by workbook_reader; reads frames from file 0.

A frame is its length (8 bytes, big-endian) and its bytes: a workbook in, JSON out. It dies of whatever a workbook does
to it, without memory, files or a network to do harm with; its death is a verdict of the parent's.
Nothing heavy may be imported here: the start of a child is part of the time of a workbook.
"""

import base64
import gc
import sys
from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from io import BytesIO
from math import isfinite
from typing import Any

import orjson
from python_calamine import CalamineSheet, CalamineWorkbook, PasswordError, SheetTypeEnum, SheetVisibleEnum

from oneledger.adapters.file_kinds import KINDS_OPENED
from oneledger.adapters.ods_breaks import CONTENT, with_breaks
from oneledger.adapters.packed_files import unpacked
from oneledger.adapters.reader_frames import MOST_REPLY_BYTES
from oneledger.adapters.reader_limits import confine, receive, send
from oneledger.adapters.text_tables import read_table
from oneledger.adapters.workbook_marks import counts_from_1904, custom_property, defined_name, sheet_parts
from oneledger.adapters.workbook_prescan import Scan, SheetScan, prescan
from oneledger.domain.cells import position
from oneledger.domain.findings import Finding
from oneledger.domain.rules import structural

MOST_CELLS = 4_000_000


class _NoNumber(float):
    """An infinity, or what is no number: JSON would say null, as of a blank."""


def parsed(content: bytes, names: Sequence[str]) -> dict[str, Any]:
    """``names``: the hidden sheet, the custom property and the defined name that carry our marks."""
    try:
        scan = prescan(content)
        if isinstance(scan, Finding):
            return {"finding": vars(scan)}
        return _read(content, scan, names)
    except PasswordError:
        return {"finding": vars(structural("WB-106"))}
    except MemoryError:
        return {"finding": vars(structural("WB-109")), "spent": True}
    except Exception:  # noqa: BLE001  whatever a library says of a broken file
        return {"finding": vars(structural("WB-108"))}
    except BaseException:  # noqa: BLE001  a Rust panic
        return {"finding": vars(structural("WB-108")), "spent": True}


def _read(content: bytes, scan: Scan, names: Sequence[str]) -> dict[str, Any]:
    if scan.kind in KINDS_OPENED:
        return _packed(scan.kind, content)
    if scan.kind == "text":
        return _text(content)
    if scan.kind == "ods" and CONTENT in scan.parts:
        content = with_breaks(content, scan.parts[CONTENT])
    with CalamineWorkbook.from_filelike(BytesIO(content)) as workbook:
        return _workbook(workbook, scan, names)


def _packed(kind: str, content: bytes) -> dict[str, Any]:
    files = unpacked(kind, content)
    if isinstance(files, Finding):
        return {"finding": vars(files)}
    return {"packed": kind, "files": [[name, base64.b64encode(each).decode()] for name, each in files]}


def _text(content: bytes) -> dict[str, Any]:
    table = read_table(content)
    if isinstance(table, Finding):
        return {"finding": vars(table)}
    sheet = {"name": "csv", "rows": table.rows, "merged": [], "hidden": False}
    sheet["formulas_without_value"] = table.without_result
    notes = [vars(each) for each in table.notes()]
    return {"kind": "csv", "sheets": [sheet], "meta": {}, "tokens": [], "notes": notes}


def _workbook(workbook: CalamineWorkbook, scan: Scan, names: Sequence[str]) -> dict[str, Any]:
    meta_sheet, property_name, name = names
    parts, from_1904 = sheet_parts(scan.parts), counts_from_1904(scan.parts)
    sheets = []
    meta: list[list[Any]] = []
    cells = 0
    for index, told in enumerate(workbook.sheets_metadata):
        if told.typ != SheetTypeEnum.WorkSheet:
            continue
        sheet = workbook.get_sheet_by_index(index)
        cells += sheet.height * sheet.width
        if cells > MOST_CELLS:
            return {"finding": vars(structural("WB-110"))}
        rows = _rows(sheet)
        if told.name == meta_sheet:
            meta = rows
            continue
        extra = scan.sheets.get(parts.get(told.name, told.name), SheetScan())
        _show_errors(rows, extra.errors)
        sheets.append({
            "name": told.name,
            "rows": rows,
            "merged": [*((*first, *last) for first, last in sheet.merged_cell_ranges or ()), *extra.merged],
            "hidden": told.visible != SheetVisibleEnum.Visible,
            "formulas_without_value": list(extra.without_result),
            "from_1904": from_1904,
            "hidden_rows": list(extra.hidden_rows),
            "hidden_columns": list(extra.hidden_columns),
        })  # fmt: skip
    if not sheets:
        return {"finding": vars(structural("WB-108"))}
    marks = {str(row[0]): str(row[1]) for row in meta if len(row) > 1 and row[0] is not None and row[1] is not None}
    tokens = (custom_property(scan.parts, property_name), defined_name(scan.parts, name), marks.get("token", ""))
    return {
        "kind": scan.kind,
        "sheets": sheets,
        "meta": marks,
        "tokens": [token for token in tokens if token],
        "notes": [vars(structural("WB-007"))] if scan.has_macros else [],
    }


def _rows(sheet: CalamineSheet) -> list[list[Any]]:
    """From A1 on; blanks as None, none of them at the end of a row or of the sheet."""
    top, left = sheet.start or (0, 0)
    rows: list[list[Any]] = sheet.to_python(skip_empty_area=True)
    for row in rows:
        if row.count("") == len(row):
            row.clear()
            continue
        while row[-1] == "":
            row.pop()
        kinds = set(map(type, row))
        if "" in row or timedelta in kinds:
            row[:] = [None if cell == "" else str(cell) if type(cell) is timedelta else cell for cell in row]
        if float in kinds and not isfinite(sum(cell for cell in row if type(cell) is float)):
            row[:] = [_NoNumber(cell) if type(cell) is float and not isfinite(cell) else cell for cell in row]
        row[:0] = [None] * left
    while rows and not rows[-1]:
        rows.pop()
    return [*([] for _ in range(top if rows else 0)), *rows]


def _show_errors(rows: list[list[Any]], errors: Mapping[str, str]) -> None:
    """#N/A where the parser says blank."""
    for name, error in errors.items():
        row, column = position(name)
        rows.extend([] for _ in range(row + 1 - len(rows)))
        rows[row].extend([None] * (column + 1 - len(rows[row])))
        rows[row][column] = error


def _as_json(value: Any) -> dict[str, str]:
    """datetime is a date too, so it is asked first."""
    if isinstance(value, _NoNumber):
        return {"float": str(value)}
    kind = "datetime" if isinstance(value, datetime) else "date" if isinstance(value, date) else "time"
    return {kind: value.isoformat()}


def _told(reply: dict[str, Any]) -> bytes:
    try:
        told = orjson.dumps(reply, default=_as_json, option=orjson.OPT_PASSTHROUGH_DATETIME)
    except MemoryError:
        told = b""
    return told if 0 < len(told) <= MOST_REPLY_BYTES else orjson.dumps({"finding": vars(structural("WB-110"))})


def serve(names: Sequence[str]) -> None:
    gc.disable()  # nothing here goes in circles, and a child does not live long
    send(b"")
    while True:
        content = receive()
        send(_told(parsed(content, names)))


if __name__ == "__main__":
    confine()
    serve(sys.argv[1:])
