"""The throw-away process in which returned workbooks are parsed. Run by workbook_reader; reads frames from file 0.

A frame is its length (8 bytes, big-endian) and its bytes: a workbook in, JSON out. It dies of whatever a workbook does
to it, without memory, files or a network to do harm with; its death is a verdict of the parent's.
Nothing heavy may be imported here: the start of a child is part of the time of a workbook.
"""

import codecs
import ctypes
import gc
import json
import os
import resource
import sys
from collections.abc import Mapping, Sequence
from contextlib import suppress
from datetime import date, datetime, timedelta
from io import BytesIO
from typing import Any

from python_calamine import CalamineSheet, CalamineWorkbook, PasswordError, SheetTypeEnum, SheetVisibleEnum

from oneledger.adapters.reader_frames import LENGTH_BYTES, MOST_REPLY_BYTES
from oneledger.adapters.workbook_marks import custom_property, defined_name, sheet_parts
from oneledger.adapters.workbook_prescan import Scan, SheetScan, prescan
from oneledger.domain.cells import position
from oneledger.domain.findings import Finding
from oneledger.domain.rules import structural

MEMORY_BYTES = 2**30
CPU_SECONDS = 20
MOST_CELLS = 4_000_000
_NOBODY = 65534
_CODECS = ("cp437", "utf-8", "utf-16", "utf-16-le", "utf-16-be", "gb18030", "latin-1", "ascii")
"""Loaded before the uid changes: the folder Python lies in may be closed to nobody."""
_NEW_USER, _NEW_NET = 0x10000000, 0x40000000
_NO_NEW_PRIVILEGES = 38


def confine() -> list[str]:
    """Give up what parsing does not need. Returns what the system granted beyond the limits, which always hold."""
    for kind, limit in (
        (resource.RLIMIT_AS, MEMORY_BYTES),
        (resource.RLIMIT_FSIZE, 0),
        (resource.RLIMIT_NOFILE, 32),
        (resource.RLIMIT_CORE, 0),
    ):
        resource.setrlimit(kind, (limit, limit))
    for name in _CODECS:
        codecs.lookup(name)
    libc = ctypes.CDLL(None, use_errno=True)
    granted = []
    if libc.unshare(_NEW_NET) == 0 or libc.unshare(_NEW_USER | _NEW_NET) == 0:
        granted.append("network")
    if os.getuid() == 0:
        with suppress(OSError):
            os.setgroups([])
            os.setgid(_NOBODY)
            os.setuid(_NOBODY)
            granted.append("user")
    if libc.prctl(_NO_NEW_PRIVILEGES, 1, 0, 0, 0) == 0:
        granted.append("privileges")
    return granted


def parsed(content: bytes, names: Sequence[str]) -> dict[str, Any]:
    """``names``: the hidden sheet, the custom property and the defined name that carry our marks."""
    try:
        scan = prescan(content)
        if isinstance(scan, Finding):
            return {"finding": vars(scan)}
        with CalamineWorkbook.from_filelike(BytesIO(content)) as workbook:
            return _workbook(workbook, scan, names)
    except PasswordError:
        return {"finding": vars(structural("WB-106"))}
    except MemoryError:
        return {"finding": vars(structural("WB-109")), "spent": True}
    except Exception:  # noqa: BLE001  whatever a library says of a broken file
        return {"finding": vars(structural("WB-108"))}
    except BaseException:  # noqa: BLE001  a Rust panic
        return {"finding": vars(structural("WB-108")), "spent": True}


def _workbook(workbook: CalamineWorkbook, scan: Scan, names: Sequence[str]) -> dict[str, Any]:
    meta_sheet, property_name, name = names
    parts = sheet_parts(scan.parts)
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
        extra = scan.sheets.get(parts.get(told.name, ""), SheetScan())
        _show_errors(rows, extra.errors)
        sheets.append({
            "name": told.name,
            "rows": rows,
            "merged": [(*first, *last) for first, last in sheet.merged_cell_ranges or ()],
            "hidden": told.visible != SheetVisibleEnum.Visible,
            "formulas_without_value": list(extra.without_result),
        })  # fmt: skip
    if not sheets:
        return {"finding": vars(structural("WB-108"))}
    marks = {str(row[0]): str(row[1]) for row in meta if len(row) > 1 and row[0] is not None and row[1] is not None}
    tokens = (custom_property(scan.parts, property_name), defined_name(scan.parts, name), marks.get("token", ""))
    return {"kind": scan.kind, "sheets": sheets, "meta": marks, "tokens": [token for token in tokens if token]}


def _rows(sheet: CalamineSheet) -> list[list[Any]]:
    """From A1 on; blanks as None, none of them at the end of a row or of the sheet."""
    top, left = sheet.start or (0, 0)
    rows: list[list[Any]] = sheet.to_python(skip_empty_area=True)
    for row in rows:
        while row and row[-1] == "":
            row.pop()
        for index, value in enumerate(row):
            if value == "":
                row[index] = None
            elif isinstance(value, timedelta):
                row[index] = str(value)
        row[:0] = [None] * (left if row else 0)
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
    kind = "datetime" if isinstance(value, datetime) else "date" if isinstance(value, date) else "time"
    return {kind: value.isoformat()}


def _receive(length: int) -> bytes:
    chunks = []
    while length:
        chunk = os.read(0, min(length, 2**20))
        if not chunk:
            sys.exit(0)  # the parent is gone, or done
        chunks.append(chunk)
        length -= len(chunk)
    return b"".join(chunks)


def _send(reply: bytes) -> None:
    frame = memoryview(len(reply).to_bytes(LENGTH_BYTES, "big") + reply)
    while frame:
        frame = frame[os.write(0, frame) :]


def _allow_cpu() -> None:
    used = resource.getrusage(resource.RUSAGE_SELF)
    seconds = int(used.ru_utime + used.ru_stime) + CPU_SECONDS
    resource.setrlimit(resource.RLIMIT_CPU, (seconds, resource.getrlimit(resource.RLIMIT_CPU)[1]))


def _told(reply: dict[str, Any]) -> bytes:
    try:
        told = json.dumps(reply, ensure_ascii=False, default=_as_json, separators=(",", ":")).encode()
    except MemoryError:
        told = b""
    return told if 0 < len(told) <= MOST_REPLY_BYTES else json.dumps({"finding": vars(structural("WB-110"))}).encode()


def serve(names: Sequence[str]) -> None:
    gc.disable()  # nothing here goes in circles, and a child does not live long
    _send(b"")
    while True:
        content = _receive(int.from_bytes(_receive(LENGTH_BYTES), "big"))
        _allow_cpu()
        _send(_told(parsed(content, names)))


if __name__ == "__main__":
    confine()
    serve(sys.argv[1:])
