"""Returned workbooks as cells, parsed in a process of their own that may die of them without anybody else noticing."""

import base64
from collections.abc import Callable
from datetime import date, datetime, time as clock_time
from typing import Any

import orjson

from oneledger.adapters.reader_process import RenewedReader
from oneledger.adapters.zip_guard import MIB, MOST_BYTES
from oneledger.domain.findings import Finding
from oneledger.domain.returns import PackedFiles, SheetCells, Unreadable, WorkbookCells, WorkbookMarks
from oneledger.domain.rules import structural
from oneledger.domain.workbooks import CUSTOM_PROPERTY, DEFINED_NAME, META_SHEET

CHILD = "oneledger.adapters.reader_child"


class WorkbookReader(RenewedReader):
    """``with WorkbookReader() as reader: reader.read(content)``."""

    def __init__(self, *, timeout_seconds: float = 15.0, renew_after: int = 2000) -> None:
        command = (CHILD, META_SHEET, CUSTOM_PROPERTY, DEFINED_NAME)
        super().__init__(*command, timeout_seconds=timeout_seconds, renew_after=renew_after)

    def read(self, content: bytes) -> WorkbookCells | PackedFiles | Unreadable:
        """Never raises for what is in a workbook: that is a verdict. Ends within the time allowed."""
        if len(content) > MOST_BYTES:
            return Unreadable(structural("WB-102", limit=MOST_BYTES // MIB))
        return self.told(content, self._understood) or Unreadable(structural("WB-109"))

    def _understood(self, reply: bytes) -> WorkbookCells | PackedFiles | Unreadable:
        told = orjson.loads(reply)
        if told.get("spent"):
            self.end()
        if "finding" in told:
            return Unreadable(Finding(**told["finding"]))
        if "packed" in told:
            files = tuple((name, base64.b64decode(content)) for name, content in told["files"])
            return PackedFiles(told["packed"], files)
        return _cells(told)


_TYPED: dict[str, Callable[[str], Any]] = {
    "date": date.fromisoformat,
    "datetime": datetime.fromisoformat,
    "time": clock_time.fromisoformat,
    "float": float,  # one that JSON does not know
}


def _with_types(rows: list[list[Any]]) -> list[list[Any]]:
    """Dates travel as {"date": "2021-03-05"}."""
    for row in rows:
        if dict in map(type, row):
            row[:] = [_typed(cell) if type(cell) is dict else cell for cell in row]
    return rows


def _typed(told: dict[str, str]) -> Any:
    ((kind, text),) = told.items()
    return _TYPED[kind](text)


def _cells(told: dict[str, Any]) -> WorkbookCells:
    meta = told["meta"]
    marks = WorkbookMarks(
        tokens=tuple(dict.fromkeys(told["tokens"])),
        forms=tuple(meta.get("forms", "").replace(",", " ").replace("、", " ").split()),
        campaign=meta.get("campaign", ""),
        phase=meta.get("phase", ""),
        unit_code=meta.get("unit_code", ""),
    )
    sheets = [
        SheetCells(
            sheet["name"],
            _with_types(sheet["rows"]),
            [tuple(merged) for merged in sheet["merged"]],
            sheet["hidden"],
            sheet["formulas_without_value"],
            sheet.get("from_1904", False),
            frozenset(sheet.get("hidden_rows", ())),
            frozenset(sheet.get("hidden_columns", ())),
        )
        for sheet in told["sheets"]
    ]
    return WorkbookCells(sheets, marks, told["kind"], tuple(Finding(**note) for note in told["notes"]))
